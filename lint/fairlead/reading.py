"""Reading a Dockerfile: its text, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairlead.syntax.source import Source

MAX_FILE_BYTES = 4 * 1024 * 1024
"""Larger files are not read: a Dockerfile that people write has some kilobytes, a generated one some hundred."""


_SNIFFED_BYTES = 8192


@dataclass(frozen=True)
class RunError:
    """Something that kept Fairlead from doing all it was asked to; it makes the exit status 2.

    Attributes:
        message: what happened, without the path.
        path: the file or directory it is about, as the user named it; None where it is about none.
        rule: the rule that failed; None where none did.
    """

    message: str
    path: str | None = None
    rule: str | None = None

    def __str__(self) -> str:
        """`path: message`, or the message alone."""
        return f"{self.path}: {self.message}" if self.path else self.message


def read_source(path: str) -> Source | RunError:
    """The text of a file, or why it is not one that can be checked."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return RunError(f"can't be read: {reason}", path)
    return source_of(data, path)


def source_of(data: bytes, path: str) -> Source | RunError:
    """The text of bytes that stand for a file, or why they are none that can be checked."""
    fault = _not_a_dockerfile(data)
    return Source(path, data) if fault is None else RunError(fault, path)


def _not_a_dockerfile(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "not checked: UTF-16 text; the builder reads UTF-8"
    if b"\0" in data[:_SNIFFED_BYTES]:
        return "not checked: not a text file"
    if len(data) > MAX_FILE_BYTES:
        return f"not checked: larger than {MAX_FILE_BYTES // 1024**2} MiB"
    return None
