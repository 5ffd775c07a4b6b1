"""Variables as they hold at a step, and words resolved with them.

Sources: BuildKit's frontend/dockerfile/dockerfile2llb/convert.go (dispatchArg, buildMetaArgs) and platform.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fairlead.syntax.expansion import ExpansionError, WordLexer

UNKNOWN = "\0"
"""Stands for a part that is not known in `Resolved.pattern`; it cannot occur in a Dockerfile's value."""

PREDEFINED_ARGS = (
    "BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT", "TARGETPLATFORM", "TARGETOS",
    "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE",
)  # fmt: skip
"""Global arguments that every build has."""

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH where an image sets none."""

PROXY_ARGS = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
"""Build arguments, in any case, that reach RUN without an ARG."""


def readable(pattern: str) -> str:
    """A pattern for people: `*` for every part that is not known."""
    return pattern.replace(UNKNOWN, "*")


class Resolved(NamedTuple):
    """A word after expansion.

    Attributes:
        text: the expanded text; None where a variable in it is not known before the build.
        pattern: the text with `UNKNOWN` for every part that is not known.
        names: the variables that are not known, sorted.
        error: the builder's message where it refuses the word, else "".
    """

    text: str | None
    pattern: str
    names: tuple[str, ...] = ()
    error: str = ""


class Scope:
    """The variables in force at one place.

    Attributes:
        values: name to value; None for a variable that is set to something that is not known before the build.
        declared: names of ARGs without a value: unset, unless the command line of the build gives one.
        image: those of the image's configuration, which a stage that is built on this one begins with; ARGs are not.
        open: whether names may be set that do not stand in the Dockerfile (the environment of a base image).
    """

    __slots__ = ("_known", "declared", "image", "open", "values")

    def __init__(
        self,
        values: Mapping[str, str | None],
        declared: frozenset[str] = frozenset(),
        image: Mapping[str, str | None] | None = None,
        *,
        open: bool = True,  # noqa: A002
    ) -> None:
        self.values = values
        self.declared = declared
        self.image = image or {}
        self.open = open
        self._known = {name: value for name, value in values.items() if value is not None}

    def with_value(self, name: str, value: str | None) -> Scope:
        """A scope in which `name` is set as well; it comes last in the environment, if it was set before too."""
        values = {other: held for other, held in self.values.items() if other != name}
        values[name] = value
        return Scope(values, self.declared - {name}, self.image, open=self.open)

    def with_env(self, name: str, value: str | None) -> Scope:
        """A scope in which an ENV sets `name`."""
        scope = self.with_value(name, value)
        scope.image = {**self.image, name: value}
        return scope

    def inherited(self) -> Scope:
        """What a stage that is built on this one begins with: ENV holds again where an ARG had taken its place."""
        scope = self
        for name, value in self.image.items():
            scope = scope.with_value(name, value)
        return scope

    def with_declared(self, name: str) -> Scope:
        """A scope in which an ARG declares `name` without a value; an earlier value stays."""
        if name in self.values:
            return self
        return Scope(self.values, self.declared | {name}, self.image, open=self.open)

    def resolve_heredoc(self, text: str) -> str | None:
        """Expand the content of a COPY's or ADD's heredoc: quotes are nothing special, the escape token is a backslash.

        None where a variable in it is not known, or the builder refuses it. Source: BuildKit's
        frontend/dockerfile/dockerfile2llb/convert.go (dispatch, ExpandRaw).
        """
        lexer = WordLexer(self._known, skip_quotes=True)
        try:
            expansion = lexer.process(text)
        except ExpansionError:
            return None
        if any(self._is_unknown(name, name in lexer.blank) for name in expansion.unset):
            return None
        return expansion.text

    def resolve(self, word: str, escape: str) -> Resolved:
        """Expand a word.

        A default (`${X:-d}`) is taken for an ARG without a value: the result is that of a build without build
        arguments. Without a default such a name makes the result unknown.
        """
        if "$" not in word and "'" not in word and '"' not in word and escape not in word:
            return Resolved(word, word)
        lexer = WordLexer(self._known, escape=escape)
        try:
            expansion = lexer.process(word)
        except ExpansionError as error:
            return Resolved(None, UNKNOWN, (), str(error))
        unknown = [name for name in expansion.unset if self._is_unknown(name, name in lexer.blank)]
        if not unknown:
            return Resolved(expansion.text, expansion.text)
        marked = WordLexer({**self._known, **dict.fromkeys(unknown, UNKNOWN)}, escape=escape)
        try:
            pattern = marked.process(word).text
        except ExpansionError:
            pattern = UNKNOWN
        return Resolved(None, pattern, tuple(unknown))

    def resolve_text(self, text: str) -> Resolved:
        """Expand the content of a heredoc: quotes are text there, and the escape is always a backslash."""
        lexer = WordLexer(self._known, skip_quotes=True)
        try:
            expansion = lexer.process(text)
            unknown = [name for name in expansion.unset if self._is_unknown(name, name in lexer.blank)]
            if not unknown:
                return Resolved(expansion.text, expansion.text)
            marked = WordLexer({**self._known, **dict.fromkeys(unknown, UNKNOWN)}, skip_quotes=True)
            return Resolved(None, marked.process(text).text, tuple(unknown))
        except ExpansionError as error:
            return Resolved(None, UNKNOWN, (), str(error))

    def _is_unknown(self, name: str, blank: bool) -> bool:
        if name in self.values:
            return True
        if name in self.declared:
            return blank
        return self.open
