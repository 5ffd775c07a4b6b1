"""Which installs keep to no lockfile."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.analysis.models import Models
from fairlead.analysis.unlocked import unlocked_installs
from fairlead.build.builder import build
from fairlead.build.context import directory_context
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

PACKAGE = '{"dependencies": {"a": "^1"}}'
NPM = {"package.json": PACKAGE, "package-lock.json": '{"packages": {}}'}
YARN = {"package.json": PACKAGE, "yarn.lock": '# yarn lockfile v1\n\na@^1:\n  version "1.0.0"\n'}
BERRY = {"package.json": PACKAGE, "yarn.lock": '__metadata:\n  version: 8\n\n"a@npm:^1":\n  version: 1.0.0\n'}
PNPM = {"package.json": PACKAGE, "pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}
UV = {"pyproject.toml": '[project]\nname = "x"\ndependencies = ["a"]\n', "uv.lock": "version = 1\n"}
GEMS = {"Gemfile": "gem 'a'\n", "Gemfile.lock": "GEM\n  specs:\n    a (1.0)\n"}
CARGO = {"Cargo.toml": '[package]\nname = "x"\n[dependencies]\na = "1"\n', "Cargo.lock": "version = 3\n"}


def installs(root: Path, text: str, files: dict[str, str]) -> list[tuple[str, str, bool]]:
    for name, content in files.items():
        (root / name).write_text(content)
    dockerfile = parse(Source(str(root / "Dockerfile"), text.encode()))
    assert dockerfile.problems == ()
    models = Models(build(dockerfile), lambda: directory_context(root))
    return [(install.kind, install.command, install.usual) for install in unlocked_installs(models)]


@pytest.mark.parametrize(
    ("command", "files", "expected"),
    [
        ("npm install", NPM, [("rewritten", "npm install", True)]),
        ("npm i --omit=dev", NPM, [("rewritten", "npm i", True)]),
        ("npm ci", NPM, []),
        ("npm install -g a@1", NPM, []),
        ("yarn install", YARN, [("rewritten", "yarn install", True)]),
        ("yarn", YARN, [("rewritten", "yarn", True)]),
        ("yarn install --frozen-lockfile", YARN, []),
        ("yarn workspaces focus --production", BERRY, []),
        ("CI=1 yarn install", BERRY, []),
        ("CI=1 yarn install", YARN, [("rewritten", "yarn install", True)]),
        ("pnpm install", PNPM, [("rewritten", "pnpm install", True)]),
        ("CI=true pnpm install", PNPM, []),
        ("uv sync --no-dev", UV, [("rewritten", "uv sync", True)]),
        ("UV_FROZEN=1 uv sync", UV, []),
        ("bundle install", GEMS, [("rewritten", "bundle install", True)]),
        ("bundle config set frozen true && bundle install", GEMS, []),
        ("cargo build --release", CARGO, [("rewritten", "cargo build", False)]),
        ("cargo build --release --locked", CARGO, []),
        ("cargo install --path .", CARGO, [("ignored", "cargo install", True)]),
        ("npm install", {"package.json": PACKAGE}, [("none", "npm install", False)]),
        ("composer update", {"composer.json": "{}", "composer.lock": '{"packages": []}'}, [("anew", "composer update", True)]),
        ("pip install -r r.txt", {"r.txt": "a\n"}, [("open", "r.txt", False)]),
        ("pip install -r r.txt", {"r.txt": "a==1\n"}, [("hashes", "r.txt", False)]),
    ],
)  # fmt: skip
def test_with_the_project_in_the_image(
    tmp_path: Path, command: str, files: dict[str, str], expected: list[tuple[str, str, bool]]
) -> None:
    assert installs(tmp_path, f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\n", files) == expected


def test_a_lockfile_that_is_left_out(tmp_path: Path) -> None:
    text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"
    assert installs(tmp_path, text, {**NPM, ".dockerignore": "package-lock.json\n"}) == [
        ("missing", "npm install", True)
    ]
    text = "FROM node:22\nWORKDIR /app\nCOPY package.json .\nRUN npm install\n"
    assert installs(tmp_path, text, NPM) == [("missing", "npm install", True)]


def test_below_a_working_directory_that_is_not_known(tmp_path: Path) -> None:
    text = "FROM example.com/python:3.13\nCOPY r.txt x.py /\nRUN pip install -r r.txt\n"
    assert installs(tmp_path, text, {"r.txt": "a\n", "x.py": ""}) == []
