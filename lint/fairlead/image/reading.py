"""The entries of an image's layers, lowest first.

Compressed layers are unpacked side by side: the decoders leave the interpreter free. In an archive that is compressed
as a whole the layers are taken as they come.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fairlead.image.bounds import (
    ENTRIES,
    NAMES_BYTES,
    BoundReached,
    ImageError,
    image_limit,
    shown,
    unpacked_limit,
)
from fairlead.image.manifest import LayerPart, Manifest, choose
from fairlead.image.store import Archive, Directory, RandomAccess, Store, open_store
from fairlead.image.streams import Hashed, Rewound, Stream, compression, unpacked
from fairlead.image.tar import Entry, TarReader

_HEAD = 16
_WORKERS = 4


@dataclass(eq=False)
class LayerEntries:
    """What a layer holds.

    Attributes:
        entries: in the order of the archive.
        complete: whether that is all of it.
        notes: what is odd about the layer, for people.
        names: the length of all names, characters.
        unpacked: what it unpacks to as far as it was read, bytes; 0 for a plain one.
        present: whether the archive holds the layer at all.
    """

    entries: list[Entry]
    complete: bool
    notes: list[str]
    names: int = 0
    unpacked: int = 0
    present: bool = True


class Image:
    """An image in an archive or directory.

    Attributes:
        path: the archive or directory.
        manifest: the image.
    """

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self.path = store.path
        self.manifest = manifest
        self._store = store
        self._stopped = False
        stored = sum({part.part: part.stored for part in manifest.layers}.values())
        # in an archive that is compressed as a whole the parts may be larger than it is
        self._limit = image_limit(min(stored, store.path.stat().st_size) if store.path.is_file() else stored)

    def layers(self) -> Iterator[LayerEntries]:
        """The layers, lowest first, each read when it is taken.

        Raises:
            ImageError: where one is damaged.
        """
        left = _Left(self._limit)
        store = self._store
        reading = self._side_by_side(store) if isinstance(store, Archive | Directory) else self._as_they_come()
        try:
            for _ in self.manifest.layers:
                yield left.take(next(reading)) if left.any else _unread()
        finally:
            self._stopped = True
            reading.close()

    def _side_by_side(self, store: RandomAccess) -> Generator[LayerEntries, None, None]:
        waiting: deque[LayerEntries | Future[LayerEntries]] = deque()
        parts = enumerate(self.manifest.layers, start=1)
        workers = min(_WORKERS, os.cpu_count() or 1)
        with ThreadPoolExecutor(workers) as pool:
            while True:
                while len(waiting) < workers and (item := next(parts, None)) is not None:
                    number, part = item
                    waiting.append(pool.submit(self._read_part, store, number, part) if part.part else _left_out(part))
                if not waiting:
                    return
                first = waiting.popleft()
                yield first.result() if isinstance(first, Future) else first

    def _read_part(self, store: RandomAccess, number: int, part: LayerPart) -> LayerEntries:
        with store.open(part.part) as stream:
            return self._read(number, part, stream)

    def _as_they_come(self) -> Generator[LayerEntries, None, None]:
        by_part: dict[str, list[int]] = {}
        for at, part in enumerate(self.manifest.layers):
            if part.part:
                by_part.setdefault(part.part, []).append(at)
        read: dict[int, LayerEntries] = {}
        left = _Left(self._limit)
        for name, stream in self._store.streams(by_part):
            first = by_part[name][0]
            # all of them are held until the last one is read
            held = left.take(self._read(first + 1, self.manifest.layers[first], stream)) if left.any else _unread()
            read.update(dict.fromkeys(by_part[name], held))
        for at, part in enumerate(self.manifest.layers):
            if part.part and at not in read:
                raise ImageError(f"{self.path} has changed while it was read")
            yield read.pop(at) if part.part else _left_out(part)

    def _read(self, number: int, part: LayerPart, stream: Stream) -> LayerEntries:
        where = f"layer {number} ({shown(part.label)})"
        try:
            return self._entries(part, stream)
        except ImageError as error:
            text = str(error)
            if text.startswith(str(self.path)):
                raise
            raise ImageError(f"{self.path}: {where} {text}") from error

    def _entries(self, part: LayerPart, stream: Stream) -> LayerEntries:
        notes = []
        if part.described.size is not None and part.described.size != part.stored:
            notes.append(f"the layer is {part.stored:,} bytes, not {part.described.size:,} as the manifest says")
        hashed = Hashed(stream, part.described.algorithm) if part.described.part else None
        source: Stream = hashed or stream
        head = _head(stream)
        kind = compression(head)
        if not kind:
            # its content is stepped over, so there is no digest to compare
            return self._collected(TarReader(Rewound(head, stream)), notes)
        if hashed is not None:
            hashed.update(head)
        decoded = unpacked(Rewound(head, source), kind, min(self._limit, unpacked_limit(part.stored)))
        found = self._collected(TarReader(decoded), notes)
        found.unpacked = decoded.unpacked
        if hashed is not None and found.complete and hashed.hexdigest() != part.described.digest.partition(":")[2]:
            notes.append("the layer does not have the digest that the manifest says")
        return found

    def _collected(self, reader: TarReader, notes: list[str]) -> LayerEntries:
        entries: list[Entry] = []
        names = 0
        try:
            for entry in reader:
                entries.append(entry)
                names += len(entry.name) + len(entry.target)
                if len(entries) > ENTRIES or names > NAMES_BYTES:
                    raise BoundReached(f"has more than {ENTRIES:,} entries, or too long names")
                if self._stopped:
                    raise BoundReached("is no longer needed")
        except BoundReached as reached:
            notes.append(f"the layer {reached}; what follows is not read")
            return LayerEntries(entries, complete=False, notes=notes, names=names)
        return LayerEntries(entries, complete=True, notes=notes, names=names)


class _Left:
    """What the layers of an image may still hold and unpack to."""

    def __init__(self, unpacked: int) -> None:
        self._unpacked = unpacked
        self._entries = ENTRIES
        self._names = NAMES_BYTES

    @property
    def any(self) -> bool:
        """Whether a further layer may be read."""
        return self._unpacked > 0 and self._entries > 0 and self._names > 0

    def take(self, layer: LayerEntries) -> LayerEntries:
        """Count a layer in."""
        self._unpacked -= layer.unpacked
        self._entries -= len(layer.entries)
        self._names -= layer.names
        return layer


def _unread() -> LayerEntries:
    return LayerEntries([], complete=False, notes=["the layer is not read: those below it hold too much"])


def _left_out(part: LayerPart) -> LayerEntries:
    what = shown(part.described.media_type) or "it is loaded from elsewhere"
    return LayerEntries([], complete=False, notes=[f"the layer is not in the archive: {what}"], present=False)


def _head(stream: Stream) -> bytes:
    head = b""
    while len(head) < _HEAD and (data := stream.read(_HEAD - len(head))):
        head += data
    return head


def open_image(path: Path, platform: str | None = None, name: str = "") -> Image:
    """The image in an archive or directory.

    Args:
        path: a tar archive of `docker save`, plain or compressed; an OCI layout, as a directory or a tar archive.
        platform: such as `linux/arm64/v8`; by default linux/amd64, or the only one that there is.
        name: a name or tag, where it holds several images.

    Raises:
        ImageError: where it is no image, or none that the arguments name.
    """
    store = open_store(path)
    return Image(store, choose(store, platform, name))
