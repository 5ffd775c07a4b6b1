"""Code of the application that the user of a container may change."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.effects import absolute
from fairlead.build.model import Step
from fairlead.shell import Command, OptionSpec, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

# directories that are meant to be written, and configuration
_NOT_CODE = re.compile(
    r"^/(?:etc|tmp|run|var/(?:lib|log|cache|run|tmp|spool))(?:/|$)"
    r"|/(?:data|db|logs?|cache|tmp|temp|uploads?|media|storage|config|conf|static|public)$"
)


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


def owned_code(models: Models) -> OwnedCode | None:
    """The directories that COPY fills and that the user owns with whom a container starts; None for none."""
    target = models.build.target
    steps = list(target.all_steps()) if target is not None else []
    user_at = next((step for step in reversed(steps) if isinstance(step.instruction, ast.User)), None)
    user = (target.end.user or "").partition(":")[0] if target is not None else ""
    if user_at is None or user in ("", "root", "0"):
        return None
    owned = list(_owned(steps, user))
    if not owned:
        return None
    return OwnedCode(*owned[0][:1], user, owned[0][1], tuple(token for _, token in owned[1:]), user_at)


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
