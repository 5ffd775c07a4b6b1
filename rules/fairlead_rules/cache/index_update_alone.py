"""Package indexes that are fetched in one layer and used in another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Operation, Related, Rule, Stage, index_mounted

_MANAGER = "apt-get"
# archives that nothing is added to or taken out of
_FROZEN = ("archive.debian.org", "snapshot.debian.org", "old-releases.ubuntu.com")


class IndexUpdateAlone(Rule):
    """The package index is fetched in a RUN of its own, so that a later install uses one that may be months old.

    The cache key of `RUN apt-get update` is its text, which never changes: the builder fetches the index once and then
    takes the layer from its cache. When the install below it changes, or the cache of that step alone is lost, it runs
    with the old index: it installs outdated packages without their security fixes, or fails with 404 because the
    mirror has deleted the versions that the index names. It is among the most common reasons for a build that works
    here and fails there.

    Fetch the index and install in the same RUN: `RUN apt-get update && apt-get install -y ...`.

    Nothing is said where the lists are in a cache mount, where the install fetches the index itself, where nothing is
    installed after the update, and of archives that stay as they are (archive.debian.org); nor of apk and dnf, which fetch
    an old index again by themselves (apk after four hours, its `--cache-max-age`).
    """

    name = "cache/index-update-alone"
    aliases = ("DF011", "DKL-DI-0005")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update
                ^^^^^^^^^^^^^^
            RUN apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
            """,
            "line 3",
        ),
        Example(
            """
            FROM ubuntu:24.04 AS base
            RUN set -eux; apt-get -qq update
                          ^^^^^^^^^^^^^^^^^^
            FROM base
            RUN apt-get install -y curl
            """,
            "line 4",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"),
        Example("FROM debian:12\nRUN set -eux; apt-get update; apt-get install -y curl; rm -rf /var/lib/apt/lists/*\n"),
        Example("FROM debian:12\nRUN apt-get update\nRUN apt-get update && apt-get install -y curl\n"),
        Example("FROM alpine:3.22\nRUN apk update\nRUN apk add git\n"),
        Example(
            "FROM debian:12\n"
            "RUN --mount=type=cache,target=/var/lib/apt apt-get update\n"
            "RUN --mount=type=cache,target=/var/lib/apt apt-get install -y curl\n"
        ),
        Example("FROM debian:12\nRUN apt-get update\nRUN make test\n"),
        Example(
            "FROM debian:9\nRUN sed -i s/deb.debian.org/archive.debian.org/ /etc/apt/sources.list\n"
            "RUN apt-get update\nRUN apt-get install -y curl\n"
        ),
        Example("FROM debian:12\nRUN apt-get update\nRUN apt-get install -y ./tool.deb\n"),
        Example("FROM debian:12\nRUN bash -c 'apt-get update && apt-get install -y curl'\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look for updates that nothing in their own RUN uses and something further down does."""
        reported: set[object] = set()
        for stage in models.build.stages:
            if not stage.needed:
                continue
            for update, install in _pairs(models, stage):
                # two stages may be built FROM the one that fetches the index
                if update not in reported:
                    reported.add(update)
                    yield self._finding(update, install)

    def _finding(self, update: Operation, install: Operation) -> Finding:
        line = install.token.start.line
        return self.finding(
            update.token,
            f"the builder reuses this index for as long as it has the layer, and line {line} installs what it names, old or gone",
            help=f"write `{update.invocation.name} update && {install.invocation.name} install ...` in one RUN",
            related=(Related.at(install.token, "this uses the cached index"),),
            evidence={"install_line": line},
        )


def _pairs(models: Models, stage: Stage) -> Iterator[tuple[Operation, Operation]]:
    """The updates of a stage's lineage, each with the first install of another step that relies on it."""
    waiting: Operation | None = None
    for step in stage.all_steps():
        if any(host in step.instruction.token.text for host in _FROZEN):
            return
        operations = [o for o in models.operations(step) if o.manager.name == _MANAGER]
        update = next((o for o in operations if o.kind == "update"), None)
        install = next((o for o in operations if _needs_index(o)), None)
        if update is not None:
            used = any(o.kind in ("install", "upgrade") for o in operations)
            waiting = None if used or index_mounted(update) else update
        elif install is not None and waiting is not None:
            yield waiting, install
            waiting = None


def _needs_index(operation: Operation) -> bool:
    if operation.kind != "install" or not operation.packages:
        return False
    return not all(package.local or package.remote for package in operation.packages)
