"""What a layer adds and what a later layer makes dead weight: the part of the layer model that needs no build context.

A layer never gets smaller: what a later RUN deletes is hidden, and what it re-owns is stored again. Only the layers of
stages that ship count.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.effects import Removal, covers
from fairlead.analysis.packages import Operation, cache_paths, mounted, updates_index
from fairlead.build.model import Step
from fairlead.knowledge.files import is_small
from fairlead.shell import Command, OptionSpec, ShellWord, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz|zst))$", re.IGNORECASE)
_CLEANER = re.compile(r"clean", re.IGNORECASE)
_ROOT_OWNERS = frozenset(("root", "0", "root:root", "0:0", "root:", "0:"))


@dataclass(eq=False)
class Placed:
    """Something that a step puts into its layer.

    Attributes:
        step: the step.
        path: absolute, without a final slash; the directory where `is_directory`.
        is_directory: the files below the path, whatever they are.
        token: the words that put it there.
        source: how: `copy` or what a RUN did.
        is_small: judging by their names it is some kilobytes: scripts and configuration that people write.
    """

    step: Step
    path: str
    is_directory: bool
    token: Token
    source: Literal["copy", "download", "clone", "extract", "output"]
    is_small: bool


@dataclass(eq=False)
class DeletedLater:
    """A deletion that frees nothing: what it deletes is in an earlier layer."""

    removal: Removal
    step: Step
    placed: Placed


@dataclass(eq=False)
class RemovedPackage:
    """A package that is taken out in another layer than the one that brought it in."""

    word: ShellWord
    operation: Operation
    install: Operation


@dataclass(eq=False)
class CopiedAgain:
    """A recursive chown or chmod that stores files of earlier layers once more.

    Attributes:
        step: the RUN.
        token: the command.
        name: chown, chgrp or chmod.
        change: the owner or mode, as written.
        path: the directory.
        placed: what it changes.
    """

    step: Step
    token: Token
    name: str
    change: str
    path: str
    placed: tuple[Placed, ...]


@dataclass(eq=False)
class Leftover:
    """A directory that a package manager fills and that stays in the layer.

    Attributes:
        operation: what fills it.
        path: the directory.
        removed_by: a deletion in a later layer, which frees nothing; None for none.
    """

    operation: Operation
    path: str
    removed_by: tuple[Step, Removal] | None


class LayerModel:
    """Answers about layers; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def shipped_steps(self) -> list[Step]:
        """The steps whose layers are in the final image, in the order in which they run."""
        target = self._models.build.target
        return list(target.all_steps()) if target is not None else []

    def deleted_later(self) -> Iterator[DeletedLater]:
        """Deletions of what an earlier layer holds."""
        placed: list[Placed] = []
        for step in self.shipped_steps():
            if isinstance(step.instruction, ast.Run):
                rewritten = [write.path for write in self._models.writes(step)] + _put_back(step)
                for removal in self._models.removals(step):
                    hit = next((p for p in placed if _deletes(removal, p)), None)
                    if hit is not None and removal.certain and hit.path not in rewritten and not removal.empties:
                        yield DeletedLater(removal, step, hit)
                        placed.remove(hit)
            placed.extend(self._placed(step))

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
                        install = installed.pop((manager, word.pattern), None)
                        if install is not None and (manager, word.pattern) not in here:
                            yield RemovedPackage(word, operation, install)
            installed.update(here)

    def copied_again(self) -> Iterator[CopiedAgain]:
        """Recursive changes of owner or mode of what earlier layers hold."""
        placed: list[Placed] = []
        for step in self.shipped_steps():
            if isinstance(step.instruction, ast.Run):
                yield from self._metadata_changes(step, placed)
            placed.extend(self._placed(step))

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
                        yield Leftover(operation, path, self._removed_later(at, path))
                        break

    def caches_left(self) -> Iterator[Leftover]:
        """Package caches that stay in a layer, one for each package manager of a step."""
        for at, step in enumerate(self.shipped_steps()):
            seen: set[str] = set()
            for operation in self._models.operations(step):
                name = operation.manager.name
                if operation.kind not in ("install", "upgrade") or name in seen:
                    continue
                paths = [path for path, cache in cache_paths(operation) if not cache.index]
                if paths and all(self._stays(step, operation, path) for path in paths):
                    seen.add(name)
                    program = operation.invocation.name or name
                    path = next((path for path in paths if path.endswith(f"/{program}")), paths[0])
                    yield Leftover(operation, path, self._removed_later(at, path))

    def _stays(self, step: Step, operation: Operation, path: str) -> bool:
        if mounted(step, path):
            return False
        script = step.script
        commands = list(script.commands) if script is not None else []
        here = commands.index(operation.command) if operation.command in commands else 0
        for removal in self._models.removals(step):
            if removal.command in commands[here + 1 :] and (covers(removal, path) or _same_tail(removal.path, path)):
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

    def _placed(self, step: Step) -> Iterator[Placed]:
        if isinstance(step.instruction, ast.FileInstruction):
            yield from _copied(step, step.instruction)
        elif isinstance(step.instruction, ast.Run):
            removed = [removal for removal in self._models.removals(step) if removal.certain]
            for write in self._models.writes(step):
                if write.path is None or write.command.conditional or mounted(step, write.path):
                    continue
                if any(covers(removal, write.path) for removal in removed):
                    continue
                small = write.kind == "output" and is_small(write.path)
                yield Placed(step, write.path, write.is_directory, write.token, write.kind, small)

    def _metadata_changes(self, step: Step, placed: list[Placed]) -> Iterator[CopiedAgain]:
        script = step.script
        for command in script.commands if script is not None else ():
            invocation = unwrap(command)
            if invocation.name not in ("chown", "chmod", "chgrp") or command.conditional:
                continue
            options = parse_options(invocation.args, OptionSpec(frozenset(("--from",))))
            if not options.has("-R", "--recursive") or len(options.operands) < 2 or options.has("--from"):
                # with `--from=OWNER` only the files of that owner change
                continue
            change = options.operands[0].pattern
            for word in options.operands[1:]:
                path = word.value and _path(step, command, word.value)
                if not path or mounted(step, path):
                    continue
                hit = tuple(p for p in placed if _below(p.path, path) and _changes(invocation.name, change, p))
                if hit:
                    token = command.token
                    yield CopiedAgain(step, token, invocation.name, options.operands[0].token.text, path, hit)
                    break


def _put_back(step: Step) -> list[str]:
    """The paths that commands of a step give new content to: the last operand of cp, ln, mv and install."""
    paths = []
    for command in step.script.commands if step.script is not None else ():
        invocation = unwrap(command)
        if invocation.name in ("cp", "ln", "mv", "install", "mkdir", "rsync"):
            operands = parse_options(invocation.args, OptionSpec(frozenset(("-m", "-o", "-g")))).operands
            path = operands[-1].value and _path(step, command, operands[-1].value) if operands else None
            if path:
                paths.append(path)
    return paths


def _path(step: Step, command: Command, text: str) -> str | None:
    text = text.removesuffix("/*").removesuffix("/.") or "/"
    if not text.startswith("/"):
        if command.cwd is None:
            return None
        text = f"{command.cwd}/{text}"
    return step.absolute(text)


def _below(path: str, directory: str) -> bool:
    return path == directory or directory == "/" or path.startswith(f"{directory}/")


def _changes(name: str, change: str, placed: Placed) -> bool:
    """Whether a change of owner or mode changes anything: what has it already is not stored again."""
    instruction = placed.step.instruction
    flag = None
    if isinstance(instruction, ast.FileInstruction):
        flag = instruction.chmod if name == "chmod" else instruction.chown
    if flag is not None:
        given = placed.step.resolve(flag.value or "").text
        return (
            given is not None
            and given.rstrip(":") != change.rstrip(":")
            and given.partition(":")[0] != change.partition(":")[0]
        )
    if name != "chmod":
        return change not in _ROOT_OWNERS or placed.source not in ("copy", "download")
    # modes that most files have anyway
    return re.fullmatch(r"[ugoa,]*(?:\+|=)?[ugoa]*\+?(?:r|X|rX)+(?:,[ugoa]*[+=](?:r|X|rX)+)*", change) is None


def _deletes(removal: Removal, placed: Placed) -> bool:
    path = removal.path
    if placed.path == path or placed.path.startswith(f"{path}/"):
        return placed.path != "/"
    if set(path) & set("*?["):
        directory, pattern = posixpath.split(path)
        return posixpath.dirname(placed.path) == directory and fnmatch.fnmatchcase(
            posixpath.basename(placed.path), pattern
        )
    return False


def _same_tail(removed: str, path: str) -> bool:
    """Whether the same cache of another home directory is deleted: the home of a user is not always known."""
    for marker in ("/.cache", "/.npm", "/.composer", "/pkgs"):
        at = path.find(marker)
        if at >= 0:
            cleaned = removed.removesuffix("/*")
            tail = path[at:]
            if any(cleaned.endswith(part) for part in (tail, marker)):
                return True
    return False


def _copied(step: Step, instruction: ast.FileInstruction) -> Iterator[Placed]:
    destination = step.destination
    if destination is None:
        return
    for source in instruction.sources:
        text = step.resolve(source.word.value).text
        token = source.word.token
        if source.heredoc is not None:
            text = source.heredoc.name
        if text is None:
            continue
        name = posixpath.basename(text.rstrip("/"))
        unpacks = isinstance(instruction, ast.Add) and "://" not in text and _ARCHIVE.search(text) is not None
        is_pattern = bool(set(name) & set("*?["))
        looks_like_file = "." in name.strip(".") and not text.endswith("/") and not is_pattern
        directory = destination.rstrip("/") or "/"
        if looks_like_file and not unpacks:
            into = destination.endswith("/") or len(instruction.sources) > 1
            path = f"{destination.rstrip('/')}/{name}" if into else directory
            yield Placed(step, path, False, token, "copy", is_small(path))
        else:
            # a directory's content, what a pattern matches, or a file in the directory
            yield Placed(step, directory, True, token, "copy", is_pattern and is_small(f"{directory}/{name}"))
