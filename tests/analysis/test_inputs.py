"""What a build takes from outside: each input with its line, its name and its grade."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.analysis.grades import GRADES, Input
from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, directory_context
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
SHA = "ab" * 32
UV_LOCK = f"""\
version = 1
[[package]]
name = "a"
version = "1"
source = {{ registry = "https://pypi.org/simple" }}
sdist = {{ url = "https://e.com/a.tgz", hash = "sha256:{SHA}" }}
"""
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def models(
    text: str,
    files: Mapping[str, str] | None = None,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
) -> Models:
    dockerfile = parse(Source("Dockerfile", text.encode()))
    assert dockerfile.problems == ()
    context = None if files is None else Context(MemoryTree(files))
    return Models(build(dockerfile, build_args or {}, target), lambda: context)


def inputs(text: str, files: Mapping[str, str] | None = None) -> tuple[Input, ...]:
    return models(text, files).inputs.all()


def of_run(
    run: str, files: Mapping[str, str] | None = None, head: str = "FROM scratch\n"
) -> list[tuple[str, str, str]]:
    """Kind, name and grade of what a RUN takes."""
    return [(one.kind, one.name.replace("\0", "*"), one.grade) for one in inputs(f"{head}RUN {run}\n", files)]


# -- the fixture projects

# beside the projects, not in them: there they would be part of the build context
EXPECTATIONS = [
    (path.with_name(path.name.removesuffix(".inputs.json")), name)
    for path in sorted(FIXTURES.glob("*.inputs.json"))
    for name in json.loads(path.read_text())
]


def _written(one: Input) -> dict[str, Any]:
    found: dict[str, Any] = {"line": one.line, "kind": one.kind, "name": one.name, "grade": one.grade}
    if one.kind in ("package", "dependencies", "upgrade"):
        found["manager"] = one.manager
    return found


@pytest.mark.parametrize(
    ("project", "name"), EXPECTATIONS, ids=lambda value: value.name if isinstance(value, Path) else value
)
def test_a_fixture_has_exactly_the_inputs_written_beside_it(project: Path, name: str) -> None:
    expected = json.loads(project.with_name(f"{project.name}.inputs.json").read_text())
    dockerfile = project / name
    syntax = parse(Source(str(dockerfile), dockerfile.read_bytes()))
    context = directory_context(project, dockerfile)
    found = Models(build(syntax), lambda: context).inputs.all()
    assert [_written(one) for one in found] == expected[name]


def test_every_dockerfile_of_the_fixtures_has_an_expectation() -> None:
    written = {project / name for project, name in EXPECTATIONS}
    there = {path for path in FIXTURES.rglob("Dockerfile*") if not path.name.endswith(".dockerignore")}
    assert written == there


# -- images


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM python\n", [(1, "python", "floating")]),
        ("FROM python:latest\n", [(1, "python:latest", "floating")]),
        ("FROM python:3.13-slim\n", [(1, "python:3.13-slim", "versioned")]),
        ("FROM python:slim\n", [(1, "python:slim", "floating")]),
        ("FROM python:bookworm\n", [(1, "python:bookworm", "floating")]),
        ("FROM debian:bookworm-slim\n", [(1, "debian:bookworm-slim", "versioned")]),
        ("FROM ghcr.io/a/b:bookworm\n", [(1, "ghcr.io/a/b:bookworm", "versioned")]),
        (f"FROM a@sha256:{SHA}\n", [(1, f"a@sha256:{SHA}", "immutable")]),
        # truth/tricky_cases.md 14 to 20
        (f"ARG PY=python:3.12.9-slim@sha256:{SHA}\nFROM ${{PY}}\n", [(2, f"python:3.12.9-slim@sha256:{SHA}", "immutable")]),
        ("ARG B=ubuntu\nFROM $B\n", [(2, "ubuntu", "floating")]),
        (
            "FROM debian:12 AS base-amd64\nFROM debian:12 AS base-arm64\nARG TARGETARCH\nFROM base-${TARGETARCH}\n",
            [(1, "debian:12", "versioned"), (2, "debian:12", "versioned")],
        ),
        ("ARG BASE\nFROM ${BASE:-debian:12}\n", [(2, "debian:12", "versioned")]),
        ("FROM localhost:5000/img\n", [(1, "localhost:5000/img", "floating")]),
        ("FROM debian:12 AS latest\nFROM latest\n", [(1, "debian:12", "versioned")]),
        ("ARG BASE\nFROM ${BASE}\n", [(2, "${BASE}", "unknown")]),
        ("ARG V\nFROM python:${V}\n", [(2, "python:\0", "unknown")]),
        ("FROM scratch\nCOPY --from=busybox /a /b\n", [(2, "busybox", "floating")]),
        ("FROM scratch\nRUN --mount=type=bind,from=a/b:1.2,target=/x ls\n", [(2, "a/b:1.2", "versioned")]),
        ("FROM a:1 AS x\nFROM scratch\nCOPY --from=0 /a /b\nCOPY --from=x /a /b\n", [(1, "a:1", "versioned")]),
    ],
)  # fmt: skip
def test_images(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert [(one.line, one.name, one.grade) for one in inputs(text) if one.kind == "image"] == expected


def test_a_syntax_directive_without_a_word_names_no_frontend() -> None:
    assert models("# syntax= \nFROM a\n").build.dockerfile.directive("syntax") is not None
    assert [found.kind for found in inputs("# syntax= \nFROM a\n")] == ["image"]


def test_the_frontend_is_an_image_too() -> None:
    (found,) = inputs("# syntax=docker/dockerfile:1.7-labs x\nFROM scratch\n")
    assert (found.kind, found.name, found.grade, found.token.text) == (
        "frontend", "docker/dockerfile:1.7-labs", "versioned", "docker/dockerfile:1.7-labs",
    )  # fmt: skip
    assert [one.grade for one in inputs("# syntax=docker/dockerfile\nFROM scratch\n")] == ["floating"]


def test_stages_that_are_not_needed_are_told_apart() -> None:
    found = models("FROM a AS unused\nRUN apk add x\nFROM b:1\n").inputs
    assert [one.name for one in found.all()] == ["b:1"]
    assert [(one.name, one.needed) for one in found.all(unneeded=True)] == [("a", False), ("x", False), ("b:1", True)]
    assert [one.name for one in models("FROM a AS x\nFROM b:1\n", target="x").inputs.all()] == ["a"]


def test_named_contexts() -> None:
    text = "FROM base\nCOPY --from=src / /\nCOPY --from=repo / /\n"
    named = {
        "base": f"docker-image://alpine@sha256:{SHA}",
        "src": "../src",
        "repo": f"https://e.com/x.git#{COMMIT}",
    }
    found = Models(models(text).build, None, named).inputs.all()
    assert [(one.kind, one.name, one.grade) for one in found] == [
        ("image", f"alpine@sha256:{SHA}", "immutable"),
        ("context", "../src", "unknown"),
        ("source", "https://e.com/x.git", "immutable"),
    ]


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("ARG V=1\nFROM a:$V\n", "V", 1),
        ("FROM scratch\nARG V=1.2\nRUN curl -O https://e.com/$V/x.tgz\n", "V", 2),
        ("ARG V=1.2\nFROM scratch\nARG V\nRUN curl -O https://e.com/$V/x.tgz\n", "V", 1),
        ("FROM scratch\nENV V=1.2\nARG TARGETARCH\nRUN curl -O https://e.com/$TARGETARCH/$V/x.tgz\n", "V", 2),
        ("FROM scratch\nARG V=1\nRUN pip install a==$V\n", "V", 2),
        ("FROM scratch\nARG REF=v1.2\nRUN git clone -b $REF https://e.com/x.git\n", "REF", 2),
    ],
)
def test_the_variable_that_decides(text: str, key: str, line: int) -> None:
    (found,) = inputs(text)
    assert found.argument is not None
    assert (found.argument.key, found.argument.token.start.line) == (key, line)


# -- downloads


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("curl -fsSLO https://e.com/t-1.2.3.tar.gz", ("download", "https://e.com/t-1.2.3.tar.gz", "versioned")),
        ("curl -fsSLO https://e.com/t-linux-x86_64.tar.gz", ("download", "https://e.com/t-linux-x86_64.tar.gz", "floating")),
        ("wget https://e.com/latest/t-1.2.3.zip", ("download", "https://e.com/latest/t-1.2.3.zip", "floating")),
        ("wget https://e.com/v1.2.3/t-latest-toolchain.zip", ("download", "https://e.com/v1.2.3/t-latest-toolchain.zip", "versioned")),
        ("wget https://e.com/main/release/1.87.0/b_1_87_0.tgz", ("download", "https://e.com/main/release/1.87.0/b_1_87_0.tgz", "versioned")),
        ("wget https://e.com/master/t-1.2.3-SNAPSHOT.war", ("download", "https://e.com/master/t-1.2.3-SNAPSHOT.war", "floating")),
        ("wget https://e.com/t-master-4df2ee2bb5-1.jar", ("download", "https://e.com/t-master-4df2ee2bb5-1.jar", "versioned")),
        ("wget https://ci.e.com/job/t/lastSuccessfulBuild/t.jar", ("download", "https://ci.e.com/job/t/lastSuccessfulBuild/t.jar", "floating")),
        ("wget https://e.com/nmon16e_x.tgz", ("download", "https://e.com/nmon16e_x.tgz", "versioned")),
        ("wget https://e.com/v1/install.sh", ("download", "https://e.com/v1/install.sh", "floating")),
        (f"wget https://e.com/raw/{COMMIT}/a.sh", ("download", f"https://e.com/raw/{COMMIT}/a.sh", "immutable")),
        (f"curl -o t https://e.com/t && echo '{SHA}  t' | sha256sum -c -", ("download", "https://e.com/t", "immutable")),
        (f"curl -o t https://e.com/t && [ \"$(sha256sum t)\" = {SHA} ]", ("download", "https://e.com/t", "immutable")),
        ("curl -o t https://e.com/t-1.2.tgz && sha256sum -c sums", ("download", "https://e.com/t-1.2.tgz", "immutable")),
        ("curl -o t https://e.com/t-1.2.tgz && gpg --verify t.asc t", ("download", "https://e.com/t-1.2.tgz", "versioned")),
        ("curl https://e.com/i.sh | sh", ("script", "https://e.com/i.sh", "floating")),
        ("bash -c \"$(curl https://e.com/i-1.2.sh)\"", ("script", "https://e.com/i-1.2.sh", "versioned")),
        ("curl https://e.com/k.asc | gpg --dearmor -o /k.gpg", ("key", "https://e.com/k.asc", "floating")),
        ("wget -O /etc/apk/keys/a.rsa.pub https://e.com/a.rsa.pub", ("key", "https://e.com/a.rsa.pub", "floating")),
        ("curl -o /etc/yum.repos.d/a.repo https://e.com/el9/a.repo", ("repository", "https://e.com/el9/a.repo", "floating")),
        ("curl https://e.com/t-1.2.tgz.sha256", ("signature", "https://e.com/t-1.2.tgz.sha256", "versioned")),
        ("V=$(curl https://e.com/v.txt) && curl https://e.com/$V/t.tgz", ("download", "https://e.com/*/t.tgz", "floating")),
        ("curl https://e.com/$VERSION/t.tgz", ("download", "https://e.com/*/t.tgz", "unknown")),
        ("curl https://e.com/1.2/t-$(uname -m).tgz", ("download", "https://e.com/1.2/t-*.tgz", "versioned")),
        ("case $(arch) in a) u=https://e.com/1.2/a.tgz;; *) u=https://e.com/1.2/b.tgz;; esac; curl $u", ("download", "https://e.com/1.2/*.tgz", "versioned")),
        ("aria2c https://e.com/big-1.2.iso", ("download", "https://e.com/big-1.2.iso", "versioned")),
    ],
)  # fmt: skip
def test_downloads(run: str, expected: tuple[str, str, str]) -> None:
    assert of_run(run)[-1] == expected


@pytest.mark.parametrize(
    "run",
    [
        "curl -f http://localhost:8080/health", "curl -T a https://e.com/upload", "curl -X POST https://e.com/hook",
        "curl -I https://e.com/t", "echo curl https://e.com/t", "wget --spider https://e.com/t",
    ],
)  # fmt: skip
def test_what_is_no_download(run: str) -> None:
    assert of_run(run) == []


def test_a_checksum_belongs_to_its_file() -> None:
    run = f"curl -o one https://e.com/one && curl -o two https://e.com/two && echo '{SHA}  one' | sha256sum -c -"
    assert [(one.name, one.grade, one.verified) for one in inputs(f"FROM scratch\nRUN {run}\n")] == [
        ("https://e.com/one", "immutable", "checksum"),
        ("https://e.com/two", "floating", ""),
    ]


@pytest.mark.parametrize(
    ("text", "grade", "verified", "why"),
    [
        (
            f"RUN curl -O https://e.com/t.tgz\nRUN echo '{SHA}  t.tgz' | sha256sum -c",
            "versioned",
            "checksum",
            "in line 3",
        ),
        (
            f"ADD https://e.com/t.tgz /t.tgz\nRUN echo '{SHA}  /t.tgz' | sha256sum -c",
            "versioned",
            "checksum",
            "in line 3",
        ),
        ("RUN wget https://e.com/t-1.2.tgz\nRUN gpg --verify t.asc t-1.2.tgz", "versioned", "signature", "in line 3"),
        # used before it is compared, of another file, or only shown
        (
            f"RUN curl -O https://e.com/t.tgz\nRUN tar xf t.tgz\nRUN echo '{SHA} t.tgz' | sha256sum -c",
            "floating",
            "",
            "",
        ),
        (f"RUN curl -O https://e.com/t.tgz\nRUN echo '{SHA}  x.tgz' | sha256sum -c", "floating", "", ""),
        ("RUN curl -O https://e.com/t.tgz\nRUN sha256sum t.tgz", "floating", "", ""),
        # of a stage of its own
        (
            f"RUN curl -O https://e.com/t.tgz\nFROM scratch\nCOPY --from=0 t.tgz .\nRUN echo '{SHA} t.tgz' | sha256sum -c",
            "floating",
            "",
            "",
        ),
    ],
)
def test_a_later_step_verifies_a_download(text: str, grade: str, verified: str, why: str) -> None:
    first = next(one for one in inputs(f"FROM scratch\n{text}\n") if one.kind == "download")
    assert (first.grade, first.verified) == (grade, verified)
    assert why in first.why


def test_a_downloaded_checksum_says_nothing_about_tomorrow() -> None:
    run = "curl -O https://e.com/t-1.2.tgz && curl -O https://e.com/t-1.2.tgz.sha256 && sha256sum -c t-1.2.tgz.sha256"
    found = inputs(f"FROM scratch\nRUN {run}\n")
    assert [(one.kind, one.grade, one.verified) for one in found] == [
        ("download", "versioned", "published"),
        ("signature", "versioned", ""),
    ]


@pytest.mark.parametrize(
    ("add", "expected"),
    [
        ("https://e.com/latest/a.tgz /", ("download", "https://e.com/latest/a.tgz", "floating")),
        (f"--checksum=sha256:{SHA} https://e.com/a.tgz /", ("download", "https://e.com/a.tgz", "immutable")),
        ("https://e.com/x.git /x", ("source", "https://e.com/x.git", "floating")),
        ("https://e.com/x.git#v1.2.3 /x", ("source", "https://e.com/x.git", "versioned")),
        (f"https://e.com/x.git#{COMMIT}:sub /x", ("source", "https://e.com/x.git", "immutable")),
        ("git@e.com:a/b.git#main /x", ("source", "git@e.com:a/b.git", "floating")),
    ],
)
def test_remote_sources_of_add(add: str, expected: tuple[str, str, str]) -> None:
    (found,) = inputs(f"FROM scratch\nADD {add}\n")
    assert (found.kind, found.name, found.grade) == expected


def test_files_of_the_context_and_of_stages_are_no_inputs() -> None:
    text = "FROM scratch AS a\nFROM scratch\nADD a.tgz /\nCOPY . /\nCOPY --from=a /x /x\nCOPY <<EOF /f\nhi\nEOF\n"
    assert inputs(text, {"a.tgz": ""}) == ()


# -- checkouts


@pytest.mark.parametrize(
    ("run", "version", "grade"),
    [
        ("git clone https://e.com/x.git", "", "floating"),
        ("git clone --recurse-submodules https://e.com/x.git y", "", "floating"),
        ("git clone --depth 1 -b main https://e.com/x.git", "main", "floating"),
        ("git clone --branch v1.2.3 https://e.com/x.git", "v1.2.3", "versioned"),
        (f"git clone https://e.com/x.git && cd x && git checkout {COMMIT}", COMMIT, "immutable"),
        (f"git clone https://e.com/x.git /x && git -C /x checkout -q {COMMIT}", COMMIT, "immutable"),
        (f"git clone https://e.com/x.git /x && cd /x && git reset --hard {COMMIT}", COMMIT, "immutable"),
        ("git clone https://e.com/x.git /x && cd /x && git checkout abc1234", "abc1234", "versioned"),
        (f"git clone --depth 1 https://e.com/x.git . && git fetch --depth 1 origin {COMMIT} && git checkout FETCH_HEAD", COMMIT, "immutable"),
        (f"git init /x && cd /x && git remote add origin https://e.com/x.git && git fetch origin {COMMIT} && git checkout FETCH_HEAD", COMMIT, "immutable"),
        ("git clone https://e.com/x.git && cd x && git checkout $(git describe --tags)", "\0", "floating"),
        (f"git clone https://e.com/x.git /x && cd /x/sub && git checkout {COMMIT}", "", "floating"),
        ("git clone -b $REF https://e.com/x.git", "\0", "unknown"),
        ("git clone https://e.com/x.git /x && cd /x && git checkout -- file", "", "floating"),
    ],
)  # fmt: skip
def test_checkouts(run: str, version: str, grade: str) -> None:
    (found,) = inputs(f"FROM scratch\nWORKDIR /\nRUN {run}\n")
    assert (found.kind, found.name, found.version, found.grade) == ("source", "https://e.com/x.git", version, grade)


def test_a_later_step_may_check_out_what_is_cloned() -> None:
    text = f"FROM scratch\nWORKDIR /x\nRUN git clone https://e.com/x.git .\nRUN git checkout {COMMIT}\n"
    (found,) = inputs(text)
    assert found.grade == "immutable"
    other = text.replace("RUN git checkout", "WORKDIR /y\nRUN git checkout")
    assert [one.grade for one in inputs(other)] == ["floating"]


@pytest.mark.parametrize(
    "run", ["git clone /src /dst", "git clone ./a b", "git submodule update --init", "git config x y"]
)
def test_what_is_no_checkout(run: str) -> None:
    assert of_run(run) == []


# -- packages


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("apt-get install -y a b=1.2-3 c=1.*", [("package", "a", "floating"), ("package", "b", "versioned"), ("package", "c", "floating")]),
        ("apt-get install -y a=$V", [("package", "a", "unknown")]),
        ("apt-get install -y $PKGS", [("package", "$PKGS", "unknown")]),
        ("apt-get -y upgrade", [("upgrade", "apt-get upgrade", "floating")]),
        ("apk add git~=2.45 a=1.2-r0", [("package", "git", "floating"), ("package", "a", "versioned")]),
        ("dnf install -y a-1.2-3.el9 java-11-openjdk nodejs-18.*", [("package", "a", "versioned"), ("package", "java-11-openjdk", "floating"), ("package", "nodejs", "floating")]),
        ("pacman -Syu --noconfirm a b=1.2-3", [("upgrade", "pacman -Syu", "floating"), ("package", "a", "floating"), ("package", "b", "versioned")]),
        ("pip install a 'b>=1' c==1.2 'd==1.*' 'e[x]==2'", [("package", "a", "floating"), ("package", "b", "floating"), ("package", "c", "versioned"), ("package", "d", "floating"), ("package", "e", "versioned")]),
        (f"pip install git+https://e.com/x.git@{COMMIT}", [("source", "https://e.com/x.git", "immutable")]),
        ("pip install git+https://e.com/x.git", [("source", "https://e.com/x.git", "floating")]),
        (f"pip install 'https://e.com/x-1.2.whl#sha256={SHA}'", [("download", "https://e.com/x-1.2.whl", "immutable")]),
        ("npm i -g a b@5 c@1.2.3 @d/e@latest", [("package", "a", "floating"), ("package", "b", "floating"), ("package", "c", "versioned"), ("package", "@d/e", "floating")]),
        ("npm i user/repo#v1.2", [("source", "user/repo", "versioned")]),
        ("gem install a -v 1.2.3", [("package", "a", "versioned")]),
        ("gem install a:1.2 b", [("package", "a", "versioned"), ("package", "b", "floating")]),
        ("cargo install a --version 1.2.3", [("package", "a", "versioned")]),
        ("cargo install a --version 1.2", [("package", "a", "floating")]),
        ("cargo install --git https://e.com/x --tag v1", [("source", "https://e.com/x", "versioned")]),
        ("go install e.com/x/y@v1.2.3 && go run e.com/z/z@latest", [("package", "e.com/x/y", "versioned"), ("package", "e.com/z/z", "floating")]),
        ("conda install -y numpy=1.26 scipy==1.11.4 a=1.2.3=py_0", [("package", "numpy", "floating"), ("package", "scipy", "versioned"), ("package", "a", "versioned")]),
        ("composer require a/b:1.2.3 c/d:^2", [("package", "a/b", "versioned"), ("package", "c/d", "floating")]),
        ("pecl install redis-6.0.2 xdebug", [("package", "redis", "versioned"), ("package", "xdebug", "floating")]),
        ("dotnet tool install -g x --version 1.2.3", [("package", "x", "versioned")]),
        ("npx -y a@1.2.3 b", [("package", "a", "versioned")]),
        ("uvx ruff@0.8.1 check", [("package", "ruff", "versioned")]),
        ("cpanm Web::Simple@0.033 A", [("package", "Web::Simple", "versioned"), ("package", "A", "floating")]),
        ("cpan install CGI", [("package", "CGI", "floating")]),
        ("go get -v e.com/x/y", [("package", "e.com/x/y", "floating")]),
        ("zypper -n in a=1.2", [("package", "a", "versioned")]),
    ],
)  # fmt: skip
def test_packages(run: str, expected: list[tuple[str, str, str]]) -> None:
    assert of_run(run, head="FROM scratch\nWORKDIR /w\n") == expected


def packages(run: str) -> list[tuple[str, str]]:
    return [(one.name, one.grade) for one in inputs(f"FROM scratch\nRUN {run}\n") if one.kind == "package"]


@pytest.mark.parametrize(
    "run",
    [
        # truth/tricky_cases.md 40
        "apt-get install ./x.deb", "apk add x.apk", "pip install /app ./x.whl .", "npm install /app",
        # 43
        "npm run install", "apt-get -s install a", "yarn --version", "npm -v", "pip install --no-index a",
    ],
)  # fmt: skip
def test_what_is_no_package(run: str) -> None:
    assert packages(run) == []


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        # truth/tricky_cases.md 41
        ("apk add --virtual .deps git~=2.45", [("git", "floating")]),
        ("apk -X https://e.com add a=1", [("a", "versioned")]),
        ("apk add --repository https://e.com a=1", [("a", "versioned")]),
        ("npm install --registry https://e.com a@1.0.0", [("a", "versioned")]),
        ("npm install --loglevel verbose a@1.0.0", [("a", "versioned")]),
        ("apt-get -t bookworm-backports install a=1", [("a", "versioned")]),
        # 43
        ("go run x.org/y@v1", [("x.org/y", "versioned")]),
        ("go install x.org/y@latest", [("x.org/y", "floating")]),
    ],
)
def test_values_of_options_are_no_packages(run: str, expected: list[tuple[str, str]]) -> None:
    assert packages(run) == expected


@pytest.mark.parametrize(
    "step",
    [
        "RUN echo 'deb https://snapshot.debian.org/archive/debian/20240101T000000Z bookworm main' > /etc/apt/sources.list",
        "RUN apt-get install -o APT::Snapshot=20240101T000000Z b",
        "COPY <<EOF /etc/apt/sources.list\ndeb http://snapshot.ubuntu.com/ubuntu/20240101T000000Z noble main\nEOF",
    ],
)
def test_a_snapshot_counts_as_a_version(step: str) -> None:
    found = inputs(f"FROM debian:12\n{step}\nRUN apt-get update && apt-get install -y a\n")
    assert [one.grade for one in found if one.name == "a"] == ["versioned"]


# -- repositories and keys


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("add-apt-repository -y ppa:a/b", ("repository", "ppa:a/b", "floating")),
        ("echo 'deb [signed-by=/k] https://e.com/apt stable main' > /etc/apt/sources.list.d/e.list", ("repository", "https://e.com/apt", "floating")),
        ("echo 'deb https://e.com/node_20.x nodistro main' | tee /etc/apt/sources.list.d/n.list", ("repository", "https://e.com/node_20.x", "versioned")),
        ("echo deb https://e.com/apt bookworm main >> /etc/apt/sources.list", ("repository", "https://e.com/apt", "floating")),
        ("echo https://e.com/alpine/edge/main >> /etc/apk/repositories", ("repository", "https://e.com/alpine/edge/main", "floating")),
        ("apk add -X https://e.com/alpine/v3.20/main", ("repository", "https://e.com/alpine/v3.20/main", "floating")),
        ("dnf config-manager --add-repo https://e.com/fedora/e.repo", ("repository", "https://e.com/fedora/e.repo", "floating")),
        ("yum-config-manager --add-repo=https://e.com/9/e.repo", ("repository", "https://e.com/9/e.repo", "versioned")),
        ("zypper ar https://e.com/15.6/ e", ("repository", "https://e.com/15.6/", "versioned")),
        ("rpm --import https://e.com/RPM-GPG-KEY", ("key", "https://e.com/RPM-GPG-KEY", "floating")),
        ("rpm -Uvh https://e.com/x-1.2-3.rpm", ("download", "https://e.com/x-1.2-3.rpm", "versioned")),
        (f"gpg --recv-keys {COMMIT.upper()}", ("key", COMMIT.upper(), "immutable")),
        ("gpg --recv-keys 'EB4C 1BFD 4F04 2F6D DDCC  EC91 7721 F63B D38B 4796'", ("key", "EB4C1BFD4F042F6DDDCCEC917721F63BD38B4796", "immutable")),
        ("curl https://e.com/$(. /etc/os-release; echo $ID)/gpg", ("key", "https://e.com/*/gpg", "floating")),
        ("apt-key adv --keyserver e.com --recv-keys 0x12345678", ("key", "0x12345678", "versioned")),
        (f"for k in {COMMIT} {COMMIT[::-1]}; do gpg --recv-keys $k; done", ("key", "$k", "immutable")),
    ],
)  # fmt: skip
def test_repositories_and_keys(run: str, expected: tuple[str, str, str]) -> None:
    assert of_run(run) == [expected]


def test_a_heredoc_may_hold_repositories() -> None:
    text = "FROM fedora:42\nCOPY <<EOF /etc/yum.repos.d/a.repo\n[a]\nbaseurl=https://e.com/9/\ngpgkey=https://e.com/k\nEOF\n"
    assert [(one.line, one.kind, one.name) for one in inputs(text)[1:]] == [
        (4, "repository", "https://e.com/9/"),
        (5, "key", "https://e.com/k"),
    ]


# -- tools, models and data


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("nvm install 20.11.1", ("tool", "node", "versioned")),
        ("nvm install 20", ("tool", "node", "floating")),
        ("nvm install --lts", ("tool", "node", "floating")),
        ("pyenv install 3.12.1", ("tool", "python", "versioned")),
        ("rustup default stable", ("tool", "rust", "floating")),
        ("rustup toolchain install 1.78.0", ("tool", "rust", "versioned")),
        ("corepack prepare pnpm@9.1.0 --activate", ("tool", "pnpm", "versioned")),
        ("corepack prepare pnpm@latest --activate", ("tool", "pnpm", "floating")),
        ("huggingface-cli download a/b", ("data", "a/b", "floating")),
        (f"hf download a/b --revision {COMMIT}", ("data", "a/b", "immutable")),
        ("hf download a/b --revision main", ("data", "a/b", "floating")),
        ("aws s3 cp s3://b/model.bin /m", ("data", "s3://b/model.bin", "floating")),
        ("aws s3 cp s3://b/model-1.2.bin /m", ("data", "s3://b/model-1.2.bin", "versioned")),
        ("gsutil cp gs://b/m#1712345678901234 /m", ("data", "gs://b/m#1712345678901234", "immutable")),
        ("gcloud storage cp gs://b/m /m", ("data", "gs://b/m", "floating")),
        ("azcopy copy https://a.blob.core.windows.net/c/m /m", ("data", "https://a.blob.core.windows.net/c/m", "floating")),
        ("kaggle datasets download a/b", ("data", "a/b", "floating")),
        ("python -m spacy download en_core_web_sm", ("data", "en_core_web_sm", "floating")),
        ("""python -c "from x import M; M.from_pretrained('a/b')" """, ("data", "a/b", "floating")),
        ("""Rscript -e 'install.packages("ggplot2")'""", ("package", "ggplot2", "floating")),
        ("skopeo copy docker://a/b:1.2 dir:/x", ("image", "a/b:1.2", "versioned")),
        ("amrfinder -u", ("data", "amrfinder -u", "floating")),
        ("freshclam --stdout", ("data", "freshclam", "floating")),
        (f"tb-profiler update_tbdb --commit {COMMIT}", ("data", "tb-profiler update_tbdb", "immutable")),
        ("tb-profiler update_tbdb --commit $C", ("data", "tb-profiler update_tbdb", "unknown")),
        ("datasets download genome accession GCF_900119765.1", (
            "data", "datasets download genome accession GCF_900119765.1", "versioned")),
        ("nextclade dataset get --name x -o y", ("data", "nextclade dataset get", "floating")),
        ("asdf plugin-add x https://e.com/x.git", ("source", "https://e.com/x.git", "floating")),
        ("asdf plugin add x", ("tool", "x", "floating")),
        ("asdf install x 1.2.3", ("tool", "x", "versioned")),
        ("colcon mixin add default https://e.com/main/x.yaml", ("download", "https://e.com/main/x.yaml", "floating")),
        ("elasticsearch-plugin install analysis-icu", ("package", "analysis-icu", "floating")),
        ("poetry add flask==3.0", ("package", "flask", "versioned")),
        ("poetry add flask@^3", ("package", "flask", "floating")),
        ("composer global require a/b", ("package", "a/b", "floating")),
        ("dnf module install nodejs:18", ("package", "nodejs", "floating")),
        ("uv tool install ruff@0.5.0", ("package", "ruff", "versioned")),
        ("pip download --no-deps flask==3.0", ("package", "flask", "versioned")),
        ("apt-get source x=1.2", ("package", "x", "versioned")),
        ("xx-apk add --no-cache musl-dev", ("package", "musl-dev", "floating")),
        ("xargs apt-get install -y < packages.txt", ("package", "what xargs reads", "unknown")),
        ("cat x | xargs -r apk add", ("package", "what xargs reads", "unknown")),
        ("luarocks install x 1.0", ("package", "x", "versioned")),
        ("opam install x.1.2", ("package", "x", "versioned")),
        ("pecl install xdebug-3.1", ("package", "xdebug", "versioned")),
        ("tfenv install 1.5", ("tool", "terraform", "versioned")),
        ("cabal install x-1.2", ("package", "x", "versioned")),
        ("deno install -g npm:x@1.2.3", ("package", "npm:x", "versioned")),
        ("deno cache https://e.com/a@1.2/mod.ts", ("download", "https://e.com/a@1.2/mod.ts", "versioned")),
        ("mvn -B dependency:get -Dartifact=a:b:1.2", ("package", "a:b", "versioned")),
        ("mvn dependency:get -Dartifact=a:b:LATEST", ("package", "a:b", "floating")),
        ("npx playwright install chromium", ("tool", "chromium", "floating")),
        ("yarn playwright install", ("tool", "playwright install", "floating")),
        ("poetry run playwright install --with-deps", ("tool", "playwright install", "floating")),
        ("npx @puppeteer/browsers install chrome@1.2.3.4 --path /x", ("tool", "chrome", "versioned")),
        ("yarn set version 4.1.0", ("tool", "yarn", "versioned")),
        ("west init -m https://e.com/x --mr v1.2 w", ("source", "https://e.com/x", "versioned")),
        ("repo init -u https://e.com/x", ("source", "https://e.com/x", "floating")),
        ("git clone --branch=v1.0 https://e.com/x", ("source", "https://e.com/x", "versioned")),
        (f"git clone --revision {COMMIT} https://e.com/x", ("source", "https://e.com/x", "immutable")),
        ("dnf copr enable -y a/b", ("repository", "a/b", "floating")),
        ("python3 -W ignore::W -m nltk.downloader -d /x punkt", ("data", "punkt", "floating")),
        ("""Rscript -e "remotes::install_git('https://e.com/x.git', ref = 'v1')" """, (
            "source", "https://e.com/x.git", "versioned")),
        ("jenkins-plugin-cli --plugins git:1.2.3", ("package", "git", "versioned")),
    ],
)  # fmt: skip
def test_tools_and_data(run: str, expected: tuple[str, str, str]) -> None:
    assert of_run(run) == [expected]


@pytest.mark.parametrize(
    "run",
    [
        "aws s3 cp /m s3://b/m", "gsutil cp /m gs://b/m", "aws s3 ls s3://b", "rustup show", "prefetch -h",
        "dnf module enable -y nodejs:18", "dnf module disable php", "cargo chef prepare --recipe-path r.json",
        "amrfinder --help", "amrfinder -n x.fa", "datasets summary genome taxon x", "tb-profiler profile -1 x",
    ],
)  # fmt: skip
def test_what_goes_out_is_no_input(run: str) -> None:
    assert of_run(run) == []


def test_package_json_says_the_version_that_corepack_fetches() -> None:
    text = "FROM scratch\nWORKDIR /a\nCOPY package.json .\nRUN corepack enable\nRUN pnpm -v\n"
    assert [(one.name, one.grade) for one in inputs(text, {"package.json": '{"packageManager": "pnpm@9.1.0"}'})] == [
        ("pnpm", "versioned")
    ]
    hashed = {"package.json": '{"packageManager": "pnpm@9.1.0+sha512.abc"}'}
    assert [one.grade for one in inputs(text, hashed)] == ["immutable"]
    assert [one.grade for one in inputs(text, {"package.json": "{}"})] == ["floating"]
    assert [one.grade for one in inputs(text)] == ["unknown"]
    assert [one.grade for one in inputs(text.replace("COPY package.json .", "LABEL a=b"), hashed)] == ["floating"]


def test_corepack_fetches_at_the_first_call() -> None:
    text = "FROM scratch AS a\nRUN corepack enable\nFROM a AS b\n{}FROM b\nRUN {}\n"

    def found(between: str, last: str) -> list[tuple[int, str]]:
        return [(one.line, one.name) for one in inputs(text.format(between, last))]

    assert found("", "true") == []
    assert found("", "pnpm -v") == [(2, "pnpm")]
    assert found("", "yarn -v && pnpm -v") == [(2, "pnpm and yarn")]
    assert found("RUN corepack enable pnpm\n", "yarn -v && pnpm -v") == [(4, "pnpm")]


def test_options_in_a_variable() -> None:
    text = 'FROM scratch\nWORKDIR /a\nCOPY . .\nARG O="--frozen --no-dev"\nRUN uv sync $O $G\n'
    (found,) = inputs(text, {"uv.lock": UV_LOCK, "pyproject.toml": "[project]\nname = 'x'\n"})
    assert (found.name, found.grade, found.enforced) == ("uv.lock", "locked", True)


@pytest.mark.parametrize(
    "check",
    [
        f"""find / -exec sh -c 'md5sum "$1"' -- {{}} ';' && echo {SHA}""",
        f"md5sum other && echo {SHA}",
        f"echo {SHA} other.c | sha256sum -c",
        f"echo {SHA} Makefile | sha256sum -c",
        f"openssl list -providers && echo {SHA}",
        '[ "$S" = dev-mode ] || echo "dev-mode */x" | sha256sum -c -',
    ],
)
def test_what_verifies_nothing(check: str) -> None:
    text = f"FROM scratch\nRUN curl -fo /x https://e.com/x-1.2.tgz && {check}\n"
    assert [(one.grade, one.verified) for one in inputs(text)] == [("versioned", "")]


def test_a_signature_is_no_key() -> None:
    run = (
        "curl -fO https://e.com/gosu-1.2 && curl -fO https://e.com/gosu-1.2.asc && curl -fO https://e.com/gosu-1.3.asc"
    )
    assert [one.kind for one in inputs(f"FROM scratch\nRUN {run}\n")] == ["download", "signature", "key"]


@pytest.mark.parametrize(
    ("url", "kind", "grade"),
    [
        ("https://e.com/config/debian/11/x-prod.deb", "download", "floating"),
        ("https://e.com/ubuntu/22.04/x_1.2_amd64.deb", "download", "versioned"),
        ("https://e.com/config/debian/12/prod.list", "repository", "floating"),
        ("https://e.com/rpm/el/9/x.repo", "repository", "floating"),
        ("https://e.com/ubuntu18/2.x/updates/2.7.6.0/x.list", "repository", "versioned"),
        ("https://e.com/setup_20.x", "download", "floating"),
    ],
)
def test_the_release_of_a_distribution_is_no_version(url: str, kind: str, grade: str) -> None:
    assert of_run(f"curl -fO {url}") == [(kind, url, grade)]


def test_a_placeholder_for_a_url() -> None:
    text = "FROM scratch\nARG U=%%SITE%%/%%FILE%%\nRUN curl -fO $U\n"
    assert [(one.kind, one.grade, one.line) for one in inputs(text)] == [("download", "unknown", 3)]


def test_npx_before_any_install_fetches() -> None:
    text = "FROM node:22\nWORKDIR /a\nCOPY x/package.json ./\n{}RUN npx turbo prune\n"
    assert [one.name for one in inputs(text.format(""))] == ["node:22", "turbo"]
    assert [one.name for one in inputs(text.format("RUN npm ci\n"))] == ["node:22", "package-lock.json"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"ARG PY=python:3.12.9-slim@sha256:{SHA}\nFROM ${{PY}}\n",
            [(2, f"python:3.12.9-slim@sha256:{SHA}", "immutable")],
        ),
        ("ARG B=ubuntu\nFROM $B\n", [(2, "ubuntu", "floating")]),
        (
            "FROM a:1 AS base-amd64\nFROM b:1 AS base-arm64\nARG TARGETARCH\nFROM base-${TARGETARCH}\n",
            [(1, "a:1", "versioned"), (2, "b:1", "versioned")],
        ),
        ("ARG BASE\nFROM ${BASE:-debian:12}\n", [(2, "debian:12", "versioned")]),
        ("FROM localhost:5000/img\n", [(1, "localhost:5000/img", "floating")]),
        ("FROM debian:12 AS latest\nFROM latest\n", [(1, "debian:12", "versioned")]),
    ],
    ids=["14-pinned", "14-variable", "16", "17", "19", "20"],
)
def test_tricky_cases(text: str, expected: list[tuple[int, str, str]]) -> None:
    """The cases of truth/tricky_cases.md on FROM and ARG, as inputs."""
    assert [(one.line, one.name, one.grade) for one in inputs(text)] == expected


@pytest.mark.parametrize("name", ["%%BASE%%", "{{base}}", "a/{{name}}:1.2", "debian:@VERSION@"])
def test_a_placeholder_says_nothing(name: str) -> None:
    assert [(one.kind, one.grade) for one in inputs(f"FROM {name}\n")] == [("image", "unknown")]


POM = "<project><groupId>g</groupId><version>1-SNAPSHOT</version><dependencies>{}</dependencies></project>"


@pytest.mark.parametrize(
    ("dependency", "grade"),
    [
        ("<groupId>a</groupId><version>1.2</version>", "versioned"),
        ("<groupId>g</groupId><version>1-SNAPSHOT</version>", "versioned"),
        ("<groupId>a</groupId><version>1-SNAPSHOT</version>", "floating"),
        ("<groupId>a</groupId><version>[1,2)</version>", "floating"),
        ("<groupId>a</groupId><version>LATEST</version>", "floating"),
    ],
)
def test_the_own_version_of_a_pom_is_no_range(dependency: str, grade: str) -> None:
    pom = POM.format(f"<dependency>{dependency}</dependency>")
    (found,) = inputs("FROM scratch\nWORKDIR /a\nCOPY . .\nRUN mvn package\n", {"pom.xml": pom})
    assert found.grade == grade


def test_a_wrapper_fetches_its_distribution() -> None:
    text = "FROM scratch\nWORKDIR /a\nCOPY . .\nRUN ./gradlew build\nRUN ./gradlew test\n"
    properties = "distributionUrl=https\\://e.com/gradle-8.8-bin.zip\n"
    files = {"gradle/wrapper/gradle-wrapper.properties": properties, "build.gradle": "x"}
    assert [(one.kind, one.name, one.grade) for one in inputs(text, files)] == [
        ("dependencies", "build.gradle", "versioned"),
        ("tool", "https://e.com/gradle-8.8-bin.zip", "versioned"),
    ]
    files["gradle/wrapper/gradle-wrapper.properties"] += f"distributionSha256Sum={SHA}\n"
    assert inputs(text, files)[1].grade == "immutable"


# -- PowerShell and cmd


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("Invoke-WebRequest -Uri https://e.com/a-1.2.zip -OutFile a.zip", ("download", "https://e.com/a-1.2.zip", "versioned")),
        ("Invoke-WebRequest $('https://e.com/a-{0}.zip' -f $env:V) -OutFile a.zip", ("download", "https://e.com/a-1.2.zip", "versioned")),
        ("(New-Object Net.WebClient).DownloadFile($env:U, 'a.zip')", ("download", "https://e.com/latest/a.zip", "floating")),
        ("iex ((New-Object Net.WebClient).DownloadString('https://e.com/i.ps1'))", ("script", "https://e.com/i.ps1", "floating")),
        (f"iwr https://e.com/a -OutFile a; if ((Get-FileHash a).Hash -ne '{SHA}') {{ exit 1 }}", ("download", "https://e.com/a", "immutable")),
        ("choco install -y git --version 2.40.0", ("package", "git", "versioned")),
        ("Install-Module Pester -Force", ("package", "Pester", "floating")),
        ("npm install -g a", ("package", "a", "floating")),
    ],
)  # fmt: skip
def test_powershell(run: str, expected: tuple[str, str, str]) -> None:
    head = 'FROM mcr.microsoft.com/windows/servercore:ltsc2022\nSHELL ["powershell", "-Command"]\nENV V=1.2 U=https://e.com/latest/a.zip\n'
    assert of_run(run, head=head)[1:] == [expected]


# -- what is not looked at


@pytest.mark.parametrize(
    ("run", "scripts"),
    [
        ("./build.sh --fast", ("s/build.sh",)), ("bash build.sh && sh /a/build.sh", ("s/build.sh",)), ("/a/build.sh", ("s/build.sh",)),
        ("echo build.sh", ()), ("bash -c 'echo hi'", ()), ("/usr/bin/apt-get update", ()), ("cat build.sh", ()), ("./gone.sh", ()),
    ],
)  # fmt: skip
def test_scripts_of_the_context_are_named(run: str, scripts: tuple[str, ...]) -> None:
    text = f"FROM scratch\nWORKDIR /a\nCOPY s .\nRUN {run}\n"
    assert models(text, {"s/build.sh": "curl https://e.com\n"}).inputs.scripts() == scripts


# -- robustness

_PIECES = [
    "apt-get install", "-y", "a=1", "$X", "${Y:-z}", "\"$(cat f)\"", "&&", "|", "curl -fsSL", "https://e.com/$V/x", "sh", ";",
    "git clone", "-b", "git checkout", "echo deb https://e.com a b >", "/etc/apt/sources.list", "npm ci", "pip install -r r.txt",
    "for f in a b; do", "done", "{", "}", "'", "cargo install --git", "npx", "go run x.y/z@", "aws s3 cp s3://a", "gpg --recv-keys",
    "./gradlew", "python -c \"x.from_pretrained('a')\"", "@", "\0", "\u00e9", "conda env create -f", "<<EOF", "=", "#",
]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=12), st.booleans())
def test_whatever_a_run_says_the_model_answers(pieces: list[str], windows: bool) -> None:
    head = 'FROM x\nSHELL ["powershell"]\n' if windows else "FROM x\n"
    syntax = parse(Source("Dockerfile", f"{head}RUN {' '.join(pieces)}\n".encode("utf-8", "surrogateescape")))
    context = Context(MemoryTree({"r.txt": "a\n-r r.txt\n", "package.json": "[", "package-lock.json": "{}"}))
    for one in Models(build(syntax), lambda: context).inputs.all(unneeded=True):
        assert one.grade in GRADES
        assert one.why
        assert one.token.start.line >= 1


def test_a_step_without_network_takes_nothing() -> None:
    assert of_run("--network=none apt-get install a") == []
