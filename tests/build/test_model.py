"""Stages, the graph between them, and what holds at each step."""

from __future__ import annotations

import pytest

from fairlead.build.builder import UnknownTarget, build
from fairlead.build.image import parse_image_reference
from fairlead.build.model import Build, Step
from fairlead.build.scope import DEFAULT_PATH
from fairlead.shell import Dialect
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def model(text: str, target: str | None = None, **build_args: str) -> Build:
    dockerfile = parse(Source("Dockerfile", text.encode()))
    assert dockerfile.problems == ()
    return build(dockerfile, build_args, target)


def last(text: str, **build_args: str) -> Step:
    """The last step of the last stage."""
    return model(text, **build_args).stages[-1].steps[-1]


def own(step: Step) -> dict[str, str | None]:
    """The variables before a step, but for PATH, which every image has."""
    return {name: value for name, value in step.env.items() if name != "PATH"}


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest", "name"),
    [
        ("debian", "", "debian", "", "", "docker.io/library/debian"),
        ("a/b:1.2", "", "a/b", "1.2", "", "docker.io/a/b"),
        ("localhost:5000/img", "localhost:5000", "img", "", "", "localhost:5000/img"),
        ("quay.io/x/y:1", "quay.io", "x/y", "1", "", "quay.io/x/y"),
        ("localhost/img:2", "localhost", "img", "2", "", "localhost/img"),
        ("a:1@sha256:" + "0" * 64, "", "a", "1", "sha256:" + "0" * 64, "docker.io/library/a"),
    ],
)
def test_image_references(text: str, registry: str, repository: str, tag: str, digest: str, name: str) -> None:
    reference = parse_image_reference(text)
    assert reference == (registry, repository, tag, digest)
    assert reference.name == name


def test_env_is_expanded_with_the_variables_before_the_instruction() -> None:
    assert own(last("FROM scratch\nENV a=1\nENV a=2 b=$a\nRUN x\n")) == {"a": "2", "b": "1"}


def test_arg_is_expanded_from_left_to_right() -> None:
    assert own(last("FROM scratch\nARG a=2 b=${a}0\nRUN x\n")) == {"a": "2", "b": "20"}


def test_precedence_of_build_arg_default_and_global_value() -> None:
    text = "ARG a=global b=global c=global\nFROM scratch\nARG a=stage\nARG b\nARG c=stage\nRUN x\n"
    assert own(last(text, c="given")) == {"a": "stage", "b": "global", "c": "given"}


def test_the_last_writer_wins() -> None:
    assert last("FROM scratch\nENV X=e\nARG X=d\nRUN x\n").env["X"] == "d"
    assert last("FROM scratch\nARG X=d\nENV X=e\nRUN x\n").env["X"] == "e"


def test_a_global_arg_is_not_seen_without_a_declaration() -> None:
    assert own(last("ARG a=1\nFROM scratch\nRUN x\n")) == {}


def test_values_that_are_not_known() -> None:
    step = last("FROM debian\nARG a\nARG b=1\nENV PATH=/x:$PATH c=$a d=${a:-e} e=$b\nRUN x\n")
    assert step.env == {"b": "1", "PATH": None, "c": None, "d": "e", "e": "1"}
    assert step.resolve("$b-$PATH").pattern == "1-\0"
    assert own(last("FROM scratch\nENV a=$nothing\nRUN x\n")) == {"a": ""}
    assert last("FROM scratch\nENV PATH=/a:$PATH\nRUN x\n").env["PATH"] == f"/a:{DEFAULT_PATH}"


def test_the_order_of_the_environment_is_that_of_the_last_assignments() -> None:
    step = last("FROM scratch\nENV a=1\nENV b=1\nARG a=2\nRUN x\n")
    assert list(own(step).items()) == [("b", "1"), ("a", "2")]


def test_a_stage_begins_with_the_environment_of_the_image_it_is_built_on() -> None:
    step = last("FROM scratch AS p\nENV a=env\nARG a=arg\nARG b=1\nFROM p\nRUN x\n")
    assert list(own(step).items()) == [("b", "1"), ("a", "env")]


def test_user_workdir_shell_and_args_are_inherited_from_a_stage() -> None:
    step = last(
        "FROM debian AS base\nARG v=1\nWORKDIR /a\nWORKDIR b/../c\nUSER app\n"
        'SHELL ["/usr/bin/bash", "-eo", "pipefail", "-c"]\nFROM base\nRUN x\n'
    )
    assert (step.workdir, step.user, step.env) == ("/a/c", "app", {"v": "1"})
    assert step.shell.dialect is Dialect.BASH
    assert step.shell.options == {"errexit", "pipefail"}


def test_the_base_image_decides_where_nothing_is_said() -> None:
    step = last("FROM example.com/x:1\nWORKDIR rel\nRUN x\n")
    assert (step.workdir, step.user) == (None, None)
    assert step.path("x") is None
    assert step.path("/x/../y/") == "/y"


def test_windows_images_have_cmd_as_shell() -> None:
    assert last("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN x\n").shell.dialect is Dialect.CMD
    assert last("FROM mcr.microsoft.com/dotnet/sdk:8.0-nanoserver-ltsc2022\nRUN x\n").shell.dialect is Dialect.CMD
    step = last('FROM windows/nanoserver\nSHELL ["powershell", "-Command"]\nRUN x\n')
    assert step.shell.dialect is Dialect.POWERSHELL


def test_from_finds_stages_images_and_scratch() -> None:
    built = model("ARG B=build\nFROM a AS Build\nFROM $B\nFROM Build\nFROM scratch\nFROM ${NONE:-x:1}\n")
    kinds = [stage.origin.kind for stage in built.stages]
    # the name of a stage is stored in lower case and looked up as written
    assert kinds == ["image", "stage", "image", "scratch", "image"]
    assert built.stages[4].origin.resolved.text == "x:1"


def test_a_variable_that_chooses_between_stages_reaches_all_of_them() -> None:
    built = model(
        "FROM a AS base-amd64\nFROM a AS base-arm64\nFROM a AS other\nARG TARGETARCH\nFROM base-${TARGETARCH}\n"
    )
    assert [stage.needed for stage in built.stages] == [True, True, False, True]
    assert built.stages[3].origin.kind == "unknown"


def test_needed_and_shipped_stages() -> None:
    text = (
        "FROM a AS base\nFROM base AS build\nFROM b AS tool\nFROM c AS unused\n"
        "FROM base AS final\nCOPY --from=BUILD /x /x\nRUN --mount=from=tool,target=/t x\n"
    )
    built = model(text)
    assert [stage.needed for stage in built.stages] == [True, True, True, False, True]
    assert [stage.ships for stage in built.stages] == [True, False, False, False, True]
    assert [d.kind for d in built.stages[4].dependencies] == ["from", "copy", "mount"]
    assert [stage.ships for stage in model(text, target="unused").stages] == [False, False, False, True, False]
    with pytest.raises(UnknownTarget, match="final"):
        model(text, target="nothing")


def test_copy_from_number_image_and_variable() -> None:
    built = model("FROM a\nFROM b\nCOPY --from=0 x y\nCOPY --from=nginx:1 x y\nRUN --mount=from=0,target=/t x\n")
    copy, image, run = built.stages[1].steps
    assert copy.origin is not None
    assert copy.origin.stage is built.stages[0]
    assert image.origin is not None
    assert image.origin.image == parse_image_reference("nginx:1")
    # a mount's from never is a number
    assert run.mounts[0].origin is not None
    assert run.mounts[0].origin.kind == "image"


def test_onbuild_runs_in_the_child_stage_only() -> None:
    built = model("FROM a AS base\nONBUILD WORKDIR /app\nONBUILD COPY . ./\nFROM base\nRUN x\nFROM 1\n")
    child = built.stages[1]
    assert [type(step.instruction) for step in child.steps] == [ast.Workdir, ast.Copy, ast.Run]
    assert child.steps[1].destination == "/app/"
    assert child.steps[1].trigger is not None
    assert child.steps[2].workdir == "/app"


def test_destinations() -> None:
    text = "FROM a\nWORKDIR /w\nENV d=/x\n"
    for written, expected in [("y", "/w/y"), ("./", "/w/"), (".", "/w/"), ("$d/", "/x/"), ("/", "/"), ("$n", None)]:
        assert last(f"{text}COPY f {written}\n").destination == expected


def test_mounts() -> None:
    step = last("FROM a\nWORKDIR /w\nARG t=cache\nRUN --mount=type=$t,target=c/../d --mount=type=secret,id=x y\n")
    assert [(mount.type, mount.target) for mount in step.mounts] == [("cache", "/w/d"), ("secret", "/run/secrets/x")]


@pytest.mark.parametrize(
    ("run", "dialect", "commands"),
    [
        ("RUN a\n", Dialect.POSIX, ["a"]),
        ("RUN <<EOF\n#!/usr/bin/env bash\na\nEOF\n", Dialect.BASH, ["a"]),
        ("RUN <<EOF bash\nset -o pipefail\na\nEOF\n", Dialect.BASH, ["set", "a"]),
        ("RUN <<EOF\n#!/usr/bin/env python3\nimport os\nEOF\n", Dialect.OTHER, []),
        ("RUN python3 <<EOF\nimport os\nEOF\n", Dialect.OTHER, []),
        ('RUN ["/bin/a", "b"]\n', Dialect.POSIX, ["/bin/a"]),
    ],
)
def test_scripts_are_read_in_the_language_of_their_interpreter(run: str, dialect: Dialect, commands: list[str]) -> None:
    script = last(f"FROM a\n{run}").script
    assert script is not None
    assert script.dialect is dialect
    assert [command.name for command in script.commands] == commands


@pytest.mark.parametrize(
    ("image", "directory"),
    [
        ("python:3.13-slim", "/"),
        ("golang:1.24", "/go"),
        ("docker.io/library/debian:12", "/"),
        ("php:8.4-cli", "/"),
        ("php:8.4-fpm-alpine", "/var/www/html"),
        ("maven:3-eclipse-temurin-21", "/"),
        ("maven:3-sapmachine-21", None),
        ("eclipse-temurin:21-jre-ubi9-minimal", None),
        ("mariadb:11.8-ubi", None),
        ("node:8-onbuild", None),
        ("example.com/python:3.13", None),
        ("bitnami/redis", None),
        ("scratch", "/"),
    ],
)
def test_the_working_directory_of_well_known_images(image: str, directory: str | None) -> None:
    model = build(parse(Source("Dockerfile", f"FROM {image}\nRUN a\n".encode())))
    assert next(model.runs()).workdir == directory
