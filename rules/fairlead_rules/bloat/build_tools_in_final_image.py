"""Compilers in the image that ships."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Example,
    Finding,
    Models,
    Profile,
    Related,
    Rule,
    Severity,
    ShippedJdk,
    ShippedToolchain,
    ShippedTools,
    Token,
    readable_bytes,
)

_SHOWN = 3
"""Builds that are named one by one."""


class BuildToolsInFinalImage(Rule):
    """Compilers and headers ship, though the container only runs what they have made.

    A compiler with what belongs to it is some hundred megabytes that every node pulls, and an attacker who gets into the
    container finds it of use. Once the program or the virtual environment is built, nothing needs it.

    Build in a stage of its own and copy the result: `FROM golang:1.24 AS build`, `RUN go build -o /app`, then `FROM scratch`
    and `COPY --from=build /app /app`; for Python `python -m venv /venv && /venv/bin/pip install ...`, then `COPY --from=build
    /venv /venv` on the slim image, with the runtime library (`libpq5`) in place of the headers (`libpq-dev`). Where a
    second stage is too much, install, build and remove in one RUN.

    Nothing is said where nothing is built that could be copied, where no CMD or ENTRYPOINT tells what runs or it is a script
    that is not read, of images to develop, test and build with, and where something may compile while it runs (torch, numba,
    Jupyter). Headers without a compiler, a compiler where the base image has one anyway, and a JDK where its publisher has a
    JRE, are information in the profile `strict`.
    """

    name = "bloat/build-tools-in-final-image"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM golang:1.24
                 ^^^^^^^^^^^
            WORKDIR /src
            COPY . .
            RUN go build -o app .
            CMD ["./app"]
            """,
            "whole Go toolchain",
        ),
        Example(
            """
            FROM python:3.13-slim
            RUN apt-get update && apt-get install -y gcc libpq-dev curl && rm -rf /var/lib/apt/lists/*
                                                     ^^^ ^^^^^^^^^
            RUN pip install --no-cache-dir -r requirements.txt
            CMD ["gunicorn", "app:app"]
            """,
            "copy a virtual environment",
        ),
        Example(
            """
            FROM debian:12-slim
            COPY . /src
            RUN curl https://sh.rustup.rs | sh -s -- -y
                     ^^^^^^^^^^^^^^^^^^^^
            RUN cd /src && cargo build --release && cp target/release/app /usr/local/bin/
            CMD ["app"]
            """,
            "the image ships with the Rust toolchain",
        ),
        Example(
            """
            FROM ruby:3.4
            RUN apt-get update && apt-get install -y build-essential && rm -rf /var/lib/apt/lists/*
                                                     ^^^^^^^^^^^^^^^
            RUN bundle install
            CMD ["bundle", "exec", "puma"]
            """,
            "which only the build in line 3 needs",
        ),
        Example(
            """
            FROM eclipse-temurin:21
                 ^^^^^^^^^^^^^^^^^^
            COPY app.jar /app.jar
            CMD ["java", "-jar", "/app.jar"]
            """,
            "take the JRE",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example(
            'FROM golang:1.24 AS build\nRUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\nCMD ["/app"]\n'
        ),
        Example('FROM golang:1.24\nRUN go build -o app .\nCMD ["go", "run", "."]\n'),
        Example('FROM golang:1.24\nRUN go install golang.org/x/tools/gopls@v0.18.0\nCMD ["gopls"]\n'),
        Example("FROM golang:1.24\nRUN go build ./...\n"),
        Example('FROM maven:3-eclipse-temurin-21\nRUN mvn package\nCMD ["mvn", "spring-boot:run"]\n'),
        Example('FROM rust:1.90\nRUN cargo build --release\nENTRYPOINT ["tar", "cf", "-", "target/release/app"]\n'),
        Example("FROM debian:12\nRUN apt-get install -y gcc make\n"),
        Example('FROM debian:12\nRUN apt-get install -y gcc make && make install\nCMD ["bash"]\n'),
        Example('FROM debian:12\nRUN apt-get install -y gcc && make install && apt-get purge -y gcc\nCMD ["app"]\n'),
        Example('FROM alpine:3.22\nRUN apk add --virtual .b gcc && make install && apk del .b\nCMD ["app"]\n'),
        Example("FROM debian:12\nRUN apt-get install -y g++\nRUN make\nCMD ./app --compiler g++\n"),
        Example(
            'FROM python:3.13-slim\nRUN apt-get install -y gcc\nRUN pip install torch==2.8.0\nCMD ["python", "a.py"]\n'
        ),
        Example(
            "FROM debian:12\nRUN curl https://go.dev/dl/go1.24.1.linux-amd64.tar.gz | tar xz -C /usr/local && go build -o /bin/app . && "
            'rm -rf /usr/local/go\nCMD ["app"]\n'
        ),
        Example('FROM debian:12\nRUN curl https://sh.rustup.rs | sh\nRUN cargo build\nCMD ["cargo", "run"]\n'),
        Example('FROM node:22-alpine\nRUN apk add g++ make\nRUN npm ci\nCMD ["npx", "next", "dev"]\n'),
        Example('FROM debian:12\nRUN apt-get install -y gcc gdb\nRUN make\nCMD ["./app"]\n'),
        Example('FROM debian:12\nRUN apt-get install -y build-essential npm && npm install -g mocha\nCMD ["app"]\n'),
        Example('FROM php:8.4-fpm\nRUN apt-get install -y gcc && docker-php-ext-install gd\nCMD ["php-fpm"]\n'),
        Example(
            'FROM alpine:3.22\nRUN apk add build-base ruby-dev\nRUN gem install a\nENTRYPOINT ["tini", "-g", "sh"]\n'
        ),
        Example('FROM debian:12\nRUN apt-get install -y g++\nRUN make\nCOPY start.sh /\nCMD ["/start.sh"]\n'),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the model of what is too much."""
        shipped = models.surplus.toolchain()
        if shipped is not None:
            yield self._toolchain(shipped)
        jdk = models.surplus.jdk()
        if jdk is not None:
            yield self._jdk(jdk)
        for tools in models.surplus.build_tools():
            yield self._tools(tools)

    def _toolchain(self, shipped: ShippedToolchain) -> Finding:
        chain, built = shipped.toolchain, shipped.built
        return self.finding(
            shipped.token,
            f"the whole {chain.language} toolchain ships, though the container only runs what line {built.token.start.line} makes",
            help=f"name this stage `AS build`, and begin a last stage from {chain.instead} that copies {chain.product}",
            related=(
                Related.at(built.token, f"makes {built.product}"),
                Related.at(shipped.started.step.instruction.token, "what the container runs"),
            ),
            evidence={"image": shipped.image, "language": chain.language, "build_line": built.token.start.line},
        )

    def _jdk(self, jdk: ShippedJdk) -> Finding:
        return self.finding(
            jdk.token,
            f"{jdk.image} holds the compiler and the tools of the JDK; the container only runs java",
            help="take the JRE that the same publisher has",
            related=(Related.at(jdk.started.step.instruction.token, "what the container runs"),),
            evidence={"image": jdk.image},
            severity=Severity.INFO,
            profile=Profile.STRICT,
        )

    def _tools(self, tools: ShippedTools) -> Finding:
        count, lines = len(tools.names), tools.build_lines
        shown = ", ".join(tools.names[:3]) + (f" and {count - 3} more" if count > 3 else "")
        surely = tools.compiles and not tools.in_base and tools.base_known
        to = " to an image without compilers, such as the slim one of the same name" if tools.in_base else ""
        if tools.runs_java:
            to = " to an image with a JRE"
        besides = ", apart from the JRE" if tools.has_jre else ""
        size = ""
        if tools.bytes is not None:
            size = f" ({tools.largest} is about {readable_bytes(tools.bytes, about=True)} on Debian 12)"
        return self.finding(
            Token.joined(list(tools.words)),
            f"the image ships with {shown}{size}, which only {_builds(lines)}{besides}",
            help=f"install and build in another stage, and copy {tools.product} from it{to}",
            related=tuple(Related.at(built.token, "what is built") for built in tools.built[:_SHOWN]),
            evidence={"packages": list(tools.names), "build_line": lines[0], "bytes": tools.bytes},
            severity=None if surely else Severity.INFO,
            profile=None if surely else Profile.STRICT,
        )


def _builds(lines: list[int]) -> str:
    if len(lines) == 1:
        return f"the build in line {lines[0]} needs"
    if len(lines) <= _SHOWN:
        return f"the builds in lines {', '.join(map(str, lines[:-1]))} and {lines[-1]} need"
    return f"the builds in lines {', '.join(map(str, lines[:2]))} and {len(lines) - 2} more need"
