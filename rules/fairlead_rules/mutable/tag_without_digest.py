"""Images by a tag alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Related, Rule


class TagWithoutDigest(Rule):
    r"""An image is named by its tag alone: who owns the repository may put another image behind it.

    Tags move: `python:3.13-slim` is rebuilt with every fix of Debian, and whoever gets hold of the account can push
    what he likes. A digest names the content, so a build takes what was tested or fails.

    Pin it and keep the tag for people: `python:3.13-slim@sha256:...`. `fairlead pin` writes the digests; Renovate and
    Dependabot raise them. Without such a tool the fixes stay out, so this rule is part of the profile `all` only.

    Images without a tag or with one that names no version are mutable/unpinned-base's.
    """

    name = "mutable/tag-without-digest"
    profile = Profile.ALL
    aliases = ("S7023",)
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim
                 ^^^^^^^^^^^^^^^^
            COPY --from=ghcr.io/astral-sh/uv:0.9.2 /uv /bin/
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "python:3.13-slim: the tag can be moved",
        ),
        Example(
            """
            ARG BASE=debian:12
            FROM ${BASE}
                 ^^^^^^^
            """,
            "debian:12",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM python:3.13-slim@sha256:" + "ab" * 32 + "\n"),
        Example("FROM debian\n"),
        Example("FROM debian:latest\n"),
        Example("ARG BASE\nFROM ${BASE}\n"),
        Example("FROM debian:12@sha256:" + "ab" * 32 + " AS a\nFROM a\nCOPY --from=a /x /y\n"),
        Example("FROM scratch\n"),
        Example("FROM debian:12 AS unused\nFROM scratch\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the images among the inputs."""
        for found in models.inputs.all():
            if found.kind == "image" and found.grade == "versioned":
                pair = found.argument
                yield self.finding(
                    found.token,
                    f"{found.name}: {found.why}, and the build takes what is then behind it",
                    help="add the digest: fairlead pin writes it",
                    related=(Related.at(pair.token, "the name comes from here"),) if pair is not None else (),
                    evidence={"image": found.name},
                )
