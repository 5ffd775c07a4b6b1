"""What can rebuild a step although nobody edits the Dockerfile, and what is rebuilt with it.

Files of the build context, a server's content and build arguments change from build to build. A step that they
reach is rebuilt, and with it all that is built upon it (BuildKit's solver/edge.go). A base image counts for
nothing here: when it changes, a new build is what everybody wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.keys import stands_alone
from fairlead.analysis.remotes import remote_sources
from fairlead.build.dockerignore import clean
from fairlead.build.model import Stage, Step
from fairlead.knowledge.environment import is_volatile
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


@dataclass(eq=False)
class Change:
    """Something that can rebuild a step.

    Attributes:
        step: the step that it enters the build with; for an argument the RUN that has it in its environment.
        kind: files of the context, files of a stage that can change, content of a server, or a build argument.
        token: the words.
        origin: the stage that the files come from, None for other kinds.
    """

    step: Step
    kind: Literal["files", "stage", "remote", "argument"]
    token: Token
    origin: Stage | None = None


class RebuildModel:
    """Answers about rebuilds; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._own: dict[Step, tuple[Change, ...]] = {}
        self._stages: dict[Stage, bool] = {}

    def own(self, step: Step) -> tuple[Change, ...]:
        """What can rebuild a step even when nothing above it is rebuilt."""
        if step not in self._own:
            self._own[step] = tuple(self._changes(step))
        return self._own[step]

    def above(self, step: Step) -> tuple[Change, ...]:
        """What can rebuild the steps that a step is built upon, from the nearest on."""
        found: list[Change] = []
        for other in step.stage.all_steps():
            if other is step:
                break
            found.extend(self.own(other))
        return tuple(reversed(found))

    def below(self, step: Step) -> tuple[Step, ...]:
        """The RUN, COPY and ADD that are rebuilt when a COPY or ADD is, in the order of the file."""
        found: dict[Step, None] = {}
        self._spread(step.stage, step, found)
        for stage in self._models.build.stages:
            for other in stage.steps if stage.needed else ():
                if _takes(other, step):
                    found[other] = None
                    self._spread(stage, other, found)
        return tuple(sorted(found, key=lambda other: (other.stage.index, other.line)))

    def _spread(self, stage: Stage, start: Step | None, found: dict[Step, None]) -> None:
        at = stage.steps.index(start) + 1 if start is not None else 0
        for step in stage.steps[at:]:
            if isinstance(step.instruction, ast.Run | ast.FileInstruction) and not stands_alone(step.instruction):
                found[step] = None
        for child in self._models.build.stages:
            if child.needed and child.origin.stage is stage:
                self._spread(child, None, found)

    def _changes(self, step: Step) -> Iterator[Change]:
        instruction = step.instruction
        if isinstance(instruction, ast.FileInstruction):
            yield from self._copied(step, instruction)
        elif isinstance(instruction, ast.Run):
            for mount in step.mounts:
                if mount.type != "bind":
                    continue
                origin = mount.origin.stage if mount.origin is not None else None
                if mount.origin is None:
                    yield Change(step, "files", mount.syntax.flag.token)
                elif origin is not None and self._can_change(origin):
                    yield Change(step, "stage", mount.syntax.flag.token, origin)
            yield from _arguments(step)

    def _copied(self, step: Step, instruction: ast.FileInstruction) -> Iterator[Change]:
        if isinstance(instruction, ast.Add):
            for remote in remote_sources(step, instruction):
                yield Change(step, "remote", remote.token)
        if step.origin is not None:
            stage = step.origin.stage
            if stage is not None and self._can_change(stage):
                yield Change(step, "stage", step.origin.token, stage)
            return
        for source in instruction.sources:
            if source.heredoc is None and not _is_remote(step.resolve(source.word.value).pattern):
                yield Change(step, "files", source.word.token)

    def _can_change(self, stage: Stage) -> bool:
        if stage not in self._stages:
            # a stage that takes from itself is refused by the builder
            self._stages[stage] = False
            self._stages[stage] = any(self.own(step) for step in stage.all_steps())
        return self._stages[stage]


def _arguments(step: Step) -> Iterator[Change]:
    """The arguments above a RUN whose value is another one in every build: used or not, they are in its environment."""
    for other in step.stage.all_steps():
        if other is step:
            return
        if isinstance(other.instruction, ast.Arg):
            for pair in other.instruction.pairs:
                if is_volatile(pair.key):
                    yield Change(step, "argument", pair.key_token)


def _is_remote(text: str) -> bool:
    return "://" in text or text.startswith("git@")


def _takes(step: Step, changed: Step) -> bool:
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
    return any(top.startswith(_directory(path)) or _directory(path).startswith(top) for path in paths)


def _directory(path: str) -> str:
    return clean("/" + path).rstrip("/") + "/"
