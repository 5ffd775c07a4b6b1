"""Which shell an image has, and what becomes of an ENTRYPOINT and a CMD in shell form."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.analysis.shell_form import ShellForm, shell_forms
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, read_dockerignore
from fairlead.knowledge.shells import hands_over, sh_of_image
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def forms(text: str, files: dict[str, str] | None = None) -> list[ShellForm]:
    given = {path: data.encode() for path, data in {"Dockerfile": text, **(files or {})}.items()}
    model = build(parse(Source("Dockerfile", text.encode())))
    return list(shell_forms(Models(model, lambda: Context(MemoryTree(given), read_dockerignore(b"")))))


@pytest.mark.parametrize(
    ("name", "tag", "sh"),
    [
        ("node", "22-slim", "dash"),
        ("node", "22-alpine", "busybox"),
        ("ubuntu", "24.04", "dash"),
        ("nvidia/cuda", "12.4.1-runtime-ubuntu22.04", "dash"),
        ("fedora", "43", "bash"),
        ("redhat/ubi9-minimal", "", "bash"),
        ("amazoncorretto", "21", "bash"),
        ("openjdk", "17", "bash"),
        ("openjdk", "17-slim", "dash"),
        ("alt", "p10", "bash"),
        ("example/base", "1", None),
    ],
)
def test_the_shell_of_an_image(name: str, tag: str, sh: str | None) -> None:
    assert sh_of_image(name, tag) == sh


def test_shells_that_hand_over() -> None:
    assert hands_over("bash", "centos", "7")
    assert hands_over("busybox", "alpine", "3.22")
    assert not hands_over("busybox", "alpine", "3.5")
    assert not hands_over("dash", "debian", "12")


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("FROM debian:12\nCMD server\n", True),
        ("FROM alpine:3.22\nCMD server\n", False),
        ("FROM example/base:1\nCMD server\n", None),
        ("FROM example/base:1\nRUN apt-get update && apt-get install -y curl\nCMD server\n", True),
        ("FROM example/base:1\nRUN dnf install -y curl\nCMD server\n", False),
        ("FROM debian:12\nRUN ln -sf /bin/bash /bin/sh\nCMD server\n", False),
        ("FROM fedora:43\nENTRYPOINT prepare && server\n", None),
    ],
)
def test_whether_the_shell_stays(text: str, *, stays: bool | None) -> None:
    (found,) = forms(text)
    assert found.stays is stays


def test_what_an_entrypoint_makes_of_a_cmd() -> None:
    text = 'FROM debian:12\nCOPY start /start\nENTRYPOINT ["/start"]\nCMD server\n'
    (found,) = forms(text, {"start": '#!/bin/sh\nexec "$@"\n'})
    assert found.given_to is None
    (found,) = forms(text, {"start": "#!/bin/sh\nwords=$@\nserver $words\n"})
    assert found.given_to is not None
    assert not found.ignored
    (found,) = forms(text, {"start": "#!/bin/sh\nserver\n"})
    assert found.ignored


def test_an_entrypoint_in_shell_form_gets_no_cmd() -> None:
    (found,) = forms("FROM debian:12\nENTRYPOINT server\nCMD verbose\n")
    assert found.drops is not None
    assert found.step.line == 2


def test_scripts_that_start_a_program_beside_themselves() -> None:
    text = "FROM debian:12\nCOPY run.sh /run.sh\nCMD /run.sh\n"
    (found,) = forms(text, {"run.sh": "#!/bin/sh\nprepare\nserver\n"})
    assert found.forks
    (found,) = forms(text, {"run.sh": "#!/bin/sh\nprepare\nexec server\n"})
    assert not found.forks
