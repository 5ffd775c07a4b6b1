"""Compilers and what belongs to them in the final image, where a build stage could keep them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fairlead.analysis.packages import Operation
from fairlead.analysis.placement import text_at
from fairlead.analysis.startup import Started
from fairlead.build.model import Step
from fairlead.knowledge.base_images import (
    Toolchain,
    has_compiler,
    is_jdk_with_jre,
    keeps_home,
    tags_releases,
    toolchain,
)
from fairlead.knowledge.toolchains import (
    COMPILED,
    COMPILERS,
    COMPILES_AT_RUN_TIME,
    DOWNLOADED,
    DOWNLOADED_REMOVED,
    GPU_WORK,
    HELPERS,
    INSTALLED,
    INSTALLERS,
    JDKS,
    MADE,
    MADE_FOR,
    MAY_COMPILE,
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


_JAVA = re.compile(r"(?:^|[\s/;&|(])java(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True)
class Built:
    """What a build step makes that could be copied from a build stage.

    Attributes:
        token: the words that make it.
        product: what it is, in words.
        step: the RUN.
    """

    token: Token
    product: str
    step: Step


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
        built: what is made with them: the likeliest product first, one for each RUN.
        bytes: what the largest of them takes on Debian 12, dependencies included; None where that is not known.
        largest: its name.
        in_base: the base image holds a compiler anyway.
        base_known: it is known of the base image whether it does.
        runs_java: the container runs a program in Java, for which there must be a JRE.
    """

    words: tuple[Token, ...]
    names: tuple[str, ...]
    compiles: bool
    built: tuple[Built, ...]
    bytes: int | None
    largest: str
    in_base: bool
    runs_java: bool = False
    base_known: bool = True

    @property
    def has_jre(self) -> bool:
        """Whether what the container needs to run is a part of these tools."""
        return self.runs_java and any(JDKS.fullmatch(name) for name in self.names)

    @property
    def build_lines(self) -> list[int]:
        """Where something is built, sorted."""
        return sorted(built.token.start.line for built in self.built)

    @property
    def product(self) -> str:
        """What can be copied, in words."""
        products = {built.product for built in self.built}
        if products == {MADE, INSTALLED}:
            return INSTALLED
        return self.built[0].product if len(products) == 1 else "what is built"


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
    for step, command, words in _commands(models):
        if (words[0] in found.builders or " ".join(words) in found.builders) and not command.conditional:
            return ShippedToolchain(
                target.root.token, image.short_name, found, Built(command.token, found.product, step), started
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
            found, built = _used(found, list(_products(models, steps[at:], operation.command)), preferred)
            if not built or started.mentions(_any_of([name for _, name, language in found if language])):
                continue
            shipped = _shipped(operation, found, built, started, in_base=in_base)
            yield replace(
                shipped, base_known=image is None or keeps_home(image.repository) or tags_releases(image.name)
            )
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
        tool = (download.token, match.name, match.language)
        _, built = _used([tool], list(_products(models, steps, download.command)), preferred)
        if built and not any(DOWNLOADED_REMOVED.search(text) for text in texts):
            yield ShippedTools((download.token,), (match.name,), True, built, None, "", False)


def _preferred(models: Models, steps: list[Step]) -> frozenset[str]:
    """What the compilers of an image are most likely there for, by its base image and the headers that it installs."""
    target = models.build.target
    image = target.root.image if target is not None else None
    names = [image.short_name] if image is not None else []
    for step in steps:
        names += [package.name for operation in models.operations(step) for package in operation.packages]
    return next((made for pattern, made in MADE_FOR if any(pattern.fullmatch(name) for name in names)), frozenset())


def _shipped(
    operation: Operation, found: list[_Tool], built: tuple[Built, ...], started: Started, *, in_base: bool
) -> ShippedTools:
    runs_java = any(language == "Java" for _, _, language in found) and started.mentions(_JAVA)
    others = [tool for tool in found if JDKS.fullmatch(tool[1]) is None]
    if runs_java and any(language for _, _, language in others):
        # a JDK runs it as well
        found = others
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
        runs_java,
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
    # the words, where one variable holds all of the names
    names |= {word.pattern for word in install.options.operands}
    for step in steps:
        for operation in models.operations(step):
            if operation.kind != "remove" or operation.manager.kind != "distribution":
                continue
            if step is install.step and _position(step, operation.command) < _position(step, install.command):
                continue
            words = [name for word in operation.options.operands for name in (word.pattern, *(word.fields() or ()))]
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


def _used(tools: list[_Tool], made: list[Built], preferred: frozenset[str]) -> tuple[list[_Tool], tuple[Built, ...]]:
    """The tools that something is made with, and what: the likeliest product first, else the first.

    A compiler with which nothing is made is left out: a JDK may be there to run programs. Where it is the only one, so
    are the headers beside it.
    """
    products = {built.product for built in made}
    used = [tool for tool in tools if tool[2] not in ONLY_FOR or ONLY_FOR[tool[2]] & products]
    languages = {language for _, _, language in used} - {""}
    if not used or (not languages and any(language for _, _, language in tools)):
        return [], ()
    if languages and languages <= ONLY_FOR.keys():
        only = frozenset[str]().union(*(ONLY_FOR[name] for name in languages))
        made = [built for built in made if built.product in only]
    likely = [built for built in made if built.product in preferred]
    if likely and all(built.product in MAY_COMPILE for built in made):
        made = likely
    by_step: dict[Step, Built] = {}
    for built in (*likely, *(built for built in made if built.product == INSTALLED), *made):
        by_step.setdefault(built.step, built)
    return used, tuple(by_step.values())


def _products(models: Models, steps: list[Step], install: Command) -> Iterator[Built]:
    for step in steps:
        if not isinstance(step.instruction, ast.Run) or step.script is None:
            continue
        start = _position(step, install) + 1 if step is steps[0] else 0
        operations = {id(operation.command): operation for operation in models.operations(step)}
        for command in step.script.commands[start:]:
            operation = operations.get(id(command))
            if operation is not None and operation.kind == "install" and _makes(operation):
                yield Built(operation.token, PRODUCTS[operation.manager.name], step)
            words = _first_words(command)
            product = COMPILED.get(" ".join(words)) or COMPILED.get(words[0]) if words else None
            if product == MADE and any("install" in word.pattern for word in unwrap(command).args):
                product = INSTALLED
            if product is not None and (operation is None or operation.kind == "other"):
                yield Built(command.token, product, step)


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


def _commands(models: Models) -> Iterator[tuple[Step, Command, list[str]]]:
    for step in models.layers.shipped_steps():
        if isinstance(step.instruction, ast.Run) and step.script is not None:
            for command in step.script.commands:
                words = _first_words(command)
                if words:
                    yield step, command, words


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
