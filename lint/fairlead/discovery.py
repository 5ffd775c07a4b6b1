"""Paths as the user gives them -> the Dockerfiles to check."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fairlead.build.gitignore import IgnorePatterns
from fairlead.config import ConfigError, Configuration, Globs, absolute

SKIPPED_DIRECTORIES = frozenset((".git", ".hg", ".svn", ".nox", ".tox", ".venv", "__pycache__", "node_modules"))
"""Directories that are never searched, only taken when they are given themselves: other people's files."""

_NAME = re.compile(r"(?:docker|container)file(?:[._-].+)?|.*\.(?:docker|container)file", re.IGNORECASE)
_TEMPLATES = "ejs erb gotmpl hbs in j2 jinja jinja2 liquid m4 mustache njk template tmpl tpl twig"
_DOCUMENTS = (
    "adoc cfg conf css csv htm html ico ini jpg json jsonl lock log md mdx pdf png rst scss sum svg toml xml yaml yml"
)
_LEFTOVERS = "bak diff enc encrypted gpg gz orig patch pyc rej snap swo swp tar tgz zip"
_IGNORE_FILES = "dockerignore containerignore"
_OTHER_ENDINGS = frozenset(f"{_TEMPLATES} {_DOCUMENTS} {_LEFTOVERS} {_IGNORE_FILES}".split())
_PROGRAMS = (
    "bash c cc cpp cs go h hpp java js jsx kt lua php pl ps1 py pyi r rb rs scala sh sql swift ts tsx txt vim zig"
)
_PROGRAM_ENDINGS = frozenset(_PROGRAMS.split())
_FIRST_INSTRUCTION = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*(?:FROM|ARG)[ \t]")


@dataclass(frozen=True)
class DiscoveryProblem:
    """A path that could not be looked at, and why."""

    path: str
    message: str


@dataclass(frozen=True)
class Discovery:
    """What was found.

    Attributes:
        files: the files to check, named as the user named them or the directory they are in; each file once.
        problems: paths that don't exist or can't be read; they fail the run.
        notices: what the user may want to know, such as a directory without Dockerfiles; they don't.
    """

    files: tuple[str, ...]
    problems: tuple[DiscoveryProblem, ...]
    notices: tuple[str, ...]


class _Found(NamedTuple):
    shown: str
    real: Path
    is_link: bool


class _IgnoreFile(NamedTuple):
    directory: Path
    patterns: IgnorePatterns


def is_dockerfile_name(name: str) -> bool:
    """Whether a file of that name (without directory) is taken when a directory is searched.

    Dockerfile, Containerfile, Dockerfile.dev, Dockerfile-dev, Dockerfile_dev, dev.Dockerfile and the like, in any case;
    but not what merely is about Dockerfiles (dockerfile.py, Dockerfile.md), nor templates (Dockerfile.j2).
    """
    return (
        bool(_NAME.fullmatch(name))
        and not name.endswith("~")
        and _ending(name) not in _OTHER_ENDINGS | _PROGRAM_ENDINGS
    )


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _is_dockerfile(entry: os.DirEntry[str]) -> bool:
    """Whether name, or name and content, tell a Dockerfile: Dockerfile.go may be one, or a program about them."""
    name = entry.name
    if _ending(name) not in _PROGRAM_ENDINGS or not _NAME.fullmatch(name):
        return is_dockerfile_name(name)
    try:
        with Path(entry.path).open("rb") as file:
            return bool(_FIRST_INSTRUCTION.match(file.read(4096)))
    except OSError:
        return False


def discover(paths: Sequence[str], configuration: Configuration, *, force_exclude: bool = False) -> Discovery:
    """Find the Dockerfiles.

    Files are taken whatever their name and whatever ignores them. Directories are searched for names of Dockerfiles;
    what `exclude` or a .gitignore matches is left out, and so are `SKIPPED_DIRECTORIES`. Symbolic links to directories
    are not followed. The order is that of `paths`, and by name within a directory.

    Args:
        paths: files and directories.
        configuration: gives the `exclude` patterns that hold in each directory.
        force_exclude: leave out what `exclude` matches even where it is given as a path (for pre-commit).
    """
    search = _Search(configuration, force_exclude=force_exclude)
    for path in paths:
        search.take(path)
    return Discovery(tuple(search.files()), tuple(search.problems), tuple(search.notices))


class _Search:
    def __init__(self, configuration: Configuration, *, force_exclude: bool) -> None:
        self._configuration = configuration
        self._force_exclude = force_exclude
        self._found: list[_Found] = []
        self.problems: list[DiscoveryProblem] = []
        self.notices: list[str] = []

    def take(self, given: str) -> None:
        """Take a file, or search a directory."""
        path = Path(given)
        try:
            is_directory = path.is_dir()
            exists = is_directory or path.exists()
        except (OSError, ValueError) as error:
            self._problem(path, error)
            return
        if not exists:
            self.problems.append(DiscoveryProblem(str(path), "no such file or directory"))
        elif self._force_exclude and self._excluded(absolute(path), directory=is_directory):
            return
        elif is_directory:
            self._search(path)
        else:
            self._add(path)

    def files(self) -> Iterator[str]:
        """What was found, each file once; a file under its own name rather than that of a link to it."""
        own = {found.real for found in self._found if not found.is_link}
        seen: set[Path] = set()
        for found in self._found:
            if found.real in seen or (found.is_link and found.real in own):
                continue
            seen.add(found.real)
            yield found.shown

    def _add(self, path: Path) -> None:
        try:
            real = path.resolve()
        except (OSError, RuntimeError):
            real = absolute(path)
        self._found.append(_Found(str(path), real, real != absolute(path)))

    def _problem(self, path: Path, error: OSError | ValueError) -> None:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        self.problems.append(DiscoveryProblem(str(path), f"can't be read: {reason}"))

    def _search(self, start: Path) -> None:
        before = len(self._found)
        place = absolute(start)
        # what leaves out the very directory that was asked for is not meant
        overruled = frozenset(globs for globs in self._excludes(place.parent) if globs.match(place, directory=True))
        pending = [(start, place, _ignore_files_above(place))]
        files: list[Path] = []
        while pending:
            shown, directory, ignore_files = pending.pop()
            here = _ignore_file_in(directory)
            if here is not None:
                ignore_files = (*ignore_files, here)
            excludes = [globs for globs in self._excludes(directory) if globs not in overruled]
            for entry in self._entries(shown):
                path = directory / entry.name
                is_directory = entry.is_dir(follow_symlinks=False)
                if is_directory and entry.name in SKIPPED_DIRECTORIES:
                    continue
                if not is_directory and not (_is_dockerfile(entry) and self._is_file(entry)):
                    continue
                if any(globs.match(path, directory=is_directory) for globs in excludes):
                    continue
                if _is_ignored(path, ignore_files, directory=is_directory):
                    continue
                if is_directory:
                    pending.append((shown / entry.name, path, ignore_files))
                else:
                    files.append(shown / entry.name)
        for path in sorted(files, key=lambda file: file.parts):
            self._add(path)
        if len(self._found) == before:
            self.notices.append(f"no Dockerfiles in {start}")

    def _is_file(self, entry: os.DirEntry[str]) -> bool:
        """Whether there is a file, possibly at the end of a symbolic link."""
        try:
            if entry.is_file():
                return True
            if entry.is_symlink() and not entry.is_dir():
                self.notices.append(f"{Path(entry.path)}: passed over, a symbolic link to nothing")
        except OSError:
            # a loop of links, or a link into a directory that may not be searched
            self.notices.append(f"{Path(entry.path)}: passed over, a symbolic link that can't be followed")
        return False

    def _entries(self, directory: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(directory) as entries:
                return list(entries)
        except OSError as error:
            self._problem(directory, error)
            return []

    def _excludes(self, directory: Path) -> tuple[Globs, ...]:
        try:
            return self._configuration.for_directory(directory).exclude
        except ConfigError:
            # reported for the files that the configuration is for
            return ()

    def _excluded(self, path: Path, *, directory: bool) -> bool:
        return any(globs.match(path, directory=directory) for globs in self._excludes(path.parent))


def _ignore_files_above(directory: Path) -> tuple[_IgnoreFile, ...]:
    """The .gitignore files between the root of the git repository and a directory, not including the directory's own.

    None where they ignore the directory itself: who asks for it by name wants it searched.
    """
    parents = [directory, *directory.parents]
    root = next((index for index, parent in enumerate(parents) if (parent / ".git").exists()), 0)
    found: tuple[_IgnoreFile, ...] = ()
    for parent, child in zip(parents[root:0:-1], parents[root - 1 :: -1] if root else (), strict=False):
        here = _ignore_file_in(parent)
        if here is not None:
            found = (*found, here)
        if _is_ignored(child, found, directory=True):
            return ()
    return found


def _ignore_file_in(directory: Path) -> _IgnoreFile | None:
    try:
        text = (directory / ".gitignore").read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    return _IgnoreFile(directory, IgnorePatterns(text.removeprefix("\ufeff").split("\n")))


def _is_ignored(path: Path, ignore_files: Iterable[_IgnoreFile], *, directory: bool) -> bool:
    """Whether the last pattern that matches, of the nearest file that has one, ignores the path."""
    for ignore_file in reversed(tuple(ignore_files)):
        relative = path.relative_to(ignore_file.directory).as_posix()
        verdict = ignore_file.patterns.verdict(relative, directory=directory)
        if verdict is not None:
            return verdict
    return False
