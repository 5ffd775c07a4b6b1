"""What the commands of a RUN are, which words they have and where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.build.builder import build
from fairlead.build.model import Step
from fairlead.shell import UNKNOWN, Command, Dialect, Script, ShellWord, unwrap
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def steps(text: str) -> list[Step]:
    dockerfile = parse(Source("Dockerfile", text.encode("utf-8", "surrogateescape")))
    return list(build(dockerfile).runs())


def script(run: str, head: str = "FROM debian:12\n") -> Script:
    found = steps(f"{head}RUN {run}\n")[-1].script
    assert found is not None
    return found


def command(run: str, name: str = "a", head: str = "FROM debian:12\n") -> Command:
    """The last command of that name."""
    return [found for found in script(run, head).commands if found.name == name][-1]


def names(run: str, head: str = "FROM debian:12\n") -> list[str | None]:
    return [found.name for found in script(run, head).commands]


def values(words: tuple[ShellWord, ...]) -> list[str | None]:
    return [word.value for word in words]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("a && b || c; d", ["a", "b", "c", "d"]),
        ("a | b | c", ["a", "b", "c"]),
        ("( a; b ) && { c; d; }", ["a", "b", "c", "d"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("while a; do b; done; until c; do d; done", ["a", "b", "c", "d"]),
        ("for x in 1 2; do a $x; done", ["a"]),
        ("case $x in 1) a;; *) b;; esac", ["a", "b"]),
        ("f() { a; }; b", ["a", "b"]),
        ('a $(b) `c` "$(d)"', ["b", "c", "d", "a"]),
        ("! a", ["a"]),
        ("x=1 y=2 a", ["a"]),
        ("a & b", ["a", "b"]),
        ("a 2>&1 >/dev/null && b", ["a", "b"]),
    ],
)
def test_commands(run: str, expected: list[str]) -> None:
    found = names(run)
    assert sorted(name or "" for name in found) == sorted(expected)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("a 'b c' \"d e\" f\\ g", ["b c", "d e", "f g"]),
        ("a --x=$Y", ["--x=5"]),
        ("a ${Y}0 \"${Y}\" '$Y'", ["50", "5", "$Y"]),
        ("a $UNSET_ANYWHERE", [None]),
        ("a ${Z:-d} ${Y:+e} ${Y:-d}", [None, "e", "5"]),
        ("a $(date) $((1+1)) <(b)", [None, None, None]),
        ("a $'x\\ty'", ["x\ty"]),
        ("a b\\\n  c", ["b", "c"]),
        ("a b\\\nc", ["bc"]),
        ("v=7; a $v", ["7"]),
        ("v=7; v=$(b); a $v", [None]),
        ("if b; then v=1; fi; a $v", [None]),
        ("v=1; (v=2); a $v", ["1"]),
        ("for v in 1 2; do a $v; done", [None]),
    ],
)
def test_words(run: str, words: list[str | None]) -> None:
    assert values(command(run, head="FROM debian:12\nENV Y=5\nARG Z\n").args) == words


def test_a_word_of_unknown_parts_keeps_the_others() -> None:
    (word,) = command("a https://e.com/$(uname -m)/x-$V.tgz", head="FROM debian:12\nENV V=1\n").args
    assert word.pattern == f"https://e.com/{UNKNOWN}/x-1.tgz"


def test_operators_and_conditions() -> None:
    found = {c.name: c for c in script("a && b || c; if d; then e; fi; ! f; (g); $(h)").commands}
    assert [found[name].operator for name in "abc"] == [None, "&&", "||"]
    assert {name for name, c in found.items() if c.conditional} >= {"c", "e"}
    assert {name for name, c in found.items() if c.condition} == {"d"}
    assert {name for name, c in found.items() if c.negated} == {"f"}
    assert found["g"].subshell
    assert found["h"].substitution


def test_pipelines() -> None:
    found = {c.name: c for c in script("a | b 2>&1 | c && d").commands}
    pipeline = found["a"].pipeline
    assert pipeline is not None
    assert [c.name for c in pipeline.after(found["a"])] == ["b", "c"]
    assert found["d"].pipeline is not pipeline


@pytest.mark.parametrize(
    ("run", "directory"),
    [
        ("a", "/w"),
        ("cd x && a", "/w/x"),
        ("cd /y; a", "/y"),
        ("(cd /y); a", "/w"),
        ("cd $(b) && a", None),
        ("if b; then cd /y; fi; a", None),
        ("cd /y && cd - && a", None),
    ],
)
def test_the_working_directory(run: str, directory: str | None) -> None:
    assert command(run, head="FROM debian:12\nWORKDIR /w\n").cwd == directory


@pytest.mark.parametrize(
    ("run", "options"),
    [
        ("a", set()),
        ("set -eux; a", {"errexit", "nounset", "xtrace"}),
        ("set -o pipefail && a", {"pipefail"}),
        ("set -euo pipefail; a", {"errexit", "nounset", "pipefail"}),
        ("set -e; set +e; a", set()),
        ("bash -ec 'a'", {"errexit"}),
    ],
)
def test_options_of_the_shell(run: str, options: set[str]) -> None:
    assert set(command(run).options) == options


@pytest.mark.parametrize(
    ("run", "name", "args"),
    [
        ("sudo -E -u root a b", "a", ["b"]),
        ("env X=1 a b", "a", ["b"]),
        ("nice -n 5 a b", "a", ["b"]),
        ("timeout 5m a b", "a", ["b"]),
        ("/usr/bin/a b", "a", ["b"]),
        ("exec a b", "a", ["b"]),
        ("command a b", "a", ["b"]),
    ],
)
def test_what_stands_before_a_command(run: str, name: str, args: list[str]) -> None:
    invocation = unwrap(script(run).commands[-1])
    assert (invocation.name, values(invocation.args)) == (name, args)


@pytest.mark.parametrize(
    "run",
    ["sh -c 'a b'", 'bash -lc "a b"', "eval 'a b'", "bash <<'X'\na b\nX", "sudo sh -c 'a b'", "sh -c \"sh -c 'a b'\""],
)
def test_scripts_in_arguments_are_read_too(run: str) -> None:
    found = next(c for c in script(f"<<EOF\n{run}\nEOF").commands if c.name == "a")
    assert values(found.args) == ["b"]
    assert found.nested_in is not None


@pytest.mark.parametrize(
    ("dockerfile", "dialect"),
    [
        ("FROM a\nRUN x\n", Dialect.POSIX),
        ('FROM a\nSHELL ["/bin/bash", "-c"]\nRUN x\n', Dialect.BASH),
        ('FROM a AS b\nSHELL ["/bin/bash", "-c"]\nFROM b\nRUN x\n', Dialect.BASH),
        ("FROM a\nRUN <<E bash\nx\nE\n", Dialect.BASH),
        ("FROM a\nRUN <<E\n#!/usr/bin/env bash\nx\nE\n", Dialect.BASH),
        ('FROM a\nSHELL ["pwsh", "-c"]\nRUN x\n', Dialect.POWERSHELL),
        ("FROM mcr.microsoft.com/windows/nanoserver\nRUN x\n", Dialect.CMD),
        ("FROM a\nRUN <<E python3\nx\nE\n", Dialect.OTHER),
        ("FROM a\nRUN <<E\n#!/usr/bin/env node\nx\nE\n", Dialect.OTHER),
    ],
)
def test_the_dialect(dockerfile: str, dialect: Dialect) -> None:
    found = steps(dockerfile)[-1].script
    assert found is not None
    assert found.dialect is dialect
    if dialect not in (Dialect.POSIX, Dialect.BASH):
        assert found.commands == ()


def test_exec_form_is_one_command() -> None:
    found = command('["a", "b c", "$X"]', head="FROM debian:12\nENV X=1\n")
    assert values(found.args) == ["b c", "$X"]
    assert names('["sh", "-c", "a && b"]')[1:] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("FROM a\nRUN x && \\\n    y && \\\n    target b\n", 4, 5),
        ("FROM a\nRUN x && \\\n# comment\n\n    target b\n", 5, 5),
        ("FROM a\nRUN <<E\nx\n  target b\nE\n", 4, 3),
        ("FROM a\nRUN sh -c 'x; target b'\n", 2, 15),
        ('FROM a\nRUN ["sh", "-c", "x; target b"]\n', 2, 22),
        ("FROM a\n  RUN  --network=none  target b\n", 2, 24),
        ("FROM a\nRUN \u00e9\u00e9 ; target b\n", 2, 10),
        ("FROM a\r\nRUN x && \\\r\n  target b\r\n", 3, 3),
    ],
)
def test_places(text: str, line: int, column: int) -> None:
    found = steps(text)[-1].script
    assert found is not None
    target = next(c for c in found.commands if c.name == "target")
    start = target.words[0].token.start
    assert (start.line, start.column) == (line, column)
    assert target.words[0].text == "target"


def test_a_word_that_a_line_ending_cuts_has_two_places() -> None:
    (word,) = command("a bc\\\nde").args
    assert word.value == "bcde"
    assert [(place.start.line, place.start.column) for place in word.token.ranges] == [(2, 7), (3, 1)]


PIECES = st.sampled_from(
    ["a", " ", "&&", "||", ";", "|", "(", ")", "{", "}", "'", '"', "$", "${x}", "$(", "`", "\\", "\\\n", "if ", "then ", "fi",
     "for x in ", "do ", "done", "case ", "esac", "<<", "<<<", ">", "2>&1", "=", "x=1", "[[", "]]", "\u00e9", "#", "!", "&", "\t"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_script_is_read_and_its_words_are_where_they_stand(run: str) -> None:
    text = f"FROM debian:12\nRUN {run}\n"
    for step in steps(text):
        if step.script is None:
            continue
        for found in step.script.commands:
            for word in found.words:
                lines = text.split("\n")
                for place in word.token.ranges:
                    assert 2 <= place.start.line <= place.end.line <= len(lines)
                if len(word.token.ranges) == 1 and word.token.start.line == word.token.end.line:
                    start, end = word.token.start, word.token.end
                    assert lines[start.line - 1][start.column - 1 : end.column - 1] == word.text


@pytest.mark.parametrize("run", ["(" * 5000, "$(" * 2000 + "a" + ")" * 2000, "a;" * 20_000, "{ " * 3000, "`" * 999])
def test_deep_and_long_scripts(run: str) -> None:
    assert script(run) is not None


def test_a_loop_over_known_words_says_which() -> None:
    text = "for f in a 'b c'; do rm $f; for g in 1 2; do echo $g; done; done; for x in *.txt; do cat $x; done"
    found = {c.token.text: [(loop.variable, loop.values) for loop in c.loops] for c in script(text).commands}
    assert found == {
        "rm $f": [("f", ("a", "b c"))],
        "echo $g": [("f", ("a", "b c")), ("g", ("1", "2"))],
        "cat $x": [("x", ("*.txt",))],
    }
    pattern = next(c for c in script(text).commands if c.token.text == "cat $x")
    assert pattern.conditional
    assert pattern.loops[0].patterns == {0}


def test_the_redirections_of_a_group_are_those_of_its_commands() -> None:
    found = {c.token.text: c for c in script("{ a; b > x; (c; d) >> y; } > g && e > h || f").commands}
    shared = {text: [r.token.text for r in c.shared] for text, c in found.items()}
    assert shared == {"a": ["> g"], "b": ["> g"], "c": [">> y", "> g"], "d": [">> y", "> g"], "e": [], "f": []}
    assert [r.token.text for r in found["e"].redirections] == ["> h"]


def test_what_a_list_waits_for() -> None:
    found = {c.token.text: c for c in script("a && b > x || c; d && e > y").commands}
    guards = {
        text: [(g.command.token.text if g.command else "", g.succeeds, g.expected) for g in c.guards]
        for text, c in found.items()
    }
    assert guards == {"a": [], "b": [("a", True, False)], "c": [("b", False, False)], "d": [], "e": [("d", True, True)]}
    assert [text for text, c in found.items() if c.conditional] == ["b", "c"]
