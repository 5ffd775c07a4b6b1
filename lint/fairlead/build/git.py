"""Files as they are in a commit, read with the program `git`; nothing is checked out and nothing is written."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from fairlead.build.context import Entry

_KINDS = {"100644": 0o644, "100664": 0o644, "100755": 0o755}


class GitError(Exception):
    """git is missing, there is no repository, or it refuses what it is asked for; the message says so."""


class Repository:
    """A git repository with a working tree.

    Args:
        path: a directory in it.

    Raises:
        GitError: there is none.
    """

    def __init__(self, path: Path) -> None:
        if shutil.which("git") is None:
            raise GitError("the program git is not installed")
        self.root = path
        self.root = Path(os.fsdecode(self._run("rev-parse", "--show-toplevel")).rstrip("\n"))

    def commit(self, revision: str) -> str:
        """The full name of the commit that a revision is.

        Raises:
            GitError: there is no such commit.
        """
        try:
            found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitError:
            raise GitError(f"no such commit: {revision}") from None
        return found.decode().strip()

    def relative(self, path: Path) -> str:
        """A path as git names it: relative to the top of the repository, "" for the top itself.

        Raises:
            GitError: it lies outside.
        """
        try:
            found = path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            raise GitError(f"{path} lies outside of the repository {self.root}") from None
        return "" if found == "." else found

    def tree(self, commit: str, directory: str) -> GitTree:
        """The files of a directory in a commit."""
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", f"{commit}:{directory}")
        files = {}
        for record in listed.split(b"\0"):
            if record:
                meta, _, path = record.partition(b"\t")
                mode, _, name = meta.decode().split(" ")
                files[os.fsdecode(path)] = (mode, name)
        return GitTree(self, files)

    def read(self, commit: str, path: str) -> bytes | None:
        """The content of a file in a commit; None where there is none."""
        try:
            return self._run("cat-file", "blob", f"{commit}:{path}")
        except GitError:
            return None

    def blob(self, name: str) -> bytes:
        """The content of a blob."""
        return self._run("cat-file", "blob", name)

    def present(self, directory: Path) -> set[str]:
        """The files below a directory of the working tree that git tracks or would track, relative to it."""
        listed = self._run(
            "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", cwd=directory
        )
        return {os.fsdecode(path) for path in listed.split(b"\0") if path}

    def _run(self, *arguments: str, cwd: Path | None = None) -> bytes:
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        try:
            done = subprocess.run(  # noqa: S603  # its arguments are no shell's
                ["git", *arguments],  # noqa: S607
                cwd=cwd or self.root,
                env=environment,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise GitError(f"git can't be run in {cwd or self.root}: {error.strerror}") from None
        if done.returncode:
            message = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
            raise GitError(message or f"git {arguments[0]} failed")
        return done.stdout


class GitTree:
    """The files of a commit, as a `FileTree`. A submodule is an empty directory.

    Args:
        repository: where link targets are read.
        files: path to git's mode and the blob's name.
    """

    def __init__(self, repository: Repository, files: dict[str, tuple[str, str]]) -> None:
        self._repository = repository
        self._files = files
        self._directories: dict[str, set[str]] = {"": set()}
        for path, (mode, _) in files.items():
            child = path
            if mode == "160000":
                self._directories.setdefault(path, set())
            while child:
                parent, _, name = child.rpartition("/")
                self._directories.setdefault(parent, set()).add(name)
                child = parent

    def entry(self, path: str) -> Entry | None:
        """See `FileTree`."""
        if path in self._directories:
            return Entry("directory", 0o755)
        if path not in self._files:
            return None
        mode, name = self._files[path]
        if mode == "120000":
            return Entry("link", 0o777, 0, os.fsdecode(self._repository.blob(name)))
        return Entry("file", _KINDS.get(mode, 0o644))

    def names(self, path: str) -> Sequence[str]:
        """See `FileTree`."""
        return sorted(self._directories.get(path, ()))

    def digest(self, path: str) -> str:
        """See `FileTree`."""
        return self._files[path][1]
