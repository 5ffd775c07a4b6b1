"""`fairlead explain`, `rules` and `parse`, help and completion."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead import __version__
from fairlead_rules import RULES

from .conftest import Run

Program = Callable[..., subprocess.CompletedProcess[bytes]]
HOUSE_RULE = '''
from fairlead import Example, Rule

class NoBeer(Rule):
    """Beer is installed.

    Install tea.
    """

    name = "house/no-beer"
    bad = (Example("FROM debian:12\\nRUN beer\\n    ^^^^\\n", "tea"),)
    good = (Example("FROM debian:12\\nRUN tea\\n"),)

    def check(self, models):
        for step in models.build.steps():
            for command in step.script.commands if step.script else ():
                if command.name == "beer":
                    yield self.finding(command.words[0].token, "beer", help="install tea")
'''


def test_explain_shows_the_page_of_a_rule(run: Run) -> None:
    status, out, err = run("explain", "mutable/unpinned-base")
    assert (status, err) == (0, "")
    assert out.startswith("# mutable/unpinned-base\n")
    for part in (
        "Severity warning, profile recommended.",
        "DL3006",
        "## What it finds",
        "^^^",
        "## What it leaves alone",
    ):
        assert part in out


def test_explain_takes_aliases_and_families_and_shows_each_rule_once(run: Run) -> None:
    assert run("explain", "DL3007").out == run("explain", "DL3006", "mutable/unpinned-base").out
    rules = [rule for rule in RULES if rule.family() == "mutable"]
    assert run("explain", "mutable").out.count("\n# mutable/") == len(rules) - 1


def test_explain_in_colour_marks_the_words(run: Run) -> None:
    out = run("explain", "DL3006", "--color", "always").out
    assert "\x1b[1;31m" in out
    assert "```" not in out


def test_rules_lists_them_all_and_says_which_are_on(run: Run, project: Path) -> None:
    (project / "fairlead.toml").write_text('ignore = ["bloat"]\n\n[severity]\n"mutable/remote-script" = "error"\n')
    status, out, err = run("rules")
    assert (status, err) == (0, "")
    assert "bloat/package-index-left  warning  off" in out
    assert "mutable/remote-script  error\n" in out
    listed = json.loads(run("rules", "--output-format", "json").out)
    assert {rule["name"] for rule in listed if not rule["enabled"]} >= {"bloat/package-index-left"}
    assert f"{sum(rule['enabled'] for rule in listed)} rules are on" in out
    assert all(rule["summary"].endswith(".") for rule in listed)


def test_rules_of_ones_own_are_rules_like_any_other(run: Run, project: Path) -> None:
    (project / "house").mkdir()
    (project / "house" / "beer.py").write_text(HOUSE_RULE)
    (project / "fairlead.toml").write_text('rule-paths = ["house"]\n')
    (project / "Dockerfile").write_text("FROM debian:12\n# fairlead: ignore=house/no-beer\nRUN beer\nRUN tea && beer\n")
    status, out, _ = run("check", "-q")
    assert status == 1
    assert out.startswith("Dockerfile:4:12 warning house/no-beer\n  beer\n")
    assert "Install tea." in run("explain", "house/no-beer").out
    assert "house/no-beer" in run("rules").out


def test_parse_prints_an_object_for_each_file(run: Run, project: Path) -> None:
    (project / "a").write_text("# escape=`\nFROM x\nRUN <<E\nhi\nE\n")
    (project / "b").write_text("FROM x\nENV a\n")
    (project / "c").write_bytes(b"\xff\xfe\0")
    status, out, err = run("parse", "a", "b", "c")
    assert (status, err) == (0, "")
    first, second, third = map(json.loads, out.splitlines())
    assert (first["path"], first["escape"]) == ("a", "`")
    assert [i["keyword"] for i in first["instructions"]] == ["FROM", "RUN"]
    assert first["instructions"][1]["heredocs"][0]["content"] == "hi\n"
    assert second["error"] == {"text": "ENV must have two arguments", "line": 2}
    assert (third["path"], len(third["instructions"])) == ("c", 1)


def test_parse_goes_on_after_a_file_that_cannot_be_read(run: Run, project: Path) -> None:
    (project / "a").write_text("FROM x\n")
    status, out, err = run("parse", "missing", "a", ".")
    assert status == 2
    assert json.loads(out)["path"] == "a"
    assert err.splitlines() == [
        "error: missing: can't be read: No such file or directory",
        "error: .: can't be read: Is a directory",
    ]


def test_parse_reads_standard_input(program: Program) -> None:
    assert json.loads(program("parse", "-", stdin=b"FROM x\n").stdout)["instructions"][0]["args"] == ["x"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], *([name, "-h"] for name in ("check", "explain", "rules", "parse"))]
)
def test_help(run: Run, arguments: list[str]) -> None:
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert out.startswith("Usage: fairlead")
    assert "list[str]" not in out


def test_without_arguments_the_help_is_shown(run: Run) -> None:
    result = run()
    assert "Usage: fairlead" in result.out + result.err


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"fairlead {__version__}\n", "")
    assert run("-V") == run("--version")
    assert run("--version", "--help") == run("--version")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(program: Program, shell: str) -> None:
    ended = program(env={"_FAIRLEAD_COMPLETE": f"source_{shell}"})
    assert ended.returncode == 0
    assert b"_FAIRLEAD_COMPLETE" in ended.stdout


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("fairlead ex", {"explain"}),
        ("fairlead explain cache/copy", {"cache/copy-before-install"}),
        ("fairlead check --select DL300", {"DL3005", "DL3006", "DL3007", "DL3008", "DL3009"}),
        ("fairlead check --profile s", {"strict"}),
    ],
)
def test_completion(program: Program, words: str, completed: set[str]) -> None:
    count = str(len(words.split()) - 1)
    ended = program(env={"_FAIRLEAD_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": count})
    assert completed <= set(ended.stdout.decode().split())
    assert ended.stderr == b""
