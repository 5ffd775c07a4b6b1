"""Inputs that wrappers fetch at their first call: corepack, Gradle's and Maven's wrapper."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fairlead.analysis.grades import Grade, Input
from fairlead.analysis.placement import context_path, working_directory
from fairlead.analysis.version_grades import step_input
from fairlead.build.model import Step
from fairlead.shell import Command, Invocation
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


def corepack_inputs(models: Models, step: Step, command: Command, invocation: Invocation) -> Iterator[Input]:
    """`corepack enable`: package.json says which version of Yarn or pnpm, else the newest that corepack knows comes."""
    operands = [word.value for word in invocation.args if not word.text.startswith("-")]
    if operands[:1] != ["enable"] or invocation.word is None or _prepares(step):
        return
    names = [name for name in operands[1:] if name] or ["yarn and pnpm"]
    cwd = working_directory(step, command.cwd)
    place = version = ""
    seen = False
    for other in [step, *(s for s in step.stage.all_steps() if s is not step)]:
        directory = cwd if other is step else other.workdir
        found = context_path(models, step.stage.steps[-1], f"{directory}/package.json") if directory else None
        text = models.context.text(found) if found is not None and models.context is not None else None
        seen = seen or text is not None
        version = _package_manager(text) if text is not None else ""
        if version:
            place = found or ""
            break
    token = invocation.word.token
    if not version:
        grade: Grade = "floating" if seen else "unknown"
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
        if re.search(rf"\b{name}\b", other.instruction.token.text) and isinstance(other.instruction, ast.Run):
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
