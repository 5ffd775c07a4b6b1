"""ENTRYPOINT and CMD that a shell runs: what is process 1 then, and what becomes of arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.build.model import Stage, Step
from fairlead.knowledge.shells import Sh, hands_over, sh_beside, sh_of_image
from fairlead.knowledge.startup import SHELLS, is_server, starts_another
from fairlead.shell import base_name, is_wrapper, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.shell import Script

# over at once, or no program that anyone has to stop
_OVER_AT_ONCE = (
    "cat", "chmod", "chown", "cp", "date", "echo", "env", "false", "ls", "mkdir", "printf", "pwd", "true", "uname",
    "whoami",
)  # fmt: skip
_LINKED = re.compile(r"\bln\s+-\S*s\S*\s+\S*bash\s+(?:/usr)?/bin/sh\b")
# arguments of a command, or the command itself; `words=$@` keeps them for later
_STARTS_ARGUMENTS = re.compile(r"(?:^|[ \t;&|(\"'])\$\{?[@*]", re.MULTILINE)
_ARGUMENTS = re.compile(r"\$\{?(?:[@*#1]|[A-Za-z_]\w*\[@\])")
_HEARS_SIGNALS = re.compile(r"\b(?:exec|trap)\b")


@dataclass(eq=False)
class ShellForm:
    """An ENTRYPOINT or CMD in shell form that a container starts with.

    Attributes:
        step: the instruction.
        several: it is more than one command.
        stays: the shell stays process 1 while the command runs; None where that is not known.
        drops: the CMD whose arguments an ENTRYPOINT in shell form does not get; None where there is none.
        given_to: the ENTRYPOINT that gets the shell and the text as arguments and starts no program from them.
        ignored: that ENTRYPOINT runs a script which looks at no arguments.
        forks: the script that it runs is known, and starts its last program beside itself.
        idle: all it does in the end is keep the container from ending, or start a shell to type into.
        serves: it runs until it is stopped: the file exposes a port, or the program is known as a server. Of any other
            nobody knows whether it ends by itself.
    """

    step: Step
    several: bool
    stays: bool | None
    drops: Step | None
    given_to: Step | None
    ignored: bool
    forks: bool
    idle: bool
    serves: bool


def shell_forms(models: Models) -> Iterator[ShellForm]:
    """The ENTRYPOINT and the CMD of the target that a shell runs; none where it hands over, or where SHELL says so."""
    target = models.build.target
    if target is None:
        return
    entrypoint, command = models.startup.processes
    entry = entrypoint.instruction if entrypoint is not None else None
    in_front = isinstance(entry, ast.CommandInstruction) and not entry.json_form
    # an ENTRYPOINT in shell form gets no CMD, so nobody runs it
    for step in (entrypoint, None if in_front else command):
        if step is None or not isinstance(step.instruction, ast.CommandInstruction) or step.instruction.json_form:
            continue
        if not step.instruction.rest.text or step.shell.instruction is not None:
            continue
        texts = _texts(models, entrypoint) if step is command and entrypoint is not None else []
        given = entrypoint if step is command and not _starts_arguments(entrypoint, texts) else None
        if given is None and _is_over(step.script):
            continue
        commands = [found for found in step.script.commands if not found.nested_in] if step.script is not None else []
        idle = models.startup.idle()
        yield ShellForm(
            step,
            len(commands) > 1,
            _stays(models, target, single=len(commands) == 1),
            command if step is entrypoint else None,
            given,
            bool(texts) and not any(_ARGUMENTS.search(text) for text in texts),
            bool(own := _texts(models, step)) and not _HEARS_SIGNALS.search(own[0]),
            idle is not None,
            _serves(target, step),
        )


def _serves(target: Stage, step: Step) -> bool:
    last = unwrap(step.script.commands[-1]) if step.script is not None and step.script.commands else None
    if last is not None and last.args and last.args[-1].pattern in ("-V", "-h", "--help", "--version"):
        return False
    if any(isinstance(other.instruction, ast.Expose) for other in target.all_steps()):
        return True
    return last is not None and is_server(base_name(last.name or ""), [word.pattern for word in last.args])


def _texts(models: Models, step: Step) -> list[str]:
    """The texts of the scripts that an ENTRYPOINT or CMD runs, as far as they are known, the outermost first."""
    return [at.script.text.text for at in models.startup.commands if at.step is step and at.script is not None]


def _starts_arguments(entrypoint: Step | None, texts: list[str]) -> bool:
    """Whether an ENTRYPOINT starts the program that its arguments name, as far as that is known; also for none."""
    script = entrypoint.script if entrypoint is not None else None
    if script is None or not script.commands:
        return True
    if texts:
        return any(_STARTS_ARGUMENTS.search(text) for text in texts)
    program = unwrap(script.commands[0])
    if not program.name or is_wrapper(program.name) or starts_another(program.name):
        # `tini --` and the like start what they are given
        return True
    if program.name in SHELLS:
        return any(word.pattern.endswith(".sh") for word in program.args)
    return program.name.endswith((".sh", "init", "run", "start"))


def _stays(models: Models, target: Stage, *, single: bool) -> bool | None:
    """Whether the shell of an image stays process 1 while the last command runs; None where it is not known."""
    image = target.root.image
    name, tag = (image.short_name, image.tag) if image is not None else ("", "")
    sh = _sh(models, target, name, tag)
    if sh is None:
        return None
    if sh == "dash":
        return True
    # what becomes of a list of commands is a question of the shell's version
    return not hands_over(sh, name, tag) if single else None


def _sh(models: Models, target: Stage, name: str, tag: str) -> Sh | None:
    """What /bin/sh is: as the image's name tells, or the package managers that its RUNs call."""
    runs = [step for step in target.all_steps() if isinstance(step.instruction, ast.Run)]
    if any(_LINKED.search(step.instruction.rest.text) for step in runs):
        return "bash"
    known = sh_of_image(name, tag) if name else None
    if known is not None:
        return known
    found = {sh_beside(operation.manager.name) for step in runs for operation in models.operations(step)} - {None}
    return found.pop() if len(found) == 1 else None


def _is_over(script: Script | None) -> bool:
    """Whether no signal is lost: the shell replaces itself, is itself the program, or soon ends; or it is not known."""
    if script is None or not script.commands:
        return True
    last = script.commands[-1]
    name = base_name(last.name or "")
    if last.args and last.args[-1].text in ("--help", "-h", "--version", "help", "version"):
        return True
    shell = name in SHELLS or name in ("zsh", "fish")
    if len(script.commands) == 1 and (name in _OVER_AT_ONCE or (shell and not last.args)):
        return True
    return name == "exec" or name.endswith(".exe")
