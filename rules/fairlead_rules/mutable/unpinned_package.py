"""Packages that are installed in whatever version is newest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Example,
    FileInstruction,
    Finding,
    Models,
    Operation,
    Package,
    Profile,
    Rule,
    Severity,
    Token,
    readable,
)  # fmt: skip

# tools that every image of the language brings, and that people bring up to date on purpose
_TOOLING = frozenset(("pip", "setuptools", "wheel", "build", "conda", "mamba", "conda-libmamba-solver"))
# the same, but a new major version may ask for a newer Node.js than the image has; `yarn` on npm stays at version 1
# the last ones follow sites that change
_UPDATED = frozenset(("npm", "yarn", "corepack", "certifi", "yt-dlp", "youtube-dl", "gallery-dl", "streamlink"))
_PINS = {
    "npm": "@VERSION", "yarn": "@VERSION", "pnpm": "@VERSION", "bun": "@VERSION", "go": "@VERSION", "cargo": "@VERSION",
    "gem": ":VERSION", "composer": ":VERSION", "conda": "=VERSION", "pip": "==VERSION", "uv": "==VERSION",
    "pipenv": "==VERSION", "apt-get": "=VERSION", "apk": "=VERSION", "zypper": "=VERSION",
}  # fmt: skip
_OF_TORCH = frozenset(("torchaudio", "torchtext", "torchvision"))


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
    the profile `strict`: the newest may be what they are for. So is an npm, yarn or corepack that the image brings along
    and that is brought up to date, and the certificates of certifi. For information are findings below directories of
    examples, and packages for Python 2, of which hardly any has a new version.

    For packages of the distribution (apt, apk, dnf and so on) this is reported under the profile `all` only: their
    repositories delete old versions, so that a pinned version breaks the build sooner or later. The version of the base
    image pins them well enough for most.
    """

    name = "mutable/unpinned-package"
    aliases = ("DL3008", "DL3013", "DL3016", "DL3018", "DL3028", "DL3033", "DL3037", "DL3041", "DL3062")
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
        """Look at every install of a stage that is built; those of a step and a package manager are one finding."""
        for step in models.build.runs():
            if not step.stage.needed:
                continue
            groups: dict[str, tuple[Operation, list[Package]]] = {}
            for operation in models.operations(step):
                packages = [package for package in operation.packages if _is_open(operation, package)]
                if any(package.name.lower() == "torch" and package.pinned for package in operation.packages):
                    # each release of theirs asks for one release of torch
                    packages = [package for package in packages if package.name.lower() not in _OF_TORCH]
                if packages and not operation.locked and not operation.options.has("-c", "--constraint"):
                    groups.setdefault(operation.manager.name, (operation, []))[1].extend(packages)
            for operation, packages in groups.values():
                others = [package for package in packages if package.name.lower() not in _UPDATED]
                newest = not others or models.purpose.wants_newest(step.stage)
                profile = Profile.STRICT if newest else Profile.RECOMMENDED
                severity = Severity.INFO if models.purpose.is_example or _is_python_2(operation) else None
                yield self._finding(operation, others or packages, profile, severity)

    def _finding(
        self, operation: Operation, packages: list[Package], profile: Profile, severity: Severity | None
    ) -> Finding:
        names = list(dict.fromkeys(readable(package.name) for package in packages))
        shown = names if len(names) < 4 else [*names[:2], f"{len(names) - 2} more"]
        listing = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
        distribution = operation.manager.kind == "distribution"
        pin = _PINS.get(operation.manager.name, "-VERSION" if distribution else " VERSION")
        return self.finding(
            Token.joined([word.token for word in dict.fromkeys(package.word for package in packages)]),
            f"{listing} in whichever version is newest when the step runs",
            help=f"name a version ({names[0]}{pin})" + ("" if distribution else ", or install from a lockfile"),
            evidence={"packages": list(names)},
            severity=severity,
            profile=Profile.ALL if distribution else profile,
        )


def _is_open(operation: Operation, package: Package) -> bool:
    if operation.subcommand == "pip sync":
        # its operands are requirement files
        return False
    if package.pinned or package.local or package.remote or not package.name:
        return False
    if operation.manager.name == "go":
        if _is_before_modules(operation):
            return False
        # without a version `go install` takes the one that go.mod says
        return "@" in package.word.pattern or (
            operation.subcommand == "get" and not _has_own_version(operation, package)
        )
    # `npm install -g add turbo`: a word of another command
    stray = operation.manager.name in ("npm", "yarn", "pnpm") and package.name in ("add", "install")
    return package.name.lower() not in _TOOLING and not stray


def _is_before_modules(operation: Operation) -> bool:
    """Whether Go is older than 1.11, whose `go get` takes no version."""
    image = operation.step.stage.root.image
    tag = image.tag if image is not None and image.short_name == "golang" else ""
    return re.match(r"1\.(?:10|\d)(?!\d)", tag) is not None


def _is_python_2(operation: Operation) -> bool:
    """Whether packages are for Python 2, of which there are no new versions any more."""
    if operation.manager.name != "pip":
        return False
    image = operation.step.stage.root.image
    tag = image.tag if image is not None and image.short_name == "python" else ""
    return (
        re.match(r"2(?:\.7)?(?![\d.]*\d)", tag) is not None
        or re.search(r"pip2|python2", operation.token.text) is not None
    )


def _has_own_version(operation: Operation, package: Package) -> bool:
    """Whether `go get` leaves the version to what is in the place that GOPATH has for it: a COPY or a `git checkout`."""
    place = f"/src/{package.name}/"
    for step in operation.step.stage.all_steps():
        if isinstance(step.instruction, FileInstruction) and step.destination is not None:
            if f"{step.destination}/".endswith(place):
                return True
        elif step.script is not None and any(
            f"{command.cwd}/".endswith(place) and re.match(r"git (?:checkout|reset|switch)\b", command.token.text)
            for command in step.script.commands
        ):
            return True
    return False
