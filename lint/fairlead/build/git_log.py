"""The log of a repository's first-parent line: which commit changes which files.

In the form that early_log.py asks git for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fairlead.build.early_log import EarlyLog, LogError, arguments
from fairlead.build.git import DIRECTORY, LINK, SUBMODULE, GitError, Repository

_COMMIT_HEAD = re.compile(rb"\x01[0-9a-f]{40,64}\0[0-9]+\0")
_COMMIT = re.compile(r"\x01([0-9a-f]{40,64})\0([0-9]+)\0([^\0]*)\0")
# most of what a log says of directories is that something in them changed, which the files say too
_CHANGE = re.compile(
    r"(?::040000 040000 [^\0]*\0[^\0]*\0)*:(?!040000 040000)(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\0([^\0]*)\0"
)
_ENCODING = sys.getfilesystemencoding()
_ORDINARY = frozenset(("000000", "100644", "100664", "100755"))


class Change(NamedTuple):
    """A file or directory that a commit changes.

    Attributes:
        path: relative to the top of the repository.
        before: mode and blob, None where it was not there.
        after: mode and blob, None where it is not there any more.
        ordinary: whether it is a file, before and after.
    """

    path: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    ordinary: bool = False

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory, which changes with all that is in it."""
        return any(file is not None and file[0] == DIRECTORY for file in (self.before, self.after))

    @property
    def is_submodule(self) -> bool:
        """Whether it is a submodule, before or after."""
        return any(file is not None and file[0] == SUBMODULE for file in (self.before, self.after))

    @property
    def has_link(self) -> bool:
        """Whether it is a symbolic link, before or after."""
        return any(file is not None and file[0] == LINK for file in (self.before, self.after))


@dataclass(frozen=True)
class Commit:
    """A commit of the first-parent line.

    Attributes:
        name: its full name.
        time: when it was committed, in seconds since 1970.
        subject: the first line of its message.
        changes: what it changes, as seen from its first parent.
    """

    name: str
    time: int
    subject: str
    changes: tuple[Change, ...]


def first_parent_log(
    repository: Repository, paths: Sequence[str], count: int, early: EarlyLog | None = None
) -> Iterator[Commit]:
    """The last commits that touch some paths, the oldest first, along the first parents.

    Args:
        repository: where they are.
        paths: relative to the top, "" for the top itself.
        count: the number of commits.
        early: the same log, when it has been begun already.

    Raises:
        GitError: there is no commit, or git fails.
    """
    if early is not None:
        begun = False
        try:
            for commit in _commits(early.parts()):
                begun = True
                yield commit
        except LogError:
            if begun:
                raise GitError("git log failed") from None
        else:
            return
    try:
        places = [f":(top,literal){path}" if path else ":(top)" for path in paths]
        log = repository.run(*arguments(count, places))
    except GitError:
        try:
            repository.commit("HEAD")
        except GitError:
            raise GitError(f"{repository.root}: the repository has no commit yet") from None
        raise
    yield from _commits([log])


def _commits(log: Iterable[bytes]) -> Iterator[Commit]:
    """The commits of a log that comes in parts."""
    waiting = b""
    for part in log:
        waiting += part
        # the last commit may go on in the next part
        cut = _last_commit(waiting)
        yield from _whole_commits(waiting[:cut])
        waiting = waiting[cut:]
    yield from _whole_commits(waiting)


def _last_commit(log: bytes) -> int:
    """Where the last commit of a piece of a log begins; a mark that stands in a path begins none."""
    at = log.rfind(b"\1")
    while at > 0 and not _COMMIT_HEAD.match(log, at):
        at = log.rfind(b"\1", 0, at)
    return max(at, 0)


def _whole_commits(log: bytes) -> Iterator[Commit]:
    found = _COMMIT.split(log.decode(_ENCODING, "surrogateescape"))[1:]
    for name, time, subject, said in zip(found[::4], found[1::4], found[2::4], found[3::4], strict=True):
        yield Commit(name, int(time), _shown(subject), _changes(said))


def _shown(subject: str) -> str:
    """The first line of a message, which may be in any encoding."""
    return subject.encode(_ENCODING, "surrogateescape").decode("utf-8", "replace").strip()


def _changes(said: str) -> tuple[Change, ...]:
    return tuple(
        Change(
            path,
            None if old_mode == "000000" else (old_mode, old),
            None if mode == "000000" else (mode, new),
            ordinary=old_mode in _ORDINARY and mode in _ORDINARY,
        )
        for old_mode, mode, old, new, path in _CHANGE.findall(said)
    )
