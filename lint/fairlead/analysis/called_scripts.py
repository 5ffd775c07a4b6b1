"""Scripts of the build context that a RUN calls, whose own commands no model reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.analysis.effects import absolute
from fairlead.analysis.placement import context_path
from fairlead.build.model import Step
from fairlead.knowledge.fetchers import WRAPPERS
from fairlead.shell import Command, ShellWord, base_name, unwrap

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_INTERPRETERS = ("sh", "ash", "dash", "bash", "zsh", "ksh", "python", "python3", "node", "perl", "ruby", ".", "source")


def called_scripts(models: Models) -> tuple[str, ...]:
    """The paths of such scripts in the context, each once, in the order in which they are called."""
    found: dict[str, None] = {}
    for step in models.build.runs():
        script = step.script if step.stage.needed else None
        for command in script.commands if script is not None else ():
            word = _script(command)
            place = _place(models, step, command, word) if word is not None else None
            if place is not None:
                found.setdefault(place)
    return tuple(found)


def _script(command: Command) -> ShellWord | None:
    """The word that names a script, None for a command that runs none."""
    invocation = unwrap(command)
    name = base_name(invocation.name or "")
    if invocation.word is None or name in WRAPPERS:
        return None
    if name in _INTERPRETERS:
        first = next(iter(invocation.args), None)
        return first if first is not None and not first.text.startswith("-") else None
    value = invocation.word.value
    return invocation.word if value is not None and "/" in value else None


def _place(models: Models, step: Step, command: Command, word: ShellWord) -> str | None:
    path = absolute(step, command, word.value) if word.value else None
    return context_path(models, step, path) if path is not None else None
