"""What is said of a dependency install below a COPY of more than it reads."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fairlead.analysis.cache import EarlyInstall
from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, read_dockerignore
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def early(text: str, files: Mapping[str, str]) -> list[EarlyInstall]:
    tree = MemoryTree({name: content.encode() for name, content in files.items()})
    model = build(parse(Source("Dockerfile", text.encode())))
    models = Models(model, lambda: Context(tree, read_dockerignore(b"")))
    return models.cache.early_installs(model.stages[-1])


@pytest.mark.parametrize(
    ("install", "files", "options"),
    [
        ("composer install --no-dev", {"composer.json": "{}"}, "--no-scripts --no-autoloader"),
        ("composer install --no-scripts", {"composer.json": "{}"}, "--no-autoloader"),
        ("poetry install", {"pyproject.toml": ""}, "--no-root"),
        ("poetry install", {"pyproject.toml": "package-mode = false"}, ""),
        ("poetry install --no-root", {"pyproject.toml": ""}, ""),
        ("uv sync --locked", {"pyproject.toml": "[build-system]"}, "--no-install-project"),
        ("uv sync --locked", {"pyproject.toml": "[project]"}, ""),
        ("npm ci", {"package.json": "{}"}, ""),
    ],
)
def test_options_that_leave_the_project_out(install: str, files: dict[str, str], options: str) -> None:
    [found] = early(f"FROM a\nWORKDIR /app\nCOPY . .\nRUN {install}\n", {**files, "app": ""})
    assert found.options == options


@pytest.mark.parametrize(
    ("install", "name", "text"),
    [
        ("bundle install", "Gemfile", "gem 'a', path: 'engines/a'"),
        ("npm ci", "package.json", '{"dependencies": {"a": "file:libs/a"}}'),
        ("dotnet restore", "web.csproj", '<ProjectReference Include="../core/core.csproj" />'),
        ("mix deps.get", "mix.exs", '{:a, path: "libs/a"}'),
        ("composer install", "composer.json", '{"repositories": [{"type": "path", "url": "a"}]}'),
        ("poetry install", "pyproject.toml", 'a = {path = "libs/a"}'),
        ("go mod download", "go.mod", "replace a => ./libs/a"),
    ],
)
def test_parts_of_the_project(install: str, name: str, text: str) -> None:
    dockerfile = f"FROM a\nWORKDIR /app\nCOPY . .\nRUN {install}\n"
    [found] = early(dockerfile, {name: text, "main": ""})
    assert found.is_local
    [found] = early(dockerfile, {name: "{}", "main": ""})
    assert not found.is_local


def test_own_scripts_are_named() -> None:
    files = {"package.json": '{"scripts": {"postinstall": "node setup.js"}}', "package-lock.json": "{}", "setup.js": ""}
    [found] = early("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", files)
    assert found.script == "the `postinstall` of package.json"
    [found] = early("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci --ignore-scripts\n", files)
    assert found.script == ""
    files["package.json"] = '{"scripts": {"prepare": "husky"}}'
    [found] = early("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", files)
    assert found.script == ""


@pytest.mark.parametrize(
    ("text", "manifests"),
    [
        ("COPY . /srv\nWORKDIR /srv/web\nRUN npm ci\n", ("web/package.json", "web/package-lock.json")),
        ("COPY web /srv\nWORKDIR /srv\nRUN npm ci\n", ("web/package.json", "web/package-lock.json")),
        ("COPY . /srv\nRUN npm --prefix /srv/web ci\n", ("web/package.json", "web/package-lock.json")),
        ("COPY . /srv\nRUN cd /srv/web && npm ci\n", ("web/package.json", "web/package-lock.json")),
        (
            "COPY . /srv\nENV FILE=/srv/api/requirements.txt\nRUN pip install -r $FILE\n",
            ("api/base.txt", "api/requirements.txt"),
        ),
    ],
)
def test_files_are_named_by_their_place_in_the_context(text: str, manifests: tuple[str, ...]) -> None:
    files = {
        "web/package.json": "{}",
        "web/package-lock.json": "{}",
        "web/app.js": "",
        "api/requirements.txt": "-r base.txt\n",
        "api/base.txt": "",
        "README.md": "",
    }
    [found] = early(f"FROM node:22\n{text}", files)
    assert found.manifests == manifests


def test_a_directory_without_the_project_says_nothing() -> None:
    files = {"conf/a.json": "", "package.json": "{}", "package-lock.json": "{}", "setup.js": ""}
    assert early("FROM node:22\nWORKDIR /app\nCOPY conf .\nCOPY package*.json ./\nRUN npm ci\n", files) == []


def test_a_part_of_the_project_below_where_it_is_installed() -> None:
    files = {"web/package.json": "{}", "web/a.js": "", "package.json": "{}", "pnpm-lock.yaml": ""}
    assert (
        early("FROM node:22\nWORKDIR /app\nCOPY package.json pnpm-lock.yaml .\nCOPY web web\nRUN pnpm i\n", files) == []
    )


def test_settings_alone_make_no_workspace() -> None:
    text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN pnpm install --frozen-lockfile\n"
    files = {
        "package.json": "{}",
        "pnpm-lock.yaml": "",
        "pnpm-workspace.yaml": "onlyBuiltDependencies: []\n",
        "a.js": "",
    }
    [found] = early(text, files)
    assert not found.is_workspace
    assert found.manifests == ("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml")
    files["pnpm-workspace.yaml"] = "packages:\n  - apps/*\n"
    [found] = early(text, files)
    assert found.is_workspace


def test_one_install_in_each_branch_is_certain() -> None:
    text = "FROM node:22\nCOPY . .\nRUN if [ $A = b ]; then npm ci; else npm ci --omit=dev; fi\n"
    assert len(early(text, {"package.json": "{}", "a.js": ""})) == 1


GO = {"go.mod": "module a", "go.sum": "b", "main.go": ""}


@pytest.mark.parametrize("command", ["go build -o /bin/a .", "CGO_ENABLED=0 go install ./cmd/a", "go test ./..."])
def test_go_fetches_modules_by_itself(command: str) -> None:
    text = f"FROM golang:1.24\nRUN go install a.example/tool@v1\nWORKDIR /src\nCOPY . .\nRUN {command}\n"
    [found] = early(text, GO)
    assert (found.fetch, found.manifests) == ("go mod download", ("go.mod", "go.sum"))


@pytest.mark.parametrize(
    ("before", "command", "files"),
    [
        ("RUN go mod download", "go build .", {}),
        ("", "go build .", {"vendor/modules.txt": ""}),
        ("", "go build -mod=vendor .", {}),
        ("ENV GOFLAGS=-mod=vendor", "go build .", {}),
        ("", "go install a.example/tool@v1", {}),
        ("", "if [ $A ]; then go test ./...; fi", {}),
        ("", "go version", {}),
    ],
)
def test_go_fetches_nothing(before: str, command: str, files: dict[str, str]) -> None:
    text = f"FROM golang:1.24\nWORKDIR /src\nCOPY go.mod go.sum ./\n{before}\nCOPY . .\nRUN {command}\n"
    assert early(text, {**GO, **files}) == []


def test_go_keeps_modules_in_a_cache_mount() -> None:
    text = "FROM golang:1.24\nWORKDIR /s\nCOPY . .\nRUN --mount=type=cache,target=/go/pkg/mod go build .\n"
    assert early(text, GO) == []
