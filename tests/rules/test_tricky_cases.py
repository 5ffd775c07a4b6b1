"""The cases of truth/tricky_cases.md, each a named test; those of rules that are still to come are listed as such."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fairlead.config import CommandLine, Settings
from fairlead.engine import FileReport, check_source
from fairlead.finding import Profile
from fairlead.registry import Registry
from fairlead.shell import Dialect
from fairlead.syntax.dump import dump
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

CASES_FILE = Path(__file__).parent.parent / "truth" / "tricky_cases.md"

BASE = "mutable/unpinned-base"
PACKAGE = "mutable/unpinned-package"
SCRIPT = "mutable/remote-script"
DIGEST = "mutable/tag-without-digest"
LOCK = "mutable/unlocked-install"
REPOSITORY = "mutable/floating-package-repository"
SOURCE = "mutable/floating-git-source"
PLATFORM = "mutable/platform-dependent-base"
STARTUP = "mutable/install-at-startup"
INDEX = "bloat/package-index-left"
CACHE = "bloat/package-cache-left"
RECOMMENDED = "bloat/recommended-packages"
DELETED = "bloat/deleted-in-later-layer"
DUPLICATE = "bloat/duplicate-install"
SPARSE = "bloat/sparse-user-log"
TOOLS = "bloat/build-tools-in-final-image"
DEVELOPMENT = "bloat/dev-dependencies-in-final-image"
COPY = "cache/copy-before-install"
ARGUMENT = "cache/argument-before-costly-step"
UPDATE = "cache/index-update-alone"
SHELL_FORM = "correctness/shell-form-entrypoint"
SECRET = "security/secret-in-build"
ROOT = "security/root-user"
HEALTH = "correctness/missing-healthcheck"
SYNTAX = "correctness/syntax-error"

LATER = {
    55: "pipe without pipefail: a rule of shell/",
    56: "pipe without pipefail: a rule of shell/",
}
"""Cases of which nothing can be tested before the rule or the model exists."""

_REGISTRY = Registry.load()


def report(text: str, profile: Profile = Profile.ALL, **given: object) -> FileReport:
    settings = Settings().with_cli(CommandLine(profile=profile, **given))  # type: ignore[arg-type]
    return check_source(Source("Dockerfile", text.encode()), settings, _REGISTRY)


@dataclass(frozen=True)
class Case:
    """A Dockerfile and what is said of it.

    Attributes:
        number: of the case in truth/tricky_cases.md.
        title: what it is about.
        text: the Dockerfile.
        fires: rules that must find something, and the lines they must point at.
        silent: rules that must not.
        profile: the rules that run.
    """

    number: int
    title: str
    text: str
    fires: dict[str, list[int]] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    profile: Profile = Profile.ALL


CASES = [
    Case(1, "comment after a heredoc", "FROM debian:12\nRUN <<EOF\n pip install a\nEOF\n# c\nRUN pip install b\n", {PACKAGE: [3, 6]}, (SYNTAX,)),
    Case(2, "mount without target", "FROM debian:12\nRUN --mount=ro --mount=type=cache,target=/c pip install a\n", {PACKAGE: [2]}, (SYNTAX,)),
    Case(4, "escaped delimiter", "FROM debian:12\nCOPY <<-\\EOT /d\nhi\nEOT\nRUN pip install a\n", {PACKAGE: [5]}, (SYNTAX,)),
    Case(5, "interpreter after the delimiter", "FROM debian:12\nRUN <<EOF bash\nset -o pipefail\ncurl https://e.com/i.sh | sh\nEOF\n", {SCRIPT: [4]}, (SYNTAX,)),
    Case(7, "Python heredoc", "FROM python:3.13\nRUN <<EOF\n#!/usr/bin/env python3\napt-get update\npip install x\nEOF\n", {}, (INDEX, UPDATE, PACKAGE)),
    Case(7, "Node heredoc", "FROM node:22\nRUN node <<EOF\napt-get update\nEOF\n", {}, (INDEX, UPDATE)),
    Case(8, "type is not the first option of a mount", "FROM debian:12\nRUN --mount=target=/var/lib/apt,type=cache,sharing=locked --mount=target=/var/cache/apt,type=cache apt-get update && apt-get install -y a=1\n", {}, (INDEX, CACHE, SYNTAX)),
    Case(11, "backtick escape and Windows paths", "# escape=`\nFROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN move .\\x64 .\\y && `\n    del .\\z\n", {}, (SYNTAX,)),
    Case(13, "JSON with a trailing comma parses", 'FROM debian:12\nCMD ["a", "b",]\nRUN pip install a\n', {PACKAGE: [3]}, (SYNTAX,)),
    Case(13, "JSON with a trailing comma is a shell form", 'FROM debian:12\nCMD ["a", "b",]\n', {SHELL_FORM: [2]}),
    Case(13, "JSON with a variable that is not quoted", 'FROM debian:12\nCMD ["a", $PORT]\n', {SHELL_FORM: [2]}),
    Case(14, "pinned through ARG", f"ARG PY=python:3.12.9-slim@sha256:{'ab' * 32}\nFROM ${{PY}}\n", {}, (BASE, DIGEST)),
    Case(14, "not pinned through ARG", "ARG B=ubuntu\nFROM $B\n", {BASE: [2]}, (DIGEST,)),
    Case(14, "a version through ARG", "ARG B=ubuntu:24.04\nFROM $B\n", {DIGEST: [2]}, (BASE,)),
    Case(16, "a variable that chooses between stages", "FROM debian:12 AS base-amd64\nRUN pip install a\nFROM debian:12 AS base-arm64\nARG TARGETARCH\nFROM base-${TARGETARCH}\n", {PACKAGE: [2], DIGEST: [1, 3]}, (BASE, PLATFORM)),
    Case(17, "default in the expansion", "ARG BASE\nFROM ${BASE:-debian:12}\n", {DIGEST: [2]}, (BASE, SYNTAX)),
    Case(19, "a port is no tag", "FROM localhost:5000/img\n", {BASE: [1]}, (DIGEST,)),
    Case(20, "a stage named latest", "FROM debian:12 AS latest\nFROM latest\n", {DIGEST: [1]}, (BASE,)),
    Case(22, "no USER on a base that is root's", 'FROM debian:12\nCMD ["a"]\n', {ROOT: [1]}),
    Case(22, "no USER, by default", 'FROM debian:12\nCMD ["a"]\n', {}, (ROOT,), Profile.STRICT),
    Case(22, "no USER on a base of nobody", 'FROM gcr.io/distroless/static:nonroot\nCMD ["a"]\n', {}, (ROOT,)),
    Case(22, "no USER on a base that is not known", 'FROM registry.example.com/a:1\nCMD ["a"]\n', {}, (ROOT,)),
    Case(23, "SHELL of the parent stage", 'FROM debian:12 AS a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nFROM a\nRUN curl https://e.com/i.sh | sh\n', {SCRIPT: [4]}),
    Case(25, "WORKDIR of the parent stage", "FROM debian:12 AS a\nWORKDIR /app\nFROM a\nCOPY x.tar.gz .\nRUN rm /app/x.tar.gz\n", {DELETED: [5]}),
    Case(25, "WORKDIR of a trigger", "FROM debian:12 AS a\nONBUILD WORKDIR /app\nFROM a\nCOPY x.tar.gz .\nRUN rm /app/x.tar.gz\n", {DELETED: [5]}),
    Case(26, "PIP_NO_CACHE_DIR as ENV", "FROM python:3.13\nENV PIP_NO_CACHE_DIR=1\nRUN pip install a==1\n", {}, (CACHE,)),
    Case(26, "PIP_NO_CACHE_DIR exported", "FROM python:3.13\nRUN export PIP_NO_CACHE_DIR=1 && pip install a==1\n", {}, (CACHE,)),
    Case(26, "PIP_NO_CACHE_DIR as prefix", "FROM python:3.13\nRUN PIP_NO_CACHE_DIR=1 pip install a==1\n", {}, (CACHE,)),
    Case(26, "PIP_NO_CACHE_DIR of the parent stage", "FROM python:3.13 AS a\nENV PIP_NO_CACHE_DIR=1\nFROM a\nRUN pip install a==1\n", {}, (CACHE,)),
    Case(28, "COPY from an image", "ARG IMG=quay.io/x/y:1\nFROM debian:12\nARG IMG\nCOPY --from=hello-world /hello /h\nCOPY --from=$IMG /a /b\n", {BASE: [4]}, (SYNTAX,)),
    Case(29, "COPY from a named context", "FROM debian:12\nCOPY --from=named-ctx /a /b\n", {}, (BASE, SYNTAX)),
    Case(31, "HEALTHCHECK of a builder stage", "FROM node:22 AS b\nEXPOSE 80\nCMD a\nFROM debian:12\nCOPY --from=b /a /a\n", {}, (HEALTH,)),
    Case(31, "HEALTHCHECK NONE", "FROM node:22\nEXPOSE 80\nHEALTHCHECK NONE\nCMD a\n", {}, (HEALTH,)),
    Case(31, "HEALTHCHECK of an image that starts nothing", "FROM node:22\nEXPOSE 80\n", {}, (HEALTH,)),
    Case(31, "HEALTHCHECK of a server", "FROM node:22\nEXPOSE 80\nCMD a\n", {HEALTH: [3]}),
    Case(32, "apt with cache mounts", "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt/lists --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y a=1\n", {}, (INDEX, CACHE)),
    Case(32, "apt with tmpfs mounts", "FROM debian:12\nRUN --mount=type=tmpfs,target=/var/lib/apt --mount=type=tmpfs,target=/var/cache apt-get update && apt-get install -y a=1\n", {}, (INDEX, CACHE)),
    Case(34, "cleanup before the install", "FROM fedora:42\nRUN dnf clean all && dnf install -y git\n", {CACHE: [2]}),
    Case(35, "cleanup in a later layer", "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN rm -rf /var/lib/apt/lists/*\n", {INDEX: [2]}),
    Case(37, "semicolons", "FROM debian:12\nRUN set -eux; apt-get update; apt-get install -y --no-install-recommends a; rm -rf /var/lib/apt/lists/*\n", {}, (INDEX, UPDATE, RECOMMENDED, CACHE)),
    Case(38, "a builder stage that is discarded", "FROM debian:12 AS b\nRUN apt-get update && apt-get install -y a\nFROM debian:12\nCOPY --from=b /a /a\n", {}, (INDEX, CACHE, TOOLS, DUPLICATE)),
    Case(40, "files are no packages", "FROM debian:12\nRUN apt-get install ./x.deb\nRUN apk add x.apk\nRUN pip install /app ./x.whl .\nRUN npm install /app\n", {}, (PACKAGE, LOCK, SOURCE, DUPLICATE, DEVELOPMENT)),
    Case(41, "flags with values", "FROM alpine:3.22\nRUN apk add --virtual .deps git~=2.45\nRUN apk -X https://e.com add a=1\nRUN apk add --repository https://e.com a=1\nRUN npm install --registry https://e.com a@1\nRUN npm install --loglevel verbose a@1\nRUN apt-get -t bookworm-backports install a=1\n", {}, (PACKAGE, LOCK, REPOSITORY)),
    Case(43, "go and npm run", "FROM golang:1.24\nRUN npm run install && go run x.org/y@v1\nRUN go install x.org/y@latest\n", {PACKAGE: [3]}, (LOCK, STARTUP)),
    Case(44, "apt's ways to say no", "FROM debian:12\nRUN apt-get update -qq && apt-get -yqq -o APT::Install-Recommends=false install a=1 && rm -rf /var/lib/apt/lists/*\n", {}, (RECOMMENDED, INDEX)),
    Case(46, "a split that is cheap", "FROM alpine:3.22@sha256:" + "ab" * 32 + "\nRUN apk add --no-cache curl=8.14.1-r1\nRUN curl -fo /t https://e.com/t-1\n", {}, (DUPLICATE, DELETED, INDEX, CACHE)),
    Case(46, "a split that is cheap, by default", "FROM debian:12\nRUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*\nRUN curl -fo /t https://e.com/t-1\n", {}, (DUPLICATE, INDEX, CACHE), Profile.RECOMMENDED),
    Case(47, "the same chain in three RUNs", "FROM debian:12\n" + "".join(f"RUN apt-get update && apt-get install -y {name} && rm -rf /var/lib/apt/lists/*\n" for name in "abc"), {DUPLICATE: [3]}, (INDEX, UPDATE), Profile.RECOMMENDED),
    Case(47, "the same chain of dnf in three RUNs", "FROM rockylinux:9\n" + "".join(f"RUN dnf install -y {name} && dnf clean all\n" for name in "abc"), {DUPLICATE: [3]}, (), Profile.RECOMMENDED),
    Case(49, "the install needs the tree", "FROM python:3.13\nCOPY . .\nRUN pip install --no-cache-dir .\n", {}, (COPY,)),
    Case(49, "the install builds", "FROM golang:1.24\nCOPY . .\nRUN go build ./...\n", {}, (COPY,)),
    Case(50, "download, then delete in another layer", "FROM debian:12\nRUN curl -fo /t.tgz https://e.com/t-1.tgz\nRUN tar xf /t.tgz && rm /t.tgz\n", {DELETED: [3]}),
    Case(52, "a revision above a costly step", "FROM debian:12\nARG GIT_SHA\nLABEL rev=$GIT_SHA\nRUN apt-get update && apt-get install -y a\n", {ARGUMENT: [2]}),
    Case(52, "a revision below the costly step", "FROM debian:12\nRUN apt-get update && apt-get install -y a\nARG GIT_SHA\nLABEL rev=$GIT_SHA\n", {}, (ARGUMENT,)),
    Case(53, "a high number, second in a chain", "FROM ubuntu:22.04\nRUN groupadd -g 2000000000 x && useradd -u 2000000000 x\n", {SPARSE: [2]}, (), Profile.RECOMMENDED),
    Case(53, "a high number, on another line of the chain", "FROM ubuntu:22.04\nRUN set -eux; \\\n    true; \\\n    useradd --uid 2000000000 x\n", {SPARSE: [4]}, (), Profile.RECOMMENDED),
    Case(53, "a useradd that is known to be newer is no warning", "FROM ubuntu:24.04\nRUN groupadd x && useradd -u 2000000000 x\n", {}, (SPARSE,), Profile.RECOMMENDED),
    Case(53, "no entry in the logs", "FROM ubuntu:22.04\nRUN groupadd x && useradd -l -u 2000000000 x\n", {}, (SPARSE,)),
    Case(58, "PowerShell and an ARG", 'FROM mcr.microsoft.com/windows/servercore:ltsc2022\nSHELL ["powershell", "-Command"]\nARG V=1\nRUN if ($env:V) { apt-get update; pip install a }\n', {}, (SYNTAX, INDEX, PACKAGE, UPDATE)),
    Case(59, "clone, build and delete in one RUN", "FROM debian:12\nRUN git clone https://e.com/x.git /x && (cd /x && make) && rm -rf /x\nRUN cd /tmp && curl -fO https://e.com/t.tgz && rm t.tgz\n", {}, (DELETED,)),
    Case(61, "names that only look secret", "FROM debian:12\nARG GOPRIVATE\nENV PASSWORD_FILE=/run/p TOKEN_PATH=/t SECRETS_DIR=/s SSH_AUTH_SOCK=/a PROXY_AUTH_MODE=none FACEBOOK_APP_ID=1 TRAVIS_OS_NAME=linux username=x\n", {}, (SECRET,)),
    Case(62, "PSW is a password", "FROM debian:12\nARG SOME_PSW=pass\nRUN ./a\n", {SECRET: [2]}),
    Case(67, "an inline ignore is for its own instruction", "FROM debian:12\n# hadolint ignore=DL3013\nRUN pip install a\nRUN pip install b\n", {PACKAGE: [4]}),
    Case(68, "the line inside a continued RUN", "FROM debian:12\nRUN set -eux; \\\n    true; \\\n    # why\n    true; \\\n    pip install a; \\\n    true\n", {PACKAGE: [6]}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number:02}-{case.title.replace(' ', '-')}")
def test_case(case: Case) -> None:
    checked = report(case.text, case.profile)
    assert checked.errors == ()
    found: dict[str, list[int]] = {}
    for finding in checked.findings:
        found.setdefault(finding.rule, []).append(finding.start.line)
    assert {rule: found.get(rule) for rule in case.fires} == case.fires
    assert {rule: found[rule] for rule in case.silent if rule in found} == {}


def test_13_the_message_says_what_is_wrong() -> None:
    (finding,) = (f for f in report('FROM debian:12\nCMD ["a", "b",]\n').findings if f.rule == SHELL_FORM)
    assert finding.message.startswith("malformed JSON")


def test_05_the_dialect_follows_the_interpreter_of_the_heredoc() -> None:
    from fairlead.build.builder import build

    text = "FROM debian:12\nRUN <<EOF bash\nset -o pipefail\nEOF\n"
    step = next(build(parse(Source("Dockerfile", text.encode()))).runs())
    assert step.script is not None
    assert step.script.dialect is Dialect.BASH


def test_04_a_backslash_in_the_delimiter_leaves_expansion_on() -> None:
    parsed: dict[str, object] = dict(dump(parse(Source("Dockerfile", b"FROM a\nCOPY <<-\\EOT /d\n\thi\nEOT\n"))))
    instructions = parsed["instructions"]
    assert isinstance(instructions, list)
    assert instructions[1]["heredocs"] == [{"name": "EOT", "fd": 0, "expand": True, "chomp": True, "content": "\thi\n"}]


def test_10_one_broken_file_among_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fairlead.config import Configuration
    from fairlead.engine import check_paths

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.Dockerfile").write_text("FROM debian\n")
    (tmp_path / "b.Dockerfile").write_text("NONSENSE\nMORE\n")
    (tmp_path / "c.Dockerfile").write_text("FROM debian\n")
    found = check_paths((".",), Configuration())
    assert [(f.path, f.rule) for f in found.findings] == [
        ("a.Dockerfile", BASE),
        ("b.Dockerfile", SYNTAX),
        ("c.Dockerfile", BASE),
    ]
    assert found.exit_status() == 1


def test_35_the_later_deletion_is_said_to_free_nothing() -> None:
    checked = report("FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN rm -rf /var/lib/apt/lists/*\n")
    finding = next(finding for finding in checked.findings if finding.rule == INDEX)
    assert [(related.ranges[0].start.line, related.message) for related in finding.related] == [
        (3, "frees nothing: the layer above holds the files")
    ]


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({"package.json": "{}", "package-lock.json": "{}", "a.js": ""}, "warning"),
        ({".dockerignore": "*\n!package*.json\n", "package.json": "{}", "package-lock.json": "{}", "a.js": ""}, None),
        ({".dockerignore": "a.js\nDockerfile\n.dockerignore\n", "package.json": "{}", "a.js": ""}, None),
        ({".dockerignore": "docs\n", "package.json": "{}", "a.js": ""}, "warning"),
        ({"Dockerfile.dockerignore": "*\n!package.json\n", "package.json": "{}", "a.js": ""}, None),
        ({".dockerignore": "[\n", "package.json": "{}"}, "warning"),
        ({"package.json": '{"workspaces": ["a"]}', "a/package.json": "{}"}, "info"),
        ({"Cargo.toml": ""}, "warning"),
    ],
    ids=[
        "plain",
        "only manifests",
        "all else ignored",
        "some ignored",
        "own ignore file",
        "broken",
        "workspace",
        "other",
    ],
)
def test_49_what_the_context_leaves_of_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], severity: str | None
) -> None:
    from fairlead.config import Configuration
    from fairlead.engine import check_paths

    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n")
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    found = check_paths(("Dockerfile",), Configuration())
    assert found.errors == ()
    assert [f.severity.value for f in found.findings if f.rule == COPY] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("source", "line"),
    [(". /app", None), ("src /app", None), ("secret.env /app/", 2), ("src/a.py secret.env /app/", 2)],
)
def test_64_sources_that_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, line: int | None
) -> None:
    from fairlead.config import Configuration
    from fairlead.engine import check_paths

    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").touch()
    (tmp_path / "secret.env").touch()
    (tmp_path / ".dockerignore").write_text("*\n!src/\n")
    (tmp_path / "Dockerfile").write_text(f"FROM debian:12\nCOPY {source}\n")
    found = check_paths(("Dockerfile",), Configuration()).findings
    assert [f.start.line for f in found if f.rule == "cache/copy-ignored-file"] == ([line] if line else [])


def test_every_case_is_tested_or_listed_for_later() -> None:
    numbers = {int(number) for number in re.findall(r"^(\d+)\. ", CASES_FILE.read_text(), re.MULTILINE)}
    assert numbers == {case.number for case in CASES} | {10, 64, 65} | LATER.keys()
