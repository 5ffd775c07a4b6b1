"""Whatever a user gives: a clear message, the stated exit status, and every other file is checked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .conftest import BAD, GOOD, Run

RULE = "from fairlead import Rule\n\nclass Broken(Rule):\n    name = 'house/broken'\n    def check(self, models):\n"


@pytest.fixture(autouse=True)
def bad_file(project: Path) -> None:
    (project / "bad.Dockerfile").write_text(BAD)


def others_are_checked(out: str) -> bool:
    return "bad.Dockerfile:1:6 warning mutable/unpinned-base" in out


def test_a_missing_file(run: Run) -> None:
    status, out, err = run("check", "missing.Dockerfile", "bad.Dockerfile")
    assert (status, err) == (2, "error: missing.Dockerfile: no such file or directory\n")
    assert others_are_checked(out)


def test_a_directory_without_dockerfiles(run: Run, project: Path) -> None:
    (project / "empty").mkdir()
    assert run("check", "empty") == (0, "", "note: no Dockerfiles in empty\n")
    status, out, err = run("check", "empty", "bad.Dockerfile")
    assert (status, err) == (1, "note: no Dockerfiles in empty\n")
    assert others_are_checked(out)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read here")
def test_a_file_without_permission(run: Run, project: Path) -> None:
    (project / "locked.Dockerfile").write_text(BAD)
    (project / "locked.Dockerfile").chmod(0)
    status, out, err = run("check")
    assert (status, err) == (2, "error: locked.Dockerfile: can't be read: Permission denied\n")
    assert others_are_checked(out)


def test_a_file_that_cannot_be_read(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "locked.Dockerfile").write_text(BAD)
    plain_open = Path.open

    def locked(path: Path, *args: str, **options: str) -> object:
        if path.name == "locked.Dockerfile":
            raise PermissionError(13, "Permission denied")
        return plain_open(path, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", locked)
    status, out, err = run("check")
    assert (status, err) == (2, "error: locked.Dockerfile: can't be read: Permission denied\n")
    assert others_are_checked(out)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x7fELF\2\1\1\0\0\0\0\0\0\0\0\0", "not checked: not a text file"),
        (b"# ten megabytes\n" * (10 * 1024 * 1024 // 16), "not checked: larger than 4 MiB"),
        ("FROM debian\n".encode("utf-16"), "not checked: UTF-16 text; the builder reads UTF-8"),
    ],
    ids=["binary", "10 MB", "UTF-16"],
)
def test_a_file_that_is_no_dockerfile(run: Run, project: Path, content: bytes, message: str) -> None:
    (project / "Dockerfile").write_bytes(content)
    status, out, err = run("check")
    assert (status, err) == (2, f"error: Dockerfile: {message}\n")
    assert others_are_checked(out)


def test_a_file_that_the_builder_refuses_is_one_finding(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM debian:12\nCOPPY a b\nRUN --mount x\n")
    status, out, err = run("check")
    assert (status, err) == (1, "")
    assert out.count("\nDockerfile:") + out.startswith("Dockerfile:") == 1
    assert "Dockerfile:2:1 error correctness/syntax-error" in out
    assert others_are_checked(out)


def test_an_empty_file(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_bytes(b"")
    status, out, err = run("check")
    assert (status, err) == (1, "")
    assert "file with no instructions" in out


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("fairlead.toml", "selct = []\n", "error: fairlead.toml: selct: unknown key; did you mean 'select'?\n"),
        ("fairlead.toml", 'profile = "al"\n', "error: fairlead.toml: profile: expected"),
        ("fairlead.toml", "select = [\n", "error: fairlead.toml:"),
        ("pyproject.toml", "[tool.fairlead]\nfail-on = 3\n", "error: pyproject.toml: tool.fairlead.fail-on: "),
        ("fairlead.toml", 'select = ["cache/copy-befor-install"]\n', "did you mean 'cache/copy-before-install'?\n"),
    ],
    ids=["unknown key", "wrong value", "no TOML", "in pyproject", "unknown rule"],
)
def test_an_invalid_configuration(run: Run, project: Path, name: str, text: str, message: str) -> None:
    (project / "sub").mkdir()
    (project / "sub" / name).write_text(text)
    (project / "sub" / "Dockerfile").write_text(BAD)
    status, out, err = run("check")
    assert status == 2
    assert message.replace(name, str(Path("sub", name))) in err
    assert err.count("error: ") == 1
    assert others_are_checked(out)


def test_a_configuration_file_that_is_not_there(run: Run) -> None:
    status, out, err = run("check", "--config", "missing.toml")
    assert (status, out) == (2, "")
    assert err == "error: missing.toml: can't be read: No such file or directory\n"


@pytest.mark.parametrize("option", ["--select", "--extend-select", "--ignore", "--severity"])
def test_an_unknown_rule_on_the_command_line(run: Run, option: str) -> None:
    value = "mutable/unpinned-bas" + ("=info" if option == "--severity" else "")
    status, _, err = run("check", option, value)
    assert status == 2
    assert err.count("error: ") == 1
    assert "unknown rule 'mutable/unpinned-bas'; did you mean 'mutable/unpinned-base'?\n" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def check(:\n", "line 1"),
        ("import nothing_of_that_name\n", "No module named 'nothing_of_that_name'"),
        (
            RULE + "        raise ValueError('boom')\n",
            "rule house/broken failed, its findings here are not complete: ValueError: boom (broken.py:6)",
        ),
        (RULE + "        return 5\n", "house/broken"),
    ],
    ids=["syntax", "import", "raises", "no findings"],
)
def test_a_broken_rule_of_ones_own(run: Run, project: Path, code: str, message: str) -> None:
    (project / "house").mkdir()
    (project / "house" / "broken.py").write_text(code)
    status, out, err = run("check", "--rule-path", "house", "--extend-select", "house")
    assert status == 2
    assert message in err
    assert "Traceback" not in err
    assert others_are_checked(out)


def test_a_broken_plug_in_package(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    information = project / "site" / "demo_plugin-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: demo-plugin\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[fairlead.rules]\ndemo = demo_plugin:RULES\n")
    (project / "site" / "demo_plugin.py").write_text("raise RuntimeError('not today')\n")
    monkeypatch.syspath_prepend(project / "site")
    monkeypatch.delitem(sys.modules, "demo_plugin", raising=False)
    status, out, err = run("check", "bad.Dockerfile")
    assert status == 2
    assert "demo" in err
    assert "RuntimeError: not today" in err
    assert others_are_checked(out)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--nonsense"],
        ["check", "--output-format", "yaml"],
        ["check", "--severity", "cache"],
        ["check", "--build-arg", "=1"],
        ["check", "--config", "a", "--isolated"],
        ["explain"],
        ["explain", "nonsense"],
        ["parse"],
        ["parse", "missing"],
        ["nonsense"],
        ["check", "-", "bad.Dockerfile"],
        ["check", "bad.Dockerfile", "--stdin-filename", "x"],
        ["check", "bad.Dockerfile", "--target", "nonsense"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line(run: Run, arguments: list[str]) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert "rror: " in err
    assert "Traceback" not in err


def test_an_output_file_that_cannot_be_written(run: Run, project: Path) -> None:
    (project / "directory").mkdir()
    for target in ("directory", "missing/report.txt"):
        status, out, err = run("check", "--output", target)
        assert (status, out) == (2, "")
        assert err.startswith(f"error: {target}: can't be written: ")
    assert sorted(path.name for path in project.iterdir()) == ["bad.Dockerfile", "directory"]


def test_a_good_file_among_all_that(run: Run, project: Path) -> None:
    (project / "good.Dockerfile").write_text(GOOD)
    assert run("check", "good.Dockerfile") == (0, "No findings in 1 file.\n", "")
