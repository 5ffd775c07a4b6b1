"""What tools write into the directory of a project when people work on it."""

from __future__ import annotations

from typing import Literal, NamedTuple

OUTPUTS = frozenset(
    ("dist", "build", "out", "target", ".next", ".output", ".nuxt", ".svelte-kit", "standalone", "bin", "obj")
)
"""Directories that compilers and bundlers write their results to."""


class Written(NamedTuple):
    """Something that a tool writes.

    Attributes:
        name: the directory or file, in the directory of the project or of a part of it.
        kind: `output` of a compiler or bundler, installed `packages`, a `report` of tests, a `cache` of a tool.
        file: the file whose presence says that the project uses the tool; may be a pattern of names.
        text: what stands in that file then, as a regular expression; "" for anything.
    """

    name: str
    kind: Literal["output", "packages", "report", "cache"]
    file: str
    text: str = ""


_JS_BUILD = r'"build[\w:-]*"\s*:'
_JS_TESTS = r'"(?:jest|vitest|nyc|c8|@vitest/[\w-]+|karma-coverage|ts-jest)"\s*:'
_PYTHON_FILES = ("pyproject.toml", "tox.ini", "setup.cfg", "requirements*.txt", "Pipfile")

WRITTEN_BY_TOOLS: tuple[Written, ...] = (
    Written("node_modules", "packages", "package.json"),
    Written("vendor", "packages", "composer.json"),
    Written("deps", "packages", "mix.exs"),
    Written("_build", "output", "mix.exs"),
    *(Written(name, "output", "package.json", _JS_BUILD) for name in ("dist", "build", "out")),
    Written(".next", "output", "package.json", r'"next"\s*:'),
    Written(".nuxt", "output", "package.json", r'"nuxt"\s*:'),
    Written(".output", "output", "package.json", r'"(?:nuxt|nitropack|@tanstack/[\w-]*start)"\s*:'),
    Written(".svelte-kit", "output", "package.json", r'"@sveltejs/kit"\s*:'),
    Written(".angular", "cache", "angular.json"),
    Written(".turbo", "cache", "turbo.json"),
    Written("coverage", "report", "package.json", _JS_TESTS),
    Written("test-results", "report", "package.json", r'"@playwright/test"\s*:'),
    Written("playwright-report", "report", "package.json", r'"@playwright/test"\s*:'),
    Written("target", "output", "Cargo.toml"),
    Written("target", "output", "pom.xml"),
    Written("build", "output", "build.gradle*"),
    Written(".gradle", "cache", "build.gradle*"),
    Written("bin", "output", "*.csproj"),
    Written("obj", "output", "*.csproj"),
    *(Written(".pytest_cache", "cache", name, r"pytest") for name in _PYTHON_FILES),
    *(Written("htmlcov", "report", name, r"pytest-cov|coverage") for name in _PYTHON_FILES),
    *(Written(".coverage", "report", name, r"pytest-cov|coverage") for name in _PYTHON_FILES),
    *(Written(".mypy_cache", "cache", name, r"mypy") for name in _PYTHON_FILES),
    *(Written(".ruff_cache", "cache", name, r"ruff") for name in _PYTHON_FILES),
    Written(".tox", "cache", "tox.ini"),
    Written("log", "report", "Gemfile", r"""gem ["']rails["']"""),
    Written("tmp", "cache", "Gemfile", r"""gem ["']rails["']"""),
)
"""What is written, each with what says so; sources: the tools' own documentation of their default places."""

FOR_PEOPLE = (
    ".github", ".gitlab", ".circleci", ".devcontainer", ".vscode", ".idea", ".gitlab-ci.yml", ".travis.yml", ".drone.yml",
    "azure-pipelines.yml", "renovate.json", "renovate.json5", ".renovaterc*", ".pre-commit-config.yaml", ".mergify.yml",
    "docker-compose*.yml", "docker-compose*.yaml", "compose*.yml", "compose*.yaml", "README*", "CHANGELOG*", "CHANGES*",
    "CONTRIBUTING*", "CODE_OF_CONDUCT*", "SECURITY*", "AUTHORS*", "CLAUDE.md", "AGENTS.md",
)  # fmt: skip
"""Names at the top of a project that are for people, for services and for the starting of containers, not for a build."""

PROJECT_FILES = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "MANIFEST.in",
    "package.json",
    "Cargo.toml",
    "Makefile",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "Gemfile",
    "mix.exs",
    "composer.json",
    "CMakeLists.txt",
    "meson.build",
    "Rakefile",
    "hatch.toml",
)
"""Files at the top of a project that say how it is built, and so may name others which a build reads."""
