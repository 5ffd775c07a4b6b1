"""Files of the build context by the paths that they have in the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fairlead.build.dockerignore import inside
from fairlead.build.model import Stage, Step
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context

_DEPTH = 8


def text_at(models: Models, step: Step, path: str) -> str | None:
    """The text of the file that a COPY has put at a path of the image.

    Args:
        models: the build and its context.
        step: what looks: a RUN sees what stands above it and its own bind mounts, another step its whole stage.
        path: absolute; relative where the working directory of the base image holds, which is not known.

    Returns:
        None where there is no context, or no COPY of it, directly or through other stages, that brings such a file.
    """
    context = models.context
    if context is None:
        return None
    found = _source(context, step, posixpath.normpath(path))
    return context.text(found) if found is not None else None


def _source(context: Context, step: Step, path: str) -> str | None:
    is_run = isinstance(step.instruction, ast.Run)
    if is_run:
        for mount in step.mounts:
            if mount.type == "bind" and mount.origin is None and mount.target is not None:
                source = step.resolve(mount.syntax.source or "").text
                found = _below(mount.target.rstrip("/"), path)
                if source is not None and found is not None and _is_file(context, joined := _join(source, found)):
                    return joined
    steps = list(step.stage.all_steps())
    above = steps[: steps.index(step)] if is_run and step in steps else steps
    return _copied(context, above, path, _DEPTH)


def _copied(context: Context, steps: list[Step], path: str, depth: int) -> str | None:
    for step in reversed(steps):
        copy = step.instruction
        if not isinstance(copy, ast.FileInstruction) or depth == 0:
            continue
        stage = step.origin.stage if step.origin is not None else None
        if step.origin is not None and stage is None:
            continue
        for inner in _inner_paths(step, copy, path):
            if stage is not None:
                found = _copied(context, _steps(stage), f"/{inner.lstrip('/')}", depth - 1)
            else:
                found = inner if _is_file(context, inner) else None
            if found is not None:
                return found
    return None


def _steps(stage: Stage) -> list[Step]:
    return list(stage.all_steps())


def _inner_paths(step: Step, copy: ast.FileInstruction, path: str) -> Iterator[str]:
    """The paths in the source of a COPY that may be what it puts at a path, the likeliest first."""
    destination = step.destination
    if destination is None:
        # both relative to a directory that is not known
        written = step.resolve(copy.destination.value).text
        below = path if written in (".", "./", "") and step.workdir is None and not path.startswith("/") else None
    else:
        below = _below(destination.rstrip("/"), path)
    if below is None:
        return
    for source in copy.sources:
        text = step.resolve(source.word.value).text
        if text is None or source.heredoc is not None or "://" in text:
            continue
        if set("*?[") & set(text):
            directory, pattern = posixpath.split(text)
            if "/" not in below and fnmatchcase(below, pattern):
                yield _join(directory, below)
        elif below == "":
            yield inside(text)
        else:
            if posixpath.basename(text.rstrip("/")) == below:
                yield inside(text)
            yield _join(text, below)


def _below(directory: str, path: str) -> str | None:
    """The path relative to a directory; None where it is not below it."""
    if path == directory:
        return ""
    return path[len(directory) + 1 :] if path.startswith(f"{directory}/") else None


def _join(directory: str, path: str) -> str:
    return inside(posixpath.join(directory, path)) if path else inside(directory)


def _is_file(context: Context, path: str) -> bool:
    found = context.lookup(path)
    return found is not None and found[1].kind == "file"
