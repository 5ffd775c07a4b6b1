"""A file system as far as it is known, with snapshots that cost nothing and the differences between them.

Directories are shared between snapshots and copied when they are first changed after one, so that a step of a build
costs what it touches. What is not known is a value: a directory may hold more than is listed (`open`), a file may have
no known size, an entry may be there only on some path through a script (`maybe`).
"""

from __future__ import annotations

import fnmatch
import itertools
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from fairlead.analysis.contents import Change
from fairlead.knowledge.files import base_may_hold
from fairlead.syntax.source import Token

Owner = int | str | None
"""A user or group: its number, its name where the number is not known, None where neither is."""

REST = "*"
"""The name under which stands what else a directory holds, with further stars for what comes to it."""


def is_rest(name: str) -> bool:
    """Whether a name stands for files that nobody can list."""
    return bool(name) and not name.strip(REST)


MAX_COPIED = 200_000
"""Entries that the commands of a stage may make: a script can double a directory as often as it likes."""

_MAX_LINKS = 40
_GLOB = frozenset("*?[")
_MOMENTS = itertools.count(1)


class Inode:
    """What further names of a file share."""

    def __init__(self) -> None:
        self.names: set[str] = set()


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file, a symbolic link, or files that nobody can list (`rest`).

    Attributes:
        kind: what it is.
        size: bytes; None where it is not known.
        mode: permission bits, None where they are not known.
        uid: the owner.
        gid: the group.
        stamp: equal for two states of a file that have the same time of change and content.
        target: where a symbolic link leads.
        content: gives the content, None where it can't be had; itself None where it is not known.
        source: where an estimated size comes from.
        maybe: it is there only if a branch of a script runs.
        inode: what it shares with its other names.
    """

    kind: Literal["file", "symlink", "other", "rest"]
    size: int | None = 0
    mode: int | None = 0o644
    uid: Owner = 0
    gid: Owner = 0
    stamp: object = None
    target: str = ""
    content: Callable[[], bytes | None] | None = None
    source: str = ""
    maybe: bool = False
    inode: Inode | None = None


class Directory:
    """A directory.

    Attributes:
        mode: permission bits, None where they are not known.
        uid: the owner.
        gid: the group.
        open: it may hold more than is listed.
        supposed: the base image is supposed to have nothing there.
        maybe: see `File`.
        wild: of the root: programs have run of which nobody knows what they have written, anywhere.
    """

    __slots__ = ("_children", "_load", "epoch", "gid", "maybe", "mode", "open", "supposed", "uid", "wild")

    def __init__(
        self,
        children: dict[str, Node] | None = None,
        mode: int | None = 0o755,
        uid: Owner = 0,
        gid: Owner = 0,
        *,
        open: bool = False,  # noqa: A002
        supposed: bool = False,
        maybe: bool = False,
        epoch: object = None,
        load: Callable[[], dict[str, Node]] | None = None,
    ) -> None:
        self._children: dict[str, Node] = {} if children is None else children
        self._load = load
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.open = open
        self.supposed = supposed
        self.maybe = maybe
        self.wild = False
        self.epoch = epoch

    @property
    def children(self) -> dict[str, Node]:
        """Name to what is there."""
        if self._load is not None:
            self._children, self._load = self._load(), None
        return self._children

    def fill(self, other: Directory) -> None:
        """Let an empty directory hold what another holds, which is not looked into yet."""
        self._load = lambda: other.children

    def copy(self, epoch: object) -> Directory:
        """The same directory, to be changed in an epoch."""
        copied = Directory(
            dict(self.children),
            self.mode,
            self.uid,
            self.gid,
            open=self.open,
            supposed=self.supposed,
            maybe=self.maybe,
            epoch=epoch,
        )
        copied.wild = self.wild
        return copied

    def add_rest(self, node: File) -> str:
        """Let the directory hold files that nobody can list, beside what it holds; the name that they stand under."""
        name = REST
        while name in self.children:
            name += REST
        self.children[name] = node
        return name


Node = File | Directory


class Unknown:
    """Stands for a place of which nobody knows whether anything is there."""


UNKNOWN_NODE = Unknown()


@dataclass(frozen=True, slots=True)
class Glob:
    """What a file name pattern matches.

    Attributes:
        paths: those that are known.
        complete: whether there can be no others.
    """

    paths: tuple[str, ...]
    complete: bool


class Filesystem:
    """The files of a stage as its steps change them.

    Paths are absolute and cleaned. Directories above a new file are made as they are needed.

    Attributes:
        root: the root directory.
        causes: path to the words that have last changed it since the last snapshot.
        spokesman: the words that are named in place of all others, while a script of the image runs.
        room: how many further entries commands may make by copying and unpacking, before they make unlisted ones.
    """

    def __init__(self, root: Directory) -> None:
        self.root = root
        self.causes: dict[str, Token] = {}
        self.spokesman: Token | None = None
        self.room = MAX_COPIED
        self._has_links = False
        self._moments: dict[object, int] = {}
        # a value of its own, so that no directory of another file system is taken for one of this time
        self._epoch = object()

    def snapshot(self) -> Directory:
        """The files as they are now; later changes leave it alone."""
        self._epoch = object()
        self.causes = {}
        return self.root

    def branch(self) -> Directory:
        """As `snapshot`, keeping the causes: for commands that may not run."""
        self._epoch = object()
        return self.root

    def merge(self, before: Directory) -> None:
        """Take back what has changed since a `branch`, as far as the branch may not have run."""
        self._epoch = object()
        self.root = _merged(before, self.root)

    def moment(self, stamp: object) -> int:
        """A number that stands for the time of change of a file with a stamp, and for no other time."""
        return self._moments.setdefault(stamp, next(_MOMENTS))

    # Looking

    def real(self, path: str, *, follow: bool = True) -> str | None:
        """A path with the symbolic links in it followed, the last one only where `follow`; None for a loop."""
        waiting = [name for name in reversed(path.split("/")) if name not in ("", ".")]
        walked: list[str] = []
        # the directories along `walked`, as far as they are known
        along: list[Directory] = [self.root]
        links = 0
        while waiting:
            name = waiting.pop()
            if name == "..":
                walked = walked[:-1]
                del along[len(walked) + 1 :]
                continue
            above = along[-1] if len(along) == len(walked) + 1 else None
            walked.append(name)
            if not waiting and not follow:
                break
            node = above.children.get(name) if above is not None else None
            if isinstance(node, Directory):
                along.append(node)
            elif node is not None and node.kind == "symlink":
                links += 1
                if links > _MAX_LINKS:
                    return None
                walked = [] if node.target.startswith("/") else walked[:-1]
                del along[len(walked) + 1 :]
                waiting.extend(part for part in reversed(node.target.split("/")) if part not in ("", "."))
        return "/" + "/".join(walked)

    def find(self, path: str, *, follow: bool = True) -> Node | Unknown | None:
        """What is at a path: None where certainly nothing is."""
        real = self.real(path, follow=follow)
        return None if real is None else self._walk(real.split("/")[1:] if real != "/" else [])

    def _walk(self, names: list[str]) -> Node | Unknown | None:
        node: Node = self.root
        walked = ""
        for name in names:
            if isinstance(node, File):
                return UNKNOWN_NODE if node.kind in ("rest", "symlink") else None
            walked += "/" + name
            below = node.children.get(name)
            if below is None:
                if self.root.wild:
                    return UNKNOWN_NODE
                if not node.open:
                    return UNKNOWN_NODE if REST in node.children else None
                return UNKNOWN_NODE if base_may_hold(walked) else None
            node = below
        return node

    def supposes(self, path: str) -> bool:
        """Whether what is known of a path rests on the base image having nothing there."""
        node: Node | Unknown | None = self.root
        supposed = self.root.open
        for name in path.split("/")[1:] if path != "/" else ():
            if not isinstance(node, Directory):
                return supposed
            node = node.children.get(name)
            if isinstance(node, Directory):
                supposed = node.open or node.supposed
        return supposed

    def glob(self, pattern: str, *, dots: bool = False) -> Glob:
        """The paths that match; names that begin with a dot only where the pattern says so, or with `dots`."""
        if not _GLOB & set(pattern):
            return Glob((pattern,), True)
        found: list[str] = [""]
        complete = True
        for part in pattern.split("/")[1:]:
            following: list[str] = []
            for base in found:
                if not _GLOB & set(part):
                    following.append(f"{base}/{part}")
                    continue
                node = self.find(base or "/")
                if isinstance(node, Unknown):
                    complete = False
                if not isinstance(node, Directory):
                    continue
                complete = complete and not node.open and not self.root.wild
                names = [name for name in node.children if dots or not name.startswith(".") or part.startswith(".")]
                if REST in names and set(part) != {"*"}:
                    # some of what nobody can list
                    names = [name for name in names if not is_rest(name)]
                    complete = False
                following.extend(f"{base}/{name}" for name in sorted(names) if fnmatch.fnmatchcase(name, part))
            found = following
        present = tuple(path for path in found if self.find(path, follow=False) is not None)
        return Glob(present, complete)

    def walk(self, path: str) -> Iterator[tuple[str, Node]]:
        """An entry and what is below it, a directory before its content."""
        node = self.find(path, follow=False)
        if isinstance(node, Unknown) or node is None:
            return
        yield from _walk_node(path, node)

    @property
    def has_links(self) -> bool:
        """Whether a file may have got a further name."""
        return self._has_links

    def names_of(self, inode: Inode) -> list[str]:
        """The paths that lead to a file with several names."""
        return sorted(
            path
            for path in inode.names
            if isinstance(node := self.find(path, follow=False), File) and node.inode is inode
        )

    # Changing

    def run_wild(self) -> None:
        """A program has run that may have written anything anywhere; what is known stays as it is known."""
        root = self.directory("/")
        if root is not None:
            root.wild = True

    def put(self, path: str, node: Node, cause: Token | None) -> None:
        """Let something be at a path, in place of what was there."""
        parent, _, name = path.rpartition("/")
        above = self.real(parent or "/")
        directory = self.directory(above, cause) if above is not None and name else None
        if above is None or directory is None:
            return
        real = f"{above.rstrip('/')}/{name}"
        directory.children[name] = node
        if isinstance(node, File) and node.inode is not None:
            node.inode.names.add(real)
            self._has_links = True
        self.note(real, cause)

    def remove(self, path: str, cause: Token | None) -> None:
        """Take away what is at a path."""
        parent, _, name = path.rpartition("/")
        above = self.real(parent or "/")
        node = self.find(above) if above is not None else None
        if above is None or not isinstance(node, Directory) or name not in node.children:
            return
        directory = self.directory(above, cause)
        if directory is not None:
            del directory.children[name]
        self.note(f"{above.rstrip('/')}/{name}", cause)

    def directory(
        self, path: str, cause: Token | None = None, *, mode: int = 0o755, uid: Owner = 0, gid: Owner = 0
    ) -> Directory | None:
        """The directory at a path, made where it is not there, to be changed; None where a file is in the way."""
        real = self.real(path)
        if real is None:
            return None
        if self.root.epoch is not self._epoch:
            self.root = self.root.copy(self._epoch)
        node = self.root
        walked = ""
        for name in real.split("/")[1:] if real != "/" else ():
            walked += "/" + name
            below = node.children.get(name)
            if isinstance(below, File) and below.kind == "rest":
                # it is a directory after all
                below = Directory({REST: below}, None, below.uid, below.gid, epoch=self._epoch)
                node.children[name] = below
            if isinstance(below, File):
                return None
            if below is None:
                unknown = node.open or REST in node.children
                below = Directory(
                    {},
                    None if node.open and base_may_hold(walked) else mode,
                    uid,
                    gid,
                    open=unknown and base_may_hold(walked),
                    supposed=unknown and not base_may_hold(walked),
                    epoch=self._epoch,
                )
                node.children[name] = below
                self.note(walked, cause)
            elif below.epoch is not self._epoch:
                below = below.copy(self._epoch)
                node.children[name] = below
            # what is put into it needs it to be there
            below.maybe = False
            node = below
        return node

    def own(self, parent: Directory, name: str) -> Directory | None:
        """The directory of a name in a directory that may be changed, to be changed too; None where there is none."""
        below = parent.children.get(name)
        if not isinstance(below, Directory):
            return None
        if below.epoch is not self._epoch:
            below = below.copy(self._epoch)
            parent.children[name] = below
        return below

    def note(self, path: str, cause: Token | None) -> None:
        """Keep which words have changed a path, relative or absolute, and what is below it."""
        if cause is not None:
            self.causes[path.lstrip("/")] = self.spokesman or cause

    def causes_below(self, path: str) -> dict[str, Token]:
        """The words that have changed a path and what is below it since the last snapshot, by what follows the path."""
        top = path.lstrip("/")
        return {
            below[len(top) :]: cause
            for below, cause in self.causes.items()
            if below == top or below.startswith(f"{top}/")
        }

    def cause(self, path: str) -> Token | None:
        """The words that have changed a path, or a directory above it, since the last snapshot."""
        return cause_of(self.causes, path)


def cause_of(causes: Mapping[str, Token], path: str) -> Token | None:
    """The words that have changed a path, or else a directory above it."""
    while path and path not in causes:
        path = path.rpartition("/")[0]
    return causes.get(path)


def _walk_node(path: str, node: Node) -> Iterator[tuple[str, Node]]:
    yield path, node
    if isinstance(node, Directory):
        for name in sorted(node.children):
            yield from _walk_node(f"{path.rstrip('/')}/{name}", node.children[name])


def _merged(before: Directory, after: Directory) -> Directory:
    """What is there if the way from `before` to `after` may or may not have been gone."""
    if before is after:
        return before
    merged = after.copy(after.epoch)
    for name in {*before.children, *after.children}:
        old, new = before.children.get(name), after.children.get(name)
        if old is new:
            continue
        if old is None and new is not None:
            merged.children[name] = _maybe(new)
        elif new is None and old is not None:
            merged.children[name] = _maybe(old)
        elif isinstance(old, Directory) and isinstance(new, Directory):
            merged.children[name] = _merged(old, new)
        elif isinstance(old, File) and isinstance(new, File):
            merged.children[name] = replace(
                new,
                size=new.size if new.size == old.size else None,
                mode=new.mode if new.mode == old.mode else None,
                uid=new.uid if new.uid == old.uid else None,
                gid=new.gid if new.gid == old.gid else None,
                stamp=object(),
                content=None,
                maybe=True,
                source="a branch of the script that may not run",
            )
        elif new is not None:
            merged.children[name] = _maybe(new)
    return merged


def _maybe(node: Node) -> Node:
    if isinstance(node, File):
        return replace(node, maybe=True)
    copied = node.copy(node.epoch)
    copied.maybe = True
    return copied


@dataclass(eq=False)
class Difference:
    """What lies between two snapshots.

    Attributes:
        changes: sorted by path, a deletion first.
        unsure: paths that are added, changed or deleted only if a branch of a script runs.
    """

    changes: list[Change] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def difference(before: Directory, after: Filesystem, stored: Iterable[str] = ()) -> Difference:
    """What a layer holds that takes one snapshot to the files as they are now.

    Args:
        before: the snapshot.
        after: the files.
        stored: the paths of files that it holds whether they are others or not.

    As BuildKit's differ compares them: a file is stored when its time of change, size, mode or owner is another, or it
    has got one more name; of a directory that is gone and made again the old entries are deleted one by one.
    """
    found = Difference()
    _compare("", before, after.root, found)
    listed = {change.path for change in found.changes}
    for path in stored:
        node = after.find(path, follow=False)
        if isinstance(node, File) and path.lstrip("/") not in listed:
            found.changes.append(_change(path.lstrip("/"), node, "modified"))
    if after.has_links:
        found.changes = _linked(found.changes, after)
    found.changes.sort(key=lambda change: (change.path, change.change != "deleted"))
    return found


def _compare(path: str, before: Directory, after: Directory, found: Difference) -> None:
    if before is after:
        return
    old_children, new_children = before.children, after.children
    for name in sorted({*old_children, *new_children}):
        old, new = old_children.get(name), new_children.get(name)
        if old is new:
            continue
        below = f"{path}/{name}" if path else name
        if new is None and old is not None:
            found.changes.append(Change(below, "deleted", _type(old), 0))
        elif old is None and new is not None:
            _added(below, new, found, "added")
        elif isinstance(old, Directory) and isinstance(new, Directory):
            if (old.mode, old.uid, old.gid) != (new.mode, new.uid, new.gid):
                found.changes.append(_change(below, new, "modified"))
            _compare(below, old, new, found)
        elif isinstance(old, File) and old.kind == "rest" and isinstance(new, Directory):
            # what was copied turned out to be a directory
            _compare(below, Directory({REST: old}), new, found)
        elif isinstance(old, File) and isinstance(new, File) and _is_same(old, new):
            if new.maybe and not old.maybe:
                found.unsure.append(below)
        elif new is not None:
            # a file in place of a directory hides what was in it: no deletion is stored for that
            _added(below, new, found, "modified")


def _added(path: str, node: Node, found: Difference, change: Literal["added", "modified"]) -> None:
    if node.maybe:
        found.unsure.append(path)
        return
    found.changes.append(_change(path, node, change))
    if isinstance(node, Directory):
        for name in sorted(node.children):
            _added(f"{path}/{name}", node.children[name], found, "added")


def _is_same(old: File, new: File) -> bool:
    return old.stamp == new.stamp and (old.kind, old.size, old.mode, old.uid, old.gid, old.target) == (
        new.kind,
        new.size,
        new.mode,
        new.uid,
        new.gid,
        new.target,
    )


def _type(node: Node) -> Literal["file", "dir", "symlink", "other"]:
    if isinstance(node, Directory):
        return "dir"
    return "other" if node.kind == "rest" else node.kind


def _change(path: str, node: Node, change: Literal["added", "modified"]) -> Change:
    uid, gid = (owner if isinstance(owner, int) else None for owner in (node.uid, node.gid))
    if isinstance(node, Directory):
        return Change(path, change, "dir", 0, node.mode, uid, gid)
    size = node.size if node.kind in ("file", "rest") else 0
    return Change(path, change, _type(node), size, node.mode, uid, gid, node.target, node.source)


def _linked(changes: list[Change], after: Filesystem) -> list[Change]:
    """The changes with further names of a file as links: only the first of its new names carries the bytes."""
    listed = {change.path for change in changes}
    first: dict[Inode, str] = {}
    found = []
    for change in changes:
        node = after.find(f"/{change.path}", follow=False) if change.change != "deleted" else None
        inode = node.inode if isinstance(node, File) else None
        if inode is None:
            found.append(change)
        elif inode in first:
            found.append(replace(change, type="hardlink", bytes=0, target=first[inode]))
        else:
            first[inode] = change.path
            found.append(change)
            others = (path.lstrip("/") for path in after.names_of(inode))
            # names that were there before get the new number of links with the file
            found.extend(
                replace(change, path=other, change="modified", type="hardlink", bytes=0, target=change.path)
                for other in others
                if other not in listed
            )
    return found


def join(directory: str, name: str) -> str:
    """A path below a directory, cleaned."""
    return "/" + posixpath.normpath(f"{directory}/{name}").lstrip("/")
