"""The parser against the `dockerfile` package, which wraps a (somewhat older) parser of the builder.

Set FAIRLEAD_DOCKERFILES to a directory to compare over every file below it too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead.syntax.dump import dump
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

dockerfile = pytest.importorskip("dockerfile")


def reference(data: bytes) -> list[tuple[Any, ...]] | None:
    try:
        commands = dockerfile.parse_string(data.decode("utf-8"))
    except dockerfile.GoParseError:
        return None
    return [
        (
            command.cmd.lower(),
            command.start_line,
            command.end_line,
            tuple(command.flags),
            # the package appends heredoc bodies to the original text and passes C strings, which end at a NUL
            command.original.split("\n")[0].split("\0")[0],
            tuple(
                value.split("\0")[0]
                for value in ([command.sub_cmd.lower()] if command.sub_cmd else []) + [*command.value]
            ),
        )
        for command in commands
    ]


def arguments(instruction: dict[str, Any]) -> list[str]:
    if instruction["args"] and isinstance(instruction["args"][0], dict):
        child = instruction["args"][0]
        return [child["keyword"].lower(), *arguments(child)]
    if instruction["keyword"] in ("ENV", "LABEL"):
        # the package leaves the delimiters out
        return [text for at, text in enumerate(instruction["args"]) if at % 3 != 2]
    return list(instruction["args"])


def ours(data: bytes) -> list[tuple[Any, ...]] | None:
    parsed = parse(Source("Dockerfile", data))
    if parsed.problems:
        return None
    instructions: Any = dump(parsed)["instructions"]
    return [
        (
            instruction["keyword"].lower(),
            instruction["start_line"],
            instruction["end_line"],
            tuple(instruction["flags"]),
            instruction["original"].split("\0")[0],
            tuple(value.split("\0")[0] for value in arguments(instruction)),
        )
        for instruction in instructions
    ]


def agrees(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    expected, found = reference(data), ours(data)
    if found is None and expected is not None:
        # the package checks less: it knows neither unknown instructions nor wrong flags
        return not any(problem.phase == "parse" for problem in parse(Source("Dockerfile", data)).problems)
    return expected == found


def test_fixtures(fixtures: Path) -> None:
    files = [
        path for path in fixtures.rglob("*") if "dockerfile" in path.name.lower() and not path.name.endswith("ignore")
    ]
    assert len(files) >= 12
    assert [str(path) for path in files if not agrees(path.read_bytes())] == []


def test_real_dockerfiles(real_dockerfiles: list[Path]) -> None:
    if not real_dockerfiles:
        pytest.skip("FAIRLEAD_DOCKERFILES is not set")
    different = [str(path) for path in real_dockerfiles if not agrees(path.read_bytes())]
    agreement = 1 - len(different) / len(real_dockerfiles)
    print(f"{agreement:.2%} of {len(real_dockerfiles)} files agree; different: {different}")
    # the package lags behind the builder: it takes `["a"]^` for JSON
    assert agreement > 0.999
