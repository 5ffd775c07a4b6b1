from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from fairlead.config import CommandLine, Configuration
from fairlead.discovery import Discovery, discover, is_dockerfile_name


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    return root


def write(*paths: str, text: str = "FROM x\n") -> None:
    for name in paths:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def found(*paths: str, exclude: Sequence[str] = (), force_exclude: bool = False) -> Discovery:
    configuration = Configuration(command_line=CommandLine(exclude=tuple(exclude)))
    return discover(paths or ["."], configuration, force_exclude=force_exclude)


def files(*paths: str, exclude: Sequence[str] = (), force_exclude: bool = False) -> list[str]:
    found_files = found(*paths, exclude=exclude, force_exclude=force_exclude).files
    return [path.replace(os.sep, "/") for path in found_files]


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile", "dockerfile", "DOCKERFILE", "Dockerfile.dev", "dockerfile.dev", "Dockerfile-dev",
        "Dockerfile_gpu", "app.Dockerfile", "app.dockerfile", ".dockerfile", "Containerfile", "containerfile",
        "Containerfile.dev", "app.Containerfile", "Dockerfile.ubuntu-22.04", "Dockerfile.3.12", "a b.dockerfile",
    ],
)  # fmt: skip
def test_names_of_dockerfiles(name: str) -> None:
    assert is_dockerfile_name(name)


@pytest.mark.parametrize(
    "name",
    [
        ".dockerignore", "Dockerfile.dockerignore", "app.Dockerfile.dockerignore", "Dockerfile.j2", "Dockerfile.tmpl",
        "Dockerfile.template", "Dockerfile.in", "Dockerfile.erb", "Dockerfile.mustache", "Dockerfile.tpl",
        "Dockerfile.jinja", "Dockerfile.jinja2", "Dockerfile.gotmpl", "Dockerfile.md", "dockerfile.py", "Dockerfile.go",
        "dockerfile.yaml", "Dockerfile~", "Dockerfile.swp", "Dockerfile.orig", "Dockerfiles", "MyDockerfile",
        "docker-compose.yml", "dockerfile_test.go", "Dockerfile.", "",
    ],
)  # fmt: skip
def test_names_of_other_files(name: str) -> None:
    assert not is_dockerfile_name(name)


def test_a_directory_is_searched_in_order() -> None:
    write("Dockerfile", "b/Dockerfile", "a/c/app.dockerfile", "a/Dockerfile.dev", ".devcontainer/Dockerfile", "a/x.txt")
    expected = [".devcontainer/Dockerfile", "Dockerfile", "a/Dockerfile.dev", "a/c/app.dockerfile", "b/Dockerfile"]
    assert files() == files("./") == expected
    assert files("b", "a") == ["b/Dockerfile", "a/Dockerfile.dev", "a/c/app.dockerfile"]


def test_an_absolute_directory_gives_absolute_names(tree: Path) -> None:
    write("a/Dockerfile")
    assert found(str(tree)).files == (str(tree / "a" / "Dockerfile"),)


def test_a_file_is_taken_whatever_its_name() -> None:
    write("notes.txt", "Dockerfile.j2", "node_modules/Dockerfile")
    assert files("notes.txt", "./Dockerfile.j2", "node_modules/Dockerfile") == [
        "notes.txt",
        "Dockerfile.j2",
        "node_modules/Dockerfile",
    ]


def test_each_file_is_taken_once() -> None:
    write("a/Dockerfile")
    assert files("a/Dockerfile", ".", "a", "./a/../a/Dockerfile") == ["a/Dockerfile"]


def test_other_peoples_directories_are_skipped() -> None:
    write("node_modules/x/Dockerfile", ".git/Dockerfile", ".venv/Dockerfile", "a/.hg/Dockerfile", "Dockerfile")
    assert files() == ["Dockerfile"]
    assert files("node_modules") == ["node_modules/x/Dockerfile"]


def test_a_program_named_after_dockerfiles_is_told_by_its_first_line() -> None:
    write("Dockerfile.go", "sub/Dockerfile.php", text="\ufeff# syntax=docker/dockerfile:1\n\n  # x\nFROM golang\n")
    write("dockerfile.go", "dockerfile_test.py", text="package dockerfile\n// FROM x\n")
    assert files() == ["Dockerfile.go", "sub/Dockerfile.php"]


def test_gitignore_files_hold() -> None:
    write(
        "Dockerfile",
        "build/Dockerfile",
        "sub/Dockerfile",
        "sub/gen/Dockerfile",
        "sub/keep/Dockerfile",
        "x/y/Dockerfile.dev",
    )
    write(".gitignore", text="/build/\ngen\n*.dev\n")
    write("sub/.gitignore", text="/Dockerfile\n!gen\n")
    write("x/.gitignore", text="!y/Dockerfile.dev\n")
    assert files() == ["Dockerfile", "sub/gen/Dockerfile", "sub/keep/Dockerfile", "x/y/Dockerfile.dev"]


def test_gitignore_files_above_hold_up_to_the_repository(tree: Path) -> None:
    write(".gitignore", text="gen/\n")
    write("../.gitignore", text="Dockerfile\n")
    write("a/gen/Dockerfile", "a/Dockerfile")
    assert files("a") == ["a/Dockerfile"]
    (tree / ".git").rmdir()
    assert files("a") == ["a/Dockerfile", "a/gen/Dockerfile"]


def test_an_ignored_directory_that_is_asked_for_is_searched() -> None:
    write(".gitignore", text="gen/\n")
    write("gen/sub/Dockerfile")
    assert files("gen") == files("gen/sub") == ["gen/sub/Dockerfile"]
    assert files() == []


def test_exclude() -> None:
    write("Dockerfile", "vendor/a/Dockerfile", "sub/vendor/Dockerfile", "sub/x.dockerfile", "sub/Dockerfile")
    assert files(exclude=["/vendor", "*.dockerfile"]) == ["Dockerfile", "sub/Dockerfile", "sub/vendor/Dockerfile"]
    assert files(exclude=["vendor/", "!sub/Dockerfile"]) == ["Dockerfile", "sub/Dockerfile", "sub/x.dockerfile"]
    # asked for by name
    assert files("vendor", "sub/x.dockerfile", exclude=["vendor", "*.dockerfile"]) == [
        "vendor/a/Dockerfile",
        "sub/x.dockerfile",
    ]


def test_force_exclude() -> None:
    write("Dockerfile", "vendor/a/Dockerfile", "sub/x.dockerfile")
    paths = ["vendor", "vendor/a/Dockerfile", "sub/x.dockerfile", "Dockerfile"]
    assert files(*paths, exclude=["vendor", "*.dockerfile"], force_exclude=True) == ["Dockerfile"]


def test_the_configuration_of_each_directory_excludes() -> None:
    write("a/x/Dockerfile", "b/x/Dockerfile", "c/x/Dockerfile")
    write("a/fairlead.toml", text="exclude = ['/x']")
    write("fairlead.toml", text="exclude = ['/b/x']")
    write("c/fairlead.toml", text="broken")
    assert files() == ["c/x/Dockerfile"]
    assert files("a/x") == ["a/x/Dockerfile"]


def test_missing_paths_are_problems_and_the_rest_goes_on() -> None:
    write("a/Dockerfile")
    result = found("none", "a", "bad\0name")
    assert result.files == (str(Path("a", "Dockerfile")),)
    assert (result.problems[0].path, result.problems[0].message) == ("none", "no such file or directory")


def test_a_directory_that_cannot_be_read_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/Dockerfile", "locked/Dockerfile")
    scandir = os.scandir

    def locked(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    result = found(".")
    assert result.files == (str(Path("a", "Dockerfile")),)
    assert [(p.path, p.message) for p in result.problems] == [("locked", "can't be read: Permission denied")]


def test_a_directory_without_dockerfiles_is_a_notice() -> None:
    write("a/Dockerfile", "b/x.txt")
    result = found("a", "b")
    assert result.problems == ()
    assert result.notices == ("no Dockerfiles in b",)


@pytest.mark.skipif(os.name == "nt", reason="needs a right that few have there")
def test_links() -> None:
    write("real/Dockerfile", "Dockerfile", "z/other")
    Path("real/loop").symlink_to("..", target_is_directory=True)
    Path("alias").symlink_to("real", target_is_directory=True)
    Path("a.dockerfile").symlink_to("real/Dockerfile")
    Path("b.dockerfile").symlink_to("z/other")
    Path("c.dockerfile").symlink_to("z/other")
    Path("d.dockerfile").symlink_to("nowhere")
    Path("e.dockerfile").symlink_to("e.dockerfile")
    Path("f.dockerfile").symlink_to("real")
    result = found(".")
    assert list(result.files) == ["Dockerfile", "b.dockerfile", "real/Dockerfile"]
    assert min(result.notices) == "d.dockerfile: passed over, a symbolic link to nothing"
    assert len(result.notices) == 2
    assert files("alias") == ["alias/Dockerfile"]
