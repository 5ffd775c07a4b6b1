"""What `fairlead check` prints and writes, and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fairlead.cli import app
from fairlead.cli.cache import CacheOptions
from fairlead.cli.check import CheckOptions
from fairlead.cli.plain import plain_cache, plain_check
from fairlead.report.json import SCHEMA

from .conftest import BAD, GOOD, ROOT, Run

Program = Callable[..., subprocess.CompletedProcess[bytes]]
DOCKERFILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "fixtures").rglob("Dockerfile"))
EXPERT = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "fixtures").rglob("Dockerfile.expert"))


@pytest.fixture
def two_files(project: Path) -> None:
    (project / "bad.Dockerfile").write_text(BAD)
    (project / "good.Dockerfile").write_text(GOOD)


def document(out: str) -> dict[str, Any]:
    found = json.loads(out)
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("path", DOCKERFILES)
def test_what_a_person_reads(
    run: Run, snapshot: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    status, out, err = run("check", path)
    assert (status, err) == (1, "")
    assert max(map(len, out.splitlines())) <= 100
    snapshot(path.removeprefix("fixtures/").replace("/", "-") + ".txt", out)


def test_every_rule_of_the_default_set_finds_something_in_the_fixtures(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    found = document(run("check", "--output-format", "json", "fixtures").out)
    listed = json.loads(run("rules", "--output-format", "json", "--isolated").out)
    on = {rule["name"] for rule in listed if rule["enabled"]}
    # files of many megabytes, and what tools write, are not kept in a repository
    # and the logs of users are a matter of base images older than those of the fixtures
    elsewhere = {"bloat/context-noise-copied", "bloat/large-file-copied", "bloat/sparse-user-log"}
    # no fixture has two installs of the same kind next to each other
    elsewhere.add("bloat/duplicate-install")
    # nor installs packages of the distribution below its sources
    elsewhere.add("cache/install-below-unneeded-copy")
    assert set(found["summary"]["rules"]) == on - elsewhere - {"correctness/syntax-error", "correctness/unknown-ignore"}


@pytest.mark.parametrize("path", EXPERT)
def test_an_experts_dockerfile_has_no_findings(run: Run, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(ROOT)
    assert run("check", "--profile", "strict", path) == (0, "No findings in 1 file.\n", "")


def test_a_directory_is_searched(run: Run, two_files: None) -> None:
    status, out, err = run("check")
    assert (status, err) == (1, "")
    assert out.endswith("\n2 findings in 1 of 2 files: 2 warnings\n")
    assert run("check", ".", "--exclude", "bad*")[:2] == (0, "No findings in 1 file.\n")


def test_quiet(run: Run, two_files: None) -> None:
    assert run("check", "--quiet", "good.Dockerfile") == (0, "", "")
    loud, quiet = run("check").out, run("check", "-q").out
    assert loud.startswith(quiet)
    assert "findings" not in quiet


def test_statistics(run: Run, two_files: None) -> None:
    status, out, _ = run("check", "--statistics", "-q")
    assert status == 1
    assert [line.split() for line in out.splitlines()] == [
        ["1", "warning", "mutable/remote-script"],
        ["1", "warning", "mutable/unpinned-base"],
    ]


def test_what_is_for_information_is_counted_and_shown_where_asked(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM debian:12\nRUN pip install requests pandas\nRUN pip install boto3\n")
    status, out, _ = run("check", "Dockerfile")
    assert status == 1
    assert " info " not in out
    assert out.endswith("; 1 more for information, which --info shows\n")
    assert " info mutable/unpinned-package" in run("check", "--info", "Dockerfile").out
    assert "more for information" not in run("check", "--info", "Dockerfile").out
    assert " info mutable/unpinned-package" in run("check", "--profile", "strict", "Dockerfile").out
    assert " info mutable/unpinned-package" in run("check", "--select", "DL3013", "Dockerfile").out
    assert document(run("check", "--output-format", "json", "Dockerfile").out)["summary"]["info"] == 1
    assert "info" not in run("check", "--statistics", "-q", "Dockerfile").out


def test_a_file_with_nothing_but_information(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM python:3.13\nRUN pip install --no-cache-dir boto3\n")
    expected = "No findings in 1 file; 1 for information, which --info shows.\n"
    assert run("check", "Dockerfile")[:2] == (0, expected)


def test_fail_on_and_exit_zero(run: Run, two_files: None) -> None:
    assert run("check").status == 1
    assert run("check", "--fail-on", "error").status == 0
    assert run("check", "--exit-zero").status == 0
    assert run("check", "--exit-zero", "missing").status == 2
    assert run("check", "--severity", "mutable=error", "--fail-on", "error").status == 1
    assert run("check", "--severity", "mutable=info").status == 0


def test_selection(run: Run, two_files: None) -> None:
    def rules(*arguments: str) -> set[str]:
        return set(document(run("check", "--output-format=json", *arguments).out)["summary"]["rules"])

    assert rules() == {"mutable/remote-script", "mutable/unpinned-base"}
    assert rules("--select", "DL3006") == {"mutable/unpinned-base"}
    assert rules("--ignore", "mutable/remote-script,security") == {"mutable/unpinned-base"}
    assert rules("--select", "bloat", "--extend-select", "mutable/remote-script") == {"mutable/remote-script"}


def test_profiles(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM alpine:edge\nRUN apk add --no-cache curl\n")
    assert run("check").status == 0
    assert "mutable/unpinned-base" in run("check", "--profile", "strict").out
    assert "mutable/unpinned-package" not in run("check", "--profile", "strict").out
    assert "mutable/unpinned-package" in run("check", "--profile", "all").out


def test_build_args_and_target(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "Dockerfile").write_text("ARG TAG=12.11\nFROM debian:$TAG AS one\nFROM debian:12.11\n")
    assert run("check").status == 0
    assert run("check", "--build-arg", "TAG=latest", "--target", "one").status == 1
    monkeypatch.setenv("TAG", "latest")
    assert run("check", "--build-arg", "TAG", "--target", "one").status == 1
    assert run("check", "--build-arg", "TAG=latest").status == 0, "a stage that is not built"


def test_json(run: Run, two_files: None) -> None:
    status, out, _ = run("check", ".", "missing", "--output-format", "json")
    found = document(out)
    assert status == 2
    assert found["version"] == "1"
    assert found["errors"] == [{"message": "no such file or directory", "path": "missing", "rule": None}]
    assert found["summary"]["files"] == 2
    first = found["findings"][0]
    assert (first["rule"], first["path"]) == ("mutable/unpinned-base", "bad.Dockerfile")
    assert (first["start"], first["end"]) == ({"line": 1, "column": 6}, {"line": 1, "column": 12})
    assert "DL3006" in first["aliases"]
    assert len({finding["fingerprint"] for finding in found["findings"]}) == 2


def test_json_of_all_fixtures(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = document(run("check", "--profile", "all", "--output-format", "json", "fixtures").out)
    assert found["errors"] == []
    for finding in found["findings"]:
        lines = (ROOT / finding["path"]).read_text().splitlines()
        start, end = finding["start"], finding["end"]
        assert start["line"] <= end["line"] <= len(lines)
        assert end["column"] <= len(lines[end["line"] - 1]) + 1


def test_json_without_findings_or_files(run: Run, project: Path) -> None:
    found = document(run("check", "--output-format", "json").out)
    assert (found["findings"], found["errors"], found["summary"]["files"]) == ([], [], 0)


def test_output_goes_to_a_file(run: Run, two_files: None, project: Path) -> None:
    (project / "report.json").write_text("old")
    result = run("check", "--output-format", "json", "--output", "report.json")
    assert result == (1, "", "")
    assert document((project / "report.json").read_text())["summary"]["findings"] == 2
    run("check", "-o", "report.txt", "--color", "always")
    assert (project / "report.txt").read_text() == run("check").out
    assert sorted(path.suffix for path in project.iterdir()) == [".Dockerfile", ".Dockerfile", ".json", ".txt"]


def test_an_output_that_fails_leaves_the_old_file(
    run: Run, two_files: None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "report.txt").write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    status, _, err = run("check", "--output", "report.txt")
    assert (status, err) == (2, "error: report.txt: can't be written: No space left on device\n")
    assert (project / "report.txt").read_text() == "old"
    assert len(list(project.iterdir())) == 3


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no such device here")
def test_output_to_a_device(program: Program, two_files: None) -> None:
    assert program("check", "--output", "/dev/stdout").stdout == program("check").stdout


def test_colour_only_where_it_is_wanted(run: Run, two_files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in run("check").out
    coloured = run("check", "--color", "always").out
    assert "\x1b[" in coloured
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run("check").out == coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("check").out
    assert run("check", "--color", "always").out == coloured


def test_nothing_in_a_file_reaches_the_terminal_as_a_command(run: Run, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM debian\x1b[31m\nRUN curl https://example.com/\x9b\u202e | sh\n")
    out = run("check").out
    assert "\ufffd" in out
    assert not {"\x1b", "\x9b", "\u202e"} & set(out)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_lines_fit_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("check", "-q", "fixtures").out.splitlines()
    limit = min(max(width, 40), 120)
    # a path, the name of a rule and a single word of a message stand in one piece
    assert [line for line in lines if len(line) > limit and " " in line.strip() and "/" not in line.split()[1]] == []


def test_standard_input(program: Program, project: Path) -> None:
    named = program("check", "-", "--stdin-filename", "app/Dockerfile", stdin=BAD.encode())
    assert named.returncode == 1
    assert named.stdout.startswith(f"{Path('app', 'Dockerfile')}:1:6 warning".encode())
    assert program("check", "--stdin-filename", "app/Dockerfile", stdin=BAD.encode()).stdout == named.stdout
    assert program("check", "-", stdin=BAD.encode()).stdout.startswith(b"<stdin>:1:6 warning")
    assert program("check", "-", stdin=GOOD.encode()).returncode == 0


def test_standard_input_has_the_configuration_of_its_name(program: Program, project: Path) -> None:
    (project / "app").mkdir()
    (project / "app" / "fairlead.toml").write_text('ignore = ["mutable"]\n')
    assert program("check", "-", stdin=BAD.encode()).returncode == 1
    assert program("check", "-", "--stdin-filename", "app/Dockerfile", stdin=BAD.encode()).returncode == 0


def test_a_reader_that_leaves_early(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM debian:12\n" + "RUN curl https://example.com/install.sh | sh\n" * 3000)
    code = "from fairlead.cli.main import run; run()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        started.stdout.readline()
        started.stdout.close()
        assert started.stderr.read() == b""


@pytest.mark.parametrize(
    "words",
    [
        "check",
        "check a b",
        "check -q a",
        "check --info a",
        "check --quiet --exit-zero --statistics --force-exclude a",
        "check --output-format json a",
        "check --output-format=json",
        "check --color always a --output-format text",
        "check --color=never -",
        "check a -q b",
    ],
)
def test_simple_command_lines_mean_what_typer_takes_them_for(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[CheckOptions] = []

    def take(options: CheckOptions) -> int:
        taken.append(options)
        return 0

    monkeypatch.setattr("fairlead.cli.check.check", take)
    command = app.parse_arguments(words.split())
    assert callable(command)
    command()
    plain = plain_check(words.split())
    assert plain is not None
    assert CheckOptions(**plain) == taken[0]


@pytest.mark.parametrize(
    "words",
    [
        "cache a",
        "cache a --history 5",
        "cache --history=5 --output-format json a --color never",
        "cache a --context b --history 1 --html page.html --timings log --target stage",
        "cache a --history 5 --history 6",
    ],
)
def test_simple_cache_command_lines_mean_what_typer_takes_them_for(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[CacheOptions] = []

    def take(options: CacheOptions) -> int:
        taken.append(options)
        return 0

    monkeypatch.setattr("fairlead.cli.cache.cache", take)
    command = app.parse_arguments(words.split())
    assert callable(command)
    command()
    plain = plain_cache(words.split())
    assert plain is not None
    assert CacheOptions(**plain) == taken[0]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "rules",
        "check --help",
        "check --output-format",
        "check --output-format yaml",
        "check --color=blue a",
        "check --quiet=1",
        "check -qx",
        "check --out x",
        "check -- --odd",
        "check --select cache",
    ],
)
def test_other_command_lines_are_typers(words: str) -> None:
    assert plain_check(words.split()) is None


@pytest.mark.parametrize(
    "words",
    [
        "check a",
        "cache",
        "cache a b",
        "cache -",
        "cache --help",
        "cache a --history",
        "cache a --history 0",
        "cache a --history -1",
        "cache a --history many",
        "cache a --history \u0661",
        "cache a --html page.html",
        "cache a --output-format yaml",
        "cache a --changed b",
        "cache a --build-arg A=1",
        "cache a --context --history",
        "cache a --target=",
    ],
)
def test_other_cache_command_lines_are_typers(words: str) -> None:
    assert plain_cache(words.split()) is None


def test_a_simple_check_does_without_the_slow_modules(program: Program, project: Path) -> None:
    (project / "Dockerfile").write_text(GOOD)
    code = (
        "import sys; from fairlead.cli.main import main; main(['check', 'Dockerfile']);"
        "print(sorted({'typer', 'click', 'rich.console', 'asyncio', 'importlib.metadata'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert found.stdout.splitlines()[-1] == b"[]"


def test_a_name_that_the_terminal_cannot_show(program: Program, project: Path) -> None:
    (project / "B\u00e4r.Dockerfile").write_text(BAD)
    ended = program("check", env={"PYTHONIOENCODING": "ascii"})
    assert ended.returncode == 1
    assert ended.stdout.startswith(b"B?r.Dockerfile:1:6")
    assert os.linesep.encode() * 3 not in ended.stdout
