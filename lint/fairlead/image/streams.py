"""Bytes as they come: a stretch of a file, and what it unpacks to.

A stream is read from its beginning in pieces; nothing is ever held in full, whatever it claims to unpack to.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from fairlead.image.bounds import WINDOW_BYTES, BoundReached, ImageError

PIECE = 128 * 1024
_PACKED_PIECE = 64 * 1024
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7z"}


class Stream(Protocol):
    """Bytes that are read from the beginning to the end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; b"" at the end only."""

    def skip(self, size: int) -> int:
        """Pass over the next bytes; how many there were, fewer than `size` at the end only."""


class FileRange:
    """A stretch of a file.

    Raises:
        ImageError: on reading, where the file ends before the stretch does.
    """

    def __init__(self, path: Path, start: int = 0, size: int | None = None) -> None:
        """Open the file.

        Args:
            path: the file.
            start: where the stretch begins, bytes.
            size: its length, bytes; to the end of the file by default.

        Raises:
            ImageError: where it cannot be opened.
        """
        try:
            self._file = path.open("rb", buffering=0)
            self.size = path.stat().st_size - start if size is None else size
        except OSError as error:
            raise ImageError(f"{path}: {error.strerror}") from error
        self._path = path
        self._at = start
        self._end = start + self.size
        self._file.seek(start)

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        size = min(size, self._end - self._at)
        if size <= 0:
            return b""
        try:
            data = self._file.read(size) or b""
        except OSError as error:
            raise ImageError(f"{self._path}: {error.strerror}") from error
        if not data:
            raise ImageError(f"{self._path} ends at byte {self._at}, before what it should hold")
        self._at += len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over the next bytes without reading them."""
        size = min(size, self._end - self._at)
        self._at += size
        self._file.seek(self._at)
        return size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


class Hashed:
    """A stream that computes the digest of what is read from it."""

    def __init__(self, stream: Stream, algorithm: str) -> None:
        self._stream = stream
        self._digest = hashlib.new(algorithm)

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        data = self._stream.read(size)
        self.update(data)
        return data

    def update(self, data: bytes) -> None:
        """Take in bytes of the stream that were read elsewhere."""
        self._digest.update(data)

    def skip(self, size: int) -> int:
        """Pass over the next bytes."""
        return _read_over(self, size)

    def hexdigest(self) -> str:
        """The digest of the whole stream; what is left of it is read."""
        while self.read(PIECE):
            pass
        return self._digest.hexdigest()


class Rewound:
    """A stream whose first bytes have already been read."""

    def __init__(self, head: bytes, stream: Stream) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        if not self._head:
            return self._stream.read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data

    def skip(self, size: int) -> int:
        """Pass over the next bytes."""
        within = min(size, len(self._head))
        self._head = self._head[within:]
        return within + self._stream.skip(size - within)


def _read_over(stream: Stream, size: int) -> int:
    left = size
    while left > 0 and (data := stream.read(min(left, PIECE * 4))):
        left -= len(data)
    return size - left


class _Decoder(Protocol):
    """What zlib and isal have in common."""

    @property
    def unconsumed_tail(self) -> bytes: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Unpacked:
    """What a compressed stream unpacks to, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.unpacked = 0

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        data = self._unpack(size)
        self.unpacked += len(data)
        if self.unpacked > self._limit:
            raise BoundReached(f"unpacks to more than {self._limit:,} bytes, far more than what is stored")
        return data

    def skip(self, size: int) -> int:
        """Pass over the next bytes."""
        return _read_over(self, size)

    def _unpack(self, size: int) -> bytes:
        raise NotImplementedError


class Gunzipped(_Unpacked):
    """What a gzip stream, of one or several members, unpacks to."""

    def __init__(self, packed: Stream, limit: int) -> None:
        super().__init__(limit)
        self._packed = packed
        self._new_decoder, self._error = _gzip_decoder()
        self._decoder = self._new_decoder()
        self._input = b""
        self._done = False

    def _unpack(self, size: int) -> bytes:
        while not self._done:
            if not self._input:
                self._input = self._packed.read(_PACKED_PIECE)
            ended = not self._input
            try:
                data = self._decoder.decompress(self._input, size)
            except self._error as error:
                raise ImageError(f"damaged gzip data: {error}") from error
            if self._decoder.eof:
                self._next_member(self._decoder.unused_data)
            else:
                self._input = self._decoder.unconsumed_tail
                if ended and not data:
                    raise ImageError("ends in the middle of gzip data")
            if data:
                return data
        return b""

    def _next_member(self, rest: bytes) -> None:
        # zeros may pad a member
        rest = rest.lstrip(b"\0")
        while len(rest) < len(_GZIP) and (more := self._packed.read(_PACKED_PIECE)):
            rest = (rest + more).lstrip(b"\0")
        # what follows the last member is passed over, as gzip does
        self._done = not rest.startswith(_GZIP)
        self._input = rest
        self._decoder = self._new_decoder()


def _gzip_decoder() -> tuple[Callable[[], _Decoder], type[Exception]]:
    try:
        from isal import isal_zlib
    except ImportError:
        return (lambda: zlib.decompressobj(31)), zlib.error
    return (lambda: isal_zlib.decompressobj(31)), isal_zlib.error  # type: ignore[return-value]  # a class, not as its stub says


class Unzstandard(_Unpacked):
    """What a zstd stream, of one or several frames, unpacks to."""

    def __init__(self, packed: Stream, limit: int) -> None:
        super().__init__(limit)
        import zstandard

        decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        self._error = zstandard.ZstdError
        self._reader = decompressor.stream_reader(
            packed,  # type: ignore[arg-type]  # only read() is called
            read_size=_PACKED_PIECE,
            read_across_frames=True,
            closefd=False,
        )

    def _unpack(self, size: int) -> bytes:
        try:
            return self._reader.read(size)
        except self._error as error:
            raise ImageError(f"damaged zstd data: {error}") from error


def compression(head: bytes) -> str:
    """The compression that the first bytes of a stream show: `gzip`, `zstd`, "" for none.

    Raises:
        ImageError: where it is one that is not read.
    """
    if head.startswith(_GZIP):
        return "gzip"
    # a skippable frame may come first
    if head.startswith(_ZSTD) or (head[1:4] == b"\x2a\x4d\x18" and head[:1] in b"PQRSTUVWXYZ[\\]^_"):
        return "zstd"
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise ImageError(f"is compressed with {name}: only gzip and zstd are read")
    return ""


def unpacked(packed: Stream, kind: str, limit: int) -> Gunzipped | Unzstandard:
    """What a compressed stream unpacks to.

    Args:
        packed: the compressed bytes.
        kind: `gzip` or `zstd`.
        limit: bytes after which `BoundReached` is raised.
    """
    return Gunzipped(packed, limit) if kind == "gzip" else Unzstandard(packed, limit)
