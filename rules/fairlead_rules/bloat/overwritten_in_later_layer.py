"""Files that are written again in another layer than the one that brought them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import DeadWeight, Example, Finding, Models, Related, Rule, Severity

_BRING = frozenset(("mv", "cp", "install", "curl", "wget", "tar", "unzip"))
"""Programs that put another file in the place of the one that is there."""


class OverwrittenInLaterLayer(Rule):
    """A large file of an earlier layer is written again, so that the image holds both versions.

    A layer holds whole files: `sed -i`, an append, even a `touch` stores the file anew, whatever little has changed, and
    so does a COPY over it. The version below is hidden, not freed.

    Bring the file in as it is to be: edit it before the build, in a build stage, or in the RUN that downloads it; copy
    a directory once, and not a second time with other owners or after a change.

    Only what is known to waste 1 MB and more is worth a finding; in images that are there to develop, test and build with
    it is information. Nothing is said of stages whose layers are not in the
    final image.
    """

    name = "bloat/overwritten-in-later-layer"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM postgres:17
            COPY seed.sql /seed.sql
            RUN sed -i 's/old/new/' /seed.sql
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "the 2.00 MB that were copied in line 2",
            files={"seed.sql": 2_000_000},
        ),
        Example(
            """
            FROM node:22-slim
            COPY . /app
            COPY --chown=node . /app
                              ^
            """,
            "copied in line 2",
            files={"public/photo.jpg": 3_000_000},
        ),
        Example(
            """
            FROM debian:12-slim
            RUN dd if=/dev/zero of=/disk.img bs=1M count=64
            RUN echo end >> /disk.img
                         ^^^^^^^^^^^^
            """,
            "written in line 2",
        ),
        Example(
            """
            FROM php:8.4-fpm
            COPY composer /usr/bin/composer
            RUN curl -fsSLo /tmp/composer.phar https://example.com/composer.phar && mv /tmp/composer.phar /usr/bin/composer
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "leave it out in line 2",
            files={"composer": 3_000_000},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nCOPY a.conf /a.conf\nRUN sed -i s/a/b/ /a.conf\n", files={"a.conf": "a"}),
        Example("FROM debian:12\nCOPY . /app\nCOPY . /app\n", files={"a.bin": 2_000_000}),
        Example("FROM node:22\nCOPY package.json /app/\nRUN npm install\nCOPY . /app\n", files={"package.json": "{}"}),
        Example("FROM debian:12\nRUN head -c 9M /dev/zero > /a && echo >> /a\n"),
        Example("FROM debian:12\nRUN echo x >> /etc/bash.bashrc\nRUN echo y >> /etc/bash.bashrc\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the layer model."""
        for weight in models.layers.dead_weight:
            if weight.how == "overwritten" and not weight.size.is_small and weight.size.text:
                yield self._finding(weight, small=models.purpose.for_developers)

    def _finding(self, weight: DeadWeight, *, small: bool) -> Finding:
        first = weight.held[0]
        if weight.command is None:
            advice = f"copy it once: leave it out in line {first.step.line}, or here"
        elif weight.program in _BRING:
            advice = f"bring it once: leave it out in line {first.step.line}, or here"
        elif first.source == "copy":
            advice = "change the file before it is copied, or in a build stage"
        else:
            advice = f"do it in the RUN of line {first.step.line}"
        return self.finding(
            weight.token,
            f"this replaces {weight.size.with_article} that were {weight.brought}: the layer below still holds them",
            help=advice,
            related=tuple(Related.at(held.token, "the layer that keeps the old version") for held in weight.held),
            evidence={"paths": list(weight.paths[:20]), "lines": list(weight.lines), "bytes": weight.size.known},
            severity=Severity.INFO if small else None,
        )
