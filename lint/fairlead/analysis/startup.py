"""What a container runs when it starts.

ENTRYPOINT and CMD are joined as the engine joins them. Where they name a shell script that the build brings into the
image, its commands count, and those of the scripts that it runs or sources. What these commands do to the container is
told by startup_changes.py, what only keeps it alive by idle.py.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fairlead.analysis.effects import absolute
from fairlead.analysis.provenance import ImageFiles, Provenance, interpreter
from fairlead.build.model import Step
from fairlead.knowledge.startup import (
    SCRIPT_NAMES,
    SCRIPT_RUNNERS,
    SHELLS,
    starts_another,
)
from fairlead.shell import (
    UNKNOWN,
    Command,
    Dialect,
    Invocation,
    ShellWord,
    base_name,
    dialect_of,
    is_posix_like,
    parse_exec,
    parse_script,
    unwrap,
)
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.idle import Idle
    from fairlead.analysis.models import Models
    from fairlead.analysis.startup_changes import StartupChange
    from fairlead.shell import Script

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAX_SCRIPTS = 2


@dataclass(eq=False)
class StartupCommand:
    """A command that runs when a container starts.

    Attributes:
        command: the command.
        step: the ENTRYPOINT or CMD that leads to it.
        place: the words in the Dockerfile that do: the command itself, or the name of the script.
        script: the script that holds it, None where it stands in the ENTRYPOINT or CMD.
    """

    command: Command
    step: Step
    place: Token
    script: Provenance | None

    @property
    def line(self) -> int:
        """The line it begins at, in its script or the Dockerfile."""
        return self.command.token.start.line

    @property
    def where(self) -> str:
        """The file and line in brackets for a message, with a blank before it; "" where it stands in the Dockerfile."""
        return f" ({self.script.path}:{self.line})" if self.script is not None and self.script.path else ""


@dataclass(frozen=True)
class Started:
    """What a container runs when it is started without a command, as a whole.

    Attributes:
        step: the ENTRYPOINT or CMD that names the program.
        commands: the commands that stand there; programs that only start another are left out.
        words: every word of them whose value is known.
        scripts: the texts of the scripts and of the entries of `package.json` that they run.
        unread: one of them runs a script whose text is not known.
    """

    step: Step
    commands: tuple[Invocation, ...]
    words: tuple[str, ...]
    scripts: tuple[str, ...]
    unread: bool

    @property
    def program(self) -> str:
        """The name of the first program that does something, "" where it is not known."""
        return next((command.name for command in self.commands if command.name), "")

    @property
    def is_script(self) -> bool:
        """Whether the first program is a shell script."""
        return SCRIPT_NAMES.search(self.program) is not None or (
            self.program in SHELLS and any(SCRIPT_NAMES.search(word) for word in self.words)
        )

    def mentions(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern is found in the commands or in a script that they run."""
        return any(pattern.search(text) for text in (" ".join(self.words), *self.scripts))


class StartupModel:
    """Answers about the start of a container; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    @cached_property
    def processes(self) -> tuple[Step | None, Step | None]:
        """The ENTRYPOINT and the CMD that count: an ENTRYPOINT drops the CMD of what its stage is built on."""
        entrypoint: Step | None = None
        command: Step | None = None
        target = self._models.build.target
        for step in target.all_steps() if target is not None else ():
            if isinstance(step.instruction, ast.Entrypoint):
                entrypoint = step
                if command is not None and command.stage is not step.stage:
                    command = None
            elif isinstance(step.instruction, ast.Cmd):
                command = step
        return entrypoint, command

    @cached_property
    def commands(self) -> tuple[StartupCommand, ...]:
        """The commands that run when a container of the target starts, as far as they are known."""
        found: list[StartupCommand] = []
        for step, script in self._scripts():
            for command in script.commands:
                at = StartupCommand(command, step, command.token, None)
                found.append(at)
                self._follow(at, found, 0)
        return tuple(found)

    @cached_property
    def started(self) -> Started | None:
        """What the target runs; None where neither a CMD nor an ENTRYPOINT of the file says so, or is not read."""
        step = self.processes[0] or self.processes[1]
        if step is None:
            return None
        own = [at for at in self.commands if at.script is None]
        words = tuple(word.value for at in own for word in at.command.words if word.value is not None)
        runs = [unwrap(at.command) for at in own]
        named = [run for run in runs if run.name and not starts_another(run.name) and not run.name.endswith(".sh")]
        runs = named or [_behind(run) for run in runs]
        scripts = {at.script.text.text: None for at in self.commands if at.script is not None}
        unread = False
        for at in own:
            for text in self._named_scripts(at):
                if text is None:
                    unread = True
                else:
                    scripts.setdefault(text)
        return Started(step, tuple(runs), words, tuple(scripts), unread)

    def changes(self) -> Iterator[StartupChange]:
        """How a container changes itself when it starts."""
        from fairlead.analysis.startup_changes import startup_changes

        return startup_changes(self._models)

    def idle(self) -> Idle | None:
        """The last command of a start, where it only keeps the container from ending; None for any other."""
        from fairlead.analysis.idle import idle

        return idle(self.commands)

    def ssh_server(self) -> StartupCommand | None:
        """The command that starts an SSH server before the program of the image; None where there is none."""
        from fairlead.analysis.idle import ssh_server

        return ssh_server(self.commands)

    def values(self, step: Step) -> dict[str, str | None]:
        """The variables that a container has unless its user says otherwise: an ARG is not among them."""
        names = {
            pair.key
            for other in step.stage.all_steps()
            if isinstance(other.instruction, ast.Env)
            for pair in other.instruction.pairs
        }
        return {name: value for name, value in step.stage.end.scope.values.items() if name in names}

    def _scripts(self) -> Iterator[tuple[Step, Script]]:
        entrypoint, command = self.processes
        if entrypoint is None:
            if command is not None and command.script is not None:
                yield command, command.script
            return
        first = entrypoint.script
        if first is None or not first.commands:
            return
        words = [entrypoint.instruction, command.instruction] if command is not None else []
        if command is not None and all(isinstance(i, ast.CommandInstruction) and i.json_form for i in words):
            argv = [(word.token, word.value) for i in words if isinstance(i, ast.CommandInstruction) for word in i.argv]
            yield entrypoint, parse_exec(argv, self.values(entrypoint), workdir=entrypoint.stage.end.workdir)
        else:
            yield entrypoint, first
        # a script that is the ENTRYPOINT nearly always ends in `exec "$@"`
        program = unwrap(first.commands[0])
        word = script_word(first.commands[0]) if program.name in SHELLS else program.word
        name = base_name((word.value or "") if word is not None else "")
        json_form = isinstance(entrypoint.instruction, ast.Entrypoint) and entrypoint.instruction.json_form
        hands_over = json_form and name.endswith(("sh", "entrypoint", "init")) and name not in SHELLS
        if hands_over and command is not None and command.script is not None:
            yield command, command.script

    @cached_property
    def _files(self) -> ImageFiles | None:
        target = self._models.build.target
        return ImageFiles(self._models, target) if target is not None else None

    def _text(self, at: StartupCommand, name: str) -> Provenance | None:
        """The text of the file that a command names, None where it is not known."""
        if self._files is None:
            return None
        found = (self._files.text(path) for path in self._paths(at, name))
        return next((script for script in found if script is not None), None)

    def _follow(self, at: StartupCommand, found: list[StartupCommand], depth: int) -> None:
        """Add the commands of the script that a command runs."""
        word = script_word(at.command)
        if depth >= _MAX_SCRIPTS or word is None or not word.value:
            return
        script = self._text(at, word.value)
        if script is None:
            return
        if at.script is not None and script.path == at.script.path and not script.path:
            return
        dialect = dialect_of(interpreter(script.text.text) or "sh")
        if not is_posix_like(dialect) and dialect is not Dialect.POSIX:
            return
        parsed = parse_script(script.text, dialect, self.values(at.step), workdir=at.command.cwd)
        place = word.token if at.script is None else at.place
        for command in parsed.commands:
            if at.command.conditional:
                command.conditional = True
            inner = StartupCommand(command, at.step, place, script)
            found.append(inner)
            self._follow(inner, found, depth + 1)

    def _named_scripts(self, at: StartupCommand) -> Iterator[str | None]:
        """The texts of the scripts that the words of a command name; None for one that is not known."""
        run = unwrap(at.command)
        program = script_word(at.command)
        for word in at.command.words:
            name = word.value or ""
            looks = SCRIPT_NAMES.search(name) is not None and (word is program or "/" in name or "." in name)
            if looks or (word is program and name and run.name in SHELLS):
                script = self._text(at, name)
                yield script.text.text if script is not None else None
        if run.name in SCRIPT_RUNNERS:
            yield from _entries(self._package(at), operands(run))

    def _package(self, at: StartupCommand) -> str | None:
        """The `package.json` of the project that a command works on."""
        from fairlead.analysis.placement import text_at

        directory = at.command.cwd
        return text_at(self._models, at.step, f"{directory}/package.json" if directory is not None else "package.json")

    def _paths(self, at: StartupCommand, name: str) -> Iterator[str]:
        """Where the file may be that a command names."""
        if "/" in name or unwrap(at.command).name in (*SHELLS, ".", "source"):
            path = absolute(at.step, at.command, name)
            if path is not None:
                yield path
            return
        for directory in (at.step.stage.end.scope.values.get("PATH") or _PATH).split(":"):
            yield posixpath.join(directory, name)


def script_word(command: Command) -> ShellWord | None:
    """The word that names the file whose text a command runs, if it runs one."""
    invocation = unwrap(command)
    name = invocation.name or ""
    if name in (".", "source"):
        return invocation.args[0] if invocation.args else None
    if name in SHELLS:
        for word in invocation.args:
            if re.match(r"-[^-]*c$", word.pattern):
                return None
            if not word.pattern.startswith(("-", "+")):
                return word
        return None
    return invocation.word


def _behind(run: Invocation) -> Invocation:
    """The program that one that only starts another is given: `docker-entrypoint.sh program`."""
    if not starts_another(run.name or "") or not run.args or run.args[0].pattern.startswith("-"):
        return run
    name = (run.args[0].value or "").rpartition("/")[2] or None
    return Invocation(run.command, name, run.args[0], run.args[1:], run.env)


def operands(run: Invocation) -> list[str]:
    """The arguments of a program that are known and no options."""
    return [word.value for word in run.args if word.value and not word.value.startswith("-")]


def _entries(package: str | None, operands: list[str]) -> Iterator[str | None]:
    """The texts of the entries of a `package.json` that `npm start`, `npm run NAME` or `yarn NAME` runs."""
    import json

    names = operands[1:] if operands[:1] in (["run"], ["run-script"]) else operands
    if package is None:
        yield None
        return
    try:
        scripts = json.loads(package).get("scripts", {})
    except (ValueError, AttributeError):
        return
    if not isinstance(scripts, dict):
        return
    found = [scripts.get(f"{prefix}{names[0]}") for prefix in ("pre", "")] if names else []
    texts = [script for script in found if isinstance(script, str)]
    # `start` may run another entry: one step further is enough
    further = [
        scripts.get(name) for text in texts for name in re.findall(r"(?:npm|yarn|pnpm)(?: run)? ([\w:.-]+)", text)
    ]
    yield from texts
    yield from (script for script in further if isinstance(script, str))


def command_words(command: Command) -> tuple[str, ...]:
    """The program without directory, and its arguments; wrappers are seen through."""
    invocation = unwrap(command)
    return (base_name(invocation.name or ""), *(word.pattern for word in invocation.args))


def in_short(texts: tuple[str, ...]) -> str:
    """A command for a message: at most some words."""
    words = [text.replace(UNKNOWN, "*") for text in texts]
    shown = " ".join(words)
    return shown if len(shown) <= 60 else shown[:57].rsplit(" ", 1)[0] + " ..."
