"""A command of a script as it is run: its words, what it reads, what it prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from fairlead.analysis.packages import Operation
from fairlead.shell import Command, Invocation, ShellWord
from fairlead.syntax.source import Token

MAX_CONTENT = 1 << 20
"""Bytes of a file's content that are looked at."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a command prints.

    Attributes:
        size: bytes; None where it is not known.
        content: the bytes, None where they are not known.
        endless: there is no end to it, as with `yes`: `content` is then what comes again and again.
        paths: where it prints a list of files, these.
    """

    size: int | None = None
    content: bytes | None = None
    endless: bool = False
    paths: tuple[str, ...] | None = None

    def followed_by(self, other: Output) -> Output:
        """This and then another."""
        if self.endless or other.endless:
            return Output()
        size = None if self.size is None or other.size is None else self.size + other.size
        content = None if self.content is None or other.content is None else self.content + other.content
        paths = None if self.paths is None or other.paths is None else (*self.paths, *other.paths)
        return Output(size, content, paths=paths)

    @staticmethod
    def of(content: bytes) -> Output:
        """Known bytes."""
        return Output(len(content), content if len(content) <= MAX_CONTENT else None)


NOTHING = Output(0, b"")


class Place(NamedTuple):
    """A path that a word names.

    Attributes:
        path: absolute and cleaned; None where it is not known.
        text: as the command gets it.
        token: the word.
    """

    path: str | None
    text: str
    token: Token

    @property
    def is_directory(self) -> bool:
        """Whether it is written as a directory."""
        return self.text.endswith(("/", "/.")) or self.text in (".", "..")


@dataclass(eq=False)
class Call:
    """A command as it is run.

    Attributes:
        command: the command, loop variables filled in.
        original: the same as it was read.
        invocation: the same without sudo and the like.
        stdin: what it reads; None where that is not known.
        operation: what a package manager does.
    """

    command: Command
    original: Command
    invocation: Invocation
    stdin: Output | None
    operation: Operation | None = None

    @property
    def args(self) -> tuple[ShellWord, ...]:
        """Its arguments."""
        return self.invocation.args

    @property
    def token(self) -> Token:
        """The whole command."""
        return self.command.token
