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
        above: what stands in such a file of a directory above where the tool writes there instead; "" for nothing.
    """

    name: str
    kind: Literal["output", "packages", "report", "cache"]
    file: str
    text: str = ""
    above: str = ""


def _needs(*packages: str) -> str:
    """A package.json that needs one of some packages."""
    return rf'"(?:{"|".join(packages)})"\s*:'


_PYTHON_FILES = ("pyproject.toml", "tox.ini", "setup.cfg", "requirements*.txt", "Pipfile")

WRITTEN_BY_TOOLS: tuple[Written, ...] = (
    Written("node_modules", "packages", "package.json"),
    Written("vendor", "packages", "composer.json"),
    Written("deps", "packages", "mix.exs"),
    Written("_build", "output", "mix.exs"),
    Written("dist", "output", "package.json", _needs("tsup", "@nestjs/cli", "parcel", "@vue/cli-service", "webpack",
                                                     "unbuild")),
    Written("dist", "output", "angular.json",
            r'(?s)\A(?!.*"outputPath")|"outputPath"\s*:\s*(?:\{\s*"base"\s*:\s*)?"(?:\./)?dist[/"]'),
    Written("dist", "output", "vite.config.*", r"(?s)\A(?!.*\boutDir\b)|\boutDir\s*:\s*[\"'](?:\./)?dist[/\"']"),
    Written("build", "output", "package.json", _needs("react-scripts", "@sveltejs/adapter-[a-z]+", "@react-router/dev",
                                                      "@remix-run/dev", "@docusaurus/core")),
    *(Written(name, "output", "tsconfig*.json", rf'"outDir"\s*:\s*"(?:\./)?{name}(?:"|/(?!out-tsc))') for name in ("dist", "build", "out")),
    Written("out", "output", "next.config.*", r"""output\s*:\s*["']export"""),
    Written(".next", "output", "package.json", _needs("next")),
    Written(".nuxt", "output", "package.json", _needs("nuxt")),
    Written(".output", "output", "package.json", _needs("nuxt", "nitropack")),
    Written(".svelte-kit", "output", "package.json", _needs("@sveltejs/kit")),
    Written(".angular", "cache", "angular.json"),
    Written(".turbo", "cache", "turbo.json"),
    Written("coverage", "report", "package.json", r'--coverage|collectCoverage|"@vitest/coverage|"(?:nyc|c8|karma-coverage)"'),
    Written("test-results", "report", "package.json", _needs("@playwright/test")),
    Written("playwright-report", "report", "package.json", _needs("@playwright/test")),
    # a member of a workspace is built in the workspace's directory
    Written("target", "output", "Cargo.toml", above=r"\[workspace"),
    Written("target", "output", "pom.xml"),
    Written("build", "output", "build.gradle*"),
    Written(".gradle", "cache", "settings.gradle*"),
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
)  # fmt: skip
"""What is written, each with what says so; sources: the tools' own documentation of their default places."""

FOR_PEOPLE = (
    ".github", ".gitlab", ".circleci", ".devcontainer", ".vscode", ".idea", ".gitlab-ci.yml", ".travis.yml", ".drone.yml",
    "azure-pipelines.yml", "renovate.json", "renovate.json5", ".renovaterc*", ".pre-commit-config.yaml", ".mergify.yml",
    "Dockerfile*", "*.Dockerfile", "*.dockerfile", ".dockerignore", "docker-compose*.yml", "docker-compose*.yaml", "compose*.yml", "compose*.yaml", "README*", "CHANGELOG*", "CHANGES*",
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
