"""Programs from the network that nothing verifies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Add, Example, Finding, Models, Rule, Severity, UnverifiedDownload, readable


class UnverifiedDownloadTaken(Rule):
    r"""A program or an archive is downloaded and used without a look at its checksum or signature.

    What the URL gives can change: a release is replaced, a mirror is taken over, a proxy returns an error page with
    status 200. The build goes on with whatever came, and the image does not show it.

    Compare a checksum that stands in the Dockerfile, in the same RUN, before the file is used:

        RUN curl -fsSLo tool.tgz https://example.com/tool-1.2.tar.gz \
            && echo "5f70bf18...  tool.tgz" | sha256sum -c - \
            && tar -xzf tool.tgz

    or let the builder do it: `ADD --checksum=sha256:5f70bf18... https://example.com/tool-1.2.tar.gz /tmp/`.

    Where the URL names no version (`latest`, `master`) a checksum would break the build with the next release: name the
    version first. Such URLs, and those that are not fetched over TLS, are warnings. A versioned https URL is for
    information only: it says what is meant, though not what comes.

    Counted are archives, packages and files that are made executable. A RUN that calls sha256sum, gpg, cosign or the
    like is left alone, and so are keys, lists and documents.
    """

    name = "mutable/unverified-download"
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12
            RUN curl -fsSL https://example.com/releases/latest/download/tool.tgz | tar -xz -C /opt
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "names no version",
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
    )
    good: ClassVar[tuple[Example, ...]] = (
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
        """Ask the input model for the downloads of every stage that is built."""
        for step in models.build.steps():
            if step.stage.needed:
                for download in models.inputs.unverified(step):
                    yield self._finding(download)

    def _finding(self, download: UnverifiedDownload) -> Finding:
        faults = []
        if download.floating:
            faults.append("the URL names no version")
        if download.insecure:
            faults.append("it is fetched without TLS")
        serious = bool(faults)
        faults.append("nothing compares a checksum")
        added = isinstance(download.step.instruction, Add)
        return self.finding(
            download.token,
            f"what comes from here can change unseen: {', '.join(faults[:-1])}{' and ' if serious else ''}{faults[-1]}",
            help="ADD --checksum=sha256:..."
            if added
            else "compare it in the same RUN: echo '<sha256>  <file>' | sha256sum -c -",
            evidence={"url": readable(download.url), "floating": download.floating, "tls": not download.insecure},
            severity=None if serious else Severity.INFO,
        )
