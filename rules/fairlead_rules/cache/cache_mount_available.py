"""Dependency installs without a cache mount."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, MissingMount, Models, Profile, Rule, Severity


class CacheMountAvailable(Rule):
    """A project's dependencies are installed without a cache mount: all of them are fetched again when one changes.

    A step is taken from the cache as a whole or not at all. When one dependency is raised, the install starts from nothing
    and fetches what it has fetched a hundred times. A cache mount is a directory that stays on the builder: what is in it
    is no part of the image, and its content is no part of any cache key.

        RUN --mount=type=cache,target=/root/.npm npm ci

    It has to be where the package manager looks, which depends on the user, on its home and on variables; the help names
    the place for this step. For a user other than root the mount needs `uid=`, since it belongs to root. What keeps the
    cache empty (`--no-cache-dir`, `npm cache clean`) has to go: nothing of it ends up in the image any more.

    Where modules or packages are used from the mount and not from a copy (Go, Maven, NuGet), each later step that builds
    with them needs the same mount. The steps that compile with Go, Cargo, Maven and .NET are named too, since these fetch
    by themselves. On builders that start empty each time, as those of most CI services do, a mount saves nothing unless its
    content is kept elsewhere; therefore the rule is on under the profile `strict` only.
    """

    name = "cache/cache-mount-available"
    severity = Severity.INFO
    profile = Profile.STRICT
    aliases = ("tally/prefer-package-cache-mounts", "tally/ruby/prefer-bundler-cache-mount")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY package.json package-lock.json ./
            RUN npm ci && npm cache clean --force
                ^^^^^^
            """,
            "RUN --mount=type=cache,target=/root/.npm ..., without npm cache clean --force",
        ),
        Example(
            """
            FROM python:3.13-slim
            ENV PIP_NO_CACHE_DIR=1
            COPY requirements.txt /srv/
            RUN pip install -r /srv/requirements.txt
                ^^^^^^^^^^^
            """,
            "target=/root/.cache/pip ..., without PIP_NO_CACHE_DIR",
        ),
        Example(
            """
            FROM node:22-slim
            USER node
            WORKDIR /home/node/app
            COPY package.json pnpm-lock.yaml ./
            RUN pnpm install --frozen-lockfile
                ^^^^^^^^^^^^
            """,
            "--mount=type=cache,target=/home/node/.local/share/pnpm/store,uid=1000",
        ),
        Example(
            """
            FROM python:3.13-slim
            USER 10001
            COPY pyproject.toml uv.lock ./
            RUN uv sync --locked --no-install-project
                ^^^^^^^
            """,
            "RUN --mount=type=cache,target=/tmp/uv-cache,uid=10001 UV_CACHE_DIR=/tmp/uv-cache ...",
        ),
        Example(
            """
            FROM golang:1.24 AS build
            WORKDIR /src
            COPY . .
            RUN go build -o /server ./cmd/server
                ^^^^^^^^
            """,
            "RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build ...",
        ),
        Example(
            """
            FROM maven:3-eclipse-temurin-21
            COPY . /src
            RUN mvn -f /src/pom.xml package
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "target=/root/.m2/repository,sharing=locked",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM node:22\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci\n"),
        Example("FROM node:22\nCOPY . .\nRUN --mount=type=cache,id=npm,target=/c npm ci --cache /c\n"),
        Example("FROM node:22\nARG CACHE\nCOPY . .\nRUN --mount=type=cache,target=${CACHE} npm ci\n"),
        Example("FROM node:22\nENV PNPM_HOME=/pnpm\nRUN --mount=type=cache,id=pnpm,target=/pnpm/store pnpm install\n"),
        Example("FROM node:22\nRUN yarn --version && npm --version\n"),
        Example("FROM python:3.13\nRUN pip install gunicorn==23.0.0\n"),
        Example("FROM debian:12\nRUN apt-get update && apt-get install -y nginx\n"),
        Example("FROM node:22\nARG DIR\nENV npm_config_cache=$DIR\nCOPY . .\nRUN npm ci\n"),
        Example("FROM node:22\nCOPY . .\nRUN yarn install --immutable\n", files={".yarn/cache/a.zip": ""}),
        Example(
            "FROM golang:1.24\nCOPY . .\nRUN --mount=type=cache,target=/go/pkg --mount=type=cache,target=/root/.cache go build .\n"
        ),
        Example("FROM maven:3\nRUN --mount=type=cache,target=/root/.m2 mvn package\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask for the first install of each RUN that has no mount."""
        for step in models.build.runs():
            missing = models.cache.missing_mount(step) if step.stage.needed else None
            if missing is not None:
                yield self._finding(missing)

    def _finding(self, missing: MissingMount) -> Finding:
        words = " ".join((*missing.mounts, *missing.assignments))
        without = f", without {' and '.join(missing.against)}" if missing.against else ""
        return self.finding(
            missing.install.token,
            "it fetches everything again whenever this step is built: no cache mount keeps what it has fetched",
            help=f"RUN {words} ...{without}",
            evidence={
                "mounts": [*missing.mounts],
                "variables": [*missing.assignments],
                "against": [*missing.against],
            },
        )
