"""What a .dockerignore leaves out of the build context.

The builder reads the lines with moby/patternmatcher's `ignorefile.ReadAll` and matches with its `PatternMatcher`. Both
are followed to the letter, odd corners included, since other tools' ideas of such patterns are what misleads people.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fairlead.build.gomatch import BadPattern, match

_SPACE = "".join(
    map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))
)
# `{`, `|` and `}` were meant to be here too, but the table of the matcher has no room for them
_ESCAPED = frozenset(".+()$")
_REPEAT = re.compile(r"\{(?!\d+(?:,\d*)?\})")


class DockerIgnoreError(ValueError):
    """A pattern that the builder refuses.

    Attributes:
        line: its line in the file, from 1; 0 where it is in no such file.
        pattern: as written.
        reason: what is wrong with it.
    """

    def __init__(self, line: int, pattern: str, reason: str, path: str = "") -> None:
        place = f"line {line}: " if line else ""
        super().__init__(f"{path}: {place}{reason}: {pattern}" if path else f"{place}{reason}: {pattern}")
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
        return bool(self.test(path))

    @cached_property
    def test(self) -> Callable[[str], object]:
        """As `matches`; what it gives is true or false."""
        kind, value = self._matcher
        if kind == "exact":
            return value.__eq__
        if kind == "prefix":
            return lambda path: path.startswith(value)
        if kind == "suffix":
            alone = value[1:] if value.startswith("/") else None
            return lambda path: path.endswith(value) or path == alone
        return self._regex.search

    @cached_property
    def _matcher(self) -> tuple[str, str]:
        return _compile(self.cleaned)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        regex = self._matcher[1]
        # a backslash at the very end takes the anchor for itself: what is meant is then a dollar, anywhere
        escapes_end = (len(regex) - len(regex.rstrip("\\"))) % 2
        return re.compile(f"^{_for_python(regex + '$')}" if escapes_end else f"^{_for_python(regex)}\\Z", re.ASCII)

    def check(self) -> None:
        """Meet what only shows when a path is compared.

        Raises:
            re.error: the builder can make no expression of it.
        """
        if self._matcher[0] == "regex":
            _ = self._regex


class DockerIgnore:
    """The patterns of a .dockerignore.

    Args:
        lines: the lines of the file, with or without line ends.

    Raises:
        DockerIgnoreError: the builder refuses a pattern.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.patterns: Sequence[IgnorePattern] = tuple(_read(lines))
        self._seen: dict[str, tuple[bool, ...]] = {}
        self._left_out: dict[str, bool] = {}

    @classmethod
    def of_copy(cls, patterns: Iterable[str]) -> DockerIgnore:
        """The patterns of a COPY (`--exclude`, or the source of `--parents`), to which fewer rules apply.

        No comments, no leading slash taken off: with `--exclude=/a` nothing is left out.

        Raises:
            DockerIgnoreError: the builder refuses a pattern.
        """
        found = cls(())
        found.patterns = tuple(_matched(0, text, text) for text in patterns if text.strip(_SPACE))
        return found

    def ignores(self, path: str) -> bool:
        """Whether the patterns match a file or directory or one above it, the last that does being no exception.

        This is the matcher's answer for a path alone (`MatchesOrParentMatches`). The builder, which walks down the
        directories, leaves out a little more: see `leaves_out`.

        Args:
            path: relative to the context, with `/`.
        """
        return self.reason(path) is not None

    def leaves_out(self, path: str) -> bool:
        """Whether the builder leaves a file or directory out of the context.

        An exception that names a directory counts for what is below it only where it had something to bring back: with
        `**/*.pyc` and `!src` the file `src/a.pyc` stays out, since `src` itself was never left out
        (`MatchesUsingParentResults`).

        Args:
            path: clean and relative to the context, with `/`; "" for the context itself.
        """
        if not path or not self.patterns:
            return False
        found = self._left_out.get(path)
        if found is None:
            parent = path.rpartition("/")[0]
            found = self._left_out[path] = self._verdict(path, self._matched(parent))[0]
        return found

    def _matched(self, directory: str) -> tuple[bool, ...]:
        """Which patterns are known to match a directory or one above it."""
        if not directory:
            return ()
        found = self._seen.get(directory)
        if found is None:
            found = self._verdict(directory, self._matched(directory.rpartition("/")[0]))[1]
            self._seen[directory] = found
        return found

    @cached_property
    def _tests(self) -> list[tuple[bool, Callable[[str], object]]]:
        return [(pattern.exception, pattern.test) for pattern in self.patterns]

    def _verdict(self, path: str, above: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        out = False
        matched = []
        for (exception, test), is_above in zip(self._tests, above or itertools.repeat(False), strict=False):
            # a pattern is only asked where it would make a difference
            match = is_above or (exception is out and bool(test(path)))
            matched.append(match)
            if match:
                out = not exception
        return out, tuple(matched)

    def reason(self, path: str) -> IgnorePattern | None:
        """The pattern that leaves a file or directory out; None where none does or a later one brings it back."""
        path = clean(path)
        if path == ".":
            return None
        names = path.split("/")
        parents = ["/".join(names[:count]) for count in range(1, len(names))]
        found: IgnorePattern | None = None
        for pattern in self.patterns:
            if pattern.exception is (found is not None) and any(map(pattern.test, (path, *parents))):
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
        # the matcher trims and cleans once more, the `!` included, and only then takes it off
        yield _matched(number, text, ("!" if exception else "") + pattern)


def _matched(number: int, text: str, given: str) -> IgnorePattern:
    """A pattern as the matcher reads it."""
    pattern = clean(given.strip(_SPACE))
    exception = pattern.startswith("!")
    if pattern == "!":
        raise DockerIgnoreError(number, text, "an exception without a pattern")
    found = IgnorePattern(number, text, pattern[1:] if exception else pattern, exception)
    try:
        match(found.cleaned, ".")
        found.check()
    except (BadPattern, re.error):
        raise DockerIgnoreError(number, text, "syntax error in pattern") from None
    return found


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
            if not regex[at].isascii():
                raise re.error("Go escapes no such character")
            out += character + regex[at]
            at += 1
            continue
        if inside:
            if character == "]":
                inside = False
            elif character in "[&~|":
                character = "\\" + character
        elif character == "{" and _REPEAT.match(regex, at - 1):
            # Python knows `{,3}`, Go does not
            character = "\\{"
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
