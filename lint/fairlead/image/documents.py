"""The documents of an image: JSON of which nothing is taken on trust."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fairlead.image.bounds import ImageError, shown
from fairlead.image.store import Store

_DIGEST = re.compile(r"(sha256|sha384|sha512):([0-9a-f]{64,128})")

Json = object
"""What json.loads gives."""


def read_document(store: Store, name: str) -> Json:
    """A document; None where there is none of that name.

    Raises:
        ImageError: where it is not JSON, or cannot be read.
    """
    data = store.document(name)
    if data is None:
        return None
    try:
        parsed: Json = json.loads(data)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ImageError(f"{store.path}: {shown(name)} is not JSON: {reason}") from error
    return parsed


def mapping(value: Json) -> Mapping[str, Json]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Json) -> Sequence[Json]:
    """The value where it is an array, else an empty one."""
    return value if isinstance(value, list) else ()


def text(value: Json) -> str:
    """The value where it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def texts(value: Json) -> list[str]:
    """The strings of an array."""
    return [item for item in sequence(value) if isinstance(item, str)]


class Descriptor(NamedTuple):
    """A reference to a document or a layer.

    Attributes:
        digest: such as `sha256:...`.
        size: bytes; None where it is not said.
        media_type: what it is said to be.
    """

    digest: str
    size: int | None
    media_type: str

    @property
    def part(self) -> str:
        """The path of the part that it refers to, "" where the digest is none."""
        match = _DIGEST.fullmatch(self.digest)
        return f"blobs/{match[1]}/{match[2]}" if match else ""

    @property
    def algorithm(self) -> str:
        """The name of the digest's algorithm, as hashlib knows it."""
        return self.digest.partition(":")[0]

    @property
    def short(self) -> str:
        """The digest for people."""
        return shown(self.digest[:19]) or "no digest"


def descriptor(value: Json) -> Descriptor:
    """A descriptor; what is missing or malformed is empty."""
    fields = mapping(value)
    size = fields.get("size")
    known = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
    return Descriptor(text(fields.get("digest")), known, text(fields.get("mediaType")))


def read_described(store: Store, described: Descriptor, notes: list[str]) -> Mapping[str, Json] | None:
    """The document that a descriptor refers to; None where it is missing. A digest that is not its own is noted.

    Raises:
        ImageError: where it is not a JSON object, or cannot be read.
    """
    part = described.part
    if not part:
        raise ImageError(f"{store.path}: {shown(described.digest)!r} is not a digest")
    data = store.document(part)
    if data is None:
        return None
    parsed = read_document(store, part)
    if not isinstance(parsed, dict):
        raise ImageError(f"{store.path}: {shown(part)} is not a JSON object")
    if hashlib.new(described.algorithm, data).hexdigest() != described.digest.partition(":")[2]:
        note = f"the document {described.short} does not have that digest"
        if note not in notes:
            notes.append(note)
    return parsed
