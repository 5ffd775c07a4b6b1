"""What became of the inputs of Dockerfiles that are to be pinned: for a person, as JSON, as a diff."""

from __future__ import annotations

import difflib
import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from fairlead import __version__
from fairlead.finding import JsonValue
from fairlead.pinning.pinnable import Pinnable
from fairlead.pinning.plan import FilePlan, Mode, Outcome, Status
from fairlead.reading import RunError
from fairlead.report.excerpt import Segment, printable
from fairlead.report.text import Line, counted
from fairlead.syntax.source import Source

FORMAT_VERSION = "1"
_STYLES = {
    Status.PINNED: "info",
    Status.UPDATED: "info",
    Status.MOVED: "error",
    Status.UNPINNED: "warning",
    Status.FAILED: "error",
}
_HEX_SHOWN = 12


@dataclass(frozen=True)
class PinReport:
    """A run.

    Attributes:
        files: what becomes of each file.
        written: the paths of the files that were written.
        mode: what was wanted.
        diff: whether only a diff was wanted.
        errors: files that could not be read or written, and questions without an answer.
    """

    files: tuple[FilePlan, ...]
    written: frozenset[str]
    mode: Mode
    diff: bool
    errors: tuple[RunError, ...]

    def count(self, *statuses: Status) -> int:
        """How many inputs have one of these statuses."""
        return sum(outcome.status in statuses for file in self.files for outcome in file.outcomes)


def render(report: PinReport, *, width: int) -> list[Line]:
    """The lines of a report; what failed stands among the errors.

    Args:
        report: the run.
        width: cells in a line.
    """
    rows = [
        (f"{printable(file.source.path)}:{outcome.input.line}", outcome)
        for file in report.files
        for outcome in file.outcomes
        if outcome.status is not Status.FAILED
    ]
    places = min(max((cell_len(place) for place, _ in rows), default=0), width // 3)
    lines: list[Line] = []
    for place, outcome in rows:
        lines.extend(_row(place, outcome, places, max(width, 60)))
    if lines:
        lines.append([])
    return [*lines, [Segment(_summary(report), "strong")]]


def _row(place: str, outcome: Outcome, places: int, width: int) -> Iterator[Line]:
    name = printable(outcome.input.name)
    head = f"{place}{' ' * (places - cell_len(place))}  "
    margin = places + 2 + max(len(status) for status in Status) + 2
    status = Segment(f"{outcome.status:<{margin - places - 4}}  ", _STYLES.get(outcome.status, ""))
    value = _values(outcome)
    one_line = cell_len(head) + len(status.text) + cell_len(name) + 2 + len(value) <= width
    yield [
        Segment(head, "place"), status, Segment(name), *([Segment("  " + value)] if value and one_line else []),
    ]  # fmt: skip
    if value and not one_line:
        yield [Segment(" " * margin + value)]
    if outcome.reason:
        for line in textwrap.wrap(printable(outcome.reason), width - margin, break_on_hyphens=False):
            yield [Segment(" " * margin + line)]


def _values(outcome: Outcome) -> str:
    if outcome.status in (Status.MOVED, Status.UPDATED):
        return f"{_short(outcome.input.pin)} -> {_short(outcome.value)}"
    return _short(outcome.value or outcome.input.pin)


def _short(value: str) -> str:
    """A digest or a commit, cut so that people can compare it."""
    return re.sub(rf"([0-9a-f]{{{_HEX_SHOWN}}})[0-9a-f]+$", r"\1", printable(value))


def _summary(report: PinReport) -> str:
    counts = Counter(outcome.status for file in report.files for outcome in file.outcomes)
    if not counts:
        return "Nothing that can be pinned." if report.files else "No file was read."
    said = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    if report.mode.offline:
        return f"{said}. Offline: nobody was asked."
    if report.mode.check:
        return f"{said}."
    written = counted(len(report.written), "file") if report.written else "Nothing is"
    return f"{said}. {written} written."


def notes(report: PinReport) -> list[str]:
    """What a diff does not show: one line for each input that stays without a pin."""
    return [
        f"{file.source.path}:{outcome.input.line}: {outcome.input.name} is not pinned"
        + (f": {outcome.reason}" if outcome.reason else "")
        for file in report.files
        for outcome in file.outcomes
        if outcome.status in (Status.UNPINNED, Status.MOVED)
    ]


def document(report: PinReport) -> str:
    """The report as JSON."""
    found: dict[str, JsonValue] = {
        "version": FORMAT_VERSION,
        "tool": {"name": "fairlead", "version": __version__},
        "files": [
            {
                "path": file.source.path,
                "written": file.source.path in report.written,
                "inputs": [_as_json(outcome) for outcome in file.outcomes],
                **({"diff": "".join(diff(file))} if report.diff else {}),
            }
            for file in report.files
        ],
        "summary": {str(status): report.count(status) for status in Status},
        "errors": [{"path": error.path, "message": error.message} for error in report.errors],
    }
    return json.dumps(found, indent=2) + "\n"


def _as_json(outcome: Outcome) -> dict[str, JsonValue]:
    entry: Pinnable = outcome.input
    return {
        "kind": entry.kind,
        "name": entry.name,
        "line": entry.token.start.line,
        "column": entry.token.start.column,
        "status": str(outcome.status),
        "pin": entry.pin or None,
        "found": outcome.value or None,
        "reason": outcome.reason or None,
    }


def diff(file: FilePlan) -> list[str]:
    """The change of a file in unified format, each line with its ending, as `git apply` and `patch -p1` take it."""
    after = Source(file.source.path, file.after)
    name = file.source.path.replace("\\", "/").lstrip("/")
    lines = difflib.unified_diff(_lines(file.source.text), _lines(after.text), f"a/{name}", f"b/{name}")
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]


def _lines(text: str) -> Sequence[str]:
    """Lines end at line feeds only, as patch sees them."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
