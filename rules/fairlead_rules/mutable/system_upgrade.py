"""Upgrades of everything that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Rule, Severity


class SystemUpgrade(Rule):
    """All packages of the base image are upgraded: the image depends on the day on which the step last ran.

    The step runs once and then comes from the cache, for as long as nothing above it changes: it looks like a security
    measure and is none. It stores the upgraded files a second time, on top of those of the base image, and two builds of
    one commit differ.

    Take a newer base image instead: rebuild with `--pull` or raise the tag or digest, which brings the same fixes once,
    for all who use it, and leaves a trace in the history of the Dockerfile. When a single package needs a fix before
    the base image has it, name that package: `apt-get install -y --only-upgrade libssl3`.

    Some teams upgrade on purpose, for scanners that look at versions, so this is part of the profile `strict`. An upgrade
    that names packages, or that is limited to security fixes (`dnf upgrade --security`), is left alone. In images for
    developers and tests it is for information.
    """

    name = "mutable/system-upgrade"
    profile = Profile.STRICT
    aliases = ("DL3005", "DL3017", "DL3031", "DL3035", "DL3039", "DS-0024", "DF044", "DF069")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update && apt-get -y upgrade && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^^^^
            """,
            "apt-get upgrade",
        ),
        Example(
            """
            FROM alpine:3.22
            RUN apk --no-cache upgrade && apk add --no-cache git
                ^^^^^^^^^^^^^^^^^^^^^^
            """,
            "apk upgrade",
        ),
        Example(
            """
            FROM fedora:42
            RUN dnf -y update && dnf clean all
                ^^^^^^^^^^^^^
            """,
            "dnf update",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN apt-get update && apt-get install -y --only-upgrade libssl3\n"),
        Example("FROM fedora:42\nRUN dnf -y upgrade openssl-libs && dnf clean all\n"),
        Example("FROM registry.access.redhat.com/ubi9/ubi:9.5\nRUN dnf -y upgrade --security && dnf clean all\n"),
        Example("FROM debian:12\nRUN apt-get -s upgrade\n"),
        Example("FROM python:3.13\nRUN pip install --upgrade pip\n"),
        Example("FROM debian:12 AS unused\nRUN apt-get upgrade -y\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at every call of a package manager in a stage that is built."""
        target = models.build.target
        shipped = set(map(id, target.all_steps())) if target is not None else set()
        for step in models.build.runs():
            if not step.stage.needed:
                continue
            quiet = models.purpose.wants_newest(step.stage)
            twice = ", and stores the upgraded files twice" if id(step) in shipped else ""
            for operation in models.operations(step):
                if operation.kind != "upgrade" or operation.manager.kind != "distribution":
                    continue
                if operation.options.has("--security", "--advisory", "--advisories", "--cve", "--bz", "--bugfix"):
                    continue
                command = f"{operation.invocation.name} {operation.subcommand}"
                yield self.finding(
                    operation.token,
                    f"`{command}` makes the image depend on the day this step last ran{twice}",
                    help="take a newer base image, or name the packages that need a fix",
                    evidence={"command": command},
                    severity=Severity.INFO if quiet else None,
                )
