"""Inputs that wrappers fetch at their first call: corepack, Gradle's and Maven's wrapper."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from fairlead.analysis.grades import Grade, Input
from fairlead.analysis.placement import context_path, working_directory
from fairlead.analysis.version_grades import step_input
from fairlead.build.model import Step
from fairlead.shell import Command, Invocation, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_COREPACK = {"yarn": "yarn", "yarnpkg": "yarn", "pnpm": "pnpm", "pnpx": "pnpm"}


class _Call(NamedTuple):
    """A call of a manager that corepack fetches at the first one."""

    manager: str
    step: Step
    command: Command


def corepack_inputs(models: Models, step: Step, command: Command, invocation: Invocation) -> Iterator[Input]:
    """`corepack enable`: package.json says which version of Yarn or pnpm, else the newest that corepack knows comes.

    It comes at the first call, so that nothing does where none follows.
    """
    operands = [word.value for word in invocation.args if not word.text.startswith("-")]
    if operands[:1] != ["enable"] or invocation.word is None or _prepares(step):
        return
    wanted = {_COREPACK.get(name or "", "") for name in operands[1:] or _COREPACK}
    calls = [call for call in _following(models, step, command) if call.manager in wanted]
    if not calls:
        return
    names = sorted({call.manager for call in calls})
    place = version = ""
    seen = False
    for call in calls:
        place, text = _manifest_of(models, call)
        seen = seen or text is not None
        version = _package_manager(text or "")
        if version or (call is calls[0] and not seen and _has_no_files(call.step)):
            break
    token = invocation.word.token
    if not version:
        bare = not seen and _has_no_files(calls[0].step)
        grade: Grade = "floating" if seen or bare else "unknown"
        why = "no packageManager in package.json" if seen else "no package.json at hand"
        yield step_input(step, "tool", " and ".join(names), grade, why, token, "corepack")
        return
    name, _, asked = version.partition("@")
    if "+" in asked:
        yield step_input(
            step,
            "tool",
            name,
            "immutable",
            "packageManager has a hash",
            token,
            "corepack",
            asked,
            file=place,
            digest=asked.partition("+")[2],
        )
    else:
        yield step_input(
            step,
            "tool",
            name,
            "versioned",
            "packageManager has no hash",
            token,
            "corepack",
            asked,
            file=place,
        )


def _following(models: Models, step: Step, command: Command) -> Iterator[_Call]:
    """The calls behind a command: also in stages built from its stage, up to a `corepack enable` there."""
    for stage in models.build.stages:
        if step.stage not in stage.lineage():
            continue
        steps = list(stage.all_steps())
        at = next((at for at, other in enumerate(steps) if other.instruction is step.instruction), len(steps))
        for other in steps[at:]:
            commands = other.script.commands if other.script is not None else ()
            behind = commands[commands.index(command) + 1 :] if command in commands else commands
            for found in behind:
                called = unwrap(found)
                if called.name == "corepack" and called.args and called.args[0].value == "enable":
                    break
                if called.name in _COREPACK:
                    yield _Call(_COREPACK[called.name], other, found)
            else:
                continue
            break


def _manifest_of(models: Models, call: _Call) -> tuple[str, str | None]:
    """The package.json that a call finds in its directory or above: its place in the context, and its text."""
    directory = working_directory(call.step, call.command.cwd)
    while directory is not None and models.context is not None:
        place = context_path(models, call.step, posixpath.join(directory, "package.json"))
        text = models.context.text(place) if place is not None else None
        if place is not None and text is not None:
            return place, text
        directory = posixpath.dirname(directory) if directory != "/" else None
    return "", None


def _has_no_files(step: Step) -> bool:
    return not any(isinstance(other.instruction, ast.Copy | ast.Add) for other in step.stage.steps_before(step))


def _prepares(step: Step) -> bool:
    """Whether a version is named besides: `corepack prepare pnpm@9.1.0 --activate`."""
    return any(
        re.search(r"corepack\s+(?:prepare|install|use)\s+\S*\w@", other.instruction.token.text) is not None
        for other in step.stage.all_steps()
    )


def _package_manager(text: str) -> str:
    try:
        data: Any = json.loads(text)
    except ValueError:
        return ""
    value = data.get("packageManager") if isinstance(data, dict) else None
    return value if isinstance(value, str) else ""


_PROPERTIES = {
    "gradlew": ("gradle/wrapper/gradle-wrapper.properties", "Gradle"),
    "mvnw": (".mvn/wrapper/maven-wrapper.properties", "Maven"),
}


def wrapper_inputs(models: Models, step: Step, command: Command, invocation: Invocation, name: str) -> Iterator[Input]:
    """The distribution that `./gradlew` and `./mvnw` download at their first call."""
    for other in step.stage.steps_before(step):
        if any(unwrap(found).name == name for found in (other.script.commands if other.script is not None else ())):
            return
    file, title = _PROPERTIES[name]
    cwd = working_directory(step, command.cwd)
    written = invocation.word.value if invocation.word is not None else None
    directory = posixpath.dirname(written) if written else ""
    base = directory if directory.startswith("/") else posixpath.join(cwd, directory) if cwd is not None else None
    place = context_path(models, step, posixpath.join(base, file)) if base is not None else None
    text = models.context.text(place) if place is not None and models.context is not None else None
    token = invocation.word.token if invocation.word is not None else command.token
    if text is None or place is None:
        looked = "not in the build context" if models.context is not None else "the build context is not known"
        yield step_input(step, "tool", title, "unknown", looked, token, name)
        return
    url = re.search(r"^distributionUrl\s*=\s*(\S+)", text, re.MULTILINE)
    checksum = re.search(r"^distributionSha256Sum\s*=\s*([0-9a-fA-F]{64})", text, re.MULTILINE)
    address = url[1].replace("\\:", ":") if url else title
    if checksum:
        yield step_input(
            step,
            "tool",
            address,
            "immutable",
            "the wrapper checks its checksum",
            token,
            name,
            file=place,
            digest=checksum[1],
        )
    else:
        yield step_input(
            step,
            "tool",
            address,
            "versioned",
            "a version in the URL, no checksum",
            token,
            name,
            file=place,
        )
