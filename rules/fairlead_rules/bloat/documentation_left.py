"""Manual pages in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import DOCUMENTED, Example, Finding, Models, Profile, Rule, Severity


class DocumentationLeft(Rule):
    """Packages bring manual pages and documents along, which nobody reads in a container.

    They are a small part of most packages, and a large one of some. dnf leaves them out with `--setopt=tsflags=nodocs`,
    microdnf with `--nodocs`, dpkg with `path-exclude` in a file of `/etc/dpkg/dpkg.cfg.d`.

    The images of Fedora, CentOS, UBI and Ubuntu and the slim ones of Debian are configured that way already: there
    nothing is said. This is a matter of taste, so the rule is in the profile `all` only.
    """

    name = "bloat/documentation-left"
    severity = Severity.INFO
    profile = Profile.ALL
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM rockylinux:9
            RUN dnf install -y httpd && dnf clean all
                ^^^^^^^^^^^
            """,
            "tsflags=nodocs",
        ),
        Example(
            """
            FROM debian:12
            RUN apt-get update && apt-get install -y nginx && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^
            """,
            "path-exclude",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM rockylinux:9\nRUN dnf install -y --setopt=tsflags=nodocs httpd\n"),
        Example("FROM rockylinux:9\nRUN dnf install -y --nodocs httpd\n"),
        Example("FROM fedora:42\nRUN dnf install -y httpd\n"),
        Example("FROM debian:12-slim\nRUN apt-get install -y nginx\n"),
        Example("FROM ubuntu:24.04\nRUN apt-get install -y nginx\n"),
        Example("FROM debian:12\nRUN apt-get install -y nginx && rm -rf /usr/share/doc /usr/share/man\n"),
        Example("FROM debian:12\nCOPY nodoc /etc/dpkg/dpkg.cfg.d/nodoc\nRUN apt-get install -y nginx\n"),
        Example("FROM debian:12\nRUN apt-get install -y ./tool.deb\n"),
        Example("FROM alpine:3.22\nRUN apk add --no-cache nginx\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the model of what is too much."""
        for operation in models.surplus.documentation():
            yield self.finding(
                operation.token,
                f"{operation.invocation.name} installs manual pages and documents along with the programs",
                help=DOCUMENTED[operation.manager.name],
                evidence={"manager": operation.manager.name},
            )
