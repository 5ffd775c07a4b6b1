"""A logical line into keyword, builder flags and arguments, as BuildKit's parser/split_command.go does it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairlead.syntax.ast import Flag
from fairlead.syntax.go import SPACES, NotAStringArray, json_strings
from fairlead.syntax.source import Token

BLANKS = re.compile(r"[\t\v\f\r ]+")
_BYTE_SPACES = frozenset("\t\n\v\f\r \x85\xa0")
_HEREDOC_KEYWORDS = frozenset(("run", "copy", "add"))


@dataclass(eq=False)
class Split:
    """A logical line's parts; `rest` is stripped of blanks at both ends."""

    keyword: Token
    flags: tuple[Flag, ...]
    rest: Token


def split_command(line: Token, escape: str) -> Split:
    """Split a logical line."""
    stripped = line.strip(SPACES)
    blank = BLANKS.search(stripped.text)
    if blank is None:
        return Split(stripped, (), stripped.slice(len(stripped)))
    flags, rest = _flags(stripped.slice(blank.end()), escape)
    return Split(stripped.slice(0, blank.start()), flags, rest.strip(SPACES))


def takes_heredocs(line: Token, escape: str) -> bool:
    """Whether `<<NAME` words begin heredocs: in RUN, COPY and ADD, not in JSON form, and in ONBUILD of them."""
    split = split_command(line, escape)
    if split.keyword.text.lower() == "onbuild":
        split = split_command(split.rest, escape)
    if split.keyword.text.lower() not in _HEREDOC_KEYWORDS:
        return False
    try:
        return json_strings(split.rest.text) is None
    except NotAStringArray:
        return False


def _flags(text: Token, escape: str) -> tuple[tuple[Flag, ...], Token]:
    if not text.text.lstrip(SPACES).startswith("--"):
        return (), text
    # the builder scans bytes, not characters: the bytes 0x85 and 0xA0 end a flag even inside a character
    if text.text.isascii():
        return _FlagScan(text, text.text, escape, None).run()
    raw = text.text.encode("utf-8", "surrogateescape")
    offsets = [at for at, c in enumerate(text.text) for _ in c.encode("utf-8", "surrogateescape")]
    return _FlagScan(text, raw.decode("latin-1"), escape, offsets).run()


class _FlagScan:
    def __init__(self, token: Token, text: str, escape: str, offsets: list[int] | None) -> None:
        self._token = token
        self._text = text
        self._escape = escape
        self._offsets = offsets
        self._flags: list[Flag] = []

    def run(self) -> tuple[tuple[Flag, ...], Token]:
        text = self._text
        at = 0
        while at < len(text):
            if text[at] in _BYTE_SPACES:
                at += 1
                continue
            if not text.startswith("--", at):
                return tuple(self._flags), self._slice(at, len(text))
            start = at
            value, at = self._word(at)
            if value == "--":
                return tuple(self._flags), self._slice(at, len(text))
            self._add(value, start, at)
        return tuple(self._flags), self._slice(len(text), len(text))

    def _word(self, at: int) -> tuple[str, int]:
        """One word with quotes and escapes taken off, and where it ends."""
        text, escape = self._text, self._escape
        word: list[str] = []
        quote = ""
        while at < len(text):
            character = text[at]
            if not quote and character in _BYTE_SPACES:
                break
            if not quote and character in "'\"":
                quote = character
            elif character == quote:
                quote = ""
            elif character == escape:
                at += 1
                word.append(text[at : at + 1])
            else:
                word.append(character)
            at += 1
        return "".join(word), min(at, len(text))

    def _add(self, word: str, start: int, end: int) -> None:
        token = self._slice(start, end)
        name, equals, value = word.partition("=")
        at = token.text.find("=")
        value_token = token.slice(at + 1 if equals and at >= 0 else len(token))
        self._flags.append(Flag(token, name.removeprefix("--"), value if equals else None, value_token))

    def _slice(self, start: int, end: int) -> Token:
        if self._offsets is None:
            return self._token.slice(start, end)
        length = len(self._token)
        low = self._offsets[start] if start < len(self._offsets) else length
        high = self._offsets[end] if end < len(self._offsets) else length
        return self._token.slice(low, high)
