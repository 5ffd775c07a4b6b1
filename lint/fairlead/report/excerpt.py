"""Source lines with marks under the exact words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from fairlead.syntax.source import Range, Source

TAB = "    "
_MAX_LINES = 8
_CLIPPED = "..."
_UNPRINTABLE = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff\ud800-\udfff]")


class Segment(NamedTuple):
    """A piece of a printed line and its style: `place`, `mark`, `related` or "" for none."""

    text: str
    style: str = ""


class Mark(NamedTuple):
    """Words to mark: `^` under those that a finding is about, `-` and a message under related ones."""

    ranges: tuple[Range, ...]
    style: str
    message: str = ""


class _LineMark(NamedTuple):
    first: int
    last: int
    style: str
    message: str


def printable(text: str) -> str:
    """Text without what would move the cursor, reorder it or can't be encoded; tabs are kept."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def draw(source: Source, marks: Sequence[Mark], width: int) -> list[list[Segment]]:
    """The marked lines of a source, at most `width` cells wide, with `...` where lines are left out.

    A line that is too long is cut on both sides of what is marked in it.
    """
    by_line: dict[int, list[_LineMark]] = {}
    for mark in marks:
        for line, line_mark in _by_line(source, mark):
            by_line.setdefault(line, []).append(line_mark)
    numbers = _chosen(by_line)
    margin = len(str(max(numbers)))
    drawn: list[list[Segment]] = []
    previous = None
    for number in numbers:
        if previous is not None and number > previous + 1:
            drawn.append([Segment(f"{'.' * 3:>{margin}}", "place")])
        drawn.extend(_draw_line(source.line_text(number), number, margin, by_line[number], width))
        previous = number
    hidden = len(by_line) - len(numbers)
    if hidden:
        drawn.append([Segment(f"{'.' * 3:>{margin}} and {hidden} more {'line' if hidden == 1 else 'lines'}", "place")])
    return drawn


def _by_line(source: Source, mark: Mark) -> Iterable[tuple[int, _LineMark]]:
    pieces: list[tuple[int, int, int]] = []
    for place in mark.ranges:
        for line in range(place.start.line, place.end.line + 1):
            if line > source.line_count:
                break
            text = source.line_text(line)
            first = place.start.column - 1 if line == place.start.line else len(text) - len(text.lstrip())
            last = place.end.column - 1 if line == place.end.line else len(text)
            if last > first or place.start == place.end:
                pieces.append((line, first, max(last, first + 1)))
    for at, (line, first, last) in enumerate(pieces):
        yield line, _LineMark(first, last, mark.style, mark.message if at == 0 else "")


def _chosen(by_line: dict[int, list[_LineMark]]) -> list[int]:
    """The lines that are shown: those with related words first give way."""
    numbers = sorted(by_line)
    if len(numbers) <= _MAX_LINES:
        return numbers
    own = [number for number in numbers if any(mark.style == "mark" for mark in by_line[number])]
    others = [number for number in numbers if number not in own]
    return sorted((own + others)[:_MAX_LINES])


def _draw_line(text: str, number: int, margin: int, marks: list[_LineMark], width: int) -> list[list[Segment]]:
    room = max(width - margin - 3, 24)
    low, high = _window(text, marks, room)
    before, after = _CLIPPED if low else "", _CLIPPED if high < len(text) else ""
    drawn = [[Segment(f"{number:>{margin}} | ", "place"), Segment(before + _cells(text[low:high]) + after)]]
    # the words of the finding and those related to it may overlap: each kind has a line of its own then
    for group in _groups(marks):
        under = [Segment(f"{'':>{margin}} | ", "place")]
        at = 0
        for mark in group:
            first, last = max(mark.first, low), min(max(mark.last, low + 1), max(high, mark.first + 1))
            column = len(before) + cell_len(_cells(text[low:first]))
            cells = max(cell_len(_cells(text[first:last])), 1)
            under.append(Segment(" " * (column - at)))
            under.append(Segment(("^" if mark.style == "mark" else "-") * cells, mark.style))
            at = column + cells
        message = group[-1].message
        if message and at + 1 + cell_len(message) <= room:
            under.append(Segment(f" {message}", "related"))
            message = ""
        drawn.append(under)
        if message:
            drawn.append([Segment(f"{'':>{margin}} | ", "place"), Segment(fit(message, room), "related")])
    return drawn


def _groups(marks: list[_LineMark]) -> list[list[_LineMark]]:
    groups: list[list[_LineMark]] = []
    for mark in sorted(marks):
        for group in groups:
            if group[-1].last <= mark.first and not group[-1].message:
                group.append(mark)
                break
        else:
            groups.append([mark])
    return groups


def _window(text: str, marks: list[_LineMark], room: int) -> tuple[int, int]:
    """The part of a line that is shown."""
    if cell_len(_cells(text)) <= room:
        return 0, len(text)
    room -= 2 * len(_CLIPPED)
    first = min(mark.first for mark in marks)
    last = max(mark.last for mark in marks if mark.style == marks[0].style)
    low = 0 if last <= room else max(0, min(first - 8, last - room + 8 if last - first < room - 8 else first - 8))
    high = low
    cells = 0
    while high < len(text):
        cells += cell_len(_cells(text[high]))
        if cells > room:
            break
        high += 1
    return low, high


def _cells(text: str) -> str:
    return printable(text).replace("\t", TAB)


def fit(text: str, room: int) -> str:
    """A text cut to a number of cells."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, max(room - len(_CLIPPED), 0)) + _CLIPPED[: max(room, 0)]
