"""`fairlead cache`: what is taken from the cache, compared with what."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run

DOCKERFILE = """\
FROM python:3.13
WORKDIR /app
ARG VERSION=1
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY src src
RUN python -m compileall src
"""

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def app(project: Path) -> Path:
    (project / "src").mkdir()
    (project / "Dockerfile").write_text(DOCKERFILE)
    (project / "requirements.txt").write_text("flask==3.1.0\n")
    (project / "src" / "main.py").write_text("print(1)\n")
    return project


def git(*arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], check=True, capture_output=True, env={**os.environ, **identity, **plain})


@pytest.fixture
def committed(app: Path) -> Path:
    (app / ".gitignore").write_text("*.log\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    return app


def document(run: Run, *arguments: str, notes: str = "") -> dict[str, Any]:
    status, out, err = run("cache", "Dockerfile", "--output-format", "json", *arguments)
    assert (status, err) == (0, notes)
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def verdicts(run: Run, *arguments: str, notes: str = "") -> dict[int, str]:
    return {step["line"]: step["verdict"] for step in document(run, *arguments, notes=notes)["steps"]}


def test_what_the_keys_depend_on(run: Run, app: Path) -> None:
    status, out, err = run("cache", "Dockerfile")
    assert (status, err) == (0, "")
    assert out == (
        "2  WORKDIR /app\n"
        "   base: python:3.13\n"
        "4  COPY requirements.txt .\n"
        "   files: requirements.txt: 1 file, 13 bytes\n"
        "5  RUN pip install -r requirements.txt\n"
        "   environment: VERSION\n"
        "6  COPY src src\n"
        "   files: src: 1 file, 9 bytes\n"
        "7  RUN python -m compileall src\n"
        "   environment: VERSION\n"
        "\n"
        "5 steps make layers. Each depends on the step above it in its stage, too.\n"
    )
    steps = document(run)["steps"]
    assert steps[1]["depends_on"][0] == {"part": "files", "detail": "requirements.txt: 1 file, 13 bytes", "line": None}
    assert "verdict" not in steps[0]


def test_what_if_files_change(run: Run, app: Path) -> None:
    cached = dict.fromkeys((2, 4, 5, 6, 7), "cached")
    assert verdicts(run, "--changed", "README.md") == cached
    assert verdicts(run, "--changed", "src/main.py") == {**cached, 6: "rebuilt", 7: "rebuilt"}
    assert verdicts(run, "--changed", "src") == {**cached, 6: "rebuilt", 7: "rebuilt"}
    assert verdicts(run, "--changed", "src/new.py") == {**cached, 6: "rebuilt", 7: "rebuilt"}
    assert verdicts(run, "--changed", ".")[4] == "rebuilt"
    found = document(run, "--changed", "src/main.py")
    assert found["summary"] == {"steps": 5, "cached": 3, "rebuilt": 2, "unknown": 0}
    assert found["steps"][3]["reasons"] == [{"part": "files", "detail": "src/main.py", "line": None}]
    assert found["steps"][4]["reasons"][0]["line"] == 6


@pytest.mark.parametrize(
    ("old", "new", "line", "reasons"),
    [
        ("compileall src", "compileall  src", 7, ["command: only blanks differ, which count"]),
        (
            "compileall src",
            "compileall -q src",
            7,
            ["command: python -m compileall src -> python -m compileall -q src"],
        ),
        ("COPY src src", "COPY src /opt", 6, ["the destination: /app/src -> /opt"]),
        ("COPY src src", "COPY --chown=5 --exclude=*.md src src", 6, ["--chown: none -> 5; --exclude: none -> *.md"]),
        ("COPY src src", "COPY --link=true src src", 6, ["--link: no -> yes"]),
        ("RUN pip", "RUN --network=none pip", 5, ["--network: default -> none"]),
        ("RUN pip", "RUN --mount=target=/m pip", 5, ["mounts: none -> --mount=target=/m"]),
        ("WORKDIR /app", "WORKDIR /srv", 2, ["command: /app -> /srv"]),
        ("WORKDIR /app", "USER 5\nWORKDIR /app", 3, ["user: none -> 5"]),
        ("python:3.13", "python:3.14", 2, ["base: python:3.13 -> python:3.14"]),
        ("VERSION=1", "VERSION=1 OTHER=2", 5, ["arguments: OTHER: unset -> '2'"]),
        (
            "pip install -r requirements.txt",
            "pip install --quiet --disable-pip-version-check --no-compile --prefer-binary --upgrade -r requirements.txt",
            5,
            ["pip install -r requirements.txt -> pip install --quiet --disable"],
        ),
    ],
)
def test_why_in_words(run: Run, app: Path, old: str, new: str, line: int, reasons: list[str]) -> None:
    shutil.copytree(app, app / "then")
    (app / "Dockerfile").write_text(DOCKERFILE.replace(old, new))
    found = {step["line"]: step["reasons"] for step in document(run, "--before", "then")["steps"]}
    said = [f"{reason['part']}: {reason['detail']}" for reason in found[line]]
    assert all(any(words in one for one in said) for words in reasons), said


def test_a_long_instruction_takes_two_lines(run: Run, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    (app / "Dockerfile").write_text("FROM a\nRUN " + "apt-get update && " * 9 + "true\n")
    out = run("cache", "Dockerfile").out
    assert out.startswith(
        "2  RUN apt-get update && apt-get update && apt-get\n     update && apt-get update && apt-get ...\n"
    )


def test_a_report_for_a_person(run: Run, app: Path) -> None:
    out = run("cache", "Dockerfile", "--changed", "requirements.txt").out
    assert (
        "2  cached    WORKDIR /app\n4  rebuilt   COPY requirements.txt .\n             files: requirements.txt\n" in out
    )
    assert out.endswith("\n1 of 5 steps cached, 4 rebuilt.\n")
    assert "\x1b[" in run("cache", "Dockerfile", "--changed", "src", "--color", "always").out


def test_an_earlier_directory(run: Run, app: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    earlier = tmp_path_factory.mktemp("earlier")
    shutil.copytree(app, earlier, dirs_exist_ok=True)
    assert set(verdicts(run, "--before", str(earlier)).values()) == {"cached"}
    (earlier / "Dockerfile").write_text(DOCKERFILE.replace("compileall src", "compileall  src"))
    assert verdicts(run, "--before", str(earlier)) == {2: "cached", 4: "cached", 5: "cached", 6: "cached", 7: "rebuilt"}
    (earlier / "requirements.txt").write_text("flask==3.0.0\n")
    assert verdicts(run, "--before", str(earlier))[4] == "rebuilt"


def test_build_arguments(run: Run, app: Path) -> None:
    assert set(verdicts(run, "--before-build-arg", "VERSION=1").values()) == {"cached"}
    found = document(run, "--before-build-arg", "VERSION=1", "--build-arg", "VERSION=2")
    assert {step["line"] for step in found["steps"] if step["verdict"] == "rebuilt"} == {5, 6, 7}
    assert found["steps"][2]["reasons"][0] == {"part": "arguments", "detail": "VERSION: '1' -> '2'", "line": None}
    assert verdicts(run, "--before", ".", "--build-arg", "VERSION=2")[5] == "rebuilt"
    assert verdicts(run, "--before", ".", "--build-arg", "VERSION=1")[5] == "cached"
    assert verdicts(run, "--before", ".", "--before-build-arg", "VERSION=2")[5] == "rebuilt"
    assert verdicts(run, "--changed", "src", "--build-arg", "VERSION=2")[5] == "cached"


@needs_git
def test_a_commit(run: Run, committed: Path) -> None:
    assert set(verdicts(run, "--against", "HEAD").values()) == {"cached"}
    (committed / "src" / "debug.log").write_text("git ignores this\n")
    (committed / "requirements.txt").touch()
    assert set(verdicts(run, "--against", "HEAD").values()) == {"cached"}
    (committed / "src" / "new.py").write_text("\n")
    found = document(run, "--against", "HEAD")
    assert found["steps"][3]["reasons"] == [{"part": "files", "detail": "src/new.py", "line": None}]
    git("add", ".")
    git("commit", "-qm", "second")
    (committed / "src" / "main.py").chmod(0o755)
    assert verdicts(run, "--against", "HEAD")[6] == "rebuilt"
    (committed / "src" / "main.py").chmod(0o664)
    assert set(verdicts(run, "--against", "HEAD").values()) == {"cached"}
    assert verdicts(run, "--against", "HEAD~1")[6] == "rebuilt"
    (committed / "Dockerfile").write_text(DOCKERFILE.replace("VERSION=1", "VERSION=2"))
    assert verdicts(run, "--against", "HEAD")[5] == "rebuilt"


@needs_git
def test_a_commit_with_a_dockerignore_and_a_context_below_the_top(run: Run, project: Path) -> None:
    (project / "app").mkdir()
    (project / "app" / "Dockerfile").write_text("FROM debian:12\nCOPY . /app\n")
    (project / "app" / ".dockerignore").write_text("Dockerfile\n.dockerignore\ndocs\n")
    (project / "README.md").write_text("x\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    (project / "README.md").write_text("y\n")
    (project / "app" / "docs").mkdir()
    (project / "app" / "docs" / "a.md").write_text("x\n")
    result = run("cache", "app/Dockerfile", "--against", "HEAD")
    assert "1 of 1 step cached" in result.out
    assert run("cache", "app/Dockerfile", "--context", ".", "--against", "HEAD").out.endswith(
        "0 of 1 step cached, 1 rebuilt.\n"
    )


@needs_git
def test_the_history(run: Run, committed: Path) -> None:
    for number in range(3):
        (committed / "src" / "main.py").write_text(f"print({number})\n" * 2)
        git("commit", "-qam", f"change {number}")
    status, out, err = run("cache", "Dockerfile", "--history", "10")
    assert (status, err) == (0, "")
    assert out.startswith("2     0 of 3    ..........  WORKDIR /app\n")
    assert "6     3 of 3    ##########  COPY src src\n                            src/main.py 3\n" in out
    assert "\n3 commits, " in out
    result = run("cache", "Dockerfile", "--history", "2", "--output-format", "json")
    found = json.loads(result.out)
    assert [(step["line"], step["rebuilt"], step["commits"]) for step in found["steps"]] == [
        (2, 0, 2), (4, 0, 2), (5, 0, 2), (6, 2, 2), (7, 2, 2),
    ]  # fmt: skip
    assert [commit["subject"] for commit in found["commits"]] == ["change 1", "change 2"]
    assert found["commits"][0]["steps"][3]["reasons"] == [{"part": "files", "detail": "src/main.py", "line": None}]
    assert run("cache", "Dockerfile", "--history", "0").status == 2


@needs_git
def test_a_history_with_a_source_that_is_not_there(run: Run, committed: Path) -> None:
    (committed / "Dockerfile").write_text("FROM a\nCOPY dist src /x/\n")
    git("commit", "-qam", "second")
    assert run("cache", "Dockerfile", "--history", "10").err == (
        "note: dist: not in ., which is taken for the build context; --context names another\n"
    )


@needs_git
def test_a_history_of_one_build(run: Run, committed: Path) -> None:
    assert run("cache", "Dockerfile", "--history", "10").out == "There are no two builds to compare.\n"


TAKEN = "note: the build context is taken to be {}, where the sources of COPY are; --context says otherwise\n"


@needs_git
def test_a_context_above_the_dockerfile(run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (committed / "docker").mkdir()
    git("mv", "Dockerfile", "docker/Dockerfile")
    (committed / "docker" / "Dockerfile.dockerignore").write_text("*.md\n")
    git("add", ".")
    git("commit", "-qm", "move")
    (committed / "src" / "main.py").write_text("print(2)\n")
    git("commit", "-qam", "code")
    changed = run("cache", "docker/Dockerfile", "--changed", "src/main.py")
    assert changed.out.endswith("\n3 of 5 steps cached, 2 rebuilt.\n")
    assert changed.err == TAKEN.format(".")
    past = run("cache", "docker/Dockerfile", "--history", "9")
    assert "6     1 of 2    #####.....  COPY src src\n" in past.out
    assert past.err.startswith(TAKEN.format("."))
    assert "2 of 5 steps" not in run("cache", "docker/Dockerfile", "--against", "HEAD").out
    assert "3 of 5 steps cached, 2 rebuilt." in run("cache", "docker/Dockerfile", "--against", "HEAD~1").out
    named = run("cache", "docker/Dockerfile", "--context", "docker")
    assert "requirements.txt: not in the build context" in named.err
    assert "taken to be" not in named.err
    monkeypatch.chdir(committed / "docker")
    inner = run("cache", "Dockerfile", "--changed", "../src")
    assert (inner.out, inner.err) == (changed.out, TAKEN.format(".."))


def test_named_contexts(run: Run, app: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    tools = tmp_path_factory.mktemp("tools")
    (tools / "tool").write_text("1\n")
    (app / "Dockerfile").write_text("FROM debian:12\nCOPY --from=tools tool /bin/\n")
    assert verdicts(run, "--build-context", f"tools={tools}", "--changed", "src") == {2: "cached"}


def test_a_stage_in_whose_place_a_context_is(run: Run, app: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    lib = tmp_path_factory.mktemp("lib")
    (lib / "a.so").write_text("1\n")
    (app / "Dockerfile").write_text(
        "FROM golang AS Lib\nCOPY src /src\nRUN make\nFROM lib AS tools\nCOPY src /x\n"
        "FROM debian:12\nCOPY --from=lib a.so /lib/\nCOPY --from=tools /x /x\n"
    )
    given = ("cache", "Dockerfile", "--build-context", f"lib={lib}")
    status, out, err = run(*given)
    assert (status, err) == (0, "note: stage lib is not built: the named context lib takes its place\n")
    assert out == (
        "stage tools\n"
        "5  COPY src /x\n"
        "   files: src: 1 file, 9 bytes\n"
        "   base: the named context lib, a directory: never taken from the cache\n"
        "stage 2\n"
        "7  COPY --from=lib a.so /lib/\n"
        "   base: debian:12\n"
        "8  COPY --from=tools /x /x\n"
        "   stage: files of stage tools, up to its last step (line 5)\n"
        "\n3 steps make layers. Each depends on the step above it in its stage, too.\n"
    )
    out = run(*given, "--changed", "requirements.txt").out
    assert "5  rebuilt   COPY src /x\n             base: what is built upon a directory, here the named" in out
    assert "8  cached    COPY --from=tools /x /x\n" in out


def test_an_image_in_whose_place_a_context_is(run: Run, app: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.mktemp("base")
    (app / "Dockerfile").write_text("FROM docker.io/library/debian:latest\nCOPY src /x\n")
    assert verdicts(run, "--build-context", f"debian={base}", "--changed", "other") == {2: "rebuilt"}
    assert verdicts(run, "--build-context", f"debian:12={base}", "--changed", "other") == {2: "cached"}


def test_an_image_in_the_place_of_a_stage(run: Run, app: Path) -> None:
    (app / "Dockerfile").write_text(
        "FROM golang AS lib\nCOPY src /src\nENV A=1\nFROM lib\nCOPY src /x\nCOPY --from=lib /a /b\nRUN env\n"
    )
    given = ("cache", "Dockerfile", "--build-context", "lib=docker-image://debian:12")
    status, out, err = run(*given)
    assert (status, err) == (
        0,
        "note: stage lib is not built: the named context lib, the image debian:12, takes its place\n",
    )
    assert "5  COPY src /x\n   files: src: 1 file, 9 bytes\n   base: debian:12\n" in out
    assert "environment" not in out
    assert set(verdicts(run, *given[2:], "--changed", "README.md", notes=err).values()) == {"cached"}
    changed = verdicts(run, *given[2:], "--changed", "src/main.py", notes=err)
    assert changed == {5: "rebuilt", 6: "rebuilt", 7: "rebuilt"}
    (app / "Dockerfile").write_text("FROM golang\nCOPY src /src\n")
    found = document(run, "--build-context", "golang=docker-image://scratch")
    assert found["steps"][0]["depends_on"] == [{"part": "files", "detail": "src: 1 file, 9 bytes", "line": None}]


def test_a_source_that_is_not_there(run: Run, app: Path) -> None:
    (app / "Dockerfile").write_text("FROM debian:12\nCOPY missing /x\n")
    status, out, err = run("cache", "Dockerfile")
    assert status == 0
    assert "files: missing: not in the context" in out
    assert err == "note: missing: not in the build context: the build would fail\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "error: missing: can't be read: No such file or directory\n"),
        (["Dockerfile", "--context", "missing"], "error: missing: the build context is no directory\n"),
        (["Dockerfile", "--before", "missing"], "error: missing: the earlier state is no directory\n"),
        (["Dockerfile", "--before", "src"], "error: src/Dockerfile: the earlier state has no Dockerfile there\n"),
        (["Dockerfile", "--changed", "/elsewhere"], "error: /elsewhere: not in the build context .\n"),
        (["Dockerfile", "--changed", "../src"], "error: ../src: not in the build context .\n"),
        (["nowhere/Dockerfile"], "error: nowhere/Dockerfile: can't be read: No such file or directory\n"),
        (["src"], "error: src: can't be read: Is a directory\n"),
        (["-"], "error: standard input has no build context: name a file\n"),
        (["Dockerfile", "--context", "Dockerfile"], "error: Dockerfile: the build context is no directory\n"),
        (["Dockerfile", "--build-context", "x=missing"], "error: missing: the named context x is no directory\n"),
        (
            ["Dockerfile", "--build-context", "x=https://y/z.git"],
            "error: https://y/z.git: the named context x is no directory and no image: it can't be looked into\n",
        ),
        (["exclude.Dockerfile"], "error: exclude.Dockerfile:2: --exclude: syntax error in pattern: [\n"),
        (["empty.Dockerfile"], "error: empty.Dockerfile: the builder refuses the file: file with no instructions\n"),
        (["Dockerfile", "--target", "nope"], "error: target stage 'nope' could not be found"),
        (["Dockerfile", "--changed", "a", "--before", "b"], "can't be used together with"),
        (["Dockerfile", "--build-context", "x"], "expected NAME=DIRECTORY"),
        (
            ["broken.Dockerfile"],
            "error: broken.Dockerfile:2: the builder refuses the file: unknown instruction: NOPE\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_answered(run: Run, app: Path, arguments: list[str], message: str) -> None:
    (app / "broken.Dockerfile").write_text("FROM x\nNOPE\n")
    (app / "exclude.Dockerfile").write_text("FROM x\nCOPY --exclude=[ src /y\n")
    (app / "empty.Dockerfile").write_text("")
    status, out, err = run("cache", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_a_dockerignore_that_the_builder_refuses(run: Run, app: Path) -> None:
    (app / ".dockerignore").write_text("ok\n[\n")
    status, _, err = run("cache", "Dockerfile")
    assert (status, err) == (2, "error: .dockerignore: line 2: syntax error in pattern: [\n")


def test_a_dockerignore_that_cannot_be_read(run: Run, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "Dockerfile.dockerignore").write_text("ok\n")
    refuse(monkeypatch, "read_bytes", app / "Dockerfile.dockerignore")
    assert run("cache", "Dockerfile") == (2, "", "error: Dockerfile.dockerignore: can't be read: Permission denied\n")


def refuse(monkeypatch: pytest.MonkeyPatch, operation: str, path: Path) -> None:
    """Let an operation on a path fail as it does without permission, which root always has."""
    given = getattr(Path, operation)

    def refused(self: Path, *arguments: Any, **options: Any) -> Any:
        if self.resolve() == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return given(self, *arguments, **options)

    monkeypatch.setattr(Path, operation, refused)


def test_a_file_that_cannot_be_read(run: Run, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(app, app / "then")
    refuse(monkeypatch, "open", app / "src" / "main.py")
    status, out, err = run("cache", "Dockerfile", "--before", "then")
    assert (status, err) == (2, "error: src/main.py: can't be read: Permission denied\n")
    assert out.startswith("2  cached    WORKDIR /app\n4  cached    COPY requirements.txt .\n")
    assert "6  unknown   COPY src src\n             files: src/main.py can't be read\n" in out
    assert out.endswith("3 of 5 steps cached, 0 rebuilt, 2 unknown.\n")
    status, out, err = run("cache", "Dockerfile", "--output-format", "json")
    assert (status, len(json.loads(out)["steps"])) == (2, 5)


def test_a_directory_that_cannot_be_listed(run: Run, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.listdir

    def refused(path: str) -> list[str]:
        if str(path).endswith("src"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return listed(path)

    monkeypatch.setattr(os, "listdir", refused)
    status, out, err = run("cache", "Dockerfile", "--changed", "requirements.txt")
    assert (status, err) == (2, "error: src: can't be read: Permission denied\n")
    assert "6  rebuilt   COPY src src\n" not in out.replace("rebuilt", "cached")
    assert "src can't be read" in out


@needs_git
def test_commits_that_cannot_be_read(run: Run, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, err = run("cache", "Dockerfile", "--against", "HEAD")
    assert status == 2
    assert err == "error: .: not in a git repository, so there are no commits to read\n"
    assert run("cache", "Dockerfile", "--history", "5").err == err
    git("init", "-q")
    assert run("cache", "Dockerfile", "--against", "HEAD").err == "error: no such commit: HEAD\n"
    git("add", "src")
    git("commit", "-qm", "first")
    assert run("cache", "Dockerfile", "--against", "HEAD").err == "error: Dockerfile: not in HEAD\n"
    assert run("cache", "Dockerfile", "--against", "--help").status == 2
    monkeypatch.setenv("PATH", "")
    assert run("cache", "Dockerfile", "--against", "HEAD").err == "error: the program git is not installed\n"


def test_a_dockerfile_outside_of_the_context(run: Run, app: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "app.Dockerfile").write_text(DOCKERFILE)
    (elsewhere / "app.Dockerfile.dockerignore").write_text("src\n")
    status, out, err = run("cache", elsewhere / "app.Dockerfile", "--context", app)
    assert status == 0
    assert "requirements.txt: 1 file" in out
    assert err == "note: src: not in the build context: the build would fail\n"
    earlier = tmp_path_factory.mktemp("earlier")
    shutil.copytree(app, earlier, dirs_exist_ok=True)
    (earlier / "app.Dockerfile").write_text(DOCKERFILE)
    found = run("cache", elsewhere / "app.Dockerfile", "--context", app, "--before", earlier, "--output-format", "json")
    assert {step["verdict"] for step in json.loads(found.out)["steps"][:3]} == {"cached"}


@needs_git
def test_a_context_outside_of_the_repository(
    run: Run, committed: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "Dockerfile").write_text("FROM debian:12\n")
    for option in (["--against", "HEAD"], ["--history", "5"]):
        status, out, err = run("cache", elsewhere / "Dockerfile", "--context", committed, *option)
        assert (status, out) == (2, "")
        assert "lies outside of the repository" in err
        status, out, err = run("cache", committed / "Dockerfile", "--context", elsewhere, *option)
        assert (status, out) == (2, "")
        assert err == f"error: {elsewhere}: not in a git repository, so there are no commits to read\n"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_out_of_the_context(run: Run, app: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("1\n")
    (app / "out").symlink_to(secret)
    (app / "Dockerfile").write_text("FROM debian:12\nCOPY out /x\nCOPY src /y\n")
    status, out, err = run("cache", "Dockerfile")
    assert status == 0
    assert "files: out: not in the context" in out
    assert err == f"note: out: a link to {secret}, which is not in the build context: the build would fail\n"
    outer = app / "inner" / "up"
    outer.parent.mkdir()
    outer.symlink_to("../../../elsewhere")
    (app / "Dockerfile").write_text("FROM debian:12\nCOPY inner /x\n")
    # below a directory that is copied it is only a link
    assert run("cache", "Dockerfile") == (0, run("cache", "Dockerfile").out, "")
    assert verdicts(run, "--changed", "src") == {2: "cached"}


LOG = """\
#5 [2/6] WORKDIR /app
#5 CACHED
#6 [3/6] COPY requirements.txt .
#6 DONE 0.1s
#7 [4/6] RUN pip install -r requirements.txt
#7 DONE 41.5s
#8 [5/6] COPY src src
#8 DONE 0.2s
"""


def test_seconds_of_a_log(run: Run, app: Path) -> None:
    (app / "build.log").write_text(LOG)
    status, out, err = run("cache", "Dockerfile", "--changed", "requirements.txt", "--timings", "build.log")
    assert status == 0
    assert out.endswith("1 of 5 steps cached, 4 rebuilt: 41.8 of 41.8 seconds.\n")
    assert err.startswith("note: build.log: no time for the steps at line 2, 7")
    _, out, _ = run("cache", "Dockerfile", "--timings", "build.log", "--output-format", "json")
    assert [step["seconds"] for step in json.loads(out)["steps"]] == [0.0, 0.1, 41.5, 0.2, 0.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "error: build.log: can't be read: No such file"), ("make: done\n", "error: build.log: no step of a build")],
)
def test_a_log_that_is_none(run: Run, app: Path, text: str | None, said: str) -> None:
    if text is not None:
        (app / "build.log").write_text(text)
    status, out, err = run("cache", "Dockerfile", "--timings", "build.log")
    assert (status, out) == (2, "")
    assert err.startswith(said)


@needs_git
def test_advice_at_the_end_of_a_history(run: Run, committed: Path) -> None:
    (committed / "Dockerfile").write_text(
        "FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN python -m compileall src\n"
    )
    git("commit", "-qam", "all at once")
    for number in range(4):
        (committed / "src" / "main.py").write_text(f"print({number + 2})\n")
        git("commit", "-qam", "code")
    status, out, err = run("cache", "Dockerfile", "--history", "4")
    assert (status, err) == (0, "")
    advised = out.partition("Another order would have saved\n")[2]
    assert "   4 to 0    RUN pip install -r requirements.txt\n" in advised
    assert "+COPY requirements.txt ./\n" in advised
    advice = document(run, "--history", "4")["advice"]
    assert advice["before"]["rebuilt"] == 12
    assert advice["after"]["rebuilt"] == 8
    assert advice["steps"][0] == {
        "line": 4,
        "instruction": "RUN pip install -r requirements.txt",
        "before": 4,
        "after": 0,
    }
    assert "+COPY requirements.txt ./\n" in advice["diff"]


@needs_git
def test_a_submodule_that_moves_is_said(run: Run, committed: Path) -> None:
    for commit in ("1" * 40, "2" * 40):
        git("update-index", "--add", "--cacheinfo", f"160000,{commit},src/vendored")
        git("commit", "-qm", "move")
    status, out, err = run("cache", "Dockerfile", "--history", "5")
    assert status == 0
    assert err == "note: src/vendored: a submodule, moved by 2 commits; each move counts as a change of its files\n"
    assert "2 of 2" in out


@needs_git
def test_repositories_that_are_no_use(run: Run, committed: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    bare, shallow, new = (tmp_path_factory.mktemp(name) for name in ("bare", "shallow", "new"))
    git("clone", "-q", "--bare", str(committed), str(bare))
    (bare / "Dockerfile").write_text(DOCKERFILE)
    for option in (["--against", "HEAD"], ["--history", "5"]):
        status, _, err = run("cache", bare / "Dockerfile", *option)
        assert (status, err) == (
            2,
            f"error: {bare}: a bare repository has no files to build from; ask in a clone of it\n",
        )
    git("commit", "-q", "--allow-empty", "-m", "second")
    git("clone", "-q", "--depth", "1", f"file://{committed}", str(shallow))
    status, _, err = run("cache", shallow / "Dockerfile", "--against", "HEAD~1")
    assert (status, err) == (2, "error: no such commit: HEAD~1; the clone is shallow: older commits are not there\n")
    git("init", "-q", str(new))
    (new / "Dockerfile").write_text(DOCKERFILE)
    status, _, err = run("cache", new / "Dockerfile", "--history", "5")
    assert (status, err) == (2, f"error: {new}: the repository has no commit yet\n")


@needs_git
def test_a_commit_in_which_the_dockerfile_has_another_name(run: Run, committed: Path) -> None:
    git("mv", "Dockerfile", "app.dockerfile")
    git("commit", "-qm", "second")
    (committed / "src" / "main.py").write_text("print(2)\n")
    status, out, err = run("cache", "app.dockerfile", "--against", "HEAD~1", "--output-format", "json")
    assert (status, err) == (0, "")
    assert [step["verdict"] for step in json.loads(out)["steps"]] == ["cached"] * 3 + ["rebuilt"] * 2


def test_a_source_that_is_no_pattern(run: Run, app: Path) -> None:
    (app / "Dockerfile").write_text("FROM debian:12\nCOPY src/[ /x\n")
    status, out, err = run("cache", "Dockerfile")
    assert status == 0
    assert "1 step makes a layer." in out
    assert err == "note: src/[: not in the build context: the build would fail\n"


@needs_git
def test_the_diff_of_an_advice_is_for_patch_in_the_working_directory(
    run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (committed / "Dockerfile").write_text(
        "FROM python:3.13\nCOPY src /src\nRUN apt-get update && apt-get install -y git\n"
    )
    git("commit", "-qam", "second")
    for number in range(4):
        (committed / "src" / "main.py").write_text(f"print({number})\n")
        git("commit", "-qam", "change")
    _, out, _ = run("cache", committed / "Dockerfile", "--history", "4")
    assert "--- a/Dockerfile\n+++ b/Dockerfile\n" in out
    if (program := shutil.which("patch")) is not None:
        # as it is copied from a terminal, with all that stands above it
        subprocess.run([program, "-p1"], input=out.encode(), check=True, capture_output=True)
        assert (committed / "Dockerfile").read_text().splitlines()[1].startswith("RUN apt-get")
        assert "Another order" not in run("cache", committed / "Dockerfile", "--history", "4").out
        git("checkout", "-q", "Dockerfile")
    monkeypatch.chdir(committed / "src")
    _, out, _ = run("cache", "../Dockerfile", "--history", "4")
    # patch(1) takes no path that leads upwards
    assert f"--- a{committed}/Dockerfile\n" in out
