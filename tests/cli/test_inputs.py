"""`fairlead inputs`: the list, its formats, the exit status, and what a user may give."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from .conftest import ROOT, Run

FIXTURES = ROOT / "fixtures"
DIGEST = "sha256:" + "ab" * 32
TEXT = f"""\
FROM python AS build
RUN apt-get update && apt-get install -y gcc git=1.2 make
COPY requirements.txt .
RUN pip install -r requirements.txt
FROM debian:12@{DIGEST}
COPY --from=build /x /x
"""


@pytest.fixture
def app(project: Path) -> Path:
    (project / "Dockerfile").write_text(TEXT)
    (project / "requirements.txt").write_text("flask==3.1.0\njinja2\n")
    return project


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["cuda-pytorch/Dockerfile", "go-service/Dockerfile.expert", "node-app/Dockerfile"])
def test_the_list(
    run: Run, snapshot: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch, name: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    status, out, err = run("inputs", FIXTURES / name)
    assert (status, err) == (0, "")
    assert max(len(line) for line in out.splitlines()) <= width
    snapshot(f"inputs-{name.replace('/', '-')}-{width}.txt", out)


def test_the_loosest_come_first_and_packages_of_a_command_share_a_line(run: Run, app: Path) -> None:
    out = run("inputs", "Dockerfile").out.splitlines()
    assert out[:4] == [
        "floating (4): the next build can get something else",
        "  1  image         python                 no tag, so it is latest",
        "  2  package       apt-get: gcc, make     no version",
        "  4  dependencies  pip: requirements.txt  1 of 2 requirements without a fixed version, such as jinja2",
    ]
    assert [line.split(" ")[0] for line in out if "): " in line] == ["floating", "versioned", "immutable"]
    assert out[-2:] == [
        "Not repeatable: 1 of 6 inputs is fixed by content.",
        "4 can change with every build and 1 when somebody moves a name or replaces a file.",
    ]


def test_one_input_is(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM redis:5.0\n")
    assert "0 of 1 input is fixed by content." in run("inputs", "Dockerfile").out.splitlines()


LONG = "https://downloads.example.com/" + "directory/" * 12 + "program-1.2.3.tar.gz"


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_nothing_is_cut_but_lists(run: Run, app: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    (app / "Dockerfile").write_text(f"FROM a\nCOPY . .\nRUN curl -O {LONG}\nRUN uv sync\n")
    (app / "uv.lock").write_text("version = 1\n")
    (app / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\ndependencies = ['jinja2']\n")
    monkeypatch.setenv("COLUMNS", str(width))
    out = run("inputs", "Dockerfile").out
    assert max(len(line) for line in out.splitlines()) <= width
    assert "..." not in out
    assert LONG.removeprefix("https://") in re.sub(r"\n +", "", out)
    assert "uv sync may rewrite it; uv sync --locked does not" in re.sub(r"\s+", " ", out)


def test_a_program_finds_one_line_for_each(run: Run, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    packages = [f"package-{number}" for number in range(40)]
    (app / "Dockerfile").write_text(f"FROM a\nRUN curl -O {LONG}\nRUN apk add {' '.join(packages)}\n")
    out = run("inputs", "Dockerfile").out.splitlines()
    assert [line for line in out if LONG.removeprefix("https://") in line and line.endswith("no checksum")]
    assert [line for line in out if f"apk: {', '.join(packages)}  no version" in line]


def test_colours(run: Run, app: Path) -> None:
    assert "\x1b[" not in run("inputs", "Dockerfile").out
    assert "\x1b[" in run("inputs", "Dockerfile", "--color", "always").out


def test_a_build_that_is_repeatable(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text(f"FROM debian:12@{DIGEST}\n")
    assert run("inputs", "Dockerfile").out.endswith("Repeatable: every input (1) is fixed by its content.\n")
    (project / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    assert run("inputs", "Dockerfile").out == "Nothing comes from outside.\n"


@pytest.mark.parametrize(
    ("text", "grade", "status"),
    [
        ("FROM a\n", "floating", 1),
        ("FROM a:1\n", "floating", 0),
        ("FROM a:1\n", "unknown", 0),
        ("ARG X\nFROM $X\n", "floating", 0),
        ("ARG X\nFROM $X\n", "unknown", 1),
        ("ARG X\nFROM $X\n", "versioned", 1),
        ("FROM a:1\n", "versioned", 1),
        (f"FROM a:1@{DIGEST}\n", "locked", 0),
        (f"FROM a AS unused\nFROM a:1@{DIGEST}\n", "floating", 0),
    ],
)
def test_a_grade_fails_the_run(run: Run, project: Path, text: str, grade: str, status: int) -> None:
    (project / "Dockerfile").write_text(text)
    assert run("inputs", "Dockerfile").status == 0
    assert run("inputs", "Dockerfile", "--fail-on-grade", grade).status == status
    assert run("inputs", "Dockerfile", "--fail-on-grade", grade, "--output-format", "json").status == status


def test_json(run: Run, app: Path) -> None:
    document: dict[str, Any] = json.loads(run("inputs", "Dockerfile", "--output-format", "json").out)
    assert document["dockerfile"] == "Dockerfile"
    assert document["target"] == "1"
    assert document["summary"] == {
        "inputs": 6, "floating": 4, "unknown": 0, "versioned": 1, "locked": 0, "immutable": 1, "left_out": 0,
    }  # fmt: skip
    assert [(one["line"], one["kind"], one["name"], one["grade"]) for one in document["inputs"]] == [
        (1, "image", "python", "floating"),
        (2, "package", "gcc", "floating"),
        (2, "package", "git", "versioned"),
        (2, "package", "make", "floating"),
        (4, "dependencies", "requirements.txt", "floating"),
        (5, "image", f"debian:12@{DIGEST}", "immutable"),
    ]
    git = document["inputs"][2]
    assert (git["manager"], git["version"], git["stage"], git["ranges"]) == (
        "apt-get", "1.2", "build",
        [{"start": {"line": 2, "column": 46}, "end": {"line": 2, "column": 53}}],
    )  # fmt: skip
    assert document["inputs"][5]["digest"] == DIGEST
    assert (document["inputs"][4]["file"], document["inputs"][4]["packages"]) == ("requirements.txt", 2)


@pytest.mark.parametrize("name", ["cuda-pytorch/Dockerfile", "node-app/Dockerfile.expert", "python-web/Dockerfile"])
def test_cyclonedx_follows_its_schema(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    status, out, err = run("inputs", FIXTURES / name, "--output-format", "cyclonedx")
    assert (status, err) == (0, "")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(out) is None
    assert run("inputs", FIXTURES / name, "--output-format", "cyclonedx").out == out


def test_cyclonedx_holds_every_input_and_the_packages_of_lockfiles(run: Run) -> None:
    dockerfile = FIXTURES / "node-app" / "Dockerfile.expert"
    document: dict[str, Any] = json.loads(run("inputs", dockerfile, "--output-format", "cyclonedx").out)
    components = sorted(document["components"], key=lambda one: one["bom-ref"])
    assert [one["name"].partition("@")[0] for one in components] == [
        "docker/dockerfile:1", "node:22.16.0-bookworm-slim", "package-lock.json", "package-lock.json",
    ]  # fmt: skip
    image, lock = components[1], components[2]
    assert image["type"] == "container"
    assert image["hashes"] == [{"alg": "SHA-256", "content": image["name"].rpartition(":")[2]}]
    assert image["purl"].startswith("pkg:oci/node@sha256")
    inner = {one["name"]: one for one in lock["components"]}
    assert inner["express"]["purl"].startswith("pkg:npm/express@5.")
    assert inner["express"]["hashes"][0]["alg"] == "SHA-512"
    assert len(inner["express"]["hashes"][0]["content"]) == 128
    assert {one["name"]: one["value"] for one in lock["properties"]}["fairlead:grade"] == "locked"


def test_build_arguments_target_and_named_contexts(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("ARG V\nFROM a:$V AS one\nFROM b AS two\nCOPY --from=lib / /\n")
    (project / "lib").mkdir()

    def names(*arguments: str) -> list[tuple[str, str]]:
        document = json.loads(run("inputs", "Dockerfile", "--output-format", "json", *arguments).out)
        return [(one["name"], one["grade"]) for one in document["inputs"]]

    assert names() == [("b", "floating"), ("lib", "floating")]
    assert names("--target", "one") == [("a:*", "unknown")]
    assert names("--target", "one", "--build-arg", "V=1.2") == [("a:1.2", "versioned")]
    assert names("--build-context", "lib=lib") == [("b", "floating"), ("lib", "unknown")]
    assert names("--build-context", f"lib=docker-image://c@{DIGEST}")[1] == (f"c@{DIGEST}", "immutable")


def test_what_the_target_does_not_need_is_said(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM a AS unused\nRUN apk add x\nFROM b:1\n")
    assert run("inputs", "Dockerfile").err == (
        "note: left out: 2 inputs of stages that the target does not need (unused)\n"
    )


def test_scripts_that_are_not_looked_at_are_named(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text(
        "FROM scratch\nWORKDIR /a\nCOPY *.sh .\nRUN ./a.sh && ./b.sh && ./c.sh && ./d.sh\n"
    )
    for name in "abcd":
        (project / f"{name}.sh").write_text("x\n")
    assert run("inputs", "Dockerfile").err == (
        "note: not looked at: what scripts of the build context fetch (a.sh, b.sh, c.sh and 1 more)\n"
    )


def test_another_context(run: Run, project: Path) -> None:
    (project / "docker").mkdir()
    (project / "docker" / "Dockerfile").write_text("FROM scratch\nWORKDIR /a\nCOPY r.txt .\nRUN pip install -r r.txt\n")
    (project / "r.txt").write_text("a==1\n")
    found = run("inputs", "docker/Dockerfile")
    assert (
        found.err
        == "note: the build context is taken to be ., where the sources of COPY are; --context says otherwise\n"
    )
    given = run("inputs", "docker/Dockerfile", "--context", ".")
    assert given.err == ""
    assert given.out == found.out
    assert "1 of 1 requirement without a hash" in given.out
    assert "not in the build context" in run("inputs", "docker/Dockerfile", "--context", "docker").out
    (project / "r.txt").unlink()
    guessed = run("inputs", "docker/Dockerfile")
    assert "not in the build context" in guessed.out
    assert guessed.err == "note: r.txt: not in docker, which is taken for the build context; --context names another\n"


def test_standard_input(project: Path, program: Callable[..., Any]) -> None:
    ended = program("inputs", "-", stdin=b"FROM a\nCOPY . .\nRUN npm install\n")
    assert ended.returncode == 0
    assert b"npm: package.json  the build context is not known" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gone",), "error: gone: can't be read: No such file or directory\n"),
        (("Dockerfile", "--context", "gone"), "error: gone: the build context is no directory\n"),
        (("Dockerfile", "--context", "Dockerfile"), "error: Dockerfile: the build context is no directory\n"),
        (("Dockerfile", "--build-context", "x=gone"), "error: gone: the named context x is no directory\n"),
        (("Dockerfile", "--target", "gone"), "error: target stage 'gone' could not be found (stages: build)\n"),
        (("refused",), "error: refused:1: the builder refuses the file: unknown instruction: NONSENSE\n"),
        (("binary",), "error: binary: "),
    ],
)
def test_what_cannot_be_answered(run: Run, app: Path, arguments: tuple[str, ...], message: str) -> None:
    (app / "refused").write_text("NONSENSE\n")
    (app / "binary").write_bytes(b"\0\0\0")
    status, out, err = run("inputs", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("inputs",), ("inputs", "Dockerfile", "--fail-on-grade", "bad"), ("inputs", "Dockerfile", "--output-format", "xml"),
        ("inputs", "Dockerfile", "--build-context", "x"), ("inputs", "Dockerfile", "--build-arg", "=x"), ("inputs", "a", "b"),
    ],
)  # fmt: skip
def test_usage_errors(run: Run, app: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).status == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("package-lock.json", b"{", "can't be read: it is not well-formed"),
        ("package-lock.json", b"\xff\xfe\0", "can't be read: it is not well-formed"),
        ("package-lock.json", b"[" * 200_000, "can't be read: it is nested too deeply"),
    ],
)
def test_a_broken_lockfile_is_said_and_the_rest_is_listed(
    run: Run, project: Path, name: str, content: bytes, said: str
) -> None:
    (project / "Dockerfile").write_text("FROM a\nWORKDIR /x\nCOPY . .\nRUN npm ci\n")
    (project / "package.json").write_text('{"dependencies": {"a": "1"}}')
    (project / name).write_bytes(content)
    status, out, err = run("inputs", "Dockerfile")
    assert (status, err) == (0, "")
    assert said in out
    assert "no tag, so it is latest" in out


def test_a_refused_dockerignore(run: Run, app: Path) -> None:
    (app / ".dockerignore").write_text("a\n[\n")
    status, out, err = run("inputs", "Dockerfile")
    assert (status, out) == (2, "")
    assert ".dockerignore" in err


def test_names_that_would_move_the_cursor_are_made_harmless(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_bytes(b"FROM a\nRUN curl -O https://e.com/\x1b[2J\xff/x-1.2.tgz\n")
    for form in ("text", "json", "cyclonedx"):
        status, out, err = run("inputs", "Dockerfile", "--output-format", form)
        assert (status, err) == (0, "")
        assert "\x1b" not in out
