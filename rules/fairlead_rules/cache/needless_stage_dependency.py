"""Stages that are built again for a change that does not concern them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    DetouredFile,
    Example,
    Finding,
    JsonValue,
    LateInstall,
    Models,
    Related,
    Rule,
    Stage,
    Step,
)


class NeedlessStageDependency(Rule):
    """A stage depends on another one more than it needs to, so that its costly steps are repeated or have to wait.

    A stage that is built FROM another one is built upon its last step: with the sources copied there, every change of a
    file repeats all that the second stage installs. What a COPY takes from another stage is compared by its content, which
    changes with the sources where they are compiled there; whatever stands below that COPY is repeated too.

    Install first, and copy what changes afterwards. Where a stage is built FROM one with the sources, install in that one
    above the sources, or in a stage that both are built from.

    A manifest that is taken from the stage that builds the project, `COPY --from=build /app/package.json ./`, has the
    install below it wait until the project has been built, although the build context has that very file; on a machine
    that does not have the other stage in its cache, that stage is built even where the install is cached. Copy it from
    the context.

    Only installs count of which it is certain that they need nothing of what is above: packages of the distribution,
    named one by one, in a RUN that does nothing else with the files copied; and a project's dependencies below a COPY of
    build output (`dist`, `build`) that does not bring its manifests. Nothing is said below a RUN that sets up where
    packages come from.

    Where the build context lies in a git repository, its last commits are counted, 50 at most, as they are for
    `cache/copy-before-install`: nothing is said where fewer than one in ten would have been saved an install, or none
    has the other stage built again that files are taken from.
    """

    name = "cache/needless-stage-dependency"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim AS app
            COPY . /srv
            RUN pip install /srv
            FROM app AS debug
                 ^^^
            RUN apt-get update && apt-get install -y --no-install-recommends gdb strace && rm -rf /var/lib/apt/lists/*
            """,
            "it has the sources of line 2: every change of a file there runs `apt-get install` again (line 5)",
        ),
        Example(
            """
            FROM golang:1.24 AS build
            WORKDIR /src
            COPY . .
            RUN go build -o /out/server ./cmd/server
            FROM debian:12-slim
            COPY --from=build /out/server /usr/local/bin/
                              ^^^^^^^^^^^
            RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
            """,
            "copy it below line 7",
        ),
        Example(
            """
            FROM node:22-slim AS build
            WORKDIR /app
            COPY . .
            RUN npm ci && npm run build
            FROM node:22-slim
            WORKDIR /app
            COPY package.json package-lock.json ./
            COPY --from=build /app/dist ./dist
                              ^^^^^^^^^
            RUN npm ci --omit=dev
            """,
            "`npm ci` runs again (line 9), which needs nothing of it",
        ),
        Example(
            """
            FROM node:22-slim AS build
            WORKDIR /app
            COPY . .
            RUN npm ci && npm run build
            FROM node:22-slim
            WORKDIR /app
            COPY package.json package-lock.json ./
            COPY --from=build /app/dist ./dist
                              ^^^^^^^^^
            RUN chown -R node /app
            RUN npm ci --omit=dev
            """,
            "copy it below line 10, with --chown for what line 9 does",
        ),
        Example(
            """
            FROM node:22-slim AS build
            WORKDIR /app
            COPY package*.json ./
            RUN npm ci
            COPY . .
            RUN npm run build
            FROM node:22-slim
            WORKDIR /app
            COPY --from=build /app/package*.json ./
                              ^^^^^^^^^^^^^^^^^^
            RUN npm ci --omit=dev
            COPY --from=build /app/dist ./dist
            """,
            "the build context has package-lock.json and package.json, but from stage build",
            files={"package.json": "{}", "package-lock.json": "{}", "index.js": ""},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12 AS base\nRUN apt-get install -y gdb\nFROM base\nCOPY . /srv\nRUN make -C /srv\n"),
        Example("FROM a AS b\nCOPY . /srv\nFROM b\nRUN apt-get install -y gdb && make -C /srv\n"),
        Example("FROM a AS b\nCOPY a.conf /etc/a.conf\nFROM b\nRUN apt-get update && apt-get install -y gdb\n"),
        Example("FROM a AS b\nCOPY . /srv\nRUN /srv/add-repository.sh\nFROM b\nRUN apt-get install -y gdb\n"),
        Example("FROM a AS b\nCOPY . /srv\nFROM b\nRUN apt-get install -y $(cat /srv/packages.txt)\n"),
        Example("FROM a AS b\nCOPY . /srv\nFROM b\nRUN apt-get install -y /srv/tool.deb\n"),
        Example(
            "FROM a AS b\nCOPY . .\nRUN make\nFROM debian:12\nCOPY --from=b /etc/x /srv/x\nRUN apt-get install -y y\n"
        ),
        Example(
            "FROM a AS b\nCOPY . /\nRUN make\nFROM c\nCOPY --from=b /out/apt-get /usr/bin/\nRUN apt-get install -y y\n"
        ),
        Example("FROM a AS b\nCOPY . /s\nFROM c\nCOPY --from=b --link /s /srv/s\nRUN apt-get install -y y\n"),
        Example("FROM node:22 AS b\nCOPY . /a\nRUN npm ci\nFROM c\nWORKDIR /a\nCOPY --from=b /a .\nRUN npm prune\n"),
        Example("FROM x AS b\nCOPY . /a\nFROM node:22\nWORKDIR /a\nCOPY --from=b /a/lib ./lib\nRUN npm ci\n"),
        Example("FROM a AS b\nCOPY --from=c /x /x\nFROM a AS c\nCOPY --from=b /x /x\nRUN apt-get install -y y\n"),
        Example('FROM a AS b\nCOPY . /srv\nFROM b AS unused\nRUN apt-get install -y gdb\nFROM b\nCMD ["a"]\n'),
        Example(
            "FROM node:22 AS b\nWORKDIR /a\nCOPY . .\nRUN npm install && npm run build\n"
            "FROM node:22\nWORKDIR /a\nCOPY --from=b /a/package-lock.json /a/package.json ./\nRUN npm ci\n",
            files={"index.js": ""},
        ),
        Example(
            "FROM node:22 AS b\nWORKDIR /a\nCOPY . .\nRUN sed -i s/0/1/ package.json && npm run build\n"
            "FROM node:22\nWORKDIR /a\nCOPY --from=b /a/package.json ./\nRUN npm install\n",
            files={"package.json": "{}"},
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the cache model for the installs that stand too low, and for files that take a detour."""
        for stage in models.build.stages:
            if not stage.needed:
                continue
            for late in models.cache.late_installs(stage):
                # sources of the context in the stage itself are for copy-before-install
                if late.copy.stage is not stage or late.copy.origin is not None:
                    yield self._late(stage, late)
            detoured = list(models.cache.detoured_files(stage))
            if detoured:
                yield self._detoured(detoured)

    def _late(self, stage: Stage, late: LateInstall) -> Finding:
        install = late.install
        line = install.token.start.line
        command = " ".join(install.token.text.split())
        evidence: dict[str, JsonValue] = {"line": line, "copy_line": late.copy.line, "stage": late.copy.stage.label}
        counted = ""
        if late.commits is not None:
            count = late.commits
            evidence |= {"commits": count.commits, "commits_rebuilding": count.rebuilt, "commits_left": count.left}
            counted = (
                f": {count.rebuilt} of the last {count.commits} commits change what is above it, {count.left or 'none'}"
            )
            counted += " in the better order"
        if late.copy.stage is not stage:
            return self.finding(
                stage.instruction.image.token,
                f"it has the sources of line {late.copy.line}: every change of a file there runs `{command}` again (line "
                f"{line}), which needs nothing of them{counted}",
                help=f"install above line {late.copy.line}, or in a stage that both are built from",
                related=(Related.at(late.source.token, "the sources"), Related.at(install.token, "runs again")),
                evidence=evidence,
            )
        return self.finding(
            late.source.token,
            f"this changes with the sources, and each time `{command}` runs again (line {line}), which needs nothing of it"
            f"{counted}",
            help=f"copy it{_with(late.others)} below line {line}{_owner(stage, late)}",
            related=(Related.at(install.token, "runs again"),),
            evidence=evidence,
        )

    def _detoured(self, detoured: list[DetouredFile]) -> Finding:
        first = detoured[0]
        files = list(dict.fromkeys(file for one in detoured for file in one.files))
        install = first.waiting
        evidence: dict[str, JsonValue] = {"files": [*files], "stage": first.stage.label, "line": install.step.line}
        repeated = "every change of a source repeats"
        if first.commits is not None:
            commits, rebuilt = first.commits
            evidence |= {"commits": commits, "commits_rebuilding": rebuilt}
            repeated = f"{rebuilt} of the last {commits} commits repeat"
        return self.finding(
            first.source.token,
            f"the build context has {' and '.join(files)}, but from stage {first.stage.label} `{install.token.text}` (line "
            f"{install.token.start.line}) has to wait for line {first.costly.line}, which {repeated}",
            help=f"copy from the context: COPY {' '.join(files)} {first.destination}",
            related=(Related.at(first.costly.instruction.keyword_token, "waits for this"),),
            evidence=evidence,
        )


def _owner(stage: Stage, late: LateInstall) -> str:
    """What gives the files their owner now, and would come too early then."""
    for step in stage.steps:
        if late.copy.line < step.line < late.install.step.line and " chown " in step.instruction.token.text:
            return f", with --chown for what line {step.line} does"
    return ""


def _with(others: tuple[Step, ...]) -> str:
    """What else has to be moved."""
    lines = sorted({other.line for other in others})
    if not lines:
        return ""
    if len(lines) == 1:
        return f", and what line {lines[0]} copies,"
    return f", and what lines {', '.join(map(str, lines))} copy,"
