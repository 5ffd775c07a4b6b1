from __future__ import annotations

import pytest

from fairlead.build.gitignore import IgnorePatterns


@pytest.mark.parametrize(
    ("patterns", "ignored", "kept"),
    [
        (["build"], ["build", "a/build", "build/a", "a/build/b/c"], ["builds", "a/abuild"]),
        (["build/"], ["build/a", "x/build/a"], ["build", "x/build"]),
        (["/build"], ["build", "build/a"], ["x/build"]),
        (["a/b"], ["a/b", "a/b/c"], ["x/a/b", "a/x/b"]),
        (["a/b/"], ["a/b/c"], ["a/b", "x/a/b/c"]),
        (["*.txt"], ["a.txt", "x/a.txt", "a.txt/b", ".txt"], ["a.txt~"]),
        (["a?c"], ["abc", "x/abc"], ["ac", "a/c"]),
        (["x/*"], ["x/a", "x/a/b"], ["x", "y/x/a"]),
        (["**/x"], ["x", "a/x", "a/b/x/c"], ["ax"]),
        (["a/**"], ["a/b", "a/b/c"], ["a", "x/a/b"]),
        (["a/**/b"], ["a/b", "a/x/b", "a/x/y/b"], ["x/a/b", "ab"]),
        (["a**b/c"], ["ab/c", "axb/c"], ["a/b/c"]),
        (["*", "!keep"], ["a", "a/keep"], ["keep"]),
        (["*", "!*/", "!keep"], ["a/b"], ["keep", "a/keep"]),
        (["build", "!src/"], ["src/build", "src/build/a"], ["src/a"]),
        (["src/**", "!x"], ["src/a"], ["src/x", "x"]),
        (["a/", "!a/keep"], ["a/keep"], ["b"]),
        (["!a", "a"], ["a"], []),
        (["# a", "", "  ", "\\#b", "\\!c"], ["#b", "!c"], ["# a", "a"]),
        (["a ", "b\\ ", "c\\\\ "], ["a", "b ", "c\\"], ["a ", "b", "c\\ "]),
        (["[ab]x", "[!ab]y", "[^a-c]z"], ["ax", "cy", "dz"], ["cx", "ay", "bz", "/y"]),
        (
            ["[]a]1", "[!]]2", "[a\\]]3", "[[:digit:]]4", "[b-a]5"],
            ["]1", "a1", "x2", "]3", "94", "b5"],
            ["]2", "a4", "a5"],
        ),
        (["[a", "[[:nope:]]", "x\\", "["], [], ["[a", "a", "x\\", "x", "["]),
        (["a.b+c(d)"], ["a.b+c(d)"], ["axb+c(d)"]),
        ([], [], ["a"]),
    ],
)
def test_patterns(patterns: list[str], ignored: list[str], kept: list[str]) -> None:
    matcher = IgnorePatterns(patterns)
    assert [path for path in ignored if not matcher.ignores(path)] == []
    assert [path for path in kept if matcher.ignores(path)] == []


def test_a_verdict_is_about_the_very_path() -> None:
    patterns = IgnorePatterns(["build/\r\n", "!keep\n"])
    assert patterns.verdict("build", directory=True) is True
    assert patterns.verdict("build", directory=False) is None
    assert patterns.verdict("build/a", directory=False) is None
    assert patterns.verdict("a/keep", directory=False) is False
