"""Programs from the network that nothing verifies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import urlsplit

from fairlead import (
    Add,
    Example,
    Finding,
    Models,
    Rule,
    Severity,
    Step,
    Token,
    UnverifiedDownload,
    follows_others,
    is_gone,
    is_kept_at_newest,
    readable,
)  # fmt: skip

_COMPARE = "compare it in the same RUN: echo '<sha256>  <file>' | sha256sum -c -"
# a tag that moves, unlike `/releases/latest/download/`, which leads to the newest release that has a version
_ROLLING_RELEASE = re.compile(r"/releases/download/(?:latest|nightly|continuous)/")


class UnverifiedDownloadTaken(Rule):
    r"""A program or an archive is downloaded and used without a look at its checksum or signature.

    What the URL gives can change: a release is replaced, a mirror is taken over, a proxy returns an error page with
    status 200. The build goes on with whatever came, and the image does not show it.

    Compare a checksum that stands in the Dockerfile, in the same RUN, before the file is used:

        RUN curl -fsSLo tool.tgz https://example.com/tool-1.2.tar.gz \
            && echo "5f70bf18...  tool.tgz" | sha256sum -c - \
            && tar -xzf tool.tgz

    or let the builder do it: `ADD --checksum=sha256:5f70bf18... https://example.com/tool-1.2.tar.gz /tmp/`.

    Where the URL says that it moves (`latest`, `master`) a checksum would break the build with the next release: name the
    version first. Such URLs, and those that are fetched without TLS or without a look at the certificate, are warnings.
    Any other https URL is for information only: it says which version is meant, though not what comes, or its server has
    no other. So are programs that follow web sites and services (`yt-dlp`), scripts that have come to rest
    (`wait-for-it`), a moving URL of the owner of the Dockerfile's repository, a release whose tag is itself called
    `latest`, beside which there is often none with a version, and a server that is no more.

    Counted are archives, packages and files that are made executable; those of one step are one finding. A RUN that
    calls sha256sum, gpg, cosign or the like is left alone, and so are a file that a later RUN of the stage checks before
    it is used, keys, lists, documents and data. In images for developers and tests, and in those that are made each day
    of what is newest, all of this is for information.
    """

    name = "mutable/unverified-download"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12
            RUN curl -fsSL https://example.com/releases/latest/download/tool.tgz | tar -xz -C /opt
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "`latest` in the URL stands for whatever is newest and nothing compares a checksum",
        ),
        Example(
            """
            FROM debian:12
            RUN wget -q http://example.com/tool-1.2.3.zip && unzip tool-1.2.3.zip
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "without TLS",
        ),
        Example(
            """
            FROM debian:12
            RUN curl -fsSkL https://example.com/tool-1.2.3.tgz | tar -xz -C /opt
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "the certificate is not checked and nothing compares a checksum",
        ),
        Example(
            """
            FROM debian:12
            ARG TOOL_VERSION=1.2.3
            RUN curl -fsSLo /bin/tool https://example.com/${TOOL_VERSION}/tool && chmod +x /bin/tool
                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "nothing compares",
        ),
        Example(
            """
            FROM debian:12
            ADD https://example.com/tool-1.2.3.tar.gz /tmp/
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "nothing compares",
        ),
        Example(
            """
            FROM debian:12
            RUN curl -fsSLO https://example.com/a-1.2.zip \\
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
             && curl -fsSLO https://example.com/b-3.4.zip && unzip '*.zip'
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "what comes from these 2 URLs",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example(
            "FROM debian:12\nRUN wget -q https://example.com/tests/reads.fastq.gz ftp://example.com/x/genome.fa.gz\n"
        ),
        Example("FROM debian:12\nRUN curl -fsSL https://example.com/debian/gpg -o /etc/apt/keyrings/example.asc\n"),
        Example(
            "FROM debian:12\nRUN curl -LO http://example.com/t-1.2.tgz\nRUN echo '"
            + "5f" * 32
            + "  t-1.2.tgz' | sha256sum -c\nRUN tar xf t-1.2.tgz\n"
        ),
        Example(
            "FROM debian:12\nADD http://example.com/t-1.2.tgz /tmp/t.tgz\nRUN sha256sum /tmp/t.tgz | grep -q "
            + "5f" * 32
            + " && tar xf /tmp/t.tgz\n"
        ),
        Example("FROM debian:12\nRUN wget ftp://example.com/current_release/A.hmm.gz && gunzip A.hmm.gz\n"),
        Example(
            "FROM debian:12\nRUN curl -fsSLo t.tgz https://example.com/tool-1.2.tar.gz && echo 'ab t.tgz' | sha256sum -c -\n"
        ),
        Example("FROM debian:12\nRUN curl -fsSL https://example.com/key.asc -o /usr/share/keyrings/a.asc\n"),
        Example("FROM debian:12\nADD --checksum=sha256:" + "ab" * 32 + " https://example.com/t.tar.gz /tmp/\n"),
        Example("FROM debian:12\nADD https://github.com/example/tool.git#v1.2 /src\n"),
        Example("FROM debian:12\nRUN curl -fsS http://localhost:8080/app.tar.gz -o /a.tar.gz\n"),
        Example("FROM debian:12\nRUN curl -fsS https://example.com/versions.json | jq .latest\n"),
        Example("FROM debian:12\nCOPY tool-1.2.tar.gz /tmp/\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the input model for the downloads of every stage that is built; equal ones of a step are one finding."""
        for step in models.build.steps():
            if not step.stage.needed:
                continue
            quiet = models.purpose.wants_newest(step.stage)
            groups: dict[tuple[object, ...], list[UnverifiedDownload]] = {}
            for download in models.inputs.unverified(step):
                faults = (download.floating, download.moving, download.insecure, download.unchecked)
                groups.setdefault(faults, []).append(download)
            for group in groups.values():
                moot = all(_is_moot(download, models) for download in group)
                yield self._finding(step, group, quiet=quiet or moot)

    def _finding(self, step: Step, downloads: list[UnverifiedDownload], *, quiet: bool) -> Finding:
        first, several = downloads[0], len(downloads) > 1
        source = f"these {len(downloads)} URLs" if several else "here"
        return self.finding(
            Token.joined(list(dict.fromkeys(download.token for download in downloads))),
            f"what comes from {source} can change unseen: {_faults(first, several=several)}",
            help=_advice(first, is_add=isinstance(step.instruction, Add)),
            evidence={
                "urls": [readable(download.url) for download in downloads],
                "floating": first.floating,
                "tls": not first.insecure,
            },
            severity=None if (first.moving or first.insecure) and not quiet else Severity.INFO,
        )


def _is_moot(download: UnverifiedDownload, models: Models) -> bool:
    """Whether this build fetches nothing there, or the same people publish it, or its makers may give no version of it."""
    if is_gone(download.url) or download.idle:
        return True
    if download.insecure:
        return False
    if models.inputs.is_own_source(download.url) or _ROLLING_RELEASE.search(download.url):
        return True
    parts = urlsplit(download.url).path.split("/")
    return any(follows_others(part) or is_kept_at_newest(part) for part in parts)


def _faults(download: UnverifiedDownload, *, several: bool) -> str:
    """Why it can change unseen."""
    text = "nothing compares a checksum"
    if download.unchecked:
        text = f"{'their certificates are' if several else 'the certificate is'} not checked and {text}"
    elif download.insecure:
        text = f"{'they are' if several else 'it is'} fetched without TLS and {text}"
    if download.moving:
        means = f"`{download.moving}` in the {'URLs' if several else 'URL'} stands for whatever is newest"
        text = f"{means}, {text}" if download.insecure else f"{means} and {text}"
    elif download.floating:
        names = "the URLs name no version" if several else "the URL names no version"
        text = f"{names}, {text}" if download.insecure else f"{names} and {text}"
    return text


def _advice(download: UnverifiedDownload, *, is_add: bool) -> str:
    """What to do: a checksum holds for one version alone."""
    compare = "ADD --checksum=sha256:..." if is_add else _COMPARE
    if download.moving:
        return f"name a version, then {compare}"
    if download.unchecked:
        return f"let the certificate be checked, for which ca-certificates must be there, and {compare}"
    return f"use https where the server has it, and {compare}" if download.insecure else compare
