"""A syntax directive that names no version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Rule


class UnpinnedFrontend(Rule):
    r"""The syntax directive names a frontend without a version: another one may read the Dockerfile tomorrow.

    `# syntax=docker/dockerfile` fetches an image that turns the Dockerfile into a build. Without a tag, or with
    `latest`, that is whichever release is newest, the next major version included. `master` and `labs` are states of
    development: whoever names them mostly means it, so these are reported under the profile `strict`.

    `docker/dockerfile:1` is what Docker recommends: the newest release that still reads version 1. Name a minor version
    (`1.18`) or a digest where builds have to be the same for longer. Without any directive the frontend that comes with
    the builder is used.
    """

    name = "mutable/unpinned-frontend"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            # syntax=docker/dockerfile
                     ^^^^^^^^^^^^^^^^^
            FROM debian:12
            """,
            "docker/dockerfile:1",
        ),
        Example(
            """
            # syntax = docker/dockerfile:latest
                       ^^^^^^^^^^^^^^^^^^^^^^^^
            FROM debian:12
            """,
            "latest",
        ),
        Example(
            """
            # syntax=docker/dockerfile-upstream:master-labs
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            FROM debian:12
            """,
            "names no version",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\n"),
        Example("# syntax=docker/dockerfile:1\nFROM debian:12\n"),
        Example("# syntax=docker/dockerfile:1.18-labs\nFROM debian:12\n"),
        Example("# syntax=docker/dockerfile:1-labs\nFROM debian:12\n"),
        Example("# syntax=docker/dockerfile:1@sha256:" + "ab" * 32 + "\nFROM debian:12\n"),
        Example("# a comment first\n# syntax=docker/dockerfile\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the frontend among the inputs."""
        if models.build.dockerfile.frontend is None:
            return
        quiet = models.purpose.for_developers
        for found in models.inputs.all():
            if found.kind == "frontend" and found.grade == "floating":
                official = found.name.removeprefix("docker.io/").startswith("docker/dockerfile")
                yield self.finding(
                    found.token,
                    f"{found.name}: {found.why}, and another release may read this file tomorrow",
                    help="write docker/dockerfile:1" if official else "name a version or a digest",
                    evidence={"image": found.name},
                    profile=None if found.version in ("", "latest", "experimental") and not quiet else Profile.STRICT,
                )
