"""Bytes in words: decimal units, as `docker images` and `docker history` have them."""

from __future__ import annotations

from fairlead.analysis.weight import Figure

_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")


def size(count: int, *, digits: int = 3) -> str:
    """A number of bytes with its unit, to so many digits: `53.0 kB`."""
    if count < 1000:
        return f"{_rounded(count, digits):.0f} B"
    value = float(count)
    for unit in _UNITS:
        value /= 1000
        shown = _rounded(value, digits)
        if shown < 1000 or unit == _UNITS[-1]:
            break
    whole = len(str(int(shown)))
    return f"{shown:.{max(digits - whole, 0)}f} {unit}"


def figure(found: Figure) -> str:
    """A figure for a table: an exact one bare, `~` before an estimate, `?` for what is not known."""
    if found.unknown and not found.bytes:
        return "?"
    said = f"~{size(found.bytes, digits=2)}" if found.about else size(found.bytes)
    return f"{said} +?" if found.unknown else said


def figure_words(found: Figure) -> str:
    """A figure for a sentence."""
    if found.unknown and not found.bytes:
        return "an unknown number of bytes"
    said = f"about {size(found.bytes, digits=2)}" if found.about else size(found.bytes)
    return f"at least {said}" if found.unknown else said


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
