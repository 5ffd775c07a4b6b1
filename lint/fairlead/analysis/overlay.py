"""The layers of an image on top of each other: what each adds, changes and deletes.

Follows the OCI image specification, layer.md: a whiteout hides what is in the layers below, never what its own layer
holds; an opaque directory hides all that is below it. Paths are followed as an engine does when it unpacks a layer: a
symbolic link to a directory is that directory, and none leads out of the root.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from fairlead.analysis.contents import Change
from fairlead.image import PATH_LENGTH, Entry, shown

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_AUFS = ".wh..wh."
_LINKS = 40
# bounds for archives that are made to cost time or memory; a large image needs a hundredth of them
_STEPS = 50_000_000
_IMPLIED = 1_000_000

# a directory, a symbolic link with its target, or something else
_Node: TypeAlias = "dict[str, _Node] | str | _Leaf"
_Leaf: TypeAlias = Literal[0, 1]
_FILE: _Leaf = 0
_OTHER: _Leaf = 1


class _Place(NamedTuple):
    """A directory.

    Attributes:
        path: with every link followed.
        below: what is in it.
    """

    path: str
    below: dict[str, _Node]

    def child(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name


@dataclass(eq=False)
class OverlaidLayer:
    """What a layer does to those below it.

    Attributes:
        changes: sorted by path, a deletion before an addition of the same path.
        bytes: the sum of the sizes of its files.
        notes: entries that do not count and why, for people.
    """

    changes: tuple[Change, ...]
    bytes: int
    notes: tuple[str, ...]


class Overlay:
    """The merged view of the layers so far.

    Holds a name and a word for each path: an image of a million files fits.

    Attributes:
        implied: directories that the top layer needs, but does not hold.
    """

    def __init__(self) -> None:
        self._root: dict[str, _Node] = {}
        self._places: dict[str, _Place] = {}
        self._steps = 0
        self._implied = 0
        self.implied: set[str] = set()

    def add(self, entries: Sequence[Entry]) -> OverlaidLayer:
        """Put a layer on top."""
        self._places.clear()
        self.implied.clear()
        return _Addition(self).run(entries)

    def place(self, path: str, *, create: bool) -> _Place | None:
        """The directory at a path.

        Args:
            path: cleaned, relative to the root.
            create: whether to make the directories that are missing.

        Returns:
            None where there is no directory and none can be made: below a file, in a loop of links, or where the
            layers have made us take too many steps already.
        """
        known = self._places.get(path)
        if known is None:
            known = self._follow(path, create)
            if known is not None:
                self._places[path] = known
        return known

    def forget_places(self) -> None:
        """Take note that a directory or a link has made way for something else."""
        self._places.clear()

    def _follow(self, path: str, create: bool) -> _Place | None:
        waiting = path.split("/")[::-1] if path else []
        above: list[_Place] = []
        here = _Place("", self._root)
        links = 0
        while waiting:
            name = waiting.pop()
            self._steps += 1
            if self._steps > _STEPS:
                return None
            if name == "..":
                here = above.pop() if above else here
                continue
            if name in ("", "."):
                continue
            node = here.below.get(name)
            if node is None and create and self._implied < _IMPLIED:
                self._implied += 1
                self.implied.add(here.child(name))
                node = here.below[name] = {}
            if isinstance(node, dict):
                above.append(here)
                here = _Place(here.child(name), node)
            elif isinstance(node, str):
                links += 1
                if links > _LINKS:
                    return None
                if node.startswith("/"):
                    above.clear()
                    here = _Place("", self._root)
                waiting.extend(node.split("/")[::-1])
            else:
                return None
        return here


class _Addition:
    """One layer on its way onto the others."""

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay
        self._deleted: dict[str, Change] = {}
        self._opaque: set[str] = set()
        self._changes: dict[str, Change] = {}
        self._names: dict[str, list[str]] = {}
        self._links_of_aufs: dict[str, str] = {}
        self._sizes_of_aufs: dict[str, int] = {}
        self._odd: dict[str, tuple[str, int]] = {}
        # directories that have made way for something else
        self._replaced: set[str] = set()

    def run(self, entries: Sequence[Entry]) -> OverlaidLayer:
        paths = [self._path(entry) for entry in entries]
        # whiteouts speak of the layers below, wherever they stand in the archive; so all of them come first
        for path, entry in zip(paths, entries, strict=True):
            if path and _WHITEOUT in path and _is_whiteout(path):
                self._hide(path, entry)
        self._overlay.forget_places()
        for path, entry in zip(paths, entries, strict=True):
            if path and (_WHITEOUT not in path or not _is_whiteout(path)):
                self._put(path, entry)
        for path in self._opaque - self._changes.keys():
            place = self._overlay.place(path, create=False)
            if place is not None and place.path == path:
                self._changes[path] = Change(path, "added", "dir")
        changes = sorted((*self._deleted.values(), *self._changes.values()), key=_order)
        total = sum(change.bytes or 0 for change in self._changes.values() if change.type == "file")
        return OverlaidLayer(tuple(changes), total, tuple(self._notes()))

    def _path(self, entry: Entry) -> str | None:
        """The entry's path, cleaned; "" for the root, None where it does not count."""
        path = _cleaned(entry.name)
        if path is None:
            self._is_odd("whose path leads out of the image", entry.name)
        elif len(path) > PATH_LENGTH:
            self._is_odd(f"with a path of more than {PATH_LENGTH} characters", entry.name)
            return None
        return path

    def _is_odd(self, what: str, name: str) -> None:
        first, count = self._odd.get(what) or (shown(name), 0)
        self._odd[what] = first, count + 1

    def _notes(self) -> Iterator[str]:
        for what, (first, count) in self._odd.items():
            if count == 1:
                yield f"an entry {what}, left out: {first}"
            else:
                yield f"{count:,} entries {what}, left out: {first}, ..."

    # whiteouts

    def _hide(self, path: str, entry: Entry) -> None:
        directory, _, base = path.rpartition("/")
        if base == _OPAQUE:
            self._hide_all(directory)
        elif path.startswith(_AUFS):
            # what aufs kept for itself; a file may have its only content there
            self._sizes_of_aufs[path] = entry.bytes
        elif (name := base.removeprefix(_WHITEOUT)) in ("", ".", ".."):
            self._is_odd("that hides nothing", entry.name)
        else:
            place = self._overlay.place(directory, create=False)
            hidden = None if place is None else place.below.pop(name, None)
            where = f"{directory}/{name}" if directory else name
            if place is not None:
                where = place.child(name)
            if isinstance(hidden, dict | str):
                self._overlay.forget_places()
            if hidden is not None or where not in self._deleted:
                self._deleted[where] = Change(where, "deleted", _type_of(hidden))

    def _hide_all(self, directory: str) -> None:
        place = self._overlay.place(directory, create=False)
        if place is None:
            return
        if place.path:
            self._opaque.add(place.path)
            self._deleted[place.path] = Change(place.path, "deleted", "dir")
        else:
            # the root cannot be deleted: all that is in it is
            for name, node in place.below.items():
                self._deleted[name] = Change(name, "deleted", _type_of(node))
        place.below.clear()
        self._overlay.forget_places()

    # additions

    def _put(self, path: str, entry: Entry) -> None:
        target = self._linked(entry) if entry.type == "hardlink" else ""
        if target is None:
            return
        directory, _, name = path.rpartition("/")
        place = self._overlay.place(directory, create=True)
        if place is None:
            self._is_odd("below what is no directory, or cannot be followed", entry.name)
            return
        where = place.child(name)
        if target and f"{target}/".startswith(f"{where}/"):
            self._is_odd("that links to itself", entry.name)
            return
        before = place.below.get(name)
        was = self._changes.get(where)
        if was is not None and was.type != "dir":
            self._is_again(where, entry)
        kind: Literal["added", "modified"] = "added"
        if was is not None:
            kind = "modified" if was.change == "modified" else "added"
        elif before is not None and where not in self._opaque and where not in self._overlay.implied:
            kind = "modified"
        self._set(place, name, before, entry, target)
        if entry.type == "hardlink":
            self._put_link(where, kind, entry, target)
            return
        self._changes[where] = Change(
            where, kind, entry.type, entry.bytes, entry.mode, entry.uid, entry.gid, entry.target
        )

    def _set(self, place: _Place, name: str, before: _Node | None, entry: Entry, linked: str) -> None:
        node: _Node
        if entry.type == "dir":
            if isinstance(before, dict):
                return
            node = {}
            where = place.child(name)
            if where in self._replaced:
                # the directory is back without what was in it below
                self._deleted.setdefault(where, Change(where, "deleted", "dir"))
        elif entry.type == "symlink":
            node = entry.target
        elif entry.type == "hardlink":
            # a further name of a symbolic link leads where that one leads
            node = self._node(linked)
        else:
            node = _OTHER if entry.type == "other" else _FILE
        if isinstance(before, dict):
            self._replaced.add(place.child(name))
            self._remove_below(place.child(name), before)
        if isinstance(before, dict | str) and before != node:
            self._overlay.forget_places()
        place.below[name] = node

    def _remove_below(self, path: str, below: dict[str, _Node]) -> None:
        """Take out of this layer what is below a directory that makes way for something else."""
        waiting = [(path, below)]
        while waiting:
            at, nodes = waiting.pop()
            for name, node in nodes.items():
                child = f"{at}/{name}"
                if child in self._changes:
                    self._unlink(child)
                    del self._changes[child]
                if isinstance(node, dict):
                    waiting.append((child, node))

    def _is_again(self, where: str, entry: Entry) -> None:
        """A path comes once more: the last one counts."""
        self._is_odd("that a later one of the same path replaces", entry.name)
        self._unlink(where)

    # hard links

    def _node(self, path: str) -> _Node:
        """What is at the path of a hard link's target, which has no links to directories in it."""
        directory, _, name = path.rpartition("/")
        place = self._overlay.place(directory, create=False)
        found = None if place is None else place.below.get(name)
        return _FILE if found is None or isinstance(found, dict) else found

    def _linked(self, entry: Entry) -> str | None:
        """The path that a hard link leads to; None where it does not count."""
        written = _cleaned(entry.target)
        if not written:
            self._is_odd("that links out of the image", entry.name)
            return None
        if written in self._sizes_of_aufs:
            return written
        directory, _, name = written.rpartition("/")
        place = self._overlay.place(directory, create=False)
        found = None if place is None else place.below.get(name)
        if place is None or found is None:
            self._is_odd("that links to nothing", entry.name)
            return None
        if isinstance(found, dict):
            self._is_odd("that links to a directory", entry.name)
            return None
        return place.child(name)

    def _put_link(self, where: str, kind: Literal["added", "modified"], entry: Entry, target: str) -> None:
        change = Change(where, kind, "hardlink", 0, entry.mode, entry.uid, entry.gid, target)
        if target in self._sizes_of_aufs:
            first = self._links_of_aufs.setdefault(target, where)
            if first == where:
                self._changes[where] = replace(change, type="file", bytes=self._sizes_of_aufs[target], target="")
                return
            change = replace(change, target=first)
        names = self._names.get(change.target)
        first = names[0] if names else change.target
        if first in self._changes:
            # links to a file of this layer share a list of names, of which the first holds the bytes
            names = names or self._names.setdefault(first, [first])
            names.append(where)
            self._names[where] = names
        self._changes[where] = change if first == change.target else replace(change, target=first)

    def _unlink(self, path: str) -> None:
        """A name is gone: another one of the same file now holds the bytes."""
        was = self._changes.get(path)
        names = self._names.pop(path, None)
        if names is None:
            return
        was_first = names[0] == path
        names.remove(path)
        if not was_first or not names or was is None:
            return
        heir = names[0]
        self._changes[heir] = replace(self._changes[heir], type=was.type, bytes=was.bytes, target=was.target)
        for name in names[1:]:
            self._changes[name] = replace(self._changes[name], target=heir)


def _is_whiteout(path: str) -> bool:
    return path.startswith(_AUFS) or posixpath.basename(path).startswith(_WHITEOUT)


def _order(change: Change) -> tuple[str, bool]:
    return change.path, change.change != "deleted"


def _type_of(node: _Node | None) -> Literal["file", "dir", "symlink", "other"]:
    if isinstance(node, dict):
        return "dir"
    if isinstance(node, str):
        return "symlink"
    return "other" if node == _OTHER else "file"


def _cleaned(name: str) -> str | None:
    """A name without a slash at either end, dots resolved; "" for the root, None where it leads out of it."""
    name = name.removeprefix("./")
    if "./" not in name and "//" not in name and not name.endswith("."):
        return name.strip("/")
    path = posixpath.normpath(name).lstrip("/")
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path
