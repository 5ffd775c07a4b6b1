"""The files of a stage as far as COPY, ADD and WORKDIR brought them: what a COPY --from of them is keyed by.

The builder compares the files that a step takes from a stage by content, wherever they lie there. What a base image or
a RUN wrote is not known; it stands for itself, by the name of the step that it comes from.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from fairlead.build.context import Context, Directories, Entry, ListedSelection, Selection
from fairlead.build.dockerignore import inside

_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_TAR_MAGIC = slice(257, 262)
_MAX_BYTES_READ = 1 << 26


@dataclass(frozen=True)
class Unlisted:
    """Files of which only the origin is known.

    Attributes:
        path: where they lie, relative to the root.
        identity: equal for the same files.
        certain: whether another identity means that the files are new.
        number: that of the write that brought them.
    """

    path: str
    identity: str
    certain: bool
    number: int


class StageFiles:
    """A `FileTree` of what is known of a stage.

    Args:
        empty: whether nothing lies below what is written.
    """

    def __init__(self, *, empty: bool) -> None:
        self.empty = empty
        self.unlisted: list[Unlisted] = []
        self.count = 0
        self._files: dict[str, tuple[Entry, str]] = {}
        self._numbers: dict[str, int] = {}
        self._doubtful: set[str] = set()
        self._directories = Directories()
        self._owners: dict[str, str] = {}

    def entry(self, path: str) -> Entry | None:
        """See `FileTree`."""
        if path in self._files:
            return self._files[path][0]
        return Entry("directory", 0o755, owner=self._owners.get(path, "")) if path in self._directories else None

    def names(self, path: str) -> Sequence[str]:
        """See `FileTree`."""
        return self._directories.names(path)

    def digest(self, path: str) -> str:
        """See `FileTree`."""
        return self._files[path][1]

    def read(self, path: str) -> bytes:
        """See `FileTree`: only the digests are kept."""
        raise FileNotFoundError(path)

    def put(self, path: str, entry: Entry, digest: str, *, doubtful: bool = False) -> None:
        """Let a file be at a path.

        Args:
            path: where it is.
            entry: what it is.
            digest: of its content.
            doubtful: a directory may be there already, which it then goes into.
        """
        self._files[path] = entry, digest
        self._numbers[path] = self.count
        self._directories.add(path)
        (self._doubtful.add if doubtful else self._doubtful.discard)(path)

    def make_directory(self, path: str, owner: str = "") -> None:
        """Let a directory be at a path."""
        if path and path not in self._directories:
            self._directories.add(path, empty=True)
            if owner:
                self._owners[path] = owner

    def is_directory(self, path: str) -> bool:
        """Whether a directory is known to be at a path."""
        return not path or path in self._directories

    def select(
        self, source: str, *, exclude: Sequence[str] = (), parents: bool = False, wildcards: bool = True
    ) -> tuple[ListedSelection, list[Unlisted], bool]:
        """What a source takes of the stage: what is listed, what is not, and whether what is listed is all of it."""
        found = Context(self).listed(source, exclude=exclude, parents=parents, wildcards=wildcards)
        around = [held for held in self.unlisted if parents or _overlap(held.path, _fixed(source))]
        if len(found.files) == 1 and found.files[0][0] == inside(source) and not parents:
            path = found.files[0][0]
            above = [held for held in around if held.number >= self._numbers.get(path, 0)]
            if path in self._files and path not in self._doubtful and not above:
                return found, [], True
        return found, around, self.empty and not around


def _fixed(source: str) -> str:
    """The part of a path before its first wildcard."""
    path = inside(source)
    cut = re.search(r"[*?\[\\]", path)
    return path if cut is None else path[: cut.start()].rpartition("/")[0]


def _overlap(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/" if other else "") or f"{other}/".startswith(f"{one}/" if one else "")


@dataclass(eq=False)
class Taken:
    """What a source of a COPY gives to the stage.

    Attributes:
        selection: its files, None where they can't be listed.
        context: where they are, to be read.
    """

    selection: Selection | None
    context: Context | None = None


@dataclass(eq=False)
class Write:
    """What a COPY, ADD or WORKDIR writes.

    Attributes:
        destination: absolute; with a final slash for a directory that files go into.
        taken: what goes there; nothing for a directory that is made.
        texts: heredocs, name and content's digest.
        owner: whose it becomes, "" for root.
        mode: as `--chmod` says, "" without one.
        identity: equal for the same result, where it can't be listed.
        certain: whether another identity means that the files are new.
        unpacks: whether archives become what is in them.
    """

    destination: str
    taken: Sequence[Taken] = ()
    texts: Sequence[tuple[str, str]] = ()
    owner: str = ""
    mode: str = ""
    identity: str = ""
    certain: bool = True
    unpacks: bool = False

    def of(self, taken: Sequence[Taken], identity: str, certain: bool) -> Write:
        """The same for what is taken in one build."""
        return Write(self.destination, taken, self.texts, self.owner, self.mode, identity, certain, self.unpacks)

    def apply(self, files: StageFiles) -> None:
        """Write to a stage."""
        files.count += 1
        top = inside(self.destination)
        if not self.taken and not self.texts:
            files.make_directory(top, self.owner)
            return
        into = self.destination.endswith(("/", "/.")) or len(self.taken) + len(self.texts) > 1
        for name, digest in self.texts:
            self._file(files, top, "", name, Entry("file", 0o644), digest, into=into)
        for taken in self.taken:
            if taken.selection is None or (self.unpacks and _may_be_packed(taken)):
                self._unlisted(files, top)
                continue
            self._copy(files, top, taken.selection, into=into)

    def _copy(self, files: StageFiles, top: str, selection: Selection, *, into: bool) -> None:
        placed = list(selection.placed)
        for (place, entry, digest), (path, _) in zip(placed, selection.files, strict=True):
            if entry.kind == "directory":
                files.make_directory(f"{top}/{place}".strip("/"), self.owner)
            else:
                self._file(
                    files, top, "" if selection.is_file else place, posixpath.basename(path), entry, digest, into=into
                )
        if not placed:
            files.make_directory(top, self.owner)

    def _file(
        self, files: StageFiles, top: str, place: str, name: str, entry: Entry, digest: str, *, into: bool
    ) -> None:
        doubtful = False
        if not place and (into or files.is_directory(top)):
            place = name
        elif not place:
            doubtful = not files.empty and "." not in posixpath.basename(top)
        path = f"{top}/{place}".strip("/")
        files.put(path, self._as_written(entry), digest, doubtful=doubtful)

    def _as_written(self, entry: Entry) -> Entry:
        owner = self.owner
        if entry.kind == "file" and self.mode:
            if self.mode.isdecimal():
                return replace(entry, mode=int(self.mode, 8), owner=owner)
            owner += f" {self.mode}"
        return replace(entry, owner=owner) if owner else entry

    def _unlisted(self, files: StageFiles, top: str) -> None:
        files.unlisted.append(Unlisted(top, self.identity, self.certain, files.count))


def _may_be_packed(taken: Taken) -> bool:
    """Whether ADD finds an archive, by its magic number; archives in directories that it takes stay what they are."""
    selection, context = taken.selection, taken.context
    if selection is None or context is None:
        return True
    for place, entry, _ in selection.placed:
        if entry.kind == "directory" or "/" in place:
            continue
        path = next(path for path, held in selection.files if held is entry)
        if entry.size > _MAX_BYTES_READ:
            return True
        try:
            data = context.tree.read(path)
        except OSError:
            return True
        if data.startswith(_PACKED) or data[_TAR_MAGIC] == b"ustar":
            return True
    return False


@dataclass(eq=False)
class Ground:
    """What the writes of a stage come upon, and the writes.

    Attributes:
        identity: of the last RUN or the base.
        certain: whether another identity means other files.
        empty: whether it is nothing at all.
        writes: what came on top of it.
    """

    identity: str
    certain: bool
    empty: bool
    writes: tuple[Write, ...] = ()
    _files: StageFiles | None = field(default=None, repr=False)

    def with_write(self, write: Write) -> Ground:
        """The same with one more write."""
        return Ground(self.identity, self.certain, self.empty, (*self.writes, write))

    def select(
        self, source: str, *, exclude: Sequence[str] = (), parents: bool = False, wildcards: bool = True
    ) -> tuple[ListedSelection, Sequence[Unlisted], bool]:
        """See `StageFiles`."""
        if self.writes:
            return self.files().select(source, exclude=exclude, parents=parents, wildcards=wildcards)
        return _untouched(source, tuple(exclude), parents, wildcards, self.empty)

    def files(self) -> StageFiles:
        """What is known of the stage, worked out when somebody asks."""
        if self._files is None:
            self._files = StageFiles(empty=self.empty)
            for write in self.writes:
                write.apply(self._files)
        return self._files


@lru_cache(maxsize=256)
def _untouched(
    source: str, exclude: tuple[str, ...], parents: bool, wildcards: bool, empty: bool
) -> tuple[ListedSelection, Sequence[Unlisted], bool]:
    """What a source takes of a stage that nothing was written to."""
    return StageFiles(empty=empty).select(source, exclude=exclude, parents=parents, wildcards=wildcards)
