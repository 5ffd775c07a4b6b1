"""What the layers of an image hold and waste, for a person and as JSON."""

from __future__ import annotations

import json
import posixpath
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Literal

from fairlead import __version__
from fairlead.analysis.contents import Change, Layer, Waste
from fairlead.analysis.prediction import PredictedLayer
from fairlead.analysis.sizes import readable_bytes
from fairlead.analysis.weight import Figure, Leftover, Weight, adds, dead, estimated_paths, weigh_image
from fairlead.finding import JsonValue
from fairlead.report.excerpt import Segment, fit, printable
from fairlead.report.paths import Row, biggest, is_unlisted, tree
from fairlead.report.sizes import figure, figure_words
from fairlead.report.steps import one_line
from fairlead.report.text import Line, counted

FORMAT_VERSION = "1"
SCHEMA = Path(__file__).with_name("layers_schema.json")

_BAR = 10
_FIGURE = 10
_PATHS_SHOWN = 3
_NOTES_SHOWN = 5
_SOURCES_SHOWN = 3
_DETAIL_ROOM = 56
_ROOM_FOR_BARS = 100
_MOUNTS = re.compile(r"(?<=^RUN )(?:--mount=\S+ )+", re.IGNORECASE)
_HOW = {"deleted": "deleted", "replaced": "written again", "changed": "changed, so stored again"}


@dataclass(frozen=True)
class Layers:
    """What is reported.

    Attributes:
        layers: the lowest first.
        dockerfile: the file; "" where there is none.
        image: the built image that the layers are read from; "" where they are predicted.
        base: the base image, where its layers are not among these; "" for none.
        estimates: for each layer of a built image what was predicted for it; () where nothing was.
        notes: what else is worth knowing.
    """

    layers: Sequence[Layer]
    dockerfile: str = ""
    image: str = ""
    base: str = ""
    estimates: Sequence[Layer | None] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def inherited(self) -> int:
        """How many layers a built image has from its base image, as far as the Dockerfile tells."""
        if not self.dockerfile:
            return 0
        return next((at for at, layer in enumerate(self.layers) if layer.line is not None or layer.stage), 0)

    @cached_property
    def weight(self) -> Weight:
        """What they weigh together."""
        return weigh_image(self.layers, self.inherited)

    @cached_property
    def largest(self) -> int:
        """The bytes of the largest layer."""
        return max((layer.bytes or 0 for layer in self.layers), default=0)

    def number(self, at: int) -> str:
        """How a layer is called in a table: by its line, else by its number from 1."""
        line = self.layers[at].line
        if self.dockerfile:
            return "base" if line is None and at < self.inherited else str(line or "-")
        return str(at + 1)

    def place(self, at: int) -> str:
        """How a layer is called in a sentence."""
        line = self.layers[at].line
        return f"line {line}" if self.dockerfile and line is not None else f"layer {at + 1}"


def render(report: Layers, *, paths: int = 0, width: int) -> list[Line]:
    """The lines of a report.

    Args:
        report: what to say.
        paths: how many of the biggest paths to show; 0 for none.
        width: cells in a line.
    """
    if not report.layers:
        said = "The image has no layers." if report.image else "No step of this build makes a layer."
        return [[Segment(said, "strong")]]
    width = max(width, 60)
    lines = list(_table(report, width))
    if paths:
        lines.extend(_paths(report, paths, width))
    signs = _signs(report, bars=_has_bars(report, width))
    if signs:
        lines.extend([[], [Segment(signs, "related")]])
    lines.append([])
    for number, said in enumerate(summary(report)):
        style = "strong" if number == 0 else ""
        lines.extend([Segment(part, style)] for part in textwrap.wrap(said, width, break_on_hyphens=False))
    return lines


def _signs(report: Layers, *, bars: bool) -> str:
    """What the signs in the table mean."""
    guesses = (adds(layer) for layer in report.estimates if layer is not None)
    said = report.weight.total + report.weight.dead + sum(guesses, Figure())
    signs = ["~ is an estimate"] if said.about else []
    signs += ["? is not known"] if said.unknown else []
    signs += ["x in a bar is dead weight"] if bars and any(layer.wasted_bytes for layer in report.layers) else []
    return ", ".join(signs)


def summary(report: Layers) -> list[str]:
    """What is to say of all layers together, a sentence each."""
    weight = report.weight
    verb = ("hold" if report.image else "add") + ("s" if len(report.layers) == 1 else "")
    said = f"{counted(len(report.layers), 'layer')} {verb} {figure_words(weight.total)}"
    lines = [said + (f", on top of {_named(printable(report.base))}." if report.base else ".")]
    if report.estimates:
        predicted = sum((adds(layer) for layer in report.estimates if layer is not None), Figure())
        measured = sum(
            (adds(layer) for layer, guess in zip(report.layers, report.estimates, strict=True) if guess is not None),
            Figure(),
        )
        lines.append(
            f"Of the layers that the Dockerfile makes: {figure_words(measured)} measured, "
            f"{figure_words(predicted)} predicted from it."
        )
    if _some(weight.dead):
        lines.append(
            f"Dead weight: {figure_words(weight.dead)}{_share(weight.dead, weight.total)}, stored and never seen."
        )
    elif weight.total.unknown:
        lines.append("No dead weight in what is known.")
    else:
        lines.append("No dead weight.")
    if _some(weight.inherited):
        lines.append(f"The base image comes with {figure_words(weight.inherited)} of dead weight of its own.")
    if _some(weight.left):
        paths = ", ".join(dict.fromkeys(printable(leftover.path) for leftover in weight.leftovers))
        lines.append(f"Left by package managers: {figure_words(weight.left)} in {paths}.")
    if _some(weight.dead) and _some(weight.left) and weight.saving.bytes:
        lines.append(f"Without both the image would be {figure_words(weight.saving)} smaller.")
    return lines


def step(layer: Layer) -> str:
    """What made a layer, in one line."""
    if isinstance(layer, PredictedLayer):
        return printable(one_line(layer.step.instruction))
    said = _MOUNTS.sub("", " ".join(layer.instruction.split()))
    return printable(said) or "(nothing is said of what made it)"


@dataclass(frozen=True, slots=True)
class Lost:
    """Dead weight of a layer below one path that one later layer made so.

    Attributes:
        layer: the number of the layer that stores it.
        by: the number of the layer that made it so.
        how: as in `Waste`.
        path: the file, or the directory that all of it lies in.
        files: how many files it is; 0 for the path itself, None where nobody can list them.
        figure: its bytes.
    """

    layer: int
    by: int
    how: Literal["deleted", "replaced", "changed"]
    path: str
    files: int | None
    figure: Figure

    @property
    def shown(self) -> str:
        """The path as it is printed."""
        if self.files == 0:
            return printable(self.path)
        return f"{printable(self.path)}/" + (f" ({counted(self.files, 'file')})" if self.files else "")


def lost(report: Layers, at: int) -> list[list[Lost]]:
    """The dead weight of a layer by what made it so; the most bytes first, in the groups and among them."""
    layer = report.layers[at]
    estimates = estimated_paths(layer)
    groups: dict[tuple[int, str], list[Waste]] = {}
    for waste in layer.wasted:
        groups.setdefault((waste.by, waste.how), []).append(waste)
    found: list[list[Lost]] = []
    for group in groups.values():
        found.append([])
        for path, wasted in _below_one_path(report.layers[group[0].by], group).items():
            figures = (Figure(waste.bytes or 0, waste.path in estimates, waste.bytes is None) for waste in wasted)
            files: int | None = 0 if path == wasted[0].path else len(wasted)
            if files and any(is_unlisted(waste.path) for waste in wasted):
                files = None
            found[-1].append(Lost(at, wasted[0].by, wasted[0].how, path, files, sum(figures, Figure())))
        found[-1].sort(key=lambda one: (-one.figure.bytes, one.path))
    return sorted(found, key=lambda group: (-sum(one.figure.bytes for one in group), group[0].by))


def _below_one_path(by: Layer, group: list[Waste]) -> dict[str, list[Waste]]:
    """Waste by what was deleted; where it was stored again, all together by the directory that it lies in."""
    found: dict[str, list[Waste]] = {}
    if group[0].how == "deleted":
        deleted = {change.path for change in by.changes if change.change == "deleted"}
        for waste in group:
            above = accumulate(waste.path.split("/"), lambda parent, name: f"{parent}/{name}")
            found.setdefault(next((path for path in above if path in deleted), waste.path), []).append(waste)
        return _with_siblings(found)
    if len(group) > _PATHS_SHOWN:
        common = posixpath.commonpath(["/" + waste.path for waste in group]).lstrip("/")
        if common:
            return {common: group}
    return {waste.path: [waste] for waste in group}


def _with_siblings(groups: dict[str, list[Waste]]) -> dict[str, list[Waste]]:
    """The groups, with those of one directory together where they are more than are shown."""
    siblings = Counter(path.rpartition("/")[0] for path in groups)
    found: dict[str, list[Waste]] = {}
    for path, wasted in groups.items():
        parent = path.rpartition("/")[0]
        found.setdefault(parent if parent and siblings[parent] > _PATHS_SHOWN else path, []).extend(wasted)
    return found


def waste_words(report: Layers, one: Waste | Lost) -> str:
    """What happened to it."""
    return f"{_HOW[one.how]} {_at(report)} {report.place(one.by)}"


def reasons(layer: Layer) -> list[str]:
    """Where the figures of a layer that are not exact come from, and what is not known."""
    sources: dict[str, int] = {}
    for change in layer.changes:
        if change.source:
            sources[change.source] = sources.get(change.source, 0) + (change.bytes or 0)
    ordered = sorted(sources.items(), key=lambda item: (-item[1], item[0]))
    said = [
        f"about {readable_bytes(count, about=True)}: {source}" if count else source
        for source, count in ordered[:_SOURCES_SHOWN]
    ]
    if len(ordered) > _SOURCES_SHOWN:
        count = sum(count for _, count in ordered[_SOURCES_SHOWN:])
        said.append(
            f"about {readable_bytes(count, about=True)}: {counted(len(ordered) - _SOURCES_SHOWN, 'other estimate')}"
        )
    said += [note if note.startswith("supposed: ") else f"? {note}" for note in layer.notes[:_NOTES_SHOWN]]
    if len(layer.notes) > _NOTES_SHOWN:
        said.append(f"and {len(layer.notes) - _NOTES_SHOWN} more; --output-format json has all")
    return [printable(text) for text in said]


def _table(report: Layers, width: int) -> Iterator[Line]:
    numbers = max(4, *(len(report.number(at)) for at in range(len(report.layers))))
    compared = bool(report.estimates)
    name = "line" if report.dockerfile else "layer"
    numbers = max(numbers, len(name))
    heads = [f"{name:>{numbers}}", f"{'holds' if report.image else 'adds':>{_FIGURE}}"]
    if compared:
        heads.append(f"{'predicted':>{_FIGURE}}")
    bars = _has_bars(report, width)
    if bars:
        heads.append(" " * _BAR)
    heads.append(f"{'dead':>{_FIGURE}}")
    margin = sum(len(head) + 2 for head in heads)
    yield [Segment("  ".join((*heads, "step")), "strong")]
    stages = {layer.stage for layer in report.layers if layer.stage}
    stage = None
    for at, layer in enumerate(report.layers):
        if len(stages) > 1 and layer.stage != stage:
            stage = layer.stage
            if stage:
                yield [Segment(f"stage {printable(stage)}", "strong")]
        wasted = dead(layer)
        line = [Segment(f"{report.number(at):>{numbers}}  ", "place"), *_figure_cell(adds(layer))]
        if compared:
            guess = report.estimates[at]
            line.extend(_figure_cell(adds(guess)) if guess is not None else [Segment(" " * (_FIGURE + 2))])
        if bars:
            line.extend(_bar(adds(layer).bytes, wasted.bytes, report.largest))
        line.append(Segment(f"{figure(wasted) if _some(wasted) else '':>{_FIGURE}}  ", "error"))
        line.append(Segment(fit(step(layer), width - margin)))
        yield line
        indent = margin if width - margin >= _DETAIL_ROOM else numbers + 2
        yield from _details(report, at, indent, width)


def _has_bars(report: Layers, width: int) -> bool:
    return not report.estimates or width >= _ROOM_FOR_BARS


def _figure_cell(found: Figure) -> list[Segment]:
    said = figure(found)
    return [Segment(f"{said:>{_FIGURE}}  ", "warning" if found.unknown else "")]


def _bar(count: int, wasted: int, largest: int) -> list[Segment]:
    cells = max(round(_BAR * count / largest), 1) if count else 0
    gone = min(cells, max(round(_BAR * wasted / largest), 1)) if wasted else 0
    return [
        Segment("#" * (cells - gone), "info"),
        Segment("x" * gone, "error"),
        Segment("." * (_BAR - cells) + "  ", "place"),
    ]


def _details(report: Layers, at: int, indent: int, width: int) -> Iterator[Line]:
    layer = report.layers[at]
    said = [_lost_line(report, group) for group in lost(report, at)]
    said += [
        (figure(leftover.figure), f"left by a package manager: {printable(leftover.path)}", "warning")
        for leftover in report.weight.leftovers
        if leftover.layer == at and (leftover.figure.bytes or not any(leftover.path in note for note in layer.notes))
    ]
    for count, text, style in said:
        parts = textwrap.wrap(f"{count} {text}", width - indent, subsequent_indent="  ", break_on_hyphens=False)
        yield [Segment(" " * indent), Segment(count, style), Segment(parts[0][len(count) :])]
        yield from ([Segment(" " * indent + part)] for part in parts[1:])
    for text in reasons(layer):
        for part in textwrap.wrap(text, width - indent, subsequent_indent="  ", break_on_hyphens=False):
            yield [Segment(" " * indent + part, "related")]


def _lost_line(report: Layers, group: Sequence[Lost]) -> tuple[str, str, str]:
    total = sum((one.figure for one in group), Figure())
    paths = ", ".join(one.shown for one in group[:_PATHS_SHOWN])
    more = len(group) - _PATHS_SHOWN
    paths += f" and {counted(more, 'more path')}" if more > 0 else ""
    return figure(total), f"{waste_words(report, group[0])}: {paths}", "error"


def _paths(report: Layers, count: int, width: int) -> Iterator[Line]:
    rows = biggest(tree(enumerate(report.layers)), count)
    yield []
    yield [Segment("The biggest paths", "strong")]
    if not rows:
        yield [Segment("No file is known by its path.")]
        return
    yield [Segment(f"{'bytes':>{_FIGURE}}  {'dead':>{_FIGURE}}  path", "strong")]
    for row in rows:
        yield _path(report, row, width)


def _path(report: Layers, row: Row, width: int) -> Line:
    lost = figure(Figure(row.dead, row.figure.about)) if row.dead else ""
    cells = [Segment(f"{figure(row.figure):>{_FIGURE}}  "), Segment(f"{lost:>{_FIGURE}}  ", "error")]
    room = width - 2 * (_FIGURE + 2)
    indent = " " * min(2 * row.depth, room // 3)
    room -= len(indent)
    if row.node is None:
        more = f"and {counted(row.rest, 'more file')}" if row.rest is not None else "and more"
        return [*cells, Segment(fit(indent + more, room))]
    where = f"  {_where(report, row.node.layers)}" if row.node.layers else "  "
    gone = ""
    if row.node.deleted_by:
        gone = f"deleted {_at(report)} {_where(report, row.node.deleted_by)}"
    elif row.node.wasted:
        deleted = [waste.by for waste in row.node.wasted if waste.how == "deleted"]
        again = [waste.by for waste in row.node.wasted if waste.how != "deleted"]
        done = (("stored again", again), ("deleted", deleted))
        gone = ", ".join(f"{how} {_at(report)} {_where(report, by)}" for how, by in done if by)
    gone = f", {gone}" if gone and row.node.layers else gone
    name = printable(row.name) + ("/" if row.node.children else "")
    name = fit(name, max(room - len(where) - len(gone), room // 3))
    where = fit(where, room - len(name))
    gone = fit(gone, max(room - len(name) - len(where), 0))
    return [*cells, Segment(indent + name), Segment(where, "place"), Segment(gone, "error")]


def _at(report: Layers) -> str:
    return "at" if report.dockerfile else "by"


def _where(report: Layers, layers: Sequence[int]) -> str:
    """The layers by their lines or numbers: `lines 4 and 7`."""
    names = list(dict.fromkeys(report.place(at) for at in sorted(layers)))
    kinds = {name.partition(" ")[0] for name in names}
    if len(kinds) == 1 and len(names) > 1:
        numbers = [name.partition(" ")[2] for name in names]
        shown = ", ".join(numbers[:-1]) if len(numbers) < 5 else f"{', '.join(numbers[:3])}, ..."
        return f"{kinds.pop()}s {shown} and {numbers[-1]}"
    return ", ".join(names)


def _some(found: Figure) -> bool:
    return bool(found.bytes or found.unknown)


def _named(image: str) -> str:
    """An image as people call it: by its tag where it has one, else by as much of its digest as they compare."""
    name, _, digest = image.partition("@")
    return image[: len(name) + 20] if digest and ":" not in name.rpartition("/")[2] else name


def _share(part: Figure, whole: Figure) -> str:
    """What share of the whole it is, where both are known."""
    if part.unknown or whole.unknown or not whole.bytes:
        return ""
    return f" ({part.bytes / whole.bytes:.0%})"


def document(report: Layers) -> Iterator[str]:
    """The report as JSON, in pieces; `layers_schema.json` beside this file describes it.

    An image may hold a million entries: each has a line, and none waits in memory for the others.
    """
    weight = report.weight
    head: dict[str, JsonValue] = {
        "version": FORMAT_VERSION,
        "tool": {"name": "fairlead", "version": __version__},
        "dockerfile": report.dockerfile or None,
        "image": report.image or None,
        "base": report.base or None,
    }
    tail: dict[str, JsonValue] = {
        "leftovers": [_leftover(report, leftover) for leftover in weight.leftovers],
        "summary": {
            "layers": len(report.layers),
            "total": _figure(weight.total),
            "dead": _figure(weight.dead),
            "left": _figure(weight.left),
            "saving": _figure(weight.saving),
            "inherited": _figure(weight.inherited),
        },
        "notes": list(report.notes),
    }
    yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "layers": ['
    for at, layer in enumerate(report.layers):
        yield f"{',' if at else ''}\n    {{"
        for name, value in _layer(report, at).items():
            yield f"\n      {json.dumps(name)}: {json.dumps(value)},"
        yield '\n      "entries": ['
        yield from _lines(map(_entry, layer.changes))
        yield '],\n      "wasted": ['
        yield from _lines(_waste(report, waste) for waste in layer.wasted)
        yield "]\n    }"
    yield "],\n" + json.dumps(tail, indent=2).removeprefix("{\n") + "\n"


def _lines(values: Iterable[JsonValue]) -> Iterator[str]:
    """The elements of an array, each in a line."""
    separator = ""
    for value in values:
        yield f"{separator}\n        {json.dumps(value)}"
        separator = ","
    if separator:
        yield "\n      "


def _layer(report: Layers, at: int) -> dict[str, JsonValue]:
    """A layer without its paths."""
    layer = report.layers[at]
    found: dict[str, JsonValue] = {
        "line": layer.line,
        "stage": layer.stage,
        "instruction": layer.instruction,
        "bytes": layer.bytes,
        "confidence": layer.confidence,
        "notes": list(layer.notes),
    }
    if report.estimates:
        guess = report.estimates[at]
        found["predicted"] = (
            None
            if guess is None
            else {"bytes": guess.bytes, "confidence": guess.confidence, "notes": list(guess.notes)}
        )
    return found


def _entry(change: Change) -> JsonValue:
    return {
        "path": change.path,
        "change": change.change,
        "type": change.type,
        "bytes": change.bytes,
        "mode": change.mode,
        "uid": change.uid,
        "gid": change.gid,
        **({"target": change.target} if change.target else {}),
        **({"source": change.source} if change.source else {}),
    }


def _waste(report: Layers, waste: Waste) -> JsonValue:
    return {
        "path": waste.path,
        "bytes": waste.bytes,
        "by_line": report.layers[waste.by].line,
        "by_layer": waste.by + 1,
        "how": waste.how,
    }


def _leftover(report: Layers, leftover: Leftover) -> JsonValue:
    return {
        "path": leftover.path,
        "line": report.layers[leftover.layer].line,
        "layer": leftover.layer + 1,
        **_figure(leftover.figure),
    }


def _figure(found: Figure) -> dict[str, JsonValue]:
    confidence: Literal["exact", "about", "unknown"] = "exact"
    if found.unknown:
        confidence = "unknown"
    elif found.about:
        confidence = "about"
    return {"bytes": found.bytes, "confidence": confidence}
