"""What a later layer makes of the files of earlier ones, put together by the words that do it.

A layer never gets smaller: what a later command deletes stays stored, and what it moves, re-owns or writes again is
stored twice. The predicted layers say which bytes these are; here is who did it, and who had brought them.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.filesystem import is_rest
from fairlead.analysis.packages import Operation, cache_paths
from fairlead.analysis.sizes import Size
from fairlead.build.model import Stage, Step
from fairlead.knowledge.accounts import ACCOUNT_PROGRAMS
from fairlead.knowledge.files import is_small, is_small_download
from fairlead.knowledge.purpose import is_for_tests
from fairlead.shell import UNKNOWN, Command, OptionSpec, ShellWord, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.contents import Waste
    from fairlead.analysis.models import Models
    from fairlead.analysis.prediction import PredictedLayer

Source = Literal["copy", "download", "clone", "extract", "install", "move", "change", "output"]
How = Literal["deleted", "moved", "re-owned", "overwritten"]

_SOURCES: dict[str, Source] = {
    **dict.fromkeys(("curl", "wget"), "download"),
    "git": "clone",
    "mv": "move",
    **dict.fromkeys(("chown", "chmod", "chgrp"), "change"),
    **dict.fromkeys(("tar", "bsdtar", "gtar", "unzip", "gunzip", "unxz", "bunzip2", "unzstd"), "extract"),
}  # fmt: skip
_BROUGHT: dict[Source, str] = {
    "copy": "copied",
    "download": "downloaded",
    "clone": "cloned",
    "extract": "unpacked",
    "install": "installed",
    "move": "moved",
    "change": "stored again",
    "output": "written",
}
_PRINTERS = frozenset(("echo", "printf"))
_CHANGES_METADATA = frozenset(("chown", "chmod", "chgrp"))
# what a name begins with, of an archive and of what is in it
_LETTERS = re.compile(r"[A-Za-z]{3,}")
_CALL_OTHERS = frozenset(("find", "xargs"))


@dataclass(eq=False)
class Held:
    """Files that one place of the Dockerfile has brought into a layer.

    Attributes:
        step: the step of the layer.
        token: the words that have brought them.
        source: how.
        operation: the package manager's call, where it is one.
        paths: absolute; a directory ends in `/*` where its files are not known.
        size: of all of them.
        has_more: whether the step brings other files too, which the later command leaves as they are.
    """

    step: Step
    token: Token
    source: Source
    operation: Operation | None = None
    paths: list[str] = field(default_factory=list)
    size: Size = field(default_factory=Size)
    has_more: bool = False

    @property
    def line(self) -> int:
        """Where they were brought in; of a COPY or an ADD of several lines, where it begins."""
        if isinstance(self.step.instruction, ast.FileInstruction):
            return self.step.line
        return self.token.start.line

    @property
    def is_touched(self) -> bool:
        """Whether it is an empty file, if it was not there before."""
        return self._program == "touch"

    @cached_property
    def _program(self) -> str:
        command = self.step.command_at(self.token) if self.source == "output" else None
        return (unwrap(command).name or "") if command is not None else ""

    @property
    def is_small(self) -> bool:
        """Whether it is next to nothing, by the bytes or, where these are not known, by the names."""
        if self.size.complete or self.size.bytes:
            return self.size.is_small
        return self._program in _PRINTERS or all(self._is_small(path) for path in self.paths)

    def _is_small(self, path: str) -> bool:
        directory, name = posixpath.split(path)
        given = posixpath.basename(self.token.text)
        if self.source == "copy":
            if is_rest(name):
                return "*" in given and is_small(f"{directory}/{given}")
            # copied under another name
            return is_small(path) or is_small(f"/{given}") or is_small_download(self.token.text)
        if self.source == "download":
            return is_small_download(self.token.text.strip("\"'"))
        return not is_rest(name) and self.source in ("output", "move", "change") and is_small(path)


@dataclass(eq=False)
class DeadWeight:
    """Files of earlier layers that a command deletes, moves, re-owns or writes again.

    Attributes:
        how: what it does; re-owned stands for changes of the mode, too.
        step: the step of the later layer.
        token: the words: the paths that are deleted or moved, a source of a COPY, or the whole command.
        command: the command, None for a COPY.
        held: the files, the largest first; those of which nothing is known stand between large and small ones.
        account_line: where the build makes the account that is the new owner; 0 where it does not.
    """

    how: How
    step: Step
    token: Token
    command: Command | None
    held: list[Held] = field(default_factory=list)
    account_line: int = 0

    @property
    def size(self) -> Size:
        """Of all of them."""
        return Size.total(held.size for held in self.held)

    @property
    def is_small(self) -> bool:
        """Whether it is next to nothing."""
        return self.size.is_small or all(held.is_small for held in self.held) or self._is_renamed_to_small

    @property
    def _is_renamed_to_small(self) -> bool:
        """Whether one file gets the name of a script or a configuration, as `Gemfile.lock.built` to `Gemfile.lock`."""
        if self.how != "moved" or self.command is None or len(self.paths) != 1 or self.size.bytes:
            return False
        words = unwrap(self.command).args
        return bool(words) and not words[-1].text.endswith("/") and is_small(words[-1].pattern)

    @property
    def brought(self) -> str:
        """How and where the files were brought in: `copied in line 3`, `downloaded in lines 2 and 4`."""
        words = {_BROUGHT[held.source] for held in self.held}
        return f"{words.pop() if len(words) == 1 else 'put there'} in {_in_lines(self.lines)}"

    @property
    def those_layers(self) -> str:
        """`that layer`, or `these layers` where there are several."""
        return "that layer" if len({held.step for held in self.held}) == 1 else "these layers"

    @property
    def paths(self) -> list[str]:
        """The files, sorted."""
        return sorted({path for held in self.held for path in held.paths})

    @property
    def place(self) -> str:
        """The file that it is about, or the directory that all of them are in."""
        paths = [path.removesuffix("/*") or "/" for path in self.paths]
        return posixpath.commonpath(paths)

    @property
    def lines(self) -> list[int]:
        """Where they were brought in, sorted."""
        return sorted({held.line for held in self.held})

    @property
    def program(self) -> str:
        """The program that does it, "" for a COPY; of `find -exec chown` it is chown."""
        return _acting(self.command)[0] if self.command is not None else ""

    @property
    def is_recursive(self) -> bool:
        """Whether the command has an option that takes in all that is below a directory."""
        if self.command is None:
            return False
        invocation = unwrap(self.command)
        options = parse_options(invocation.args, OptionSpec(frozenset(("--from",))))
        return invocation.name in _CALL_OTHERS or options.has("-R", "--recursive")

    @property
    def is_selective(self) -> bool:
        """Whether the command picks files by their kind or name, so that no flag of a COPY says the same."""
        return self.command is not None and unwrap(self.command).name in _CALL_OTHERS

    @property
    def change(self) -> str:
        """The owner or mode that a chown, chgrp or chmod gives, as written but for quotes."""
        if self.command is None or self.program not in ("chown", "chmod", "chgrp"):
            return ""
        for word in _acting(self.command)[1]:
            if not word.text.startswith("-") or (self.program == "chmod" and word.text.strip("-Rcfv")):
                return _without_quotes(word.token.text)
        return ""

    @property
    def beside(self) -> tuple[tuple[str, str], ...]:
        """What other commands of the RUN give the same words: pairs of chown or chmod and an owner or a mode."""
        script = self.step.script
        if self.command is None or script is None:
            return ()
        own = _operands_of(self.command)[1:]
        found = ((_acting(other)[0], _operands_of(other)) for other in script.commands if not other.conditional)
        return tuple(
            (program, _without_quotes(words[0]))
            for program, words in found
            if program in ("chown", "chmod") and program != self.program and own and words[1:] == own
        )

    @property
    def instead(self) -> str:
        """Where owner and mode can be set so that nothing is stored twice: part of a sentence."""
        from fairlead.analysis.metadata import where_to_set

        return where_to_set(self)


def _acting(command: Command) -> tuple[str, tuple[ShellWord, ...]]:
    """The program that works on the files, and its arguments: what find and xargs call, where they call one."""
    invocation = unwrap(command)
    if invocation.name in _CALL_OTHERS:
        for at, word in enumerate(invocation.args):
            if posixpath.basename(word.pattern) in _CHANGES_METADATA | _SOURCES.keys() | {"sed"}:
                return posixpath.basename(word.pattern), invocation.args[at + 1 :]
    return invocation.name or "", invocation.args


def _in_lines(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    return f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"


def dead_weight(models: Models) -> Iterator[DeadWeight]:
    """All of a build, in the order of the later steps; caches and indexes of package managers are left out."""
    layers = models.prediction.layers
    found: dict[tuple[int, How], DeadWeight] = {}
    words: dict[tuple[int, How], dict[int, Token]] = {}
    commands: dict[int, Command | None] = {}
    for layer in layers:
        placed: dict[int, Held] = {}
        for waste in layer.wasted:
            held = _held(models, layer, waste.path, placed)
            by = layers[waste.by]
            token = by.cause(waste.path)
            if id(token) not in commands:
                commands[id(token)] = by.step.command_at(token)
            command = commands[id(token)]
            how = _how(waste, models, by, command)
            if how == "moved" and not _stays(by, waste.path):
                how = "deleted"
            if (
                how is None
                or tests(by.step.stage)
                or held.is_touched
                or (how != "moved" and held.source == "extract" and _may_be_gone(models, layer, by, waste.path))
                or (held.operation is not None and _is_cache(held.operation, waste.path))
            ):
                continue
            # what one command deletes or moves is one decision, however many paths it names
            key = (id(command) if command is not None and how in ("deleted", "moved") else id(token), how)
            weight = found.setdefault(key, DeadWeight(how, by.step, token, command))
            words.setdefault(key, {})[id(token)] = token
            _add(weight, held, waste)
    for key, weight in found.items():
        if len(words[key]) > 1:
            weight.token = Token.joined(sorted(words[key].values(), key=lambda token: token.start))
    order = {layer.step: at for at, layer in enumerate(layers)}
    weights = [*found.values(), *_unlisted_moves(models, layers)]
    for weight in sorted(weights, key=lambda weight: (order[weight.step], weight.token.start)):
        weight.held.sort(key=lambda held: (held.is_small, -held.size.bytes, held.line))
        if weight.program in ("chown", "chgrp"):
            weight.account_line = _account_line(models, weight)
        if weight.how == "re-owned" and weight.command is not None:
            roots = _roots(weight.command)
            for held in weight.held:
                held.has_more = any(
                    change.bytes != 0 and not any(_lies_in(f"/{change.path}", root) for root in roots)
                    for change in layers[order[held.step]].changes
                    if change.change != "deleted"
                )
        yield weight


def _without_quotes(text: str) -> str:
    return text.replace('"', "").replace("'", "")


def _operands_of(command: Command) -> list[str]:
    return [word.text for word in _acting(command)[1] if not word.text.startswith("-")]


def _roots(command: Command) -> list[str]:
    """The files and directories that a chown or chmod names, as patterns; everything where they are not known."""
    program, args = _acting(command)
    if program != (unwrap(command).name or ""):
        return ["/"]
    words = [word.pattern for word in args if not word.text.startswith("-")][1:]
    return [posixpath.normpath(posixpath.join(command.cwd or "/", word)) for word in words]


def _lies_in(path: str, pattern: str) -> bool:
    """Whether a path is one that a pattern of a shell finds, or below it."""
    if UNKNOWN in pattern or pattern == "/":
        return True
    names, wanted = path.split("/"), pattern.split("/")
    found = zip(names, wanted, strict=False)
    return len(names) >= len(wanted) and all(fnmatch.fnmatchcase(name, one) for name, one in found)


def _stays(by: PredictedLayer, path: str) -> bool:
    """Whether something that a layer moves away, relative to the root, is elsewhere in it in the end."""
    place = f"/{path}"
    for old, new in by.moved:
        if place == old or place.startswith(f"{old}/"):
            place = new + place[len(old) :]
    place = place.lstrip("/")
    return any(change.change != "deleted" and f"{change.path}/".startswith(f"{place}/") for change in by.changes)


def _unlisted_moves(models: Models, layers: Sequence[PredictedLayer]) -> Iterator[DeadWeight]:
    """What is moved out of an archive that nobody can list, and that an earlier layer has unpacked.

    Only where the name of what is moved is in the words that unpacked the archive or brought it, so that it hardly
    comes from somewhere else: `curl .../jdk-7u65.tar.gz | tar -xz` and `mv jdk1.7.0_65 /opt/java`.
    """
    unpacked: list[tuple[str, PredictedLayer, Token, str]] = []
    listed: set[str] = set()
    for layer in layers:
        script = layer.step.script if isinstance(layer.step.instruction, ast.Run) else None
        own = bool(layer.unpacked) or any(is_rest(posixpath.basename(change.path)) for change in layer.changes)
        # what a step unpacks itself it may move as well
        asked = unpacked and script is not None and not own and not tests(layer.step.stage)
        for command in script.commands if asked and script is not None else ():
            for path, token in _moved(command):
                directory, name = posixpath.split(path)
                letters = _LETTERS.match(name)
                if letters is None or path.lstrip("/") in listed:
                    continue
                for place, origin, cause, words in unpacked:
                    if place == directory and letters[0].lower() in words:
                        held = Held(origin.step, cause, "extract", paths=[path], size=Size(complete=False))
                        yield DeadWeight("moved", layer.step, token, command, [held])
                        break
        for change in layer.changes:
            directory, name = posixpath.split(f"/{change.path}")
            if change.change == "deleted":
                continue
            listed.add(change.path)
            cause = layer.cause(change.path)
            if is_rest(name) and source_of(models, layer.step, cause)[0] == "extract":
                archives = {path.lstrip("/") for path, _ in layer.unpacked}
                steps = [layer.step, *(one.step for one in layers if any(c.path in archives for c in one.changes))]
                words = " ".join(step.instruction.token.text.lower() for step in steps)
                unpacked.append((directory, layer, cause, words))


def _moved(command: Command) -> Iterator[tuple[str, Token]]:
    """The paths that a `mv` takes away for certain, each with its word; a pattern as it is written."""
    invocation = unwrap(command)
    if invocation.name != "mv" or command.conditional:
        return
    options = parse_options(invocation.args, OptionSpec(frozenset(("-t", "--target-directory", "-S", "--suffix"))))
    words = options.operands if options.has("-t", "--target-directory") else options.operands[:-1]
    for word in words:
        if UNKNOWN not in word.pattern and (command.cwd is not None or word.pattern.startswith("/")):
            yield posixpath.normpath(posixpath.join(command.cwd or "/", word.pattern)), word.token


def _may_be_gone(models: Models, layer: PredictedLayer, by: PredictedLayer, path: str) -> bool:
    """Whether unpacked files that nobody can list may be those that a `mv` has taken out of their directory."""
    directory, name = posixpath.split(f"/{path}")
    if not is_rest(name):
        return False
    steps = models.layers.shipped_steps()
    for step in steps[steps.index(layer.step) : steps.index(by.step) + 1]:
        script = step.script if isinstance(step.instruction, ast.Run) else None
        for command in script.commands if script is not None else ():
            invocation = unwrap(command)
            if invocation.name != "mv":
                continue
            for word in invocation.args:
                place = posixpath.join(command.cwd or "/", word.pattern).rstrip("/")
                if _lies_in(posixpath.dirname(place), directory):
                    return True
    return False


def _account_line(models: Models, weight: DeadWeight) -> int:
    """The line of the step that makes the account which a chown names."""
    names = {part for part in weight.change.split(":") if part}
    for step in models.layers.shipped_steps():
        script = step.script if isinstance(step.instruction, ast.Run) else None
        for command in script.commands if script is not None else ():
            invocation = unwrap(command)
            if invocation.name in ACCOUNT_PROGRAMS and any(word.token.text in names for word in invocation.args):
                return step.line
    return 0


def _add(weight: DeadWeight, held: Held, waste: Waste) -> None:
    mine = next((one for one in weight.held if one.token is held.token), None)
    if mine is None:
        mine = Held(held.step, held.token, held.source, held.operation)
        weight.held.append(mine)
    mine.paths.append(f"/{waste.path}")
    mine.size = Size.total((mine.size, Size(waste.bytes or 0, waste.bytes is not None)))


def _held(models: Models, layer: PredictedLayer, path: str, placed: dict[int, Held]) -> Held:
    token = layer.cause(path)
    if id(token) not in placed:
        source, operation = source_of(models, layer.step, token)
        held = Held(layer.step, token, source, operation)
        if source == "download":
            # the address says more than the whole command
            held.token = next((d.token for d in models.downloads(layer.step) if d.path == f"/{path}"), token)
        placed[id(token)] = held
    return placed[id(token)]


def source_of(models: Models, step: Step, token: Token) -> tuple[Source, Operation | None]:
    """How words bring files into a layer, and the package manager's call where it is one."""
    if isinstance(step.instruction, ast.FileInstruction):
        return "copy", None
    command = step.command_at(token)
    if command is None:
        return "output", None
    operation = next((one for one in models.operations(step) if one.command is command), None)
    if operation is not None and operation.kind in ("install", "upgrade", "update"):
        return "install", operation
    return _SOURCES.get(unwrap(command).name or "", "output"), None


def tests(stage: Stage) -> bool:
    """Whether a stage is by its name there to test the one below it: it is the last one and does not ship."""
    return is_for_tests(stage.name)


def _is_cache(operation: Operation, path: str) -> bool:
    return any(f"/{path}".startswith(f"{directory}/") for directory, _ in cache_paths(operation))


def _how(waste: Waste, models: Models, by: PredictedLayer, command: Command | None) -> How | None:
    program = _acting(command)[0] if command is not None else ""
    if any(operation.command is command for operation in models.operations(by.step)) and command is not None:
        # what a package manager takes away or fetches again is for the rules about packages
        return None
    if isinstance(by.step.instruction, ast.FileInstruction):
        return "overwritten" if waste.how != "deleted" else None
    if waste.how == "deleted":
        return "moved" if program == "mv" else "deleted"
    return "re-owned" if program in _CHANGES_METADATA else "overwritten"
