"""Questions to the layers of the final image: what they hold in vain, and what nobody needs of what they hold.

Only the layers of stages that ship count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fairlead.analysis.effects import Removal, covers
from fairlead.analysis.packages import (
    Operation,
    cache_paths,
    in_home,
    index_size,
    is_modern_yarn,
    mounted,
    updates_index,
)
from fairlead.analysis.sizes import Size
from fairlead.build.dockerignore import inside
from fairlead.build.model import Stage, Step
from fairlead.shell import UNKNOWN, ShellWord, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.dead_weight import DeadWeight
    from fairlead.analysis.image_content import ImageContent
    from fairlead.analysis.models import Models

# scripts of publishers that add a source of packages and fetch the index for it
_ADDS_SOURCES = re.compile(r"nodesource\.com/setup|packagecloud\.io|\.deb\.sh\b|get\.docker\.com")
_CLEANER = re.compile(r"clean", re.IGNORECASE)
_MODERN_YARN = re.compile(r'"packageManager"\s*:\s*"yarn@[2-9]')


@dataclass(eq=False)
class RemovedPackage:
    """A package that is taken out in another layer than the one that brought it in."""

    word: ShellWord
    operation: Operation
    install: Operation


@dataclass(eq=False)
class Leftover:
    """A directory that a package manager fills and that stays in the layer.

    Attributes:
        operation: what fills it.
        path: the directory.
        shown: the same for people: with `~` where the home directory is not known.
        removed_by: a deletion in a later layer, which frees nothing; None for none.
        size: of what is in it.
        used_here: a command of the same step installs or upgrades with it.
        used_later: the first install of each later step that relies on it, because it fetches none.
    """

    operation: Operation
    path: str
    shown: str
    removed_by: tuple[Step, Removal] | None
    size: Size = field(default_factory=lambda: Size(complete=False))
    used_here: bool = True
    used_later: tuple[Operation, ...] = ()


@dataclass(eq=False)
class CopiedCache:
    """A package cache of a build stage that a COPY takes along.

    Attributes:
        token: the source of the COPY.
        path: the directory in the stage.
        stage: the stage.
        operation: what fills it there.
    """

    token: Token
    path: str
    stage: Stage
    operation: Operation


class LayerModel:
    """Answers about layers; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def shipped_steps(self) -> list[Step]:
        """The steps whose layers are in the final image, in the order in which they run."""
        target = self._models.build.target
        return list(target.all_steps()) if target is not None else []

    @cached_property
    def dead_weight(self) -> tuple[DeadWeight, ...]:
        """What commands of later layers do to files of earlier ones, in the order of these commands."""
        if not any(isinstance(step.instruction, ast.Run | ast.FileInstruction) for step in self.shipped_steps()):
            return ()
        from fairlead.analysis.dead_weight import dead_weight

        return tuple(dead_weight(self._models))

    @cached_property
    def content(self) -> ImageContent:
        """What the image holds in the end."""
        from fairlead.analysis.image_content import ImageContent

        return ImageContent(self._models)

    def removed_packages(self) -> Iterator[RemovedPackage]:
        """Packages that a later layer takes out again."""
        installed: dict[tuple[str, str], Operation] = {}
        for step in self.shipped_steps():
            here: dict[tuple[str, str], Operation] = {}
            for operation in self._models.operations(step):
                manager = operation.manager.name
                if operation.kind == "install" and operation.manager.kind == "distribution":
                    names = {package.name for package in operation.packages}
                    names.update(operation.options.values("--virtual", "-t") if manager == "apk" else ())
                    here.update(((manager, name), operation) for name in names)
                elif operation.kind == "remove" and not operation.command.conditional:
                    for word in operation.options.operands:
                        if UNKNOWN in word.pattern:
                            # a variable of this script, which says nothing of another one's
                            continue
                        install = installed.pop((manager, word.pattern), None)
                        if install is not None and (manager, word.pattern) not in here:
                            yield RemovedPackage(word, operation, install)
            installed.update(here)

    def index_left(self) -> Iterator[Leftover]:
        """Package indexes that stay in a layer."""
        for at, step in enumerate(self.shipped_steps()):
            said: set[str] = set()
            for operation in self._models.operations(step):
                if not updates_index(operation):
                    continue
                for path, cache in cache_paths(operation):
                    if cache.index and path not in said and self._stays(step, operation, path):
                        # `apk update && apk add x`: the same files
                        said.add(path)
                        yield Leftover(
                            operation,
                            path,
                            path,
                            self._removed_later(at, path),
                            index_size(operation),
                            any(self._uses(operation, [step])),
                            (*self._uses(operation, self.shipped_steps()[at + 1 :]), *self._uses_in_others(operation)),
                        )
                        break

    def _uses_in_others(self, update: Operation) -> Iterator[Operation]:
        """The same for the stages that are built upon its stage and do not ship."""
        for stage in self._models.build.stages:
            own = update.step.stage
            if stage.needed and not stage.ships and stage is not own and own in stage.lineage():
                yield from self._uses(update, list(stage.steps))

    def _uses(self, update: Operation, steps: list[Step]) -> Iterator[Operation]:
        """The first install or upgrade of each of some steps from an index, until another one is fetched."""
        for step in steps:
            if step is not update.step and _ADDS_SOURCES.search(step.instruction.token.text):
                return
            commands = list(step.script.commands) if step is update.step and step.script is not None else []
            behind = commands[commands.index(update.command) :] if update.command in commands else None
            for operation in self._models.operations(step):
                if operation.manager is not update.manager or (behind is not None and operation.command not in behind):
                    continue
                if operation.kind in ("install", "upgrade"):
                    yield operation
                    break
                if updates_index(operation) and operation is not update:
                    return

    def caches_left(self) -> Iterator[Leftover]:
        """Package caches that stay in a layer, one for each package manager of a step."""
        for at, step in enumerate(self.shipped_steps()):
            for operation, path in self._filled(step):
                yield Leftover(operation, path, in_home(operation, path), self._removed_later(at, path))

    def copied_caches(self) -> Iterator[CopiedCache]:
        """Package caches that a build stage leaves and that a COPY takes along with what they were used for."""
        for step in self.shipped_steps():
            stage = step.origin.stage if step.origin is not None else None
            if stage is None or not isinstance(step.instruction, ast.Copy) or step.instruction.exclude:
                continue
            left = list(self._left_in(stage))
            for source in step.instruction.sources if left else ():
                place = "/" + inside(step.resolve(source.word.value).pattern)
                found = next(((operation, path) for operation, path in left if path.startswith(f"{place}/")), None)
                if found is not None and place != "/":
                    yield CopiedCache(source.word.token, found[1], stage, found[0])

    def _left_in(self, stage: Stage) -> Iterator[tuple[Operation, str]]:
        """The caches that are in a stage at its end."""
        steps = [step for step in stage.all_steps() if isinstance(step.instruction, ast.Run)]
        for at, step in enumerate(steps):
            later = [removal for other in steps[at + 1 :] for removal in self._models.removals(other)]
            for operation, path in self._filled(step):
                if not any(_cleans(removal, path) for removal in later):
                    yield operation, path

    def _filled(self, step: Step) -> Iterator[tuple[Operation, str]]:
        """What fills the caches of package managers in a step that leaves them, one for each manager."""
        seen: set[str] = set()
        for operation in self._models.operations(step):
            name = operation.manager.name
            paths = self._cached_in(operation) if name not in seen else []
            if paths:
                seen.add(name)
                program = operation.invocation.name or name
                yield operation, next((path for path in paths if path == f"/var/cache/{program}"), paths[0])

    def leaves_cache(self, operation: Operation) -> bool:
        """Whether a call of a package manager leaves its download cache in the layer of its step."""
        return bool(self._cached_in(operation))

    def _cached_in(self, operation: Operation) -> list[str]:
        if (
            operation.kind not in ("install", "upgrade")
            or operation.step.is_offline
            or self._runs_from_cache(operation)
        ):
            return []
        paths = [path for path, cache in cache_paths(operation) if not cache.index]
        return paths if all(self._stays(operation.step, operation, path) for path in paths) else []

    def _runs_from_cache(self, operation: Operation) -> bool:
        """Whether programs may be run from the packages in the cache, as Yarn has it from version 2 on."""
        if operation.manager.name != "yarn":
            return False
        context = self._models.context
        if is_modern_yarn(operation) or context is None:
            return is_modern_yarn(operation)
        manifest = context.text("package.json") or ""
        return context.is_there(".yarnrc.yml") or _MODERN_YARN.search(manifest) is not None

    def _stays(self, step: Step, operation: Operation, path: str) -> bool:
        if mounted(step, path):
            return False
        script = step.script
        commands = list(script.commands) if script is not None else []
        here = commands.index(operation.command) if operation.command in commands else 0
        for removal in self._models.removals(step):
            if removal.command in commands[here + 1 :] and _cleans(removal, path):
                return False
        # a program of the image's own that says it cleans up
        return not any(_CLEANER.search(unwrap(command).name or "") for command in commands[here + 1 :])

    def _removed_later(self, at: int, path: str) -> tuple[Step, Removal] | None:
        for step in self.shipped_steps()[at + 1 :]:
            refilled = any(updates_index(operation) for operation in self._models.operations(step))
            for removal in self._models.removals(step):
                if covers(removal, path):
                    return None if refilled else (step, removal)
        return None


def _cleans(removal: Removal, path: str) -> bool:
    """Whether a removal is meant to empty a directory: all of it, or what a pattern such as `*.gem` finds in it."""
    inside = removal.path.startswith(f"{path}/") and "*" in removal.path
    return covers(removal, path) or inside or _same_tail(removal.path, path)


def _same_tail(removed: str, path: str) -> bool:
    """Whether the same cache of another home directory is deleted: the home of a user is not always known."""
    for marker in ("/.cache", "/.npm", "/.composer", "/pkgs", "/bundle/cache"):
        at = path.find(marker)
        if at >= 0:
            cleaned = removed.removesuffix("/*")
            tail = path[at:]
            if any(cleaned.endswith(part) for part in (tail, marker)):
                return True
    return False
