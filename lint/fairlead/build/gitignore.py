"""The pattern language of .gitignore, exactly as git reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@[-`{-~".replace("[", r"\["), "space": r"\s",
    "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip


class _Rule(NamedTuple):
    pattern: str
    negated: bool
    directories_only: bool
    by_name: bool


class IgnorePatterns:
    """The lines of an ignore file; paths are relative to the file's directory, with slashes."""

    def __init__(self, lines: Iterable[str]) -> None:
        rules = (_rule(line.removesuffix("\n").removesuffix("\r")) for line in lines)
        self._rules = [rule for rule in rules if rule is not None]
        self._compiled: dict[str, re.Pattern[str]] = {}

    def verdict(self, path: str, *, directory: bool) -> bool | None:
        """What the last line says that matches this very path: True to ignore it, False to keep it, None for no line.

        Lines that match a directory above are not looked at: nothing below an ignored directory can be kept.
        """
        name = path.rpartition("/")[2]
        if not (self._any_name.fullmatch(name) or self._any_path.fullmatch(path)):
            return None
        for rule in reversed(self._rules):
            if rule.directories_only and not directory:
                continue
            if self._expression(rule.pattern).fullmatch(name if rule.by_name else path):
                return not rule.negated
        return None

    def ignores(self, path: str, *, directory: bool = False) -> bool:
        """Whether a path, or a directory above it, is ignored."""
        above = [at for at, character in enumerate(path) if character == "/"]
        return any(self.verdict(path[:at], directory=True) for at in above) or bool(
            self.verdict(path, directory=directory)
        )

    @cached_property
    def _any_name(self) -> re.Pattern[str]:
        return self._union(by_name=True)

    @cached_property
    def _any_path(self) -> re.Pattern[str]:
        return self._union(by_name=False)

    def _union(self, *, by_name: bool) -> re.Pattern[str]:
        """One expression for all rules of a kind: most paths match none, and need no second look."""
        patterns = dict.fromkeys(rule.pattern for rule in self._rules if rule.by_name is by_name)
        return re.compile("|".join(patterns) or r"(?!)", re.DOTALL)

    def _expression(self, pattern: str) -> re.Pattern[str]:
        if pattern not in self._compiled:
            self._compiled[pattern] = re.compile(pattern, re.DOTALL)
        return self._compiled[pattern]


def _rule(line: str) -> _Rule | None:
    """What a line says; None for a blank line, a comment, and a pattern that can't match."""
    if line.startswith("#"):
        return None
    text = _without_trailing_spaces(line)
    negated = text.startswith("!")
    text = text.removeprefix("!")
    directories_only = text.endswith("/")
    text = text.removesuffix("/")
    by_name = "/" not in text
    pattern = _expression_of(text.removeprefix("/"))
    return _Rule(pattern, negated, directories_only, by_name) if pattern else None


def _without_trailing_spaces(line: str) -> str:
    text = line.rstrip(" ")
    backslashes = len(text) - len(text.rstrip("\\"))
    return f"{text} " if backslashes % 2 and text != line else text


def _expression_of(glob: str) -> str | None:
    """The regular expression for a glob; None where git matches nothing."""
    parts: list[str] = []
    at = 0
    while at < len(glob):
        character = glob[at]
        at += 1
        if character == "\\":
            if at == len(glob):
                return None
            parts.append(re.escape(glob[at]))
            at += 1
        elif character == "*":
            text, at = _stars(glob, at - 1)
            parts.append(text)
        elif character == "?":
            parts.append("[^/]")
        elif character == "[":
            found = _bracket(glob, at)
            if found is None:
                return None
            parts.append(found[0])
            at = found[1]
        else:
            parts.append(re.escape(character))
    return "".join(parts)


def _stars(glob: str, start: int) -> tuple[str, int]:
    """The expression for a run of asterisks, and the offset behind what it stands for."""
    end = start
    while end < len(glob) and glob[end] == "*":
        end += 1
    begins_part = start == 0 or glob[start - 1] == "/"
    if end - start < 2 or not begins_part or (end < len(glob) and glob[end] != "/"):
        return "[^/]*", end
    return (".+", end) if end == len(glob) else ("(?:.+/)?", end + 1)


def _bracket(glob: str, start: int) -> tuple[str, int] | None:
    """The expression for a bracket whose content begins at `start`, and the offset behind it; None if never closed."""
    at = start
    negated = at < len(glob) and glob[at] in "!^"
    at += negated
    items: list[str] = []
    first = at
    while at < len(glob) and (glob[at] != "]" or at == first):
        if glob.startswith("[:", at):
            end = glob.find(":]", at)
            if end < 0 or glob[at + 2 : end] not in _CLASSES:
                return None
            items.append(_CLASSES[glob[at + 2 : end]])
            at = end + 2
            continue
        low, at = _bracket_character(glob, at)
        if at + 1 < len(glob) and glob[at] == "-" and glob[at + 1] != "]":
            high, at = _bracket_character(glob, at + 1)
            # git takes the first character of a range that runs backwards
            items.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low))
        else:
            items.append(re.escape(low))
    if at >= len(glob):
        return None
    return f"(?!/)[{'^' if negated else ''}{''.join(items)}]", at + 1


def _bracket_character(glob: str, at: int) -> tuple[str, int]:
    if glob[at] == "\\" and at + 1 < len(glob):
        at += 1
    return glob[at], at + 1
