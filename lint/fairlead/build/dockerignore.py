"""What a .dockerignore leaves out of the build context.

The builder reads the lines with moby/patternmatcher's `ignorefile.ReadAll` and matches with its `PatternMatcher`. Both
are followed to the letter, odd corners included, since other tools' ideas of such patterns are what misleads people.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

_SPACE = "".join(
    map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))
)
_ESCAPED = frozenset(".+()|{}$")


class DockerIgnoreError(ValueError):
    """A pattern that the builder refuses.

    Attributes:
        line: its line in the file, from 1.
        pattern: as written.
        reason: what is wrong with it.
    """

    def __init__(self, line: int, pattern: str, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: line {line}: {reason}: {pattern}" if path else f"line {line}: {reason}: {pattern}")
        self.line = line
        self.pattern = pattern
        self.reason = reason


@dataclass(frozen=True)
class IgnorePattern:
    """A pattern of the file.

    Attributes:
        line: its line in the file, from 1.
        text: as written, without blanks around.
        cleaned: as it is matched: `!` and a leading slash taken off, `.` and `..` worked out.
        exception: it begins with `!` and brings files back.
    """

    line: int
    text: str
    cleaned: str
    exception: bool

    def matches(self, path: str) -> bool:
        """Whether the pattern matches this very path; directories above it don't count."""
        kind, value = self._matcher
        if kind == "exact":
            return path == value
        if kind == "prefix":
            return path.startswith(value)
        if kind == "suffix":
            return path.endswith(value) or (value.startswith("/") and path == value[1:])
        return self._regex is not None and self._regex.fullmatch(path) is not None

    @cached_property
    def _matcher(self) -> tuple[str, str]:
        return _compile(self.cleaned)

    @cached_property
    def _regex(self) -> re.Pattern[str] | None:
        try:
            return re.compile(_for_python(self._matcher[1]), re.ASCII)
        except re.error:
            # what only Go's expressions have: such a pattern matches nothing that people name files
            return None


class DockerIgnore:
    """The patterns of a .dockerignore.

    Args:
        lines: the lines of the file, with or without line ends.

    Raises:
        DockerIgnoreError: the builder refuses a pattern.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.patterns: Sequence[IgnorePattern] = tuple(_read(lines))

    def ignores(self, path: str) -> bool:
        """Whether a file or directory is left out of the context.

        Args:
            path: relative to the context, with `/`.
        """
        return self.reason(path) is not None

    def reason(self, path: str) -> IgnorePattern | None:
        """The pattern that leaves a file or directory out; None where none does or a later one brings it back."""
        path = clean(path)
        if path == ".":
            return None
        names = path.split("/")
        parents = ["/".join(names[:count]) for count in range(1, len(names))]
        found: IgnorePattern | None = None
        for pattern in self.patterns:
            # a pattern is only asked where it would make a difference
            if pattern.exception is (found is not None) and any(map(pattern.matches, (path, *parents))):
                found = None if pattern.exception else pattern
        return found

    def may_hold_exceptions(self, directory: str) -> bool:
        """Whether something below a directory that is left out may be brought back."""
        inside = directory + "/"
        for pattern in self.patterns:
            if not pattern.exception:
                continue
            fixed = pattern.cleaned.removesuffix("/**").removesuffix("/*")
            if set(fixed) & set("*[]?^\\") or f"{fixed}/".startswith(inside):
                return True
        return False


def clean(path: str) -> str:
    """Go's `path.Clean`."""
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def inside(path: str) -> str:
    """A source as a path relative to the build context, which the builder never leaves; "" for the context itself."""
    return clean("/" + path).lstrip("/")


def _read(lines: Iterable[str]) -> Iterable[IgnorePattern]:
    for number, given in enumerate(lines, 1):
        line = given.removeprefix("\ufeff") if number == 1 else given
        if line.startswith("#"):
            continue
        text = line.strip(_SPACE)
        if not text:
            continue
        exception = text.startswith("!")
        pattern = text[1:].strip(_SPACE) if exception else text
        if pattern:
            pattern = clean(pattern)
            if len(pattern) > 1 and pattern.startswith("/"):
                pattern = pattern[1:]
        # the matcher cleans once more, the `!` included, and only then takes it off
        pattern = clean(("!" if exception else "") + pattern)
        if pattern.startswith("!"):
            exception = True
            if pattern == "!":
                raise DockerIgnoreError(number, text, "an exception without a pattern")
            pattern = pattern[1:]
        else:
            exception = False
        if not _is_valid(pattern):
            raise DockerIgnoreError(number, text, "syntax error in pattern")
        yield IgnorePattern(number, text, pattern, exception)


def _is_valid(pattern: str) -> bool:
    """Whether Go's `filepath.Match` takes the pattern: brackets closed and not empty, no backslash at the end."""
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "\\":
            if at == len(pattern):
                return False
            at += 1
        elif character == "[":
            end = _class_end(pattern, at)
            if end is None:
                return False
            at = end
    return True


def _class_end(pattern: str, at: int) -> int | None:
    if pattern[at : at + 1] == "^":
        at += 1
    count = 0
    while True:
        if pattern[at : at + 1] == "]" and count:
            return at + 1
        low = _class_character(pattern, at)
        if low is None:
            return None
        at = low
        if pattern[at : at + 1] == "-":
            high = _class_character(pattern, at + 1)
            if high is None:
                return None
            at = high
        count += 1


def _class_character(pattern: str, at: int) -> int | None:
    """The offset behind a character of a class, None where there can't be one."""
    if at >= len(pattern) or pattern[at] in "-]":
        return None
    if pattern[at] == "\\":
        at += 1
        if at >= len(pattern):
            return None
    return at + 1 if at + 1 < len(pattern) else None


def _compile(pattern: str) -> tuple[str, str]:
    """The kind of a pattern (exact, prefix, suffix, regex) and what is compared."""
    kind = "exact"
    regex = ""
    at = count = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*" and pattern[at : at + 1] == "*":
            at += 1
            if pattern[at : at + 1] == "/":
                at += 1
            if at < len(pattern):
                regex += "(.*/)?"
                kind = "regex"
            elif kind == "exact":
                kind = "prefix"
            else:
                regex += ".*"
                kind = "regex"
            if count == 0:
                kind = "suffix"
        elif character == "*":
            regex += "[^/]*"
            kind = "regex"
        elif character == "?":
            regex += "[^/]"
            kind = "regex"
        elif character in _ESCAPED:
            regex += "\\" + character
        elif character == "\\":
            if at < len(pattern):
                regex += "\\" + pattern[at]
                at += 1
                kind = "regex"
            else:
                regex += "\\"
        else:
            regex += character
            if character in "[]":
                kind = "regex"
        count += 1
    if kind == "prefix":
        return kind, pattern[:-2]
    if kind == "suffix":
        return kind, pattern[2:]
    return (kind, pattern) if kind == "exact" else (kind, regex)


def _for_python(regex: str) -> str:
    """Go's expression for Python: in a class, what Python may one day take for a set operation is escaped."""
    out = ""
    at = 0
    inside = False
    while at < len(regex):
        character = regex[at]
        at += 1
        if character == "\\" and at < len(regex):
            out += character + regex[at]
            at += 1
            continue
        if inside:
            if character == "]":
                inside = False
            elif character in "[&~|":
                character = "\\" + character
        elif character == "[":
            inside = True
            if regex[at : at + 1] == "^":
                character += "^"
                at += 1
            if regex[at : at + 1] == "]":
                character += "\\]"
                at += 1
        out += character
    return out
