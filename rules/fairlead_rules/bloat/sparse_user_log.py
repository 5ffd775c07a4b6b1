"""Users whose number makes a layer huge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Rule, Severity, SparseLog, readable_bytes


class SparseUserLog(Rule):
    """useradd with a high user number writes far into the login logs, and the layer stores all the zeros before it.

    `/var/log/lastlog` has 292 bytes for each number and `/var/log/faillog` 32, and useradd clears the entries of the new
    user. On disk the gap takes no room; in the archive of a layer it is written out, since builders do not store
    sparse files. For the number 2,000,000,000 that is 648 GB of zeros: they compress well, yet the build has to
    write them, and everyone who pulls the image to unpack them. Builds hang or fill the disk.

    Add `--no-log-init` (`-l`), or take a number below 100,000. Debian's adduser calls useradd and has no such option: call
    useradd in its place. adduser of busybox is not concerned.

    From version 4.13 on useradd no longer lengthens the files: Debian 12, Ubuntu 24.04 and Fedora 38 have it. There, and where it
    is not known which version a base image has, this is only information, in the profile `strict`.
    """

    name = "bloat/sparse-user-log"
    aliases = ("DL3046",)
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM ubuntu:22.04
            RUN useradd -u 2000000000 app
                           ^^^^^^^^^^
            """,
            "648 GB",
        ),
        Example(
            """
            FROM python:3.11-slim-bullseye
            RUN groupadd -g 1000650000 app && useradd --uid=1000650000 -g app app
                                                      ^^^^^^^^^^^^^^^^
            """,
            "324 GB",
        ),
        Example(
            """
            FROM ubuntu:20.04
            RUN adduser --disabled-password --gecos "" --uid 1545614636 app
                                                             ^^^^^^^^^^
            """,
            "adduser calls useradd, which makes the login logs 501 GB long",
        ),
        Example(
            """
            FROM nvidia/cuda:11.7.1-devel-ubuntu20.04
            RUN useradd -u 1545614636 app
                           ^^^^^^^^^^
            """,
            "501 GB",
        ),
        Example(
            """
            FROM example.com/base
            RUN useradd --uid 880037 app
                              ^^^^^^
            """,
            "up to 285 MB",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM ubuntu:22.04\nRUN useradd -l -u 2000000000 app\n"),
        Example("FROM ubuntu:22.04\nRUN useradd --no-log-init --uid 2000000000 app\n"),
        Example("FROM ubuntu:22.04\nRUN useradd -u 10001 app\n"),
        Example("FROM ubuntu:22.04\nARG ID\nRUN useradd -u $ID app\n"),
        Example("FROM alpine:3.22\nRUN adduser -D -u 2000000000 app\n"),
        Example("FROM debian:12\nRUN adduser --uid 2000000000 app\n"),
        Example("FROM ubuntu:22.04 AS build\nRUN useradd -u 2000000000 app\nFROM scratch\nCOPY --from=build /a /a\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the model of what is too much."""
        for log in models.surplus.sparse_logs():
            yield self._finding(log)

    def _finding(self, log: SparseLog) -> Finding:
        size = readable_bytes(log.bytes)
        program = "useradd" if log.program == "useradd" else f"{log.program} calls useradd, which"
        message = f"{program} makes the login logs {size} long for user {log.uid}, and the layer stores the zeros"
        if log.extends is None:
            message = f"an older useradd makes the login logs up to {size} long for user {log.uid}"
        elif not log.extends:
            message = f"with an older base image useradd would make the login logs {size} long for user {log.uid}"
        return self.finding(
            log.token,
            message,
            help="add --no-log-init" if log.program == "useradd" else "call useradd --no-log-init in its place",
            evidence={"uid": log.uid, "bytes": log.bytes},
            severity=None if log.extends else Severity.INFO,
            profile=None if log.extends else Profile.STRICT,
        )
