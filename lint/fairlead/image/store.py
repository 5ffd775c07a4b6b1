"""Where the parts of an image lie: in a directory, in a tar archive, or in one that is compressed as a whole.

A part is found by its path, such as `index.json` or `blobs/sha256/...`. Nothing is unpacked to disk: a plain archive is
read at the place where a part lies; a compressed one is read from its beginning, once to learn what is in it and to
keep what may be a document, and once more to hand out the layers as they pass by.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from fairlead.image.bounds import DOCUMENT_BYTES, DOCUMENTS_BYTES, MEMBERS, ImageError, shown, unpacked_limit
from fairlead.image.streams import PIECE, FileRange, Stream, compression, unpacked
from fairlead.image.tar import Entry, TarReader

_HOPS = 16


class Part(NamedTuple):
    """A part of an image.

    Attributes:
        name: its path, links followed.
        size: bytes as stored.
    """

    name: str
    size: int


class Store(Protocol):
    """The parts of an image.

    Attributes:
        path: the file or directory.
    """

    path: Path

    def find(self, name: str) -> Part | None:
        """Where a name leads; None where there is no part of that name.

        Raises:
            ImageError: where it leads out of the image.
        """

    def document(self, name: str) -> bytes | None:
        """The content of a small part; None where there is none of that name.

        Raises:
            ImageError: where it is larger than a document may be, or cannot be read.
        """

    def streams(self, names: Collection[str]) -> Iterator[tuple[str, Stream]]:
        """The parts of these names, as `find` gives them, in any order; a stream holds until the next one is taken.

        Raises:
            ImageError: where a part cannot be read.
        """


class RandomAccess(Store, Protocol):
    """A store whose parts can be read side by side."""

    def open(self, name: str) -> FileRange:
        """A part.

        Raises:
            ImageError: where there is none of that name, or it cannot be read.
        """


def open_store(path: Path) -> Store:
    """The parts of the image at a path.

    Raises:
        ImageError: where there is no file or directory, or it is no archive that is read.
    """
    try:
        if path.is_dir():
            return Directory(path)
        if not path.exists():
            raise ImageError(f"{path}: no such file or directory")
        if not path.is_file():
            raise ImageError(f"{path}: not a file or a directory")
        return _open_archive(path)
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror}") from error


def _open_archive(path: Path) -> Store:
    with FileRange(path) as stream:
        head = stream.read(16) if stream.size else b""
    if not head:
        raise ImageError(f"{path} is empty")
    try:
        kind = compression(head)
        return CompressedArchive(path, kind) if kind else Archive(path)
    except ImageError as error:
        raise ImageError(_told(path, error)) from error


def _told(path: Path, error: ImageError) -> str:
    text = str(error)
    return text if text.startswith(str(path)) else f"{path} {text}"


class Directory:
    """A directory, such as an OCI layout.

    Links count as long as they lead to a file inside.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._root = path.resolve()

    def _file(self, name: str) -> Path | None:
        try:
            found = (self._root / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            return None
        if not found.is_relative_to(self._root):
            raise ImageError(f"{self.path}: {shown(name)} is a link that leads out of the directory")
        return found if found.is_file() else None

    def find(self, name: str) -> Part | None:
        """Where a name leads."""
        found = self._file(name)
        return None if found is None else Part(found.relative_to(self._root).as_posix(), found.stat().st_size)

    def document(self, name: str) -> bytes | None:
        """The content of a file."""
        found = self._file(name)
        if found is None:
            return None
        with FileRange(found) as stream:
            _check_size(self.path, name, stream.size)
            return _whole(stream)

    def open(self, name: str) -> FileRange:
        """A file."""
        found = self._file(name)
        if found is None:
            raise ImageError(f"{self.path}: {shown(name)} is missing")
        return FileRange(found)

    def streams(self, names: Collection[str]) -> Iterator[tuple[str, Stream]]:
        """The files of these names."""
        yield from _one_by_one(self, names)


class _Member(NamedTuple):
    offset: int
    size: int
    link: str


class _Members:
    """The files and links of an archive by their cleaned names; the last one of a name counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members: dict[str, _Member] = {}

    def add(self, entry: Entry) -> str:
        """Take in an entry of the archive; its cleaned name."""
        name = _cleaned(entry.name)
        if entry.type == "file":
            self._members[name] = _Member(entry.offset, entry.stored, "")
        elif entry.type == "symlink":
            self._members[name] = _Member(0, 0, _cleaned(posixpath.join(posixpath.dirname(name), entry.target)))
        elif entry.type == "hardlink":
            self._members[name] = _Member(0, 0, _cleaned(entry.target))
        if len(self._members) > MEMBERS:
            raise ImageError(f"{self._path} holds more than {MEMBERS:,} files: not an image")
        return name

    def find(self, name: str) -> tuple[str, _Member] | None:
        """The file that a name leads to; `docker save` links layers that images share."""
        for _ in range(_HOPS):
            member = self._members.get(name)
            if member is None or not member.link:
                return None if member is None else (name, member)
            name = member.link
        return None

    def at(self, name: str) -> _Member:
        """The file of a name that `find` gave."""
        return self._members[name]


class Archive:
    """A tar archive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._members = _Members(path)
        with FileRange(path) as stream:
            for entry in TarReader(stream):
                if entry.offset + entry.stored > stream.size:
                    raise ImageError(f"{path} ends in the middle of {shown(entry.name)}")
                self._members.add(entry)

    def find(self, name: str) -> Part | None:
        """Where a name leads."""
        found = self._members.find(name)
        return None if found is None else Part(found[0], found[1].size)

    def document(self, name: str) -> bytes | None:
        """The content of a member."""
        if self._members.find(name) is None:
            return None
        with self.open(name) as stream:
            _check_size(self.path, name, stream.size)
            return _whole(stream)

    def open(self, name: str) -> FileRange:
        """A member."""
        found = self._members.find(name)
        if found is None:
            raise ImageError(f"{self.path}: {shown(name)} is missing")
        return FileRange(self.path, found[1].offset, found[1].size)

    def streams(self, names: Collection[str]) -> Iterator[tuple[str, Stream]]:
        """The members of these names."""
        yield from _one_by_one(self, names)


class CompressedArchive:
    """A tar archive compressed as a whole."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self._kind = kind
        self._members = _Members(path)
        self._documents: dict[str, bytes] = {}
        kept = 0
        with FileRange(path) as packed:
            stream = self._unpacked(packed)
            reader = TarReader(stream)
            for entry in reader:
                name = self._members.add(entry)
                self._documents.pop(name, None)
                if entry.type != "file" or not 0 < entry.stored <= DOCUMENT_BYTES:
                    continue
                head = reader.read(PIECE)
                if head.lstrip()[:1] in (b"{", b"["):
                    document = head + _whole(reader)
                    kept += len(document)
                    if kept > DOCUMENTS_BYTES:
                        raise ImageError(f"{path} holds more than {DOCUMENTS_BYTES:,} bytes of documents: not an image")
                    self._documents[name] = document
            # what ends after the mark of the archive's end has still been cut: its checksum is missing
            while stream.read(PIECE):
                pass

    def _unpacked(self, packed: FileRange) -> Stream:
        return unpacked(packed, self._kind, unpacked_limit(packed.size))

    def find(self, name: str) -> Part | None:
        """Where a name leads."""
        found = self._members.find(name)
        return None if found is None else Part(found[0], found[1].size)

    def document(self, name: str) -> bytes | None:
        """The content of a member that begins as a document does."""
        found = self._members.find(name)
        if found is None:
            return None
        _check_size(self.path, name, found[1].size)
        return self._documents.get(found[0], b"")

    def streams(self, names: Collection[str]) -> Iterator[tuple[str, Stream]]:
        """The members of these names, as they come in the archive."""
        wanted = {self._members.at(name).offset: name for name in names}
        with FileRange(self.path) as packed:
            reader = TarReader(self._unpacked(packed))
            for entry in reader:
                name = wanted.get(entry.offset)
                if name is not None:
                    yield name, reader


def _one_by_one(store: RandomAccess, names: Collection[str]) -> Iterator[tuple[str, Stream]]:
    for name in names:
        with store.open(name) as stream:
            yield name, stream


def _check_size(path: Path, name: str, size: int) -> None:
    if size > DOCUMENT_BYTES:
        raise ImageError(f"{path}: {shown(name)} is too large for a document: {size:,} bytes")


def _whole(stream: Stream) -> bytes:
    parts = []
    while data := stream.read(PIECE):
        parts.append(data)
    return b"".join(parts)


def _cleaned(name: str) -> str:
    """A path inside the archive as the documents write it; one that leads out matches nothing."""
    return posixpath.normpath(name).lstrip("/")
