"""Go's `path.Match`: the builder matches the wildcards of a COPY with it and checks the lines of a .dockerignore."""

from __future__ import annotations

import re
from functools import lru_cache


class BadPattern(ValueError):
    """A pattern that Go refuses: a class that is empty or not closed, or a backslash at its end."""


def match(pattern: str, name: str) -> bool:
    """Whether a whole name matches.

    As Go does, a fault in the pattern behind the first `*` that a mismatch comes before goes unnoticed
    (`filepath.Match`).

    Raises:
        BadPattern: Go refuses the pattern.
    """
    chunks = _chunks(pattern)
    for at, (star, chunk) in enumerate(chunks):
        expression = re.compile(_expression(chunk), re.DOTALL)
        if star and not chunk:
            return "/" not in name
        last = at + 1 == len(chunks)
        starts = range(name.find("/") + 1 or len(name) + 1) if star else (0,)
        found = expression.fullmatch if last else expression.match
        hit = next((hit for start in starts if (hit := found(name, start))), None)
        if hit is None:
            return False
        name = name[hit.end() :]
    return not name


@lru_cache(256)
def compiled(pattern: str) -> re.Pattern[str]:
    """An expression whose `fullmatch` says what `match` says of many names.

    Raises:
        BadPattern: Go refuses the pattern.
    """
    parts = []
    for star, chunk in _chunks(pattern):
        parts.append(("[^/]*" if star else "") + _expression(chunk))
    return re.compile("".join(parts), re.DOTALL)


def _chunks(pattern: str) -> list[tuple[bool, str]]:
    """The pattern cut before its stars: each piece with whether a star stands before it."""
    found: list[tuple[bool, str]] = []
    at = 0
    while at < len(pattern):
        start = at
        while pattern[at : at + 1] == "*":
            at += 1
        star, begin, in_class = at > start, at, False
        while at < len(pattern) and (in_class or pattern[at] != "*"):
            if pattern[at] == "\\" and at + 1 < len(pattern):
                at += 1
            elif pattern[at] in "[]":
                in_class = pattern[at] == "["
            at += 1
        found.append((star, pattern[begin:at]))
    return found


@lru_cache(256)
def _expression(chunk: str) -> str:
    out = ""
    at = 0
    while at < len(chunk):
        character = chunk[at]
        at += 1
        if character == "?":
            out += "[^/]"
        elif character == "[":
            piece, at = _class(chunk, at)
            out += piece
        elif character == "\\":
            if at == len(chunk):
                raise BadPattern(chunk)
            out += re.escape(chunk[at])
            at += 1
        else:
            out += re.escape(character)
    return out


def _class(chunk: str, at: int) -> tuple[str, int]:
    """A class as an expression, and the offset behind it."""
    negated = chunk[at : at + 1] == "^"
    at += negated
    body = ""
    count = 0
    while not (count and chunk[at : at + 1] == "]"):
        low, at = _member(chunk, at)
        high = low
        if chunk[at] == "-":
            high, at = _member(chunk, at + 1)
        # a range that runs backwards holds nothing
        if low <= high:
            body += f"{re.escape(low)}-{re.escape(high)}"
        count += 1
    if not body:
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{body}]", at + 1


def _member(chunk: str, at: int) -> tuple[str, int]:
    """A character of a class, and the offset behind it."""
    if at >= len(chunk) or chunk[at] in "-]":
        raise BadPattern(chunk)
    if chunk[at] == "\\":
        at += 1
    if at + 1 >= len(chunk):
        raise BadPattern(chunk)
    return chunk[at], at + 1
