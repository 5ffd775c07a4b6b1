"""Layers really unpacked into a directory, one on top of the other: what the measurement is held against."""

from __future__ import annotations

import io
import os
import shutil
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_WHITEOUT = ".wh."


class LeadsOut(Exception):
    """A link leads out of the root, where this must not follow it."""


@dataclass
class Unpacked:
    """What unpacking a layer did.

    Attributes:
        changes: path to `added` or `modified`.
        deleted: paths that a whiteout took away, and opaque directories.
        opaque: opaque directories.
        bytes: of the files that the layer brought and that are still there after it.
    """

    changes: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    opaque: set[str] = field(default_factory=set)
    bytes: int = 0


def unpack(root: Path, layer: bytes) -> Unpacked:
    """Unpack a layer on top of those before, as an engine does; what cannot be is left out."""
    done = Unpacked()
    inodes: set[int] = set()
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        members = archive.getmembers()
    for info in members:
        if PurePosixPath(info.name).name.startswith(_WHITEOUT):
            _hide(root, info.name, done)
    below = {str(path.relative_to(root)) for path in root.rglob("*")}
    for info in members:
        if not PurePosixPath(info.name).name.startswith(_WHITEOUT):
            _put(root, info, done, inodes, below)
    for path in done.opaque - done.changes.keys():
        if _is_directory(root / path) and _inside(root, path) == root / path:
            done.changes[path] = "added"
    done.bytes = sum(size for inode, size in files(root).items() if inode in inodes)
    return done


def files(root: Path) -> dict[int, int]:
    """The regular files below a directory: inode to size, so that a further name of a file counts for nothing."""
    return {
        status.st_ino: status.st_size
        for at, _, names in os.walk(root)
        for name in names
        if stat.S_ISREG((status := Path(at, name).lstat()).st_mode)
    }


def _inside(root: Path, name: str) -> Path | None:
    """Where a name leads, links of its directories followed; None where it leads nowhere."""
    head, _, base = name.strip("/").rpartition("/")
    try:
        (root / head).stat()
    except FileNotFoundError:
        pass
    except OSError:
        return None
    directory = Path(os.path.realpath(root / head))
    if not directory.is_relative_to(root):
        raise LeadsOut(name)
    return directory / base


def _hide(root: Path, name: str, done: Unpacked) -> None:
    at = _inside(root, name)
    if at is None or not at.parent.is_dir():
        return
    if at.name == ".wh..wh..opq":
        if at.parent == root:
            done.deleted |= {below.name for below in root.iterdir()}
        else:
            done.opaque.add(str(at.parent.relative_to(root)))
            done.deleted |= done.opaque
        for below in at.parent.iterdir():
            _remove(below)
        return
    hidden = at.with_name(at.name.removeprefix(_WHITEOUT))
    if os.path.lexists(hidden):
        done.deleted.add(str(hidden.relative_to(root)))
        _remove(hidden)


def _put(root: Path, info: tarfile.TarInfo, done: Unpacked, inodes: set[int], lower: set[str]) -> None:
    at = _inside(root, info.name)
    if at is None:
        return
    linked = _inside(root, info.linkname) if info.islnk() else None
    if info.islnk() and (linked is None or not os.path.lexists(linked)):
        return
    if linked is not None and (at == linked or at in linked.parents or _is_directory(linked)):
        return
    try:
        at.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    where = str(at.relative_to(root))
    existed = os.path.lexists(at)
    if existed and not (info.isdir() and _is_directory(at)):
        if _is_directory(at):
            for path in [path for path in done.changes if path.startswith(where + "/")]:
                del done.changes[path]
            lower -= {path for path in lower if path.startswith(where + "/")}
        _remove(at)
    done.changes.setdefault(where, "modified" if where in lower - done.opaque else "added")
    if info.isdir():
        at.mkdir(exist_ok=True)
    elif info.issym():
        at.symlink_to(info.linkname)
    elif linked is not None:
        os.link(linked, at, follow_symlinks=False)
    else:
        at.write_bytes(b"x" * info.size)
        inodes.add(at.stat().st_ino)


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove(path: Path) -> None:
    if _is_directory(path):
        shutil.rmtree(path)
    else:
        path.unlink()
