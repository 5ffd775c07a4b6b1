"""Deletions that free nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    DeadWeight,
    Example,
    Finding,
    Models,
    Operation,
    Related,
    RemovedPackage,
    Rule,
    Severity,
    Token,
    is_light,
)


class DeletedInLaterLayer(Rule):
    """Something is deleted in another layer than the one that brought it: the image gets no smaller.

    Each COPY, ADD and RUN makes a layer, and a layer never changes. A later RUN that deletes a file adds a mark that
    hides it; the bytes are still stored, pushed and pulled, and everyone who has the image can read them.

    Download, use and delete in one RUN, or unpack without storing the archive (`curl ... | tar -xz`). Instead of a COPY
    that is cleaned up later, bind-mount what a single step needs (`RUN --mount=type=bind,source=wheels,target=/wheels`),
    list the file in `.dockerignore`, or prepare it in a build stage and copy the result. Build dependencies go in and
    out in one RUN: `apk add --virtual .build ... && make && apk del .build`.

    Counted are files and directories that a COPY, a command, a download, a clone or an archive has brought, and packages.
    What one command deletes is one finding, with the sum of its bytes where they are known. Below 1 MB, or for scripts and
    configuration files of which only the names are known, it is information: these few kilobytes are no reason to act. So
    it is for commands of a distribution such as `curl`, and all of it in images that are there to develop, test and build with.
    Nothing is said of stages whose layers are not in the final image.
    """

    name = "bloat/deleted-in-later-layer"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            RUN curl -fsSLo /tmp/tool.tar.gz https://example.com/tool-1.2.tar.gz
            RUN tar -xzf /tmp/tool.tar.gz -C /opt && rm /tmp/tool.tar.gz
                                                        ^^^^^^^^^^^^^^^^
            """,
            "downloaded in line 2",
        ),
        Example(
            """
            FROM python:3.13-slim
            WORKDIR /app
            COPY wheels/ wheels/
            RUN pip install --no-cache-dir wheels/*.whl
            RUN rm -rf wheels
                       ^^^^^^
            """,
            "copied in line 3",
        ),
        Example(
            """
            FROM alpine:3.22
            RUN apk add --no-cache --virtual .build gcc make
            RUN make -C /src install
            RUN apk del .build
                        ^^^^^^
            """,
            "installed in line 2",
        ),
        Example(
            """
            FROM debian:12-slim AS base
            ADD src.tar.gz /usr/src/app
            FROM base
            RUN make -C /usr/src/app install && rm -rf /usr/src/app
                                                       ^^^^^^^^^^^^
            """,
            "copied in line 2",
        ),
        Example(
            """
            FROM python:3.13-slim
            COPY . /app
            RUN cd /app && rm -rf tests docs
                                  ^^^^^ ^^^^
            """,
            "the 203 bytes that were copied in line 2",
            files={"app.py": "", "tests/a.py": 97, "docs/a.md": 106},
        ),
        Example(
            """
            FROM debian:12
            COPY deb /root
            RUN mv /root/*.deb /tmp/ && dpkg -i /tmp/a.deb && rm -rf /tmp/*
                   ^^^^^^^^^^^
            """,
            "the 3.00 MB that were copied in line 2 stay",
            files={"deb/a.deb": 3_000_000},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example(
            "FROM debian:12\nRUN curl -fsSLo /tmp/t.tgz https://example.com/t.tgz && tar -xzf /tmp/t.tgz && rm /tmp/t.tgz\n"
        ),
        Example("FROM debian:12\nRUN git clone https://example.com/a.git /x && (cd /x && make) && rm -rf /x\n"),
        Example(
            "FROM debian:12 AS build\nCOPY . /src\nRUN make -C /src && rm -rf /src\nFROM debian:12\nCOPY --from=build /a /a\n"
        ),
        Example("FROM debian:12\nRUN rm -rf /usr/share/doc /etc/nginx/conf.d/default.conf\n"),
        Example("FROM debian:12\nRUN --mount=type=bind,target=/src cp /src/a /a\nRUN rm -rf /src\n"),
        Example("FROM debian:12\nCOPY app /app\nRUN rm -rf /tmp/* /var/tmp/*\n"),
        Example(
            "FROM debian:12\nRUN curl -fsSL https://example.com/a.tgz | tar -xz -C /tmp\nRUN mv /tmp/a-1.2 /opt/a\nRUN rm -rf /tmp/*\n"
        ),
        Example(
            "FROM debian:12\nCOPY app.conf /etc/app.conf\nRUN rm /etc/app.conf && ln -s /run/app.conf /etc/app.conf\n"
        ),
        Example("FROM alpine:3.22\nRUN P=(gcc make) && apk add ${P[@]}\nRUN make && apk del ${P[@]}\n"),
        Example("FROM alpine:3.22\nRUN apk add --no-cache --virtual .build gcc && make && apk del .build\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the layer model."""
        for_developers = models.purpose.for_developers
        for weight in models.layers.dead_weight:
            if weight.how == "deleted":
                yield self._deleted(weight, small=weight.is_small or for_developers)
        together: dict[Operation, list[RemovedPackage]] = {}
        for removed in models.layers.removed_packages():
            together.setdefault(removed.operation, []).append(removed)
        for packages in together.values():
            light = all(is_light(package.operation.manager.name, package.word.pattern) for package in packages)
            yield self._removed(packages, small=light or for_developers)

    def _deleted(self, weight: DeadWeight, *, small: bool) -> Finding:
        size = weight.size.with_article
        what = f"{size} that were {weight.brought} stay" if size else f"what was {weight.brought} stays"
        return self.finding(
            weight.token,
            f"this frees nothing: {what} in the image as part of {weight.those_layers}",
            help="bring it in, use it and delete it in one RUN, or use a bind mount or a build stage",
            related=tuple(Related.at(held.token, "the layer that keeps it") for held in weight.held),
            evidence={"paths": list(weight.paths[:20]), "lines": list(weight.lines), "bytes": weight.size.known},
            severity=Severity.INFO if small else None,
        )

    def _removed(self, removed: list[RemovedPackage], *, small: bool) -> Finding:
        installs = list(dict.fromkeys(package.install for package in removed))
        lines = [install.token.start.line for install in installs]
        where = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(map(str, lines))}"
        names = [package.word.text for package in removed]
        return self.finding(
            Token.joined([package.word.token for package in removed]),
            f"this frees nothing: what was installed in {where} stays in the image as part of that layer",
            help="install, use and remove build dependencies in one RUN, or build in another stage",
            related=tuple(Related.at(install.token, "the layer that keeps it") for install in installs),
            evidence={"packages": list(names), "lines": list(lines)},
            severity=Severity.INFO if small else None,
        )
