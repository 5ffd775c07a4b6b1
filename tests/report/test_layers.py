"""The report on layers for a person and as JSON."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from fairlead.analysis.contents import Change, with_waste
from fairlead.report.layers import SCHEMA, Layers, document, render
from fairlead.report.text import plain

from .layers import deleted, file, layer, typical

REPORT = """\
line        adds                    dead  step
   2         0 B  ..........              WORKDIR /app
   3      ~76 MB  ##########              RUN pip install flask
      ~31 MB left by a package manager: root/.cache/pip
      about 45 MB: the wheels of PyPI
      about 31 MB: pip keeps what it downloads
   4     53.4 kB  x.........     53.4 kB  COPY . .
      50.0 kB deleted at line 5: app/data.bin
      3.00 kB changed, so stored again at line 5: app/main.py
      400 B written again at line 5: app/old.py
   5  3.50 kB +?  #.........              RUN rm data.bin && chown app main.p...
      ? what make writes
   6           ?  ..........              RUN ./configure
      ? what ./configure writes

The biggest paths
     bytes        dead  path
    ~45 MB              usr/local/lib/python3/site-packages  line 3
    ~31 MB              root/.cache/pip  line 3
   56.9 kB     53.4 kB  app/  lines 4 and 5
   50.0 kB     50.0 kB    data.bin  line 4, deleted at line 5
   6.90 kB     3.40 kB    and 4 more files

~ is an estimate, ? is not known, x in a bar is dead weight

5 layers add at least about 76 MB, on top of python:3.
Dead weight: 53.4 kB, stored and never seen.
Left by package managers: about 31 MB in root/.cache/pip.
Without both the image would be about 31 MB smaller.
"""


def text(report: Layers, *, paths: int = 0, width: int = 80) -> str:
    return plain(render(report, paths=paths, width=width))


def json_of(report: Layers) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(document(report)))
    jsonschema.validate(found, json.loads(SCHEMA.read_text()))
    return found


def test_a_report_for_a_person() -> None:
    assert text(Layers(typical(), "Dockerfile", base="python:3"), paths=4) == REPORT


@pytest.mark.parametrize("width", [20, 60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = file("a/" + "long-name-" * 30 + "x", 10, "a source of many words " * 20)
    layers = with_waste(
        [
            *typical(),
            layer(10, "RUN " + "x" * 300, long, confidence="about"),
            layer(11, "RUN rm", deleted("a")),
        ]
    )
    for estimates in ((), tuple(layers)):
        found = text(Layers(layers, "Dockerfile", estimates=estimates), paths=30, width=width)
        assert max(map(len, found.splitlines())) <= max(width, 60)


def test_an_image_is_told_by_the_numbers_of_its_layers() -> None:
    layers = with_waste([layer(None, "ADD rootfs", file("etc/x", 10)), layer(None, "RUN rm", deleted("etc/x"))])
    found = text(Layers(layers, image="image.tar"))
    assert found.splitlines()[:3] == [
        "layer       holds                    dead  step",
        "    1        10 B  xxxxxxxxxx        10 B  ADD rootfs",
        "       10 B deleted by layer 2: etc/x",
    ]
    assert (
        "\nx in a bar is dead weight\n\n2 layers hold 10 bytes.\nDead weight: 10 bytes (100%), stored and never seen.\n"
        in found
    )


def test_an_image_beside_what_was_predicted() -> None:
    base = layer(None, "ADD rootfs", file("etc/a", 1000), file("etc/b", 500), stage="")
    base_too = layer(None, "RUN rm etc/b", deleted("etc/b"), stage="")
    copy = layer(3, "COPY . .", file("app/x", 70))
    run = layer(4, "RUN make && rm etc/a", file("app/y", 30), deleted("etc/a"))
    guess = layer(4, "RUN make && rm etc/a", confidence="unknown", notes=["what make writes"])
    report = Layers(with_waste([base, base_too, copy, run]), "Dockerfile", "x.tar", estimates=(None, None, copy, guess))
    found = text(report, width=100)
    assert found.splitlines()[0] == "line       holds   predicted                    dead  step"
    assert "\nbase     1.50 kB              xxxxxxxxxx     1.50 kB  ADD rootfs\n" in found
    assert "\n   3        70 B        70 B  #.........              COPY . .\n" in found
    assert "\n   4        30 B           ?  #.........              RUN make && rm etc/a\n" in found
    assert "Of the layers that the Dockerfile makes: 100 bytes measured, at least 70 bytes predicted from it." in found
    assert "Dead weight: 1.00 kB (62%), stored and never seen." in found
    assert "The base image comes with 500 bytes of dead weight of its own." in found
    summary = json_of(report)["summary"]
    assert (summary["dead"]["bytes"], summary["inherited"]["bytes"]) == (1000, 500)
    assert json_of(report)["layers"][3]["predicted"] == {
        "bytes": None,
        "confidence": "unknown",
        "notes": ["what make writes"],
    }
    assert json_of(report)["layers"][0]["predicted"] is None


def test_dead_weight_is_told_by_what_was_done() -> None:
    files = [file(f"app/{kind}/{number}", 10 * number) for kind in ("a", "b", "c") for number in range(1, 9)]
    again = [Change(f"app/b/{number}", "modified", "file", 10 * number) for number in range(1, 9)]
    layers = [layer(1, "COPY . /", *files), layer(2, "RUN x", deleted("app/a"), deleted("app/c/8"), *again)]
    assert text(Layers(with_waste(layers), "Dockerfile"), width=120).splitlines()[2:4] == [
        " " * 42 + "440 B deleted at line 2: app/a/ (8 files), app/c/8",
        " " * 42 + "360 B changed, so stored again at line 2: app/b/ (8 files)",
    ]


def test_many_files_of_a_directory_are_told_together() -> None:
    files = [file(f"lists/{number}", 10) for number in range(9)]
    gone = [deleted(f"lists/{number}") for number in range(5)]
    found = text(Layers(with_waste([layer(1, "RUN a", *files), layer(2, "RUN b", *gone)]), "f"), width=120)
    assert " 50 B deleted at line 2: lists/ (5 files)\n" in found


def test_files_that_nobody_can_list_are_not_counted() -> None:
    lists = file("var/lib/apt/lists/*", 20_000_000, "an index")
    layers = [layer(1, "RUN apt-get update", lists, file("etc/a", 1)), layer(2, "RUN rm", deleted("var/lib/apt/lists"))]
    found = text(Layers(with_waste(layers), "Dockerfile"), width=120, paths=1)
    assert "~20 MB deleted at line 2: var/lib/apt/lists/\n" in found
    assert "\n    ~20 MB      ~20 MB  var/lib/apt/lists/*  line 1, deleted at line 2\n" in found
    lone = text(Layers([layer(1, "RUN x", file("a/*", None), file("b", 5), confidence="unknown")], "f"), paths=1)
    assert "\n         ?              and more\n" in lone


def test_of_many_doubts_the_first_are_told() -> None:
    doubts = [f"what ./{number} writes" for number in range(9)]
    report = Layers([layer(1, "RUN x", confidence="unknown", notes=doubts)], "Dockerfile")
    found = text(report, width=120)
    assert "? what ./4 writes" in found
    assert "? what ./5 writes" not in found
    assert " and 4 more; --output-format json has all\n" in found
    assert json_of(report)["layers"][0]["notes"] == doubts


def test_nothing_to_say() -> None:
    assert text(Layers([], "Dockerfile")) == "No step of this build makes a layer.\n"
    assert text(Layers([], image="x.tar"), paths=3) == "The image has no layers.\n"
    assert json_of(Layers([], image="x.tar"))["summary"]["total"] == {"bytes": 0, "confidence": "exact"}
    good = Layers([layer(1, "COPY a /", file("a", 1))], "Dockerfile")
    assert text(good).endswith("\n1 layer adds 1 byte.\nNo dead weight.\n")
    empty = Layers([layer(1, "WORKDIR /x", Change("x", "added", "dir"))], "Dockerfile")
    assert "No file is known by its path." in text(empty, paths=5)


def test_stages_are_named_where_there_are_several() -> None:
    found = text(Layers([layer(2, "COPY a /", stage="base"), layer(4, "COPY b /", stage="1")], "Dockerfile"))
    assert [line for line in found.splitlines() if line.startswith("stage")] == ["stage base", "stage 1"]


def test_text_of_the_repository_does_not_reach_the_terminal() -> None:
    hostile = layer(1, "RUN \x1b[31m\nx", file("a\x1b[0m\u202eb", 5, "\x07source"), notes=["\x1b"])
    found = text(Layers([hostile], "Dockerfile", base="\x1b"), paths=5)
    assert not set("\x1b\x07\u202e") & set(found)


def test_the_document() -> None:
    found = json_of(Layers(typical(), "Dockerfile", base="python:3", notes=("a note",)))
    assert found["base"] == "python:3"
    assert found["notes"] == ["a note"]
    copy = found["layers"][2]
    assert (copy["line"], copy["stage"], copy["bytes"], copy["confidence"]) == (4, "app", 53_400, "exact")
    assert copy["entries"][0] == {
        "path": "app/data.bin",
        "change": "added",
        "type": "file",
        "bytes": 50_000,
        "mode": 0o644,
        "uid": 0,
        "gid": 0,
    }
    assert copy["wasted"][0] == {
        "path": "app/data.bin",
        "bytes": 50_000,
        "by_line": 5,
        "by_layer": 4,
        "how": "deleted",
    }
    assert found["layers"][4] == {
        "line": 6,
        "stage": "app",
        "instruction": "RUN ./configure",
        "bytes": None,
        "confidence": "unknown",
        "entries": [],
        "wasted": [],
        "notes": ["what ./configure writes"],
    }
    assert found["summary"] == {
        "layers": 5,
        "total": {"bytes": 76_056_900, "confidence": "unknown"},
        "dead": {"bytes": 53_400, "confidence": "exact"},
        "left": {"bytes": 31_000_000, "confidence": "about"},
        "saving": {"bytes": 31_053_400, "confidence": "about"},
        "inherited": {"bytes": 0, "confidence": "exact"},
    }
    assert found["leftovers"] == [
        {"path": "root/.cache/pip", "line": 3, "layer": 2, "bytes": 31_000_000, "confidence": "about"}
    ]
