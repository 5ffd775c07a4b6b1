"""What keeps one question from being answered."""

from __future__ import annotations


class Problem(Exception):
    """Why there is no answer: one line for a person, without secrets."""


class Unreachable(Problem):
    """A server does not answer at all, or wants to be left alone: no use in asking it again in this run."""


def readable(text: str, length: int = 200) -> str:
    """Text from elsewhere as a part of one line: no control characters, not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * length]).split())
    return line if len(line) <= length else line[: length - 3] + "..."
