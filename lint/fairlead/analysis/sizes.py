"""Sizes in bytes as far as they are known, and how people read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")
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
        """For people: `48.3 MB`, `about 20 MB`, `more than 3.00 MB`; "" where nothing worth a word is known."""
        if not self.complete:
            return f"more than {readable_bytes(self.bytes)}" if self.bytes >= SMALL else ""
        return f"about {readable_bytes(self.bytes, about=True)}" if self.source else readable_bytes(self.bytes)

    @property
    def with_article(self) -> str:
        """As the subject of a sentence: `the 48.3 MB`, `about 20 MB`, `more than 3.00 MB`; "" as in `text`."""
        return f"the {self.text}" if self.text[:1].isdecimal() else self.text


def readable_bytes(count: int, *, about: bool = False, brief: bool = False) -> str:
    """A number of bytes for people, in decimal units as `docker images` has them: `48.3 MB`, `53.0 kB`, `97 bytes`.

    Args:
        count: bytes.
        about: it is an estimate: two digits in place of three.
        brief: for a table: `97 B`.
    """
    digits = 2 if about else 3
    shown = _rounded(count, digits)
    if shown < 1000:
        return f"{shown:.0f} B" if brief else "1 byte" if shown == 1 else f"{shown:.0f} bytes"
    power = next((n for n in range(1, len(_UNITS)) if _rounded(count / 1000**n, digits) < 1000), len(_UNITS))
    shown = _rounded(count / 1000**power, digits)
    whole = len(str(int(shown)))
    return f"{shown:.{max(digits - whole, 0)}f} {_UNITS[power - 1]}"


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
