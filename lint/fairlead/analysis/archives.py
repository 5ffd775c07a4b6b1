"""What archives hold: listed, never unpacked, and with a bound on what is decompressed.

An `ADD` of a local archive unpacks what is compressed by gzip, bzip2, xz or zstd, or not at all, and is a tar archive
(BuildKit's solver/llbsolver/file/unpack.go); zip archives are for unzip alone.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import tarfile

# the libraries take longer to import than most files to check, and few builds have an archive to be opened

MAX_ARCHIVE = 64 << 20
"""Bytes of an archive that are read."""

MAX_UNPACKED = 1 << 30
"""Bytes that it may unpack to, before it is given up."""

_MAX_MEMBERS = 200_000


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive.

    Attributes:
        path: relative and cleaned; it never leads out of the directory.
        kind: what it is; a `link` is a further name of another member.
        size: bytes.
        mode: permission bits, None where the archive has none.
        uid: owner.
        gid: group.
        target: where a symbolic link leads; the other member of a link.
        stamp: equal for members with the same time of change and the same content.
    """

    path: str
    kind: Literal["file", "directory", "symlink", "link", "other"]
    size: int
    mode: int | None
    uid: int
    gid: int
    target: str = ""
    stamp: object = None


class NotAnArchive(Exception):
    """The bytes are no archive that can be read, or more than is worth reading."""


def _broken() -> tuple[type[Exception], ...]:
    """What the libraries raise over bytes that are no archive."""
    import lzma
    import tarfile
    import zlib

    errors: tuple[type[Exception], ...] = (
        tarfile.TarError, OSError, EOFError, lzma.LZMAError, zlib.error, ValueError,
    )  # fmt: skip
    zstandard = sys.modules.get("zstandard")
    return errors if zstandard is None else (*errors, zstandard.ZstdError)


class _Limited(io.RawIOBase):
    """A stream that ends with an error when too much has been read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(min(len(buffer), 1 << 20))
        self._left -= len(data)
        if self._left < 0:
            raise NotAnArchive("it unpacks to more than a gigabyte")
        buffer[: len(data)] = data
        return len(data)


def decompressed(data: bytes) -> IO[bytes]:
    """The bytes behind the compression that they begin with, as a stream.

    Raises:
        NotAnArchive: the compression is not known here.
    """
    raw = io.BytesIO(data)
    if data.startswith(b"\x1f\x8b"):
        import gzip

        return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]
    if data.startswith(b"BZh"):
        import bz2

        return bz2.BZ2File(raw)
    if data.startswith(b"\xfd7zXZ\x00"):
        import lzma

        return lzma.LZMAFile(raw)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        import zstandard

        return zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return raw


def decompressed_data(data: bytes, most: int = MAX_UNPACKED) -> bytes:
    """What a compressed file holds.

    Args:
        data: the file.
        most: bytes, more are not decompressed.

    Raises:
        NotAnArchive: it can't be decompressed, or holds more than that.
    """
    try:
        found = io.BufferedReader(_Limited(decompressed(data))).read(most + 1)
    except _broken() as error:
        raise NotAnArchive(str(error)) from None
    if len(found) > most:
        raise NotAnArchive("it holds too much")
    return found


def tar_members(data: bytes) -> list[Member] | None:
    """The members of a tar archive, compressed or not; None for one that has none at all.

    Raises:
        NotAnArchive: it is none.
    """
    import tarfile

    try:
        stream = io.BufferedReader(_Limited(decompressed(data)))
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            found = list(_members(archive))
            return found if found or archive.getmembers() else None
    except _broken() as error:
        raise NotAnArchive(str(error)) from None


def _members(archive: tarfile.TarFile) -> Iterator[Member]:
    for count, info in enumerate(archive):
        if count > _MAX_MEMBERS:
            raise NotAnArchive("it has too many members")
        path = inside(info.name) or ""
        if not path and not info.isdir():
            continue
        kind: Literal["file", "directory", "symlink", "link", "other"] = "other"
        if info.isreg():
            kind = "file"
        elif info.isdir():
            kind = "directory"
        elif info.issym():
            kind = "symlink"
        elif info.islnk():
            kind = "link"
        target = (inside(info.linkname) or "") if kind == "link" else info.linkname
        mode = 0o777 if kind == "symlink" else info.mode & 0o7777
        size = info.size if kind == "file" else 0
        stamp = ("member", info.mtime, _digest(archive, info) if size else b"")
        yield Member(path, kind, size, mode, info.uid, info.gid, target, stamp)


def _digest(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    """What tells a member's content from another's."""
    hashed = hashlib.blake2b(digest_size=16)
    file = archive.extractfile(info)
    while file is not None and (block := file.read(1 << 20)):
        hashed.update(block)
    return hashed.digest()


def zip_members(data: bytes) -> list[Member]:
    """The members of a zip archive.

    Raises:
        NotAnArchive: it is none.
    """
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise NotAnArchive(str(error)) from None
    found = []
    for info in infos[:_MAX_MEMBERS]:
        path = inside(info.filename)
        if path is not None:
            mode = info.external_attr >> 16 & 0o7777 or None
            is_link = info.external_attr >> 28 == 0xA
            kind: Literal["file", "directory", "symlink"] = (
                "directory" if info.is_dir() else "symlink" if is_link else "file"
            )
            size = info.file_size if kind == "file" else 0
            found.append(Member(path, kind, size, mode, 0, 0, stamp=object()))
    return found


def inside(name: str) -> str | None:
    """The path of a member below the directory that it is unpacked in, None for that one.

    What leads out of it does not: the builder takes the directory for the root, and tar and unzip take the dots away.
    """
    return posixpath.normpath("/" + name).lstrip("/") or None
