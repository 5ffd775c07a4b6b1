"""Programs that run as root."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Related, Rule, root_user


class RootUserRuns(Rule):
    """The program of the image runs as root.

    Root in a container is root of the kernel, held back by a list of capabilities: a mistake in the program or in a
    mount is worth more to whoever finds it, files in bind mounts belong to root of the host, and clusters that demand
    `runAsNonRoot` refuse the image.

    Make a user and let the image end with it: `RUN useradd --system app` and `USER app`, or a number that the cluster
    can check, `USER 10001`. Give that user only what the program writes. Where a start script needs root, let it hand
    over with `exec gosu app ...` or `setpriv`.

    Whether root matters depends on where the image runs, so this is part of the profile `all` only. Nothing is said of
    images that start nothing, of base images whose user is not known, of scripts that are not known or hand over to
    another user, and of servers that give root up themselves (nginx, Apache, PHP-FPM).
    """

    name = "security/root-user"
    profile = Profile.ALL
    aliases = ("DL3002", "DS-0002", "CKV_DOCKER_3", "CKV_DOCKER_8", "S6471", "DF002")
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
                 ^^^^^^^^^^^^
            COPY . /app
            CMD ["node", "/app/server.js"]
            """,
            "no USER, and node starts as root",
        ),
        Example(
            """
            FROM debian:12
            USER app
            USER root
                 ^^^^
            CMD ["server"]
            """,
            "the last USER is root",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example('FROM node:22-slim\nUSER node\nCMD ["node", "server.js"]\n'),
        Example('FROM debian:12\nUSER 10001\nCMD ["server"]\n'),
        Example("FROM debian:12\nRUN make\n"),
        Example('FROM gcr.io/distroless/static:nonroot\nCMD ["/server"]\n'),
        Example('FROM registry.example.com/base:1\nCMD ["server"]\n'),
        Example('FROM debian:12\nARG APP_USER\nUSER $APP_USER\nCMD ["server"]\n'),
        Example('FROM debian:12\nCMD ["gosu", "app", "server"]\n'),
        Example('FROM debian:12\nENTRYPOINT ["/start.sh"]\n'),
        Example('FROM alpine:3.22\nCMD ["nginx", "-g", "daemon off;"]\n'),
        Example('FROM debian:12 AS a\nUSER app\nFROM a\nCMD ["server"]\n'),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask as whom the program of the target runs."""
        found = root_user(models)
        if found is None:
            return
        why = f"no USER, and {found.image} starts as root" if found.image else "the last USER is root"
        yield self.finding(
            found.token,
            f"the program runs as root: {why}",
            help="make a user and end the image with USER",
            related=(Related.at(found.process.instruction.token, "the program"),),
        )
