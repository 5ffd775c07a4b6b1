"""What the commands about one build are given: a Dockerfile and its contexts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fairlead.build.context import Context, directory_context
from fairlead.cli.terminal import Problem
from fairlead.reading import RunError, read_source
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def places(dockerfile: str, context: str | None, named: Mapping[str, str]) -> tuple[Path, Path]:
    """The build context, which without one is the directory of the Dockerfile, and the Dockerfile.

    Raises:
        Problem: a context is no directory.
    """
    root = Path(context) if context is not None else Path(dockerfile).parent
    for directory in (root, *map(Path, named.values())):
        if not directory.is_dir():
            raise Problem(f"{directory}: the build context is no directory")
    return root, Path(dockerfile)


def read_dockerfile(path: str) -> ast.Dockerfile:
    """The Dockerfile at a path.

    Raises:
        Problem: it can't be read, or the builder refuses it.
    """
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
        raise Problem(f"{source.path}:{first.line}: the builder refuses the file: {first.text}")
    return syntax


def named_contexts(named: Mapping[str, str]) -> dict[str, Context]:
    """The named contexts by their names."""
    return {name: directory_context(Path(path)) for name, path in named.items()}
