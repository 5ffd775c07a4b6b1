"""What `fairlead pin` can write a pin for is what `fairlead inputs` lists: one reading of a file, not two."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.model import Build
from fairlead.pinning.survey import find_inputs
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

DIGEST = "sha256:" + "ab" * 32
TEXT = f"""\
# syntax=docker/dockerfile:1
ARG IMAGE=python:3.12
ARG PINNED=golang:1.24@{DIGEST}
FROM $IMAGE AS a
FROM ${{PINNED}} AS b
FROM a
FROM ${{UNKNOWN}}:1
FROM lib
COPY --from=a / /
COPY --from=1 / /
COPY --from=debian:12@{DIGEST} / /
RUN --mount=type=bind,from=alpine,target=/x --mount=from=b,target=/y --mount=type=bind,from=lib:latest,target=/z true
ADD --checksum={DIGEST} https://e.com/x.tgz /
ADD https://e.com/x.git#main https://e.com/$V/x /
"""


def read(text: str) -> Build | None:
    syntax = parse(Source("Dockerfile", text.encode("utf-8", "surrogateescape")))
    return None if syntax.problems else build(syntax)


def listed(model: Build, contexts: dict[str, str]) -> list[tuple[int, str]]:
    """The images and sources of ADD of the model: where they stand, and their pins."""
    inputs = Models(model, named=contexts).inputs.all(unneeded=True)
    return [
        (one.token.spans[0].start, one.digest)
        for one in inputs
        if (one.kind in ("frontend", "image") and not one.manager)
        or (one.step is not None and isinstance(one.step.instruction, ast.Add) and one.kind != "context")
    ]  # fmt: skip


def pinnable(model: Build, contexts: dict[str, str]) -> list[tuple[int, str]]:
    return [(one.token.spans[0].start, one.pin) for one in find_inputs(model, tuple(contexts))]


@pytest.mark.parametrize("contexts", [{}, {"lib": "."}])
def test_the_same_places_and_pins(contexts: dict[str, str]) -> None:
    model = read(TEXT)
    assert model is not None
    assert listed(model, contexts) == pinnable(model, contexts)
    assert len(listed(model, contexts)) == (9 if contexts else 11)


def test_the_same_for_every_file_of_the_truth(truth: Path, fixtures: Path) -> None:
    read_ = 0
    for text in _texts(truth, fixtures):
        model = read(text)
        if model is not None:
            read_ += 1
            assert sorted(set(listed(model, {}))) == sorted(set(pinnable(model, {}))), text
    assert read_ > 100


def _texts(truth: Path, fixtures: Path) -> Iterator[str]:
    for path in fixtures.rglob("Dockerfile*"):
        if path.suffix in ("", ".expert"):
            yield path.read_text()
    for line in (truth / "parse.jsonl").read_text().splitlines():
        yield base64.b64decode(json.loads(line)["source_base64"]).decode("utf-8", "surrogateescape")
    for line in (truth / "cache.jsonl").read_text().splitlines():
        yield json.loads(line)["dockerfile"]
