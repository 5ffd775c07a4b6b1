"""Figures in words, for a table and for a sentence."""

from __future__ import annotations

from fairlead.analysis.sizes import readable_bytes
from fairlead.analysis.weight import Figure


def figure(found: Figure) -> str:
    """A figure for a table: an exact one bare, `~` before an estimate, `?` for what is not known."""
    if found.unknown and not found.bytes:
        return "?"
    said = readable_bytes(found.bytes, about=found.about, brief=True)
    return f"{'~' if found.about else ''}{said}{' +?' if found.unknown else ''}"


def figure_words(found: Figure) -> str:
    """A figure for a sentence."""
    if found.unknown and not found.bytes:
        return "an unknown number of bytes"
    said = readable_bytes(found.bytes, about=found.about)
    return f"{'at least ' if found.unknown else ''}{'about ' if found.about else ''}{said}"
