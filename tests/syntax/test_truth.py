"""The parser and the word expansion against the results of the real builder."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from fairlead import ExpansionError, expand_word
from fairlead.syntax.dump import dump
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

TRUTH = Path(__file__).parent.parent / "truth"


def cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TRUTH / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", cases("parse.jsonl"), ids=lambda case: case["name"])
def test_parse(case: dict[str, Any]) -> None:
    source = Source("Dockerfile", base64.b64decode(case["source_base64"]))
    printed = json.loads(json.dumps(dump(parse(source))))
    expected = {key: value for key, value in case.items() if key not in ("source_base64", "name")}
    if "error" in expected:
        expected["error"] = {"text": expected["error"]["text"], "line": expected["error"]["lines"][0][0][0]}
    for instruction in expected.get("instructions", []):
        # the truth holds the keyword as written, `fairlead parse` prints it in upper case
        instruction["keyword"] = instruction["keyword"].upper()
    assert {key: printed[key] for key in expected} == expected
    assert set(printed) - set(expected) == {"path", "directives"}


def test_words() -> None:
    for case in cases("words.jsonl"):
        expected = case.get("error") or (case["result"], case["words"], case["unset"])
        try:
            found: object = tuple(expand_word(case["word"], case["env"], escape=case["escape"]))
        except ExpansionError:
            found = True
        assert found == expected, case
