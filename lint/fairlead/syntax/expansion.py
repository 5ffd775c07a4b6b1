"""Word expansion as the builder does it: quotes, the escape token and every form of `${...}`.

Source of every rule: BuildKit's frontend/dockerfile/shell/lex.go, read and compared with on random words. The builder's
oddities are kept, among them: a nested `${x:-word}` forgets the words collected so far, and `$1` in the replacement of
`${x//p/r}` is a group reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fairlead.syntax.go import is_space

_SPECIAL_PARAMETERS = frozenset("@*#?-$!0")
_END = ""
_BOM_CHARACTER = "\ufeff"


class ExpansionError(ValueError):
    """The builder refuses to expand the word; the message is the builder's."""


class Expansion(NamedTuple):
    """The result of expanding a word.

    Attributes:
        text: the expanded text, blanks kept.
        words: the text split at unquoted blanks, as for a list of arguments.
        unset: names that were looked up and not found, sorted.
    """

    text: str
    words: list[str]
    unset: list[str]


def expand_word(word: str, env: Mapping[str, str], escape: str = "\\") -> Expansion:
    """Expand `word` with the variables of `env`.

    Args:
        word: the text as it stands in the Dockerfile.
        env: names to values; a name that is missing expands to nothing and is reported in `unset`.
        escape: the Dockerfile's escape token, a backslash or a backtick.

    Raises:
        ExpansionError: where the builder refuses the word.
    """
    return WordLexer(env, escape=escape).process(word)


class WordLexer:
    """The builder's word lexer with its modes.

    Attributes:
        raw_quotes: keep quotes in the result.
        raw_escapes: keep escape tokens in the result.
        skip_quotes: quotes are ordinary characters (heredoc contents).
        skip_unset: leave references to unset names as they stand.
        blank: after `process`, the unset names that became nothing for want of a default.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        escape: str = "\\",
        raw_quotes: bool = False,
        raw_escapes: bool = False,
        skip_quotes: bool = False,
        skip_unset: bool = False,
    ) -> None:
        self._env = env
        self._escape = escape
        self._raw_quotes = raw_quotes
        self._raw_escapes = raw_escapes
        self._skip_quotes = skip_quotes
        self._skip_unset = skip_unset
        self._text = ""
        self._at = 0
        self._depth = 0
        self._unset: set[str] = set()
        self.blank: set[str] = set()
        self._word: list[str] = []

    def process(self, word: str) -> Expansion:
        """Expand one text. Raises ExpansionError."""
        self._text = _readable(word.removeprefix(_BOM_CHARACTER))
        self._at = 0
        self._depth = 0
        self._unset = set()
        self.blank = set()
        text, words = self._until(_END, self._raw_escapes)
        return Expansion(text, words, sorted(self._unset))

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else _END

    def _next(self) -> str:
        character = self._peek()
        if character:
            self._at += 1
        return character

    def _until(self, stop: str, raw_escapes: bool) -> tuple[str, list[str]]:
        if self._depth > _MAX_DEPTH:
            raise ExpansionError("substitutions are nested too deeply")
        outer_raw, self._raw_escapes = self._raw_escapes, raw_escapes
        self._depth += 1
        try:
            return self._scan(stop)
        finally:
            self._depth -= 1
            self._raw_escapes = outer_raw

    def _scan(self, stop: str) -> tuple[str, list[str]]:
        result: list[str] = []
        self._word.clear()
        splitter = _Splitter(self._word)
        while (character := self._peek()) != _END:
            if character == stop:
                self._next()
                return "".join(result), splitter.finish()
            if character == "$":
                value = self._dollar()
                splitter.add(value)
                result.append(value)
            elif character == "<":
                result.append(splitter.add_raw(self._less_than()))
            elif character == "'" and not self._skip_quotes:
                result.append(splitter.add_raw(self._single_quoted()))
            elif character == '"' and not self._skip_quotes:
                result.append(splitter.add_raw(self._double_quoted()))
            elif character == self._escape:
                self._next()
                if self._raw_escapes:
                    result.append(splitter.add_raw(character))
                escaped = self._next()
                if escaped == _END:
                    break
                result.append(splitter.add_raw(escaped))
            else:
                self._next()
                splitter.add(character)
                result.append(character)
        if stop != _END:
            raise ExpansionError(f"unexpected end of statement while looking for matching {stop}")
        return "".join(result), splitter.finish()

    def _less_than(self) -> str:
        self._next()
        if self._peek() != "<":
            return "<"
        self._next()
        blanks = ""
        while self._peek() in ("\t", "\r", " "):
            blanks += self._next()
        return "<<" + blanks

    def _single_quoted(self) -> str:
        self._next()
        end = self._text.find("'", self._at)
        if end < 0:
            self._at = len(self._text)
            raise ExpansionError("unexpected end of statement while looking for matching single-quote")
        content, self._at = self._text[self._at : end], end + 1
        return f"'{content}'" if self._raw_quotes else content

    def _double_quoted(self) -> str:
        quote = self._next() if self._raw_quotes else (self._next() and "")
        result = [quote]
        while (character := self._peek()) != '"':
            if character == _END:
                raise ExpansionError("unexpected end of statement while looking for matching double-quote")
            if character == "$":
                result.append(self._dollar())
                continue
            self._next()
            if character == self._escape:
                if self._raw_escapes:
                    result.append(character)
                following = self._peek()
                if following == _END:
                    continue
                if following in ('"', "$", self._escape):
                    character = self._next()
            result.append(character)
        self._next()
        result.append(quote)
        return "".join(result)

    def _lookup(self, name: str) -> str | None:
        value = self._env.get(name)
        if value is None:
            self._unset.add(name)
        return value

    def _name(self) -> str:
        start = self._at
        first = self._peek()
        if first.isdecimal():
            while self._peek().isdecimal():
                self._at += 1
        elif first in _SPECIAL_PARAMETERS and first:
            self._at += 1
        else:
            while (character := self._peek()) and (character.isalpha() or character.isdecimal() or character == "_"):
                self._at += 1
        return self._text[start : self._at]

    def _dollar(self) -> str:
        self._next()
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            value = self._lookup(name)
            if value is None:
                self.blank.add(name)
                return "$" + name if self._skip_unset else ""
            return value
        self._next()
        if self._peek() == _END:
            raise ExpansionError("syntax error: missing '}'")
        if self._peek() in "{}:":
            raise ExpansionError("syntax error: bad substitution")
        name = self._name()
        operator = self._next()
        if operator == "}":
            value = self._lookup(name)
            if value is None:
                self.blank.add(name)
                return f"${{{name}}}" if self._skip_unset else ""
            return value
        if operator == "/":
            return self._replace(name)
        if operator and operator in ":+-?#%":
            return self._modify(name, operator)
        raise ExpansionError(f"unsupported modifier ({operator}) in substitution")

    def _modify(self, name: str, operator: str) -> str:
        modifier = operator
        null_is_unset = operator == ":"
        if null_is_unset:
            operator = self._next()
            modifier += operator
        trims = operator in ("#", "%")
        if null_is_unset and trims:
            raise ExpansionError(f"unsupported modifier ({modifier}) in substitution")
        word = self._operand("}", trims, "syntax error: missing '}'")
        value = self._lookup(name)
        if value is None and self._skip_unset:
            return f"${{{name}{modifier}{word}}}"
        missing = value is None or (null_is_unset and value == "")
        if operator == "-":
            return word if missing or value is None else value
        if operator == "+":
            return "" if missing else word
        if operator == "?":
            if missing or value is None:
                state = "unset" if value is None else "empty"
                raise ExpansionError(f"{name}: {word or f'is not allowed to be {state}'}")
            return value
        if trims:
            if value is None:
                self.blank.add(name)
            greedy = word.startswith(operator)
            trim = _trim_suffix if operator == "%" else _trim_prefix
            return trim(word[1:] if greedy else word, value or "", greedy)
        raise ExpansionError(f"unsupported modifier ({modifier}) in substitution")

    def _replace(self, name: str) -> str:
        replace_all = self._peek() == "/"
        if replace_all:
            self._next()
        pattern = self._operand("/", True, "syntax error: missing '/' in ${}")
        replacement = self._operand("}", True, "syntax error: missing '}'")
        value = self._lookup(name)
        if value is None and self._skip_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        if value is None:
            self.blank.add(name)
        steps = _compile(pattern)
        return _replace(steps, value or "", replacement, replace_all)

    def _operand(self, stop: str, raw_escapes: bool, missing: str) -> str:
        try:
            return self._until(stop, raw_escapes)[0]
        except ExpansionError:
            if self._peek() == _END:
                raise ExpansionError(missing) from None
            raise


_MAX_DEPTH = 200


class _Splitter:
    """Collects words; the buffer of the word under way is shared with nested substitutions, as in the builder."""

    def __init__(self, buffer: list[str]) -> None:
        self._buffer = buffer
        self._words: list[str] = []
        self._in_word = False

    def add(self, text: str) -> None:
        for character in text:
            if not is_space(character):
                self.add_raw(character)
            elif self._in_word and self._buffer:
                self._words.append("".join(self._buffer))
                self._buffer.clear()
                self._in_word = False

    def add_raw(self, text: str) -> str:
        if text:
            self._buffer.append(text)
        self._in_word = True
        return text

    def finish(self) -> list[str]:
        if self._buffer:
            self._words.append("".join(self._buffer))
            self._buffer.clear()
            self._in_word = False
        return self._words


def _readable(text: str) -> str:
    """Bytes that are not UTF-8 read as U+FFFD."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


class _Any:
    """One character (`?`)."""


class _Star:
    """Any number of characters (`*`)."""


_Step = str | type[_Any] | type[_Star]


def _compile(pattern: str) -> list[_Step]:
    steps: list[_Step] = []
    characters = iter(range(len(pattern)))
    for at in characters:
        character = pattern[at]
        if character == "*":
            steps.append(_Star)
        elif character == "?":
            steps.append(_Any)
        elif character == "\\":
            following = pattern[at + 1 : at + 2]
            if following in ("}", "/"):
                continue
            if following not in ("*", "?", "\\"):
                raise ExpansionError(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{following}'")
            next(characters)
            steps.append(following)
        else:
            steps.append(character)
    return steps


def _match(steps: list[_Step], text: str, start: int, greedy: bool) -> int | None:
    """End of the longest (greedy) or shortest match that begins at `start`."""
    states = _closure(steps, {0})
    best = start if len(steps) in states else None
    for at in range(start, len(text)):
        if best is not None and not greedy:
            return best
        character = text[at]
        after: set[int] = set()
        for state in states:
            if state == len(steps):
                continue
            step = steps[state]
            if step is _Star:
                if character != "\n":
                    after.add(state)
            elif step is _Any:
                if character != "\n":
                    after.add(state + 1)
            elif step == character:
                after.add(state + 1)
        if not after:
            break
        states = _closure(steps, after)
        if len(steps) in states:
            best = at + 1
    return best


def _closure(steps: list[_Step], states: set[int]) -> set[int]:
    closed = set(states)
    for state in states:
        at = state
        while at < len(steps) and steps[at] is _Star:
            at += 1
            closed.add(at)
    return closed


def _trim_prefix(pattern: str, value: str, greedy: bool) -> str:
    end = _match(_compile(pattern), value, 0, greedy)
    return value if end is None else value[end:]


def _trim_suffix(pattern: str, value: str, greedy: bool) -> str:
    return _trim_prefix(_reverse_pattern(pattern), value[::-1], greedy)[::-1]


def _reverse_pattern(pattern: str) -> str:
    units: list[str] = []
    at = 0
    while at < len(pattern):
        width = 2 if pattern[at] == "\\" and at + 1 < len(pattern) else 1
        units.append(pattern[at : at + width])
        at += width
    return "".join(reversed(units))


def _replace(steps: list[_Step], value: str, replacement: str, replace_all: bool) -> str:
    result: list[str] = []
    copied = 0
    at = 0
    last_end = -1
    while at <= len(value):
        end = _match(steps, value, at, greedy=True)
        if end is None or (end == at and at == last_end):
            at += 1
            continue
        matched = value[at:end]
        result.append(value[copied:at])
        result.append(_group_references(replacement, matched) if replace_all else replacement)
        copied = last_end = end
        at = max(end, at + 1) if end == at else end
        if not replace_all:
            break
    result.append(value[copied:])
    return "".join(result)


def _group_references(template: str, matched: str) -> str:
    """Expand `$0`, `$name`, `${name}` and `$$` as the builder's regular expression library does."""
    result: list[str] = []
    at = 0
    while at < len(template):
        if template[at] != "$":
            result.append(template[at])
            at += 1
            continue
        if template[at + 1 : at + 2] == "$":
            result.append("$")
            at += 2
            continue
        braced = template[at + 1 : at + 2] == "{"
        start = at + 2 if braced else at + 1
        end = start
        while end < len(template) and (template[end].isalpha() or template[end].isdecimal() or template[end] == "_"):
            end += 1
        if end == start or (braced and template[end : end + 1] != "}"):
            result.append("$")
            at += 1
            continue
        if template[start:end] == "0":
            result.append(matched)
        at = end + 1 if braced else end
    return "".join(result)
