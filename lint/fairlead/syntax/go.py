"""What Go's standard library takes for blank space and for JSON: the builder is written in Go."""

from __future__ import annotations

import json
from json.decoder import scanstring  # type: ignore[attr-defined]  # public, but absent from the type stubs

SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's unicode.IsSpace holds for."""
_SPACE_SET = frozenset(SPACES)


def is_space(character: str) -> bool:
    """Whether Go's unicode.IsSpace holds; unlike str.isspace it does not for U+001C to U+001F."""
    return character in _SPACE_SET


class NotAStringArray(ValueError):
    """A well-formed JSON array with an element that is not a string."""


class JsonString(str):
    """A decoded string of a JSON array with the offsets of its literal, quotes included."""

    __slots__ = ("end", "start")
    start: int
    end: int


def json_strings(text: str) -> list[JsonString] | None:
    """The strings of a JSON array; None where `text` is not a well-formed JSON array.

    Raises:
        NotAStringArray: when an element is not a string.
    """
    if not text.startswith("["):
        return None
    # bytes that are not UTF-8 become U+FFFD, one for one, so that offsets stay
    readable = text if text.isascii() else "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    try:
        values = json.loads(readable, parse_constant=_refuse, parse_float=_finite, parse_int=_finite)
    except RecursionError:
        raise NotAStringArray(text) from None
    except ValueError:
        return None
    if not all(isinstance(value, str) for value in values):
        raise NotAStringArray(text)
    strings = []
    at = 0
    for _ in values:
        start = readable.index('"', at)
        value, at = scanstring(readable, start + 1)
        string = JsonString("".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value))
        string.start, string.end = start, at
        strings.append(string)
    return strings


def _refuse(name: str) -> None:
    raise ValueError(name)


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return value


def go_quote(text: str) -> str:
    """A text as Go's %q prints it."""
    escapes = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
    escapes |= {"\\": "\\\\", '"': '\\"'}
    quoted = []
    for character in text:
        code = ord(character)
        if character in escapes:
            quoted.append(escapes[character])
        elif character.isprintable():
            quoted.append(character)
        elif code < 0x80:
            quoted.append(f"\\x{code:02x}")
        else:
            quoted.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(quoted) + '"'
