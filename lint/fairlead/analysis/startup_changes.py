"""How a container changes itself when it starts: installs, downloads, clones, builds.

A container's own layer is thrown away with it: whatever is fetched there is fetched again by each container, in
whatever version there is then.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.downloads import is_ignorable
from fairlead.analysis.effects import absolute, downloads_of
from fairlead.analysis.packages import Operation, operation_of
from fairlead.analysis.provenance import is_copied
from fairlead.analysis.startup import StartupCommand, in_short
from fairlead.knowledge.startup import COMPILERS, MANIFEST_NAMES, RUNNER_VALUED, RUNNERS, SCRIPT_NAMES, SHELLS
from fairlead.shell import UNKNOWN, Command, OptionSpec, ShellWord, base_name, parse_options, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_OFFLINE = ("--offline", "--no-index", "--dry-run", "--print-only", "--simulate")
_CODE = re.compile(
    r"\.(?:sh|py|js|jar|war|deb|rpm|apk|whl|gem|phar|run|bin|appimage|exe|so|tar|tgz|tbz2?|txz|zip|tar\.\w+)(?:$|[?#])",
    re.IGNORECASE,
)
_UV_DEV = re.compile(r"^\s*dev\s*=\s*\[\s*[^\]\s]|^\s*dev-dependencies\s*=\s*\[\s*[^\]\s]", re.MULTILINE)
_WHOLE_VARIABLE = re.compile(r"[\"']?\$(?:\w+|\{\w+(?:[:-].*)?\})[\"']?")
_GIT_GLOBAL_VALUED = OptionSpec(frozenset(("-C", "-c", "--git-dir", "--work-tree", "-b", "--branch", "--depth", "-o")))


_Kind = Literal["install", "update", "clone", "script", "download", "run", "build"]


@dataclass(eq=False)
class StartupChange:
    """Something by which a container changes itself when it starts.

    Attributes:
        kind: what it does.
        at: the command.
        what: the command in short: `pip install -r requirements.txt`.
        effect: what the command does, where that is more than the kind says.
        certain: it happens in every start; else in a branch of the script.
        development: the image is for developers or tests by all signs.
    """

    kind: _Kind
    at: StartupCommand
    what: str
    effect: str
    certain: bool
    development: bool


def startup_changes(models: Models) -> Iterator[StartupChange]:
    """How a container of the target changes itself when it starts."""
    return _Changes(models).found()


class _Changes:
    def __init__(self, models: Models) -> None:
        self._models = models
        self._startup = models.startup

    def found(self) -> Iterator[StartupChange]:
        """How a container changes itself when it starts."""
        # most images start one program: no more to look at
        found = [change for at in self._startup.commands for change in self._changes(at)]
        if found:
            development = self._models.purpose.development
            for kind, at, what, effect in found:
                certain = not at.command.conditional and not at.command.condition
                yield StartupChange(kind, at, what, effect, certain, development)

    def _changes(self, at: StartupCommand) -> Iterator[tuple[_Kind, StartupCommand, str, str]]:
        command = at.command
        if command.substitution or not command.words or any(word.text == "--version" for word in command.args):
            return
        invocation = unwrap(command)
        texts = tuple(word.pattern for word in (invocation.word, *invocation.args) if word is not None)
        texts = (base_name(texts[0]), *texts[1:]) if texts else ()
        if not texts:
            return
        operation = operation_of(at.step, command)
        if operation is not None and operation.kind in ("install", "upgrade") and self._installs(at, operation):
            # an extractor of web pages, say, that is of use only as long as it is new
            wanted = operation.packages and operation.options.has("-U", "--upgrade")
            yield "update" if wanted else "install", at, in_short(texts), ""
        elif texts[:2] == ("uv", "run") and (left_out := self._left_out_by_uv(at, invocation.args)):
            yield "install", at, in_short(texts), f"installs the development dependencies that `{left_out}` left out"
        elif (effect := _first(COMPILERS, texts)) is not None:
            if self._is_in_image(at):
                yield "build", at, in_short(texts), effect
        elif self._fetches_program(at, texts, invocation.args):
            yield "run", at, in_short(texts), ""
        elif texts[0] == "git":
            if _fetches_code(invocation.args):
                yield "clone", at, in_short(texts), ""
        else:
            for download in downloads_of(at.step, command):
                if UNKNOWN in download.url.partition("?")[0] or is_ignorable(download.url):
                    continue
                if download.to_stdout and _read_by_shell(command):
                    yield "script", at, in_short(texts), ""
                elif _CODE.search(download.url) and not download.to_stdout:
                    yield "download", at, in_short(texts), ""

    def _installs(self, at: StartupCommand, operation: Operation) -> bool:
        """Whether something is installed that the build could have installed, so no more than it knows."""
        options = operation.options
        if options.has(*_OFFLINE):
            return False
        if operation.kind == "upgrade":
            return True
        if operation.packages and not any(package.local for package in operation.packages):
            # a variable that is the whole word is there for whoever runs the image to say what else
            return all(
                UNKNOWN not in package.word.pattern and not _WHOLE_VARIABLE.fullmatch(package.word.text)
                for package in operation.packages
            )
        if operation.manifests:
            names = [word.value for word in operation.manifests]
            return all(name is not None and self._is_brought(at, name) for name in names)
        if not operation.manager.project and not operation.packages and not operation.editable:
            return False
        return self._is_in_image(at)

    def _is_in_image(self, at: StartupCommand) -> bool:
        """Whether the project that a command works on is part of the image: else it is mounted when it runs."""
        cwd = at.command.cwd
        brought = [
            posixpath.basename(source.word.value.rstrip("/"))
            for copy in self._copies_into(at, cwd)
            for source in copy.sources
        ]
        # a manifest alone is there for the packages that the build installs, or to be mounted over
        return any(not MANIFEST_NAMES.fullmatch(name) and not SCRIPT_NAMES.search(name) for name in brought)

    def _copies_into(self, at: StartupCommand, cwd: str | None) -> list[ast.FileInstruction]:
        """The COPYs that bring files to where a command runs."""
        found: list[ast.FileInstruction] = []
        for step in at.step.stage.all_steps():
            copy = step.instruction
            if cwd is None and isinstance(copy, ast.Workdir):
                found = []
            if not isinstance(copy, ast.FileInstruction):
                continue
            # both may lie in the working directory of the base image
            in_base = cwd is None and step.workdir is None and copy.destination.value in (".", "./")
            below = cwd not in (None, "/") and (step.destination or "").startswith(f"{cwd}/")
            if in_base or below or (cwd is not None and is_copied([step], cwd, self._models.context, directory=True)):
                found.append(copy)
        return found

    def _is_brought(self, at: StartupCommand, name: str) -> bool:
        path = absolute(at.step, at.command, name)
        return path is not None and is_copied(at.step.stage.all_steps(), path, self._models.context)

    def _left_out_by_uv(self, at: StartupCommand, args: tuple[ShellWord, ...]) -> str:
        """The `uv sync` of the image that leaves out what `uv run` then installs: it syncs with the group dev."""
        options = parse_options(args[1:], OptionSpec(RUNNER_VALUED))
        env = self._startup.values(at.step)
        if options.has("--no-sync", "--no-dev", "--no-default-groups", "--no-project", "--only-group", "--offline"):
            return ""
        if any(env.get(name, "") not in ("", "0", "false") for name in ("UV_NO_SYNC", "UV_NO_DEV", "UV_OFFLINE")):
            return ""
        context = self._models.context
        text = context.text("pyproject.toml") if context is not None else None
        if text is None or not _UV_DEV.search(text):
            return ""
        for step in self._models.build.runs():
            for operation in self._models.operations(step):
                if (
                    operation.manager.name == "uv"
                    and operation.subcommand == "sync"
                    and operation.options.has("--no-dev")
                ):
                    return "uv sync --no-dev"
        return ""

    def _fetches_program(self, at: StartupCommand, texts: tuple[str, ...], args: tuple[ShellWord, ...]) -> bool:
        for words, switches in RUNNERS.items():
            if texts[: len(words)] != words:
                continue
            options = parse_options(args[len(words) - 1 :], OptionSpec(RUNNER_VALUED))
            if (switches and not options.has(*switches)) or options.has(*_OFFLINE) or not options.operands:
                return False
            package = options.operands[0].pattern
            return UNKNOWN not in package and not self._is_installed(at, re.split(r"(?<=.)@|[=<>~\[]", package)[0])
        return False

    def _is_installed(self, at: StartupCommand, package: str) -> bool:
        """Whether a RUN of the image installs that package, so that the runner finds it there."""
        for step in at.step.stage.all_steps():
            if isinstance(step.instruction, ast.Run):
                for operation in self._models.operations(step):
                    if any(package == installed.name for installed in operation.packages):
                        return True
                script = step.script
                if script is not None and package in script.token.text:
                    # `npx -y tool --version` in a RUN fills the cache
                    return True
        return False


def _first(table: dict[tuple[str, ...], str], texts: tuple[str, ...]) -> str | None:
    """The entry of a table of first words."""
    for length in (1, 2, 3):
        if texts[:length] in table:
            return table[texts[:length]]
    return None


def _fetches_code(args: tuple[ShellWord, ...]) -> bool:
    options = parse_options(args, _GIT_GLOBAL_VALUED)
    words = [word.pattern for word in options.operands]
    if words[:1] == ["pull"]:
        return all(UNKNOWN not in word for word in words)
    return words[:1] == ["clone"] and len(words) > 1 and UNKNOWN not in words[1]


def _read_by_shell(command: Command) -> bool:
    """Whether what a command prints is run by a shell or an interpreter."""
    if command.pipeline is None:
        return False
    for other in command.pipeline.after(command):
        invocation = unwrap(other)
        name = base_name(invocation.name or "")
        if name in SHELLS or re.fullmatch(r"python[\d.]*|perl|ruby|node|php", name):
            return all(word.text.startswith("-") and "c" not in word.text[:3] for word in invocation.args[:1])
    return False
