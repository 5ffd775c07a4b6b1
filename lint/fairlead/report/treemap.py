"""Where the paths of a layer stand in its picture: rectangles with areas in proportion to the bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from squarify import squarify

from fairlead.analysis.weight import Figure
from fairlead.report.paths import Node, shown_below

_DIVIDED = 1_500.0
"""The area from which on a directory is divided, square pixels."""
_FRAMED = 8_000.0
"""The area from which on a directory that is divided has a frame."""
_SEEN = 120.0
"""The smallest area of a path of its own; the rest of its directory is one rectangle."""
_VISIBLE = 0.01
"""A rest of less than this is left out: no screen shows it, and the layout would divide by it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle.

    Attributes:
        x: of its left edge, pixels.
        y: of its upper edge, pixels.
        width: pixels.
        height: pixels.
        path: the path, or the directory of which it shows the rest.
        nodes: what it stands for: one node, or all those of the rest.
        kind: `rest` for what a directory holds beside what has boxes of its own, `frame` around what has.
    """

    x: float
    y: float
    width: float
    height: float
    path: str
    nodes: tuple[Node, ...]
    kind: Literal["path", "rest", "frame"] = "path"

    @property
    def figure(self) -> Figure:
        """The bytes."""
        return sum((node.figure for node in self.nodes), Figure())

    @property
    def dead(self) -> int:
        """How many bytes are dead weight."""
        return sum(node.dead for node in self.nodes)

    @property
    def files(self) -> int | None:
        """How many files; None where nobody can list them."""
        return None if any(node.unlisted for node in self.nodes) else sum(node.files for node in self.nodes)


def boxes(root: Node, width: float, height: float) -> list[Box]:
    """The rectangles that fill one of this size; none where no bytes are known.

    Each has its share of the area. Directories are divided as long as their parts can be seen; the
    large ones have frames, which come last.
    """
    if not root.bytes:
        return []
    whole = Box(0, 0, width, height, root.path, (root,))
    waiting = list(reversed(list(_divided(whole))))
    done: list[Box] = []
    frames: list[Box] = []
    while waiting:
        box = waiting.pop()
        if not _is_divided(box):
            done.append(box)
            continue
        waiting.extend(reversed(list(_divided(box))))
        if _FRAMED <= box.width * box.height < width * height:
            frames.append(replace(box, kind="frame"))
    return [*done, *frames]


def _is_divided(box: Box) -> bool:
    area = box.width * box.height
    if box.kind != "path" or area < _DIVIDED:
        return False
    (node,) = box.nodes
    return any(child.bytes * area >= _SEEN * node.bytes for child in node.children.values())


def _divided(box: Box) -> Iterator[Box]:
    """The parts of a directory in its rectangle."""
    (node,) = box.nodes
    area = box.width * box.height
    parts = [part for part in shown_below(node) if part.bytes]
    own = node.bytes - sum(part.bytes for part in parts)
    if own > 0:
        parts.append(_own(node, own))
    parts.sort(key=lambda part: (-part.bytes, part.path))
    seen = [part for part in parts if part.bytes * area >= _SEEN * node.bytes]
    rest = parts[len(seen) :]
    groups: list[tuple[Node, ...]] = [(part,) for part in seen]
    if sum(part.bytes for part in rest) * area > _VISIBLE * node.bytes:
        groups.append(tuple(rest))
        groups.sort(key=lambda group: -sum(part.bytes for part in group))
    counts = [sum(part.bytes for part in group) for group in groups]
    sizes = [count * area / sum(counts) for count in counts]
    for group, place in zip(groups, _squarified(sizes, box), strict=True):
        is_rest = group[0].bytes * area < _SEEN * node.bytes
        yield Box(*place, node.path if is_rest else group[0].path, group, "rest" if is_rest else "path")


def _own(node: Node, count: int) -> Node:
    """What a directory holds of which no path is known, as a node of its own."""
    own = Node(node.path)
    own.bytes = count
    own.dead = min(count, sum(waste.bytes or 0 for waste in node.wasted))
    own.about = node.about
    own.wasted = node.wasted
    own.files = 1
    own.unlisted = node.unlisted
    return own


def _squarified(sizes: Sequence[float], box: Box) -> list[tuple[float, float, float, float]]:
    places = squarify(sizes, box.x, box.y, box.width, box.height)
    return [(place["x"], place["y"], place["dx"], place["dy"]) for place in places]
