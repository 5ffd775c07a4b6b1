"""What the layers of an image hold, predicted by a model or read from an image, and what of it is dead weight.

A layer never gets smaller: what a later layer deletes is hidden, and what it writes again is stored again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Confidence = Literal["exact", "about", "unknown"]


@dataclass(frozen=True, slots=True)
class Change:
    """A path that a layer adds, changes or deletes.

    Attributes:
        path: relative to the root, without a slash at either end.
        change: `deleted` is a whiteout: it hides what is at the path in the layers below, and all that is below it.
        type: of a deletion what it hides, where that is known; `other` for devices, and for files that nobody can list,
            which stand as `*` in their directory.
        bytes: of content, uncompressed; 0 for what is no file and for a further name of a file (`hardlink`); None where
            it is not known.
        mode: permission bits; None where it is not known.
        uid: owner; None where it is not known.
        gid: group; None where it is not known.
        target: where a symbolic link leads, as written; of a hard link the other path; "" for others.
        source: where a figure that is not exact comes from, "" for an exact one.
    """

    path: str
    change: Literal["added", "modified", "deleted"]
    type: Literal["file", "dir", "symlink", "hardlink", "other"] = "file"
    bytes: int | None = 0
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    target: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Waste:
    """Bytes of a layer that no container will see.

    Attributes:
        path: as in `Change`.
        bytes: None where it is not known.
        by: the number of the layer that deletes the path or stores it again.
        how: what that layer does to it.
    """

    path: str
    bytes: int | None
    by: int
    how: Literal["deleted", "replaced", "changed"]


@dataclass(eq=False)
class Layer:
    """A layer.

    Attributes:
        instruction: the instruction's text in one line; of an image's layer what its history says.
        line: where the instruction begins; None where no Dockerfile is at hand, or none of its lines made the layer.
        stage: the label of its stage, "" where it is not known.
        bytes: the sum of the sizes of its files; None where nothing can be said.
        confidence: whether `bytes` is exact, an estimate, or only the part that is known.
        changes: its paths, sorted; a deletion stands before an addition of the same path.
        wasted: what later layers make dead weight.
        notes: what is not known and why, for people.
    """

    instruction: str
    line: int | None
    stage: str
    bytes: int | None
    confidence: Confidence
    changes: tuple[Change, ...]
    wasted: tuple[Waste, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def wasted_bytes(self) -> int:
        """The dead weight as far as it is known, bytes."""
        return sum(waste.bytes or 0 for waste in self.wasted)


@dataclass(slots=True)
class _Held:
    """A file in the image so far.

    Attributes:
        layer: the number of the layer that holds its bytes.
        may_be_directory: whether it is not known to be a file.
        names: how many paths lead to it.
    """

    layer: int
    path: str
    bytes: int | None
    may_be_directory: bool = False
    names: int = 0


class Ledger:
    """Keeps which layer holds the bytes of each path, and finds what a further layer makes dead weight.

    Layers are added from the lowest to the highest. Works along the paths of the new layer only, so that an image of a
    million files is a matter of seconds.
    """

    def __init__(self) -> None:
        self._files: dict[str, _Held] = {}
        self._below: dict[str, set[str]] = {}
        self._count = 0

    def add(self, changes: Iterable[Change]) -> list[tuple[int, Waste]]:
        """Take in the next layer; the waste that it makes, each with the number of the layer that it is in."""
        by = self._count
        self._count += 1
        wasted: list[tuple[int, Waste]] = []
        listed = list(changes)
        for change in listed:
            if change.change == "deleted":
                wasted.extend(self._drop(change.path, by, "deleted"))
        kept = [change for change in listed if change.change != "deleted"]
        # a link may stand before the file that it leads to
        for change in sorted(kept, key=lambda change: change.type == "hardlink"):
            wasted.extend(self._put(change, by))
        return wasted

    def _put(self, change: Change, by: int) -> Iterator[tuple[int, Waste]]:
        how: Literal["replaced", "changed"] = "changed" if change.change == "modified" else "replaced"
        if change.type != "dir":
            # a file in place of a directory hides what is below it
            yield from self._drop(change.path, by, how)
        elif change.path in self._files and not self._files[change.path].may_be_directory:
            yield from self._drop(change.path, by, how, deep=False)
        if change.type == "dir":
            return
        if change.type == "hardlink":
            held = self._files.get(change.target)
            if held is not None:
                self._name(change.path, held)
                return
        self._name(change.path, _Held(by, change.path, change.bytes, change.type == "other"))

    def _name(self, path: str, held: _Held) -> None:
        held.names += 1
        self._files[path] = held
        parent = path
        while parent:
            parent, _, name = parent.rpartition("/")
            names = self._below.setdefault(parent, set())
            if name in names:
                return
            names.add(name)

    def _drop(
        self, path: str, by: int, how: Literal["deleted", "replaced", "changed"], *, deep: bool = True
    ) -> Iterator[tuple[int, Waste]]:
        waiting = [path]
        while waiting:
            at = waiting.pop()
            held = self._files.pop(at, None)
            if held is not None:
                held.names -= 1
                if not held.names and held.layer < by and held.bytes != 0:
                    yield held.layer, Waste(held.path, held.bytes, by, how)
            if deep:
                waiting.extend(f"{at}/{name}" for name in sorted(self._below.pop(at, ()), reverse=True))
        if deep:
            parent, _, name = path.rpartition("/")
            self._below.get(parent, set()).discard(name)


def with_waste(layers: Iterable[Layer]) -> list[Layer]:
    """The layers, lowest first, with `wasted` filled in."""
    found = list(layers)
    ledger = Ledger()
    wasted: list[list[Waste]] = [[] for _ in found]
    for layer in found:
        for at, waste in ledger.add(layer.changes):
            wasted[at].append(waste)
    for layer, waste_of_it in zip(found, wasted, strict=True):
        layer.wasted = tuple(sorted(waste_of_it, key=lambda waste: (waste.by, waste.path)))
    return found
