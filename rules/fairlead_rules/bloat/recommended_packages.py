"""Packages that apt installs though nothing asked for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Example,
    Finding,
    Models,
    Operation,
    Profile,
    Rule,
    Severity,
    configures_no_recommends,
    needed_of_recommended,
    readable_bytes,
    recommended_sizes,
    recommenders,
    skips_recommended,
)

_WORTH_IT = 1_000_000


class RecommendedPackages(Rule):
    """apt installs the recommended packages too, which nothing in the image asked for.

    Debian and Ubuntu install what a package recommends along with what it depends on: documentation, viewers, mail
    servers, a Python or X11 for some optional feature. It is the right default for a desktop; in an image it is often
    more than the package itself, and each of these programs has its own security reports.

    Add `--no-install-recommends`, and name the few recommended packages that are needed after all (`ca-certificates`
    for curl is the usual one). `APT::Install-Recommends "false";` in `/etc/apt/apt.conf.d/` sets it for all installs.

    For often used packages it says how much that is on a minimal Debian 12, by the sizes that the packages tell. Where all of what
    is installed recommends less than 1 MB, and in images for developers and tests by the name of file or stage or by what
    they start, it is only said under the profile `strict`.

    This is information and never fails a run: without the recommended packages something may be missing, and only a
    look at the running image tells. Build stages, build dependencies, local `.deb` files and packages that the same RUN
    removes with `autoremove` are left alone.
    """

    name = "bloat/recommended-packages"
    severity = Severity.INFO
    aliases = ("DL3015",)
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^
            """,
            "about 15 MB for git on a minimal Debian 12",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update && apt-get install -y gcc curl && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^
            """,
            "mostly libc6-dev and ca-certificates",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update && apt-get install -y python3-pip gcc wget && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^
            """,
            "about 88 MB for gcc",
        ),
        Example(
            """
            FROM debian:12-slim
            RUN apt-get update && apt-get install -y curl cmake make && rm -rf /var/lib/apt/lists/*
                                  ^^^^^^^^^^^^^^^
            """,
            "recommended with cmake, curl and 1 more",
        ),
        Example(
            """
            FROM ubuntu:24.04
            RUN apt-get update -q; apt-get -yqq install ffmpeg imagemagick; rm -rf /var/lib/apt/lists/*
                                   ^^^^^^^^^^^^^^^^^^^^
            """,
            "ffmpeg",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nRUN apt-get install -y --no-install-recommends git\n"),
        Example("FROM debian:12\nRUN apt-get install -y -o APT::Install-Recommends=false git\n"),
        Example("FROM debian:12\nRUN apt-get -o 'APT::Install-Recommends=0' install -y git\n"),
        Example(
            "FROM debian:12\nRUN echo 'APT::Install-Recommends \"false\";' > /etc/apt/apt.conf.d/90lean\n"
            "RUN apt-get install -y git\n"
        ),
        Example("FROM debian:12\nRUN apt-get install -y ./tool.deb\n"),
        Example("FROM debian:12\nRUN apt-get install -y `cat packages`\n"),
        Example(
            "FROM debian:12\nRUN curl -fsSL https://deb.nodesource.com/setup_22.x | bash -\nRUN apt-get install -y nodejs\n"
        ),
        Example("FROM debian:12\nRUN apt-get install -y git && make && apt-get purge -y --auto-remove git\n"),
        Example(
            "FROM debian:12\nRUN apt-get install -y wget && wget -q a && apt-get purge wget && apt-get autoremove -y\n"
        ),
        Example("FROM debian:12\nRUN apt-get build-dep -y nginx\n"),
        Example("FROM debian:12 AS build\nRUN apt-get install -y gcc\nFROM debian:12\nCOPY --from=build /a /a\n"),
        Example("FROM fedora:42\nRUN dnf install -y git && dnf clean all\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the apt installs of the final image."""
        for step in models.layers.shipped_steps():
            if configures_no_recommends(step):
                return
            for operation in models.operations(step):
                if _may_bring_recommended(operation):
                    gone = _removed_again(operation, models.operations(step))
                    names = [name for name in recommenders(operation) if name not in gone]
                    if names:
                        yield self._finding(operation, names, models.purpose.for_developers)

    def _finding(self, operation: Operation, names: list[str], for_work: bool) -> Finding:
        sizes = {name: size for name, size in recommended_sizes(operation).items() if name in names}
        most = max(names, key=lambda name: sizes.get(name, 0))
        nothing = len(sizes) == len(set(names)) and sizes[most] < _WORTH_IT
        # the one that brings most goes first
        named = [most, *(name for name in names if name != most)]
        shown = ", ".join(named[:2]) + (f" and {len(named) - 2} more" if len(named) > 2 else "")
        bytes_most = sizes.get(most, 0)
        size = (
            f": about {readable_bytes(bytes_most, about=True)} for {most} on a minimal Debian 12"
            if bytes_most >= _WORTH_IT
            else ""
        )
        return self.finding(
            operation.token,
            f"whatever is recommended with {shown} is installed too{size}",
            help=f"add --no-install-recommends, and name the recommended packages that are needed{_needed(operation)}",
            evidence={"packages": list(names), "bytes": bytes_most or None},
            profile=Profile.STRICT if nothing or for_work else None,
        )


def _may_bring_recommended(operation: Operation) -> bool:
    if operation.manager.name != "apt-get" or operation.kind != "install" or operation.subcommand == "build-dep":
        return False
    return not skips_recommended(operation) and not operation.options.has("--download-only", "-d", "--only-upgrade")


def _needed(operation: Operation) -> str:
    needed = needed_of_recommended(operation)
    return f", mostly {' and '.join(needed)}" if needed else ""


def _removed_again(install: Operation, operations: tuple[Operation, ...]) -> set[str]:
    """What the RUN removes of an install, where what came along with it goes as well."""
    later = [one for one in operations if one.kind == "remove" and one.token.start > install.token.start]
    along = any(
        one.subcommand in ("autoremove", "autopurge") or one.options.has("--auto-remove", "--autoremove")
        for one in later
    )
    return {name for one in later for word in one.options.operands for name in word.fields() or ()} if along else set()
