"""Compilers and what belongs to them in the final image, where a build stage could keep them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.packages import Operation
from fairlead.analysis.placement import text_at
from fairlead.analysis.startup import Started
from fairlead.build.model import Step
from fairlead.knowledge.base_images import Toolchain, has_compiler, is_jdk_with_jre, toolchain
from fairlead.knowledge.toolchains import (
    COMPILED,
    COMPILERS,
    COMPILES_AT_RUN_TIME,
    DOWNLOADED,
    DOWNLOADED_REMOVED,
    GPU_WORK,
    HELPERS,
    INSTALLERS,
    MADE_FOR,
    NOT_HELPERS,
    ONLY_FOR,
    PRODUCTS,
    TOOL_SIZES,
    WORKING_TOOLS,
)
from fairlead.shell import UNKNOWN, Command, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


@dataclass(frozen=True)
class Built:
    """What a build step makes that could be copied from a build stage.

    Attributes:
        token: the words that make it.
        product: what it is, in words.
    """

    token: Token
    product: str


@dataclass(frozen=True)
class ShippedToolchain:
    """A base image that is there to compile, below an image that only runs the result."""

    token: Token
    image: str
    toolchain: Toolchain
    built: Built
    started: Started


@dataclass(frozen=True)
class ShippedTools:
    """Packages that only a build needs, in a layer of the final image.

    Attributes:
        words: the words that name them.
        names: their names.
        compiles: there is a compiler among them.
        built: what is made with them.
        bytes: what the largest of them takes on Debian 12, dependencies included; None where that is not known.
        largest: its name.
        in_base: the base image holds a compiler anyway.
    """

    words: tuple[Token, ...]
    names: tuple[str, ...]
    compiles: bool
    built: Built
    bytes: int | None
    largest: str
    in_base: bool


@dataclass(frozen=True)
class ShippedJdk:
    """A JDK below an image that only runs classes."""

    token: Token
    image: str
    started: Started


def shipped_toolchain(models: Models) -> ShippedToolchain | None:
    """The base image that is a toolchain where the image runs what was compiled; None for none."""
    target = models.build.target
    image = target.root.image if target is not None else None
    found = toolchain(image.short_name, image.tag) if image is not None else None
    started = models.startup.started if found is not None else None
    if target is None or image is None or found is None or started is None or models.purpose.for_work:
        return None
    if started.is_script or _needs_toolchain(found, started):
        return None
    if any(_brings(step, started.program) for step in models.layers.shipped_steps()):
        return None
    for command, words in _commands(models):
        if (words[0] in found.builders or " ".join(words) in found.builders) and not command.conditional:
            return ShippedToolchain(
                target.root.token, image.short_name, found, Built(command.token, found.product), started
            )
    return None


def _brings(step: Step, program: str) -> bool:
    """Whether a COPY from elsewhere brings a program: then the toolchain is there for another reason."""
    copy = step.instruction
    if not isinstance(copy, ast.FileInstruction) or step.origin is None:
        return False
    paths = [step.destination or "", *(step.resolve(source.word.value).text or "" for source in copy.sources)]
    return any(path.rpartition("/")[2] == program for path in paths)


def _needs_toolchain(found: Toolchain, started: Started) -> bool:
    if started.unread or not started.commands:
        return True
    runners = re.compile(rf"(?:^|[\s/;&|(])(?:{'|'.join(map(re.escape, found.runners))})(?=$|[\s;&|)])", re.MULTILINE)
    return started.mentions(runners)


def shipped_jdk(models: Models) -> ShippedJdk | None:
    """The base image that is a JDK where the image runs `java` and nothing is compiled in it."""
    target = models.build.target
    image = target.root.image if target is not None else None
    if target is None or image is None or not is_jdk_with_jre(image.short_name, image.tag):
        return None
    started = models.startup.started
    if started is None or started.unread or models.purpose.for_work:
        return None
    runs = [command for command in started.commands if command.name == "java"]
    if not runs or started.mentions(re.compile(r"\b(?:mvnw?|gradlew?|javac|jcmd|jmap|jstack|jlink|sbt|javaagent)\b")):
        return None
    return ShippedJdk(target.root.token, f"{image.short_name}:{image.tag}".rstrip(":"), started)


def shipped_tools(models: Models) -> Iterator[ShippedTools]:
    """The installs of compilers and headers whose layers ship though only a build above the last step needs them."""
    steps = models.layers.shipped_steps()
    if not any(_may_bring_tools(models, step) for step in steps):
        return
    target = models.build.target
    started = models.startup.started
    if target is None or started is None or started.unread or models.purpose.for_work:
        return
    image = target.root.image
    in_base = image is not None and has_compiler(image.short_name, image.tag)
    if image is not None and (
        toolchain(image.short_name, image.tag) is not None or (in_base and image.short_name == "php")
    ):
        return
    if _wants_compiler(models, steps):
        return
    preferred = _preferred(models, steps)
    for at, step in enumerate(steps):
        for operation in models.operations(step):
            found = _tools_of(operation)
            if not found or _is_removed(models, steps[at:], operation):
                continue
            languages = {language for _, _, language in found}
            built = _built(models, steps[at:], operation.command, languages, preferred)
            if built is None or started.mentions(_any_of([name for _, name, language in found if language])):
                continue
            yield _shipped(operation, found, built, in_base=in_base)
        yield from _downloaded(models, steps[at:], started, preferred)


def _may_bring_tools(models: Models, step: Step) -> bool:
    return any(_tools_of(operation) for operation in models.operations(step)) or any(
        found.url.match(download.url) for download in models.downloads(step) for found in DOWNLOADED
    )


def _downloaded(
    models: Models, steps: list[Step], started: Started, preferred: frozenset[str]
) -> Iterator[ShippedTools]:
    """The compilers that a step downloads."""
    for download in models.downloads(steps[0]):
        match = next((found for found in DOWNLOADED if found.url.match(download.url)), None)
        if match is None or download.command.conditional or started.mentions(_any_of(list(match.programs))):
            continue
        texts = [step.instruction.token.text for step in steps if isinstance(step.instruction, ast.Run)]
        built = _built(models, steps, download.command, {match.language}, preferred)
        if built is not None and not any(DOWNLOADED_REMOVED.search(text) for text in texts):
            yield ShippedTools((download.token,), (match.name,), True, built, None, "", False)


def _preferred(models: Models, steps: list[Step]) -> frozenset[str]:
    """What the compilers of an image are most likely there for, by its base image and the headers that it installs."""
    target = models.build.target
    image = target.root.image if target is not None else None
    names = [image.short_name] if image is not None else []
    for step in steps:
        names += [package.name for operation in models.operations(step) for package in operation.packages]
    return next((made for pattern, made in MADE_FOR if any(pattern.fullmatch(name) for name in names)), frozenset())


def _shipped(operation: Operation, found: list[_Tool], built: Built, *, in_base: bool) -> ShippedTools:
    names = tuple(dict.fromkeys(name for _, name, _ in found))
    sized = (
        [name for name in names if name in TOOL_SIZES] if operation.manager.name == "apt-get" and not in_base else []
    )
    largest = max(sized, key=TOOL_SIZES.__getitem__, default="")
    return ShippedTools(
        tuple(dict.fromkeys(word for word, _, _ in found)),
        names,
        any(language for _, _, language in found),
        built,
        TOOL_SIZES.get(largest),
        largest,
        in_base,
    )


# the word, the package, and the language that it compiles, "" for headers and the like
_Tool = tuple[Token, str, str]


def _any_of(names: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, [*names, 'gcc', 'g++', 'make', 'cc']))})(?![\w-])")


def _tools_of(operation: Operation) -> list[_Tool]:
    """The packages of an install that only builds need."""
    if operation.kind != "install" or operation.manager.kind != "distribution" or operation.command.conditional:
        return []
    found = []
    for package in operation.packages:
        name = package.name
        if UNKNOWN in name or package.local or package.remote:
            continue
        language = next((language for pattern, language in COMPILERS if pattern.fullmatch(name.lower())), "")
        if language or (HELPERS.fullmatch(name) and not NOT_HELPERS.fullmatch(name)):
            found.append((package.word.token, name, language))
    return found


def _is_removed(models: Models, steps: list[Step], install: Operation) -> bool:
    """Whether the packages go again, in the same RUN or later: a later removal has a rule of its own."""
    names = {package.name for package in install.packages} | set(install.options.values("--virtual", "-t"))
    for step in steps:
        for operation in models.operations(step):
            if operation.kind != "remove" or operation.manager.kind != "distribution":
                continue
            if step is install.step and _position(step, operation.command) < _position(step, install.command):
                continue
            words = [word.pattern for word in operation.options.operands]
            if not words or operation.options.has("--auto-remove", "--autoremove"):
                return True
            if any(UNKNOWN in word or word.startswith(".") or set(word) & set("*?[") for word in words):
                return True
            if names & set(words):
                return True
    return False


def _position(step: Step, command: Command) -> int:
    commands = step.script.commands if step.script is not None else ()
    return next((at for at, other in enumerate(commands) if other is command), 0)


def _built(
    models: Models, steps: list[Step], install: Command, languages: set[str], preferred: frozenset[str]
) -> Built | None:
    """What is made with the tools that a command of the first step installs: the likeliest product, else the first."""
    languages = languages - {""}
    only = (
        frozenset.union(*(ONLY_FOR[name] for name in languages)) if languages and languages <= ONLY_FOR.keys() else None
    )
    made = [built for built in _products(models, steps, install) if only is None or built.product in only]
    return next((built for built in made if built.product in preferred), made[0] if made else None)


def _products(models: Models, steps: list[Step], install: Command) -> Iterator[Built]:
    for step in steps:
        if not isinstance(step.instruction, ast.Run) or step.script is None:
            continue
        start = _position(step, install) + 1 if step is steps[0] else 0
        operations = {id(operation.command): operation for operation in models.operations(step)}
        for command in step.script.commands[start:]:
            operation = operations.get(id(command))
            if operation is not None and operation.kind == "install" and _makes(operation):
                yield Built(operation.token, PRODUCTS[operation.manager.name])
            words = _first_words(command)
            product = COMPILED.get(" ".join(words)) or COMPILED.get(words[0]) if words else None
            if product is not None and (operation is None or operation.kind == "other"):
                yield Built(command.token, product)


def _makes(operation: Operation) -> bool:
    """Whether an install may compile: packages that are no tools of the installer itself."""
    if operation.manager.name not in PRODUCTS or operation.options.has("-g", "--global"):
        return False
    names = {package.name for package in operation.packages}
    return not names or bool(names - INSTALLERS)


def _first_words(command: Command) -> list[str]:
    invocation = unwrap(command)
    if not invocation.name:
        return []
    return [invocation.name, *(word.value or "" for word in invocation.args[:1])]


def _commands(models: Models) -> Iterator[tuple[Command, list[str]]]:
    for step in models.layers.shipped_steps():
        if isinstance(step.instruction, ast.Run) and step.script is not None:
            for command in step.script.commands:
                words = _first_words(command)
                if words:
                    yield command, words


def _wants_compiler(models: Models, steps: list[Step]) -> bool:
    """Whether something in the image compiles while it runs, or people work in it."""
    for step in steps:
        if GPU_WORK.search(step.instruction.token.text):
            return True
        for operation in models.operations(step):
            if operation.kind != "install":
                continue
            names = [package.name for package in operation.packages]
            if any(WORKING_TOOLS.fullmatch(name) for name in names) and operation.manager.kind == "distribution":
                return True
            if operation.manager.kind == "language" and any(COMPILES_AT_RUN_TIME.search(name) for name in names):
                return True
            if any(COMPILES_AT_RUN_TIME.search(text) for text in _requirements(models, operation)):
                return True
    return False


def _requirements(models: Models, operation: Operation) -> Iterator[str]:
    """The texts of the manifests that an install of Python packages reads."""
    if operation.manager.name not in ("pip", "uv", "poetry", "pipenv"):
        return
    cwd = operation.command.cwd
    names = [word.value for word in operation.manifests if word.value]
    for name in names or ("pyproject.toml", "Pipfile", "setup.py"):
        path = name if name.startswith("/") or cwd is None else f"{cwd}/{name}"
        text = text_at(models, operation.step, path)
        if text is not None:
            yield text
