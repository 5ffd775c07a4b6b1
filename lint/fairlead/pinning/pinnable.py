"""What can be pinned: an input of the build with its pin, what to ask about it, and what to write.

A pin must stay true whatever the build arguments are. So it is written where the last part of a name is literal: in the
instruction or in the default of an ARG, never behind a variable of which it would hold for one value only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from fairlead.build.image import ImageReference
from fairlead.build.remote import RemoteReference
from fairlead.build.scope import Resolved
from fairlead.pinning.download import Download
from fairlead.pinning.registry import Manifest, server_of
from fairlead.pinning.repository import Head, without_user
from fairlead.pinning.transport import host_of
from fairlead.syntax.source import Token

Kind = Literal["frontend", "image", "download", "repository"]
KINDS: tuple[Kind, ...] = ("frontend", "image", "download", "repository")
Question = ImageReference | Download | RemoteReference
Answer = Manifest | str | Head
"""A manifest for an image, a checksum for a download, a commit for a repository."""

QUOTED = "is written with quotes or escapes in its name"
"""A reason for no pin."""

_VARIABLE = re.compile(r"\$(?:\{(\w+)|(\w+))")


class Edit(NamedTuple):
    """A piece of text to put in place of what stands from `start` to `end` of a source's text."""

    start: int
    end: int
    text: str


@dataclass(eq=False)
class Pinnable:
    """Something that a build takes from outside.

    Attributes:
        kind: what it is.
        token: the words that name it.
        name: what it is called, variables resolved, without a pin.
        pin: the digest, checksum or commit that it is pinned to; "" without one.
        question: what to ask to know what it is now; None where nothing can be asked.
        edit: makes of an answer the edits that write the pin; None where it can't be written.
        reason: why it can't be asked or written; "" where both can.
        known: whether it is known before the build what it is.
    """

    kind: Kind
    token: Token
    name: str
    pin: str = ""
    question: Question | None = None
    edit: Callable[[Answer], list[Edit]] | None = None
    reason: str = ""
    known: bool = True

    @property
    def line(self) -> int:
        """The line where it is named."""
        return self.token.start.line

    @property
    def server(self) -> str:
        """Who would be asked; "" where nobody can be."""
        match self.question:
            case ImageReference():
                return server_of(self.question)
            case Download():
                return host_of(self.question.url)
            case RemoteReference():
                return host_of(self.question.url) or without_user(self.question.url)
            case None:
                return ""


def unknown(kind: Kind, token: Token, resolved: Resolved) -> Pinnable:
    """Something that only shows what it is when the image is built."""
    names = list(resolved.names) or variables(token.text)
    reason = resolved.error
    if not reason and names:
        reason = f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'} no value before the build"
    return Pinnable(
        kind, token, without_user(token.text), reason=reason or "is not known before the build", known=False
    )


def replacement(place: Token, text: str) -> list[Edit]:
    """The edits that put a text in place of a token, which may run across a line continuation."""
    first, *others = place.spans
    return [Edit(first.start, first.end, text), *(Edit(span.start, span.end, "") for span in others)]


def bare(token: Token, text: str) -> Token | None:
    """The part of a token that is a text, quotes around it left out; None where it is written in another way."""
    if token.text == text:
        return token
    return token.slice(1, len(token) - 1) if token.text in (f'"{text}"', f"'{text}'") else None


def variables(word: str) -> list[str]:
    """The names of the variables in a word, each once."""
    return list(dict.fromkeys(first or second for first, second in _VARIABLE.findall(word)))


def decide(names: Sequence[str]) -> str:
    """The beginning of a reason: which variables decide something."""
    return f"{' and '.join(names) or 'a variable'} {'decides' if len(names) < 2 else 'decide'}"
