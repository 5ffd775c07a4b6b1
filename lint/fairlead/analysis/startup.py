"""What a container runs when it starts, as far as it changes itself: installs, downloads, clones, builds.

ENTRYPOINT and CMD are joined as the engine joins them. Where they name a shell script that the build brings into the
image, its commands count, and those of the scripts that it runs or sources. A container's own layer is thrown away with
it: whatever is fetched there is fetched again by each container, in whatever version there is then.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.downloads import is_ignorable
from fairlead.analysis.effects import absolute, downloads_of
from fairlead.analysis.packages import Operation, operation_of
from fairlead.analysis.provenance import ImageFiles, Provenance, interpreter, is_copied
from fairlead.build.model import Step
from fairlead.knowledge.environment import QUIET_COMMANDS
from fairlead.knowledge.startup import (
    COMPILERS,
    RUNNER_VALUED,
    RUNNERS,
    SHELLS,
    is_development_command,
    is_for_development,
    sleeps_for_ever,
    starts_service,
)
from fairlead.shell import (
    UNKNOWN,
    Command,
    Dialect,
    OptionSpec,
    ShellWord,
    base_name,
    dialect_of,
    is_posix_like,
    parse_exec,
    parse_options,
    parse_script,
    unwrap,
)
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.shell import Script

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MAX_SCRIPTS = 2
_OFFLINE = ("--offline", "--no-index", "--dry-run", "--print-only", "--simulate")
_CODE = re.compile(
    r"\.(?:sh|py|js|jar|war|deb|rpm|apk|whl|gem|phar|run|bin|appimage|exe|so|tar|tgz|tbz2?|txz|zip|tar\.\w+)(?:$|[?#])",
    re.IGNORECASE,
)
_SERVER = re.compile(r"start|serve|daemon|boot|launch|supervisor", re.IGNORECASE)
_PREPARE = ("cat", "exec", "env", "tmux", "screen", "ssh-keygen", "mysql", "psql", "expr", "dirname")
# directories that are meant to be written, and configuration
_NOT_CODE = re.compile(
    r"^/(?:etc|tmp|run|var/(?:lib|log|cache|run|tmp|spool))(?:/|$)"
    r"|/(?:data|db|logs?|cache|tmp|temp|uploads?|media|storage|config|conf|static|public)$"
)
_UV_DEV = re.compile(r"^\s*dev\s*=\s*\[\s*[^\]\s]|^\s*dev-dependencies\s*=\s*\[\s*[^\]\s]", re.MULTILINE)
_GIT_GLOBAL_VALUED = OptionSpec(frozenset(("-C", "-c", "--git-dir", "--work-tree", "-b", "--branch", "--depth", "-o")))


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

    kind: Literal["install", "clone", "script", "download", "run", "build"]
    at: StartupCommand
    what: str
    effect: str
    certain: bool
    development: bool


@dataclass(eq=False)
class Idle:
    """The last command of a start, which only keeps the container from ending.

    Attributes:
        at: the command: `tail -f`, `sleep infinity`, or a shell of which nobody tells it what to run.
        what: the command in short.
        service: what was started before, "" where nothing was.
        service_at: the command that started it.
        waits: it waits; a shell ends at once unless it has a terminal.
        sure: what runs beside it is a server by all signs.
    """

    at: StartupCommand
    what: str
    service: str
    service_at: StartupCommand | None
    waits: bool
    sure: bool


@dataclass(eq=False)
class OwnedCode:
    """Directories of the application that the container's user owns.

    Attributes:
        path: the first of them.
        user: the user.
        token: the words that give it to the user.
        others: the words that give others to the user.
        user_at: the USER.
    """

    path: str
    user: str
    token: Token
    others: tuple[Token, ...]
    user_at: Step


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
        target = self._models.build.target
        files: ImageFiles | None = None
        found: list[StartupCommand] = []
        for step, script in self._scripts():
            for command in script.commands:
                at = StartupCommand(command, step, command.token, None)
                found.append(at)
                if target is not None and files is None:
                    files = ImageFiles(self._models, target)
                if files is not None:
                    self._follow(files, at, found, 0)
        return tuple(found)

    @property
    def development(self) -> bool:
        """Whether the image is for developers or tests by the names of its file and stage, or by what it starts."""
        build = self._models.build
        target = build.target
        if is_for_development(build.dockerfile.source.path, target.name if target is not None else ""):
            return True
        texts = [" ".join(word.pattern for word in at.command.words) for at in self.commands]
        return any(is_development_command(text) for text in texts)

    def changes(self) -> Iterator[StartupChange]:
        """How a container changes itself when it starts."""
        # most images start one program: no more to look at
        found = [change for at in self.commands for change in self._changes(at)]
        if found:
            development = self.development
            for kind, at, what, effect in found:
                certain = not at.command.conditional and not at.command.condition
                yield StartupChange(kind, at, what, effect, certain, development)

    def idle(self) -> Idle | None:
        """The last command of a start, where it only keeps the container from ending; None for any other."""
        run = [at for at in self.commands if at.command.words and not at.command.substitution]
        if not run or run[-1].command.conditional != run[-1].command.loop:
            return None
        last = run[-1]
        words = _words(last.command)
        loop = last.command.loop
        if loop and (sum(at.command.loop for at in run) > 1 or not _is_endless(run)):
            # there is work in it, or it waits for something
            return None
        waits = sleeps_for_ever(words, loop)
        shell = words[0] in SHELLS and all(word in ("-i", "-l", "--login", "-li", "-il", "-it") for word in words[1:])
        if not waits and not (shell and last.script is None):
            return None
        before = [at for at in run[:-1] if not at.command.condition and _script_word(at.command) is not None]
        started = [
            (at, name)
            for at, following in pairwise(run)
            if not at.command.conditional and (name := _started(at.command, following.command)) is not None
        ]
        # what was started last is what the image is for; a login beside it is not
        started.sort(key=lambda found: found[1] not in ("ssh", "sshd", "cron", "rsyslog"))
        at, name = started[-1] if started else (None, "")
        sure = at is not None
        if at is None and waits:
            at = next((other for other in reversed(before) if not _is_trivial(other, last)), None)
            if at is not None:
                word = _script_word(at.command)
                name = (word.pattern if word is not None else "").rpartition("/")[2]
                sure = _SERVER.search(" ".join(word.pattern for word in at.command.words)) is not None
        return Idle(last, _short(words), name, at, waits, sure)

    def ssh_server(self) -> StartupCommand | None:
        """The command that starts an SSH server before the program of the image; None where there is none."""
        run = [at for at in self.commands if at.command.words and not at.command.substitution]
        for at in run:
            words = _words(at.command)
            in_init = at.command.words[0].pattern.startswith("/etc/init.d/")
            service = starts_service(words) or (words[0] if in_init and len(words) > 1 else "")
            if words[0] != "sshd" and service not in ("ssh", "sshd"):
                continue
            after = [other for other in run[run.index(at) + 1 :] if not other.command.condition]
            programs = [
                other for other in after if not _is_trivial(other, other) and _script_word(other.command) is not None
            ]
            waits = programs and sleeps_for_ever(_words(programs[-1].command), in_loop=False)
            return at if programs and not waits and words[1:2] != ("-t",) else None
        return None

    def owned_code(self) -> OwnedCode | None:
        """The directories that COPY fills and that the user owns with whom a container starts; None for none."""
        target = self._models.build.target
        steps = list(target.all_steps()) if target is not None else []
        user_at = next((step for step in reversed(steps) if isinstance(step.instruction, ast.User)), None)
        user = (target.end.user or "").partition(":")[0] if target is not None else ""
        if user_at is None or user in ("", "root", "0"):
            return None
        owned = list(_owned(steps, user))
        if not owned:
            return None
        return OwnedCode(*owned[0][:1], user, owned[0][1], tuple(token for _, token in owned[1:]), user_at)

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
            yield entrypoint, parse_exec(argv, self._values(entrypoint), workdir=entrypoint.stage.end.workdir)
        else:
            yield entrypoint, first
        # a script that is the ENTRYPOINT nearly always ends in `exec "$@"`
        name = unwrap(first.commands[0]).name or ""
        json_form = isinstance(entrypoint.instruction, ast.Entrypoint) and entrypoint.instruction.json_form
        hands_over = json_form and name.endswith(("sh", "entrypoint", "init")) and name not in SHELLS
        if hands_over and command is not None and command.script is not None:
            yield command, command.script

    def _values(self, step: Step) -> dict[str, str | None]:
        """The variables that a container has unless its user says otherwise: an ARG is not among them."""
        names = {
            pair.key
            for other in step.stage.all_steps()
            if isinstance(other.instruction, ast.Env)
            for pair in other.instruction.pairs
        }
        return {name: value for name, value in step.stage.end.scope.values.items() if name in names}

    def _follow(self, files: ImageFiles, at: StartupCommand, found: list[StartupCommand], depth: int) -> None:
        """Add the commands of the script that a command runs."""
        if depth >= _MAX_SCRIPTS:
            return
        word = _script_word(at.command)
        if word is None or not word.value:
            return
        for path in self._paths(at, word.value):
            script = files.text(path)
            if script is None:
                continue
            if at.script is not None and script.path == at.script.path and not script.path:
                return
            dialect = dialect_of(interpreter(script.text.text) or "sh")
            if not is_posix_like(dialect) and dialect is not Dialect.POSIX:
                return
            parsed = parse_script(script.text, dialect, self._values(at.step), workdir=at.command.cwd)
            place = word.token if at.script is None else at.place
            for command in parsed.commands:
                if at.command.conditional:
                    command.conditional = True
                inner = StartupCommand(command, at.step, place, script)
                found.append(inner)
                self._follow(files, inner, found, depth + 1)
            return

    def _paths(self, at: StartupCommand, name: str) -> Iterator[str]:
        """Where the file may be that a command names."""
        if "/" in name or unwrap(at.command).name in (*SHELLS, ".", "source"):
            path = absolute(at.step, at.command, name)
            if path is not None:
                yield path
            return
        for directory in (at.step.stage.end.scope.values.get("PATH") or _PATH).split(":"):
            yield posixpath.join(directory, name)

    def _changes(
        self, at: StartupCommand
    ) -> Iterator[tuple[Literal["install", "clone", "script", "download", "run", "build"], StartupCommand, str, str]]:
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
            yield "install", at, _short(texts), ""
        elif texts[:2] == ("uv", "run") and (left_out := self._left_out_by_uv(at, invocation.args)):
            yield "install", at, _short(texts), f"installs the development dependencies that `{left_out}` left out"
        elif (effect := _first(COMPILERS, texts)) is not None:
            if self._is_in_image(at):
                yield "build", at, _short(texts), effect
        elif self._fetches_program(at, texts, invocation.args):
            yield "run", at, _short(texts), ""
        elif texts[0] == "git":
            if _fetches_code(invocation.args):
                yield "clone", at, _short(texts), ""
        else:
            for download in downloads_of(at.step, command):
                if UNKNOWN in download.url.partition("?")[0] or is_ignorable(download.url):
                    continue
                if download.to_stdout and _read_by_shell(command):
                    yield "script", at, _short(texts), ""
                elif _CODE.search(download.url) and not download.to_stdout:
                    yield "download", at, _short(texts), ""

    def _installs(self, at: StartupCommand, operation: Operation) -> bool:
        """Whether something is installed that the build could have installed, so no more than it knows."""
        options = operation.options
        if options.has(*_OFFLINE):
            return False
        if operation.kind == "upgrade":
            return True
        if operation.packages and not any(package.local for package in operation.packages):
            return all(UNKNOWN not in package.word.pattern for package in operation.packages)
        if operation.manifests:
            names = [word.value for word in operation.manifests]
            return all(name is not None and self._is_brought(at, name) for name in names)
        if not operation.manager.project and not operation.packages and not operation.editable:
            return False
        return self._is_in_image(at)

    def _is_in_image(self, at: StartupCommand) -> bool:
        """Whether the project that a command works on is part of the image: else it is mounted when it runs."""
        cwd = at.command.cwd
        return cwd is not None and is_copied(at.step.stage, cwd, self._models.context, directory=True)

    def _is_brought(self, at: StartupCommand, name: str) -> bool:
        path = absolute(at.step, at.command, name)
        return path is not None and is_copied(at.step.stage, path, self._models.context)

    def _left_out_by_uv(self, at: StartupCommand, args: tuple[ShellWord, ...]) -> str:
        """The `uv sync` of the image that leaves out what `uv run` then installs: it syncs with the group dev."""
        options = parse_options(args[1:], OptionSpec(RUNNER_VALUED))
        env = self._values(at.step)
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


def _owned(steps: list[Step], user: str) -> Iterator[tuple[str, Token]]:
    """The directories of code that steps give to a user, each with the words that do."""
    filled: list[str] = []
    for step in steps:
        copy = step.instruction
        if isinstance(copy, ast.FileInstruction):
            path = (step.destination or "").rstrip("/")
            texts = [step.resolve(source.word.value).text for source in copy.sources if source.heredoc is None]
            is_home = step.origin is not None and re.fullmatch(r"/home/[^/]+", path) is not None
            if not path or is_home or _NOT_CODE.search(path):
                continue
            if not any(text and not _is_single_file(text) for text in texts):
                continue
            owner = step.resolve(copy.chown.value or "").text if copy.chown is not None else None
            if copy.chown is not None and owner is not None and owner.partition(":")[0] == user:
                yield path, copy.chown.value_token
            else:
                filled.append(path)
        for command in step.script.commands if isinstance(copy, ast.Run) and step.script is not None else ():
            given = _given_to(step, command, user)
            below = [place for place in filled if given and (place == given or place.startswith(f"{given}/"))]
            if below:
                yield below[0], command.token
                filled = [place for place in filled if place not in below]


def _is_single_file(source: str) -> bool:
    """Whether a source of a COPY is one file by its name, or some: not a directory of code."""
    name = posixpath.basename(source.rstrip("/"))
    return "." in name.strip(".") and not source.endswith("/")


def _given_to(step: Step, command: Command, user: str) -> str | None:
    """The directory that a recursive chown gives to a user."""
    invocation = unwrap(command)
    if invocation.name != "chown" or command.conditional:
        return None
    options = parse_options(invocation.args, OptionSpec(frozenset(("--from",))))
    if not options.has("-R", "--recursive") or len(options.operands) < 2:
        return None
    owner = options.operands[0].value
    if owner is None or owner.partition(":")[0] != user or options.operands[1].value is None:
        return None
    return absolute(step, command, options.operands[1].value)


def _script_word(command: Command) -> ShellWord | None:
    """The word that names the file whose text a command runs, if it runs one."""
    invocation = unwrap(command)
    name = invocation.name or ""
    if name in (".", "source"):
        return invocation.args[0] if invocation.args else None
    if name in SHELLS:
        for word in invocation.args:
            if word.text.startswith("-") and word.text.endswith("c") and not word.text.startswith("--"):
                return None
            if not word.text.startswith(("-", "+")):
                return word
        return None
    return invocation.word


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


def _words(command: Command) -> tuple[str, ...]:
    """The program without directory, and its arguments; wrappers are seen through."""
    invocation = unwrap(command)
    return (base_name(invocation.name or ""), *(word.pattern for word in invocation.args))


def _started(command: Command, following: Command) -> str | None:
    """The name of what a command leaves running in the background; None where it leaves nothing, as far as is known."""
    words = _words(command)
    program = command.words[0].pattern
    if following.operator == "&" and words[0] not in ("tail", "sleep"):
        return words[0]
    if program.startswith("/etc/init.d/") and len(words) > 1 and words[1] in ("start", "restart"):
        return words[0]
    return starts_service(words)


def _is_endless(run: list[StartupCommand]) -> bool:
    """Whether the condition of the loop that ends a script always holds."""
    conditions = [at.command for at in run[:-1] if at.command.condition]
    return bool(conditions) and _words(conditions[-1])[0] in ("true", ":")


def _is_trivial(other: StartupCommand, last: StartupCommand) -> bool:
    """Whether a command before the last one prepares something and is over, or only leads to the last one."""
    words = _words(other.command)
    leads = (words[0] in SHELLS and "-c" in words) or (last.script is not None and other.script is not last.script)
    joined = last.command.words[0].pattern in words[1:]
    return leads or joined or words[0] in QUIET_COMMANDS or words[0] in _PREPARE


def _short(texts: tuple[str, ...]) -> str:
    """A command for a message: at most some words."""
    words = [text.replace(UNKNOWN, "*") for text in texts]
    shown = " ".join(words)
    return shown if len(shown) <= 60 else shown[:57].rsplit(" ", 1)[0] + " ..."
