"""Whether a COPY may as well stand below a step: what the step reads, and what of it the COPY brings.

All that is not understood counts as reading everything: a COPY is moved past a step only where that changes nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.mentions import mentions
from fairlead.analysis.packages import Operation, operations
from fairlead.build.dockerignore import clean, inside
from fairlead.build.model import Step
from fairlead.knowledge.environment import QUIET_COMMANDS
from fairlead.knowledge.files import SYSTEM_DIRECTORIES
from fairlead.knowledge.programs import SELF_CONTAINED
from fairlead.shell import UNKNOWN, Command, ShellWord, is_posix_like, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.build.context import Context

_WHATEVER = frozenset(
    ("echo", "printf", "set", "export", "true", "false", ":", "cd", "mkdir", "apt-mark", "sleep", "exit")
)
_INSTALLED_INTO = ("node_modules", "vendor", ".venv", "venv")
_RUNS_OTHERS = frozenset(("xargs", "trap", "eval-not", "type", "command"))
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|git@")


class Footprint:
    """What a COPY brings.

    Args:
        step: the COPY.
        destination: where it goes, absolute, without a final slash; "" for the root.
        listed: lists the files; None where they are not known.

    Attributes:
        step: see above.
        destination: see above.
        is_known: whether the files are.
    """

    def __init__(
        self, step: Step, destination: str, listed: Callable[[], tuple[dict[str, str], str | None]] | None
    ) -> None:
        self.step = step
        self.destination = destination
        self.is_known = listed is not None
        self._list = listed

    @cached_property
    def _listed(self) -> tuple[dict[str, str], str | None]:
        return self._list() if self._list is not None else ({}, None)

    @property
    def files(self) -> dict[str, str] | None:
        """Path in the image to path in the context; None where they are not known."""
        return self._listed[0] if self.is_known else None

    @property
    def top(self) -> str | None:
        """The directory of the context that becomes the destination; None for several sources, and for a file."""
        return self._listed[1]

    @cached_property
    def _directories(self) -> set[str]:
        found: set[str] = set()
        for path in self.files or ():
            while (path := posixpath.dirname(path)) not in ("/", "") and path not in found:
                found.add(path)
        return found

    def meets(self, path: str) -> bool:
        """Whether something of it is at a path of the image, below it, or may be."""
        path = path.rstrip("/") or "/"
        if path == "/" or self.destination == path or self.destination.startswith(f"{path}/"):
            return True
        if self.destination and not path.startswith(f"{self.destination}/"):
            return False
        if self.files is None:
            return True
        if set(path) & set("*?["):
            return any(fnmatchcase(known, path) for known in (*self.files, *self._directories))
        return path in self.files or path in self._directories

    @property
    def is_of_application(self) -> bool:
        """Whether nothing of it goes where programs look by themselves."""
        if self.destination and not _may_hold_system(self.destination):
            return not _is_of_system(self.destination)
        paths = [self.destination or "/"] if self.files is None else list(self.files)
        return bool(paths) and not any(_is_of_system(path) for path in paths)


def footprint(step: Step, context: Context | None) -> Footprint | None:
    """What a COPY brings, None for other steps and where the destination is not known."""
    copy = step.instruction
    if not isinstance(copy, ast.Copy) or copy.parents or copy.exclude or step.trigger is not None:
        return None
    if step.destination is None or any(source.heredoc is not None for source in copy.sources):
        return None
    destination = step.destination.rstrip("/")
    if step.origin is not None or context is None:
        return Footprint(step, destination, None)
    texts = [step.resolve(source.word.value).text for source in copy.sources]
    known = [text for text in texts if text is not None]
    if len(known) < len(texts):
        return None
    return Footprint(step, destination, partial(_list, context, known, step.destination))


def _list(context: Context, sources: Sequence[str], written: str) -> tuple[dict[str, str], str | None]:
    """What goes where, and the directory that becomes the destination."""
    destination = written.rstrip("/")
    files: dict[str, str] = {}
    top: str | None = None
    for text in sources:
        path = inside(text)
        taken = context.listed(text)
        plain = path == "" or any(found.startswith(f"{path}/") for found, _ in taken.files)
        top = path if plain and len(sources) == 1 else None
        for found, entry in taken.files:
            below = found[len(path) :].lstrip("/") if plain else posixpath.basename(found)
            into = plain or written.endswith("/") or len(sources) > 1
            if entry.kind != "directory":
                files[clean(f"{destination}/{below}") if into else destination] = found
    return files, top


Relation = Literal["free", "stop"] | list[Operation]


def relation(copied: Footprint, step: Step, context: Context | None) -> Relation:
    """Whether a COPY may move below a step: `free`, `stop`, or the installs that need only manifests of it."""
    instruction = step.instruction
    if step.trigger is not None:
        return "stop"
    match instruction:
        case ast.Run():
            return _run(copied, step)
        case ast.FileInstruction():
            return _copy(copied, step, context)
        case ast.Workdir():
            written = copied.step.resolve(_copy_of(copied).destination.value).text or ""
            return "free" if written.startswith("/") else "stop"
        case ast.Env() | ast.Arg():
            names = {pair.key for pair in instruction.pairs}
            return "stop" if mentions(copied.step.instruction, names) else "free"
        case ast.Volume() | ast.Onbuild():
            return "stop"
    return "free"


def _copy_of(copied: Footprint) -> ast.FileInstruction:
    assert isinstance(copied.step.instruction, ast.FileInstruction)  # noqa: S101  # a footprint is one's
    return copied.step.instruction


def _copy(copied: Footprint, step: Step, context: Context | None) -> Relation:
    other = footprint(step, context)
    if other is None:
        return "stop"
    apart = not (
        other.destination == copied.destination
        or other.destination.startswith(f"{copied.destination}/")
        or copied.destination.startswith(f"{other.destination}/")
    )
    if apart:
        return "free"
    if copied.files is None or other.files is None:
        return "stop"
    common = copied.files.keys() & other.files.keys()
    if any(copied.files[path] != other.files[path] for path in common):
        return "stop"
    if common and _ownership(copied.step) != _ownership(step):
        return "stop"
    return "free"


def _ownership(step: Step) -> tuple[str | None, ...]:
    assert isinstance(step.instruction, ast.FileInstruction)  # noqa: S101  # only asked of these
    flags = (step.instruction.chown, step.instruction.chmod)
    return tuple(flag.value if flag is not None else None for flag in flags)


def is_apart(copied: Footprint, step: Step) -> bool:
    """Whether a RUN neither reads nor writes what is copied, were it not for programs of the system among it."""
    return _relation(copied, step) == "free"


def _run(copied: Footprint, step: Step) -> Relation:
    return _relation(copied, step) if copied.is_of_application else "stop"


def _relation(copied: Footprint, step: Step) -> Relation:
    script = step.script
    if script is None or not is_posix_like(script.dialect) or script.has_errors:
        return "stop"
    if any(mount.type == "bind" and mount.target and copied.meets(mount.target) for mount in step.mounts):
        return "stop"
    managed = {id(operation.command): operation for operation in operations(step)}
    installs: list[Operation] = []
    for command in script.commands:
        operation = managed.get(id(command))
        if any(_touches(copied, command, r.target, guess=False) for r in command.redirections if r.target is not None):
            return "stop"
        if operation is not None and operation.project:
            cwd = command.cwd
            if cwd is None or any(copied.meets(posixpath.join(cwd, name)) for name in _installed_into(copied)):
                return "stop"
            installs.append(operation)
        elif not _is_apart(copied, command, operation):
            return "stop"
    return installs or "free"


def _installed_into(copied: Footprint) -> tuple[str, ...]:
    """The directories of installed packages that may be copied over what an install puts there."""
    return _INSTALLED_INTO if copied.is_known else ()


def _is_apart(copied: Footprint, command: Command, operation: Operation | None) -> bool:
    """Whether a command neither reads nor writes what is copied."""
    if not command.words:
        return True
    invocation = unwrap(command)
    name, args = invocation.name or "", invocation.args
    first = args[0].value if args else None
    if operation is not None:
        return _operation_is_apart(copied, operation)
    if name in _WHATEVER:
        return True
    if name == "git" and first != "clone":
        return False
    known = (name in QUIET_COMMANDS and name not in _RUNS_OTHERS) or name in SELF_CONTAINED
    if not known and f"{name} {first}" not in SELF_CONTAINED:
        return False
    return not any(_touches(copied, command, word, guess=True) for word in args)


def _operation_is_apart(copied: Footprint, operation: Operation) -> bool:
    manager, args = operation.manager, operation.invocation.args
    if any(package.local for package in operation.packages) or operation.editable:
        return False
    if manager.kind == "language":
        if operation.kind == "other":
            return operation.subcommand == "config"
        named = operation.kind == "install" and operation.packages
        everywhere = manager.name in ("pip", "gem", "cargo", "conda") or operation.options.has("-g", "--global")
        versioned = manager.name == "go" and all("@" in package.word.text for package in operation.packages)
        tool = operation.subcommand in ("tool install", "pip install", "global add")
        if operation.kind != "clean" and not (named and (everywhere or versioned or tool)):
            return False
        if operation.options.has("-c", "--constraint"):
            return False
    return not any(_touches(copied, operation.command, word, guess=False) for word in args if "/" in word.pattern)


def _touches(copied: Footprint, command: Command, word: ShellWord, *, guess: bool) -> bool:
    """Whether a word may name something of what is copied.

    `guess`: whether a word of which nothing is known counts as one that may.
    """
    text = word.pattern
    if "=" in text and text.startswith("-"):
        text = text.partition("=")[2]
    if text.startswith("-") or _URL.match(text):
        return False
    if UNKNOWN in text:
        head = text.partition(UNKNOWN)[0]
        if not head:
            return guess
        text = head.rpartition("/")[0] or head
    if text.startswith("~"):
        return copied.meets("/root") or copied.meets("/home")
    if not text.startswith("/"):
        if command.cwd is None:
            return guess
        text = posixpath.join(command.cwd, text)
    return copied.meets("/" + posixpath.normpath(text).lstrip("/"))


def _may_hold_system(directory: str) -> bool:
    """Whether a directory has some below it that are the system's, or some that are not."""
    parts = directory.strip("/").split("/")
    if parts[0] in ("home", "usr"):
        return True
    return len(parts) == 1 and any(name.startswith(f"{parts[0]}/") for name in SYSTEM_DIRECTORIES)


def _is_of_system(path: str) -> bool:
    parts = path.strip("/").split("/")
    if parts[0] == "home":
        return len(parts) < 3 or parts[2].startswith(".")
    return any("/".join(parts[:count]) in SYSTEM_DIRECTORIES for count in (1, 2)) and not path.startswith("/usr/src/")
