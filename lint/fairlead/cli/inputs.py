"""`fairlead inputs`: what a build takes from outside, and how firmly each is fixed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.analysis.grades import Grade, Input, at_or_below
from fairlead.analysis.models import Models
from fairlead.build.builder import UnknownTarget, build
from fairlead.build.context import Context, directory_context
from fairlead.build.dockerignore import DockerIgnoreError
from fairlead.build.image import parse_image_reference
from fairlead.build.model import Build
from fairlead.cli.build_input import in_words, root_of
from fairlead.cli.terminal import list_width, print_errors, print_lines, wants_color
from fairlead.reading import RunError, read_source, source_of
from fairlead.report.text import counted
from fairlead.syntax import ast
from fairlead.syntax.parser import parse

STDIN = "-"
_SHOWN = 3


@dataclass(frozen=True)
class InputsOptions:
    """What the command line of `fairlead inputs` says.

    Attributes:
        dockerfile: the file, - for standard input.
        context: the build context; None for the directory that fits the file.
        named: named contexts: name to a directory, `docker-image://REFERENCE` or a URL.
        build_args: build arguments.
        target: the stage that is built.
        fail_on_grade: the grade from which on an input fails the run.
        output_format: `text`, `json` or `cyclonedx`.
        color: `auto`, `always` or `never`.
    """

    dockerfile: str
    context: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    fail_on_grade: Grade | None = None
    output_format: str = "text"
    color: str = "auto"


class _Problem(Exception):
    """What keeps the list from being made."""


def inputs(options: InputsOptions) -> int:
    """List, print, and give the exit status."""
    try:
        models, notes = _models(options)
        found = models.inputs.all()
        everything = models.inputs.all(unneeded=True)
    except _Problem as problem:
        print_errors([RunError(str(problem))])
        return 2
    _print(options, models, found, len(everything) - len(found))
    print_errors((), [*notes, *_notes(options, models, everything)])
    limit = options.fail_on_grade
    return int(limit is not None and any(at_or_below(one.grade, limit) for one in found))


def _print(options: InputsOptions, models: Models, found: tuple[Input, ...], left_out: int) -> None:
    if options.output_format == "json":
        from fairlead.report.inputs import document

        target = models.build.target
        label = target.label if target is not None else ""
        sys.stdout.write(document(found, dockerfile=options.dockerfile, target=label, left_out=left_out))
    elif options.output_format == "cyclonedx":
        from fairlead.report.cyclonedx import document as bill

        sys.stdout.write(bill(found, dockerfile=options.dockerfile))
    else:
        from fairlead.report.inputs import render

        print_lines(render(found, width=list_width(sys.stdout)), color=wants_color(options.color, sys.stdout))


def _models(options: InputsOptions) -> tuple[Models, list[str]]:
    """The models of the build, and what to say of its context."""
    is_stdin = options.dockerfile == STDIN
    source = source_of(sys.stdin.buffer.read(), "<stdin>") if is_stdin else read_source(options.dockerfile)
    if isinstance(source, RunError):
        raise _Problem(str(source))
    syntax = parse(source)
    if syntax.problems:
        first = syntax.problems[0]
        raise _Problem(f"{source.path}:{first.line}: the builder refuses the file: {first.text}")
    for name, value in options.named.items():
        if "://" not in value and not value.startswith("git@") and not Path(value).is_dir():
            raise _Problem(f"{value}: the named context {name} is no directory")
    try:
        model = build(syntax, options.build_args, options.target)
    except UnknownTarget as error:
        raise _Problem(str(error)) from None
    context, notes = _context(options, model)
    named = {parse_image_reference(name.lower()).context_name: value for name, value in options.named.items()}
    return Models(model, lambda: context, named), notes


def _context(options: InputsOptions, model: Build) -> tuple[Context | None, list[str]]:
    """The build context, None for a Dockerfile of standard input, of which none is known; and what to say of it."""
    is_stdin = options.dockerfile == STDIN
    if options.context is None and is_stdin:
        return None, []
    dockerfile = Path(options.dockerfile)
    notes: list[str] = []
    if options.context is None:
        root, notes = root_of(model, dockerfile.parent)
    else:
        root = Path(options.context)
    if not root.is_dir():
        raise _Problem(f"{root}: the build context is no directory")
    try:
        return directory_context(root, None if is_stdin else dockerfile), notes
    except (DockerIgnoreError, OSError) as error:
        raise _Problem(in_words(error)) from None


def _notes(options: InputsOptions, models: Models, everything: tuple[Input, ...]) -> list[str]:
    notes = []
    left = [one for one in everything if not one.needed]
    if left:
        names = ", ".join(dict.fromkeys(one.stage.label for one in left if one.stage is not None))
        notes.append(f"left out: {counted(len(left), 'input')} of stages that the target does not need ({names})")
    scripts = models.inputs.scripts()
    if scripts:
        shown = ", ".join(scripts[:_SHOWN]) + (f" and {len(scripts) - _SHOWN} more" if len(scripts) > _SHOWN else "")
        notes.append(f"not looked at: what scripts of the build context fetch ({shown})")
    missing = _missing_sources(models)
    if missing and options.context is None:
        notes.append(
            f"{missing[0]}: not in {_shown(options)}, which is taken for the build context; --context names another"
        )
    context = models.context
    if context is not None:
        notes += [f"{path}: can't be read: {why}" for path, why in sorted(context.problems.items())]
    return notes


def _shown(options: InputsOptions) -> str:
    parent = str(Path(options.dockerfile).parent)
    return "the directory of the Dockerfile" if parent == "." else parent


def _missing_sources(models: Models) -> list[str]:
    """The sources of COPYs that are not in the context: mostly it is another directory."""
    context = models.context
    if context is None:
        return []
    missing = []
    for step in models.build.steps():
        if not step.stage.needed or not isinstance(step.instruction, ast.Copy) or step.origin is not None:
            continue
        for source in step.instruction.sources:
            text = step.resolve(source.word.value).text
            if source.heredoc is None and text and not set(text) & set("*?[") and not context.is_there(text.strip("/")):
                missing.append(text)
    return missing
