"""The paths of layers as a tree of directories, each with the bytes below it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fairlead.analysis.contents import Change, Layer, Waste
from fairlead.analysis.filesystem import is_rest
from fairlead.analysis.weight import Figure


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
        deleted_by: the layers that delete it, itself or all that is below it.
        wasted: its own dead weight, without what is below it.
        children: what is below it, by name.
    """

    __slots__ = (
        "_layers", "about", "bytes", "children", "dead", "deleted_by", "files", "path", "unknown", "unlisted", "wasted"
    )  # fmt: skip

    def __init__(self, path: str) -> None:
        self.path = path
        self.bytes = 0
        self.dead = 0
        self.about = False
        self.unknown = 0
        self.files = 0
        self.unlisted = False
        self.deleted_by: list[int] = []
        self.wasted: tuple[Waste, ...] = ()
        self.children: dict[str, Node] = {}
        # a bit for each layer: images of a million paths have few layers
        self._layers = 0

    @property
    def figure(self) -> Figure:
        """Its bytes, and how far they are known."""
        return Figure(self.bytes, self.about, bool(self.unknown))

    @property
    def layers(self) -> list[int]:
        """The numbers of the layers that store it, lowest first."""
        return [at for at in range(self._layers.bit_length()) if self._layers >> at & 1]

    def all(self) -> Iterator[Node]:
        """Itself and all that is below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.children.values())

    def hold(self, at: int, change: Change, waste: Waste | None) -> None:
        """Let a layer store it."""
        count = change.bytes or 0
        self.bytes += count
        self.about |= bool(change.source and count)
        self.unknown += change.bytes is None
        self.files += 1
        self.unlisted |= is_unlisted(self.path)
        self._layers |= 1 << at
        if waste is not None:
            self.dead += count
            self.wasted += (waste,)

    def take_in(self, child: Node) -> None:
        """Count what a child holds, which counts nothing any more after that."""
        self.bytes += child.bytes
        self.dead += child.dead
        self.about |= child.about
        self.unknown += child.unknown
        self.files += child.files
        self.unlisted |= child.unlisted
        self._layers |= child._layers


def tree(layers: Iterable[tuple[int, Layer]]) -> Node:
    """The tree of what these layers hold, each given with its number."""
    root = Node("")
    # in the order in which they are made, so that a path comes after the directories that it lies in
    made: list[tuple[Node, Node]] = []
    directories = {"": root}

    def node_at(path: str) -> Node:
        missing: list[str] = []
        above = path
        while (found := directories.get(above)) is None:
            missing.append(above)
            above = above.rpartition("/")[0]
        for step in reversed(missing):
            child = directories[step] = Node(step)
            found.children[step.rpartition("/")[2]] = child
            made.append((child, found))
            found = child
        return found

    for at, layer in layers:
        wasted = {waste.path: waste for waste in layer.wasted}
        for change in layer.changes:
            path = "" if change.path == "." else change.path
            if change.change == "deleted":
                node_at(path).deleted_by.append(at)
            elif change.type != "dir" or change.bytes:
                node_at(path).hold(at, change, wasted.get(change.path))
    for child, parent in reversed(made):
        parent.take_in(child)
    return root


def is_unlisted(path: str) -> bool:
    """Whether a path stands for what else a directory holds, of which no names are known."""
    return is_rest(path.rpartition("/")[2])


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
            if only.files != at.files or (at.deleted_by and (only.children or not only.wasted)):
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
