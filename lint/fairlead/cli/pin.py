"""`fairlead pin`: writes what tags give now into Dockerfiles, or compares it with what is written there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fairlead.build.builder import build
from fairlead.cli.terminal import (
    ChangedMeanwhile,
    line_width,
    print_errors,
    print_lines,
    progress_bar,
    replace_file,
    wants_color,
)
from fairlead.pinning.credentials import Credentials
from fairlead.pinning.pinnable import Answer, Pinnable
from fairlead.pinning.plan import Asked, Asker, FilePlan, Mode, Status, plan, questions
from fairlead.pinning.problem import Problem
from fairlead.pinning.registry import Registries
from fairlead.pinning.survey import find_inputs
from fairlead.pinning.transport import Client
from fairlead.reading import RunError, read_source
from fairlead.report import pin as report
from fairlead.report.excerpt import Segment, printable
from fairlead.report.pin import PinReport
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


@dataclass(frozen=True)
class PinOptions:
    """What the command line of `fairlead pin` says.

    Attributes:
        files: the Dockerfiles.
        mode: compare, update, ask nobody.
        diff: print what would change and write nothing.
        skip: kinds of inputs to leave alone.
        build_args: build arguments.
        contexts: names of named contexts, which are no images.
        insecure: registries that are asked by plain http.
        timeout: seconds for a question.
        max_download: bytes of a download.
        output_format: `text` or `json`.
        color: `auto`, `always` or `never`.
    """

    files: tuple[str, ...]
    mode: Mode = field(default_factory=Mode)
    diff: bool = False
    skip: frozenset[str] = frozenset()
    build_args: Mapping[str, str] = field(default_factory=dict)
    contexts: frozenset[str] = frozenset()
    insecure: frozenset[str] = frozenset()
    timeout: float = 30.0
    max_download: int = 1024**3
    output_format: str = "text"
    color: str = "auto"


@dataclass(frozen=True)
class _File:
    source: Source
    inputs: list[Pinnable]


def pin(options: PinOptions) -> int:
    """Pin or compare, print, and give the exit status."""
    errors: list[RunError] = []
    files = [file for path in _distinct(options.files) if (file := _read(path, options, errors)) is not None]
    answers, notices = _ask(files, options)
    plans = []
    for file in files:
        made = plan(file.source, file.inputs, answers, options.mode, lambda source: _inputs(parse(source), options))
        plans.append(made)
        errors += [
            RunError(f"{outcome.input.name}: {outcome.reason}", f"{file.source.path}:{outcome.input.line}")
            for outcome in made.outcomes
            if outcome.status is Status.FAILED
        ]
    written = frozenset() if options.diff else _write(plans, errors)
    found = PinReport(tuple(plans), written, options.mode, options.diff, tuple(errors))
    _print(found, options)
    print_errors(
        [replace(error, message=printable(error.message)) for error in errors],
        [*map(printable, notices), *(map(printable, report.notes(found)) if options.diff else ())],
    )
    if errors:
        return 2
    differs = options.mode.check and found.count(Status.MOVED, Status.UNPINNED)
    return 1 if differs else 0


def _distinct(paths: Sequence[str]) -> list[str]:
    """The paths without a second name of the same file."""
    return list({os.path.realpath(path): path for path in reversed(paths)}.values())[::-1]


def _read(path: str, options: PinOptions, errors: list[RunError]) -> _File | None:
    source = read_source(path)
    if isinstance(source, RunError):
        errors.append(source)
        return None
    syntax = parse(source)
    if syntax.problems:
        first = syntax.problems[0]
        errors.append(RunError(f"the builder refuses the file: {first.text}", f"{path}:{first.line}"))
        return None
    return _File(source, _inputs(syntax, options) or [])


def _inputs(syntax: ast.Dockerfile, options: PinOptions) -> list[Pinnable] | None:
    """What is to be pinned in a file; None where the builder refuses the file."""
    if syntax.problems:
        return None
    found = find_inputs(build(syntax, options.build_args), options.contexts)
    return [entry for entry in found if entry.kind not in options.skip]


def _ask(files: Sequence[_File], options: PinOptions) -> tuple[dict[Asked, Answer | Problem], list[str]]:
    """The answers to all questions about all files, and what is worth knowing of how they came."""
    wanted = [asked for file in files for asked in questions(file.inputs, options.mode)]
    if not wanted:
        return {}, []
    client = Client(options.timeout)
    credentials = Credentials.load(options.timeout)
    asker = Asker(client, Registries(client, credentials, options.insecure), options.max_download)
    with progress_bar("asking") as progress:
        answers = asker.ask(wanted, progress)
    return answers, credentials.notes


def _write(plans: Sequence[FilePlan], errors: list[RunError]) -> frozenset[str]:
    written = set()
    for made in plans:
        path = made.source.path
        if made.after == made.source.data:
            continue
        try:
            replace_file(path, made.source.data, made.after)
        except ChangedMeanwhile:
            errors.append(RunError("has changed since it was read: not written", path))
        except OSError as error:
            errors.append(RunError(f"can't be written: {error.strerror or error}", path))
        else:
            written.add(path)
    return frozenset(written)


def _print(found: PinReport, options: PinOptions) -> None:
    color = wants_color(options.color, sys.stdout)
    if options.output_format == "json":
        sys.stdout.write(report.document(found))
    elif not options.diff:
        print_lines(report.render(found, width=line_width(sys.stdout)), color=color)
    else:
        for made in found.files:
            _print_diff(report.diff(made), color=color)


def _print_diff(lines: Sequence[str], *, color: bool) -> None:
    if color:
        style: Callable[[str], str] = lambda line: "info" if line[0] == "+" else "error" if line[0] == "-" else ""  # noqa: E731
        print_lines([[Segment(printable(line.rstrip("\r\n")), style(line))] for line in lines], color=True)
        return
    # byte for byte, so that it can be applied
    sys.stdout.flush()
    data = "".join(lines).encode("utf-8", "surrogateescape")
    if hasattr(sys.stdout, "buffer"):
        sys.stdout.buffer.write(data)
    else:
        sys.stdout.write(data.decode("utf-8", "replace"))
