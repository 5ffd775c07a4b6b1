"""The layers of an image as a page: a band for each, in it the biggest paths, and what is dead weight hatched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairlead import __version__
from fairlead.analysis.contents import Layer
from fairlead.analysis.weight import Figure, adds, dead
from fairlead.report.excerpt import printable
from fairlead.report.layers import Layers, lost, reasons, step, summary, waste_words
from fairlead.report.page import template
from fairlead.report.paths import tree
from fairlead.report.sizes import figure
from fairlead.report.text import counted
from fairlead.report.treemap import Box, boxes

_WIDTH = 860
"""The width for which the rectangles are laid out; the browser stretches them to its own."""
_HEIGHT = 560
"""The height of all bands together."""
_LOWEST = 4
"""A band of less height could not be pointed at."""
_LETTER = 6.4
_LABEL_HEIGHT, _LABEL_WIDTH = 15, 44
_SIZE_WIDTH = 60
_DEAD_LISTED = 30
_REASONS = 4


def page(report: Layers) -> str:
    """The page as HTML, complete in itself: it loads nothing and needs no server.

    Without JavaScript the picture and the tables are there; with it each rectangle says what it is.
    """
    total = report.weight.total.bytes
    listed, more = _dead(report)
    found: str = template("layers.html.j2").render(
        version=__version__,
        name=printable(report.image or report.dockerfile),
        measured=bool(report.image),
        by_line=bool(report.dockerfile),
        compared=bool(report.estimates),
        said=summary(report) if report.layers else [],
        notes=[printable(note) for note in report.notes],
        rows=_rows(report, total),
        lost=listed,
        more=more,
        left=[
            (figure(leftover.figure), printable(leftover.path), report.place(leftover.layer))
            for leftover in report.weight.leftovers
        ],
        lowest=_LOWEST,
    )
    return found


def _rows(report: Layers, total: int) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    several = len({layer.stage for layer in report.layers if layer.stage}) > 1
    stage = None
    for at, layer in enumerate(report.layers):
        found, gone = adds(layer), dead(layer)
        height = max(_LOWEST, round(_HEIGHT * found.bytes / total)) if found.bytes else 0
        guess = report.estimates[at] if report.estimates else None
        rows.append(
            {
                "stage": printable(layer.stage) if several and layer.stage and layer.stage != stage else None,
                "number": report.number(at),
                "place": report.place(at),
                "adds": figure(found),
                "predicted": figure(adds(guess)) if guess is not None else "",
                "dead": figure(gone) if gone.bytes or gone.unknown else "",
                "step": step(layer),
                "unknown": found.unknown,
                "reasons": reasons(layer),
                "height": height,
                "boxes": [_drawn(report, layer, box) for box in _laid_out(at, layer, height)],
            }
        )
        stage = layer.stage
    return rows


def _laid_out(at: int, layer: Layer, height: int) -> list[Box]:
    return boxes(tree([(at, layer)]), _WIDTH, height) if height else []


def _drawn(report: Layers, layer: Layer, box: Box) -> Mapping[str, Any]:
    """A rectangle as the template draws it: across in percent, down in pixels."""
    share = box.dead / box.figure.bytes if box.figure.bytes else 0
    width = 100 * box.width / _WIDTH
    name = printable(box.path)
    if box.kind == "rest":
        name = f"{_files(box)} in {name or '/'}"
    elif box.nodes[0].children:
        name = f"{name or ''}/"
    said = figure(box.figure)
    if box.kind != "rest" and box.files is not None and box.files > 1:
        said += f" in {_files(box)}"
    return {
        "x": round(100 * box.x / _WIDTH, 3),
        "y": round(box.y, 2),
        "width": round(width, 3),
        "height": round(box.height, 2),
        "dead_x": round(100 * box.x / _WIDTH + width * (1 - share), 3),
        "dead_width": round(width * share, 3),
        "about": box.figure.about,
        "path": name,
        "said": said,
        "why": "\n".join(_why(report, layer, box)),
        "label": _label(name, box),
        "size": figure(box.figure) if box.height >= 2 * _LABEL_HEIGHT and box.width >= _SIZE_WIDTH else "",
        "frame": box.kind == "frame",
    }


def _files(box: Box) -> str:
    return "files" if box.files is None else counted(box.files, "file")


def _label(path: str, box: Box) -> str:
    """As much of the end of a path as there is room for; "" where there is none."""
    if box.height < _LABEL_HEIGHT or box.width < _LABEL_WIDTH:
        return ""
    room = int((box.width - 8) / _LETTER)
    if box.kind == "rest":
        said = _files(box)
        return said if len(said) <= room else ""
    if len(path) <= room:
        return path
    shown = ""
    for part in reversed(path.removesuffix("/").split("/")):
        longer = f"{part}/{shown}" if shown else part + path[len(path.rstrip("/")) :]
        if len(longer) > room:
            break
        shown = longer
    return shown or path.removesuffix("/").rpartition("/")[2][:room]


def _why(report: Layers, layer: Layer, box: Box) -> Iterable[str]:
    """What is to say of a rectangle: what made it dead weight, and where an estimate comes from."""
    nodes = [below for node in box.nodes for below in node.all()]
    made = {(waste.by, waste.how): waste for node in nodes for waste in node.wasted}
    for waste in list(made.values())[:_REASONS]:
        yield f"dead weight: {waste_words(report, waste)}: {step(report.layers[waste.by])}"
    if len(made) > _REASONS:
        yield f"and by {counted(len(made) - _REASONS, 'more layer')}"
    if box.figure.about:
        paths = {node.path for node in nodes}
        sources = dict.fromkeys(change.source for change in layer.changes if change.source and change.path in paths)
        for source in list(sources)[:_REASONS]:
            yield f"about: {printable(source)}"
    unknown = sum(node.unknown for node in box.nodes)
    if unknown:
        yield f"and {counted(unknown, 'file')} of unknown size"


def _dead(report: Layers) -> tuple[list[Mapping[str, Any]], str]:
    """The biggest pieces of dead weight, and how much more there is."""
    found = [one for at in range(len(report.layers)) for group in lost(report, at) for one in group]
    found.sort(key=lambda one: (-one.figure.bytes, one.layer, one.path))
    rest = found[_DEAD_LISTED:]
    listed: list[Mapping[str, Any]] = [
        {
            "bytes": figure(one.figure),
            "path": one.shown,
            "place": report.place(one.layer),
            "how": waste_words(report, one),
            "by": step(report.layers[one.by]),
        }
        for one in found[:_DEAD_LISTED]
    ]
    more = f"{counted(len(rest), 'more path')}: {figure(sum((one.figure for one in rest), Figure()))}" if rest else ""
    return listed, more
