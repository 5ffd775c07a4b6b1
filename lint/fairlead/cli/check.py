"""`fairlead check`: findings."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from fairlead.cli.terminal import line_width, print_errors, print_lines, wants_color, write_file
from fairlead.config import CommandLine, ConfigError, Configuration
from fairlead.engine import RunReport, check_paths, check_stdin
from fairlead.reading import RunError
from fairlead.report import json, text

STDIN = "-"


@dataclass(frozen=True)
class CheckOptions:
    """What the command line of `fairlead check` says.

    Attributes:
        paths: files and directories; `-` for standard input; none for the working directory.
        output_format: `text` or `json`.
        output: the file that the report goes to; None for standard output.
        info: show the information that nobody asked for, too (text).
        quiet: no summary and no notes.
        statistics: the number of findings by rule in place of the findings (text).
        exit_zero: findings don't fail the run.
        color: `auto`, `always` or `never`.
        config: the configuration file to use for every path; None to search.
        isolated: use no configuration file.
        force_exclude: leave out what `exclude` matches even where it is given as a path.
        stdin_filename: the path that standard input stands for.
        settings: what goes on top of the configuration.
    """

    paths: tuple[str, ...] = ()
    output_format: str = "text"
    output: str | None = None
    info: bool = False
    quiet: bool = False
    statistics: bool = False
    exit_zero: bool = False
    color: str = "auto"
    config: str | None = None
    isolated: bool = False
    force_exclude: bool = False
    stdin_filename: str | None = None
    settings: CommandLine = field(default_factory=CommandLine)


def check(options: CheckOptions) -> int:
    """Check, print, and give the exit status."""
    report = _report(options)
    status = report.exit_status(exit_zero=options.exit_zero)
    if options.output is not None:
        try:
            write_file(options.output, _rendered(report, options))
        except OSError as error:
            print_errors([RunError(f"can't be written: {error.strerror}", options.output)])
            status = 2
    elif options.output_format == "json":
        sys.stdout.write(_rendered(report, options))
    else:
        print_lines(_text(report, options, line_width(sys.stdout)), color=wants_color(options.color, sys.stdout))
    print_errors(report.errors, () if options.quiet else report.notices)
    return status


def _rendered(report: RunReport, options: CheckOptions) -> str:
    if options.output_format == "json":
        return json.render(report)
    return text.plain(_text(report, options, 120))


def _text(report: RunReport, options: CheckOptions, width: int) -> list[text.Line]:
    return text.render(report, width=width, info=options.info, quiet=options.quiet, statistics=options.statistics)


def _report(options: CheckOptions) -> RunReport:
    try:
        configuration = Configuration(
            command_line=options.settings, config_file=options.config, isolated=options.isolated
        )
    except ConfigError as error:
        return RunReport(run_errors=(RunError(str(error)),))
    if STDIN in options.paths or (options.stdin_filename is not None and not options.paths):
        if len(options.paths) > 1:
            return RunReport(run_errors=(RunError("standard input (-) can't be checked together with other paths"),))
        return check_stdin(sys.stdin.buffer.read(), options.stdin_filename or "<stdin>", configuration)
    if options.stdin_filename is not None:
        return RunReport(run_errors=(RunError("--stdin-filename names standard input, but other paths are given"),))
    return check_paths(options.paths or (".",), configuration, force_exclude=options.force_exclude)
