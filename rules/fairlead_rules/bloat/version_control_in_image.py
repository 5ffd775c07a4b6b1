"""Histories of repositories in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, KeptRepository, Models, Profile, Rule, Severity


class VersionControlInImage(Rule):
    """The history of a git repository is in the image.

    `.git` holds every version of every file: mostly more than the sources themselves, and with them whatever was once
    committed by mistake. Nothing in a running image needs it, unless the program itself works with git.

    Of a project that is copied, list `.git` in `.dockerignore`; where a step needs it, lend it to that step alone:
    `RUN --mount=type=bind,source=.git,target=.git git describe > version`. Of a clone, delete it in the same RUN
    (`git clone --depth 1 ... && rm -rf src/.git`), or let the builder fetch it, which leaves it out:
    `ADD https://example.com/a/b.git#v1.2 /src`.

    Where a rule about `.dockerignore` speaks of the same COPY, this one keeps silent, and so it does where a later step
    or the image's own program calls git, and of tools that git updates (pyenv, vcpkg, Flutter). How much the history of a clone is nobody knows before the build: it is
    information, and for a clone with little history (`--depth`) only under the profile `strict`. Only the final image
    counts.
    """

    name = "bloat/version-control-in-image"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            RUN git clone https://example.com/a/tool.git /opt/tool && make -C /opt/tool install
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "rm -rf /opt/tool/.git",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN git clone https://example.com/a/tool.git /opt/tool && cd /opt/tool && git checkout v1.2
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "end the RUN with `&& rm -rf /opt/tool/.git`",
        ),
        Example(
            """
            FROM debian:12-slim AS build
            RUN git clone https://example.com/a/app.git /src
            FROM debian:12-slim
            COPY --from=build /src /app
                              ^^^^
            """,
            "/app/.git",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN git clone https://example.com/a/tool.git /tmp/tool
            RUN mv /tmp/tool /opt/tool
                ^^^^^^^^^^^^^^^^^^^^^^
            """,
            "/opt/tool/.git",
        ),
        Example(
            """
            FROM python:3.13-slim
            COPY service /app
                 ^^^^^^^
            """,
            "2.00 MB",
            files={"service/.git/objects/pack/a.pack": 2_000_000, "service/a.py": "", ".dockerignore": "docs\n"},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN git clone https://e.com/a.git /a && make -C /a && rm -rf /a\n"),
        Example("FROM debian:12\nRUN git clone https://e.com/a.git /a && make -C /a && rm -rf /a/.git\n"),
        Example(
            "FROM debian:12\nRUN git clone https://e.com/a.git /a && find / -name .git -type d -exec rm -rf {} +\n"
        ),
        Example("FROM debian:12\nWORKDIR /a\nRUN git clone https://e.com/a.git .\nRUN git checkout v1\n"),
        Example("FROM debian:12 AS b\nRUN git clone https://e.com/a.git /a\nFROM debian:12\nCOPY --from=b /a/bin /a\n"),
        Example("FROM debian:12\nCOPY . /a\n", files={".git/HEAD": "x", "a": "x"}),
        Example("FROM debian:12\nCOPY . /a\n", files={".git/HEAD": "x", "a": "x", ".dockerignore": ".git\n"}),
        Example("FROM debian:12\nADD https://github.com/a/b.git /a\n"),
        Example("FROM debian:12\nRUN git -C /opt clone https://e.com/a.git && make -C /opt/a && rm -rf /opt/a\n"),
        Example("FROM debian:12\nRUN git clone https://github.com/pyenv/pyenv.git /root/.pyenv\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask what the image holds in the end."""
        content = models.layers.content
        for repository in content.repositories():
            if not content.is_said_elsewhere(repository) and not content.uses_git_later(repository.step):
                yield self._finding(repository)

    def _finding(self, repository: KeptRepository) -> Finding:
        size = f" ({repository.size.text})" if repository.size.text else ""
        if repository.source == "clone":
            advice = f"end the RUN with `&& rm -rf {repository.path}`"
            advice += "" if repository.shallow or repository.needs_history else ", and clone with --depth 1"
        elif repository.source == "move":
            advice = "delete it in the RUN that clones, and move there, too"
        elif repository.source == "stage":
            advice = "delete it in that stage, or copy only what the image needs"
        else:
            advice = "list `**/.git` in .dockerignore, or bind-mount it where a step needs it"
        return self.finding(
            repository.token,
            f"the history of the repository stays in the image, in {repository.path}{size}",
            help=advice,
            evidence={"path": repository.path, "bytes": repository.size.known},
            severity=Severity.WARNING if repository.size.bytes >= 1_000_000 else Severity.INFO,
            profile=Profile.STRICT if repository.shallow else None,
        )
