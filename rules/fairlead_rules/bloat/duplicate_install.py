"""Package indexes that are fetched again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Related, RepeatedIndex, RepeatedPackages, Rule, Severity, Token


class DuplicateInstall(Rule):
    """The same package index is fetched by several RUNs, or a package is installed twice.

    Each `apt-get update` downloads the whole index anew, and so does an install of dnf after a `dnf clean all`. RUNs that
    only install packages can as well be one: it fetches the index once, and nobody uses an index of another day.

    Nothing is said where there is a reason for a second RUN: a source of packages is added in between, it builds or cleans
    up besides, its versions are pinned and so change by themselves, another user runs it, or it stands in another stage. apk's
    index is small, and left alone. RUNs with other instructions between them, or in a file whose comments speak of layers, may
    be apart on purpose, and a package that is named twice costs nothing: both are information, in the profile `strict`.
    """

    name = "bloat/duplicate-install"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
            RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^
            RUN apt-get update && apt-get install -y jq && rm -rf /var/lib/apt/lists/*
            """,
            "3 RUNs fetch the package index",
        ),
        Example(
            """
            FROM rockylinux:9
            RUN dnf install -y httpd && dnf clean all
            RUN dnf install -y mod_ssl && dnf clean all
                ^^^^^^^^^^^
            """,
            "line 2",
        ),
        Example(
            """
            FROM alpine:3.22
            RUN apk add --no-cache curl git
            RUN apk add --no-cache jq git
                                      ^^^
            """,
            "installed in line 2 already",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
            COPY app.conf /app/
            RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^
            """,
            "2 RUNs fetch the package index",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update
            RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
            RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^
            """,
            "3 RUNs fetch the package index, each anew: line 2 was the first",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example(
            "FROM debian:12\nRUN apt-get update && apt-get install -y a\nUSER app\nRUN sudo apt-get update && sudo apt-get install -y b\n"
        ),
        Example(
            "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nRUN curl https://e.com/k -o /etc/apt/keyrings/k.asc\n"
            "RUN apt-get update && apt-get install -y tool\n"
        ),
        Example(
            "FROM debian:12 AS base\nRUN apt-get update && apt-get install -y a\nFROM base\nRUN apt-get update && apt-get install -y b\n"
        ),
        Example(
            "FROM debian:12\nRUN apt-get update && apt-get install -y a\n"
            "RUN apt-get update && apt-get install -y gcc && make && apt-get purge -y gcc\n"
        ),
        Example(
            "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN apt-get update && apt-get install -y b=1.2\n"
        ),
        Example(
            "FROM rockylinux:9\nRUN dnf install -y epel-release && dnf clean all\nRUN dnf install -y jq && dnf clean all\n"
        ),
        Example("FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN apt-get install -y b\n"),
        Example("FROM alpine:3.22\nRUN apk add --no-cache a\nRUN apk add --no-cache b\n"),
        Example(
            "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y a\n"
            "RUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y b\n"
        ),
        Example("FROM alpine:3.22\nRUN apk add --no-cache git && apk del git\nRUN apk add --no-cache git\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the model of what is too much."""
        for index in models.surplus.repeated_indexes():
            yield self._index(index)
        for packages in models.surplus.repeated_packages():
            yield self._packages(packages)

    def _index(self, index: RepeatedIndex) -> Finding:
        lines = index.lines
        return self.finding(
            index.later[0].token,
            f"{len(lines)} RUNs fetch the package index, each anew: line {lines[0]} was the first",
            help=f"install what is needed in one RUN, in line {index.first.token.start.line}",
            related=(
                *(Related.at(update.token, "fetches it, too") for update in index.alone),
                Related.at(index.first.token, "fetches it" if index.alone else "fetches it first"),
                *(Related.at(later.token, "and again for this") for later in index.later[1:]),
            ),
            evidence={"manager": index.manager, "lines": [*lines]},
            severity=None if index.adjacent else Severity.INFO,
            profile=None if index.adjacent else Profile.STRICT,
        )

    def _packages(self, packages: RepeatedPackages) -> Finding:
        line = packages.first.token.start.line
        names = ", ".join(packages.names)
        return self.finding(
            Token.joined(list(packages.words)),
            f"{names}: installed in line {line} already",
            help="name each package once",
            related=(Related.at(packages.first.token, "installs it"),),
            evidence={"packages": list(packages.names), "line": line},
            severity=Severity.INFO,
            profile=Profile.STRICT,
        )
