"""As whom a container runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.build.model import Step
from fairlead.knowledge.privileges import DROPPERS, ROOT_IMAGES, SERVERS_THAT_DROP
from fairlead.shell import base_name
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


@dataclass(frozen=True)
class RootUser:
    """A program that runs as root.

    Attributes:
        token: the USER's word, or the base image where there is no USER.
        process: the ENTRYPOINT or CMD.
        image: the base image that says so, "" where a USER does.
    """

    token: Token
    process: Step
    image: str


def root_user(models: Models) -> RootUser | None:
    """The program of the target, where it runs as root; None where it does not, or where that is not known."""
    target = models.build.target
    entrypoint, command = models.startup.processes
    process = entrypoint or command
    if target is None or process is None or _gives_up_root(models):
        return None
    users = [step for step in target.all_steps() if isinstance(step.instruction, ast.User)]
    if users:
        user = (target.end.user or "").partition(":")[0]
        return RootUser(users[-1].instruction.rest, process, "") if user in ("root", "0") else None
    image = target.root.image
    if image is None or image.short_name not in ROOT_IMAGES or "nonroot" in image.tag or "rootless" in image.tag:
        return None
    return RootUser(target.root.token, process, image.short_name)


def _gives_up_root(models: Models) -> bool:
    """Whether what starts runs the program as another user, or may: a script that is not known."""
    started = models.startup.started
    if started is None or started.unread:
        return True
    words = {
        base_name(word.value) for at in models.startup.commands for word in at.command.words if word.value is not None
    }
    return bool(words & (DROPPERS | SERVERS_THAT_DROP))
