"""Files that are moved in another layer than the one that brought them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import DeadWeight, Example, Finding, Models, Related, Rule, Severity


class MovedInLaterLayer(Rule):
    """Files are moved in another layer than the one that brought them: the image holds them twice.

    A layer never changes. `RUN mv /tmp/app /opt/app` stores all of it once more under the new name, and a mark that
    hides the old one; the bytes below it are still stored, pushed and pulled.

    Copy to the final place at once (`COPY app /opt/app`, `COPY --chmod=755 tool /usr/local/bin/`), or move in the RUN that
    downloads or unpacks.

    The bytes are named where they are known. Below 1 MB, or for scripts and configuration files of which only the names
    are known, it is information, and so it is in images that are there to develop, test and build with. What is deleted
    in the RUN that moves it is for `deleted-in-later-layer`. Nothing is said of stages whose layers are not in the final image.
    """

    name = "bloat/moved-in-later-layer"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM eclipse-temurin:21-jre
            COPY build/app.jar /tmp/
            RUN mkdir /srv/app && mv /tmp/app.jar /srv/app/
                                     ^^^^^^^^^^^^
            """,
            "copied in line 2",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN curl -fsSL https://example.com/tool-1.2.tar.gz | tar -xz -C /opt
            RUN mv /opt/* /usr/share/
                   ^^^^^^
            """,
            "unpacked in line 2",
        ),
        Example(
            """
            FROM debian:12-slim
            WORKDIR /opt
            RUN curl -fsSL https://example.com/jdk-7u65-linux-x64.tar.gz | tar -xz
            RUN mv jdk1.7.0_65 java
                   ^^^^^^^^^^^
            """,
            "unpacked in line 3",
        ),
        Example(
            """
            FROM debian:12-slim
            COPY data /data
            RUN mv /data/model.bin /model.bin
                   ^^^^^^^^^^^^^^^
            """,
            "the 1.20 MB that were copied in line 2",
            files={"data/model.bin": 1_200_000, "data/labels": "x"},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN curl -fsSLo /tmp/t https://example.com/t && mv /tmp/t /usr/bin/t\n"),
        Example("FROM debian:12\nRUN curl -fsSL https://e.com/tool.tgz | tar -xz -C /opt\nRUN mv /opt/other /opt/a\n"),
        Example("FROM debian:12\nRUN mv /etc/nginx/nginx.conf /etc/nginx/nginx.conf.orig\n"),
        Example("FROM debian:12 AS b\nCOPY a.bin /tmp/\nRUN mv /tmp/a.bin /a\nFROM debian:12\nCOPY --from=b /a /a\n"),
        Example("FROM debian:12\nCOPY data /data\nRUN mv /data/a /data/b\n", files={"data/other": "x"}),
        Example(
            "FROM debian:12\nCOPY deb /root\nRUN mv /root/*.deb /tmp/ && dpkg -i /tmp/a.deb && rm -rf /tmp/*\n",
            files={"deb/a.deb": 3_000_000},
        ),
        Example("FROM debian:12\nRUN --mount=type=bind,target=/src cp /src/a /a && mv /a /b\n", files={"a": "x"}),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the layer model."""
        for weight in models.layers.dead_weight:
            if weight.how == "moved":
                yield self._finding(weight, small=weight.is_small or models.purpose.for_developers)

    def _finding(self, weight: DeadWeight, *, small: bool) -> Finding:
        first = weight.held[0]
        size = weight.size.with_article
        what, it = (f"{size} that were", "them") if size else ("what was", "it")
        advice = (
            f"let the {first.step.instruction.keyword} of line {first.step.line} copy to the final place"
            if first.source == "copy"
            else f"move it in the RUN of line {first.step.line}"
        )
        return self.finding(
            weight.token,
            f"this stores {what} {weight.brought} a second time: the layer below still holds {it} under the old name",
            help=advice,
            related=tuple(Related.at(held.token, "the layer that keeps it") for held in weight.held),
            evidence={"paths": list(weight.paths[:20]), "lines": list(weight.lines), "bytes": weight.size.known},
            severity=Severity.INFO if small else None,
        )
