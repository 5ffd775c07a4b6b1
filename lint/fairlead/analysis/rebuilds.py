"""What is rebuilt with a step: all that is built upon it, and what takes its files (BuildKit's solver/edge.go)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from fairlead.build.dockerignore import clean
from fairlead.build.model import Build, Stage, Step
from fairlead.syntax import ast


def rebuilt_with(build: Build, step: Step, brings: Callable[[str], bool] | None = None) -> tuple[Step, ...]:
    """The RUN, COPY and ADD that are rebuilt when a COPY or ADD is, in the order of the file.

    Args:
        build: the build.
        step: the COPY or ADD.
        brings: whether it brings a path below its destination, where that is known: what another stage takes may as
            well be the work of a RUN, and stay the same.
    """
    found: dict[Step, None] = {}
    _spread(build, step.stage, step, found)
    for stage in build.stages:
        for other in stage.steps if stage.needed else ():
            if _takes(other, step, brings):
                found[other] = None
                _spread(build, stage, other, found)
    return tuple(sorted(found, key=lambda other: (other.stage.index, other.line)))


def _spread(build: Build, stage: Stage, start: Step | None, found: dict[Step, None]) -> None:
    at = stage.steps.index(start) + 1 if start is not None else 0
    for step in stage.steps[at:]:
        if isinstance(step.instruction, ast.Run | ast.FileInstruction) and not step.stands_alone:
            found[step] = None
    for child in build.stages:
        if child.needed and child.origin.stage is stage:
            _spread(build, child, None, found)


def _takes(step: Step, changed: Step, brings: Callable[[str], bool] | None) -> bool:
    """Whether a step of another stage takes what a COPY or ADD has written."""
    destination = changed.destination
    if step.stage is changed.stage or destination is None:
        return False
    paths = []
    if isinstance(step.instruction, ast.Copy) and step.origin is not None and step.origin.stage is changed.stage:
        paths = [step.resolve(source.word.value).pattern for source in step.instruction.sources]
    for mount in step.mounts:
        if mount.origin is not None and mount.origin.stage is changed.stage:
            paths.append(step.resolve(mount.syntax.source or "/").pattern)
    top = destination.rstrip("/") + "/"
    return any(
        top.startswith(_directory(path))
        or (_directory(path).startswith(top) and (brings is None or brings(posixpath.relpath(_directory(path), top))))
        for path in paths
    )


def _directory(path: str) -> str:
    return clean("/" + path).rstrip("/") + "/"
