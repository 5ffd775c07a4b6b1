"""What a rule yields: a finding is data, complete in itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fairlead.syntax.source import Position, Range, Token

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


class Severity(StrEnum):
    """How bad a finding is; `info` never fails a run."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for error, 1 for warning, 2 for info."""
        return list(Severity).index(self)


class Profile(StrEnum):
    """The smallest set of rules that a rule belongs to: each profile includes those before it."""

    RECOMMENDED = "recommended"
    STRICT = "strict"
    ALL = "all"

    def includes(self, other: Profile) -> bool:
        """Whether a rule of profile `other` runs under this one."""
        return other is self or self is Profile.ALL or other is Profile.RECOMMENDED


@dataclass(frozen=True)
class Related:
    """Another place of the same file that belongs to a finding, and what it has to do with it."""

    message: str
    ranges: tuple[Range, ...]

    @classmethod
    def at(cls, place: Token, message: str) -> Related:
        """A related place from a token."""
        return cls(message, place.ranges)


@dataclass(frozen=True)
class TextEdit:
    """Replace what stands in `range` by `text`."""

    range: Range
    text: str


@dataclass(frozen=True)
class Fix:
    """A mend of a finding: all edits together or none."""

    description: str
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        rule: the rule's name.
        severity: after configuration.
        message: what happens, in one sentence with the names and figures of the case.
        path: the file as the user named it.
        ranges: the exact words it is about; several where the words run across line continuations.
        help: what to do instead.
        related: other places that belong to it.
        evidence: the facts behind it, by name (lines, bytes, names).
        aliases: the codes by which other linters know the rule.
        fix: a mend, where there is a safe one.
        profile: the smallest profile that shows it; naming its rule shows it too.
        unasked: information that nobody asked for, which a report for people only counts; set by the engine.
        fingerprint: stays the same while the finding does, whatever moves around it; set by the engine.
    """

    rule: str
    severity: Severity
    message: str
    path: str
    ranges: tuple[Range, ...]
    help: str = ""
    related: tuple[Related, ...] = ()
    evidence: Mapping[str, JsonValue] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    fix: Fix | None = None
    profile: Profile = Profile.RECOMMENDED
    unasked: bool = False
    fingerprint: str = ""

    @property
    def start(self) -> Position:
        """Where it begins."""
        return self.ranges[0].start

    @property
    def end(self) -> Position:
        """The place just after it ends."""
        return self.ranges[-1].end
