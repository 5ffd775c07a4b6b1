"""Users whose number makes a layer huge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Profile, Rule, Severity, SparseLog


class SparseUserLog(Rule):
    """useradd with a high user number writes far into the login logs, and the layer stores all the zeros before it.

    `/var/log/lastlog` has 292 bytes for each number and `/var/log/faillog` 32, and useradd clears the entries of the new
    user. On disk the gap takes no room; in the archive of a layer it is written out, since builders do not store
    sparse files. For the number 2,000,000,000 that is 648 GB of zeros: they compress well, yet the build has to
    write them, and everyone who pulls the image to unpack them. Builds hang or fill the disk.

    Add `--no-log-init` (`-l`), or take a number below 100,000. adduser of Debian and of busybox is not concerned. From
    version 4.12 on (Debian 12, Ubuntu 23.04) useradd no longer lengthens the files: where the base image is known to have
    it this is only information, in the profile `strict`, for the day when the base image changes.
    """

    name = "bloat/sparse-user-log"
    aliases = ("DL3046",)
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM ubuntu:22.04
            RUN useradd -u 2000000000 app
                           ^^^^^^^^^^
            """,
            "648.0 GB",
        ),
        Example(
            """
            FROM rockylinux:9
            RUN groupadd -g 1000650000 app && useradd --uid=1000650000 -g app app
                                                      ^^^^^^^^^^^^^^^^
            """,
            "--no-log-init",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM ubuntu:22.04\nRUN useradd -l -u 2000000000 app\n"),
        Example("FROM ubuntu:22.04\nRUN useradd --no-log-init --uid 2000000000 app\n"),
        Example("FROM ubuntu:22.04\nRUN useradd -u 10001 app\n"),
        Example("FROM ubuntu:22.04\nARG ID\nRUN useradd -u $ID app\n"),
        Example("FROM alpine:3.22\nRUN adduser -D -u 2000000000 app\n"),
        Example("FROM ubuntu:22.04 AS build\nRUN useradd -u 2000000000 app\nFROM scratch\nCOPY --from=build /a /a\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the model of what is too much."""
        for log in models.surplus.sparse_logs():
            yield self._finding(log)

    def _finding(self, log: SparseLog) -> Finding:
        size = f"{log.bytes / 1e9:,.1f} GB" if log.bytes >= 1e9 else f"{log.bytes / 1e6:,.0f} MB"
        message = f"useradd makes the login logs {size} long for the number {log.uid}; the layer stores the zeros"
        if log.is_newer:
            message = f"with an older base image useradd would make the login logs {size} long for the number {log.uid}"
        return self.finding(
            log.token,
            message,
            help="add --no-log-init",
            evidence={"uid": log.uid, "bytes": log.bytes},
            severity=Severity.INFO if log.is_newer else None,
            profile=Profile.STRICT if log.is_newer else None,
        )
