"""How far an image is followed before it is no longer believed, and how that is said.

An archive comes from anywhere. What it may make us read, hold and do is bounded here; none of the bounds is near what
a real image needs.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

DOCUMENT_BYTES = 8 * MIB
"""Of an index, a manifest or a configuration. Registries take manifests of up to 4 MiB."""

DOCUMENTS_BYTES = 128 * MIB
"""Of all that may be such a document, where an archive can only be read from its beginning."""

MEMBERS = 200_000
"""Files of the archive that holds an image."""

MANIFESTS = 1_000
"""Indexes and manifests that are read in search of a platform."""

INDEX_DEPTH = 8
"""Indexes within indexes."""

LAYERS = 4_096
"""Layers of an image; engines take 127."""

HEADER_BYTES = 1 * MIB
"""Of an extended header of a tar archive, as in Go's archive/tar."""

HEADERS = 8_000_000
"""Headers of a layer, extended ones included."""

ENTRIES = 2_000_000
"""Entries of all layers of an image."""

NAMES_BYTES = 512 * MIB
"""Of the names in all layers, characters."""

PATH_LENGTH = 4_096
"""Of a path, characters; the kernel takes no longer one."""

WINDOW_BYTES = 128 * MIB
"""What zstd may look back on, hence what unpacking holds in memory."""

_LAYER_FLOOR = 4 * GIB
_IMAGE_FLOOR = 16 * GIB
_RATIO = 200


class ImageError(Exception):
    """An image that cannot be read; the message is one line and names the file."""


class BoundReached(ImageError):
    """A bound is reached: what was read until then is right, the rest is not known."""


def unpacked_limit(stored: int) -> int:
    """The bytes that a compressed layer or archive of `stored` bytes may unpack to.

    Real layers unpack to some times their size; thousands of times is what a bomb does, or a file that is one big hole.
    """
    return max(_LAYER_FLOOR, _RATIO * stored)


def image_limit(stored: int) -> int:
    """The bytes that all layers of an image of `stored` bytes on disk may unpack to together."""
    return max(_IMAGE_FLOOR, _RATIO * stored)


def shown(name: str) -> str:
    """A name out of an archive for a message: in one line, without control characters, not too long."""
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name[:200])
    return text if len(text) <= 120 else text[:117] + "..."
