"""A build context that goes from commit to commit, at the cost of what each commit changes.

The digest of a source is a sum over its files, so that a file that changes is taken out and put in again. Git keeps
neither empty directories nor their modes, so the files say all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fairlead.build.context import Context, Entry, Selection, has_wildcard, membership
from fairlead.build.dockerignore import inside
from fairlead.build.git import Change, GitTree

_Spec = tuple[str, tuple[str, ...], bool, bool]


@dataclass(eq=False)
class _Sum:
    """The running sum of a source."""

    name_of: Callable[[str], str | None]
    total: int = 0
    count: int = 0
    changed: list[str] = field(default_factory=list)


class RolledSelection:
    """A `Selection` at one commit; its files are listed when they are asked for, while that commit stands."""

    def __init__(self, total: int, count: int, changed: Sequence[str], listed: Callable[[], Selection]) -> None:
        self.found = count > 0
        self.digest = f"{total:x}"
        self._changed = sorted(changed)
        self._listed = listed

    @cached_property
    def files(self) -> tuple[tuple[str, Entry], ...]:
        """See `Selection`."""
        return self._listed().files

    def differences(self, earlier: Any) -> list[str]:  # noqa: ARG002  # the commit before, whichever it was
        """The paths that the commit changes."""
        return self._changed


@dataclass
class RollingContext(Context):
    """The files of one commit after the other.

    Args:
        tree: the files of the first.
    """

    tree: GitTree
    _sums: dict[_Spec, _Sum] = field(default_factory=dict, init=False)

    def roll(self, changes: Iterable[Change]) -> None:
        """Go on to the next commit; paths are relative to the context."""
        for running in self._sums.values():
            running.changed.clear()
        for change in changes:
            self.tree.put(change.path, change.after)
            if self.ignore.ignores(change.path):
                continue
            for running in self._sums.values():
                name = running.name_of(change.path)
                if name is not None:
                    for file, sign in ((change.before, -1), (change.after, 1)):
                        if file is not None:
                            running.total += sign * _hashed(self.tree.record(name, file))
                            running.count += sign
                    running.changed.append(change.path)

    def forget(self) -> None:
        """Start anew: the patterns of what is left out are others."""
        self._sums.clear()

    def _meets_link(self, source: str, wildcards: bool) -> bool:
        """Whether a link is to be followed; one below a directory that is taken is only a link."""
        if not self.tree.links:
            return False
        path = inside(source)
        names = path.split("/")
        if any("/".join(names[:count]) in self.tree.links for count in range(1, len(names) + 1)):
            return True
        if not wildcards or not has_wildcard(path):
            return False
        name_of = membership(source)
        return any(link.count("/") == path.count("/") and name_of(link) is not None for link in self.tree.links)

    def select(
        self, source: str, *, exclude: Sequence[str] = (), parents: bool = False, wildcards: bool = True
    ) -> Selection:
        """See `Context`; where a link stands for the source itself, the files are listed each time."""
        if self._meets_link(source, wildcards and not parents):
            found = self.listed(source, exclude=exclude, parents=parents, wildcards=wildcards)
            records = [
                record
                for record, (_, entry) in zip(found.records, found.files, strict=True)
                if entry.kind != "directory"
            ]
            return RolledSelection(sum(map(_hashed, records)), len(records), (), lambda: found)
        spec = (source, tuple(exclude), parents, wildcards)
        running = self._sums.get(spec)
        if running is None:
            running = _Sum(membership(source, exclude=exclude, parents=parents, wildcards=wildcards))
            for path in self.tree.paths():
                name = running.name_of(path)
                if name is not None and not self.ignore.ignores(path):
                    running.total += _hashed(self.tree.record(name, self.tree.file(path)))
                    running.count += 1
            self._sums[spec] = running

        def listed() -> Selection:
            return self.listed(source, exclude=exclude, parents=parents, wildcards=wildcards)

        return RolledSelection(running.total, running.count, running.changed, listed)


def _hashed(record: str) -> int:
    return int.from_bytes(hashlib.sha256(record.encode("utf-8", "surrogateescape")).digest())
