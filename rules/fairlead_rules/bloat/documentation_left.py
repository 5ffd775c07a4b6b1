"""Manual pages in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import DOCUMENTED, Example, Finding, Models, Profile, Rule, Severity


class DocumentationLeft(Rule):
    """Packages bring manual pages and documents along, which nobody reads in a container.

    They are a small part of most packages, and a large one of some. dnf leaves them out with `--setopt=tsflags=nodocs`,
    dpkg with `path-exclude` in a file of `/etc/dpkg/dpkg.cfg.d`.

    The slim images of Debian and those of Ubuntu, Fedora and Rocky Linux 9 are configured that way already. Only images of
    which it is known that they are not are spoken of: Debian, the official images made on it, UBI, Rocky Linux 8. This is a
    matter of taste, so the rule is in the profile `all` only.
    """

    name = "bloat/documentation-left"
    severity = Severity.INFO
    profile = Profile.ALL
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM registry.access.redhat.com/ubi9/ubi:9.6
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
        Example("FROM rockylinux:9\nRUN dnf install -y httpd\n"),
        Example("FROM redhat/ubi9\nRUN dnf install -y --setopt=tsflags=nodocs httpd\n"),
        Example("FROM redhat/ubi9\nRUN dnf install -y --nodocs httpd\n"),
        Example("FROM php:8.4-apache\nRUN apt-get install -y libpng-dev\n"),
        Example("FROM nginx:1.29\nRUN apt-get install -y curl\n"),
        Example("FROM buildpack-deps:noble\nRUN apt-get install -y curl\n"),
        Example("FROM amazonlinux:2023\nRUN dnf install -y httpd\n"),
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
