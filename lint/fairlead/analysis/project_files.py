"""The manifest and the lockfile that an install of a project's dependencies reads, in the build context."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fairlead.analysis.placement import UNKNOWN_DIRECTORY, context_path
from fairlead.build.context import Context
from fairlead.build.model import Step
from fairlead.knowledge.locking import Locking
from fairlead.shell import Options
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_LOCK_BYTES = 32 << 20
_LEVELS = 6
_DEPTH = 6
# the ends of manifests and lockfiles that managers find by a pattern
_BY_PATTERN = (".csproj", ".fsproj", ".vbproj", ".sln", ".slnx", ".cabal", ".tf", ".opam", ".opam.locked", ".rockspec")
_NO_PROJECTS = frozenset(("node_modules", "vendor", "bin", "obj"))


@dataclass(frozen=True)
class ProjectInstall:
    """An install of a project's dependencies.

    Attributes:
        manager: the manager's name in `LOCKING`.
        command: what to call it in a sentence, such as `npm ci`.
        subcommand: such as `ci`.
        token: the words that stand for it.
        options: its options.
        env: the variables that hold.
        directory: the directory that it works in, None where it is not known.
        builds: it is a build that fetches on its way.
    """

    manager: str
    command: str
    subcommand: str
    token: Token
    options: Options
    env: dict[str, str | None]
    directory: str | None
    builds: bool = False


class ProjectFiles:
    """The manifest and the lockfile of a project in the context.

    Attributes:
        known: whether the context is known.
        manifest: the manifest's path, "" where it is not in the context.
        lock: the lockfile's path, "" where it is not in the context.
    """

    def __init__(self, models: Models, step: Step, install: ProjectInstall, locking: Locking) -> None:
        self._models = models
        self._step = step
        self._directory = install.directory
        self.known = models.context is not None
        self.written = _written_project(install)
        self._patterns = locking.manifests
        self._operands: list[str] = []
        if install.manager == "dotnet":
            # a directory may stand for the project in it
            operands = [word.value or "" for word in install.options.operands]
            self._operands = [
                word for word in operands if word not in ("", install.subcommand) and not word.startswith("-")
            ][:1]
        self.manifest = self._named() or self._find(locking.manifests)
        names = locking.lockfiles
        if install.manager == "gradle":
            names = ("gradle/verification-metadata.xml", "gradle.lockfile")
        self.lock = self._find(names)
        if self.manifest and install.manager == "dotnet":
            beside = posixpath.join(posixpath.dirname(self.manifest), names[0])
            self.lock = beside if self.text(beside) is not None else ""

    def _named(self) -> str:
        """The project that the command names, "" where it names none or it is not in the context."""
        if not self.known or self._directory is None:
            return ""
        if self.written:
            return self._at(self._directory, self.written) or ""
        for operand in self._operands:
            directory = posixpath.normpath(posixpath.join(self._directory, operand))
            for pattern in self._patterns:
                found = self._with_pattern(directory, pattern)
                if found is not None:
                    return found
        return ""

    def _find(self, names: tuple[str, ...]) -> str:
        """The first of some files in the directory, or in one above: the root of a workspace."""
        if not self.known:
            return ""
        for directory in self._directories():
            found = self._find_from(directory, names)
            if found:
                return found
        return ""

    def _directories(self) -> list[str]:
        """The directory, and where it is not known, those that something is copied to."""
        if self._directory is not None and not self._directory.startswith(UNKNOWN_DIRECTORY):
            return [self._directory]
        copied = [
            step.destination.rstrip("/") or "/"
            for step in self._step.stage.all_steps()
            if isinstance(step.instruction, ast.Copy) and step.destination is not None
        ]
        return [*([self._directory] if self._directory is not None else []), *dict.fromkeys(reversed(copied))]

    def _find_from(self, directory: str, names: tuple[str, ...]) -> str:
        for _ in range(_LEVELS):
            for name in names:
                found = self._with_pattern(directory, name) if "*" in name else self._at(directory, name)
                if found is not None:
                    return found
            above = posixpath.dirname(directory)
            if above == directory:
                break
            directory = above
        return ""

    def _at(self, directory: str, name: str) -> str | None:
        return context_path(self._models, self._step, posixpath.join(directory, name))

    def _with_pattern(self, directory: str, pattern: str) -> str | None:
        """A file by a pattern: through the names of the directory that some copied file lies in."""
        for name in self._candidates():
            if fnmatchcase(posixpath.basename(name), pattern) and self._at(directory, posixpath.basename(name)) == name:
                return name
        return None

    def _candidates(self) -> list[str]:
        context = self._models.context
        return [] if context is None else _project_files(self._models)

    def text(self, path: str) -> str | None:
        """The text of a file of the context."""
        context = self._models.context
        return context.text(path, limit=_LOCK_BYTES) if context is not None else None

    def beside(self, path: str, name: str) -> str | None:
        """The text of a file beside another one."""
        return self.text(posixpath.join(posixpath.dirname(path), name))

    def above(self, path: str, name: str) -> str | None:
        """The text of the nearest file of a name, beside another one or in a directory above it."""
        directory = posixpath.dirname(path)
        while True:
            text = self.text(posixpath.join(directory, name))
            if text is not None or not directory:
                return text
            directory = posixpath.dirname(directory)

    def vendored(self) -> bool:
        """Whether a Go module has its dependencies in a vendor directory, which the build then takes."""
        return self._directory is not None and self._at(self._directory, "vendor/modules.txt") is not None


def _written_project(install: ProjectInstall) -> str:
    """The project that a command of .NET names, "" for none."""
    if install.manager != "dotnet":
        return ""
    for word in install.options.operands:
        if word.pattern.endswith((".csproj", ".fsproj", ".vbproj", ".sln", ".slnx")):
            return word.pattern
    return ""


def _may_be_directory(context: Context, name: str, path: str) -> bool:
    """Whether a name is one of a directory: those with a dot, which projects of .NET have, are looked at."""
    if "." not in name:
        return True
    found = context.lookup(path) if not name.startswith(".") else None
    return found is not None and found[1].kind == "directory"


def _project_files(models: Models) -> list[str]:
    """The files of the context that managers find by a pattern, such as projects of .NET, not too deep below it."""
    context = models.context
    if context is None:
        return []
    found: list[str] = []
    waiting = [""]
    looked = 0
    while waiting and looked < 200:
        directory = waiting.pop(0)
        looked += 1
        try:
            names = context.tree.names(directory)
        except OSError:
            continue
        for name in names:
            path = posixpath.join(directory, name)
            if name.endswith(_BY_PATTERN):
                found.append(path)
            elif name not in _NO_PROJECTS and path.count("/") < _DEPTH and _may_be_directory(context, name, path):
                waiting.append(path)
    return found


def related(one: str, other: str) -> bool:
    """Whether one of two directories is the other or lies in it."""
    one, other = one.rstrip("/"), other.rstrip("/")
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
