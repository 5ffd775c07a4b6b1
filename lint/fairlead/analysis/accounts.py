"""Users whose number makes useradd write far into its logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.knowledge.accounts import FAILLOG_ENTRY, HIGH_ID, LASTLOG_ENTRY, VALUED, extends_logs
from fairlead.knowledge.base_images import is_debian
from fairlead.shell import OptionSpec, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


@dataclass(frozen=True)
class SparseLog:
    """A useradd that may make the login logs as long as the user's number asks for.

    Attributes:
        token: the number as written.
        uid: the number.
        bytes: the length of /var/log/lastlog and /var/log/faillog together, zeros all of them.
        extends: whether the base image's useradd does that; None where that is not known.
        program: `useradd`, or Debian's `adduser`, which calls it and has no option that hands `--no-log-init` on.
    """

    token: Token
    uid: int
    bytes: int
    extends: bool | None
    program: str = "useradd"


def sparse_logs(models: Models) -> Iterator[SparseLog]:
    """The users with high numbers that RUNs of the final image add, with an entry in the logs."""
    target = models.build.target
    image = target.root.image if target is not None else None
    extends: bool | None = None
    if image is not None:
        name, tag = image.short_name, image.tag
        extends = extends_logs(name, tag, is_debian=is_debian(name, tag))
    for step in models.layers.shipped_steps():
        commands = step.script.commands if isinstance(step.instruction, ast.Run) and step.script is not None else ()
        for command in commands:
            invocation = unwrap(command)
            # adduser is Debian's there; elsewhere it is BusyBox's, or another name of useradd
            if invocation.name != "useradd" and not (invocation.name == "adduser" and extends):
                continue
            options = parse_options(invocation.args, OptionSpec(VALUED))
            number = options.value("-u", "--uid") or ""
            if not number.isdecimal() or int(number) < HIGH_ID or options.has("-l", "--no-log-init"):
                continue
            word = (options.value_words.get("-u") or options.value_words["--uid"])[-1]
            uid = int(number)
            yield SparseLog(word.token, uid, (uid + 1) * (LASTLOG_ENTRY + FAILLOG_ENTRY), extends, invocation.name)
