"""The rules that the engine itself asks: whether a file parses, and whether its ignore comments are right.

They are rules so that `rules`, `explain`, `select`, severities and ignores know them; their findings come from the
engine, not from `check`.
"""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.analysis.models import Models
from fairlead.finding import Finding, Profile, Severity
from fairlead.rule import Example, Rule


class _EngineRule(Rule):
    def check(self, models: Models) -> Iterator[Finding]:  # noqa: ARG002 - the signature of every rule
        """Nothing: the engine makes the findings."""
        yield from ()


class SyntaxErrorRule(_EngineRule):
    """The builder refuses the file.

    The Dockerfile can't be parsed, so the build stops before its first step. The finding stands where the builder
    gives up and says what it expected; further mistakes are its related places. No other rule looks at such a file.

    The rule runs whatever is selected, unless it is ignored by its own name. A template that only becomes a Dockerfile
    when another program fills it in is best left out with `exclude`, or checked after it has been filled in. Where
    `# syntax=` names a frontend that is not Docker's, which may have instructions of its own, the finding is for
    information and a note tells that the file was not checked.
    """

    name = "correctness/syntax-error"
    severity = Severity.ERROR
    aliases = ("DL1000",)
    bad = (
        Example(
            """
            FORM alpine:3.20
            ^^^^
            RUN apk add --no-cache git
            """,
            message="unknown instruction: FORM",
        ),
        Example(
            """
            FROM alpine:3.20
            ENV GREETING
                ^^^^^^^^
            """,
            message="ENV must have two arguments",
        ),
    )
    good = (
        Example(
            """
            FROM alpine:3.20
            ENV GREETING=hello
            """
        ),
    )


class UnknownIgnore(_EngineRule):
    """An ignore comment that can't be followed: it names no rule that exists, or isn't written as one.

    `# fairlead: ignore=...` takes names of rules (`family/name`), families, or the codes by which other linters know
    a rule, with commas between them and a reason after `--`. A name with a slip in it silences nothing. Comments
    written for other linters are not looked at: they may name rules that Fairlead doesn't have.
    """

    name = "correctness/unknown-ignore"
    severity = Severity.WARNING
    bad = (
        Example(
            """
            # fairlead: ignore=correctness/sintax-error -- made by a generator
                               ^^^^^^^^^^^^^^^^^^^^^^^^
            FROM alpine:3.20
            """,
            message="did you mean 'correctness/syntax-error'?",
        ),
        Example(
            """
            # fairlead: ignroe=correctness/syntax-error
                        ^^^^^^
            FROM alpine:3.20
            """,
            message="did you mean 'ignore'?",
        ),
    )
    good = (
        Example(
            """
            # fairlead: ignore=correctness/syntax-error -- made by a generator
            FROM alpine:3.20
            """
        ),
    )


class UnusedIgnore(_EngineRule):
    """An ignore comment that silences nothing.

    What it was written for is mended, has moved, or was never found. Such a comment hides the next mistake of its
    kind: take it out. In a comment written for another linter (`# hadolint ignore=`, `# check=skip=`) only codes of
    rules that Fairlead has, and that ran, are reported: that linter may still need the others.
    """

    name = "correctness/unused-ignore"
    severity = Severity.WARNING
    profile = Profile.STRICT
    bad = (
        Example(
            """
            FROM alpine:3.20
            # fairlead: ignore=correctness/syntax-error -- no longer true
                               ^^^^^^^^^^^^^^^^^^^^^^^^
            ENTRYPOINT ["/bin/app"]
            """,
            message="silences nothing",
        ),
    )
    good = (
        Example(
            """
            FROM alpine:3.20
            # a comment about the command
            ENTRYPOINT ["/bin/app"]
            """
        ),
    )


ENGINE_RULES: tuple[type[Rule], ...] = (SyntaxErrorRule, UnknownIgnore, UnusedIgnore)
"""Every rule of this module."""
