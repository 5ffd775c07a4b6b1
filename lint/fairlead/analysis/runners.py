"""Commands in the environment of a project: `uv run python -m spacy download x`, `poetry run pip install y`."""

from __future__ import annotations

from dataclasses import replace

from fairlead.knowledge.fetchers import BROWSERS, RUN_VALUED, RUNNERS
from fairlead.shell import Command, unwrap

_RUN = frozenset(("uv", "poetry", "pipenv", "pdm", "hatch"))


def run_by(command: Command) -> Command | None:
    """The command that a runner of Python projects runs, None where it runs none.

    Browsers are looked at with the runner, which the version of their program may stand behind.
    """
    invocation = unwrap(command)
    name = invocation.name or ""
    if name not in _RUN:
        return None
    waiting = [RUNNERS[name]]
    at = 0
    while at < len(invocation.args):
        word = invocation.args[at]
        if word.text.startswith("-"):
            at += 2 if word.text in RUN_VALUED else 1
        elif waiting:
            if word.value != waiting.pop():
                return None
            at += 1
        else:
            return None if word.value in BROWSERS else replace(command, words=invocation.args[at:])
    return None
