"""The same index fetched, or the same package installed, more than once in the layers that ship."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.packages import Operation, index_mounted, mounted
from fairlead.build.model import Stage, Step
from fairlead.knowledge.package_managers import BESIDE_INSTALLS, CLEANED_BY, NEW_SOURCES
from fairlead.shell import UNKNOWN, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_LAYERS = re.compile(r"\blayers?\b|\bcach(?:e|ed|ing)\b", re.IGNORECASE)
_AS_BEFORE = ("--reinstall", "--only-upgrade", "--upgrade", "-U", "--root", "--installroot", "-p", "--force-reinstall",
              "-t", "--target-release", "--allow-downgrades", "--virtual")  # fmt: skip


@dataclass(frozen=True)
class RepeatedIndex:
    """A package index that several RUNs of a stage fetch.

    Attributes:
        manager: the package manager.
        first: what fetches it first.
        later: the installs of the RUNs that fetch it again, one each.
        alone: updates of further RUNs, which install nothing themselves.
        adjacent: two of these RUNs stand next to each other, and no comment speaks of layers: nothing tells them apart.
    """

    manager: str
    first: Operation
    later: tuple[Operation, ...]
    alone: tuple[Operation, ...]
    adjacent: bool

    @property
    def lines(self) -> list[int]:
        """Where the index is fetched, sorted."""
        return sorted(operation.token.start.line for operation in (self.first, *self.later, *self.alone))


@dataclass(frozen=True)
class RepeatedPackages:
    """Packages that an install names though they are there.

    Attributes:
        operation: the install.
        words: the words that name them.
        names: the packages.
        first: the install that brought the first of them.
    """

    operation: Operation
    words: tuple[Token, ...]
    names: tuple[str, ...]
    first: Operation


def repeated_indexes(models: Models) -> Iterator[RepeatedIndex]:
    """The indexes that are fetched in more than one RUN though nothing between them asks for it, stage by stage."""
    target = models.build.target
    for stage in reversed(list(target.lineage())) if target is not None else ():
        for manager in NEW_SOURCES:
            yield from _repeats(models, stage, manager)


def _repeats(models: Models, stage: Stage, manager: str) -> Iterator[RepeatedIndex]:
    fetches: list[_Fetch] = []
    updates: list[Operation] = []
    # only what changes nothing may stand between RUNs that are next to each other
    alone = True
    for step in stage.steps:
        changed = _changes_sources(step, manager)
        if isinstance(step.instruction, ast.User) or changed:
            yield from _repeated(manager, fetches, updates)
            fetches, updates = [], []
        # `dnf install epel-release` fetches the index as it was before
        fetch = _fetch(models, step, manager) if manager == "apt-get" or not changed else None
        if fetch is not None:
            by, install = fetch
            fetches.append(_Fetch(by, install, adjacent=not alone and not _splits_on_purpose(models)))
        elif not changed:
            updates.extend(_update_alone(models, step, manager))
        alone = fetch is None and (alone or not isinstance(step.instruction, ast.Env | ast.Arg | ast.Label))
    yield from _repeated(manager, fetches, updates)


def _update_alone(models: Models, step: Step, manager: str) -> Iterator[Operation]:
    """The update of a RUN that installs nothing with it."""
    operations = [one for one in models.operations(step) if one.manager.name == manager and not one.command.conditional]
    if not any(operation.kind in ("install", "upgrade") for operation in operations):
        yield from [one for one in operations if one.kind == "update" and not index_mounted(one)][:1]


@dataclass(frozen=True)
class _Fetch:
    """What fetches the index, the install that it is for, and whether the RUN above fetches it too."""

    by: Operation
    install: Operation
    adjacent: bool


def _splits_on_purpose(models: Models) -> bool:
    """Whether a comment speaks of layers: then somebody has thought of how to split them."""
    text = models.build.dockerfile.source.text
    return any(_LAYERS.search(line) for line in text.splitlines() if line.lstrip().startswith("#"))


def _repeated(manager: str, fetches: list[_Fetch], updates: list[Operation]) -> Iterator[RepeatedIndex]:
    if len(fetches) > 1:
        first, *later = fetches
        adjacent = any(fetch.adjacent for fetch in later)
        yield RepeatedIndex(manager, first.by, tuple(fetch.install for fetch in later), tuple(updates), adjacent)


def _changes_sources(step: Step, manager: str) -> bool:
    """Whether a step may add a source of packages, so that a new index is wanted."""
    copy = step.instruction
    if isinstance(copy, ast.FileInstruction):
        return step.destination is None or step.destination.startswith(("/etc", "/usr/share/keyrings", "/var"))
    return isinstance(copy, ast.Run) and NEW_SOURCES[manager].search(copy.token.text) is not None


def _fetch(models: Models, step: Step, manager: str) -> tuple[Operation, Operation] | None:
    """What fetches the index in a RUN, and the install that it is for."""
    if not isinstance(step.instruction, ast.Run) or not _only_installs(models, step):
        return None
    operations = [
        operation
        for operation in models.operations(step)
        if operation.manager.name == manager and not operation.command.conditional and not operation.command.function
    ]
    installs = [
        operation
        for operation in operations
        if operation.kind == "install"
        and any(not package.local and not package.remote for package in operation.packages)
    ]
    # a pinned version changes by itself, and has a layer of its own for that
    packages = [package for install in installs for package in install.packages]
    if not installs or any(package.pinned or UNKNOWN in package.word.pattern for package in packages):
        return None
    if manager == "apt-get":
        update = next((operation for operation in operations if operation.kind == "update"), None)
        return None if update is None or index_mounted(update) else (update, installs[0])
    # these fetch it whenever it is not there
    cleans = any(operation.kind == "clean" for operation in operations)
    paths = CLEANED_BY.get((manager, "clean"), ())
    return (installs[0], installs[0]) if cleans and not any(mounted(step, path) for path in paths) else None


def _only_installs(models: Models, step: Step) -> bool:
    """Whether a RUN is there to install packages: one that builds and cleans up is better left in one piece."""
    if step.script is None or step.script.has_errors:
        return False
    operations = {id(operation.command): operation for operation in models.operations(step)}
    for command in step.script.commands:
        operation = operations.get(id(command))
        if operation is None and unwrap(command).name not in BESIDE_INSTALLS:
            return False
        if operation is not None and (operation.kind == "remove" or operation.manager.kind != "distribution"):
            return False
    return True


def repeated_packages(models: Models) -> Iterator[RepeatedPackages]:
    """Packages of the distribution that are named by two installs of the layers that ship."""
    installed: dict[tuple[str, str], Operation] = {}
    for step in models.layers.shipped_steps():
        for operation in models.operations(step):
            manager = operation.manager.name
            if operation.manager.kind != "distribution":
                continue
            if operation.kind == "remove" or operation.command.loop or operation.command.function:
                # what goes along with a package is not known
                installed = {}
            elif operation.kind == "install" and operation.subcommand not in (
                "reinstall",
                "module",
                "build-dep",
                "builddep",
            ):
                yield from _again(operation, installed)
                if not operation.command.conditional and not operation.options.has(*_AS_BEFORE):
                    for package in operation.packages:
                        installed.setdefault((manager, package.name), operation)


def _again(operation: Operation, installed: dict[tuple[str, str], Operation]) -> Iterator[RepeatedPackages]:
    if operation.options.has(*_AS_BEFORE) or operation.command.conditional:
        return
    found = [
        package
        for package in operation.packages
        if (operation.manager.name, package.name) in installed
        and UNKNOWN not in package.name
        and not (package.pinned or package.local or package.remote)
    ]
    if found:
        first = installed[operation.manager.name, found[0].name]
        words = tuple(dict.fromkeys(package.word.token for package in found))
        yield RepeatedPackages(operation, words, tuple(package.name for package in found), first)
