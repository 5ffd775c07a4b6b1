"""What changes in a build context although no step needs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.repository import Repo

from fairlead.analysis.context_use import VolatileContext
from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import directory_context
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

GO = "FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN go build ./...\n"


def volatile(root: Path, text: str = GO) -> list[VolatileContext]:
    model = build(parse(Source("Dockerfile", text.encode())))
    return list(Models(model, lambda: directory_context(root)).context_use.volatile())


def project(repo: Repo, extra: dict[str, str | None] | None = None) -> None:
    files = {
        "Dockerfile": GO,
        "go.mod": "module a\n",
        "a.go": "",
        "README.md": "",
        ".dockerignore": ".git\nDockerfile\n",
    }
    repo.commit({**files, **(extra or {})})
    for number in range(20):
        people = number % 3 == 0
        repo.commit({"README.md" if people else "a.go": str(number)})


@needs_git
def test_commits_that_are_for_people_only(repo: Repo) -> None:
    project(repo)
    [found] = volatile(repo.root)
    assert (found.unneeded, found.commits, found.rebuilt.line) == (("README.md",), (7, 21), 4)
    (repo.root / ".dockerignore").write_text(".git\nDockerfile\nREADME.md\n")
    assert volatile(repo.root) == []


@needs_git
@pytest.mark.parametrize(
    "extra",
    [
        {"Makefile": "docs: README.md\n"},
        {"pyproject.toml": 'readme = "README.md"\n'},
        {"about.php": "show('README.md')"},
        {"Dockerfile": GO + "COPY README.md /\n"},
    ],
)
def test_a_file_that_the_build_may_read(repo: Repo, extra: dict[str, str | None]) -> None:
    project(repo, extra)
    assert volatile(repo.root, str(extra.get("Dockerfile", GO))) == []


@needs_git
def test_commits_that_change_more_do_not_count(repo: Repo) -> None:
    repo.commit({"Dockerfile": GO, "a.go": "", ".dockerignore": ".git\nDockerfile\n"})
    for number in range(20):
        repo.commit({"README.md": str(number), "a.go": str(number)})
    assert volatile(repo.root) == []


@needs_git
def test_nothing_below_that_takes_its_time(repo: Repo) -> None:
    project(repo)
    assert volatile(repo.root, "FROM nginx:1.29\nCOPY . /srv\nRUN chmod -R a+rX /srv\n") == []


def test_the_dockerfile_itself(tmp_path: Path) -> None:
    (tmp_path / "go.mod").touch()
    (tmp_path / "Dockerfile").touch()
    model = build(parse(Source(str(tmp_path / "Dockerfile"), GO.encode())))
    [found] = Models(model, lambda: directory_context(tmp_path)).context_use.volatile()
    assert (found.written, found.unneeded, found.own) == ((), (), "Dockerfile")
    (tmp_path / ".dockerignore").write_text("Dockerfile\n")
    assert list(Models(model, lambda: directory_context(tmp_path)).context_use.volatile()) == []


def test_a_gitignore_above_the_context(tmp_path: Path) -> None:
    part = tmp_path / "services" / "a"
    part.mkdir(parents=True)
    (part / "Cargo.toml").write_text("[package]\n")
    (tmp_path / ".gitignore").write_text("/services/*/target/\n")
    text = "FROM rust:1.90\nCOPY . /src\nRUN cargo build\n"
    assert volatile(part, text) == [], "a .gitignore outside of a repository counts for nothing"
    (tmp_path / ".git").mkdir()
    [found] = volatile(part, text)
    assert (found.written, found.harmful) == (("target",), True)
    (tmp_path / ".gitignore").write_text("/services/*/target/\n!/services/a/target/\n")
    assert volatile(part, text) == []
    (tmp_path / ".gitignore").write_text("target\n")
    (tmp_path / ".dockerignore").write_text("**/target\n")
    assert volatile(part, text) == [], "the directory above may be the context"


def test_what_another_rule_says_is_not_said_again(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text('{"dependencies": {"a": "1"}}')
    (tmp_path / ".gitignore").write_text("node_modules\n")
    text = "FROM node:22\nWORKDIR /web\nCOPY web .\nRUN npm ci && npm run build\n"
    (tmp_path / ".dockerignore").write_text("dist\n")
    [found] = volatile(tmp_path, text)
    assert found.written == ("web/node_modules",)
    (tmp_path / ".dockerignore").write_text("node_modules\n")
    assert volatile(tmp_path, text) == [], "ineffective-dockerignore says that the pattern is for the top only"
