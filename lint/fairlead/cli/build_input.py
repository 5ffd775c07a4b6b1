"""What the commands about one build are given: a Dockerfile and its contexts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from fairlead.analysis.context_root import context_place
from fairlead.build.context import Context, directory_context
from fairlead.build.dockerignore import DockerIgnore, DockerIgnoreError, inside
from fairlead.build.image import context_name
from fairlead.build.model import Build
from fairlead.cli.terminal import Problem
from fairlead.reading import RunError, read_source
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

_IMAGE = "docker-image://"


def places(dockerfile: str, context: str | None, named: Mapping[str, str]) -> tuple[Path, Path]:
    """The build context, which without one is the directory of the Dockerfile, and the Dockerfile.

    Raises:
        Problem: a context is no directory.
    """
    if context is not None and not Path(context).is_dir():
        raise Problem(f"{context}: the build context is no directory")
    for name, value in named.items():
        if value.startswith(_IMAGE):
            continue
        if "://" in value or value.startswith("git@"):
            raise Problem(f"{value}: the named context {name} is no directory and no image: it can't be looked into")
        if not Path(value).is_dir():
            raise Problem(f"{value}: the named context {name} is no directory")
    return Path(context) if context is not None else Path(dockerfile).parent, Path(dockerfile)


def in_words(error: Exception) -> str:
    """What an error says in one line, with the file that it is about."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: can't be read: {error.strerror or error}"
    return str(error)


def missing(context: Context, source: str) -> str:
    """A note on a source that is not in the context."""
    found = context.tree.entry(inside(source))
    what = f"a link to {found.target}, which is" if found is not None and found.kind == "link" else ""
    return f"{source}: {what or 'not'}{' not' if what else ''} in the build context: the build would fail"


def refuse_bad_patterns(model: Build) -> None:
    """Look at the patterns of `--exclude`.

    Raises:
        Problem: the builder refuses one.
    """
    for step in model.steps():
        if step.stage.needed and isinstance(step.instruction, ast.Copy | ast.Add):
            try:
                DockerIgnore.of_copy(step.instruction.exclude)
            except DockerIgnoreError as error:
                place = f"{model.dockerfile.source.path}:{step.line}"
                raise Problem(f"{place}: --exclude: {error.reason}: {error.pattern}") from None


def root_of(model: Build, directory: Path) -> tuple[Path, list[str]]:
    """The build context where the command line names none, and a note where it is not the Dockerfile's directory.

    Args:
        model: the build.
        directory: the directory of the Dockerfile.
    """
    above, why = context_place(model, directory)
    if not why:
        return directory, []
    root = Path(os.path.relpath(above))
    return root, [f"the build context is taken to be {root}, {why}; --context says otherwise"]


def read_dockerfile(path: str) -> ast.Dockerfile:
    """The Dockerfile at a path.

    Raises:
        Problem: it can't be read, or the builder refuses it.
    """
    if path == "-":
        raise Problem("standard input has no build context: name a file")
    source = read_source(path)
    if isinstance(source, RunError):
        raise Problem(str(source))
    return read_syntax(source)


def read_syntax(source: Source) -> ast.Dockerfile:
    """A Dockerfile that the builder takes.

    Raises:
        Problem: it does not take it.
    """
    syntax = parse(source)
    if syntax.problems:
        first = syntax.problems[0]
        place = f"{source.path}:{first.line}" if first.line else source.path
        raise Problem(f"{place}: the builder refuses the file: {first.text}")
    return syntax


def named_contexts(named: Mapping[str, str]) -> dict[str, Context | str]:
    """The named contexts by their names as `context_name` gives them; of those that are images the references.

    Raises:
        OSError: a .dockerignore in one of them can't be read.
        DockerIgnoreError: the builder refuses a pattern in it.
    """
    return {
        context_name(name): value.removeprefix(_IMAGE) if value.startswith(_IMAGE) else directory_context(Path(value))
        for name, value in named.items()
    }


def directories(contexts: Mapping[str, Context | str]) -> dict[str, Context]:
    """Those of the named contexts that are directories."""
    return {name: context for name, context in contexts.items() if isinstance(context, Context)}


def replaced_stages(model: Build, contexts: Mapping[str, Context | str]) -> list[str]:
    """Notes on the stages in whose place named contexts are."""
    notes = []
    for stage in model.stages:
        if stage.replaced:
            given = contexts[context_name(stage.name)]
            image = f", the image {given}," if isinstance(given, str) else ""
            notes.append(f"stage {stage.label} is not built: the named context {stage.name}{image} takes its place")
    return notes
