"""Packages that are installed in whatever version is newest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    FRONT_ENDS,
    Example,
    Finding,
    Models,
    OpenPackages,
    Profile,
    Related,
    Rule,
    Severity,
    is_settled,
    open_packages,
    readable,
)  # fmt: skip

_PINS = {
    "npm": "@VERSION", "yarn": "@VERSION", "pnpm": "@VERSION", "bun": "@VERSION", "go": "@VERSION", "cargo": "@VERSION",
    "gem": ":VERSION", "composer": ":VERSION", "conda": "=VERSION", "pip": "==VERSION", "uv": "==VERSION",
    "pipenv": "==VERSION", "apt-get": "=VERSION", "apk": "=VERSION", "zypper": "=VERSION",
}  # fmt: skip


class UnpinnedPackage(Rule):
    """A package is installed without a version: the build takes whichever is newest on the day it runs.

    `pip install flask` is another program next month. The step stays in the cache for as long as nothing above it
    changes, and then, on a day that nobody chose, all newest versions come in at once; two machines build two different
    images from the same commit.

    Name the version (`pip install flask==3.1.0`, `npm install -g pnpm@10.4.1`, `go install example.com/tool@v1.2.3`),
    or install from a lockfile: `pip install --require-hashes -r requirements.txt`, `npm ci`, `go mod download`.

    A range counts as a version, and so does one that a variable gives or a constraints file (`-c`). Files, directories
    and URLs are no package names. pip, setuptools and wheel are left alone.

    Images for developers and tests, by the names of their file, directory and stage, images below directories of tests
    or of the code of others (`tests`, `testdata`, `vendor`), and images that are built anew each day (OSS-Fuzz) are for
    the profile `strict`: the newest may be what they are for. So is what is brought up to date on purpose: an npm, yarn
    or corepack that the image brings along, `conda update` and `gem update`, and programs that follow web sites,
    services or known weaknesses (`yt-dlp`, `awscli`, `semgrep`).

    For information are packages for Python 2, of which hardly any has a new version; the program that an image is of and
    named for, or starts, where nothing of a project is copied into it; commands for the whole system (`npm install -g`,
    `pipx`) but pnpm, which people mostly want in their newest version; what other build arguments alone would install;
    and packages of which no release has hurt for years (`requests`, `supervisor`) or none comes any more (the gem
    `sass`); pnpm where package.json says its version (`packageManager`), which it then takes itself, and a package
    manager that a RUN installs only if it finds a certain file.

    For packages of the distribution (apt, apk, dnf and so on) this is reported under the profile `all` only: their
    repositories delete old versions, so that a pinned version breaks the build sooner or later. The version of the base
    image pins them well enough for most.
    """

    name = "mutable/unpinned-package"
    aliases = ("DL3008", "DL3013", "DL3016", "DL3018", "DL3028", "DL3033", "DL3037", "DL3041", "DL3062")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim
            RUN pip install --no-cache-dir flask gunicorn==23.0.0 'uvicorn[standard]'
                                           ^^^^^                  ^^^^^^^^^^^^^^^^^^^
            """,
            "flask and uvicorn in whichever version",
        ),
        Example(
            """
            FROM node:22-slim
            RUN npm i --registry https://npm.example.com -g pnpm@latest @angular/cli
                                                            ^^^^^^^^^^^ ^^^^^^^^^^^^
            """,
            "pnpm and @angular/cli",
        ),
        Example(
            """
            FROM golang:1.24
            RUN go install golang.org/x/tools/gopls@latest
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "gopls",
        ),
        Example(
            """
            FROM ruby:3.4
            RUN gem install --no-document \\
                  rails \\
                  ^^^^^
                  puma:6.6.0
            """,
            "rails",
        ),
        Example(
            """
            FROM debian:12
            RUN apt-get update && apt-get install -y curl git=1:2.39.5-0+deb12u2
                                                     ^^^^
            """,
            "curl",
        ),
        Example(
            """
            FROM python:3.13
            RUN pip install flask && echo done && pip install gunicorn
                            ^^^^^                             ^^^^^^^^
            """,
            "flask and gunicorn",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM python:3.13\nRUN pip install flask==3.1.0 'requests>=2.32,<3'\n"),
        Example("FROM python:3.13\nRUN pip install --upgrade pip setuptools wheel\n"),
        Example("FROM python:3.13\nRUN pip install -r requirements.txt -c constraints.txt\n"),
        Example("FROM python:3.13\nRUN pip install -c constraints.txt flask\n"),
        Example("FROM python:3.13\nRUN pip install /app ./x.whl . .[dev] git+https://example.com/a.git@v1\n"),
        Example("FROM python:3.13\nCOPY lib lib\nRUN pip install lib/tool lib/other[extra]\n"),
        Example("FROM python:3.13\nARG V=3.1.0\nRUN pip install flask==$V\n"),
        Example("FROM node:22\nRUN npm ci\nRUN npm install\nRUN npm install /app\nRUN npm run install\n"),
        Example("FROM node:22\nRUN npm install --loglevel verbose --registry https://npm.example.com left-pad@1.3.0\n"),
        Example(
            "FROM golang:1.24\nRUN go install ./... && go run example.com/x@v1 && go install example.com/y@v1.2.0\n"
        ),
        Example(
            "FROM python:3.13\n"
            "RUN uv pip install --index https://e.com --index-strategy first-index --python-preference system "
            "--requirements r.txt\n"
        ),
        Example("FROM python:3.13\nRUN uv pip sync --python /v/bin/python requirements.txt\n"),
        Example("FROM ruby:3.4\nRUN gem install rails -v 8.0.1\n"),
        Example("FROM rust:1.85\nRUN cargo install --path . && cargo install --locked ripgrep@14.1.1\n"),
        Example("FROM alpine:3.22\nRUN apk add --virtual .deps git~=2.45\n"),
        Example("FROM debian:12\nRUN apt-get install -y ./x.deb\n"),
        Example("FROM golang:1.11\nCOPY . /go/src/example.com/a/tool\nRUN go get -d example.com/a/tool\n"),
        Example("FROM golang:1.11\nRUN go get example.com/t\nWORKDIR /go/src/example.com/t\nRUN git checkout v1.4.2\n"),
        Example("FROM python:3.13\nRUN pip install build\n"),
        Example("FROM golang:1.6.2\nRUN go get github.com/a/b\n"),
        Example("FROM python:3.13\nRUN pip install torch==2.9.1 torchvision\n"),
        Example("FROM conda/miniconda3:4.7\nRUN conda install -n base conda-libmamba-solver\n"),
        Example("FROM python:3.13 AS unused\nRUN pip install flask\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask which installs are open; the same in several steps, for different stages mostly, is one finding."""
        for found in open_packages(models):
            yield self._finding(found)

    def _finding(self, found: OpenPackages) -> Finding:
        operation, manager = found.operation, found.operation.manager
        # what matters most comes first
        ordered = sorted(found.packages, key=lambda package: is_settled(manager.name, package.name))
        names = list(dict.fromkeys(readable(package.name) for package in ordered))
        shown = names if len(names) < 4 else [*names[:2], f"{len(names) - 2} more"]
        listing = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
        distribution = manager.kind == "distribution"
        pin = _PINS.get(manager.name, "-VERSION" if distribution else " VERSION")
        # programs have no lockfile of a project that would name them
        program = names[0] in FRONT_ENDS or manager.name in ("go", "cargo") or operation.options.has("-g", "--global")
        profile = Profile.STRICT if found.newest else Profile.RECOMMENDED
        return self.finding(
            found.token,
            f"{listing} in whichever version is newest when the step runs",
            help=f"name a version ({names[0]}{pin})"
            + ("" if distribution or program else ", or install from a lockfile"),
            related=tuple(Related.at(token, "and here") for token in found.again),
            evidence={"packages": list(names)},
            severity=Severity.INFO if found.harmless else None,
            profile=Profile.ALL if distribution else profile,
        )
