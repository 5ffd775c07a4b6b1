"""Scripts from the network that run unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, RemoteScript, Rule, Severity, has_only_newest, instead_of, readable


class RemoteScriptRun(Rule):
    """A download goes straight into an interpreter: what the server sends today runs as part of the build.

    `curl ... | bash` runs whatever the server, the network or whoever has taken over either sends at that moment. No
    two builds are sure to run the same, and there is nothing to look at afterwards. When the connection breaks, the
    shell has already run the first half; and without `pipefail` a failed download counts as success, since an
    interpreter that reads nothing does nothing.

    Best is a package or an image of a known version: `COPY --from=composer:2.8 /usr/bin/composer /usr/local/bin/`.
    Otherwise download the script of a fixed version, compare its checksum, then run it;
    `ADD --checksum=sha256:... https://example.com/install-1.2.3.sh /tmp/` does the first two.

    Where the URL is that of one version, or the script is told which version to install, this is for information only:
    the build says what it wants, though not what runs. So it is in images for developers and tests, and of installers
    that their makers give in no version (Homebrew, SDKMAN).

    Counted are pipes (`curl ... | sh -s -- -y`, `wget -qO- ... | sudo python3 -`), `bash <(curl ...)`,
    `sh -c "$(curl ...)"` and `eval "$(curl ...)"`. A pipe into `python3 -c ...`, `jq` or `tar` runs no downloaded code.
    """

    name = "mutable/remote-script"
    aliases = ("DF021",)
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22
            RUN curl -fsSL https://get.example.com/install.sh | bash
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "bash runs whatever get.example.com sends",
        ),
        Example(
            """
            FROM debian:12
            RUN curl get.example.com | bash
                     ^^^^^^^^^^^^^^^
            """,
            "bash runs whatever get.example.com sends",
        ),
        Example(
            """
            FROM python:3.13
            RUN set -eux; \\
                wget -qO- https://sh.example.com/setup.py | sudo -H python3 -
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "python3 runs",
        ),
        Example(
            """
            FROM debian:12
            RUN sh -c "$(curl -fsSL https://example.com/i.sh)" -- --yes
                                    ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "sh runs",
        ),
        Example(
            """
            FROM debian:12
            SHELL ["/bin/bash", "-c"]
            RUN bash <(curl -s https://example.com/i.sh)
                               ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "bash runs",
        ),
        Example(
            """
            FROM debian:12
            RUN curl -fsSL https://install.example.com | python3 - --version 1.8.2
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "python3 runs whatever install.example.com sends",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example(
            "FROM debian:12\n"
            'RUN bash -c "wget $(curl -s https://example.com/index.json | jq -r .url) -O t.tar.xz" && sha256sum -c t.sum\n'
        ),
        Example("FROM debian:12\nRUN curl -fsSL https://example.com/tool-1.2.tar.gz | tar xz -C /opt\n"),
        Example("FROM debian:12\nRUN curl -s https://example.com/v.json | python3 -c 'import json, sys; print(1)'\n"),
        Example(
            "FROM debian:12\nRUN curl -fsSLo /tmp/i.sh https://example.com/i-1.sh && sha256sum -c i.sum && sh /tmp/i.sh\n"
        ),
        Example("FROM debian:12\nRUN echo 'curl https://example.com/i.sh | sh' > /README\n"),
        Example("FROM debian:12\nRUN curl -fsSL https://example.com/key.asc | gpg --dearmor -o /k.gpg\n"),
        Example("FROM debian:12\nRUN V=$(curl -s https://example.com/version) && echo $V | sh -c 'cat'\n"),
        Example("FROM debian:12 AS unused\nRUN curl https://example.com/i.sh | sh\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the downloads of every stage that is built."""
        for step in models.build.runs():
            if step.stage.needed:
                quiet = models.purpose.wants_newest(step.stage)
                for script in models.inputs.remote_scripts(step):
                    moot = script.idle or models.inputs.is_own_source(script.download.url)
                    yield self._finding(script, quiet=quiet or moot)

    def _finding(self, script: RemoteScript, *, quiet: bool) -> Finding:
        url = readable(script.download.url)
        host = re.sub(r"^\w+://", "", url).partition("/")[0]
        host = host if "." in host else "the server"
        return self.finding(
            script.download.token,
            f"{script.name} runs whatever {host} sends at the time of the build",
            help=instead_of(url) or "download a fixed version, compare its checksum, then run it; or install a package",
            evidence={"url": url, "interpreter": script.name, "versioned": script.versioned},
            severity=Severity.INFO if script.versioned or quiet or has_only_newest(url) else None,
        )
