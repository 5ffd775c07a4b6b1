"""Build arguments that repeat steps which do not use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    EarlyArgument,
    Env,
    Example,
    Finding,
    Label,
    Models,
    Profile,
    Related,
    Rule,
    Stage,
    enumerated,
)  # fmt: skip


class ArgumentBeforeCostlyStep(Rule):
    """An ARG stands above costly steps that do not use it: every new value runs them again.

    An ARG that has a value is part of the environment of every RUN below it, and so of their cache keys, whether a RUN
    uses it or not. With `ARG GIT_SHA` at the top of a stage, each commit installs all packages again. A value that is
    not given (neither by a default nor by `--build-arg`) changes nothing, but then the ARG has no use either.

    Declare the ARG just above the first instruction that needs it; for a LABEL that is mostly the end of the file. To
    use the same value in two places, declare it again: an ARG may stand anywhere in a stage.

    Costly steps are installs of packages. Nothing is said of arguments that the steps or the programs in them may read
    (`DEBIAN_FRONTEND`, `PIP_INDEX_URL`, proxies), that stand below the last costly step, that are used by the first of
    the costly steps, and of what stands below `COPY . .`, which every commit repeats anyway. Those that repeat the same steps are reported together. Under the profile `strict` only are
    arguments whose names do not say that their values change (a commit, a date, a number, a version),
    and those with a default of their own, `ARG HELM_VERSION=3.20.0`, which people change in the file now and then.
    """

    name = "cache/argument-before-costly-step"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12-slim
            ARG GIT_SHA
                ^^^^^^^
            RUN apt-get update && apt-get install -y --no-install-recommends nginx && rm -rf /var/lib/apt/lists/*
            LABEL org.opencontainers.image.revision=$GIT_SHA
            """,
            "declare it below line 3",
        ),
        Example(
            """
            FROM node:22-slim
            ARG BUILD_DATE=unknown
                ^^^^^^^^^^
            ARG BUILD_NUMBER=0
            COPY package.json package-lock.json ./
            RUN npm ci
            ENV BUILD=$BUILD_NUMBER
            LABEL built=$BUILD_DATE
            """,
            "every new value of BUILD_DATE or BUILD_NUMBER repeats `npm ci` (line 5), which does not use any of them",
        ),
        Example(
            """
            FROM golang:1.24-alpine
            ARG BUILD_TIME
                ^^^^^^^^^^
            ARG VERSION
            RUN apk add --no-cache git
            RUN go get -d ./...
            RUN go build -ldflags "-X main.version=$VERSION -X main.time=$BUILD_TIME" -o /server .
            """,
            "every new value of BUILD_TIME or VERSION repeats `apk add` (line 4)",
        ),
        Example(
            """
            FROM debian:12-slim
            ARG APP_VERSION=1.4.0
                ^^^^^^^^^^^
            RUN apt-get update && apt-get install -y nginx && rm -rf /var/lib/apt/lists/*
            ADD https://example.com/app-${APP_VERSION}.tar.gz /opt/
            """,
            "just above line 4",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example(
            "FROM debian:12\nRUN apt-get update && apt-get install -y nginx\nARG GIT_SHA\nLABEL revision=$GIT_SHA\n"
        ),
        Example("FROM debian:12\nARG NGINX_VERSION=1.22.1-9\nRUN apt-get install -y nginx=${NGINX_VERSION}\n"),
        Example("FROM debian:12\nARG DEBIAN_FRONTEND=noninteractive\nRUN apt-get update && apt-get install -y nginx\n"),
        Example("FROM node:22\nARG NPM_TOKEN\nCOPY .npmrc package*.json ./\nRUN npm ci\n"),
        Example("FROM debian:12\nARG TARGETARCH\nARG HTTP_PROXY\nRUN apt-get install -y nginx\n"),
        Example("FROM debian:12\nARG GIT_SHA\nRUN ./build.sh\nRUN apt-get install -y nginx\n"),
        Example("ARG VERSION=12\nFROM debian:${VERSION}\nRUN apt-get install -y nginx\n"),
        Example("FROM debian:12\nARG GIT_SHA\nLABEL revision=$GIT_SHA\nCOPY site /srv\n"),
        Example("FROM debian:12\nARG GIT_SHA\nCOPY . /srv\nRUN apt-get install -y nginx\nLABEL revision=$GIT_SHA\n"),
        Example(
            "FROM debian:12\nARG VERSION\nRUN if [ -n x ]; then apt-get install -y gdb; fi\nLABEL version=$VERSION\n"
        ),
        Example("ARG TAG=12\nFROM debian:${TAG}\nARG TAG\nRUN apt-get install -y nginx\nLABEL base=$TAG\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the cache model for the arguments of every stage that is built."""
        for stage in models.build.stages:
            if stage.needed:
                for block in models.cache.early_arguments(stage):
                    yield self._finding(block, stage)

    def _finding(self, block: tuple[EarlyArgument, ...], stage: Stage) -> Finding:
        first = block[0]
        names = [early.pair.key for early in block]
        # those that all of them repeat
        rebuilt = [pair for pair in first.rebuilt if all(pair in early.rebuilt for early in block)]
        again = enumerated([f"`{' '.join(op.token.text.split())}` (line {step.line})" for step, op in rebuilt], most=4)
        verb = "does" if len(rebuilt) == 1 else "do"
        others = "it" if len(names) == 1 else "any of them"
        return self.finding(
            first.pair.key_token,
            f"every new value of {enumerated(names, 'or', 4)} repeats {again}, which {verb} not use {others}",
            help=_places(block) + _along(block, stage),
            related=(
                *(Related.at(early.pair.key_token, "and so does this") for early in block[1:]),
                *(Related.at(op.token, f"does not use {enumerated(names, 'or', 4)}") for _, op in rebuilt),
            ),
            evidence={"arguments": [*names], "rebuilt_lines": [step.line for step, _ in rebuilt]},
            profile=Profile.RECOMMENDED if first.changes else Profile.STRICT,
        )


def _along(block: tuple[EarlyArgument, ...], stage: Stage) -> str:
    """What hands the values on above their new place, and would find none there."""
    lines = [
        step.line
        for step in stage.steps
        if isinstance(step.instruction, Env | Label)
        and any(
            early.step.line < step.line < early.rebuilt[-1][0].line
            and re.search(rf"\$\{{?{re.escape(early.pair.key)}\b", step.instruction.token.text)
            for early in block
        )
    ]
    if not lines:
        return ""
    what = f"line{'' if len(lines) == 1 else 's'} {enumerated([*map(str, lines)], most=4)}"
    return f", and move {what} below {'it' if len(block) == 1 else 'them'}"


def _places(block: tuple[EarlyArgument, ...]) -> str:
    """Where the arguments of a block belong."""
    if len(block) == 1 and block[0].first_use is not None:
        return f"declare it just above line {block[0].first_use.line}, which is the first to use it"
    places: dict[str, list[str]] = {}
    for early in block:
        use, last = early.first_use, early.rebuilt[-1][0].instruction.end_line
        place = f"just above line {use.line} (its first use)" if use is not None else f"below line {last}"
        places.setdefault(place, []).append(early.pair.key)
    if len(places) == 1:
        return f"declare {'it' if len(block) == 1 else 'them'} {next(iter(places)).replace('its', 'their')}"
    return f"declare {', '.join(f'{enumerated(names, most=4)} {place}' for place, names in places.items())}"
