"""What a build takes from outside, for a person and as JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from fairlead import __version__
from fairlead.analysis.grades import GRADES, Grade, Input
from fairlead.build.scope import readable
from fairlead.finding import JsonValue
from fairlead.report.excerpt import Segment, printable
from fairlead.report.text import Line, counted

FORMAT_VERSION = "1"
_MIN_WIDTH = 60
_KIND = 12
_ALIGNED = 100
_PROSE = 120
_MEANINGS: dict[Grade, str] = {
    "floating": "the next build can get something else",
    "unknown": "decided by what is not known here",
    "versioned": "a name that can be given to something else",
    "locked": "by a lockfile with hashes that the command keeps to",
    "immutable": "by its content",
}
_STYLES: dict[Grade, str] = {
    "floating": "error", "unknown": "warning", "versioned": "warning", "locked": "info", "immutable": "info",
}  # fmt: skip
_LONG_DIGEST = re.compile(r"((?:sha\d+[:.]|@|#)[0-9a-f]{12})[0-9a-f]{20,}")


@dataclass(frozen=True)
class _Row:
    """A line of the list: one input, or several that one command takes for the same reason."""

    line: int
    kind: str
    what: str
    why: str


def render(inputs: Sequence[Input], *, width: int) -> list[Line]:
    """The lines of a list for a person: grouped by grade, the loosest first.

    Args:
        inputs: the inputs of the build.
        width: cells in a line.
    """
    if not inputs:
        return [[Segment("Nothing comes from outside.", "strong")]]
    width = max(width, _MIN_WIDTH)
    numbers = max(len(str(one.line)) for one in inputs)
    lines: list[Line] = []
    for grade in reversed(GRADES):
        group = [one for one in inputs if one.grade == grade]
        if not group:
            continue
        rows = list(_rows(group))
        lines.append([Segment(f"{grade} ", _STYLES[grade]), Segment(f"({len(group)}): {_MEANINGS[grade]}", "strong")])
        lines.extend(_drawn(rows, numbers, width))
        lines.append([])
    return [*lines, *_summary(inputs, width)]


def document(inputs: Sequence[Input], *, dockerfile: str, target: str, left_out: int) -> str:
    """The list as JSON.

    Args:
        inputs: the inputs of the build, in the order of the file.
        dockerfile: the path of the file.
        target: the label of the stage that is built.
        left_out: the number of inputs of stages that the target does not need.
    """
    counts = Counter(one.grade for one in inputs)
    found: dict[str, JsonValue] = {
        "version": FORMAT_VERSION,
        "tool": {"name": "fairlead", "version": __version__},
        "dockerfile": printable(dockerfile),
        "target": target,
        "inputs": [_as_json(one) for one in inputs],
        "summary": {
            "inputs": len(inputs),
            **{grade: counts[grade] for grade in reversed(GRADES)},
            "left_out": left_out,
        },
    }
    return json.dumps(found, indent=2) + "\n"


def name_of(one: Input) -> str:
    """The name of an input for people: `*` for what is not known, the version behind it."""
    name = readable(one.name)
    if one.kind in ("package", "tool", "data") and one.version:
        version = readable(one.version)
        return f"{name} {version}" if version[:1] in "=<>~!^*" else f"{name}@{version}"
    if one.kind == "source" and one.version:
        return f"{name}#{readable(one.version)}"
    return name


def _as_json(one: Input) -> JsonValue:
    ranges: list[JsonValue] = [
        {
            "start": {"line": place.start.line, "column": place.start.column},
            "end": {"line": place.end.line, "column": place.end.column},
        }
        for place in one.token.ranges
    ]
    argument: JsonValue = None
    if one.argument is not None:
        argument = {"name": one.argument.key, "line": one.argument.token.start.line}
    return {
        "kind": one.kind,
        "name": printable(readable(one.name)),
        "grade": one.grade,
        "why": printable(readable(one.why)),
        "line": one.line,
        "ranges": ranges,
        "stage": one.stage.label if one.stage is not None else None,
        "manager": one.manager,
        "version": printable(readable(one.version)),
        "digest": one.digest,
        "verified": one.verified,
        "argument": argument,
        "file": one.file,
        "enforced": one.enforced,
        "packages": len(one.packages),
    }


def _rows(group: Sequence[Input]) -> Iterator[_Row]:
    """One row for an input; the packages of one step that one manager installs share theirs."""
    folded: dict[tuple[object, ...], list[Input]] = {}
    for one in group:
        why = one.why if one.grade != "versioned" else ""
        # the next command of the same step has a row of its own
        key = (one.step, one.manager, why) if one.kind == "package" else (one,)
        folded.setdefault(key, []).append(one)
    for inputs in folded.values():
        first = inputs[0]
        names = list(dict.fromkeys(name_of(one) for one in inputs))
        what = ", ".join(names)
        if first.kind in ("package", "dependencies"):
            what = f"{first.manager}: {what}"
        why = first.why
        if len(inputs) > 1 and first.grade == "versioned":
            why = "versions, no hashes"
        yield _Row(first.line, first.kind, _short(what), readable(why))


def _short(text: str) -> str:
    """Without what says nothing to a reader: the scheme of a URL, the end of a digest."""
    return _LONG_DIGEST.sub(r"\1...", text.replace("https://", ""))


def _drawn(rows: Sequence[_Row], numbers: int, width: int) -> Iterator[Line]:
    """The rows in columns; a reason that has no room beside its name has lines of its own."""
    used = numbers + 4 + _KIND + 2
    room = width - used
    names, whys = (
        max(cell_len(text) for text in texts) for texts in zip(*((r.what, r.why) for r in rows), strict=True)
    )
    column = names if names + 2 + whys <= min(room, _ALIGNED) else 0
    margin = " " * used
    for row in rows:
        what, why = printable(row.what), printable(row.why)
        parts = _folded(_shortened(what, max(room - 2 - cell_len(why), room * 2 // 5)), room)
        reasons = _wrapped(why, room - 2)
        pad = " " * (max(column - cell_len(parts[-1]), 0) + 2)
        first = [
            Segment(f"  {row.line:>{numbers}}  ", "place"),
            Segment(f"{row.kind:<{_KIND}}  "),
            Segment(parts[0], "strong"),
        ]
        if len(parts) == 1 and cell_len(parts[0] + pad + why) <= room:
            yield [*first, Segment(pad + why, "related")]
            continue
        yield first
        yield from ([Segment(margin), Segment(part, "strong")] for part in parts[1:])
        yield from ([Segment(f"{margin}  "), Segment(part, "related")] for part in reasons)


def _shortened(text: str, room: int) -> str:
    """A list of names cut to a number of cells; the JSON has them all."""
    names = text.split(", ")
    if cell_len(text) <= room or len(names) == 1:
        return text
    for kept in range(len(names) - 1, 0, -1):
        shown = f"{', '.join(names[:kept])} and {len(names) - kept} more"
        if cell_len(shown) <= room:
            return shown
    return f"{names[0]} and {len(names) - 1} more"


def _folded(text: str, room: int) -> list[str]:
    """A text in pieces of at most so many cells, where it can be between the directories of a path."""
    pieces = [""]
    for part in re.findall(r"[^/]*/|[^/]+", text):
        if pieces[-1] and cell_len(pieces[-1] + part) > room:
            pieces.append("")
        pieces[-1] += part
        while cell_len(pieces[-1]) > room:
            kept = set_cell_size(pieces[-1], room).rstrip()
            pieces[-1:] = [kept, pieces[-1][len(kept) :]]
    return pieces


def _wrapped(text: str, room: int) -> list[str]:
    words = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return [piece for line in words for piece in _folded(line, room)]


def _summary(inputs: Sequence[Input], width: int) -> Iterator[Line]:
    counts = Counter(one.grade for one in inputs)
    fixed = counts["immutable"] + counts["locked"]
    total = len(inputs)
    if fixed == total:
        yield [Segment(f"Repeatable: every input ({total}) is fixed by its content.", "strong")]
        return
    said = f"{fixed} of {counted(total, 'input')} {'is' if 1 in (fixed, total) else 'are'} fixed by content."
    yield [Segment(f"Not repeatable: {said}" if counts["floating"] else said, "strong")]
    parts = []
    if counts["floating"]:
        parts.append(f"{counts['floating']} can change with every build")
    if counts["versioned"]:
        verb = "" if parts else "can change "
        parts.append(f"{counts['versioned']} {verb}when somebody moves a name or replaces a file")
    if counts["unknown"]:
        parts.append(f"{counts['unknown']} can't be told")
    for line in textwrap.wrap(_sentence(parts), min(width, _PROSE)):
        yield [Segment(line)]


def _sentence(parts: Sequence[str]) -> str:
    text = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{text}."
