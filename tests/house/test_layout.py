"""How the house is built: what the tools that hold its walls do not see."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from fairlead.discovery import is_dockerfile_name

ROOT = Path(__file__).parent.parent.parent


def test_the_source_roots_are_no_packages() -> None:
    """Packages named `lint` or `rules` would land in everyone's site-packages."""
    assert not (ROOT / "lint" / "__init__.py").exists()
    assert not (ROOT / "rules" / "__init__.py").exists()
    assert {path.name for path in (ROOT / "lint").iterdir() if path.is_dir()} - {"__pycache__"} == {"fairlead"}
    assert {path.name for path in (ROOT / "rules").iterdir() if path.is_dir()} - {"__pycache__"} == {"fairlead_rules"}


def test_both_packages_are_typed() -> None:
    assert (ROOT / "lint" / "fairlead" / "py.typed").exists()
    assert (ROOT / "rules" / "fairlead_rules" / "py.typed").exists()


def test_the_built_in_rules_come_in_as_everyones_do() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["fairlead.rules"] == {"fairlead": "fairlead_rules:RULES"}


def hook() -> dict[str, str]:
    """The hook's fields, each on a line of its own; no YAML library is needed for that."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    return {match[1]: match[2].strip("'\"") for match in re.finditer(r"^(?:- |  )([a-z_]+): (.*)$", text, re.MULTILINE)}


NAMES = [
    "Dockerfile",
    "dockerfile",
    "DOCKERFILE",
    "Dockerfile.dev",
    "Dockerfile-dev",
    "Dockerfile_dev",
    "Dockerfile.3.12",
    "Dockerfile.arm64v8",
    "dev.Dockerfile",
    "app.dockerfile",
    "Containerfile",
    "Containerfile.dev",
    "x.containerfile",
    "Dockerfile.windows-ltsc2022",
    "Dockerfile.build.prod",
    ".Dockerfile",
    "Dockerfile.md",
    "Dockerfile.j2",
    "Dockerfile.tmpl",
    "Dockerfile.template",
    "Dockerfile.in",
    "dockerfile.py",
    "dockerfile_test.go",
    "Dockerfile.dockerignore",
    "Dockerfile.orig",
    "Dockerfile~",
    "Dockerfile.yml",
    "Dockerfile.sh",
    "Dockerfiles",
    "mydockerfile",
    "dockerfile-lint.js",
    "README.md",
    "docker-compose.yml",
    "Dockerfile.txt",
    "Dockerfile.bak",
    "dockerfile.vim",
    "Dockerfile.json",
    "Dockerfile.",
    "Dockerfile-",
    "Dockerfile.erb",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("directory", ["", "deploy/images/"])
def test_the_hook_takes_the_files_that_a_search_takes(name: str, directory: str) -> None:
    fields = hook()
    path = directory + name
    taken = bool(re.search(fields["files"], path)) and not re.search(fields["exclude"], path)
    assert taken == is_dockerfile_name(name)


def test_the_hook_needs_nothing_installed_beforehand() -> None:
    fields = hook()
    assert (fields["id"], fields["language"], fields["types"]) == ("fairlead", "python", "[text]")
    assert fields["entry"].split()[:2] == ["fairlead", "check"]
