"""What a COPY or ADD of the fixtures stores, against a count of its own of the files that lie there."""

from __future__ import annotations

import os
import posixpath
import stat
from pathlib import Path

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import directory_context
from fairlead.build.dockerignore import DockerIgnore
from fairlead.build.model import Step
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

FIXTURES = Path(__file__).parents[2] / "fixtures"
MONOREPO = FIXTURES / "monorepo"
DOCKERFILES = sorted(path for path in FIXTURES.rglob("Dockerfile*") if not path.name.endswith("dockerignore"))


def root_of(dockerfile: Path) -> Path:
    return MONOREPO if MONOREPO in dockerfile.parents else dockerfile.parent


def ignore_of(dockerfile: Path) -> DockerIgnore:
    for path in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), root_of(dockerfile) / ".dockerignore"):
        if path.is_file():
            return DockerIgnore(path.read_text().split("\n"))
    return DockerIgnore(())


def on_disk(dockerfile: Path, source: str) -> dict[str, int]:
    """The regular files that a source takes, by their name below the destination ("" for the source itself)."""
    root, ignore = root_of(dockerfile), ignore_of(dockerfile)
    top = posixpath.normpath(source.lstrip("/") or ".")
    start = root / top
    if start.is_file():
        return {"": start.stat().st_size}
    found = {}
    for directory, _, names in os.walk(start):
        for name in names:
            path = Path(directory) / name
            if stat.S_ISREG(path.lstat().st_mode) and not ignore.ignores(path.relative_to(root).as_posix()):
                found[path.relative_to(start).as_posix()] = path.stat().st_size
    return found


def sources_of(step: Step, dockerfile: Path) -> list[str]:
    """The sources of a COPY or ADD that lie in the build context; [] where one of them does not."""
    copy = step.instruction
    if not isinstance(copy, ast.FileInstruction) or step.origin is not None:
        return []
    texts = [step.resolve(source.word.value).text or "" for source in copy.sources]
    ignore = ignore_of(dockerfile)
    lost = any("://" in text or ((root_of(dockerfile) / text).is_file() and ignore.ignores(text)) for text in texts)
    return [] if lost else texts


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_bytes_of_each_copy(dockerfile: Path) -> None:
    file = parse(Source(str(dockerfile), dockerfile.read_bytes()))
    context = directory_context(root_of(dockerfile), dockerfile)
    counted = {}
    # every stage is made the target once, so that the layers of all of them are predicted
    for stage in build(file).stages:
        model = build(file, target=stage.label)
        for layer in Models(model, lambda: context).prediction.layers:
            files = [on_disk(dockerfile, source) for source in sources_of(layer.step, dockerfile)]
            if not files:
                continue
            stored = {change.path: change.bytes for change in layer.changes if change.type == "file"}
            assert sorted(size or 0 for size in stored.values()) == sorted(s for taken in files for s in taken.values())
            destination = (layer.step.destination or "").strip("/")
            assert {f"{destination}/{name}" for taken in files for name in taken if name} <= stored.keys()
            counted[layer.line] = layer.bytes
    assert counted.keys() == {step.line for step in build(file).steps() if sources_of(step, dockerfile)}
