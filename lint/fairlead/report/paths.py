"""The paths of layers as a tree of directories, each with the bytes below it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fairlead.analysis.contents import Layer, Waste
from fairlead.analysis.filesystem import REST
from fairlead.analysis.weight import Figure, estimated_paths


class Node:
    """A path, and all that the layers hold at it and below it.

    Attributes:
        path: relative to the root, which is "".
        bytes: stored, in all layers together.
        dead: how many of them are dead weight.
        about: some are an estimate.
        unknown: how many files of unknown size there are.
        files: how many files of any size.
        unlisted: there are files among them that nobody can list.
        layers: the numbers of the layers that store it, lowest first.
        deleted_by: the layers that delete it, itself or all that is below it.
        wasted: its own dead weight, without what is below it.
        children: what is below it, by name.
    """

    __slots__ = (
        "about",
        "bytes",
        "children",
        "dead",
        "deleted_by",
        "files",
        "layers",
        "path",
        "unknown",
        "unlisted",
        "wasted",
    )

    def __init__(self, path: str) -> None:
        self.path = path
        self.bytes = 0
        self.dead = 0
        self.about = False
        self.unknown = 0
        self.files = 0
        self.unlisted = False
        self.layers: list[int] = []
        self.deleted_by: list[int] = []
        self.wasted: list[Waste] = []
        self.children: dict[str, Node] = {}

    @property
    def figure(self) -> Figure:
        """Its bytes, and how far they are known."""
        return Figure(self.bytes, self.about, bool(self.unknown))

    @property
    def own_bytes(self) -> int:
        """Its bytes without those of what is below it."""
        return self.bytes - sum(child.bytes for child in self.children.values())

    def all(self) -> Iterator[Node]:
        """Itself and all that is below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.children.values())


def tree(layers: Iterable[tuple[int, Layer]]) -> Node:
    """The tree of what these layers hold, each given with its number."""
    root = Node("")
    for at, layer in layers:
        wasted = {waste.path: waste for waste in layer.wasted}
        estimates = estimated_paths(layer)
        for change in layer.changes:
            if change.change == "deleted":
                _walk(root, change.path)[-1].deleted_by.append(at)
                continue
            if change.type == "dir" and not change.bytes:
                continue
            waste = wasted.get(change.path)
            nodes = _walk(root, change.path)
            if waste is not None:
                nodes[-1].wasted.append(waste)
            for node in nodes:
                node.bytes += change.bytes or 0
                node.dead += (change.bytes or 0) if waste is not None else 0
                node.about |= change.path in estimates
                node.unknown += change.bytes is None
                node.files += 1
                node.unlisted |= is_unlisted(change.path)
                if not node.layers or node.layers[-1] != at:
                    node.layers.append(at)
    return root


def is_unlisted(path: str) -> bool:
    """Whether a path stands for what else a directory holds, of which no names are known."""
    return path.rpartition("/")[2] == REST


def _walk(root: Node, path: str) -> list[Node]:
    """The nodes from the root down to a path."""
    nodes = [root]
    if path in ("", "."):
        return nodes
    end = -1
    while end < len(path):
        start, end = end + 1, path.find("/", end + 1)
        end = len(path) if end < 0 else end
        name = path[start:end]
        children = nodes[-1].children
        child = children.get(name)
        if child is None:
            child = children[name] = Node(path[:end])
        nodes.append(child)
    return nodes


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the tree of the biggest paths.

    Attributes:
        depth: how far to indent it.
        name: the path below that of the directory above; "" for what that one holds beside what is shown.
        node: what is there; None for the rest of a directory.
        rest: how many files the rest has; None where nobody can list them.
        figure: the bytes.
        dead: how many of them are dead weight.
    """

    depth: int
    name: str
    node: Node | None
    rest: int | None
    figure: Figure
    dead: int


def biggest(root: Node, count: int) -> list[Row]:
    """The biggest paths, at most `count`, below the directories that they lie in."""
    chosen: set[Node] = set()
    # the counter keeps the order of the layers among equals, and nodes from being compared
    waiting = [(-child.bytes, number, child) for number, child in enumerate(shown_below(root))]
    heapq.heapify(waiting)
    number = len(waiting)
    while waiting and len(chosen) < count:
        _, _, node = heapq.heappop(waiting)
        chosen.add(node)
        for child in shown_below(node):
            number += 1
            heapq.heappush(waiting, (-child.bytes, number, child))
    rows: list[Row] = []
    stack = [_rows(root, chosen, 0)]
    while stack:
        row = next(stack[-1], None)
        if row is None:
            stack.pop()
            continue
        rows.append(row)
        if row.node is not None:
            stack.append(_rows(row.node, chosen, row.depth + 1))
    return rows


def shown_below(node: Node) -> Iterator[Node]:
    """What stands below a path in the picture: directories that hold one thing are passed over."""
    for child in node.children.values():
        at = child
        while len(at.children) == 1:
            (only,) = at.children.values()
            if only.files != at.files or only.bytes != at.bytes or (at.deleted_by and only.dead < only.bytes):
                break
            at = only
        if at.bytes or at.deleted_by or at.unknown:
            yield at


def _rows(node: Node, chosen: set[Node], depth: int) -> Iterator[Row]:
    """The rows of what stands directly below a path."""
    below = list(shown_below(node))
    shown = sorted((child for child in below if child in chosen), key=lambda child: (-child.bytes, child.path))
    for child in shown:
        name = child.path[len(node.path) :].lstrip("/")
        yield Row(depth, name, child, 0, child.figure, child.dead)
    if not shown:
        return
    files = node.files - sum(child.files for child in shown)
    if files:
        figure = Figure(
            node.bytes - sum(child.bytes for child in shown),
            node.about and any(child.about for child in below if child not in chosen),
            node.unknown > sum(child.unknown for child in shown),
        )
        if figure.bytes or figure.unknown:
            unlisted = any(child.unlisted for child in below if child not in chosen)
            yield Row(
                depth, "", None, None if unlisted else files, figure, node.dead - sum(child.dead for child in shown)
            )
