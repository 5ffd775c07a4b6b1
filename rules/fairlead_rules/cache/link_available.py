"""COPYs that `--link` would keep in the cache when the base image changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, FileInstruction, Finding, Models, Profile, Rule, Severity, Step


class LinkAvailable(Rule):
    """A COPY at the end of a stage is copied again when the base image changes; with `--link` its layer stays.

    The layer of a COPY is built upon the step above. A new base image, or a change of a step above, has it copied again,
    and pushed and pulled again as another layer, although its files are the same. With `--link` the files are copied onto
    nothing and laid over the image: the layer depends on nothing but its files.

        COPY --link --from=build /out/server /usr/local/bin/server

    It has its limits, and nothing is said where they are met: a `--chown` by name (there is no `/etc/passwd` to look it up
    in; use numbers) and `--chmod` (the builder passes over `--link` then); a file that goes by the name of what may be a
    directory (`COPY tool.so /usr/share/tool`, which would replace it); a destination that may lead through a symbolic
    link (`/bin`, `/lib`), which a directory would replace; directories with an owner or a mode of their own (`/tmp`, homes,
    what a `chown`, `mkdir -m` or a WORKDIR of another user has made), which the layer would give to root; and COPYs
    with a RUN or a WORKDIR below, which depend on the base anyway.

    On images that are rebuilt as a whole each time it changes little; therefore the rule is on under the profile `all` only.
    """

    name = "cache/link-available"
    severity = Severity.INFO
    profile = Profile.ALL
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM golang:1.24 AS build
            RUN --mount=type=bind,target=. go build -o /out/server .
            FROM gcr.io/distroless/static
            COPY --from=build /out/server /usr/local/bin/server
            ^^^^
            ENTRYPOINT ["/usr/local/bin/server"]
            """,
            "COPY --link",
        ),
        Example(
            """
            FROM nginx:1.29
            RUN apt-get update && apt-get upgrade -y
            COPY --chown=101:101 conf/ /etc/nginx/conf.d/
            ^^^^
            COPY --link site /usr/share/nginx/html/
            USER 101
            CMD ["nginx"]
            """,
            "a new base image",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM nginx:1.29\nCOPY --link site /srv/site\n"),
        Example("FROM nginx:1.29\nCOPY --chown=nginx site /srv/site\n"),
        Example("FROM nginx:1.29\nCOPY --chmod=755 start.sh /srv/start.sh\n"),
        Example("FROM nginx:1.29\nCOPY site /srv/site\nRUN ls /srv/site\n"),
        Example("FROM nginx:1.29\nCOPY site /srv/site\nWORKDIR /srv/site\n"),
        Example("FROM scratch\nCOPY server /server\n"),
        Example("FROM debian:12\nCOPY tool /bin/tool\n"),
        Example("FROM debian:12\nCOPY x /tmp/x\n"),
        Example("FROM debian:12\nRUN ln -s /data/app /srv/app\nCOPY x /srv/app/x\n"),
        Example("FROM debian:12\nRUN mkdir /srv/app && chown 1000 /srv/app\nCOPY x /srv/app/x\n"),
        Example("FROM debian:12\nUSER 1000\nWORKDIR /srv/app\nCOPY x ./\n"),
        Example("FROM debian:12\nADD a.tar.gz /srv/\n"),
        Example("FROM debian:12\nCOPY rootfs /\n"),
        Example("FROM a AS b\nRUN make\nFROM debian:12\nCOPY --from=b /src/tool.so /usr/share/tool\n"),
        Example("ARG BASE\nFROM ${BASE}\nCOPY start.sh /srv/start.sh\n"),
        Example("FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nCOPY app C:/app\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask for the COPYs of every stage."""
        for stage in models.build.stages:
            for step in models.cache.linkable_copies(stage):
                yield self._finding(step)

    def _finding(self, step: Step) -> Finding:
        keyword = step.instruction.keyword.upper()
        sources = step.instruction.sources if isinstance(step.instruction, FileInstruction) else ()
        return self.finding(
            step.instruction.keyword_token,
            "a new base image, or a change of a step above, copies the same files into a new layer",
            help=f"write `{keyword} --link`: then only its own files change it",
            evidence={"line": step.line, "sources": [source.word.value for source in sources]},
        )
