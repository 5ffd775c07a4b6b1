"""What a .dockerignore leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import DockerIgnore, DockerIgnoreError
from fairlead.build.context import read_dockerignore

TRUTH = Path(__file__).parent.parent / "truth" / "dockerignore.jsonl"
CASES = [json.loads(line) for line in TRUTH.read_text("utf-8").splitlines()]


# the first line has the paths of all cases; `left_out` where the builder, which walks down, leaves out other ones than
# the matcher's answer for a path alone
BUILT = [
    json.loads(line) for line in Path(__file__).with_name("dockerignore_cases.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case["dockerignore"]))
def test_truth(case: dict[str, list[str]]) -> None:
    ignore = DockerIgnore(case["dockerignore"])
    assert sorted(filter(ignore.ignores, case["paths"])) == sorted(case["ignored"])


@pytest.mark.parametrize("case", BUILT[1:], ids=lambda case: json.dumps(case["text"]))
def test_what_the_builder_was_seen_to_send(case: dict[str, Any]) -> None:
    data = case["text"].encode()
    if case.get("refused"):
        with pytest.raises(DockerIgnoreError):
            read_dockerignore(data)
        return
    ignore = read_dockerignore(data)
    assert list(filter(ignore.ignores, BUILT[0]["paths"])) == case["ignored"]
    assert list(filter(ignore.leaves_out, BUILT[0]["paths"])) == case.get("left_out", case["ignored"])


def test_patterns_of_a_copy_know_no_comments_and_no_leading_slash() -> None:
    patterns = DockerIgnore.of_copy(["/a", "#b", " c ", "d/../e", "", "f*", "!fg"])
    assert [path for path in ("a", "#b", "c", "e", "f1", "fg") if patterns.leaves_out(path)] == ["#b", "c", "e", "f1"]
    with pytest.raises(DockerIgnoreError, match=r"^syntax error in pattern: \[$"):
        DockerIgnore.of_copy(["["])


@pytest.mark.parametrize(
    ("lines", "ignored", "kept"),
    [
        (["\ufeffa"], ["a", "a/b"], ["b"]),
        (["# a", " # b"], ["# b"], ["a", "b"]),
        (["/a/", "./b", "c/../d"], ["a", "b", "d"], ["c"]),
        (["*"], ["a", "a/b/c"], []),
        (["*", "!src/"], ["a", "srcs"], ["src", "src/node_modules/x"]),
        (["**/x"], ["x", "a/x", "a/b/x/c"], ["ax"]),
        (["a/**"], ["a/b", "a/b/c"], ["b/a"]),
        (["[a-c]?.txt"], ["ab.txt"], ["db.txt", "a/.txt"]),
        (["a\\*"], ["a*"], ["ab"]),
        (["^*\\"], ["$a", "a$b"], ["a", "b\\"]),
        (["! b", "b", "!b/c"], ["b", "b/d"], ["b/c"]),
        (["-a-"], ["-a-"], ["a"]),
        ([".", "/"], [], ["a"]),
    ],
)
def test_patterns(lines: list[str], ignored: list[str], kept: list[str]) -> None:
    ignore = DockerIgnore(lines)
    assert [path for path in ignored if not ignore.ignores(path)] == []
    assert [path for path in kept if ignore.ignores(path)] == []


@pytest.mark.parametrize("pattern", ["!", "[", "[]", "[a", "a[b-]", "a\\", "[]a]"])
def test_patterns_that_the_builder_refuses(pattern: str) -> None:
    with pytest.raises(DockerIgnoreError) as caught:
        DockerIgnore(["ok", pattern])
    assert caught.value.line == 2
    assert str(caught.value).startswith("line 2: ")
    assert str(caught.value).endswith(f": {pattern}")


@given(st.lists(st.text("ab*?![]\\/.-^#{} ", max_size=8), max_size=4), st.text("ab/.-[", min_size=1, max_size=8))
def test_any_lines(lines: list[str], path: str) -> None:
    try:
        ignore = DockerIgnore(lines)
    except DockerIgnoreError:
        return
    ignore.ignores(path)


@given(st.lists(st.sampled_from(["*", "a", "!a", "a/b", "!a/b", "**/c", "!**/c", "a/*", "!a/b/*", "b"]), max_size=4))
def test_a_directory_that_is_skipped_holds_no_exception(lines: list[str]) -> None:
    ignore = DockerIgnore(lines)
    for path in ("a", "b", "a/b", "b/c"):
        if ignore.ignores(path) and not ignore.may_hold_exceptions(path):
            assert all(ignore.ignores(f"{path}/{below}") for below in ("a", "b", "c", "b/c", "b/c/d"))
