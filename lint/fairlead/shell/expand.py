"""Parts of shell words and what they become."""

from __future__ import annotations

import re

from fairlead.shell.words import Part, Values
from fairlead.syntax.expansion import ExpansionError, WordLexer
from fairlead.syntax.source import Token

_BRACED = re.compile(r"\$\{([A-Za-z_]\w*)(.*)\}", re.DOTALL)
# substring, case and indirection forms, which the builder's expansion does not have
_UNSUPPORTED = re.compile(r"(?::[\s0-9(]|[\^,@!\[])")


_VARIABLE = re.compile(r"\\.|(\$(?:[A-Za-z_]\w*|\{\w+\}|[0-9@*#?$!-]))", re.DOTALL)


def text(token: Token, values: Values, *, quoted: bool) -> list[Part]:
    """Parts of what the grammar takes for a literal; behind a substitution it overlooks variables."""
    if "$" not in token.text:
        return literal(token, in_double_quotes=quoted)
    parts: list[Part] = []
    at = 0
    for match in _VARIABLE.finditer(token.text):
        if match[1] is not None:
            parts.extend(literal(token.slice(at, match.start()), in_double_quotes=quoted))
            parts.append(variable(token.slice(*match.span()), values, quoted=quoted))
            at = match.end()
    parts.extend(literal(token.slice(at), in_double_quotes=quoted))
    return parts


def literal(token: Token, *, in_double_quotes: bool) -> list[Part]:
    """Parts of a text without expansions: backslashes are taken out."""
    text = token.text
    if "\\" not in text:
        return [Part("literal", text, in_double_quotes, token)] if text else []
    parts: list[Part] = []
    start = at = 0
    while at < len(text):
        if text[at] != "\\" or at + 1 == len(text) or (in_double_quotes and text[at + 1] not in '$`"\\\n'):
            at += 1
            continue
        if at > start:
            parts.append(Part("literal", text[start:at], in_double_quotes, token.slice(start, at)))
        escaped = "" if text[at + 1] == "\n" else text[at + 1]
        parts.append(Part("literal", escaped, True, token.slice(at, at + 2)))
        at += 2
        start = at
    if start < len(text):
        parts.append(Part("literal", text[start:], in_double_quotes, token.slice(start)))
    return parts


def variable(token: Token, values: Values, *, quoted: bool) -> Part:
    """The part for `$NAME` or `${NAME...}`."""
    text = token.text
    match = _BRACED.fullmatch(text)
    if match is None:
        name = text[1:].strip("{}")
        return Part("variable", values.get(name), quoted, token, name)
    name, modifier = match[1], match[2]
    value = values.get(name)
    if value is None or not modifier:
        return Part("variable", value, quoted, token, name)
    return Part("variable", _modified(text, modifier, values), quoted, token, name)


def without_variable(text: str, name: str, values: Values) -> str | None:
    """What `$NAME` or `${NAME...}` becomes where the variable is not set; None where that is not known."""
    match = _BRACED.fullmatch(text)
    if match is None or not match[2]:
        return ""
    if match[1] != name:
        return None
    return _modified(text, match[2], values, frozenset((name,)))


def _modified(text: str, modifier: str, values: Values, may_be_unset: frozenset[str] = frozenset()) -> str | None:
    """What a reference with a modifier becomes; None where that is not known, or where other variables are not set."""
    if _UNSUPPORTED.match(modifier):
        return None
    lexer = WordLexer({name: value for name, value in values.items() if value is not None})
    try:
        expansion = lexer.process(text)
    except ExpansionError:
        return None
    return expansion.text if may_be_unset.issuperset(expansion.unset) else None
