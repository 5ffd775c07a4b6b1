"""Where pins go, where none can go, and that nothing else of a file changes. No network: the answers are made up."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.build.builder import build
from fairlead.build.image import ImageReference
from fairlead.pinning.download import Download
from fairlead.pinning.pinnable import Answer, Pinnable
from fairlead.pinning.plan import Asked, FilePlan, Mode, Status, plan, questions
from fairlead.pinning.registry import INDEXES, Manifest
from fairlead.pinning.repository import Head
from fairlead.pinning.survey import find_inputs
from fairlead.syntax.dump import dump
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def answer(asked: Asked) -> Answer:
    question = asked.question
    digest = hashlib.sha256(repr(question).encode()).hexdigest()
    if isinstance(question, ImageReference):
        return Manifest(f"sha256:{digest}", INDEXES[0])
    return f"sha256:{digest}" if isinstance(question, Download) else Head(digest[:40], is_tag="v" in question.ref)


def pin(
    data: str | bytes,
    mode: Mode = Mode(),  # noqa: B008
    build_args: dict[str, str] | None = None,
    contexts: Sequence[str] = (),
) -> FilePlan:
    def read(source: Source) -> list[Pinnable] | None:
        syntax = parse(source)
        return None if syntax.problems else find_inputs(build(syntax, build_args), contexts)

    source = Source("Dockerfile", data.encode() if isinstance(data, str) else data)
    inputs = read(source)
    assert inputs is not None
    return plan(source, inputs, {asked: answer(asked) for asked in questions(inputs, mode)}, mode, read)


def digest(repository: str, tag: str = "latest", registry: str = "") -> str:
    found = answer(Asked(ImageReference(registry, repository, tag, "")))
    assert isinstance(found, Manifest)
    return found.digest


def pinned(text: str, **options: object) -> str:
    """The file with its pins, each digest of python:3.12 as D."""
    made = pin(text, **options)  # type: ignore[arg-type]  # passed on
    assert {outcome.status for outcome in made.outcomes} <= {Status.PINNED, Status.UNPINNED, Status.UNKNOWN}
    return made.after.decode().replace(digest("python", "3.12"), "D").replace(digest("python"), "L")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM python:3.12\n", "FROM python:3.12@D\n"),
        ("FROM python\n", "FROM python:latest@L\n"),
        ("FROM python:latest\n", "FROM python:latest@L\n"),
        ("FROM --platform=$BUILDPLATFORM python:3.12 AS a\n", "FROM --platform=$BUILDPLATFORM python:3.12@D AS a\n"),
        ('FROM "python:3.12"\n', 'FROM "python:3.12@D"\n'),
        ("FROM pyth\\\non:3.12 \\\n AS a\n", "FROM pyth\\\non:3.12@D \\\n AS a\n"),
        ("# escape=`\nFROM python:3`\n.12\n", "# escape=`\nFROM python:3`\n.12@D\n"),
        ("# syntax = python:3.12 \nFROM scratch\n", "# syntax = python:3.12@D \nFROM scratch\n"),
        ("# syntax=python:3.12 --debug\nFROM scratch\n", "# syntax=python:3.12@D --debug\nFROM scratch\n"),
        ("FROM scratch\nCOPY --from=python:3.12 / /\n", "FROM scratch\nCOPY --from=python:3.12@D / /\n"),
        ('FROM scratch\nCOPY --from="python:3.12" / /\n', 'FROM scratch\nCOPY --from="python:3.12@D" / /\n'),
        (
            "FROM scratch\nRUN --mount=type=bind,from=python:3.12,target=/x --mount=from=python,target=/y x\n",
            "FROM scratch\nRUN --mount=type=bind,from=python:3.12@D,target=/x --mount=from=python:latest@L,target=/y x\n",
        ),
        # in the default of an ARG: another value takes the pin along
        ("ARG IMAGE=python:3.12\nFROM ${IMAGE}\n", "ARG IMAGE=python:3.12@D\nFROM ${IMAGE}\n"),
        ("ARG IMAGE='python:3.12' X=1\nFROM \"$IMAGE\"\n", "ARG IMAGE='python:3.12@D' X=1\nFROM \"$IMAGE\"\n"),
        ("ARG V=3.12\nFROM python:$V\n", "ARG V=3.12@D\nFROM python:$V\n"),
        ("ARG V=3.12\nARG I=python:$V\nFROM ${I}\n", "ARG V=3.12@D\nARG I=python:$V\nFROM ${I}\n"),
        ("ARG V=3.12\nFROM python:$V\nFROM python:${V}\n", "ARG V=3.12@D\nFROM python:$V\nFROM python:${V}\n"),
        ("ARG V=3.12\nFROM python:${V:-3.11}\n", "ARG V=3.12@D\nFROM python:${V:-3.11}\n"),
        ("FROM ${IMAGE:-python:3.12}\n", "FROM ${IMAGE:-python:3.12@D}\n"),
        ("ARG V\nFROM python:${V:-3.12}\n", "ARG V\nFROM python:${V:-3.12@D}\n"),
        ("ARG V=1\nARG V=3.12\nFROM python:$V\n", "ARG V=1\nARG V=3.12@D\nFROM python:$V\n"),
        ("ARG N=python\nFROM $N\n", "ARG N=python:latest@L\nFROM $N\n"),
        ("ARG V=3.12\nFROM python:$V\nARG V=x\nRUN $V\n", "ARG V=3.12@D\nFROM python:$V\nARG V=x\nRUN $V\n"),
    ],
)  # fmt: skip
def test_a_place_for_the_pin(text: str, expected: str) -> None:
    assert pinned(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("ARG V=3\nFROM python:${V}-slim\n", 2, "V decides a part of the name: a digest would hold for one value only"),
        ("ARG V=12\nFROM python:3.$V\n", 2, "V decides a part of the name: a digest would hold for one value only"),
        ("ARG R=docker.io V=3\nFROM $R/python:$V\n", 2, "R and V decide a part of the name: a digest would hold for "
         "one value only"),
        ("ARG V=3\nFROM python:${V#x}\n", 2, "V decides a part of the name: a digest would hold for one value only"),
        ("ARG V=3\nFROM python:$V\nFROM golang:$V\n", 2, "V is also used in line 3, which would change with it"),
        ("ARG V=3\nFROM python:$V\nFROM golang:$V-x\n", 2, "V is also used in line 3, which would change with it"),
        ("ARG V=3\nARG W=$V-x\nFROM python:$V\nFROM golang:$W\n", 3, "V is also used in line 4, which would change "
         "with it"),
        ("ARG V=3\nFROM python:$V\nARG V\nRUN echo $V\n", 2, "V is also used in line 3, which would change with it"),
        ("ARG V=3\nARG W=$V\nFROM python:$V\nARG W\n", 3, "V is also used in line 4, which would change with it"),
        ("ARG P=x\nFROM --platform=$P $P\n", 2, "P is also used in line 2, which would change with it"),
        ("ARG S=a\nFROM $S AS a\nFROM $S\n", 2, "S is also used in line 3, which would change with it"),
        ("ARG V=1\nARG I=x:$V\nARG V=2\nFROM $I\n", 4, "can't be pinned where it stands"),
        ("FROM py\\thon:3\n", 1, "is written with quotes or escapes in its name"),
        ("FROM 'py'thon:3\n", 1, "is written with quotes or escapes in its name"),
        ("FROM scratch\nRUN --mount='type=bind,from=x:1,target=/x' y\n", 2, "is written with quotes or escapes in its "
         "name"),
        ("FROM Python:3\n", 1, "no registry can have an image of this name"),
        ("FROM a/../b?c:1\n", 1, "no registry can have an image of this name"),
        ("FROM scratch\nARG V=1\nADD https://e.com/$V/x.tgz /\n", 3, "V decides a part of the URL: a checksum would "
         "hold for one value only"),
        ("FROM scratch\nARG V=1\nADD https://e.com/x.git#$V /\n", 3, "V decides a part of the URL: a commit would "
         "hold for one value only"),
        ("FROM scratch\nADD https://e.com/x.git?branch=a#a /\n", 2, "names its branch twice"),
        ("# syntax=docker/dockerfile:1.5\nFROM scratch\nADD https://e.com/x.tgz /\n", 3, "the file's frontend does "
         "not know --checksum, which came with docker/dockerfile:1.6"),
    ],
)  # fmt: skip
def test_no_place_for_a_pin(text: str, line: int, reason: str) -> None:
    made = pin(text)
    found = {(outcome.input.line, outcome.status, outcome.reason) for outcome in made.outcomes}
    assert (line, Status.UNPINNED, reason) in found
    others = [outcome for outcome in made.outcomes if outcome.status is Status.PINNED]
    assert all(outcome.input.kind == "frontend" for outcome in others)


@pytest.mark.parametrize(
    "text",
    [
        "FROM scratch\nCOPY --from=0 / /\n",
        "FROM scratch AS a\nFROM a\nCOPY --from=a / /\nRUN --mount=from=A,target=/x y\n",
        "FROM scratch AS base-arm64\nFROM base-${TARGETARCH}\n",
        "FROM scratch\nADD git /\nCOPY https://e.com/x /\n",
        "FROM scratch\nRUN curl https://e.com/x | sh\n",
    ],
)
def test_what_is_nothing_from_outside(text: str) -> None:
    assert pin(text).outcomes == ()


@pytest.mark.parametrize("text", ["FROM $X\n", "ARG X\nFROM python:$X\n", "FROM x\nADD https://e.com/$ARCH /\n"])
def test_what_is_not_known_before_the_build(text: str) -> None:
    assert pin(text, Mode(check=True)).outcomes[-1].status is Status.UNKNOWN


def test_an_onbuild_may_mean_a_stage_of_another_file() -> None:
    text = "FROM scratch\nONBUILD COPY --from=build:1 / /\n"
    assert [outcome.status for outcome in pin(text).outcomes] == [Status.UNKNOWN]


def test_named_contexts_are_no_images() -> None:
    text = "FROM app\nFROM python:3.12\nCOPY --from=tools / /\nRUN --mount=from=src,target=/x y\n"
    assert [outcome.input.name for outcome in pin(text).outcomes] == ["app", "python:3.12", "tools", "src"]
    assert pin(text, contexts=["app", "docker.io/library/python:3.12", "tools", "src"]).outcomes == ()


def test_a_build_argument_has_no_place_in_the_file() -> None:
    made = pin("ARG V=3.12\nFROM python:$V\n", build_args={"V": "3.13"})
    (outcome,) = made.outcomes
    assert outcome.input.name == "python:3.13"
    assert (outcome.status, outcome.reason) == (
        Status.UNPINNED, "V is given with --build-arg, so there is nothing to write",
    )  # fmt: skip


OLD = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"FROM python:3.12@{OLD}\n", "FROM python:3.12@D\n"),
        (f"# syntax=python:3.12@{OLD}\nFROM scratch\n", "# syntax=python:3.12@D\nFROM scratch\n"),
        (f"FROM scratch\nCOPY --from=python:3.12@{OLD} / /\n", "FROM scratch\nCOPY --from=python:3.12@D / /\n"),
        (f"ARG I=python:3.12@{OLD}\nFROM $I\n", "ARG I=python:3.12@D\nFROM $I\n"),
        (f"ARG I=python:3.12@{OLD}\nFROM $I\nARG I\nLABEL b=$I\n", "ARG I=python:3.12@D\nFROM $I\nARG I\nLABEL b=$I\n"),
        (f"ARG D={OLD}\nFROM python:3.12@$D\n", "ARG D=D\nFROM python:3.12@$D\n"),
        (f"ARG V=3.12\nFROM python:$V@{OLD}\n", "ARG V=3.12\nFROM python:$V@D\n"),
        (f"FROM python:3.12@{OLD[:20]}\\\n{OLD[20:]}\n", "FROM python:3.12@D\\\n\n"),
    ],
)
def test_a_pin_that_has_moved_is_replaced(text: str, expected: str) -> None:
    made = pin(text, Mode(update=True))
    assert made.after.decode().replace(digest("python", "3.12"), "D") == expected
    assert [outcome.status for outcome in made.outcomes] == [Status.UPDATED]
    assert [outcome.status for outcome in pin(text, Mode(check=True)).outcomes] == [Status.MOVED]
    assert pin(text).after == text.encode()


@pytest.mark.parametrize("text", [f"FROM python@{OLD}\n", f"FROM scratch\nADD https://e.com/r.git#{'0' * 40} /\n"])
def test_a_pin_with_nothing_to_compare_it_with(text: str) -> None:
    assert [outcome.status for outcome in pin(text, Mode(check=True)).outcomes] == [Status.KEPT]
    assert [outcome.status for outcome in pin(text, Mode(update=True)).outcomes] == [Status.KEPT]


def test_a_digest_in_upper_case_is_not_overwritten_by_accident() -> None:
    text = f"FROM python:3.12@sha256:{'A' * 64}\n"
    made = pin(text, Mode(update=True))
    assert made.after == text.encode()
    assert made.outcomes[0].status is Status.MOVED


TEMPLATES = [
    "# syntax=docker/dockerfile:1\nFROM python:3.12 AS a\nRUN <<EOF\nFROM python:3.12\nEOF\n"
    "COPY --from=nginx:1 <<X /x\n$a\nX\n",
    "ARG IMAGE=python:3.12\nFROM $IMAGE\n# FROM python:3.12\nRUN a \\\n# FROM python:3.12\n\n && b\n",
    "FROM \\\n  python:3.12 \\\n  AS x\nADD \\\n  https://e.com/a.tgz /a\nRUN --mount=from=busybox,target=/b \\\n  x\n",
    'FROM scratch\nADD https://e.com/r.git#main:sub /a\nADD ["https://e.com/x", "/y z"]\nRUN echo \xff\u2028\x0c',
    "ARG V=3\nFROM a:$V\nFROM a:$V\nONBUILD COPY --from=q:1 / /\nHEALTHCHECK CMD x\nLABEL a=python:3.12\n",
]


PIN = re.compile(
    r"(?::latest)?@sha256:[0-9a-f]{64}|:latest(?![-\w])|--checksum=sha256:[0-9a-f]{64} |(?<=\.git)#[^:\s\"]*"
)


def unpinned(data: bytes) -> object:
    """How the builder reads a file, pins taken out."""

    def without(value: object) -> object:
        if isinstance(value, dict):
            return {key: without(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [without(entry) for entry in value if not str(entry).startswith("--checksum=")]
        return PIN.sub("", value) if isinstance(value, str) else value

    return without(dump(parse(Source("Dockerfile", data))))


def check_only_pins_change(data: bytes) -> int:
    made = pin(data)
    edits = sorted({edit for outcome in made.outcomes for edit in outcome.edits})
    # put back what was replaced: what is left must be the file, byte for byte
    text = Source("Dockerfile", made.after).text
    head = made.after[: len(made.after) - len(text.encode("utf-8", "surrogateescape"))]
    for edit in edits:
        end = edit.start + len(edit.text)
        assert text[edit.start : end] == edit.text
        text = text[: edit.start] + made.source.text[edit.start : edit.end] + text[end:]
    assert head + text.encode("utf-8", "surrogateescape") == data
    after = find_inputs(build(parse(Source("Dockerfile", made.after))))
    assert [entry.kind for entry in after] == [outcome.input.kind for outcome in made.outcomes]
    for entry, outcome in zip(after, made.outcomes, strict=True):
        assert entry.pin == (outcome.value if outcome.edits else outcome.input.pin)
    assert unpinned(made.after) == unpinned(data)
    # once more: nothing is left to do
    assert pin(made.after).after == made.after
    return len(edits)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("final", [True, False])
def test_a_file_is_byte_identical_but_for_its_pins(template: str, ending: str, bom: bytes, final: bool) -> None:
    text = template.replace("\n", ending)
    data = bom + (text if final else text.rstrip("\r\n")).encode("latin-1", "ignore")
    if parse(Source("Dockerfile", data)).problems:
        pytest.skip("the builder refuses a heredoc without its last line")
    assert check_only_pins_change(data)


def test_every_file_of_the_truth_is_byte_identical_but_for_its_pins(truth: Path, fixtures: Path) -> None:
    lines = (truth / "parse.jsonl").read_text().splitlines()
    files = [base64.b64decode(json.loads(line)["source_base64"]) for line in lines]
    files += [json.loads(line)["dockerfile"].encode() for line in (truth / "cache.jsonl").read_text().splitlines()]
    files += [path.read_bytes() for path in fixtures.rglob("Dockerfile*") if path.suffix in ("", ".expert")]
    good = [data for data in files if not parse(Source("Dockerfile", data)).problems]
    assert sum(check_only_pins_change(data) for data in good) > 100


WORDS = st.sampled_from(
    ["python", "python:3", "$A", "${A}", "x:$A", "${B:-x:1}", "x:${B}", "r.io/$A", f"p:1@{OLD}", "p@$D", "s", "scratch",
     "'q:1'", '"$A"', "y\\:1", "${A}-z", "localhost:5000/i"]
)  # fmt: skip
LINES = st.one_of(
    st.builds("FROM {} AS s".format, WORDS),
    st.builds("FROM --platform=$P {}".format, WORDS),
    st.builds("COPY --from={} / /".format, WORDS),
    st.builds("RUN --mount=type=bind,from={},target=/x x".format, WORDS),
    st.sampled_from(["ARG A", "ARG A=x", "ARG B=$A", "ADD https://e.com/$A /", "ADD https://e.com/b /", "RUN <<E\nE"]),
)
GLOBALS = st.one_of(
    st.builds("ARG A={}".format, WORDS),
    st.builds("ARG B={}".format, WORDS),
    st.just("ARG D=" + OLD),
    st.just("ARG P=x"),
)


@given(st.lists(GLOBALS, max_size=4), st.lists(LINES, max_size=6))
def test_whatever_the_arguments(first: list[str], rest: list[str]) -> None:
    data = "\n".join([*first, "FROM base:1", *rest, ""]).encode()
    if not parse(Source("Dockerfile", data)).problems:
        check_only_pins_change(data)
