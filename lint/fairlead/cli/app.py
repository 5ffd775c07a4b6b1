"""The command line as typer knows it: commands, options, help, completion."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from fairlead import __version__
from fairlead.config import CommandLine
from fairlead.finding import Profile, Severity

Command = Callable[[], int]
DEFAULT_TREE = 20
"""The paths that `fairlead layers --tree` shows without a number."""

app = typer.Typer(
    name="fairlead",
    help="A linter and static analyzer for Dockerfiles.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_chosen: list[Command] = []


class OutputFormat(StrEnum):
    """What a report looks like."""

    TEXT = "text"
    JSON = "json"


class Color(StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class InputsFormat(StrEnum):
    """What a list of inputs looks like."""

    TEXT = "text"
    JSON = "json"
    CYCLONEDX = "cyclonedx"


class FailOnGrade(StrEnum):
    """The grade from which on an input fails the run."""

    LOCKED = "locked"
    VERSIONED = "versioned"
    UNKNOWN = "unknown"
    FLOATING = "floating"


class FailOn(StrEnum):
    """The severity from which on findings fail the run."""

    ERROR = "error"
    WARNING = "warning"


def parse_arguments(arguments: Sequence[str]) -> Command | int:
    """What a command line asks for: a command to run, or the exit status after help, a usage error or completion.

    Commands run outside of typer, which has ideas of its own about errors and interrupts.
    """
    _chosen.clear()
    try:
        app(args=_with_numbers(arguments), prog_name="fairlead")
    except SystemExit as end:
        if end.code:
            return end.code if isinstance(end.code, int) else 2
    return _chosen[-1] if _chosen else 0


def _with_numbers(arguments: Sequence[str]) -> list[str]:
    """The arguments with a number after `--tree`, which may do without one; typer knows no such options."""
    found = list(arguments)
    if found[:1] == ["layers"]:
        for at, word in enumerate(found):
            if word == "--tree" and not (at + 1 < len(found) and found[at + 1].isdecimal()):
                found[at] = f"--tree={DEFAULT_TREE}"
    return found


def _complete_rule(incomplete: str) -> list[str]:
    from fairlead.registry import Registry

    registry = Registry.load(())
    names = [rule.name for rule in registry]
    aliases = [alias for rule in registry for alias in rule.aliases]
    return [name for name in (*names, *registry.families(), *aliases) if name.lower().startswith(incomplete.lower())]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fairlead {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A linter and static analyzer for Dockerfiles."""


# Typer would show arguments with the types of Python: `PATH <list[str]>`; the commands' own texts say what they are.
Dockerfile = Annotated[str, typer.Argument(metavar="DOCKERFILE", hidden=True)]
_Selectors = list[str] | None
Context = Annotated[
    str | None,
    typer.Option(metavar="DIRECTORY", help="The build context; else the directory that fits the Dockerfile."),
]
NamedContext = Annotated[_Selectors, typer.Option(metavar="NAME=DIRECTORY", help="A named context. May be repeated.")]
BuildArg = Annotated[
    _Selectors, typer.Option(metavar="NAME[=VALUE]", help="A build argument, as for docker build. May be repeated.")
]
Target = Annotated[str | None, typer.Option(metavar="STAGE", help="The stage that is built; else the last.")]
Format = Annotated[OutputFormat, typer.Option(help="What the report looks like.")]
Config = Annotated[str | None, typer.Option(metavar="FILE", help="Use this configuration file and search for none.")]
Isolated = Annotated[bool, typer.Option("--isolated", help="Use no configuration file.")]
ColorChoice = Annotated[Color, typer.Option(help="When to colour. NO_COLOR and FORCE_COLOR are respected.")]
RulePath = Annotated[
    _Selectors, typer.Option(metavar="DIRECTORY", help="A directory of your own rules. May be repeated.")
]


@app.command()
def check(
    paths: Annotated[
        _Selectors,
        typer.Argument(metavar="PATH", hidden=True),
    ] = None,
    output_format: Format = OutputFormat.TEXT,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report to a file.")
    ] = None,
    profile: Annotated[Profile | None, typer.Option(help="The set of rules to start from.")] = None,
    select: Annotated[
        _Selectors,
        typer.Option(
            metavar="RULE,...", help="Only these rules: names, families or aliases.", autocompletion=_complete_rule
        ),
    ] = None,
    extend_select: Annotated[
        _Selectors, typer.Option(metavar="RULE,...", help="These rules too.", autocompletion=_complete_rule)
    ] = None,
    ignore: Annotated[
        _Selectors, typer.Option(metavar="RULE,...", help="Not these rules.", autocompletion=_complete_rule)
    ] = None,
    severity: Annotated[
        _Selectors, typer.Option(metavar="RULE=SEVERITY", help="Another severity for a rule. May be repeated.")
    ] = None,
    fail_on: Annotated[FailOn | None, typer.Option(help="Findings of this severity or worse fail the run.")] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Findings don't fail the run; errors still do.")
    ] = False,
    info: Annotated[
        bool, typer.Option("--info", help="Show what is for information, too, which else is only counted (text).")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Findings only, no summary.")] = False,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Print the number of findings by rule in place of the findings.")
    ] = False,
    build_arg: BuildArg = None,
    target: Target = None,
    exclude: Annotated[
        _Selectors, typer.Option(metavar="PATTERN", help="Leave these paths out (.gitignore syntax). May be repeated.")
    ] = None,
    force_exclude: Annotated[
        bool, typer.Option("--force-exclude", help="Leave excluded paths out even when they are given.")
    ] = False,
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="PATH", help="The path that standard input stands for.")
    ] = None,
    config: Config = None,
    isolated: Isolated = False,
    rule_path: RulePath = None,
    color: ColorChoice = Color.AUTO,
) -> None:
    """Check Dockerfiles.

    PATH is a file, a directory that is searched for Dockerfiles, or - for standard input; without one the working
    directory is searched.

    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 an error of usage, configuration or reading.
    """
    from fairlead.cli.check import CheckOptions
    from fairlead.cli.check import check as run

    options = CheckOptions(
        paths=tuple(paths or ()),
        output_format=output_format.value,
        output=output,
        info=info,
        quiet=quiet,
        statistics=statistics,
        exit_zero=exit_zero,
        color=color.value,
        config=config,
        isolated=isolated,
        force_exclude=force_exclude,
        stdin_filename=stdin_filename,
        settings=CommandLine(
            profile=profile,
            select=None if select is None else _split(select),
            extend_select=_split(extend_select),
            ignore=_split(ignore),
            severities=_severities(severity),
            fail_on=None if fail_on is None else Severity(fail_on.value),
            exclude=tuple(exclude or ()),
            rule_paths=tuple(rule_path or ()),
            build_args=_build_args(build_arg),
            target=target,
        ),
    )
    _exclusive({"--config": config, "--isolated": isolated or None})
    _chosen.append(lambda: run(options))


@app.command()
def cache(
    dockerfile: Dockerfile,
    context: Context = None,
    build_context: NamedContext = None,
    changed: Annotated[
        _Selectors, typer.Option(metavar="PATH", help="Suppose that this file or directory changes. May be repeated.")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="DIRECTORY", help="Compare with this earlier state of the build context.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="COMMIT", help="Compare with the build context as it was in a git commit.")
    ] = None,
    history: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="How often the last N commits rebuilt each step (git, first parents)."),
    ] = None,
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="With --history: write a page with the picture to this file.")
    ] = None,
    timings: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Seconds of the steps: a log of docker build --progress=plain or rawjson."),
    ] = None,
    build_arg: BuildArg = None,
    before_build_arg: Annotated[
        _Selectors, typer.Option(metavar="NAME[=VALUE]", help="A build argument of the earlier build.")
    ] = None,
    target: Target = None,
    output_format: Format = OutputFormat.TEXT,
    color: ColorChoice = Color.AUTO,
) -> None:
    """Say which steps the builder takes from its cache.

    DOCKERFILE is the file. Without an earlier state to compare with, each step is shown with what its cache key depends
    on; with --changed, --before, --against or --before-build-arg, with whether it is taken from the cache, and why not;
    with --history, with how often it was not, and with a better order of the steps where there is one.
    """
    from fairlead.cli.cache import CacheOptions
    from fairlead.cli.cache import cache as run

    _exclusive({"--changed": changed, "--before": before, "--against": against, "--history": history})
    if html is not None and history is None:
        raise typer.BadParameter("needs --history, whose picture it writes", param_hint="--html")
    options = CacheOptions(
        dockerfile=dockerfile,
        context=context,
        named=_named_contexts(build_context),
        changed=tuple(changed or ()),
        before=before,
        against=against,
        history=history,
        html=html,
        timings=timings,
        build_args=_build_args(build_arg),
        before_build_args=None if before_build_arg is None else _build_args(before_build_arg),
        target=target,
        output_format=output_format.value,
        color=color.value,
    )
    _chosen.append(lambda: run(options))


@app.command()
def layers(
    dockerfile: Annotated[str | None, typer.Argument(metavar="DOCKERFILE", hidden=True)] = None,
    context: Context = None,
    build_context: NamedContext = None,
    build_arg: BuildArg = None,
    target: Target = None,
    image: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="Measure a built image: a tar of docker save, an OCI layout as tar or directory."
        ),
    ] = None,
    platform: Annotated[
        str | None, typer.Option(metavar="OS/ARCH", help="With --image: which of the images of several platforms.")
    ] = None,
    dockerfile_option: Annotated[
        str | None,
        typer.Option("--dockerfile", metavar="FILE", help="With --image: the Dockerfile that it was built from."),
    ] = None,
    tree: Annotated[
        int | None,
        typer.Option(metavar="[N]", min=1, help=f"Show the biggest paths as a tree, N of them ({DEFAULT_TREE})."),
    ] = None,
    html: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a page with the picture of the layers to this file.")
    ] = None,
    max_waste: Annotated[
        str | None,
        typer.Option(metavar="BYTES|PERCENT", help="Fail with more dead weight than this: 10MB, 10MiB, 5%."),
    ] = None,
    output_format: Format = OutputFormat.TEXT,
    color: ColorChoice = Color.AUTO,
) -> None:
    """Say what each layer of the image holds, and what of it is dead weight.

    DOCKERFILE is the file: nothing is built, the bytes are worked out from it and the build context. With --image a
    built image is measured; with both, each layer stands beside what was predicted for its instruction.

    Exit status: 0, 1 with more dead weight than --max-waste, 2 where the question can't be answered.
    """
    from fairlead.cli.layers import LayersOptions, Limit
    from fairlead.cli.layers import layers as run

    _exclusive({"DOCKERFILE": dockerfile, "--dockerfile": dockerfile_option})
    dockerfile = dockerfile or dockerfile_option
    if dockerfile is None:
        if image is None:
            raise typer.BadParameter("name a Dockerfile, or a built image with --image", param_hint="DOCKERFILE")
        given = {"--context": context, "--build-context": build_context, "--build-arg": build_arg, "--target": target}
        for name, value in given.items():
            if value is not None:
                raise typer.BadParameter("needs a Dockerfile", param_hint=name)
    if platform is not None and image is None:
        raise typer.BadParameter("needs --image, of which it chooses a part", param_hint="--platform")
    try:
        limit = None if max_waste is None else Limit.parse(max_waste)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--max-waste") from None
    options = LayersOptions(
        dockerfile=dockerfile,
        image=image,
        platform=platform,
        context=context,
        named=_named_contexts(build_context),
        build_args=_build_args(build_arg),
        target=target,
        tree=tree or 0,
        html=html,
        max_waste=limit,
        output_format=output_format.value,
        color=color.value,
    )
    _chosen.append(lambda: run(options))


@app.command()
def pin(
    dockerfiles: Annotated[list[str], typer.Argument(metavar="DOCKERFILE", hidden=True)],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: are the pins there, and what the tags give now?")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing: print what would change, as a diff.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Replace pins of tags that have moved, too.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network: say what would be asked.")] = False,
    skip: Annotated[
        _Selectors,
        typer.Option(metavar="KIND,...", help="Leave these alone: frontend, image, download, repository."),
    ] = None,
    build_arg: BuildArg = None,
    build_context: Annotated[
        _Selectors, typer.Option(metavar="NAME[=SOURCE]", help="A named context, which is no image. May be repeated.")
    ] = None,
    insecure_registry: Annotated[
        _Selectors, typer.Option(metavar="HOST[:PORT]", help="Ask this registry by plain http. May be repeated.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, max=3600, help="Give up on a question after this time.")
    ] = 30.0,
    max_download: Annotated[
        int, typer.Option(metavar="MIB", min=1, help="The largest file to fetch for a checksum, in MiB.")
    ] = 1024,
    output_format: Format = OutputFormat.TEXT,
    color: ColorChoice = Color.AUTO,
) -> None:
    """Pin what Dockerfiles take from outside to what it is now.

    DOCKERFILE is a file. Images get the digest that the registry names for their tag, files that ADD fetches a
    checksum, repositories a commit. This is the only command that uses the network; registries are asked with the
    credentials that docker login keeps.

    Exit status: 0, with --check 1 where a pin is missing or its tag has moved, 2 where something got no answer.
    """
    from fairlead.cli.pin import PinOptions
    from fairlead.cli.pin import pin as run
    from fairlead.pinning.plan import Mode

    for one, other in (("check", "diff"), ("check", "update"), ("offline", "diff"), ("offline", "update")):
        given = {"check": check, "diff": diff, "update": update, "offline": offline}
        _exclusive({f"--{name}": given[name] or None for name in (one, other)})
    options = PinOptions(
        files=tuple(dockerfiles),
        mode=Mode(check=check, update=update, offline=offline),
        diff=diff,
        skip=frozenset(_kinds(skip)),
        build_args=_build_args(build_arg),
        contexts=frozenset(value.partition("=")[0] for value in build_context or ()),
        insecure=frozenset(insecure_registry or ()),
        timeout=timeout,
        max_download=max_download * 1024**2,
        output_format=output_format.value,
        color=color.value,
    )
    _chosen.append(lambda: run(options))


@app.command()
def inputs(
    dockerfile: Dockerfile,
    context: Context = None,
    build_context: Annotated[
        _Selectors,
        typer.Option(metavar="NAME=VALUE", help="A named context, as for docker build. May be repeated."),
    ] = None,
    build_arg: BuildArg = None,
    target: Target = None,
    fail_on_grade: Annotated[
        FailOnGrade | None, typer.Option(help="Exit with status 1 when an input is of this grade or of a looser one.")
    ] = None,
    output_format: Annotated[InputsFormat, typer.Option(help="What the list looks like.")] = InputsFormat.TEXT,
    color: ColorChoice = Color.AUTO,
) -> None:
    """List what a build takes from outside, and how firmly each is fixed.

    DOCKERFILE is the file, or - for standard input. Grades, from the firmest: immutable, locked, versioned, unknown,
    floating.

    Exit status: 0, 1 an input at or below --fail-on-grade, 2 an error of usage or reading.
    """
    from fairlead.cli.inputs import InputsOptions
    from fairlead.cli.inputs import inputs as run

    options = InputsOptions(
        dockerfile=dockerfile,
        context=context,
        named=_named_contexts(build_context),
        build_args=_build_args(build_arg),
        target=target,
        fail_on_grade=None if fail_on_grade is None else fail_on_grade.value,
        output_format=output_format.value,
        color=color.value,
    )
    _chosen.append(lambda: run(options))


@app.command()
def explain(
    rule: Annotated[
        list[str],
        typer.Argument(metavar="RULE", hidden=True, autocompletion=_complete_rule),
    ],
    config: Config = None,
    isolated: Isolated = False,
    rule_path: RulePath = None,
    color: ColorChoice = Color.AUTO,
) -> None:
    """Say what a rule finds and why, with examples.

    RULE is the name of a rule, a family of rules, or a code of another linter.
    """
    from fairlead.cli.explain import explain as run

    given = CommandLine(rule_paths=tuple(rule_path or ()))
    _exclusive({"--config": config, "--isolated": isolated or None})
    _chosen.append(lambda: run(rule, given, config=config, isolated=isolated, color=color.value))


@app.command()
def rules(
    output_format: Annotated[OutputFormat, typer.Option(help="What the list looks like.")] = OutputFormat.TEXT,
    config: Config = None,
    isolated: Isolated = False,
    rule_path: RulePath = None,
    color: ColorChoice = Color.AUTO,
) -> None:
    """List the rules, and say which are on in the working directory."""
    from fairlead.cli.rules import rules as run

    given = CommandLine(rule_paths=tuple(rule_path or ()))
    _exclusive({"--config": config, "--isolated": isolated or None})
    _chosen.append(
        lambda: run(given, config=config, isolated=isolated, output_format=output_format.value, color=color.value)
    )


@app.command()
def parse(
    files: Annotated[list[str], typer.Argument(metavar="FILE", hidden=True)],
) -> None:
    """Print the builder's view of each file, as one JSON object a line.

    FILE is a Dockerfile, or - for standard input.
    """
    from fairlead.cli.parse import parse as run

    _chosen.append(lambda: run(files))


def _split(values: Sequence[str] | None) -> tuple[str, ...]:
    """The parts of options that take lists, given once with commas or several times."""
    return tuple(part.strip() for value in values or () for part in value.split(",") if part.strip())


def _severities(values: Sequence[str] | None) -> dict[str, Severity]:
    found = {}
    for value in _split(values):
        name, equals, severity = value.partition("=")
        if not equals or severity not in list(Severity):
            raise typer.BadParameter(
                f"{value!r}: expected RULE=SEVERITY with one of {', '.join(Severity)}", param_hint="--severity"
            )
        found[name] = Severity(severity)
    return found


def _build_args(values: Sequence[str] | None) -> dict[str, str]:
    """As docker build reads them: a name without a value takes the value of the environment, if there is one."""
    found = {}
    for value in values or ():
        name, equals, given = value.partition("=")
        if not name:
            raise typer.BadParameter(f"{value!r}: expected NAME or NAME=VALUE", param_hint="--build-arg")
        if equals:
            found[name] = given
        elif name in os.environ:
            found[name] = os.environ[name]
    return found


def _kinds(values: Sequence[str] | None) -> tuple[str, ...]:
    from fairlead.pinning.pinnable import KINDS

    for kind in _split(values):
        if kind not in KINDS:
            raise typer.BadParameter(f"{kind!r}: expected one of {', '.join(KINDS)}", param_hint="--skip")
    return _split(values)


def _named_contexts(values: Sequence[str] | None) -> dict[str, str]:
    found = {}
    for value in values or ():
        name, equals, directory = value.partition("=")
        if not name or not equals or not directory:
            raise typer.BadParameter(f"{value!r}: expected NAME=DIRECTORY", param_hint="--build-context")
        found[name] = directory
    return found


def _exclusive(options: Mapping[str, object]) -> None:
    """Refuse more than one of the options that exclude each other, None for those that are not given."""
    given = [name for name, value in options.items() if value is not None]
    if len(given) > 1:
        raise typer.BadParameter(f"can't be used together with {given[1]}", param_hint=given[0])
