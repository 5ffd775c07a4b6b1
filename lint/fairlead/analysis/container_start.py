"""What a container of the final image runs, and whether it is for work on a project rather than its use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.context_files import text_at
from fairlead.build.model import Step
from fairlead.knowledge.container_programs import INITS, REPLS, SHELLS, WORKBENCH
from fairlead.shell import Invocation, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

# parts of the names of files, directories and stages
_WORKPLACE = re.compile(
    r"(?:^|[._/-])(?:dev|devel|develop|development|devcontainer|debug|local|test|tests|tester|testing|unittest|e2e|ci|cicd|"
    r"lint|linter|linting|build|builder|buildbox|buildenv|building|compile|compiler|sdk|toolchain|toolbox|workspace|playground|"
    r"sandbox|cross|fuzz)"
    r"(?:[._/-]|$)",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"\.(?:sh|bash)$|(?:^|/)(?:docker-)?entry-?point$|(?:^|/)(?:start|run|init)$")
_SCRIPT_RUNNERS = ("npm", "yarn", "pnpm", "bun")


@dataclass(frozen=True)
class Startup:
    """What a container runs when it is started without a command.

    Attributes:
        step: the CMD or ENTRYPOINT that names the program.
        commands: its commands, with those of a shell's script; wrappers such as sudo, env and tini are seen through.
        words: every word of ENTRYPOINT and CMD whose value is known.
        scripts: the texts of shell scripts of the build context and of entries in `package.json` that it runs.
        unread: it runs a script whose text is not known.
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
        return _SCRIPT.search(self.program) is not None or (
            self.program in SHELLS and any(_SCRIPT.search(word) for word in self.words)
        )

    def mentions(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern is found in the commands or in a script that they run."""
        return any(pattern.search(text) for text in (" ".join(self.words), *self.scripts))


def startup(models: Models) -> Startup | None:
    """What the final image runs; None where neither a CMD nor an ENTRYPOINT of the file says so, or is not read."""
    entrypoint, command = _instructions(models)
    step = entrypoint or command
    if step is None:
        return None
    invocations: list[Invocation] = []
    words: list[str] = []
    for part in (entrypoint, command):
        script = part.script if part is not None else None
        if script is None:
            continue
        words += [word.value for found in script.commands for word in found.words if word.value is not None]
        invocations += [unwrap(found) for found in script.commands]
    if entrypoint is not None and command is not None:
        # a program that starts another, which the CMD names
        behind = [found for found in invocations if found.name and not _starts_another(found.name)]
        invocations = behind or invocations
    named = [found for found in invocations if found.name not in INITS]
    invocations = named or [_behind_init(found) for found in invocations]
    scripts, unread = _scripts(models, step, invocations, words)
    return Startup(step, tuple(invocations), tuple(words), tuple(scripts), unread)


def is_workplace(models: Models, started: Startup | None) -> bool:
    """Whether the final image is one to work in, or to build and test others with, as far as its names tell."""
    build = models.build
    if build.target is None:
        return True
    *_, directory, name = ("", *build.dockerfile.source.path.replace("\\", "/").split("/"))
    stage = build.target.name
    if any(_WORKPLACE.search(text) for text in (directory, name.replace("Dockerfile", ""), stage)):
        return True
    if started is None:
        return False
    program = started.program
    alone = program in REPLS and len(started.commands) == 1 and not words_of(started.commands[0])
    return alone or program in WORKBENCH


def words_of(invocation: Invocation) -> list[str]:
    """The known operands of a command."""
    return [word.value for word in invocation.args if word.value and not word.value.startswith("-")]


def _instructions(models: Models) -> tuple[Step | None, Step | None]:
    """The ENTRYPOINT and the CMD that hold in the end; an ENTRYPOINT resets a CMD of a parent stage."""
    entrypoint: Step | None = None
    command: Step | None = None
    target = models.build.target
    for stage in reversed(list(target.lineage())) if target is not None else ():
        own_command = False
        for step in stage.steps:
            if isinstance(step.instruction, ast.Cmd):
                command, own_command = step, True
            elif isinstance(step.instruction, ast.Entrypoint):
                entrypoint = step
                if not own_command:
                    command = None
    return entrypoint, command


def _starts_another(name: str) -> bool:
    return name in INITS or re.search(r"entry-?point|\.sh$", name) is not None


def _behind_init(invocation: Invocation) -> Invocation:
    """`tini -s -- program`: the program."""
    args = invocation.args
    at = next((at for at, word in enumerate(args) if not word.pattern.startswith("-") or word.pattern == "--"), None)
    if at is None:
        return invocation
    rest = args[at + 1 :] if args[at].pattern == "--" else args[at:]
    if not rest:
        return invocation
    name = (rest[0].value or "").rpartition("/")[2] or None
    return Invocation(invocation.command, name, rest[0], rest[1:], invocation.env)


def _scripts(models: Models, step: Step, invocations: list[Invocation], words: list[str]) -> tuple[list[str], bool]:
    texts: list[str] = []
    unread = False
    last = models.build.target
    end = last.end.workdir if last is not None else None
    given = {words_of(found)[0] for found in invocations if found.name in SHELLS and words_of(found)}
    for word in words:
        if not _SCRIPT.search(word) and word not in given:
            continue
        text = text_at(models, step, word if word.startswith("/") or end is None else f"{end}/{word}")
        if text is None:
            unread = True
        else:
            texts.append(text)
    for invocation in invocations:
        if invocation.name in _SCRIPT_RUNNERS:
            texts += _package_scripts(models, step, invocation, end)
    return texts, unread


def _package_scripts(models: Models, step: Step, invocation: Invocation, directory: str | None) -> list[str]:
    """The texts of the entries of `package.json` that `npm start`, `npm run NAME` or `yarn NAME` runs."""
    import json

    names = words_of(invocation)
    if names[:1] in (["run"], ["run-script"]):
        names = names[1:]
    text = text_at(models, step, f"{directory}/package.json" if directory is not None else "package.json")
    try:
        scripts = json.loads(text or "{}").get("scripts", {})
    except (ValueError, AttributeError):
        return []
    if not isinstance(scripts, dict):
        return []
    found = [scripts.get(f"{prefix}{names[0]}") for prefix in ("pre", "")] if names else []
    texts = [script for script in found if isinstance(script, str)]
    # `start` may run another entry: one step further is enough
    further = [
        scripts.get(name) for text in texts for name in re.findall(r"(?:npm|yarn|pnpm)(?: run)? ([\w:.-]+)", text)
    ]
    return texts + [script for script in further if isinstance(script, str)]
