"""Tar archives, read header by header as a stream.

Reads v7, ustar, GNU and PAX archives as the engines' reader does (Go's archive/tar): header-only types have no content,
global extended headers count for nothing. Python's tarfile takes several times as long, and more on trust.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from fairlead.image.bounds import HEADER_BYTES, HEADERS, BoundReached, ImageError
from fairlead.image.streams import PIECE, Stream

EntryType = Literal["file", "dir", "symlink", "hardlink", "other"]

_BLOCK = 512
_ZEROS = bytes(_BLOCK)
# adler32 holds the sum of all bytes modulo this number: a checksum in one call
_ADLER = 65521
_FIRST_READ = 4 * 1024
_LARGEST = 1 << 62
_OWNERS = 10_000

_TYPES: dict[int, EntryType] = {
    ord("1"): "hardlink",
    ord("2"): "symlink",
    ord("3"): "other",
    ord("4"): "other",
    ord("5"): "dir",
    ord("6"): "other",
}
_NO_CONTENT = frozenset(_TYPES)
_EXTENDED = frozenset(b"xgXLK")


class Entry(NamedTuple):
    """A file, directory or link of an archive.

    Attributes:
        name: as written; undecodable bytes are surrogate escapes.
        type: `other` is a device or a pipe.
        bytes: of a file's content, holes of a sparse file included; 0 for the others.
        mode: permission bits.
        uid: owner.
        gid: group.
        target: of a link, as written; "" for the others.
        offset: where the content begins in the archive, bytes.
        stored: the length of the content in the archive, bytes.
    """

    name: str
    type: EntryType
    bytes: int
    mode: int
    uid: int
    gid: int
    target: str
    offset: int
    stored: int


class TarReader:
    """Iterates over the entries of an archive; between two of them the content of the first may be read.

    Raises:
        ImageError: while iterating, where the archive is damaged or ends too early.
        BoundReached: while iterating, where it has more headers than `bounds.HEADERS`.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._base = 0
        self._next = 0
        self._content_end = 0
        self._piece = _FIRST_READ
        self._owners: dict[bytes, tuple[int, int, int]] = {}
        self._headers = 0

    def __iter__(self) -> Iterator[Entry]:
        extended: dict[str, str] = {}
        while block := self._header():
            kind = block[156]
            if kind in _EXTENDED:
                self._extend(extended, block, kind)
                continue
            entry = self._entry(block, kind, extended)
            if extended:
                extended = {}
            yield entry
        if extended:
            raise ImageError("ends after an extended header")

    def read(self, size: int, /) -> bytes:
        """The next bytes of the content of the entry that came last; b"" at its end."""
        size = min(size, self._content_end - self._base - self._at)
        if size <= 0:
            return b""
        if self._at >= len(self._buffer):
            self._fill(1)
        data = self._buffer[self._at : self._at + size]
        if not data:
            raise ImageError("ends in the middle of a file")
        self._at += len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over the next bytes of the content of the entry that came last."""
        before = self._base + self._at
        self._pass_to(min(before + size, self._content_end))
        return self._base + self._at - before

    def _header(self) -> bytes:
        """The next header; b"" at the end of the archive."""
        self._headers += 1
        if self._headers > HEADERS:
            raise BoundReached(f"has more than {HEADERS:,} headers")
        self._pass_to(self._next)
        block = self._take(_BLOCK)
        if len(block) < _BLOCK:
            if block:
                raise ImageError("ends in the middle of a header" if self._next else "is not a tar archive")
            if self._base + self._at < self._content_end:
                raise ImageError("ends in the middle of a file")
            # umoci leaves out the zeros that mark the end
            return b""
        if block[0] == 0 and block == _ZEROS:
            return b""
        if not _has_valid_checksum(block):
            where = f"has a damaged header at byte {self._next:,}" if self._next else "is not a tar archive"
            raise ImageError(where)
        self._next += _BLOCK
        return block

    def _entry(self, block: bytes, kind: int, extended: Mapping[str, str]) -> Entry:
        owner = block[100:124]
        known = self._owners.get(owner)
        if known is None:
            known = (_number(owner[:8]) & 0o7777, _number(owner[8:16]), _number(owner[16:]))
            if len(self._owners) < _OWNERS:
                self._owners[owner] = known
        mode, uid, gid = known
        size = _number(block[124:136])
        name = _text(block[:100])
        if block[345] and block[257:263] == b"ustar\0":
            name = f"{_text(block[345:500])}/{name}"
        target = _text(block[157:257]) if block[157] else ""
        sparse = None
        if kind == 0x53:
            sparse = _number(block[483:495])
            self._pass_sparse_map(block)
        if extended:
            name = extended.get("GNU.sparse.name") or extended.get("path", name)
            target = extended.get("linkpath", target)
            size = _decimal(extended, "size", size)
            uid = _decimal(extended, "uid", uid)
            gid = _decimal(extended, "gid", gid)
            if "GNU.sparse.size" in extended or "GNU.sparse.realsize" in extended:
                sparse = _decimal(extended, "GNU.sparse.realsize", _decimal(extended, "GNU.sparse.size", 0))
        type_ = _TYPES.get(kind, "file")
        if type_ == "file" and kind == 0 and name.endswith("/"):
            type_ = "dir"
        if kind in _NO_CONTENT:
            size = 0
        if not 0 <= size < _LARGEST or (sparse is not None and not 0 <= sparse < _LARGEST):
            raise ImageError(f"has an entry of {size if sparse is None else sparse} bytes")
        offset = self._next
        self._content_end = offset + size
        self._next = offset + (size + 511 & -512)
        real = 0 if type_ != "file" else size if sparse is None else sparse
        return Entry(name, type_, real, mode, uid, gid, target if kind in (0x31, 0x32) else "", offset, size)

    def _extend(self, extended: dict[str, str], block: bytes, kind: int) -> None:
        """Take in an extended header, which speaks of the entry that follows."""
        size = _number(block[124:136])
        if not 0 <= size <= HEADER_BYTES:
            raise ImageError(f"has an extended header of {size} bytes")
        data = self._take(size)
        if len(data) < size:
            raise ImageError("ends in the middle of an extended header")
        self._next += size + 511 & -512
        if kind == 0x4C:
            extended["path"] = _text(data)
        elif kind == 0x4B:
            extended["linkpath"] = _text(data)
        elif kind != 0x67:
            extended.update(_records(data))

    def _pass_sparse_map(self, block: bytes) -> None:
        more = block[482]
        while more:
            self._headers += 1
            block = self._take(_BLOCK)
            if len(block) < _BLOCK or self._headers > HEADERS:
                raise ImageError("has an endless map of a sparse file")
            self._next += _BLOCK
            more = block[504]

    def _take(self, size: int) -> bytes:
        """The next bytes, fewer only at the end."""
        at = self._at
        if at + size > len(self._buffer):
            self._fill(size)
            at = self._at
        data = self._buffer[at : at + size]
        self._at = at + len(data)
        return data

    def _fill(self, size: int) -> None:
        """Have at least so many bytes at hand, fewer only at the end."""
        rest = self._buffer[self._at :]
        self._base += self._at
        self._at = 0
        parts = [rest]
        have = len(rest)
        while have < size and (data := self._stream.read(max(self._piece, size - have))):
            parts.append(data)
            have += len(data)
        self._buffer = b"".join(parts)
        # small files stand in a row: read ahead; what is skipped need not be read
        self._piece = min(self._piece * 2, PIECE)

    def _pass_to(self, position: int) -> None:
        at = position - self._base
        if at <= len(self._buffer):
            self._at = at
            return
        ahead = at - len(self._buffer)
        self._base += len(self._buffer)
        self._buffer = b""
        self._at = 0
        self._base += self._stream.skip(ahead)
        if ahead > PIECE:
            self._piece = _FIRST_READ


def _has_valid_checksum(block: bytes) -> bool:
    field = block[148:156]
    try:
        claimed = _number(field)
    except ImageError:
        return False
    # the field itself counts as eight blanks
    others = claimed - 8 * 0x20 + sum(field)
    if zlib.adler32(block) & 0xFFFF == (1 + others) % _ADLER:
        return True
    # some old writers summed signed bytes
    signed = sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:])
    return claimed == signed + 8 * 0x20


def _number(field: bytes) -> int:
    """A number in octal digits, or in base 256 as GNU writes large ones."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ~(0x80 << 8 * (len(field) - 1))
        return value - (1 << 8 * len(field) - 1) if field[0] & 0x40 else value
    digits = field.partition(b"\0")[0].strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise ImageError(f"has a number that is none in a header: {digits!r}") from None


def _decimal(records: Mapping[str, str], key: str, default: int) -> int:
    text = records.get(key)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise ImageError(f"has an extended header with {key}={text[:40]!r}")
    return int(text)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _records(data: bytes) -> dict[str, str]:
    """The records of a PAX header: `LENGTH KEY=VALUE` and a line feed each."""
    records: dict[str, str] = {}
    at = 0
    while at < len(data):
        digits, blank, _ = data[at : at + 20].partition(b" ")
        length = int(digits) if blank and digits.isdigit() else 0
        record = data[at + len(digits) + 1 : at + length]
        key, equals, value = record.partition(b"=")
        if not equals or at + length > len(data) or not value.endswith(b"\n"):
            raise ImageError("has a damaged extended header")
        records[_text(key)] = _text(value[:-1])
        at += length
    return records
