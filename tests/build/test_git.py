"""What is read of a repository, whatever its files are called and however the log arrives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.repository import Repo

from fairlead.build.early_log import EarlyLog, LogError
from fairlead.build.git import GitError, Repository
from fairlead.build.git_log import first_parent_log

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

ODD = "\1" + "a" * 40
FILES = {
    "a b": "1",
    "sub/c:d": "1",
    ODD: "1",
    ":100644 100644 1 2 M": "1",
    ":040000 040000 1 2 M/x": "1",
    "two\nlines/f": "1",
    "\u00e4": "1",
    "sub/deep/er/f": "1",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with files of odd names, each changed in a commit of its own, then all, then taken away."""
    made = Repo(tmp_path)
    made.commit(dict(FILES), "first")
    for path in FILES:
        made.commit({path: "2"}, f"change {path!r}\n\nmore")
    made.commit(dict.fromkeys(FILES, "3"), "all")
    made.commit(dict.fromkeys(FILES), "none")
    made.commit({"sub/link": "x"}, "\u00fcber")
    return made


def test_the_files_that_each_commit_changes(repo: Repo) -> None:
    commits = list(first_parent_log(Repository(repo.root), [""], 100))
    changed = [{change.path for change in commit.changes if not change.is_directory} for commit in commits]
    assert changed == [{*FILES}, *({path} for path in FILES), {*FILES}, {*FILES}, {"sub/link"}]
    assert [commit.subject for commit in commits[-3:]] == ["all", "none", "\u00fcber"]
    assert all(change.before is None for change in commits[0].changes)
    assert all(change.after is None for change in commits[-2].changes)
    directories = {change.path for change in commits[-2].changes if change.is_directory}
    assert directories == {"sub", "sub/deep", "sub/deep/er", ":040000 040000 1 2 M", "two\nlines"}


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_a_log_that_comes_in_parts(repo: Repo, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.build.early_log._PART", size)
    early = EarlyLog(repo.root, 100)
    try:
        repository = Repository(repo.root)
        assert list(first_parent_log(repository, [""], 100, early)) == list(first_parent_log(repository, [""], 100))
    finally:
        early.close()


def test_a_log_of_a_directory(repo: Repo) -> None:
    early = EarlyLog(repo.root / "sub", 2)
    assert early.is_of(repo.root / "sub" / ".", 2)
    assert not early.is_of(repo.root / "sub", 3)
    assert not early.is_of(repo.root, 2)
    try:
        commits = list(first_parent_log(Repository(repo.root), ["sub"], 2, early))
    finally:
        early.close()
    assert [commit.subject for commit in commits] == ["none", "\u00fcber"]
    assert [change.path for change in commits[1].changes if not change.is_directory] == ["sub/link"]


def test_a_log_that_cannot_be_begun(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "nowhere"):
        early = EarlyLog(directory, 5)
        with pytest.raises(LogError):
            list(early.parts())
        early.close()
    empty = Repo(tmp_path)
    early = EarlyLog(empty.root, 5)
    with pytest.raises(GitError, match="the repository has no commit yet"):
        next(first_parent_log(Repository(empty.root), [""], 5, early))
    early.close()


def test_objects_of_odd_names(repo: Repo) -> None:
    repository = Repository(repo.root)
    for path in FILES:
        assert repository.read("HEAD~2", path) == b"3"
        assert repository.read("HEAD", path) is None
        parent, _, name = path.rpartition("/")
        listed = repository.listing("HEAD~2", parent)
        assert listed[name][0] == "100644"
        assert repository.blob(listed[name][1]) == b"3"
    assert repository.read("HEAD~2", "sub") is None
    assert repository.listing("HEAD~2", "a b") == {}
    assert repository.listing("nothing", "") == {}
    with pytest.raises(GitError, match="there is no object"):
        repository.blob("1" * 40)


def test_links_are_found_where_they_are_looked_for(repo: Repo) -> None:
    (repo.root / "sub" / "link").unlink()
    (repo.root / "sub" / "link").symlink_to("x")
    repo.commit({"sub/below/f": "1", "f": "1"})
    repository = Repository(repo.root)
    found = {
        paths: repository.has_link("HEAD", directory, paths)
        for directory, paths in [
            ("", ("sub", "sub/link")),
            ("", ("sub/",)),
            ("", ("",)),
            ("", ()),
            ("sub", ("link",)),
            ("sub", ("below", "below/f")),
            ("sub", ("", "below/")),
            ("", ("nowhere/link",)),
        ]
    }
    assert [paths for paths, link in found.items() if link] == [
        ("sub", "sub/link"),
        ("sub/",),
        ("link",),
        ("", "below/"),
    ]
