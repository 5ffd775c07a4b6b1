"""Sizes in bytes as far as they are known, and how people read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SMALL = 1_000_000
"""Bytes below which nobody changes a Dockerfile to save them: about a hundredth of a small image."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of one or several files.

    Attributes:
        bytes: of those whose size is known.
        complete: whether all are.
        source: where an estimate comes from, "" where the figure is exact.
    """

    bytes: int = 0
    complete: bool = True
    source: str = ""

    @classmethod
    def total(cls, sizes: Iterable[Size]) -> Size:
        """All of them together."""
        listed = list(sizes)
        return cls(
            sum(size.bytes for size in listed),
            all(size.complete for size in listed),
            next((size.source for size in listed if size.source), ""),
        )

    @property
    def known(self) -> int | None:
        """The bytes; None where not all are known."""
        return self.bytes if self.complete else None

    @property
    def is_small(self) -> bool:
        """Whether it is certain that it is next to nothing."""
        return self.complete and self.bytes < SMALL

    @property
    def text(self) -> str:
        """For people: `48.3 MB`, `about 19.9 MB`, `more than 3.0 MB`; "" where nothing worth a word is known."""
        if not self.complete:
            return f"more than {readable_bytes(self.bytes)}" if self.bytes >= SMALL else ""
        return f"{'about ' if self.source else ''}{readable_bytes(self.bytes)}"

    @property
    def with_article(self) -> str:
        """As the subject of a sentence: `the 48.3 MB`, `about 19.9 MB`, `more than 3.0 MB`; "" as in `text`."""
        return f"the {self.text}" if self.text[:1].isdecimal() else self.text


def readable_bytes(count: int) -> str:
    """A number of bytes for people, in decimal units: `48.3 MB`."""
    for unit, size in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        # what would be rounded to 1000.0 takes the next unit
        if count >= size - size // 20_000:
            return f"{count / size:.1f} {unit}"
    return "1 byte" if count == 1 else f"{count} bytes"
