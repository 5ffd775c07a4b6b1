"""What a rule is: a name, a page of documentation with examples, and a question to the models of a build."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from fairlead.analysis.models import Models
from fairlead.finding import Finding, Fix, JsonValue, Profile, Related, Severity
from fairlead.syntax.source import Position, Range, Token


@dataclass(frozen=True)
class Example:
    """A small Dockerfile that shows a rule.

    Attributes:
        text: the Dockerfile, indented as the surrounding code. In a bad example a line of carets under a line marks the
            exact words of the findings.
        message: what the finding's message or help must contain (bad examples).
        files: build-context files, path to content; a number stands for a file of so many bytes.
        build_args: build arguments given on the command line.
        target: the target stage given on the command line.
    """

    text: str
    message: str = ""
    files: Mapping[str, str | int] = field(default_factory=dict)
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None

    @property
    def dockerfile(self) -> str:
        """The Dockerfile without the caret lines."""
        return "".join(line for line in self._lines() if not is_carets(line))

    @property
    def marks(self) -> tuple[Range, ...]:
        """The ranges that the carets mark, in order."""
        marks: list[Range] = []
        line_number = 0
        for line in self._lines():
            if not is_carets(line):
                line_number += 1
                continue
            column = 0
            for run in line.rstrip("\n").split(" "):
                if run:
                    start = Position(line_number, column + 1)
                    marks.append(Range(start, Position(line_number, column + 1 + len(run))))
                column += len(run) + 1
        return tuple(marks)

    @property
    def drawing(self) -> str:
        """The Dockerfile with its carets, as the documentation prints it."""
        return "".join(self._lines())

    def _lines(self) -> list[str]:
        text = textwrap.dedent(self.text).removeprefix("\n").rstrip(" ")
        return text.splitlines(keepends=True)


def is_carets(line: str) -> bool:
    """Whether a line of an example marks words of the line above it."""
    return bool(line.strip()) and not line.strip().strip("^ ")


class Rule:
    """Base class of all rules.

    A rule's docstring is its documentation: the first line says what the rule finds, the rest why it matters and what
    to do instead. `check` asks the models and yields findings made by `finding`.

    Attributes:
        name: `family/kebab-name`, the only name a rule has.
        severity: unless the configuration says otherwise.
        profile: the smallest profile that runs the rule.
        aliases: the codes by which other linters know it.
        deployed_only: whether its findings are for information below directories of tests, of examples, of the code of
            others and of what is used no more, since nobody deploys what is made of these.
        bad: examples with findings; the test suite runs each.
        good: examples without.
    """

    name: ClassVar[str]
    severity: ClassVar[Severity] = Severity.WARNING
    profile: ClassVar[Profile] = Profile.RECOMMENDED
    aliases: ClassVar[tuple[str, ...]] = ()
    deployed_only: ClassVar[bool] = False
    bad: ClassVar[tuple[Example, ...]] = ()
    good: ClassVar[tuple[Example, ...]] = ()

    def check(self, models: Models) -> Iterator[Finding]:
        """Yield what the rule finds in one build."""
        raise NotImplementedError

    def finding(
        self,
        place: Token,
        message: str,
        *,
        help: str = "",  # noqa: A002 - the field's name in every report
        related: tuple[Related, ...] = (),
        evidence: Mapping[str, JsonValue] | None = None,
        fix: Fix | None = None,
        severity: Severity | None = None,
        profile: Profile | None = None,
    ) -> Finding:
        """A finding of this rule at `place`.

        `severity` where this case is not as bad as the rule's others; `profile` where it belongs to a larger profile
        than the rule itself: then it is shown under that profile, or when the rule is selected by name.
        """
        return Finding(
            rule=self.name,
            severity=severity or self.severity,
            message=message,
            path=place.source.path,
            ranges=place.ranges,
            help=help,
            related=related,
            evidence=evidence or {},
            aliases=self.aliases,
            fix=fix,
            profile=profile or self.profile,
        )

    @classmethod
    def family(cls) -> str:
        """The part of the name before the slash."""
        return cls.name.partition("/")[0]

    @classmethod
    def summary(cls) -> str:
        """The first line of the documentation."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]

    @classmethod
    def documentation(cls) -> str:
        """What follows the first line of the documentation."""
        return (inspect.getdoc(cls) or "").partition("\n")[2].strip()
