"""Dependency installs that every change of the sources repeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from typing import ClassVar

from fairlead import (
    CommitCount,
    EarlyInstall,
    Example,
    Finding,
    JsonValue,
    Models,
    Related,
    Rule,
    Severity,
    enumerated,
)


class CopyBeforeInstall(Rule):
    """The sources are copied before the dependencies are installed: every change of a file installs them all again.

    The cache key of a COPY is the content of what it copies, and a step that is built again has all steps below it
    built again. With `COPY . .` above `npm ci`, a change of one line of code, or of the README, downloads and installs
    every dependency once more.

    Copy the manifests first, install, and copy the rest after that:

        COPY package.json package-lock.json ./
        RUN npm ci
        COPY . .

    Or bind-mount the manifests for the one command, `RUN --mount=type=bind,source=package.json,target=package.json`.
    A cache mount makes the repeated install cheaper, but it still runs.

    Only installs that read nothing but manifests count, and Go's compiler where nothing has fetched the modules before.
    Builds of Maven and .NET fetch their dependencies by themselves as well; where a project of one part does so, with no
    cache mount, it is information only: `mvn dependency:go-offline` and `dotnet restore` may leave some for the build.
    `pip install .`, `pip install -e .` and local packages need the sources. Composer, Poetry and uv read them too, unless
    `--no-scripts --no-autoloader`, `--no-root` or `--no-install-project` is given; so may a script of package.json that
    runs with an install, which is named then. An install on which a test decides is left out, and one whose package
    manager has installed the project's dependencies above the COPY.

    The build context is looked at, the directory of the Dockerfile or the one above it that has all its sources: nothing
    is said where a `.dockerignore` leaves only manifests of it. In a workspace, whose parts have manifests of their own
    that have to be copied one by one, it is information only.

    Where it lies in a git repository, the last commits that touch the build context are counted, 50 at most: those that
    change a file which the steps down to the install take, and those that change a manifest among them, judged by the
    Dockerfile and the `.dockerignore` as they stand. Only the log is read. Nothing is said where another order would have
    saved less than one in ten of the builds, or one in five of the installs.
    """

    name = "cache/copy-before-install"
    aliases = ("tally/prefer-copy-order", "DF007")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY . .
                 ^
            RUN npm ci
            """,
            "every change of a file in it runs `npm ci` again (line 4)",
        ),
        Example(
            """
            FROM python:3.13-slim
            COPY app /app
                 ^^^
            RUN pip install --no-cache-dir -r /app/requirements.txt
            """,
            "requirements.txt",
        ),
        Example(
            """
            FROM golang:1.24 AS build
            WORKDIR /src
            COPY ./ ./
                 ^^
            RUN go mod download && go build -o /bin/server ./cmd/server
            FROM gcr.io/distroless/static:nonroot
            COPY --from=build /bin/server /server
            """,
            "go mod download",
        ),
        Example(
            """
            FROM node:22
            WORKDIR /app
            COPY . .
                 ^
            RUN npm ci
            """,
            "package.json and package-lock.json of the workspace and its parts",
            files={"package.json": '{"workspaces": ["packages/*"]}', "packages/a/package.json": "{}"},
        ),
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY frontend .
                 ^^^^^^^^
            RUN yarn install
            """,
            "needs only frontend/package.json, frontend/yarn.lock and frontend/.yarnrc.yml",
            files={f"frontend/{name}": "" for name in ("package.json", "yarn.lock", ".yarnrc.yml", "a.ts")},
        ),
        Example(
            """
            FROM maven:3-eclipse-temurin-21
            COPY . .
                 ^
            RUN mvn -B clean package
            """,
            "has `mvn` (line 3) fetch all dependencies again, on which only pom.xml decides",
            files={"pom.xml": "<project/>", "mvnw": "", "src/A.java": ""},
        ),
        Example(
            """
            FROM mcr.microsoft.com/dotnet/sdk:9.0
            WORKDIR /src
            COPY . .
                 ^
            RUN dotnet publish Web/Web.csproj -c Release -r linux-x64 -o /app
            """,
            "only Web/Web.csproj decides",
            files={"Web/Web.csproj": "<PackageReference/>", "Web/A.cs": ""},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM maven:3\nCOPY . .\nRUN mvn package\n", files={"pom.xml": "<modules>", "a/pom.xml": ""}),
        Example("FROM maven:3\nCOPY . .\nRUN mvn -o package\n", files={"pom.xml": "<project/>", "A.java": ""}),
        Example(
            "FROM maven:3\nCOPY pom.xml .\nRUN mvn dependency:go-offline\nCOPY . .\nRUN mvn package\n",
            files={"pom.xml": "<project/>", "A.java": ""},
        ),
        Example(
            "FROM maven:3\nCOPY . .\nRUN --mount=type=cache,target=/root/.m2 mvn package\n",
            files={"pom.xml": "<project/>", "A.java": ""},
        ),
        Example(
            "FROM dotnet\nWORKDIR /s\nCOPY . .\nRUN dotnet publish\n",
            files={"a.csproj": '<PackageReference/><ProjectReference Include="../b"/>', "A.cs": ""},
        ),
        Example(
            "FROM dotnet\nWORKDIR /s\nCOPY . .\nRUN dotnet publish a\n",
            files={"a/a.csproj": "<PackageReference/>", "b/b.csproj": "", "c.sln": ""},
        ),
        Example(
            "FROM python:3.13\nWORKDIR /a\nADD requirements ./requirements\nRUN pip install -r requirements/local.txt\n",
            files={"requirements/local.txt": "-r base.txt", "requirements/base.txt": ""},
        ),
        Example(
            "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n",
            files={".dockerignore": "*\n!package*.json\n", "package.json": "{}", "package-lock.json": "{}", "a.js": ""},
        ),
        Example("FROM python:3.13\nCOPY Makefile requirements.txt /root/\nRUN pip install -r /root/requirements.txt\n"),
        Example(
            "FROM python:3.13\nWORKDIR /a\nCOPY . .\nRUN pip install -r requirements.txt\n",
            files={"requirements.txt": "-e ./libs/a\n", "libs/a/setup.py": "", "app.py": ""},
        ),
        Example(
            "FROM node:22\nARG CI\nCOPY . .\nRUN if [ $CI != true ]; then npm ci && npm run build; fi\n",
            files={"package.json": "{}"},
        ),
        Example("FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"),
        Example("FROM python:3.13\nCOPY . /app\nRUN pip install /app\n"),
        Example("FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN pip install -e . -r requirements.txt\n"),
        Example("FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN go build ./...\n", files={"go.mod": "", "a.go": ""}),
        Example(
            "FROM python:3.13\nRUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync --no-install-project\n"
            "COPY . .\nRUN uv sync\n"
        ),
        Example("FROM node:22\nCOPY package.json ./\nRUN npm install\nCOPY . .\nRUN npm prune && npm install\n"),
        Example("FROM node:22 AS deps\nCOPY --from=tree . .\nRUN npm ci\nFROM busybox:1.37 AS tree\n"),
        Example("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN git reset --hard && git clean -fx && npm install\n"),
        Example("FROM node:22 AS unused\nCOPY . .\nRUN npm ci\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the cache model for the installs of every stage that is built."""
        for stage in models.build.stages:
            if not stage.needed:
                continue
            for early in models.cache.early_installs(stage):
                yield self._finding(early)

    def _finding(self, early: EarlyInstall) -> Finding:
        install = early.install
        command = " ".join(install.token.text.split())
        needed = enumerated(early.manifests)
        if early.is_workspace:
            needed += " of the workspace and its parts"
        elif early.is_local:
            needed += ", and the parts of the project that are named there"
        if early.script:
            needed += f", and what {early.script} reads"
        line = install.token.start.line
        what = f"runs `{command}` again (line {line}), which needs only {needed}"
        own = early.fetch and install.manager.name != "go"
        if early.fetch:
            if install.manager.name == "maven":
                # what is named first is a phase that fetches nothing, such as `clean`
                command = command.split()[0]
            those = "dependencies" if own else "modules"
            decide = "decides" if len(early.manifests) == 1 else "decide"
            what = f"has `{command}` (line {line}) fetch all {those} again, on which only {needed} {decide}"
        return self.finding(
            early.source.token,
            f"every change of a file in it {what}{_counted(early.commits)}",
            help=_advice(early, command),
            related=(Related.at(install.token, "runs again"),),
            severity=Severity.INFO if early.is_workspace or early.is_local or own else None,
            evidence={
                "command": command,
                "manifests": [*early.manifests],
                "line": install.step.line,
                **_evidence(early.commits),
            },
        )


def _advice(early: EarlyInstall, command: str) -> str:
    these = early.manifests[0] if len(early.manifests) == 1 else "these"
    if early.options:
        again = "and run it again without these options, which has little left to do"
        return f"copy {these} alone, run `{command} {early.options}`, copy the rest, {again}"
    return f"copy {these} alone, run {f'`{early.fetch}`' if early.fetch else 'the install'}, then copy the rest"


def _counted(count: CommitCount | None) -> str:
    if count is None:
        return ""
    changed = "none of them" if not count.needed else f"{count.needed} of them"
    left = f", {count.left} in the better order" if count.left != count.needed else ""
    return f": {count.rebuilt} of the last {count.commits} commits would have, {changed} with a change of these{left}"


def _evidence(count: CommitCount | None) -> dict[str, JsonValue]:
    names = ("commits", "commits_rebuilding", "commits_needing", "commits_left")
    return {} if count is None else dict(zip(names, astuple(count), strict=True))
