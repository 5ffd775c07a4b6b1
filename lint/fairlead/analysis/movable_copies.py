"""COPYs of some files that may as well stand below an install: it reads nothing of them, nor does a step between.

Most of them do no harm where they are, since such files seldom change. So the last commits have to show what it costs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fairlead.analysis.cache import CommitCount, LateInstall
from fairlead.analysis.commits import takes
from fairlead.analysis.early_installs import is_worth_it
from fairlead.analysis.late_installs import changing_source
from fairlead.analysis.manifests import files_read
from fairlead.analysis.moves import Footprint, footprint, relation
from fairlead.analysis.packages import Operation
from fairlead.build.model import Stage, Step
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context


def movable_copies(models: Models, stage: Stage) -> Iterator[LateInstall]:
    """The installs of a stage below COPYs that may stand below them, the lowest first, no COPY twice."""
    context = models.context
    if context is None or context.root is None:
        return
    prints = {step: found for step in stage.steps if (found := _footprint(step, context)) is not None}
    for at in reversed(range(len(stage.steps)) if prints else ()):
        install = _install(models, stage.steps[at])
        if install is None:
            continue
        movable: list[Step] = []
        for above in reversed(range(at)):
            copied = prints.get(stage.steps[above])
            between = [step for step in stage.steps[above + 1 : at + 1] if step not in movable]
            if copied is not None and all(_passes(copied, step, prints, context) for step in between):
                movable.insert(0, stage.steps[above])
        counted = _count(models, install, movable) if movable else None
        if counted is not None and is_worth_it(counted):
            first = movable[0].instruction
            assert isinstance(first, ast.Copy)  # noqa: S101  # it has a footprint
            yield LateInstall(install, movable[0], first.sources[0].word, tuple(movable[1:]), counted)
            for step in movable:
                del prints[step]


def _footprint(step: Step, context: Context) -> Footprint | None:
    """What a COPY of files of the context brings; the whole of it is for others to judge."""
    if step.origin is not None or step.stands_alone or changing_source(step) is not None:
        return None
    return footprint(step, context)


def _install(models: Models, step: Step) -> Operation | None:
    """The first install of a RUN; None where a test decides on it."""
    if not isinstance(step.instruction, ast.Run):
        return None
    found = next((operation for operation in models.operations(step) if operation.kind == "install"), None)
    return found if found is not None and not found.command.conditional else None


def _passes(copied: Footprint, step: Step, prints: dict[Step, Footprint], context: Context) -> bool:
    """Whether a COPY may move below a step."""
    found = relation(copied, step, context)
    if isinstance(found, list):
        return all(_reads_none(copied, install, prints, context) for install in found)
    return found == "free"


def _reads_none(copied: Footprint, install: Operation, prints: dict[Step, Footprint], context: Context) -> bool:
    """Whether it is certain that an install of the project's dependencies reads nothing of what is copied."""
    directory = _directory(install, list(prints.values()))
    read = files_read(install, context, directory) if directory is not None else None
    return bool(read) and copied.files is not None and set(read or ()).isdisjoint(copied.files.values())


def _directory(install: Operation, prints: Sequence[Footprint]) -> str | None:
    """The directory of the context from which the manifest comes that an install finds where it runs."""
    cwd = (install.command.cwd or "").rstrip("/")
    for copied in prints:
        for path, source in (copied.files or {}).items():
            directory, _, name = path.rpartition("/")
            if directory == cwd and any(fnmatchcase(name, pattern) for pattern in install.manager.manifests[:1]):
                return posixpath.dirname(source)
    return None


def _count(models: Models, install: Operation, movable: Sequence[Step]) -> CommitCount | None:
    commits = models.commits
    steps = list(install.step.stage.all_steps())
    above = steps[: steps.index(install.step) + 1]
    taken, left = takes(above), takes([step for step in above if step not in movable])
    if commits is None or taken is None or left is None:
        return None
    return CommitCount(len(commits), commits.count(taken), 0, commits.count(left))
