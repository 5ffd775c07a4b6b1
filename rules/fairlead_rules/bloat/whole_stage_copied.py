"""COPYs that take much more from a stage than it has made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Related, Rule, Severity, WholeStage


class WholeStageCopied(Rule):
    """A COPY from a build stage takes the whole stage, a system directory of it, or the sources with the program.

    A build stage is there to leave compilers, caches and sources behind. `COPY --from=build / /` takes all of them along,
    and overwrites the files of the base image with others; `COPY --from=build /src /app` takes the sources of a compiled
    program beside it.

    Copy what the image needs: the program, its libraries, its data. Let the build install into a directory of its own
    (`make install DESTDIR=/out`, `dotnet publish -o /out`) and copy that.

    System directories are named where the stage installs packages of the distribution or compiles, or where both stages
    are made from one image, whose files are then stored twice. Sources of less than 1 MB are information. Nothing is said
    of an image that is put together or flattened on purpose (`FROM scratch` and `COPY --from=build / /`), of a stage that
    only gives an image a name, nor of sources of languages that run from them.
    """

    name = "bloat/whole-stage-copied"
    aliases = ("DL3067",)
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM golang:1.24 AS build
            RUN go install example.com/tool@v1.2.0
            FROM debian:12-slim
            COPY --from=build / /
                              ^
            """,
            "all of / from stage build",
        ),
        Example(
            """
            FROM alpine:3.22 AS build
            RUN apk add --no-cache gcc && gcc -o /usr/bin/tool tool.c
            FROM node:22-alpine
            COPY --from=build /lib /lib
                              ^^^^
            COPY --from=build /usr /usr
            """,
            "the libraries of its base image",
        ),
        Example(
            """
            FROM rust:1.90 AS build
            WORKDIR /app
            COPY . .
            RUN cargo build --release
            FROM debian:12-slim
            COPY --from=build /app /app
                              ^^^^
            """,
            "1 source file (12 bytes) that line 3 copied",
            files={"Cargo.toml": "", "src/main.rs": "fn main() {}"},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12 AS build\nRUN rm -rf /usr/share/doc\nFROM scratch\nCOPY --from=build / /\n"),
        Example(
            "FROM debian:12 AS b\nRUN apt-get install -y gcc\nFROM scratch\nCOPY --from=b /usr /usr\nCOPY --from=b /lib /lib\n"
        ),
        Example(
            "FROM busybox AS b\nCOPY foo /foo\nRUN sleep 1\nFROM debian:12\nCOPY --from=b / /\n", files={"foo": "x"}
        ),
        Example(
            "FROM python:3.13 AS b\nRUN python get_model.py\nFROM python:3.13-slim\nCOPY --from=b /root/.cache /root/.cache\n"
        ),
        Example("FROM tonistiigi/xx AS xx\nFROM alpine:3.22\nCOPY --from=xx / /\n"),
        Example("FROM scratch AS files\nCOPY a /\nFROM debian:12\nCOPY --from=files / /\n", files={"a": "x"}),
        Example(
            "FROM python:3.13 AS build\nRUN pip install a\nFROM python:3.13-slim\nCOPY --from=build /usr/local /usr/local\n"
        ),
        Example(
            "FROM golang:1.24 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /out/a\nFROM scratch\nCOPY --from=build /out /\n",
            files={"main.go": ""},
        ),
        Example(
            "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci\nFROM node:22-slim\nCOPY --from=build /app /app\n",
            files={"index.js": ""},
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask what the COPYs from stages take."""
        for whole in models.layers.content.whole_stages():
            yield self._finding(whole)

    def _finding(self, whole: WholeStage) -> Finding:
        if whole.line is None:
            return self.finding(
                whole.token,
                f"this takes all of {whole.path} from stage {whole.stage.label}, not only what was made there: {whole.what}",
                help="copy only what the stage has made, from a directory of its own",
                related=(Related.at(whole.stage.instruction.token, "the stage"),),
                evidence={"stage": whole.stage.label},
            )
        count = f"{whole.sources} source file{'' if whole.sources == 1 else 's'}"
        return self.finding(
            whole.token,
            f"with the program this takes {count} ({whole.size.text}) that line {whole.line} copied into the stage",
            help="copy only what the compiler made, from a directory of its own",
            related=(Related.at(whole.stage.instruction.token, "the stage"),),
            evidence={"stage": whole.stage.label, "files": whole.sources, "bytes": whole.size.known},
            severity=Severity.INFO if whole.size.is_small else None,
        )
