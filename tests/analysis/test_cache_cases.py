"""Pairs of builds, each about one sentence of what a cache key holds; the verdicts are those of real builds.

`cache_cases.jsonl` has one case a line: `dockerfile` (`{base}` stands for a stage), then what the second build has
otherwise: `after` (the Dockerfile), `changed` (null: removed), `modes`, `touched`, `directories` (empty ones),
`build_args`, `target`, and the named contexts `named` and then `named_after`. `steps` has a letter for each step of the second build, those of the stage `base` left out:
c cached, r rebuilt; a capital where the output of a RUN decides, so that `unknown` is the answer. Of a COPY --link it
is the copy that counts, not its place in the chain.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from fairlead.analysis.keys import BuildState, compare
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, directory_context, read_dockerignore
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

CASES = [json.loads(line) for line in Path(__file__).with_name("cache_cases.jsonl").read_text("utf-8").splitlines()]
BASE = """\
FROM scratch AS base
COPY --from=tools busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY os-release /etc/os-release
"""
FILES = {
    "os-release": "ID=x\n", "requirements.txt": "flask==3\n", "package.json": "{}\n", "src/app.py": "print(1)\n",
    "src/util.py": "x=1\n", "src/sub/deep.py": "d\n", "README.md": "readme\n", ".git/HEAD": "ref\n",
    "scripts/run.sh": "#!/bin/sh\n", "config/a.cfg": "a\n", "config/b.cfg": "b\n",
}  # fmt: skip
VERDICTS = {"c": "cached", "r": "rebuilt", "C": "unknown", "R": "unknown"}


def write(root: Path, path: str, content: str | dict[str, str] | None) -> None:
    file = root / path
    if file.is_symlink() or file.exists():
        file.unlink()
    if content is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        file.symlink_to(content["link"])
    else:
        file.write_bytes(content.encode())
        file.chmod(0o755 if path.endswith(".sh") else 0o644)


def state(root: Path, dockerfile: str, case: dict[str, Any], suffix: str) -> BuildState:
    write(root, "Dockerfile", dockerfile.replace("{base}", BASE))
    syntax = parse(Source("Dockerfile", (root / "Dockerfile").read_bytes()))
    assert not syntax.problems
    build_args = case.get("build_args" if suffix else "build_args_before", {})
    named = {**case.get("named", {}), **(case.get("named_after", {}) if suffix else {})}
    contexts = {"tools": TOOLS} | {name: memory_context(files) for name, files in named.items()}
    model = build(syntax, build_args, case.get(f"target{suffix}", case.get("target")), contexts)
    return BuildState(model, directory_context(root, root / "Dockerfile"), contexts)


def memory_context(files: dict[str, str]) -> Context:
    return Context(MemoryTree(files), read_dockerignore(files.get(".dockerignore", "").encode()))


TOOLS = Context(MemoryTree({"busybox": b"x"}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    one, two = tmp_path / "before", tmp_path / "after"
    for path, content in {**FILES, **case.get("files", {})}.items():
        write(one, path, content)
    for path in case.get("directories", ()):
        (one / path).mkdir()
    before = state(one, case["dockerfile"], case, "")
    shutil.copytree(one, two, symlinks=True)
    for path in set(case.get("directories", ())) - set(case.get("directories_after", case.get("directories", ()))):
        (two / path).rmdir()
    for path, content in case.get("changed", {}).items():
        write(two, path, content)
        above = (two / path).parent
        if content is None and not any(above.iterdir()) and "directories_after" not in case:
            above.rmdir()
    for path in case.get("directories_after", ()):
        (two / path).mkdir(parents=True, exist_ok=True)
    for path, mode in case.get("modes", {}).items():
        (two / path).chmod(int(mode, 8))
    for path in case.get("touched", ()):
        os.utime(two / path, (1, 1))
    after = state(two, case.get("after", case["dockerfile"]), case, "_after")
    found = [step.verdict for step in compare(before, after) if step.step.stage.label != "base"]
    assert found == [VERDICTS[letter] for letter in case["steps"]]
