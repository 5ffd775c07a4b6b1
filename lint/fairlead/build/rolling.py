"""A build context that goes from commit to commit, at the cost of what each commit changes.

The digest of a source is a sum over its files and directories, so that a file that changes is taken out and put in
again. What a source held at first is no part of its sum, as long as no other source has to be compared with it: so the
files of a commit are mostly not listed at all.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fairlead.build.context import Context, Entry, Selection, has_wildcard, membership, record
from fairlead.build.dockerignore import DockerIgnore, inside
from fairlead.build.git import FILE_MODES, GitTree, Repository
from fairlead.build.git_log import Change

_DIRECTORY = Entry("directory", 0o755)
# what stands in the record of a file between its name and its blob
_FILES = {mode: record("", Entry("file", bits), "") for mode, bits in FILE_MODES.items()}
_Spec = tuple[str, tuple[str, ...], bool, bool]


@dataclass(eq=False)
class _Sum:
    """The running sum of a source.

    Attributes:
        context: whose it is.
        name_of: under which name a file counts.
        keeps_parents: `--parents`: a directory of which nothing is taken is as good as none.
        family: what sources share whose sums can be compared.
        total: the sum, less what is the same for the whole family.
        changed: the paths that the last commit changed.
        links: whether a symbolic link may stand for the source itself, so that it has to be listed each time.
    """

    context: RollingContext
    name_of: Callable[[str], str | None]
    family: str
    keeps_parents: bool
    total: int = 0
    changed: list[str] = field(default_factory=list)
    links: bool = False

    def directory_name(self, path: str) -> str | None:
        """Under which name a directory counts, "" for the source itself."""
        name = self.name_of(path)
        return None if self.keeps_parents and not name else name


class RolledSelection:
    """A `Selection` at one commit; its files are listed when they are asked for, while it is what its source takes."""

    def __init__(self, digest: str, running: _Sum, listed: Callable[[], Selection]) -> None:
        self.digest = digest
        self.running = running
        self.total = running.total
        self._changed = running.changed
        self._listed = listed

    @property
    def found(self) -> bool:
        """See `Selection`."""
        return self._selection.found

    @property
    def files(self) -> tuple[tuple[str, Entry], ...]:
        """See `Selection`."""
        return self._selection.files

    @property
    def placed(self) -> Iterator[tuple[str, Entry, str]]:
        """See `Selection`."""
        return self._selection.placed

    @property
    def is_file(self) -> bool:
        """See `Selection`."""
        return self._selection.is_file

    @cached_property
    def _selection(self) -> Selection:
        return self._listed()

    def differences(self, earlier: Any) -> list[str]:  # noqa: ARG002  # the commit before, whichever it was
        """The paths that the commit changes."""
        return sorted(self._changed)


class RollingContext(Context):
    """The files of one commit after the other.

    Args:
        repository: where they are.
        commit: the first commit.
        directory: the build context, relative to the top of the repository.
        ignore: what is left out of it.
    """

    def __init__(self, repository: Repository, commit: str, directory: str, ignore: DockerIgnore) -> None:
        self._repository = repository
        self._commit = commit
        self._directory = directory
        self._tree: GitTree | None = None
        self._sums: dict[_Spec, _Sum] = {}
        self._given: dict[_Spec, _Sum] = {}
        self.ignore = ignore
        self.ignore_name = ".dockerignore"
        self.problems = {}

    @property
    def tree(self) -> GitTree:  # type: ignore[override]
        """The files of the commit."""
        if self._tree is None:
            self._tree = self._repository.tree(self._commit, self._directory)
        return self._tree

    def roll(self, commit: str, changes: Sequence[Change]) -> None:
        """Go on to the next commit; paths are relative to the context."""
        self._commit = commit
        sums = self._sums.values()
        for running in sums:
            # what the commit before changed may be asked for later on
            running.changed = []
        if self._tree is not None:
            self._put(self._tree, changes)
        all_sent = not self.ignore.patterns
        for change in changes:
            path, before, after, ordinary = change
            if not ordinary:
                if change.is_directory:
                    self._count_directory(change)
                    continue
                if change.has_link:
                    for running in sums:
                        running.links = True
            if not all_sent and self.ignore.leaves_out(path):
                continue
            for running in sums:
                name = running.name_of(path)
                if name is not None:
                    if ordinary and before is not None and after is not None:
                        # nearly all changes are such
                        was, now = f"{name}{_FILES[before[0]]}{before[1]}", f"{name}{_FILES[after[0]]}{after[1]}"
                        running.total += _hashed(now) - _hashed(was)
                    else:
                        running.total += self._counted(name, after) - self._counted(name, before)
                    running.changed.append(path)

    def _put(self, tree: GitTree, changes: Sequence[Change]) -> None:
        # a directory may take the place of a file, and a file that of a directory
        for change in sorted(changes, key=lambda change: change.after is not None):
            if not change.is_directory:
                tree.put(change.path, change.after)

    def _count_directory(self, change: Change) -> None:
        """Take in that a directory comes or goes: it counts even where all that is in it is left out."""
        if (change.before is None) == (change.after is None) or self.ignore.leaves_out(change.path):
            return
        for running in self._sums.values():
            name = running.directory_name(change.path)
            if name is not None:
                running.total += _hashed(record(name, _DIRECTORY, "")) * (-1 if change.after is None else 1)

    def leave_out(self, ignore: DockerIgnore) -> None:
        """Take other patterns of what is left out.

        A directory that one of the two leaves out but for exceptions counts as another one then.
        """
        if ignore.patterns == self.ignore.patterns:
            return
        earlier, self.ignore = self.ignore, ignore
        for running in self._sums.values():
            running.total += self._whole_sum(running, ignore) - self._whole_sum(running, earlier)

    def select(
        self, source: str, *, exclude: Sequence[str] = (), parents: bool = False, wildcards: bool = True
    ) -> Selection:
        """See `Context`; where a link stands for the source itself, the files are listed each time."""

        def listed() -> Selection:
            return self.listed(source, exclude=exclude, parents=parents, wildcards=wildcards)

        given = (source, tuple(exclude), parents, wildcards)
        running = self._given.get(given)
        if running is None:
            spec = (source if parents else inside(source), *given[1:])
            running = self._given[given] = self._sums.get(spec) or self._begin(spec)
        if running.links and self._meets_link(source, wildcards and not parents):
            found = self.listed(source, exclude=exclude, parents=parents, wildcards=wildcards)
            records = list(found.records)
            followed = None if parents else self.lookup(inside(source))
            if followed is not None and followed[1].kind == "directory":
                records.append(record("", _DIRECTORY, ""))
            relative = sum(map(_hashed, records)) - self._whole_sum(running, self.ignore) + running.total
            return RolledSelection(f"{running.family} {relative:x}", running, lambda: found)
        return RolledSelection(f"{running.family} {running.total:x}", running, listed)

    def still_gives(self, selection: Selection) -> bool:
        """See `Context`."""
        return (
            isinstance(selection, RolledSelection)
            and selection.running.context is self
            and selection.running.total == selection.total
            and not selection.running.links
        )

    def _begin(self, spec: _Spec) -> _Sum:
        source, exclude, parents, wildcards = spec
        running = _Sum(
            self, membership(source, exclude=exclude, parents=parents, wildcards=wildcards), _family(spec), parents
        )
        # only these can be the same step with the same content
        relative = next((other for other in self._sums.values() if other.family == running.family), None)
        if relative is not None:
            running.total = (
                relative.total + self._whole_sum(running, self.ignore) - self._whole_sum(relative, self.ignore)
            )
        running.links = self._may_meet_link(source, wildcards and not parents)
        self._sums[spec] = running
        return running

    def _may_meet_link(self, source: str, wildcards: bool) -> bool:
        names = inside(source).split("/")
        if any(has_wildcard(name) for name in names[:-1]) and wildcards:
            return bool(self.tree.links)
        if has_wildcard(names[-1]) and wildcards:
            within = "/".join(names[:-1])
            paths = [f"{within}/" if within else ""]
        else:
            paths = ["/".join(names[:count]) for count in range(1, len(names) + 1) if names[0]]
        return self._repository.has_link(self._commit, self._directory, paths)

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

    def _whole_sum(self, running: _Sum, ignore: DockerIgnore) -> int:
        total = 0
        for path in self.tree.paths():
            name = running.name_of(path)
            if name is not None and not ignore.leaves_out(path):
                total += self._counted(name, self.tree.file(path))
        for path in self.tree.directories():
            name = running.directory_name(path)
            if name is not None and not ignore.leaves_out(path):
                total += _hashed(record(name, _DIRECTORY, ""))
        return total

    def _counted(self, name: str, file: tuple[str, str] | None) -> int:
        if file is None:
            return 0
        mode, blob = file
        begin = _FILES.get(mode)
        if begin is not None:
            return _hashed(f"{name}{begin}{blob}")
        entry = self._repository.entry(file)
        return _hashed(record(name, entry, entry.target if entry.kind == "link" else blob))


def _hashed(record: str) -> int:
    # 64 bits, with a key of this process: two different sums of a run are equal by chance once in 10 ** 19
    return hash(record)


def _family(spec: _Spec) -> str:
    """What the key of a step says of a source besides its content."""
    source, exclude, parents, wildcards = spec
    return repr((source if parents else posixpath.basename(source), exclude, parents, wildcards))
