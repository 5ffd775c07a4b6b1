"""Files as they are in a commit, read with the program `git`; nothing is checked out and nothing is written."""

from __future__ import annotations

import os
import subprocess
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fairlead.build.context import Directories, Entry, read_dockerignore
from fairlead.build.dockerignore import DockerIgnore
from fairlead.build.early_log import environment

LINK, SUBMODULE, DIRECTORY = "120000", "160000", "040000"
"""What git has for the mode of what is no file."""

_NO_GIT = "the program git is not installed"
_FEW_DIRECTORIES = 12
FILE_MODES = {"100644": 0o644, "100664": 0o644, "100755": 0o755}
"""The permission bits of a file, by its mode in git."""


class GitError(Exception):
    """git is missing, there is no repository, or it refuses what it is asked for; the message says so."""


class Repository:
    """A git repository with a working tree.

    Args:
        path: a directory in it.
        is_top: that it is known to be the top of the working tree.

    Raises:
        GitError: there is none.
    """

    def __init__(self, path: Path, *, is_top: bool = False) -> None:
        self._objects: _Objects | None = None
        self._targets: dict[str, str] = {}
        self.root = path
        if is_top:
            import shutil

            if shutil.which("git") is None:
                raise GitError(_NO_GIT)
            return
        try:
            self.root = Path(os.fsdecode(self.run("rev-parse", "--show-toplevel")).rstrip("\n"))
        except GitError as error:
            if str(error).startswith("not a git repository"):
                raise GitError(f"{path}: not in a git repository, so there are no commits to read") from None
            if "work tree" not in str(error):
                raise
            raise GitError(f"{path}: a bare repository has no files to build from; ask in a clone of it") from None

    def commit(self, revision: str) -> str:
        """The full name of the commit that a revision is.

        Raises:
            GitError: there is no such commit.
        """
        try:
            found = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitError:
            hint = "; the clone is shallow: older commits are not there" if self.is_shallow else ""
            raise GitError(f"no such commit: {revision}{hint}") from None
        return found.decode().strip()

    def renames(self, path: str, since: str) -> list[Rename]:
        """How a file came by its name, along the first parents, the oldest renaming first.

        Args:
            path: the file as it is called in HEAD.
            since: the commit behind which to look.
        """
        log = self.run(
            "--literal-pathspecs", "log", "--follow", "--first-parent", "-m", "--diff-filter=R", "--name-status", "-z",
            "--no-color", "--no-show-signature", "--format=%x01%H", f"{since}..HEAD", "--", path,
        )  # fmt: skip
        found = []
        commit = ""
        tokens = iter(log.split(b"\0"))
        for token in tokens:
            word = token.lstrip(b"\n")
            if word.startswith(b"\1"):
                commit = word[1:].decode().strip()
            elif word.startswith(b"R"):
                found.append(Rename(commit, os.fsdecode(next(tokens)), os.fsdecode(next(tokens))))
        return found[::-1]

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
        listed = self.run("ls-tree", "-r", "-z", "--full-tree", f"{commit}:{directory}")
        return GitTree(self, dict(_entries(listed)))

    def lazy_tree(self, commit: str, directory: str) -> LazyTree:
        """The files of a directory in a commit, each directory listed when it is asked for."""
        return LazyTree(self, commit, directory)

    def listing(self, commit: str, directory: str) -> dict[str, tuple[str, str]]:
        """What is in one directory of a commit: name to mode and the object's name; nothing where there is no such."""
        found = self._object(f"{commit}:{directory}")
        return dict(_tree_entries(*found[1:])) if found is not None and found[0] == b"tree" else {}

    def has_link(self, commit: str, directory: str, paths: Sequence[str]) -> bool:
        """Whether a symbolic link is at one of some paths below a directory of a commit.

        Args:
            commit: the commit.
            directory: the directory, relative to the top.
            paths: with a final slash, or "", for everything in a directory, but nothing deeper.
        """
        wanted: dict[str, set[str]] = {}
        for path in paths:
            within, _, name = path.rpartition("/")
            wanted.setdefault(f"{directory}/{within}" if directory and within else directory or within, set()).add(name)
        return any(
            mode == LINK and (name in names or "" in names)
            for within, names in wanted.items()
            for name, (mode, _) in self.listing(commit, within).items()
        )

    def read(self, commit: str, path: str) -> bytes | None:
        """The content of a file in a commit; None where there is none."""
        found = self._object(f"{commit}:{path}")
        return found[1] if found is not None and found[0] == b"blob" else None

    def dockerignore(self, commit: str, dockerfile: str, directory: str) -> DockerIgnore:
        """What is left out of a build context in a commit, by the file that the builder takes.

        Raises:
            DockerIgnoreError: the builder refuses a pattern in it.
        """
        for path in dockerignore_paths(dockerfile, directory):
            data = self.read(commit, path)
            if data is not None:
                return read_dockerignore(data, f"{commit[:10]}:{path}")
        return DockerIgnore(())

    def blob(self, name: str) -> bytes:
        """The content of a blob."""
        found = self._object(name)
        if found is None:
            raise GitError(f"there is no object {name}")
        return found[1]

    def _object(self, name: str) -> tuple[bytes, bytes, int] | None:
        """The kind and the content of an object, and the length of the names in it; None where there is none."""
        if "\n" in name:
            # git reads one name a line
            try:
                kind = self.run("cat-file", "-t", name).strip()
                return kind, self.run("cat-file", kind.decode(), name), len(self.commit("HEAD")) // 2
            except GitError:
                return None
        if self._objects is None:
            self._objects = _Objects(self.root)
            weakref.finalize(self, self._objects.close)
        return self._objects.read(os.fsencode(name))

    def entry(self, file: tuple[str, str]) -> Entry:
        """What a file of a commit is, from its mode and blob."""
        mode, name = file
        if mode in (DIRECTORY, SUBMODULE):
            return Entry("directory", 0o755)
        if mode == LINK:
            if name not in self._targets:
                self._targets[name] = os.fsdecode(self.blob(name))
            return Entry("link", 0o777, 0, self._targets[name])
        return Entry("file", FILE_MODES.get(mode, 0o644))

    def present(self, directory: Path) -> set[str]:
        """The files below a directory of the working tree that git tracks or would track, relative to it."""
        listed = self.run(
            "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", cwd=directory
        )
        return {os.fsdecode(path) for path in listed.split(b"\0") if path}

    def changed_paths(self, count: int, *, seconds: float | None = None) -> tuple[frozenset[str], ...]:
        """The files that each of the last commits of the first-parent line changes, the newest first.

        Args:
            count: the number of commits.
            seconds: give up after so long.

        Raises:
            GitError: there is no commit, or it takes too long.
        """
        return _changed_paths(self, self.commit("HEAD"), count, seconds)

    @property
    def is_shallow(self) -> bool:
        """Whether older commits are missing."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == b"true"

    def run(self, *arguments: str, cwd: Path | None = None, seconds: float | None = None) -> bytes:
        """What a git command prints.

        Raises:
            GitError: it fails, or takes longer than some seconds.
        """
        try:
            done = subprocess.run(  # noqa: S603  # its arguments are no shell's
                ["git", *arguments],  # noqa: S607
                cwd=cwd or self.root,
                env=environment(),
                capture_output=True,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            raise GitError(f"git {arguments[0]} takes longer than {seconds} seconds") from None
        except OSError as error:
            if isinstance(error, FileNotFoundError) and error.filename in ("git", None):
                raise GitError(_NO_GIT) from None
            raise GitError(f"git can't be run in {cwd or self.root}: {error.strerror}") from None
        if done.returncode:
            message = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
            raise GitError(message or f"git {arguments[0]} failed")
        return done.stdout


class _Objects:
    """A git that is asked for one object after the other."""

    def __init__(self, directory: Path) -> None:
        try:
            self._process = subprocess.Popen(
                ["git", "cat-file", "--batch"],  # noqa: S607
                cwd=directory,
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise GitError(f"git can't be run in {directory}: {error.strerror}") from None
        assert self._process.stdin is not None  # noqa: S101  # they were asked for
        assert self._process.stdout is not None  # noqa: S101
        self._questions: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout

    def read(self, name: bytes) -> tuple[bytes, bytes, int] | None:
        """See `Repository._object`."""
        try:
            self._questions.write(name + b"\n")
            self._questions.flush()
        except OSError:
            raise GitError("git cat-file has ended") from None
        head = self._answers.readline()
        if head.endswith((b" missing\n", b" ambiguous\n")):
            return None
        if not head:
            raise GitError("git cat-file has ended")
        full, kind, size = head.split()
        content = self._answers.read(int(size))
        self._answers.read(1)
        return kind, content, len(full) // 2

    def close(self) -> None:
        """End it."""
        self._questions.close()
        self._answers.close()
        self._process.wait()


_read_logs: dict[tuple[Path, str, int], tuple[frozenset[str], ...]] = {}


def _changed_paths(repository: Repository, head: str, count: int, seconds: float | None) -> tuple[frozenset[str], ...]:
    """See `Repository.changed_paths`; read once for all files of a repository."""
    key = (repository.root, head, count)
    if key not in _read_logs:
        log = repository.run(
            "log", f"--max-count={count}", "--first-parent", "-m", "--name-only", "-z", "--no-renames", "--no-color",
            "--no-show-signature", "--format=%x01", "--end-of-options", head, "--", seconds=seconds,
        )  # fmt: skip
        commits = log.split(b"\1\0")[1:]
        _read_logs[key] = tuple(
            frozenset(os.fsdecode(path) for path in commit.lstrip(b"\n").split(b"\0") if path) for commit in commits
        )
    return _read_logs[key]


def _entries(listed: bytes) -> Iterator[tuple[str, tuple[str, str]]]:
    for line in listed.split(b"\0"):
        if line:
            meta, _, path = line.partition(b"\t")
            mode, _, name = meta.decode().split(" ")
            yield os.fsdecode(path), (mode, name)


def _tree_entries(tree: bytes, length: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """The entries of a directory, from git's object for it; `length` is that of the objects' names in bytes."""
    at = 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        mode, _, name = tree[at:end].partition(b" ")
        at = end + 1 + length
        yield os.fsdecode(name), (mode.decode().zfill(6), tree[end + 1 : at].hex())


def dockerignore_paths(dockerfile: str, directory: str) -> tuple[str, str]:
    """The files that may say what is left out of a build context, the first one first; paths as git names them."""
    return f"{dockerfile}.dockerignore", f"{directory}/.dockerignore" if directory else ".dockerignore"


class GitTree:
    """The files of a commit, as a `FileTree`. A submodule is an empty directory.

    Args:
        repository: where link targets are read.
        files: path to git's mode and the blob's name.

    Attributes:
        links: the paths of the symbolic links.
    """

    def __init__(self, repository: Repository, files: dict[str, tuple[str, str]]) -> None:
        self._repository = repository
        self._files: dict[str, tuple[str, str]] = {}
        self._directories = Directories()
        self.links: set[str] = set()
        for path, file in files.items():
            self.put(path, file)

    def put(self, path: str, file: tuple[str, str] | None) -> None:
        """Let a file be at a path, with its mode and blob; None takes it away."""
        before = self._files.pop(path, None)
        self.links.discard(path)
        if file is not None:
            self._files[path] = file
            if file[0] == LINK:
                self.links.add(path)
            self._directories.add(path, empty=file[0] == SUBMODULE)
        elif before is not None:
            self._directories.remove(path)

    def paths(self) -> Iterator[str]:
        """All files."""
        return iter(self._files)

    def directories(self) -> Iterator[str]:
        """All directories that hold something."""
        return self._directories.paths()

    def file(self, path: str) -> tuple[str, str]:
        """The mode and the blob of a file."""
        return self._files[path]

    def entry(self, path: str) -> Entry | None:
        """See `FileTree`."""
        if path in self._directories:
            return Entry("directory", 0o755)
        return self._repository.entry(self._files[path]) if path in self._files else None

    def names(self, path: str) -> Sequence[str]:
        """See `FileTree`."""
        return self._directories.names(path)

    def digest(self, path: str) -> str:
        """See `FileTree`."""
        return self._files[path][1]

    def read(self, path: str) -> bytes:
        """See `FileTree`."""
        return self._repository.blob(self._files[path][1])


@dataclass(frozen=True)
class Rename:
    """A commit that gives a file another name."""

    commit: str
    old: str
    new: str


class LazyTree:
    """The files of a commit, as a `FileTree` for who looks at a few of them.

    Args:
        repository: where they are.
        commit: the commit.
        directory: the root, relative to the top of the repository.
    """

    def __init__(self, repository: Repository, commit: str, directory: str) -> None:
        self._repository = repository
        self._commit = commit
        self._directory = directory
        self._listed: dict[str, dict[str, tuple[str, str]]] = {}
        self._whole: GitTree | None = None

    def _files(self, path: str) -> dict[str, tuple[str, str]]:
        if path not in self._listed:
            within = f"{self._directory}/{path}" if self._directory and path else self._directory or path
            self._listed[path] = self._repository.listing(self._commit, within)
        return self._listed[path]

    def _all(self) -> GitTree | None:
        """All files, as soon as many directories have been asked for."""
        if self._whole is None and len(self._listed) > _FEW_DIRECTORIES:
            self._whole = self._repository.tree(self._commit, self._directory)
        return self._whole

    def _file(self, path: str) -> tuple[str, str] | None:
        parent, _, name = path.rpartition("/")
        if parent and self.entry(parent) != Entry("directory", 0o755):
            return None
        return self._files(parent).get(name)

    def entry(self, path: str) -> Entry | None:
        """See `FileTree`."""
        if (whole := self._all()) is not None:
            return whole.entry(path)
        if not path:
            return Entry("directory", 0o755)
        file = self._file(path)
        return None if file is None else self._repository.entry(file)

    def names(self, path: str) -> Sequence[str]:
        """See `FileTree`."""
        if (whole := self._all()) is not None:
            return whole.names(path)
        return sorted(self._files(path))

    def digest(self, path: str) -> str:
        """See `FileTree`."""
        file = self._file(path)
        if file is None:
            raise FileNotFoundError(path)
        return file[1]

    def read(self, path: str) -> bytes:
        """See `FileTree`."""
        return self._repository.blob(self.digest(path))
