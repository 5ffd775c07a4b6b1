"""Where the files really come from that a COPY takes from another stage.

A COPY --from is evaluated when the other stage has been built: what it takes is compared by content (BuildKit's
solver/edge.go), and everything below it waits for that. A file that the other stage itself has from the build context
can be had without.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fairlead.analysis.cache import DetouredFile
from fairlead.analysis.commits import behind, takes
from fairlead.analysis.late_installs import changing_source
from fairlead.analysis.packages import Operation
from fairlead.build.dockerignore import clean, inside
from fairlead.build.model import Stage, Step
from fairlead.build.remote import parse_remote
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context

_WILDCARDS = frozenset("*?[")


def detoured_files(models: Models, stage: Stage) -> Iterator[DetouredFile]:
    """The COPYs of a stage that take files of the build context from another stage, above an install."""
    for at, step in enumerate(stage.steps):
        copy = step.instruction
        if not isinstance(copy, ast.Copy) or step.origin is None or step.origin.stage is None:
            continue
        other = step.origin.stage
        waiting = _install_below(models, stage.steps[at + 1 :])
        if waiting is not None and _waits_anyway(models, waiting, other):
            continue
        costly = _costly(other) if waiting is not None else None
        context = models.context
        if waiting is None or costly is None or context is None:
            continue
        commits = _commits(models, costly)
        if commits is not None and commits[1] == 0:
            continue
        for source in copy.sources:
            text = step.resolve(source.word.value).text
            found = _from_context(models, other, clean("/" + text), context) if text is not None else None
            if found:
                yield DetouredFile(
                    step, source.word, other, copy.destination.value, tuple(found), waiting, costly, commits
                )


def _waits_anyway(models: Models, install: Operation, other: Stage) -> bool:
    """Whether something above an install, other than files of the context, comes from the stage or changes with it."""
    stage = install.step.stage
    for step in stage.steps[: stage.steps.index(install.step) + 1]:
        if step.origin is None and changing_source(step) is not None:
            return True
        for origin in step.origins:
            if origin.stage is not other:
                continue
            copy = step.instruction
            context = models.context
            if not isinstance(copy, ast.Copy) or context is None:
                return True
            for source in copy.sources:
                text = step.resolve(source.word.value).text
                if text is None or not _from_context(models, other, clean("/" + text), context):
                    return True
    return any(changing_source(step) is not None for step in stage.all_steps() if step.stage is not stage)


def _install_below(models: Models, below: list[Step]) -> Operation | None:
    for step in below:
        for operation in models.operations(step) if isinstance(step.instruction, ast.Run) else ():
            if operation.kind == "install":
                return operation
    return None


def _costly(stage: Stage) -> Step | None:
    """The last step of a stage that takes its time, where a source of the project stands above it."""
    from fairlead.analysis.timings import weigh

    found = None
    changing = False
    for step in stage.all_steps():
        changing = changing or changing_source(step) is not None
        if changing and isinstance(step.instruction, ast.Run) and weigh([step])[step] >= 20:
            found = step
    return found


def _commits(models: Models, step: Step) -> tuple[int, int] | None:
    """The number of the last commits, and of those that have a step built again."""
    commits = models.commits
    steps = list(step.stage.all_steps())
    taken = takes(behind(steps[: steps.index(step) + 1]))
    return (len(commits), commits.count(taken)) if commits is not None and taken is not None else None


def _from_context(models: Models, stage: Stage, path: str, context: Context) -> list[str] | None:
    """The files of the context that are what a stage has at a path or pattern; None where that isn't known."""
    found: list[str] | None = None
    for step in stage.all_steps():
        instruction = step.instruction
        if isinstance(instruction, ast.FileInstruction):
            brought = _brought(step, instruction, path, context)
            if brought is None:
                found = None
            elif brought:
                found = brought
        elif isinstance(instruction, ast.Run) and found is not None and _may_write(models, step, path):
            found = None
    return found


def _brought(step: Step, copy: ast.FileInstruction, path: str, context: Context) -> list[str] | None:
    """The files that a COPY of the context brings to a path; [] for another place, None where that isn't known."""
    if step.destination is None or copy.exclude or (isinstance(copy, ast.Copy) and copy.parents):
        return None
    top = step.destination.rstrip("/")
    directory, name = posixpath.split(path)
    if directory != top and not directory.startswith(f"{top}/"):
        return [] if path != top and not top.startswith(f"{path}/") else None
    found: list[str] = []
    for source in copy.sources:
        text = step.resolve(source.word.value).text
        if step.origin is not None or text is None or source.heredoc is not None or parse_remote(text) is not None:
            return None
        entry = context.lookup(inside(text)) if not _WILDCARDS & set(text) else None
        if entry is not None and entry[1].kind == "directory":
            below = posixpath.join(inside(text), directory[len(top) :].strip("/"))
            found += _files(context, below, name)
        elif directory == top:
            found += [
                file
                for file in _files(context, posixpath.dirname(inside(text)), posixpath.basename(text))
                if fnmatchcase(posixpath.basename(file), name)
            ]
    return found


def _files(context: Context, directory: str, pattern: str) -> list[str]:
    """The regular files of a directory of the context whose names match."""
    paths = [posixpath.join(directory, name) for name in context.names(directory) if fnmatchcase(name, pattern)]
    return [path for path in paths if (entry := context.lookup(path)) is not None and entry[1].kind == "file"]


def _may_write(models: Models, step: Step, path: str) -> bool:
    """Whether a RUN may write to a file of the project, judging by what it says; programs leave such files alone."""
    name = posixpath.basename(path)
    for operation in models.operations(step):
        writes_lock = operation.kind in ("install", "upgrade", "remove") and not operation.locked
        if writes_lock and any(_may_be(name, lock) for lock in operation.manager.lockfiles):
            return True
        if operation.packages and any(_may_be(name, manifest) for manifest in operation.manager.manifests):
            return True
    return name in step.instruction.token.text


def _may_be(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(pattern, name)
