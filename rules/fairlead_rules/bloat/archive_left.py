"""Archives that stay in the image beside what was in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, KeptArchive, Models, Related, Rule, Severity


class ArchiveLeft(Rule):
    """An archive or a package file is unpacked or installed in the image and stays there.

    After `tar -xf` or `dpkg -i` nothing reads the archive again, but the image holds it beside what was in it.

    Delete it in the same RUN (`&& rm tool.tar.gz`), or store it nowhere: `curl -fsSL URL | tar -xz -C /opt`. Of the build
    context `ADD tool.tar.gz /opt/` unpacks an archive without storing it, and a bind mount lends a file to one RUN:
    `RUN --mount=type=bind,source=tool.deb,target=/tmp/tool.deb dpkg -i /tmp/tool.deb`. A COPY that is deleted in a later
    RUN stays in the image as well.

    Named are archives of which it is certain that a COPY or a download has brought them and no later command deletes
    them. It is information for packages of some kilobytes, such as `dumb-init` and those that only set up a repository
    (`packages-microsoft-prod.deb`), and in images that are there to develop, test and build with. Nothing is said of
    stages whose layers are not in the final image.
    """

    name = "bloat/archive-left"
    aliases = ("DL3010", "tarSomethingRmTheSomething")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            RUN curl -fsSLo /tmp/tool.tar.gz https://example.com/tool-1.2.tar.gz \\
             && tar -xzf /tmp/tool.tar.gz -C /opt
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "rm /tmp/tool.tar.gz",
        ),
        Example(
            """
            FROM debian:12-slim
            WORKDIR /opt
            COPY tool.tar.gz .
            RUN tar xf tool.tar.gz
                ^^^^^^^^^^^^^^^^^^
            """,
            "ADD",
        ),
        Example(
            """
            FROM ubuntu:24.04
            WORKDIR /tmp
            RUN wget -q https://example.com/tool_1.2_amd64.deb
            RUN dpkg -i tool_1.2_amd64.deb
                ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "downloaded in line 3",
        ),
        Example(
            """
            FROM debian:12-slim
            ADD https://example.com/tool.zip /tmp/
            RUN unzip /tmp/tool.zip -d /opt
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "in one RUN instead of the ADD",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN curl -fo /t.tgz https://example.com/t.tgz && tar xf /t.tgz && rm /t.tgz\n"),
        Example("FROM debian:12\nRUN cd /tmp && wget https://example.com/t.zip && unzip t.zip && rm -rf *.zip\n"),
        Example("FROM debian:12\nCOPY t.tgz /tmp/\nRUN tar xf /tmp/t.tgz\nRUN rm /tmp/t.tgz\n"),
        Example("FROM debian:12\nRUN curl -fsSL https://example.com/t.tgz | tar -xz -C /opt\n"),
        Example("FROM debian:12\nRUN wget -P /tmp https://example.com/t.tgz && tar xf /tmp/t.tgz && rm -rf $X/t.tgz\n"),
        Example("FROM debian:12\nRUN --mount=type=bind,target=/src tar xf /src/t.tgz -C /opt\n"),
        Example(
            "FROM debian:12\nRUN --mount=type=tmpfs,target=/d cd /d && wget https://e.com/t.tgz && tar xf t.tgz -C /\n"
        ),
        Example("FROM debian:12\nRUN tar czf /b.tgz /etc && tar xf /b.tgz -C /opt\n"),
        Example("FROM debian:12 AS app\nFROM app AS test\nRUN curl -fo /t.tgz https://e.com/t.tgz && tar xf /t.tgz\n"),
        Example("FROM debian:12\nCOPY app.war /a.war\nRUN unzip -d /app /a.war\n"),
        Example(
            "FROM debian:12 AS b\nRUN wget -P / https://e.com/t.tgz && tar xf /t.tgz\nFROM debian:12\nCOPY --from=b /t /t\n"
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask what the image holds in the end."""
        for archive in models.layers.content.archives():
            yield self._finding(archive, small=archive.is_small or models.purpose.for_developers)

    def _finding(self, archive: KeptArchive, *, small: bool) -> Finding:
        line = archive.token.start.line
        size = f" ({archive.size.text})" if archive.size.text else ""
        brought = "copied" if archive.source == "copy" else "downloaded"
        is_tar = archive.path.rpartition("/")[2].endswith((".tgz", ".tbz2", ".txz")) or ".tar" in archive.path
        if archive.source == "remote" and is_tar:
            advice = f"use ADD --unpack in line {line}, or download, unpack and delete it in one RUN"
        elif archive.source == "remote":
            advice = "download, unpack and delete it in one RUN instead of the ADD"
        elif archive.source == "copy" and is_tar:
            advice = f"unpack it with ADD in line {line}, or bind-mount it in this RUN instead of the COPY"
        elif archive.source == "copy":
            advice = f"bind-mount it in this RUN instead of the COPY of line {line}"
        elif archive.same_layer:
            advice = f"end the RUN with `&& rm {archive.path}`"
        else:
            advice = f"download, unpack and delete it in one RUN: `&& rm {archive.path}`"
        return self.finding(
            archive.unpacked,
            f"{archive.path}{size}, {brought} in line {line}, stays in the image beside what is unpacked here",
            help=advice,
            related=(Related.at(archive.token, "it comes from here"),) if line != archive.unpacked.start.line else (),
            evidence={"path": archive.path, "line": line, "bytes": archive.size.known},
            severity=Severity.INFO if small else None,
        )
