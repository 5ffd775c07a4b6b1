"""The build model: stages, the graph between them, and what holds at each step.

Everything here is computed as the builder computes it, for a build with the given build arguments and target. What only
a registry or the command line of a build could tell is unknown (None), never guessed. Sources: BuildKit's
frontend/dockerfile/dockerfile2llb/convert.go and the facts measured on it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from fairlead.build.image import ImageReference
from fairlead.build.scope import UNKNOWN, Resolved, Scope
from fairlead.shell import Command, Dialect, Script, dialect_of, is_posix_like, parse_exec, parse_script
from fairlead.syntax import ast
from fairlead.syntax.source import Token

_ENV_SHEBANG = re.compile(r"#!\s*(?:\S*/)?env\s+(?:-S\s+)?(\S+)")
_SHEBANG = re.compile(r"#!\s*(\S+)")


@dataclass(eq=False)
class Origin:
    """Where a stage, a COPY or a mount takes its files from.

    Attributes:
        kind: `stage`, `image`, `scratch`, or `unknown` where a variable decides that has no value before the build.
        token: the words that name it.
        resolved: the name after expansion.
        image: the image, where it is one.
        stages: the stage; several where a variable chooses between stages.
    """

    kind: Literal["stage", "image", "scratch", "unknown"]
    token: Token
    resolved: Resolved
    image: ImageReference | None = None
    stages: tuple[Stage, ...] = ()

    @property
    def stage(self) -> Stage | None:
        """The one stage it is, None where it is none or several."""
        return self.stages[0] if self.kind == "stage" and len(self.stages) == 1 else None


@dataclass(frozen=True)
class ShellSetting:
    """The shell that runs the shell form of commands.

    Attributes:
        argv: the command, such as ("/bin/sh", "-c"); () where the base image's own is in force and not known.
        dialect: the language it reads.
        options: what its arguments switch on: errexit, pipefail, nounset, xtrace.
        instruction: the SHELL that set it, None for the default.
    """

    argv: tuple[str, ...]
    dialect: Dialect
    options: frozenset[str]
    instruction: ast.Shell | None = None


@dataclass(frozen=True)
class State:
    """What holds at one place of a stage.

    Attributes:
        scope: ENV and ARG variables.
        shell: the shell for shell forms.
        user: the user, None where the base image decides or a variable is not known.
        workdir: the absolute working directory, None where it is not known.
    """

    scope: Scope
    shell: ShellSetting
    user: str | None
    workdir: str | None


@dataclass(eq=False)
class Mount:
    """A RUN mount after expansion; a text that is not known is None.

    Attributes:
        syntax: the mount as written.
        type: bind, cache, tmpfs, secret or ssh; None where a variable decides.
        target: absolute path where it is mounted; None where it is not known or none is given.
        origin: what a `from` names, None without one.
    """

    syntax: ast.Mount
    type: str | None
    target: str | None
    origin: Origin | None


@dataclass(eq=False)
class Step:
    """One instruction of a stage with all that holds before it.

    Attributes:
        stage: the stage it belongs to.
        instruction: what is written.
        state: what holds before it.
        trigger: the ONBUILD of the parent stage that this step comes from, else None.
        escape: the file's escape token.
        origin: what the `--from` of a COPY names; None without one.
        mounts: a RUN's mounts.
    """

    stage: Stage
    instruction: ast.Instruction
    state: State
    escape: str
    trigger: ast.Onbuild | None = None
    origin: Origin | None = None
    mounts: tuple[Mount, ...] = ()

    @property
    def line(self) -> int:
        """The line it begins at."""
        return self.instruction.start_line

    @property
    def origins(self) -> tuple[Origin, ...]:
        """What the `--from` of a COPY and the mounts of a RUN name."""
        named = (self.origin, *(mount.origin for mount in self.mounts))
        return tuple(origin for origin in named if origin is not None)

    @property
    def is_offline(self) -> bool:
        """Whether it is a RUN that reaches no network: `RUN --network=none`."""
        return isinstance(self.instruction, ast.Run) and self.instruction.network == "none"

    @property
    def scope(self) -> Scope:
        """The variables before the step."""
        return self.state.scope

    @property
    def shell(self) -> ShellSetting:
        """The shell that runs the step's shell form."""
        return self.state.shell

    @property
    def user(self) -> str | None:
        """The user before the step; None where it is not known."""
        return self.state.user

    @property
    def workdir(self) -> str | None:
        """The working directory before the step; None where it is not known."""
        return self.state.workdir

    @property
    def env(self) -> Mapping[str, str | None]:
        """The variables by name; None for a value that is not known."""
        return self.scope.values

    def resolve(self, word: str) -> Resolved:
        """A word of this instruction after expansion."""
        return self.scope.resolve(word, self.escape)

    def path(self, word: str) -> str | None:
        """The absolute, cleaned path that a word names inside the image; None where it is not known."""
        text = self.resolve(word).text
        return None if text is None else self.absolute(text)

    def absolute(self, path: str) -> str | None:
        """A path inside the image, absolute and cleaned; None where the working directory is not known."""
        if not path.startswith("/"):
            if self.workdir is None:
                return None
            path = f"{self.workdir}/{path}"
        return "/" + posixpath.normpath(path).lstrip("/")

    @property
    def stands_alone(self) -> bool:
        """Whether it is a COPY or ADD whose `--link` counts: with `--chmod` the builder passes over it."""
        copy = self.instruction
        return isinstance(copy, ast.FileInstruction) and copy.link and copy.chmod is None

    @cached_property
    def destination(self) -> str | None:
        """Where a COPY or ADD writes, absolute and cleaned; a final slash is kept. None where it is not known."""
        if not isinstance(self.instruction, ast.FileInstruction):
            return None
        text = self.resolve(self.instruction.destination.value).text
        path = None if text is None else self.absolute(text)
        if path is None or text is None:
            return None
        is_directory = text.endswith(("/", "/.")) or text in (".", "")
        return path + "/" if is_directory and path != "/" else path

    def command_at(self, token: Token) -> Command | None:
        """The command that words stand in, the innermost where one holds another; None for none."""
        found = None
        for command in self.script.commands if self.script is not None else ():
            here = command.token.source is token.source and command.token.start <= token.start < command.token.end
            if here or any(redirection.token is token for redirection in command.redirections):
                found = command
        return found

    @cached_property
    def script(self) -> Script | None:
        """The commands of a RUN, CMD, ENTRYPOINT or HEALTHCHECK; None for other instructions and for no command.

        A script for a shell that is not read (PowerShell, cmd, Python) has no commands.
        """
        instruction = self.instruction
        if not isinstance(instruction, ast.CommandInstruction) or isinstance(instruction, ast.Shell):
            return None
        if instruction.json_form:
            argv = [(word.token, word.value) for word in instruction.argv]
            return parse_exec(argv, self.env, workdir=self.workdir) if argv else None
        text = instruction.script if isinstance(instruction, ast.Run | ast.Healthcheck) else instruction.rest
        if text is None or not text.text:
            return None
        dialect, options = self.shell.dialect, self.shell.options
        if isinstance(instruction, ast.Run) and is_posix_like(dialect):
            text, dialect, options = _interpreter(instruction, text, dialect, options)
        return parse_script(text, dialect, self.env, options=options, workdir=self.workdir)


def _interpreter(
    run: ast.Run, text: Token, dialect: Dialect, options: frozenset[str]
) -> tuple[Token, Dialect, frozenset[str]]:
    """The script that is really read, and by whom: a heredoc may name its interpreter."""
    if run.script_heredoc is not None:
        match = _ENV_SHEBANG.match(text.text) or _SHEBANG.match(text.text)
        return (text, dialect_of(match[1]), frozenset()) if match else (text, dialect, options)
    if len(run.heredocs) == 1:
        # `RUN <<EOF bash`: the shell starts bash, which reads the body
        words = [word for word in run.rest.text.split() if "<<" not in word and word != run.heredocs[0].name]
        reader = words[0] if words else ""
        flags_only = all(word.startswith("-") and "c" not in word for word in words[1:])
        known = is_posix_like(dialect_of(reader)) and reader.rpartition("/")[2] not in ("", ".")
        if reader and flags_only and (known or _is_interpreter(reader)):
            return run.heredocs[0].body, dialect_of(reader), frozenset()
    return text, dialect, options


def _is_interpreter(name: str) -> bool:
    base = name.rpartition("/")[2].rstrip("0123456789.")
    return base in ("python", "node", "perl", "ruby", "php", "pwsh", "bash", "sh", "dash", "ash", "zsh", "ksh")


@dataclass(eq=False)
class Dependency:
    """An edge of the stage graph: `step` is None for the FROM itself."""

    stage: Stage
    kind: Literal["from", "copy", "mount"]
    step: Step | None
    token: Token


@dataclass(eq=False)
class Stage:
    """A stage.

    Attributes:
        index: its number among the FROM instructions, from 0.
        instruction: the FROM.
        name: in lower case, "" without one.
        origin: what it is built from.
        steps: its instructions; triggers of the parent stage's ONBUILD come first.
        end: what holds after its last instruction.
        dependencies: the stages it takes something from.
        needed: whether the target needs it.
        ships: whether its layers are part of the final image: the target and what it is built FROM.
        replaced: whether a named context takes its place, so that nothing of it is built.
    """

    index: int
    instruction: ast.From
    name: str
    origin: Origin
    end: State
    steps: list[Step] = field(default_factory=list)
    dependencies: list[Dependency] = field(default_factory=list)
    needed: bool = False
    ships: bool = False
    replaced: bool = False

    @property
    def label(self) -> str:
        """The name, or the number where it has none."""
        return self.name or str(self.index)

    def lineage(self) -> Iterator[Stage]:
        """This stage, the stage it is built FROM, and so on to the one that is not built from a stage."""
        stage: Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.origin.stage

    @property
    def root(self) -> Origin:
        """What the first stage of the lineage is built from."""
        return list(self.lineage())[-1].origin

    def all_steps(self) -> Iterator[Step]:
        """The steps of the whole lineage in the order in which they run."""
        for stage in reversed(list(self.lineage())):
            yield from stage.steps

    def steps_before(self, step: Step) -> Iterator[Step]:
        """The steps of the whole lineage that run before a step of this stage."""
        for other in self.all_steps():
            if other.instruction is step.instruction and other.stage is step.stage:
                return
            yield other


@dataclass(eq=False)
class Build:
    """A Dockerfile as the builder sees it.

    Attributes:
        dockerfile: the syntax.
        stages: in their order.
        global_args: the ARGs before the first FROM.
        global_scope: the variables that FROM can use.
        target: the stage that is built; None where the file has no stage.
        build_args: the build arguments given.
    """

    dockerfile: ast.Dockerfile
    stages: tuple[Stage, ...]
    global_args: tuple[ast.Arg, ...]
    global_scope: Scope
    target: Stage | None
    build_args: Mapping[str, str]

    def steps(self) -> Iterator[Step]:
        """All steps of all stages."""
        for stage in self.stages:
            yield from stage.steps

    def runs(self) -> Iterator[Step]:
        """All RUN steps of all stages."""
        return (step for step in self.steps() if isinstance(step.instruction, ast.Run))

    def consumers(self, stage: Stage) -> tuple[Dependency, ...]:
        """The edges that lead from other stages to `stage`, each with the stage that takes from it."""
        return tuple(
            Dependency(other, dependency.kind, dependency.step, dependency.token)
            for other in self.stages
            for dependency in other.dependencies
            if dependency.stage is stage
        )


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a `Resolved.pattern`."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split(UNKNOWN)), text, re.DOTALL) is not None
