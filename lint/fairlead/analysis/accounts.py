"""Users whose number makes useradd write far into its logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.build.image import ImageReference
from fairlead.knowledge.accounts import FAILLOG_ENTRY, HIGH_ID, LASTLOG_ENTRY, OLDER_TAG, VALUED, writes_no_hole
from fairlead.knowledge.base_images import is_debian
from fairlead.shell import OptionSpec, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


@dataclass(frozen=True)
class SparseLog:
    """A useradd that makes the login logs as long as the user's number asks for.

    Attributes:
        token: the number as written.
        uid: the number.
        bytes: the length of /var/log/lastlog and /var/log/faillog together, zeros all of them.
        is_newer: the base image's useradd is known to leave the logs alone.
    """

    token: Token
    uid: int
    bytes: int
    is_newer: bool


def _is_recent_debian(image: ImageReference) -> bool:
    name, tag = image.short_name, image.tag
    return name != "debian" and is_debian(name, tag) and OLDER_TAG.search(tag) is None


def sparse_logs(models: Models) -> Iterator[SparseLog]:
    """The users with high numbers that RUNs of the final image add, with an entry in the logs."""
    target = models.build.target
    image = target.root.image if target is not None else None
    is_newer = image is not None and (writes_no_hole(image.short_name, image.tag) or _is_recent_debian(image))
    for step in models.layers.shipped_steps():
        commands = step.script.commands if isinstance(step.instruction, ast.Run) and step.script is not None else ()
        for command in commands:
            invocation = unwrap(command)
            if invocation.name != "useradd":
                continue
            options = parse_options(invocation.args, OptionSpec(VALUED))
            number = options.value("-u", "--uid") or ""
            if not number.isdecimal() or int(number) < HIGH_ID or options.has("-l", "--no-log-init"):
                continue
            word = (options.value_words.get("-u") or options.value_words["--uid"])[-1]
            uid = int(number)
            yield SparseLog(word.token, uid, (uid + 1) * (LASTLOG_ENTRY + FAILLOG_ENTRY), is_newer)
