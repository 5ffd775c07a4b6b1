"""Package indexes in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Leftover, Models, Related, Rule, Severity


class PackageIndexLeft(Rule):
    """The package index that an update fetched stays in the layer.

    `apt-get update` stores the index of every repository in `/var/lib/apt/lists`: 20 MB and more on Debian and Ubuntu.
    apk stores its own in `/var/cache/apk`. Nobody needs them in a finished image: an install that comes later fetches a
    new index anyway.

    Delete it in the same RUN: `&& rm -rf /var/lib/apt/lists/*`; for apk, `apk add --no-cache` stores none, and needs no
    `apk update` before it. A later RUN hides the files and frees nothing, since the layer below still holds them; `apt-get
    clean` does not touch the lists. Where a RUN only updates, and a later one installs, both belong into one RUN.
    Or keep the lists out of the image with a cache mount: `RUN --mount=type=cache,target=/var/lib/apt/lists`.

    Only layers of the final image count: what a build stage leaves behind costs no byte of it. In images for
    developers and tests by the name of file or stage or by what they start it is information.
    """

    name = "bloat/package-index-left"
    aliases = ("DL3009", "DL3019", "S6587")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update && apt-get install -y --no-install-recommends nginx
                ^^^^^^^^^^^^^^
            """,
            "about 20 MB",
        ),
        Example(
            """
            FROM ubuntu:24.04
            RUN apt-get update \\
                ^^^^^^^^^^^^^^
             && apt-get install -y --no-install-recommends nginx \\
             && apt-get clean
            RUN rm -rf /var/lib/apt/lists/*
            """,
            "line 5 deletes it too late",
        ),
        Example(
            """
            FROM alpine:3.22
            RUN apk update && apk upgrade && apk add nginx
                ^^^^^^^^^^
            """,
            "give `--no-cache` to `apk add` and `apk upgrade`",
        ),
        Example(
            """
            FROM alpine:3.22
            RUN apk add --update && apk add --no-cache nginx
                ^^^^^^^
            """,
            "/var/cache/apk",
        ),
        Example(
            """
            FROM alpine:3.22
            RUN apk add nginx
                ^^^^^^^
            """,
            "apk add --no-cache",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update
                ^^^^^^^^^^^^^^
            RUN apt-get install -y --no-install-recommends nginx
            """,
            "update in the RUN of line 3 instead",
        ),
        Example(
            """
            FROM alpine:3.22
            RUN apk update && apk add --no-cache nginx
                ^^^^^^^^^^
            """,
            "leave `apk update` out",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN apt-get update && apt-get install -y nginx && rm -rf /var/lib/apt/lists/*\n"),
        Example(
            "FROM debian:12\nRUN set -eux; apt-get update; apt-get install -y nginx; rm -rf /var/lib/apt/lists/*\n"
        ),
        Example("FROM debian:12\nRUN apt-get update; apt-get install -y nginx; rm -r /var/lib/apt/lists /var/log/*\n"),
        Example("FROM debian:12\nRUN apt update && apt install -y nginx && rm -rf /var/lib/{apt,dpkg,cache}/lists/*\n"),
        Example(
            "FROM debian:12\nRUN apt-get update && apt-get install -y nginx && find /var/lib/apt/lists -type f -delete\n"
        ),
        Example(
            "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y nginx\n"
        ),
        Example(
            "FROM debian:12\nRUN --mount=type=tmpfs,target=/var/lib/apt/lists apt-get update && apt-get install -y git\n"
        ),
        Example(
            "FROM debian:12 AS build\nRUN apt-get update && apt-get install -y gcc\nFROM debian:12\nCOPY --from=build /a /a\n"
        ),
        Example("FROM alpine:3.22\nRUN apk add --no-cache nginx\n"),
        Example("FROM alpine:3.22\nRUN apk --no-cache add nginx\n"),
        Example("FROM alpine:3.22\nRUN apk add -U nginx && rm -rf /var/cache/apk/*\n"),
        Example("FROM alpine:3.22\nRUN apk add nginx && rm -rf /var/cache/*\n"),
        Example(
            "FROM alpine:3.22\nRUN apk add --no-cache gcc && make && apk add --no-network --virtual .run so:libz.so.1\n"
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the layer model what is left."""
        for leftover in models.layers.index_left():
            # people who work in an image install more in it
            yield self._finding(leftover, Severity.INFO if models.purpose.for_developers else None)

    def _finding(self, leftover: Leftover, severity: Severity | None) -> Finding:
        related: tuple[Related, ...] = ()
        notes = [leftover.size.text] if leftover.size.text else []
        if leftover.removed_by is not None:
            removal = leftover.removed_by[1]
            related = (Related.at(removal.token, "frees nothing: the layer above holds the files"),)
            notes.append(f"line {removal.token.start.line} deletes it too late")
        shown = f" ({'; '.join(notes)})" if notes else ""
        return self.finding(
            leftover.operation.token,
            f"the package index stays in this layer, in {leftover.path}{shown}",
            help=_advice(leftover),
            related=related,
            evidence={"path": leftover.path, "bytes": leftover.size.known},
            severity=severity,
        )


def _advice(leftover: Leftover) -> str:
    operation = leftover.operation
    if operation.manager.name == "apk":
        if operation.kind != "update":
            return f"use `apk {operation.subcommand} --no-cache`"
        return "leave `apk update` out, and give `--no-cache` to `apk add` and `apk upgrade`: then each fetches an index itself"
    deletes = f"&& {operation.sudo}rm -rf {leftover.path}/*"
    lines = [use.token.start.line for use in leftover.used_later]
    if len(lines) > 1:
        shown = f"{', '.join(map(str, lines[:-1]))} and {lines[-1]}"
        return f"install all of it in one RUN, or update in those of lines {shown}, too; end each with `{deletes}`"
    if lines and leftover.used_here:
        return f"end the RUN with `{deletes}`, and update again in line {lines[0]}, which installs from this index"
    if lines:
        return (
            f"update in the RUN of line {lines[0]} instead, which installs from this index, and end it with `{deletes}`"
        )
    if leftover.used_here:
        return f"end the RUN with `{deletes}`"
    return f"leave the update out, or install in its RUN and end that with `{deletes}`"
