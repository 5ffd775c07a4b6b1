"""Package repositories that hold a distribution in development."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Example,
    Finding,
    Models,
    Profile,
    Rule,
    Severity,
    Token,
    floating_repository,
    is_of_channel,
    may_name_channel,
    readable,
)


class FloatingPackageRepository(Rule):
    r"""Packages come from a repository of another release than the image's, or of none: edge, sid, testing, a PPA.

    Alpine's `edge` and Debian's `sid` are where the next release is built. Their packages are made against newer
    libraries than the image has: an install pulls these in as well, or the program stops to start when a library's next
    version arrives. `latest-stable` turns into the next release of Alpine one day while the base image stays.

    Take a base image of a release that has the package, the release's own backports (`bookworm-backports`, Alpine's
    `community`), or the program from its makers, with a version.

    A PPA keeps only the newest version of each package, which one person or team may replace at any time; that is
    reported under the profile `strict`. So are third parties' `nightly` and `testing` channels.

    Nothing is said where the base image is of that release itself (`alpine:edge`, `debian:sid`) or not known. In images
    for developers and tests it is for information.
    """

    name = "mutable/floating-package-repository"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM alpine:3.22
            RUN apk add --no-cache --repository=https://dl-cdn.alpinelinux.org/alpine/edge/testing gosu
                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "Alpine's edge",
        ),
        Example(
            """
            FROM debian:12
            RUN echo "deb http://deb.debian.org/debian sid main" > /etc/apt/sources.list.d/sid.list
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "Debian's sid",
        ),
        Example(
            """
            FROM ubuntu:24.04
            RUN add-apt-repository -y ppa:deadsnakes/ppa && apt-get update && apt-get install -y python3.14
                                      ^^^^^^^^^^^^^^^^^^
            """,
            "keeps only the newest version",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM alpine:edge\nRUN apk add --repository=https://dl-cdn.alpinelinux.org/alpine/edge/testing x\n"),
        Example("FROM alpine:3.22\nRUN apk add --repository=https://dl-cdn.alpinelinux.org/alpine/v3.22/community x\n"),
        Example(
            'FROM debian:12\nRUN echo "deb https://deb.debian.org/debian bookworm-backports main" >> /etc/apt/sources.list\n'
        ),
        Example(
            "FROM debian:12\nRUN echo 'deb [signed-by=/k.asc] https://download.docker.com/linux/debian bookworm stable' "
            "> /etc/apt/sources.list.d/docker.list\n"
        ),
        Example(
            "FROM debian:12\nRUN echo 'deb https://packages.microsoft.com/repos/edge stable main' > "
            "/etc/apt/sources.list.d/edge.list\n"
        ),
        Example("ARG BASE\nFROM ${BASE}\nRUN apk add -X https://dl-cdn.alpinelinux.org/alpine/edge/testing x\n"),
        Example("FROM alpine:20250108\nRUN apk add -X https://dl-cdn.alpinelinux.org/alpine/edge/testing x\n"),
        Example(
            "FROM debian:unstable-slim\nRUN echo 'deb http://deb.debian.org/debian sid main' >> /etc/apt/sources.list\n"
        ),
        Example("FROM debian:sid\nRUN echo 'deb http://deb.debian.org/debian sid main' > /etc/apt/sources.list\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the repositories among the inputs."""
        if not may_name_channel(models.build.dockerfile.source.text):
            return
        for found in models.inputs.all():
            if found.kind != "repository" or found.grade != "floating" or found.stage is None:
                continue
            channel = floating_repository(found.name, f"{found.name}{_behind(found.token)}")
            image = found.stage.root.image
            if channel is None or image is None or is_of_channel(image.tag, channel):
                continue
            yield self.finding(
                found.token,
                f"{channel.name}: {channel.effect}",
                help=channel.advice,
                evidence={"repository": readable(found.name)},
                profile=None if channel.sure else Profile.STRICT,
                severity=Severity.INFO
                if models.purpose.wants_newest(found.stage) or models.inputs.is_idle(found)
                else None,
            )


def _behind(token: Token) -> str:
    """What follows on the same line: a source line names the suite behind the address."""
    end = token.spans[-1].end
    return token.source.text[end : end + 60].partition("\n")[0]
