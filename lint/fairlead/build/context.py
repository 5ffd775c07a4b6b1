"""The build context as the builder sees it: the files that are sent, and what a COPY takes of them.

A digest here stands for what the builder's content hash stands for (BuildKit's cache/contenthash): two are equal just
where the builder's are. Modes of files, link targets, names inside directories and content count; times and owners do
not, since the client sends every file as root's. Nothing is read before it is asked for, and nothing twice.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

from fairlead.build.dockerignore import DockerIgnore, DockerIgnoreError, inside
from fairlead.build.gomatch import BadPattern, compiled

_MAX_LINKS = 40
_BLOCK = 1 << 20
_TEXT_BYTES = 1 << 20
_WILDCARDS = frozenset("*?[")


@dataclass(frozen=True)
class Entry:
    """A file, directory or symbolic link.

    Attributes:
        kind: what it is; `other` for pipes, sockets and devices.
        mode: its permission bits, set-id bits included.
        size: bytes of content; 0 for what is no file.
        target: where a link leads, as written; "" for others.
        owner: whose it is, "" for root's, as all is that comes from a context.
    """

    kind: Literal["file", "directory", "link", "other"]
    mode: int = 0o644
    size: int = 0
    target: str = ""
    owner: str = ""


class FileTree(Protocol):
    """Files below a root, by paths relative to it; the root itself is ""."""

    def entry(self, path: str) -> Entry | None:
        """What is at a path, links not followed; None where nothing is.

        Raises:
            OSError: it can't be looked at.
        """

    def names(self, path: str) -> Sequence[str]:
        """The names in a directory, sorted.

        Raises:
            OSError: it can't be listed.
        """

    def digest(self, path: str) -> str:
        """A digest of a file's content: git's name of it, so that no commit's files need to be read.

        Raises:
            OSError: it can't be read.
        """

    def read(self, path: str) -> bytes:
        """A file's content.

        Raises:
            OSError: it can't be read.
        """


class Directories:
    """The directories that files lie in, as far as there are files."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {"": set()}

    def __contains__(self, path: str) -> bool:
        return path in self._names

    def paths(self) -> Iterator[str]:
        """All of them but the root."""
        return (path for path in self._names if path)

    def names(self, path: str) -> list[str]:
        """The names in a directory, sorted."""
        return sorted(self._names.get(path, ()))

    def add(self, path: str, *, empty: bool = False) -> None:
        """Let a file be at a path, or an empty directory."""
        if empty:
            self._names.setdefault(path, set())
        while path:
            parent, _, name = path.rpartition("/")
            names = self._names.setdefault(parent, set())
            if name in names:
                return
            names.add(name)
            path = parent

    def remove(self, path: str) -> None:
        """Take a file away, and the directories that are empty then."""
        self._names.pop(path, None)
        while path:
            parent, _, name = path.rpartition("/")
            self._names[parent].discard(name)
            if self._names[parent] or not parent:
                return
            del self._names[parent]
            path = parent


class MemoryTree:
    """Files given as data, for examples and tests.

    Args:
        files: path to content.
        modes: path to permission bits, for those that are not 0o644.
    """

    def __init__(self, files: Mapping[str, bytes | str], modes: Mapping[str, int] | None = None) -> None:
        self._files = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}
        self._modes = modes or {}
        self._directories = Directories()
        for path in self._files:
            self._directories.add(path)

    def entry(self, path: str) -> Entry | None:
        """See `FileTree`."""
        if path in self._files:
            return Entry("file", self._modes.get(path, 0o644), len(self._files[path]))
        return Entry("directory", self._modes.get(path, 0o755)) if path in self._directories else None

    def names(self, path: str) -> Sequence[str]:
        """See `FileTree`."""
        return self._directories.names(path)

    def digest(self, path: str) -> str:
        """See `FileTree`."""
        data = self._files[path]
        hashed = _blob(len(data))
        hashed.update(data)
        return hashed.hexdigest()

    def read(self, path: str) -> bytes:
        """See `FileTree`."""
        return self._files[path]


class DirectoryTree:
    """The files of a directory on disk, each looked at when it is asked for.

    Args:
        root: the directory.
        as_git: take permission bits for 0o644 or 0o755, as git keeps them, to compare with a commit.
    """

    def __init__(self, root: Path, *, as_git: bool = False) -> None:
        self.root = root
        self._as_git = as_git
        self._entries: dict[str, Entry | None] = {}
        self._names: dict[str, Sequence[str]] = {}
        self._digests: dict[str, str] = {}

    def entry(self, path: str) -> Entry | None:
        """See `FileTree`."""
        if path not in self._entries:
            self._entries[path] = self._look(path)
        return self._entries[path]

    def _look(self, path: str) -> Entry | None:
        real = os.path.join(self.root, path)  # noqa: PTH118  # pathlib takes a third of the time of a large context
        try:
            found = os.lstat(real)
        except (FileNotFoundError, NotADirectoryError):
            return None
        mode = stat.S_IMODE(found.st_mode)
        if self._as_git:
            mode = 0o755 if stat.S_ISDIR(found.st_mode) or mode & 0o100 else 0o644
        if stat.S_ISREG(found.st_mode):
            return Entry("file", mode, found.st_size)
        if stat.S_ISDIR(found.st_mode):
            return Entry("directory", mode)
        if stat.S_ISLNK(found.st_mode):
            return Entry("link", 0o777, 0, os.readlink(real))  # noqa: PTH115
        return Entry("other", mode)

    def names(self, path: str) -> Sequence[str]:
        """See `FileTree`."""
        if path not in self._names:
            self._names[path] = sorted(os.listdir(os.path.join(self.root, path)))  # noqa: PTH118, PTH208
        return self._names[path]

    def digest(self, path: str) -> str:
        """See `FileTree`."""
        if path not in self._digests:
            with (self.root / path).open("rb") as file:
                hashed = _blob(os.fstat(file.fileno()).st_size)
                while block := file.read(_BLOCK):
                    hashed.update(block)
            self._digests[path] = hashed.hexdigest()
        return self._digests[path]

    def read(self, path: str) -> bytes:
        """See `FileTree`."""
        return (self.root / path).read_bytes()


class PartialTree:
    """A tree of which only some files count, with the directories above them.

    Args:
        tree: all files.
        files: the paths that count.
    """

    def __init__(self, tree: FileTree, files: Iterable[str]) -> None:
        self._tree = tree
        self._shown = MemoryTree(dict.fromkeys(files, b""))

    def entry(self, path: str) -> Entry | None:
        """See `FileTree`."""
        return self._tree.entry(path) if self._shown.entry(path) is not None else None

    def names(self, path: str) -> Sequence[str]:
        """See `FileTree`."""
        return self._shown.names(path)

    def digest(self, path: str) -> str:
        """See `FileTree`."""
        return self._tree.digest(path)

    def read(self, path: str) -> bytes:
        """See `FileTree`."""
        return self._tree.read(path)


class ChangedTree:
    """Another tree in which some files have other content: what if these change?

    Args:
        tree: the files as they are.
        changed: paths of files or directories, relative to the root; one that is not there is a new file.
    """

    def __init__(self, tree: FileTree, changed: Iterable[str]) -> None:
        self._tree = tree
        self._changed = set(map(inside, changed))
        self._new = MemoryTree({path: b"" for path in self._changed if path and tree.entry(path) is None})

    def entry(self, path: str) -> Entry | None:
        """See `FileTree`."""
        return self._tree.entry(path) or self._new.entry(path)

    def names(self, path: str) -> Sequence[str]:
        """See `FileTree`."""
        existing = self._tree.names(path) if self._tree.entry(path) is not None or not path else ()
        return sorted({*existing, *self._new.names(path)})

    def digest(self, path: str) -> str:
        """See `FileTree`."""
        if self._tree.entry(path) is None:
            return self._new.digest(path)
        parts = path.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        changed = any(name in self._changed for name in ("", *above))
        return ("changed " if changed else "") + self._tree.digest(path)

    def read(self, path: str) -> bytes:
        """See `FileTree`."""
        return self._new.read(path) if self._tree.entry(path) is None else self._tree.read(path)


class Selection(Protocol):
    """What one source of a COPY or a bind mount takes."""

    @property
    def found(self) -> bool:
        """Whether the source is there at all."""

    @property
    def files(self) -> tuple[tuple[str, Entry], ...]:
        """Each entry below the source with its path relative to the context, in order."""

    @property
    def placed(self) -> Iterator[tuple[str, Entry, str]]:
        """Each entry with its place below the destination, "" for the destination itself, and a file's digest."""

    @property
    def is_file(self) -> bool:
        """Whether it is one file, which may get the name of the destination; a directory with one in it is none."""

    @property
    def digest(self) -> str:
        """Equal for two selections exactly where the builder holds them to be the same."""

    def differences(self, earlier: Any) -> list[str]:
        """The paths that are not in both selections with the same content and mode, sorted."""


@dataclass(frozen=True)
class ListedSelection:
    """A `Selection` whose files have been listed.

    Attributes:
        files: see `Selection`.
        record_all: makes the `records`, for which every file is read.
        found: see `Selection`.
        places: for each of them its place below the destination; empty where that is the name in the record.
        matched: for each of them whether a pattern matches it as a file, rather than a directory that it lies in.
        is_file: see `Selection`.
    """

    files: tuple[tuple[str, Entry], ...]
    record_all: Callable[[], tuple[str, ...]] = tuple
    found: bool = True
    places: tuple[str, ...] = ()
    matched: tuple[bool, ...] = ()
    is_file: bool = False

    @property
    def placed(self) -> Iterator[tuple[str, Entry, str]]:
        """See `Selection`."""
        places = self.places or tuple(record.partition("\0")[0] for record in self.records)
        for place, (_, entry), record in zip(places, self.files, self.records, strict=True):
            yield place, entry, record.rpartition("\0")[2]

    @cached_property
    def records(self) -> tuple[str, ...]:
        """For each of the files what counts: its name in the destination, kind, mode, content."""
        return self.record_all()

    @cached_property
    def digest(self) -> str:
        """See `Selection`."""
        hashed = hashlib.sha256(b"found" if self.found else b"missing")
        for record in self.records:
            hashed.update(record.encode("utf-8", "surrogateescape"))
            hashed.update(b"\0\0")
        return hashed.hexdigest()

    def differences(self, earlier: ListedSelection) -> list[str]:
        """See `Selection`."""
        ours, theirs = (
            {path: record for (path, _), record in zip(one.files, one.records, strict=True)} for one in (self, earlier)
        )
        return sorted(path for path in {**ours, **theirs} if ours.get(path) != theirs.get(path))


@dataclass
class Context:
    """The files that a build is given.

    Attributes:
        tree: all files of the directory.
        ignore: what is left out.
        ignore_name: the name of the file that says so.
        problems: paths that could not be read and why, filled as they are met.
        root: where the directory is, None where the files are in no directory.
    """

    tree: FileTree
    ignore: DockerIgnore = field(default_factory=lambda: DockerIgnore(()))
    ignore_name: str = ".dockerignore"
    problems: dict[str, str] = field(default_factory=dict)
    root: Path | None = None

    def select(
        self, source: str, *, exclude: Sequence[str] = (), parents: bool = False, wildcards: bool = True
    ) -> Selection:
        """What a source of a COPY takes.

        Args:
            source: the path as the builder has it after expansion.
            exclude: the `--exclude` patterns.
            parents: whether `--parents` keeps the directories above.
            wildcards: whether `*`, `?` and `[` are patterns; a mount's source has none.
        """
        return self.listed(source, exclude=exclude, parents=parents, wildcards=wildcards)

    def listed(
        self, source: str, *, exclude: Sequence[str] = (), parents: bool = False, wildcards: bool = True
    ) -> ListedSelection:
        """As `select`, with the files listed."""
        try:
            if parents:
                pivot, pattern = split_pivot(source)
                return self._filtered(pivot, [pattern], exclude)
            path = inside(source)
            if wildcards and has_wildcard(path):
                return self._matching(path, exclude)
            return self._filtered(path, (), exclude) if exclude else self._whole(path)
        except (BadPattern, DockerIgnoreError):
            # the builder says so and stops
            return ListedSelection((), found=False)

    def unread(self, source: str, selection: Selection) -> list[str]:
        """What of a source could not be read, as far as its digest has been asked for."""
        fixed = _fixed_part(inside(source))
        taken = {path for path, _ in selection.files}
        return [path for path in self.problems if path in taken or not fixed or f"{path}/".startswith(f"{fixed}/")]

    def still_gives(self, selection: Selection) -> bool:  # noqa: ARG002  # see `RollingContext`
        """Whether a selection is known to be what its source takes now."""
        return False

    def names(self, path: str) -> Sequence[str]:
        """The names in a directory, left out or not; none where it is no directory or can't be listed."""
        try:
            found = self.tree.entry(path) if path else Entry("directory")
            return self.tree.names(path) if found is not None and found.kind == "directory" else ()
        except OSError as error:
            self.problems[path] = error.strerror or str(error)
            return ()

    def is_there(self, path: str) -> bool:
        """Whether something is at a path of the directory, left out or not."""
        try:
            return self.tree.entry(path) is not None
        except OSError:
            return False

    def text(self, path: str, limit: int = _TEXT_BYTES) -> str | None:
        """The text of a file of the context; None where there is none that can be read, or above `limit` bytes."""
        found = self.lookup(path)
        if found is None or found[1].kind != "file" or found[1].size > limit:
            return None
        try:
            return _decoded(self.tree.read(found[0]))
        except OSError as error:
            self.problems[found[0]] = error.strerror or str(error)
            return None

    def lookup(self, path: str) -> tuple[str, Entry] | None:
        """What a path leads to, with links followed inside the context, and its real path; None where nothing is."""
        real = ""
        waiting = [name for name in reversed(path.split("/")) if name not in ("", ".")]
        links = 0
        while waiting:
            name = waiting.pop()
            if name == "..":
                real = posixpath.dirname(real)
                continue
            step = f"{real}/{name}" if real else name
            entry = self._entry(step)
            if entry is None:
                return None
            if entry.kind == "link":
                links += 1
                if links > _MAX_LINKS:
                    return None
                if entry.target.startswith("/"):
                    real = ""
                waiting.extend(part for part in reversed(entry.target.split("/")) if part not in ("", "."))
                continue
            real = step
        entry = self._entry(real)
        return None if entry is None else (real, entry)

    def _whole(self, path: str) -> ListedSelection:
        found = self.lookup(path)
        if found is None:
            return ListedSelection((), found=False)
        real, entry = found
        if entry.kind != "directory":
            return ListedSelection(((real, entry),), lambda: (self.record("", real, entry),), is_file=True)
        files = tuple(self.walk(real))
        return ListedSelection(files, lambda: self._records(real, files))

    def _records(self, directory: str, files: Iterable[tuple[str, Entry]]) -> tuple[str, ...]:
        skip = len(directory) + 1 if directory else 0
        return tuple(self.record(below[skip:], below, entry) for below, entry in files)

    def _matching(self, pattern: str, exclude: Sequence[str]) -> ListedSelection:
        matcher = compiled(pattern)
        fixed = _fixed_part(pattern)
        unwanted = DockerIgnore.of_copy(exclude) if exclude else None
        start = self.lookup(fixed)
        if start is None:
            # as if nothing matched, which the builder takes for nothing to copy
            return ListedSelection(())
        real = start[0]
        files: list[tuple[str, Entry]] = []
        recorded: list[tuple[str, str, Entry]] = []
        places: list[str] = []
        direct: list[bool] = []
        matched = ""
        for below, entry in self.walk(real):
            # a link in the fixed part is followed, the pattern is about the path as written
            path = f"{fixed}{below[len(real) :]}" if real else below
            if not (matched and path.startswith(f"{matched}/")):
                if not matcher.fullmatch(path):
                    continue
                matched = path
            inner = path[len(matched) :].lstrip("/")
            if unwanted is not None and unwanted.leaves_out(inner):
                continue
            name = below[len(real) :].lstrip("/")
            followed = self.lookup(below) if entry.kind == "link" and not inner else None
            if followed is not None and followed[1].kind == "directory":
                for beside, held in self.walk(followed[0]):
                    place = beside[len(followed[0]) :].lstrip("/")
                    files.append((beside, held))
                    recorded.append((f"{name}/{place}", beside, held))
                    places.append(place)
                    direct.append(False)
                continue
            where, found = followed or (below, entry)
            files.append((below, found))
            recorded.append((name, where, found))
            direct.append(not inner and found.kind != "directory")
            places.append(inner or ("" if found.kind == "directory" else posixpath.basename(path)))
        return ListedSelection(
            tuple(files),
            lambda: tuple(self.record(*each) for each in recorded),
            places=tuple(places),
            matched=tuple(direct),
            is_file=len(files) == sum(direct) == 1,
        )

    def _filtered(self, path: str, include: Sequence[str], exclude: Sequence[str]) -> ListedSelection:
        found = self.lookup(path)
        if found is None:
            return ListedSelection((), found=False)
        real, entry = found
        if entry.kind != "directory":
            return self._whole(path)
        wanted = DockerIgnore.of_copy(include) if include else None
        unwanted = DockerIgnore.of_copy(exclude) if exclude else None
        files: list[tuple[str, Entry]] = []
        above: list[tuple[str, Entry]] = []
        for below, inner in self.walk(real):
            relative = below[len(real) :].lstrip("/")
            above = [held for held in above if below.startswith(f"{held[0]}/")]
            taken = (wanted is None or wanted.leaves_out(relative)) and not (unwanted and unwanted.leaves_out(relative))
            if taken:
                files.extend(above)
                above = []
                files.append((below, inner))
            elif inner.kind == "directory":
                above.append((below, inner))
        return ListedSelection(tuple(files), lambda: self._records(real, files), found=bool(files) or not include)

    def walk(self, path: str = "") -> Iterator[tuple[str, Entry]]:
        """What is below a directory, in order; of the directories left out, those that hold something brought back."""
        for below, entry in self._in_tree(path):
            ignored = self.ignore.leaves_out(below)
            if entry.kind != "directory":
                if not ignored:
                    yield below, entry
            elif not ignored:
                yield below, entry
                yield from self.walk(below)
            elif self.ignore.may_hold_exceptions(below):
                first = True
                for inner in self.walk(below):
                    if first:
                        yield below, entry
                        first = False
                    yield inner

    def level(self, path: str) -> Iterator[tuple[str, Entry]]:
        """What is in a directory, without what is below: see `walk`."""
        for below, entry in self._in_tree(path):
            if not self.ignore.leaves_out(below) or self._holds_exceptions(below, entry):
                yield below, entry

    def _in_tree(self, path: str) -> Iterator[tuple[str, Entry]]:
        """What is in a directory, left out or not; what can't be read is among the problems."""
        try:
            names = self.tree.names(path)
        except OSError as error:
            self.problems[path] = error.strerror or str(error)
            return
        for name in names:
            below = f"{path}/{name}" if path else name
            try:
                entry = self.tree.entry(below)
            except OSError as error:
                self.problems[below] = error.strerror or str(error)
                continue
            if entry is not None:
                yield below, entry

    def _holds_exceptions(self, path: str, entry: Entry) -> bool:
        """Whether something in a directory that is left out is brought back."""
        if entry.kind != "directory" or not self.ignore.may_hold_exceptions(path):
            return False
        return any(True for _ in self.walk(path))

    def _entry(self, path: str) -> Entry | None:
        """An entry that is part of the context."""
        try:
            entry = self.tree.entry(path)
        except OSError as error:
            self.problems[path] = error.strerror or str(error)
            return None
        if entry is None or not self.ignore.leaves_out(path):
            return entry
        return entry if self._holds_exceptions(path, entry) else None

    def record(self, name: str, path: str, entry: Entry) -> str:
        """What counts of an entry under a name: its kind, mode, content or link target."""
        content = entry.target
        if entry.kind == "file":
            try:
                content = self.tree.digest(path)
            except OSError as error:
                self.problems[path] = error.strerror or str(error)
                content = "unreadable"
        return record(name, entry, content)


def record(name: str, entry: Entry, content: str) -> str:
    """What counts of an entry.

    The mode of a directory does not: a client does not send it again for that.

    Args:
        name: the name under which it counts, such as that below the directory that is copied.
        entry: its kind and mode.
        content: a file's digest or a link's target.
    """
    mode = "" if entry.kind == "directory" else f"{entry.mode:o}"
    return f"{name}\0{entry.kind}\0{mode}{entry.owner}\0{content}"


def membership(
    source: str, *, exclude: Sequence[str] = (), parents: bool = False, wildcards: bool = True
) -> Callable[[str], str | None]:
    """A function that says under which name a source takes a file, None for one that it does not take.

    It knows nothing of links: what `Context.select` takes where a link stands in the way is another matter.
    """
    path = inside(source)
    wanted: DockerIgnore | None = None
    try:
        unwanted = DockerIgnore.of_copy(exclude) if exclude else None
        if parents:
            path, pattern = split_pivot(source)
            wanted = DockerIgnore.of_copy([pattern])
        elif wildcards and has_wildcard(path):
            return _wildcard_membership(path, unwanted)
    except (BadPattern, DockerIgnoreError):
        return lambda file: None  # noqa: ARG005  # such a source takes nothing

    def name_of(file: str) -> str | None:
        if not path:
            name = file
        elif file == path:
            # the source is a file: patterns are for what is below a directory
            return ""
        elif file.startswith(path + "/"):
            name = file[len(path) + 1 :]
        else:
            return None
        if wanted is not None and not wanted.leaves_out(name):
            return None
        return None if unwanted is not None and unwanted.leaves_out(name) else name

    return name_of


def _wildcard_membership(pattern: str, unwanted: DockerIgnore | None) -> Callable[[str], str | None]:
    fixed = _fixed_part(pattern)
    matcher = compiled(pattern)
    depth = pattern.count("/") + 1

    def name_of(file: str) -> str | None:
        names = file.split("/")
        # `*` does not cross a slash: only the directory at the pattern's own depth can match
        if len(names) < depth or not matcher.fullmatch("/".join(names[:depth])):
            return None
        if unwanted is not None and unwanted.leaves_out("/".join(names[depth:])):
            return None
        return file[len(fixed) :].lstrip("/")

    return name_of


def directory_context(root: Path, dockerfile: Path | None = None) -> Context:
    """The context that a directory is, with the .dockerignore that the builder takes.

    Args:
        root: the directory.
        dockerfile: the Dockerfile: `NAME.dockerignore` beside it wins over the `.dockerignore` of the context.

    Raises:
        OSError: the .dockerignore is there and can't be read.
        DockerIgnoreError: the builder refuses a pattern in it.
    """
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore") if dockerfile is not None else None
    for path in (own, root / ".dockerignore"):
        if path is not None and path.is_file():
            return Context(DirectoryTree(root), read_dockerignore(path.read_bytes(), str(path)), path.name, root=root)
    return Context(DirectoryTree(root), root=root)


def read_dockerignore(data: bytes, path: str = "") -> DockerIgnore:
    """The patterns of a file's content.

    Args:
        data: the content.
        path: the file, for the message of an error.

    Raises:
        DockerIgnoreError: the builder refuses one.
    """
    try:
        return DockerIgnore(data.decode("utf-8", "surrogateescape").split("\n"))
    except DockerIgnoreError as error:
        raise DockerIgnoreError(error.line, error.pattern, error.reason, path) from None


def _blob(size: int) -> hashlib._Hash:
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)


def _decoded(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 where it begins with that mark, as pip and MSBuild read theirs."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def has_wildcard(path: str) -> bool:
    """Whether a source is a pattern."""
    return bool(_WILDCARDS & set(path))


def split_pivot(source: str) -> tuple[str, str]:
    """Where the paths begin that `--parents` keeps, and the pattern below: `a/./b` keeps `b`, without `/./` all."""
    pivot, found, pattern = source.partition("/./")
    return (inside(pivot), inside(pattern)) if found else ("", inside(source))


def _fixed_part(pattern: str) -> str:
    """The directories of a pattern before the first that has a wildcard."""
    fixed = []
    for name in pattern.split("/"):
        if has_wildcard(name) or "\\" in name:
            break
        fixed.append(name)
    return "/".join(fixed)
