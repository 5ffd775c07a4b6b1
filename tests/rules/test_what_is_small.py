"""What is too small to matter, cannot happen or is no text of this file is information, or nothing is said of it."""

from __future__ import annotations

import json

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree
from fairlead.config import Selection, Settings
from fairlead.engine import check_source
from fairlead.registry import Registry
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead_rules.bloat.dev_dependencies_in_final_image import DevDependenciesInFinalImage

WRAPPED = (
    "FROM golang:1 AS b\nRUN go install example.com/nosuch@latest\n"
    "FROM scratch\nCOPY --from=b /go/bin/nosuch /\nENTRYPOINT /nosuch\n"
)
SID = "echo deb http://deb.debian.org/debian sid main >> /etc/apt/sources.list"
SCRIPT = "https://raw.githubusercontent.com/example/tool/main/"
HOST = "https://packages.example.com/"


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("bloat/archive-left", f"RUN wget -P /t {HOST}t_1_amd64.deb && dpkg -i /t/t_1_amd64.deb\n", ["warning"]),
        ("bloat/archive-left", f"RUN wget -P /t {HOST}dumb-init_1_amd64.deb && dpkg -i /t/dumb-init*.deb\n", ["info"]),
        (
            "bloat/archive-left",
            f"RUN wget -P /t {HOST}t-release_1_all.deb && dpkg -i /t/t-release_1_all.deb\n",
            ["info"],
        ),
        (
            "bloat/archive-left",
            f"RUN curl -o /p.deb {HOST}packages-microsoft-prod.deb && dpkg -i /p.deb && rm /p.deb\n",
            [],
        ),
        ("bloat/package-cache-left", "RUN pip install pandas\n", ["warning"]),
        ("bloat/package-cache-left", "RUN pip install six\n", ["info"]),
        ("bloat/package-cache-left", "RUN yum install -y jq\n", ["warning"]),
        ("bloat/package-cache-left", "RUN --network=none pip install --no-index pandas\n", []),
        ("bloat/deleted-in-later-layer", "RUN apt-get install -y gcc\nRUN apt-get purge -y gcc\n", ["warning"]),
        ("bloat/deleted-in-later-layer", "RUN apt-get install -y curl\nRUN apt-get purge -y curl\n", ["info"]),
        ("mutable/unpinned-package", "RUN pip install flask\n", ["warning"]),
        ("mutable/unverified-download", f"RUN wget {HOST}latest/a.tgz && tar xf a.tgz\n", ["warning"]),
        ("mutable/unverified-download", f"RUN wget {HOST}yt-dlp/latest/yt-dlp && chmod +x yt-dlp\n", ["info"]),
        ("mutable/unverified-download", f"ADD --chmod=755 {SCRIPT}wait-for-it/wait-for-it.sh /\n", ["info"]),
        ("mutable/unverified-download", f"ADD --chmod=755 {SCRIPT}start.sh /\n", ["warning"]),
        ("mutable/unpinned-package", "COPY rootfs /\nRUN pip install nosuch\nENTRYPOINT nosuch\n", ["info"]),
        ("mutable/unpinned-package", WRAPPED, ["info"]),
        ("mutable/unpinned-package", WRAPPED.replace("RUN go", "COPY src /src\nRUN go"), ["warning"]),
        ("mutable/unpinned-package", WRAPPED.replace("RUN go", "RUN --mount=target=/src go"), ["warning"]),
        ("mutable/unpinned-package", "COPY src /\nRUN pip install nosuch\nENTRYPOINT nosuch\n", ["warning"]),
        ("mutable/floating-git-source", "RUN git clone https://example.com/tool.git\n", ["warning"]),
        ("mutable/floating-git-source", "RUN git clone https://example.com/pyenv.git ~/.pyenv\n", ["info"]),
        ("mutable/floating-git-source", "ARG T\nRUN [ -z $T ] || git clone https://example.com/a.git\n", ["info"]),
        ("mutable/floating-package-repository", f"RUN {SID}\n", ["warning"]),
        ("mutable/floating-package-repository", f'ARG SID\nRUN if [ "$SID" = 1 ]; then {SID}; fi\n', ["info"]),
        ("mutable/unlocked-install", "RUN cargo install tool@1.2.3\n", ["warning"]),
        ("bloat/metadata-change-copies-files", f"RUN wget -P / {SCRIPT}in.v2.sh\nRUN chmod 777 /in.v2.sh\n", []),
        ("bloat/metadata-change-copies-files", f"RUN wget -P / {HOST}tool\nRUN chmod 777 /tool\n", ["warning"]),
        ("mutable/unpinned-package", "RUN --network=none pip install flask\n", []),
    ],
)
def test_what_matters_little(rule: str, text: str, expected: list[str]) -> None:
    assert severities(rule, f"FROM debian:12\n{text}CMD a\n") == expected


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("apk update && apk upgrade && apk add --no-cache git && git clone -b v1 https://example.com/a /a", ["info"]),
        ("apk add --no-cache git make && git clone -b v1 https://example.com/a /a", ["warning"]),
        ("apk add git && git clone -b v1 https://example.com/a /a && make -C /a", ["warning"]),
        ("pip install git && git clone -b v1 https://example.com/a /a", ["warning"]),
    ],
)
def test_the_base_of_a_stage_that_only_fetches(run: str, expected: list[str]) -> None:
    text = f"FROM alpine AS fetch\nRUN {run}\nFROM debian:12\nCOPY --from=fetch /a /a\n"
    assert severities("mutable/unpinned-base", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("FROM nginx\nCMD a\n", ["warning"]), ("FROM {{ base }}\nCMD a\n", []), ("FROM nginx:{% v %}\nCMD a\n", [])],
)
def test_the_base_of_a_template_is_not_known(text: str, expected: list[str]) -> None:
    assert severities("mutable/unpinned-base", text) == expected


@pytest.mark.parametrize(("names", "severity"), [(("@types/node", "nodemon"), "info"), (("eslint",), "warning")])
def test_light_development_dependencies(names: tuple[str, ...], severity: str) -> None:
    manifest = json.dumps({"devDependencies": dict.fromkeys(names, "1")})
    context = Context(MemoryTree({"package.json": manifest, "a.js": ""}))
    source = Source("Dockerfile", b'FROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n')
    (found,) = DevDependenciesInFinalImage().check(Models(build(parse(source)), lambda: context))
    assert found.severity.value == severity


def severities(rule: str, text: str) -> list[str]:
    settings = Settings(selection=Selection(select=(rule,)))
    report = check_source(Source("Dockerfile", text.encode()), settings, Registry.load())
    return [finding.severity.value for finding in report.findings if finding.rule == rule]
