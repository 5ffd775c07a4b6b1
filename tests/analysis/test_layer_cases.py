"""Layers as BuildKit 73ed6825 and busybox 1.35 made them, to the mode, owner and link target of every entry.

Each line of layer_cases.jsonl is a case: the Dockerfile without the stage `base`, the files of its context (a number: so
many `x`; a text; bytes in base64; `link`: a symbolic link; null: an empty directory) -> the layers of the final stage.
An entry is `[path, type, bytes, mode, uid, gid, target]`, or `[path, "deleted"]`; of directories those that a layer
changes. `unknown`: the lines of which the model may say that it does not know, and nothing else.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.analysis.contents import Change
from fairlead.analysis.prediction import predict
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, directory_context
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

CASES = [json.loads(line) for line in Path(__file__).with_name("layer_cases.jsonl").read_text("utf-8").splitlines()]
BASE = """FROM scratch AS base
COPY --from=tools busybox /bin/busybox
COPY --from=tools busybox /bin/sh
RUN ["/bin/busybox","--install","-s","/bin"]
"""
TOOLS = Context(MemoryTree({"busybox": b"a program"}, {"busybox": 0o755}))


def write(root: Path, case: dict[str, Any]) -> None:
    for path, given in case["files"].items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        match given:
            case None:
                file.mkdir(exist_ok=True)
            case int():
                file.write_bytes(b"x" * given)
            case str():
                file.write_text(given, "utf-8")
            case {"link": target}:
                file.symlink_to(target)
            case {"base64": data}:
                file.write_bytes(base64.b64decode(data))
    for file in root.rglob("*"):
        if not file.is_symlink():
            file.chmod(0o755 if file.is_dir() else 0o644)
    for path, mode in case.get("modes", {}).items():
        (root / path).chmod(int(mode, 8))
    if "dockerignore" in case:
        (root / ".dockerignore").write_text(case["dockerignore"], "utf-8")
    (root / "Dockerfile").write_text(BASE + case["dockerfile"], "utf-8")


def entry(change: Change) -> list[object]:
    if change.change == "deleted":
        return [change.path, "deleted"]
    mode = None if change.mode is None else format(change.mode, "o")
    told: list[object] = [change.path, change.type, change.bytes, mode, change.uid, change.gid]
    return [*told, change.target] if change.target else told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_layers_are_those_of_the_builder(case: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path, case)
    dockerfile = tmp_path / "Dockerfile"
    model = build(parse(Source("Dockerfile", dockerfile.read_bytes())), case.get("build_args", {}), case.get("target"))
    found = [
        layer
        for layer in predict(model, directory_context(tmp_path, dockerfile), {"tools": TOOLS})
        if layer.stage != "base"
    ]
    assert [layer.line for layer in found] == [layer["line"] for layer in case["layers"]]
    for layer, truth in zip(found, case["layers"], strict=True):
        if layer.line in case.get("unknown", ()):
            assert layer.confidence == "unknown"
            assert layer.notes
            continue
        assert layer.confidence == "exact", layer.notes
        assert sorted(map(entry, layer.changes), key=str) == sorted(truth["entries"], key=str)
        assert layer.bytes == truth["bytes"]
