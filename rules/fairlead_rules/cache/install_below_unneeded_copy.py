"""Installs that stand below a COPY of which they need nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, JsonValue, LateInstall, Models, Related, Rule


class InstallBelowUnneededCopy(Rule):
    """An install stands below a COPY of which it needs nothing: every change of what is copied installs it all again.

    The cache key of a COPY is the content of what it copies, and a step that is built again has all steps below it
    built again. Packages of the distribution need nothing of the project, and packages that are named one by one need
    none of its files:

        RUN apt-get update && apt-get install -y --no-install-recommends gcc make
        COPY . .

    Move the install above the COPY, or the COPY below the install.

    Of `COPY . .`, installs of distribution packages count that do nothing else with the files copied, where no step
    between sets up where packages come from. COPYs of less than the context are named where an install reads nothing of
    them, no step between needs them, and the last commits of the repository show that they change. What another stage
    brings is for `cache/needless-stage-dependency`, and an install that reads manifests among the sources for
    `cache/copy-before-install`, which tells how the commits are counted.
    """

    name = "cache/install-below-unneeded-copy"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            WORKDIR /src
            COPY . .
                 ^
            RUN apt-get update && apt-get install -y --no-install-recommends gcc make && rm -rf /var/lib/apt/lists/*
            RUN make
            """,
            "move line 4 above line 3",
        ),
        Example(
            """
            FROM alpine:3.22
            COPY ./ /srv/
                 ^^
            RUN apk add --no-cache nginx
            """,
            "every change of what this copies runs `apk add` again (line 3), which needs nothing of it",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN apt-get update && apt-get install -y gcc\nCOPY . /srv\nRUN make -C /srv\n"),
        Example("FROM debian:12\nCOPY . /srv\nRUN apt-get update && apt-get install -y gcc && make -C /srv\n"),
        Example("FROM debian:12\nCOPY . /srv\nRUN dpkg -i /srv/a.deb\nRUN apt-get install -y gcc\n"),
        Example("FROM debian:12\nCOPY rootfs /\nRUN apt-get update && apt-get install -y gcc\n"),
        Example('FROM debian:12 AS unused\nCOPY . /srv\nRUN apt-get install -y gcc\nFROM debian:12\nCMD ["a"]\n'),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the cache model for the installs of every stage that is built."""
        for stage in models.build.stages:
            if not stage.needed:
                continue
            said: set[object] = set()
            for late in models.cache.late_installs(stage):
                # what is copied from, or in, another stage is for needless-stage-dependency
                if late.copy.stage is stage and late.copy.origin is None:
                    said |= {early.source for early in models.cache.early_installs(stage)}
                    if late.source not in said:
                        said.add(late.source)
                        advice = f"move line {late.install.token.start.line} above line {late.copy.line}"
                        yield self._finding(late, advice)
            for late in models.cache.movable_copies(stage):
                lines = [str(copy.line) for copy in (late.copy, *late.others)]
                these = lines[0] if len(lines) == 1 else f"{', '.join(lines[:-1])} and {lines[-1]}"
                below = late.install.step.instruction.end_line
                yield self._finding(late, f"move line{'s' if late.others else ''} {these} below line {below}")

    def _finding(self, late: LateInstall, advice: str) -> Finding:
        install = late.install
        command = " ".join(install.token.text.split())
        evidence: dict[str, JsonValue] = {"command": command, "line": install.step.line}
        counted = ""
        if late.commits is not None:
            count = late.commits
            evidence |= {"commits": count.commits, "commits_rebuilding": count.rebuilt, "commits_left": count.left}
            counted = f": {count.rebuilt} of the last {count.commits} commits would have, {count.left or 'none'} in the better order"
        line = install.token.start.line
        return self.finding(
            late.source.token,
            f"every change of what this copies runs `{command}` again (line {line}), which needs nothing of it{counted}",
            help=advice,
            related=(Related.at(install.token, "runs again"),),
            evidence=evidence,
        )
