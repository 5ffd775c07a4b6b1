"""What the build context holds and what a source takes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairlead.build.context import Context, DirectoryTree, MemoryTree, Selection, directory_context
from fairlead.build.dockerignore import DockerIgnore, DockerIgnoreError

FILES = {
    "Dockerfile": "FROM a\n",
    "a.txt": "a",
    "b.txt": "b",
    "src/main.py": "main",
    "src/lib/util.py": "util",
    "src/lib/util.md": "docs",
    "docs/x.md": "x",
}


def memory(lines: tuple[str, ...] = (), files: dict[str, str] | None = None) -> Context:
    return Context(MemoryTree({**FILES, **(files or {})}), DockerIgnore(lines))


def paths(selection: Selection) -> list[str]:
    return [path for path, entry in selection.files if entry.kind != "directory"]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        (".", ["Dockerfile", "a.txt", "b.txt", "docs/x.md", "src/lib/util.md", "src/lib/util.py", "src/main.py"]),
        ("src", ["src/lib/util.md", "src/lib/util.py", "src/main.py"]),
        ("./src/../src/", ["src/lib/util.md", "src/lib/util.py", "src/main.py"]),
        ("/a.txt", ["a.txt"]),
        ("../../a.txt", ["a.txt"]),
        ("*.txt", ["a.txt", "b.txt"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("[^a].txt", ["b.txt"]),
        ("src/*", ["src/lib/util.md", "src/lib/util.py", "src/main.py"]),
        ("src/*/*.py", ["src/lib/util.py"]),
        ("s?c", ["src/lib/util.md", "src/lib/util.py", "src/main.py"]),
        ("*.nothing", []),
    ],
)
def test_sources(source: str, taken: list[str], disk: Path) -> None:
    for context in (memory(), Context(DirectoryTree(disk))):
        selection = context.select(source)
        assert paths(selection) == taken
        assert selection.found
        assert sum(entry.size for _, entry in selection.files) == sum(len(FILES[path]) for path in taken)


def test_a_source_that_is_not_there() -> None:
    assert not memory().select("missing").found
    assert not memory(("src",)).select("src").found


def test_exclude_and_parents() -> None:
    assert paths(memory().select("src", exclude=["**/*.md"])) == ["src/lib/util.py", "src/main.py"]
    assert paths(memory().select("*", exclude=["*.md", "lib"])) == ["Dockerfile", "a.txt", "b.txt", "src/main.py"]
    assert paths(memory().select("src/*/*.py", parents=True)) == ["src/lib/util.py"]
    assert paths(memory().select("src/./lib/*.py", parents=True)) == ["src/lib/util.py"]
    assert memory().select("src/lib/util.py", parents=True).digest != memory().select("src/lib/util.py").digest


def test_dockerignore() -> None:
    context = memory(("*", "!src/", "**/*.md"))
    assert paths(context.select(".")) == ["src/lib/util.py", "src/main.py"]
    assert [path for path, _ in context.walk()] == ["src", "src/lib", "src/lib/util.py", "src/main.py"]


@pytest.mark.parametrize(
    ("files", "source", "same"),
    [
        ({"a.txt": "b"}, "a.txt", False),
        ({"b.txt": "c"}, "a.txt", True),
        ({"src/new": ""}, "src", False),
        ({"src/new": ""}, "src/lib", True),
        ({"c.txt": ""}, "*.txt", False),
        ({"c.md": ""}, "*.txt", True),
        ({"src/lib/util.md": "other"}, "src", False),
    ],
)
def test_digests(files: dict[str, str], source: str, same: bool) -> None:
    assert (memory().select(source).digest == memory(files=files).select(source).digest) is same


def test_modes_of_files_count_and_those_of_directories_do_not() -> None:
    def digest(**modes: int) -> str:
        return Context(MemoryTree(FILES, modes)).select("src").digest

    assert digest() == digest(src=0o700)
    assert digest() != digest(**{"src/main.py": 0o755})
    assert digest() == digest(**{"src/lib": 0o700})


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links(disk: Path) -> None:
    (disk / "link.txt").symlink_to("a.txt")
    (disk / "deep").symlink_to("src/lib")
    (disk / "out").symlink_to("../../../../a.txt")
    (disk / "loop").symlink_to("loop")
    (disk / "src" / "up").symlink_to("../a.txt")
    context = Context(DirectoryTree(disk))
    assert context.select("link.txt").digest == context.select("a.txt").digest
    assert paths(context.select("deep")) == ["src/lib/util.md", "src/lib/util.py"]
    # the builder resolves links inside the context
    assert paths(context.select("out")) == ["a.txt"]
    assert not context.select("loop").found
    before = context.select("src").digest
    (disk / "a.txt").write_text("other")
    assert Context(DirectoryTree(disk)).select("src").digest == before, "a link below counts as a link"
    (disk / "src" / "up").unlink()
    (disk / "src" / "up").symlink_to("../b.txt")
    assert Context(DirectoryTree(disk)).select("src").digest != before


def test_the_dockerignore_that_the_builder_takes(disk: Path) -> None:
    (disk / ".dockerignore").write_text("src\n")
    assert not directory_context(disk, disk / "Dockerfile").select("src").found
    (disk / "Dockerfile.dockerignore").write_text("docs\n")
    assert directory_context(disk, disk / "Dockerfile").select("src").found
    assert not directory_context(disk).select("src").found
    (disk / "Dockerfile.dockerignore").write_text("[\n")
    with pytest.raises(DockerIgnoreError, match=r"Dockerfile\.dockerignore: line 1: syntax error in pattern: \["):
        directory_context(disk, disk / "Dockerfile")


def test_what_cannot_be_read_is_noted(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context(DirectoryTree(disk))

    def refuse(path: str) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(context.tree, "digest", refuse)
    selection = context.select("a.txt")
    assert selection.found
    assert context.problems == {}
    assert selection.digest
    assert context.problems == {"a.txt": "Permission denied"}


def test_only_what_a_source_names_is_looked_at(disk: Path) -> None:
    looked: list[str] = []

    class Watching(DirectoryTree):
        def names(self, path: str) -> list[str]:
            looked.append(path)
            return list(super().names(path))

    Context(Watching(disk)).select("src/lib")
    assert looked == ["src/lib"]


def test_names_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").touch()
    (tmp_path / ".dockerignore").write_text("a\n")
    context = directory_context(tmp_path)
    assert list(context.names("")) == [".dockerignore", "a"]
    assert list(context.names("a")) == ["b"]
    assert list(context.names("a/b")) == list(context.names("c")) == []
    assert context.problems == {}
