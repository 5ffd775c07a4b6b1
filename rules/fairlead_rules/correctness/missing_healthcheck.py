"""Servers without a HEALTHCHECK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Expose, Finding, Healthcheck, Models, Profile, Related, Rule, is_official


class MissingHealthcheck(Rule):
    """A server has no HEALTHCHECK: Docker and Swarm take it for healthy as long as its process exists.

    A server that hangs, or that waits for its database for ever, goes on getting requests; `depends_on: condition:
    service_healthy` of compose has nothing to wait for.

    Ask the server what a client would: `HEALTHCHECK CMD curl -f http://localhost:8080/health`, or a subcommand of the
    program where the image has no curl. `HEALTHCHECK NONE` says that there is none on purpose.

    Kubernetes, and podman with the image format of OCI, pay no attention to it, so this is part of the profile `all`
    only. A server is an image that exposes a port and starts a program. Nothing is said of other images, of stages that
    are not the final one, and of base images that may bring a HEALTHCHECK.
    """

    name = "correctness/missing-healthcheck"
    profile = Profile.ALL
    aliases = ("DL3057", "DS-0026", "CKV_DOCKER_2", "DF012")
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
            COPY . /app
            EXPOSE 8080
            CMD ["node", "/app/server.js"]
                ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "no HEALTHCHECK",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM node:22\nEXPOSE 80\nHEALTHCHECK CMD curl -f http://localhost/\nCMD node server.js\n"),
        Example("FROM node:22\nEXPOSE 80\nHEALTHCHECK NONE\nCMD node server.js\n"),
        Example("FROM node:22\nCMD node job.js\n"),
        Example("FROM node:22\nEXPOSE 80\n"),
        Example("FROM node:22 AS build\nEXPOSE 80\nCMD node server.js\nFROM debian:12\n"),
        Example("FROM registry.example.com/base:1\nEXPOSE 80\nCMD server\n"),
        Example("FROM node:22 AS a\nHEALTHCHECK CMD true\nFROM a\nEXPOSE 80\nCMD node server.js\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the instructions of the target and of the stages below it."""
        target = models.build.target
        entrypoint, command = models.startup.processes
        process = entrypoint or command
        if target is None or process is None:
            return
        instructions = [step.instruction for step in target.all_steps()]
        port = next((found for found in instructions if isinstance(found, Expose)), None)
        image = target.root.image
        known = image is None or is_official(image.short_name)
        if port is None or not known or any(isinstance(found, Healthcheck) for found in instructions):
            return
        yield self.finding(
            process.instruction.rest,
            "no HEALTHCHECK: this counts as healthy as long as the process exists",
            help="HEALTHCHECK CMD ..., or HEALTHCHECK NONE where there is none on purpose",
            related=(Related.at(port.rest, "the port"),),
        )
