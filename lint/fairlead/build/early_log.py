"""The log of a repository, begun before it is known what it is for.

It takes git some time to write, and Python some to load what reads it. This module loads nothing else of Fairlead, so
that the two go on side by side.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from typing import IO

LOG = (
    "log", "--reverse", "--first-parent", "-m", "--raw", "-t", "-z", "--no-renames", "--no-abbrev", "--no-color",
    "--no-show-signature", "--format=%x01%H%x00%ct%x00%s",
)  # fmt: skip
"""The commits of the first-parent line, the oldest first, with what each changes; how many and where is added to it."""

_PART = 1 << 19
_A_MOMENT = 0.002


class LogError(Exception):
    """git could not write a log; it says nothing of the reason, which the caller has to ask for."""


def environment() -> dict[str, str]:
    """The environment in which git is run: it writes nothing, fetches nothing and speaks English."""
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


class EarlyLog:
    """The log of a directory of a working tree, as git writes it.

    Args:
        directory: the directory; one that is none, or in no repository, gives no log.
        count: the number of commits.
    """

    def __init__(self, directory: str | os.PathLike[str], count: int) -> None:
        self._directory = directory
        self._count = count
        # a pipe holds too little of it to go on without a reader
        self._file = _file()
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(  # noqa: S603  # its arguments are no shell's
                ["git", *arguments(count, ["."])],  # noqa: S607
                cwd=directory,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=self._file,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            self.close()

    def is_of(self, directory: str | os.PathLike[str], count: int) -> bool:
        """Whether it is the log of a directory, with so many commits."""
        return count == self._count and os.path.realpath(directory) == os.path.realpath(self._directory)

    def parts(self) -> Iterator[bytes]:
        """What git writes, as it comes.

        Raises:
            LogError: git has failed, or could not be run.
        """
        if self._process is None:
            raise LogError
        at = 0
        ended = False
        while not ended:
            # in this order: what was written before the end is read behind it
            ended = self._process.poll() is not None
            while part := self._after(at):
                at += len(part)
                yield part
            if not ended:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_A_MOMENT)
        if self._process.returncode:
            raise LogError

    def _after(self, at: int) -> bytes:
        # the place in the file is where git writes
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), _PART, at)
        if self._process is not None:
            self._process.wait()
        self._file.seek(at)
        return self._file.read(_PART)

    def close(self) -> None:
        """End git, if it is still at work."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._file.close()


def _file() -> IO[bytes]:
    """A file that is in no directory."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("log"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def arguments(count: int, paths: Sequence[str]) -> list[str]:
    """The arguments of git for the last commits that touch some paths."""
    return [*LOG, f"--max-count={count}", "--end-of-options", "HEAD", "--", *paths]
