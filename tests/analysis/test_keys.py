"""Which steps of a second build are taken from the cache: as the real builder did, and as its sources say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.analysis.keys import BuildState, Cache, StepKey, compare
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, read_dockerignore
from fairlead.build.dockerignore import DockerIgnore
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

TRUTH = Path(__file__).parent.parent / "truth" / "cache.jsonl"
CASES = [json.loads(line) for line in TRUTH.read_text("utf-8").splitlines()]
FILES = {"a.txt": "a\n", "src/x.py": "x\n", "src/y.py": "y\n", "go.mod": "m\n"}


def state(
    dockerfile: str,
    files: dict[str, str],
    modes: dict[str, str] | None = None,
    build_args: dict[str, str] | None = None,
) -> BuildState:
    data = {**files, "Dockerfile": dockerfile}
    ignore = read_dockerignore(data[".dockerignore"].encode()) if ".dockerignore" in data else DockerIgnore(())
    tree = MemoryTree(data, {path: int(mode, 8) for path, mode in (modes or {}).items()})
    model = build(parse(Source("Dockerfile", dockerfile.encode())), build_args or {})
    return BuildState(model, Context(tree, ignore), {"tools": Context(MemoryTree({"busybox": b"x"}))})


def verdicts(steps: list[StepKey]) -> dict[int, str]:
    return {step.line: step.verdict for step in steps}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['case']}-{case['change']}")
def test_truth(case: dict[str, Any]) -> None:
    before = state(case["dockerfile"], case["files"], case["modes"], case["build_args"])
    files = {path: text for path, text in {**case["files"], **case["files_after"]}.items() if text is not None}
    modes = {**case["modes"], **case["modes_after"]}
    after = state(
        case["dockerfile_after"] or case["dockerfile"], files, modes, case["build_args_after"] or case["build_args"]
    )
    found = {step.line: step.verdict for step in compare(before, after) if step.step.stage.label != "base"}
    expected = {step["line"]: step["verdict"] for step in case["steps"]}
    for line in case["depends_on_run_output"]:
        if found.get(line) == "unknown":
            expected[line] = "unknown"
    assert found == expected


def change(
    dockerfile: str,
    *,
    after: str | None = None,
    files: dict[str, str | None] | None = None,
    modes: dict[str, str] | None = None,
    build_args: dict[str, str] | None = None,
) -> list[StepKey]:
    """The steps after a change of the Dockerfile or of files."""
    changed = {path: text for path, text in {**FILES, **(files or {})}.items() if text is not None}
    return compare(state(dockerfile, FILES), state(after or dockerfile, changed, modes, build_args))


RUN = "FROM debian:12\n{}RUN x\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RUN.format(""), RUN.format("# comment\n")[:-6] + "  run   x\n"),
        (RUN.format(""), 'FROM debian:12\nRUN ["/bin/sh", "-c", "x"]\n'),
        (RUN.format(""), RUN.format('SHELL ["/bin/sh", "-c"]\n')),
        (RUN.format(""), RUN.format("ARG UNSET\n")),
        (RUN.format("ENV A=1\n"), RUN.format("ARG A=1\n")),
        (RUN.format(""), RUN.format("LABEL a=b\nEXPOSE 1\nCMD z\nSTOPSIGNAL 9\nVOLUME /v\nHEALTHCHECK NONE\n")),
        (RUN.format(""), "FROM debian:12 AS renamed\nRUN x\n"),
        (RUN.format(""), "FROM debian:12\nRUN <<E\nx\nE\n".replace("\nx\n", "\nx\n")[:0] + RUN.format("")),
        ("FROM a\nCOPY src /b\n", "FROM a\nCOPY ./src/ /b\n"),
        ("FROM a\nCOPY src /b\n", 'FROM a\nCOPY ["src", "/b"]\n'),
        ("FROM a\nCOPY src /b\n", "FROM a\nADD --unpack=false src /b\n"),
        ("FROM a\nCOPY --chmod=755 src /b\n", "FROM a\nCOPY --chmod=0755 src /b\n"),
        ("FROM a\nUSER x\nCOPY src /b\n", "FROM a\nUSER y\nENV Z=1\nCOPY src /b\n"),
        ("FROM a\nRUN --mount=type=cache,id=one,target=/c x\n", "FROM a\nRUN --mount=type=cache,id=two,target=/c x\n"),
        (
            "FROM a\nRUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/d x\n",
            "FROM a\nRUN --mount=type=tmpfs,target=/d --mount=type=cache,target=/c x\n",
        ),
        ("FROM a\nWORKDIR /\nRUN x\n", "FROM a\nWORKDIR /\nWORKDIR /\nRUN x\n"),
    ],
)
def test_changes_that_are_free(before: str, after: str) -> None:
    assert {step.verdict for step in change(before, after=after)} == {"cached"}


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        (RUN.format(""), "FROM debian:12\nRUN x  y\n", "command"),
        (RUN.format(""), RUN.format("ENV A=1\n"), "environment"),
        (RUN.format("ENV A=1\nENV B=1\n"), RUN.format("ENV B=1\nENV A=1\n"), "environment"),
        (RUN.format("ARG A=1\n"), RUN.format("ARG A=2\n"), "arguments"),
        (RUN.format(""), RUN.format('SHELL ["/bin/bash", "-c"]\n'), "shell"),
        (RUN.format("USER a\n"), RUN.format("USER b\n"), "user"),
        (RUN.format(""), "FROM debian:12\nRUN --network=none x\n", "options"),
        (RUN.format(""), "FROM debian:12\nRUN --mount=type=tmpfs,target=/t x\n", "mounts"),
        ("FROM a\nRUN --mount=type=cache,target=/c x\n", "FROM a\nRUN --mount=type=cache,id=k,target=/c x\n", "mounts"),
        ("FROM a\nCOPY src /b\n", "FROM a\nCOPY src /b/\n", "command"),
        ("FROM a\nCOPY src /b\n", "FROM a\nADD src /b\n", "options"),
        ("FROM a\nCOPY src /b\n", "FROM a\nCOPY --chown=0:0 src /b\n", "options"),
        ("FROM a\nWORKDIR /a\n", "FROM a\nUSER x\nWORKDIR /a\n", "user"),
        ("FROM a\nCOPY <<E /x\n1\nE\n", "FROM a\nCOPY <<E /x\n2\nE\n", "files"),
    ],
)
def test_changes_of_the_dockerfile(before: str, after: str, part: str) -> None:
    last = change(before, after=after)[-1]
    assert last.verdict == "rebuilt"
    if before.split()[2] != "a\nADD":
        assert part in {reason.part for reason in last.reasons}


def test_link_stands_alone() -> None:
    text = "FROM a\nCOPY a.txt /a\nCOPY --link src /s\nRUN x\n"
    steps = change(text, files={"a.txt": "b\n"})
    assert verdicts(steps) == {2: "rebuilt", 3: "cached", 4: "rebuilt"}
    assert [(r.part, r.line) for r in steps[-1].reasons] == [("parent", 2)]
    with_mode = text.replace("--link", "--link --chmod=644")
    assert verdicts(change(with_mode, files={"a.txt": "b\n"}))[3] == "rebuilt"


STAGES = "FROM a AS build\nCOPY {} /in/\n{}FROM b\nCOPY --from=build {} /out\nRUN z\n"


def test_files_of_another_stage() -> None:
    new = {"src/x.py": "changed\n"}
    unknown = change(STAGES.format("src", "RUN make\n", "/bin/tool"), files=dict(new))
    assert verdicts(unknown) == {2: "rebuilt", 3: "rebuilt", 5: "unknown", 6: "unknown"}
    assert unknown[2].reasons[0].part == "stage"
    known = change(STAGES.format("src", "", "/in/y.py"), files=dict(new))
    assert verdicts(known) == {2: "rebuilt", 4: "cached", 5: "cached"}
    differs = change(STAGES.format("src", "", "/in/x.py"), files=dict(new))
    assert verdicts(differs) == {2: "rebuilt", 4: "rebuilt", 5: "rebuilt"}
    before = "FROM a AS build\nRUN make\nCOPY src /in\nFROM b\nCOPY --from=build /bin/tool /t\n"
    assert verdicts(change(before, files=dict(new))) == {2: "cached", 3: "rebuilt", 5: "cached"}


def test_a_mount_of_another_stage() -> None:
    text = "FROM a AS deps\nCOPY go.mod /\nFROM b\nRUN --mount=from=deps,source=/go.mod,target=/m x\n"
    assert verdicts(change(text, files={"src/x.py": "changed\n"})) == {2: "cached", 4: "cached"}
    assert verdicts(change(text, files={"go.mod": "changed\n"})) == {2: "rebuilt", 4: "rebuilt"}


def test_what_only_a_server_knows() -> None:
    text = "FROM a\nADD https://e.com/x.tgz /x\nRUN z\n"
    steps = change(text)
    assert verdicts(steps) == {2: "unknown", 3: "unknown"}
    assert steps[0].reasons[0].part == "remote"
    pinned = f"FROM a\nADD --checksum=sha256:{'a' * 64} https://e.com/x.tgz /x\n"
    assert verdicts(change(pinned)) == {2: "cached"}


def test_files_of_another_image() -> None:
    text = "FROM a\nCOPY --from=tool:1 /t /t\nRUN x\n"
    assert verdicts(change(text)) == {2: "cached", 3: "cached"}
    assert verdicts(change(text, after=text.replace("tool:1", "tool:2"))) == {2: "unknown", 3: "unknown"}


def test_a_stage_on_another_base() -> None:
    text = "FROM a:1 AS build\nWORKDIR /w\nFROM b\nCOPY --from=build /bin/t /t\n"
    assert verdicts(change(text, after=text.replace("a:1", "a:2"))) == {2: "rebuilt", 4: "unknown"}


def test_an_archive_in_another_stage() -> None:
    text = "FROM a AS build\nADD a.tgz /opt/\nFROM b\nCOPY --from=build /opt/bin/t /t\n"

    def after(one: bytes, other: bytes) -> dict[int, str]:
        return verdicts(compare(*(state(text, {"a.tgz": data.decode("latin-1")}) for data in (one, other))))

    def state(text: str, files: dict[str, str]) -> BuildState:
        model = build(parse(Source("Dockerfile", text.encode())))
        return BuildState(model, Context(MemoryTree({name: data.encode("latin-1") for name, data in files.items()})))

    assert after(b"\x1f\x8b1", b"\x1f\x8b2") == {2: "rebuilt", 4: "unknown"}
    assert after(b"no archive", b"nor this") == {2: "rebuilt", 4: "cached"}


def test_mounts_in_another_order() -> None:
    one, two = "--mount=source=a.txt,target=/a", "--mount=source=src,target=/b"
    text = f"FROM a\nRUN {one} {two} x\n"
    assert verdicts(change(text, after=f"FROM a\nRUN {two} {one} x\n")) == {2: "cached"}


def test_stages_that_are_not_needed_have_no_steps() -> None:
    assert verdicts(change("FROM a AS x\nRUN x\nFROM b\nRUN y\n")) == {4: "cached"}


def test_without_a_context() -> None:
    text = "FROM a\nCOPY . /a\nRUN x\n"
    model = build(parse(Source("Dockerfile", text.encode())))
    assert verdicts(compare(BuildState(model), BuildState(model))) == {2: "unknown", 3: "unknown"}


def test_below_a_step_that_nobody_can_know() -> None:
    """What was built on some output of the RUN may be found again; what never was built on any is rebuilt."""
    text = "FROM a AS build\nCOPY src /src\nRUN make\nFROM b\nCOPY --from=build /bin/t /t\nCOPY a.txt /a\n"
    cache = Cache()
    found = [
        verdicts(cache.build(state(text, {**FILES, **files})))
        for files in (
            {"a.txt": "1", "src/x.py": "1"},
            {"a.txt": "1", "src/x.py": "2"},
            {"a.txt": "2", "src/x.py": "3"},
            {"a.txt": "2", "src/x.py": "4"},
            {"a.txt": "2", "src/x.py": "4"},
        )
    ]
    assert [build[5] for build in found] == ["rebuilt", "unknown", "unknown", "unknown", "cached"]
    assert [build[6] for build in found] == ["rebuilt", "unknown", "rebuilt", "unknown", "cached"]


def test_what_is_found_may_be_of_an_older_build() -> None:
    one, two = "FROM a\nWORKDIR /w\nCOPY a.txt /a\n", "FROM b\nWORKDIR /w\nCOPY a.txt /a\n"
    cache = Cache()
    cache.build(state(one, {"a.txt": "1"}))
    cache.build(state(two, {"a.txt": "2"}))
    steps = cache.build(state(one, {"a.txt": "2"}))
    assert verdicts(steps) == {2: "cached", 3: "rebuilt"}
    assert [(reason.part, reason.line) for reason in steps[1].reasons] == [("parent", 2)]


def test_a_step_that_stands_in_two_stages_is_built_once() -> None:
    text = "FROM a AS one\nRUN x\nFROM a AS two\nRUN x\nCOPY --from=one /o /o\n"
    cache = Cache()
    assert set(verdicts(cache.build(state(text, FILES))).values()) == {"rebuilt"}
    assert set(verdicts(cache.build(state(text, FILES))).values()) == {"cached"}
