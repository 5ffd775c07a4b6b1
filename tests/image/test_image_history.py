"""Which instruction made which layer, by what builders write into the history."""

from __future__ import annotations

import pytest

from fairlead.analysis.contents import Layer
from fairlead.analysis.image_history import join, readable
from fairlead.build.builder import build
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def joined(dockerfile: str, *created_by: str, target: str | None = None) -> list[tuple[int | None, str]]:
    """Line and stage of each layer of an image with that history."""
    return [(layer.line, layer.stage) for layer in layers(dockerfile, *created_by, target=target)]


def layers(dockerfile: str, *created_by: str, target: str | None = None) -> list[Layer]:
    made = [Layer(readable(text), None, "", 0, "exact", ()) for text in created_by]
    model = build(parse(Source("Dockerfile", dockerfile.encode())), {}, target)
    return join(made, model)


@pytest.mark.parametrize(
    ("created_by", "instruction"),
    [
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN |2 A=b C=d e /bin/sh -c make   all # buildkit", "RUN make all"),
        ("RUN |1 A=b /bin/bash -o pipefail -c a | b # buildkit", "RUN /bin/bash -o pipefail -c a | b"),
        ("RUN |1 A=b /bin/busybox --install # buildkit", "RUN /bin/busybox --install"),
        ("RUN /bin/sh -c set -e;\n\tmake # buildkit", "RUN set -e; make"),
        ("COPY . . # buildkit", "COPY . ."),
        ("COPY --chown=app:app a b /c/ # buildkit", "COPY --chown=app:app a b /c/"),
        ("WORKDIR /x", "WORKDIR /x"),
        ("/bin/sh -c #(nop) ADD file:5f0b in / ", "ADD file:5f0b in /"),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c #(nop) WORKDIR /x", "WORKDIR /x"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("|1 A=b /bin/sh -c make", "RUN make"),
        ("cmd /S /C #(nop) COPY dir:0b in C:\\app ", "COPY dir:0b in C:\\app"),
        ("cmd /S /C echo hi", "RUN echo hi"),
        ("RUN make", "RUN make"),
        ("# debian.sh --arch 'amd64' out/ 'bookworm' '@1'", "# debian.sh --arch 'amd64' out/ 'bookworm' '@1'"),
        ("crafted by hand", "crafted by hand"),
        ("", ""),
        ("|9999999 A", "|9999999 A"),
    ],
)
def test_readable(created_by: str, instruction: str) -> None:
    assert readable(created_by) == instruction


APP = """\
ARG VERSION=3
FROM python:3.13 AS base
ARG VERSION=3
ENV DIR=/app
WORKDIR $DIR
COPY requirements.txt ./
RUN pip install \\
    # quietly
    --quiet -r requirements.txt

FROM base
USER app
COPY --chown=app . .
RUN --mount=type=cache,target=/c ["python", "-m", "compileall"]
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN <<EOF
set -e
make | tee log
EOF
CMD ["python"]
"""
LINES = [(None, ""), (None, ""), (5, "base"), (6, "base"), (7, "base"), (13, "1"), (14, "1"), (16, "1")]


def test_buildkit() -> None:
    assert (
        joined(
            APP,
            "# debian.sh --arch 'amd64'",
            "RUN /bin/sh -c set -eux; apt-get update # buildkit",
            "WORKDIR /app",
            "COPY requirements.txt ./ # buildkit",
            "RUN |1 VERSION=3 /bin/sh -c pip install     --quiet -r requirements.txt # buildkit",
            "COPY --chown=app . . # buildkit",
            "RUN |1 VERSION=3 python -m compileall # buildkit",
            "RUN |1 VERSION=3 /bin/bash -o pipefail -c set -e\nmake | tee log\n # buildkit",
        )
        == LINES
    )


def test_the_former_builder() -> None:
    assert (
        joined(
            APP,
            "/bin/sh -c #(nop) ADD file:12ab in / ",
            "/bin/sh -c set -eux; apt-get update",
            "/bin/sh -c #(nop) WORKDIR /app",
            "/bin/sh -c #(nop) COPY file:ab12 in ./ ",
            "|1 VERSION=3 /bin/sh -c pip install     --quiet -r requirements.txt",
            "/bin/sh -c #(nop) COPY --chown=app:appdir:ab12 in . ",
            "|1 VERSION=3 python -m compileall",
            "|1 VERSION=3 /bin/bash -o pipefail -c set -e\nmake | tee log\n",
        )
        == LINES
    )


def test_buildah() -> None:
    """It has no layer for WORKDIR, and writes an exec form as it stands in the file."""
    assert joined(
        'FROM scratch\nCOPY a b\nRUN ["make", "-j", "a b"]\nWORKDIR /x\nARG V=1\nRUN one && \\\n  two\nADD c ./\n',
        "/bin/sh -c #(nop) COPY file:01b0 in b ",
        '/bin/sh -c ["make", "-j", "a b"]',
        "|1 V=1 /bin/sh -c one &&   two",
        "/bin/sh -c #(nop) ADD file:01b0 in ./ ",
    ) == [(2, "0"), (3, "0"), (6, "0"), (8, "0")]


def test_kaniko() -> None:
    assert joined("FROM a\nCOPY x y\nRUN make\n", "ADD file:1 in /", "COPY x y", "RUN make") == [
        (None, ""),
        (2, "0"),
        (3, "0"),
    ]


def test_copies_are_told_apart_by_where_they_go() -> None:
    dockerfile = "FROM a\nWORKDIR /srv\nCOPY a b\nCOPY c /etc/d\nADD e.tar.gz f/\n"
    history = ["WORKDIR /srv", "#(nop) COPY file:1 in /etc/d ", "#(nop) ADD file:2 in /srv/f "]
    assert joined(dockerfile, *(f"/bin/sh -c {text}" if "nop" in text else text for text in history)) == [
        (2, "0"),
        (4, "0"),
        (5, "0"),
    ]


def test_a_text_that_has_changed_since() -> None:
    found = layers(
        "FROM a\nRUN apt-get update && apt-get install -y curl git\nRUN make\n",
        "RUN /bin/sh -c base # buildkit",
        "RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit",
        "RUN /bin/sh -c make # buildkit",
    )
    assert [(layer.line, len(layer.notes)) for layer in found] == [(None, 0), (2, 1), (3, 0)]
    assert found[1].instruction == "RUN apt-get update && apt-get install -y curl"


def test_a_text_that_is_another_is_told_by_its_neighbours() -> None:
    assert joined(
        "FROM a\nRUN one\nRUN two now different\nRUN three\n",
        "RUN /bin/sh -c base # buildkit",
        "RUN /bin/sh -c one # buildkit",
        "RUN /bin/sh -c something else # buildkit",
        "RUN /bin/sh -c three # buildkit",
    ) == [(None, ""), (2, "0"), (3, "0"), (4, "0")]


def test_a_new_step_at_the_top_is_not_the_base_image() -> None:
    """The image was made before the step was written."""
    assert joined(
        "FROM a\nRUN brand new\nRUN one\n", "RUN /bin/sh -c base # buildkit", "RUN /bin/sh -c one # buildkit"
    ) == [(None, ""), (3, "0")]


def test_another_image_has_no_lines() -> None:
    assert joined("FROM a\nRUN one\nCOPY a b\n", "RUN /bin/sh -c x # buildkit", "COPY c d # buildkit") == [
        (None, ""),
        (None, ""),
    ]


def test_steps_without_a_layer() -> None:
    """An engine may leave out a layer that holds nothing."""
    assert joined(
        "FROM a\nRUN one\nWORKDIR /x\nWORKDIR /\nRUN two\n",
        "RUN /bin/sh -c base # buildkit",
        "RUN /bin/sh -c one # buildkit",
        "RUN /bin/sh -c two # buildkit",
    ) == [(None, ""), (2, "0"), (5, "0")]


def test_a_layer_in_between_that_no_line_made() -> None:
    assert joined(
        "FROM a AS s\nRUN one\nCOPY a b\n",
        "RUN /bin/sh -c base # buildkit",
        "RUN /bin/sh -c one # buildkit",
        "WORKDIR /made/by/a/trigger",
        "COPY a b # buildkit",
    ) == [(None, ""), (2, "s"), (None, "s"), (3, "s")]


def test_the_same_step_twice_and_in_the_base_image() -> None:
    """What cannot be told apart is counted from the end."""
    assert joined(
        "FROM a\nWORKDIR /x\nRUN make\nRUN make\n",
        "WORKDIR /x",
        "RUN /bin/sh -c make # buildkit",
        "WORKDIR /x",
        "RUN /bin/sh -c make # buildkit",
        "RUN /bin/sh -c make # buildkit",
    ) == [(None, ""), (None, ""), (2, "0"), (3, "0"), (4, "0")]


def test_a_script_is_not_the_end_of_another() -> None:
    assert joined("FROM a\nRUN make\n", "RUN /bin/sh -c apt-get install -y make # buildkit") == [(None, "")]


def test_only_the_stages_that_the_target_is_made_of() -> None:
    dockerfile = "FROM a AS b\nRUN one\nFROM b AS c\nRUN two\nFROM scratch\nCOPY --from=c /x /y\n"
    history = ["RUN /bin/sh -c one # buildkit", "RUN /bin/sh -c two # buildkit"]
    assert joined(dockerfile, *history, target="c") == [(2, "b"), (4, "c")]
    assert joined(dockerfile, "COPY /x /y # buildkit") == [(6, "2")]


def test_triggers_of_a_stage_are_steps_of_the_next() -> None:
    dockerfile = "FROM a AS b\nONBUILD COPY . /src\nRUN one\nFROM b\nRUN two\n"
    history = ["RUN /bin/sh -c one # buildkit", "COPY . /src # buildkit", "RUN /bin/sh -c two # buildkit"]
    assert joined(dockerfile, *history) == [(3, "b"), (2, "1"), (5, "1")]


def test_heredoc_copies() -> None:
    assert joined(
        "FROM a\nCOPY <<EOF /etc/x\nhello\nEOF\nRUN true\n",
        "COPY <<EOF /etc/x # buildkit",
        "RUN /bin/sh -c true # buildkit",
    ) == [
        (2, "0"),
        (5, "0"),
    ]


def test_many_layers_without_history_and_no_target() -> None:
    assert joined("FROM a\nRUN one\n", *[""] * 4000) == [(None, "")] * 4000
    assert joined("# nothing\n", "RUN one") == [(None, "")]
