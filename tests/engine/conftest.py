"""Two rules that find words, a registry of them, and a way to check a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from fairlead.analysis.models import Models
from fairlead.config import CommandLine, Settings
from fairlead.engine import FileReport, check_source
from fairlead.finding import Finding, Profile, Severity
from fairlead.registry import Registry
from fairlead.rule import Rule
from fairlead.syntax.source import Source, Token


class _WordRule(Rule):
    word: str

    def check(self, models: Models) -> Iterator[Finding]:
        source = models.build.dockerfile.source
        for match in re.finditer(rf"(?<![\w/-]){self.word}(?![\w-])", source.text):
            yield self.finding(Token.of_span(source, *match.span()), f"the word {self.word}")


class BadWord(_WordRule):
    """Finds the word bad."""

    name = "demo/bad-word"
    aliases = ("DL9001", "BadWordUsed")
    word = "bad"


class UglyWord(_WordRule):
    """Finds the word ugly."""

    name = "demo/ugly-word"
    aliases = ("DL9002", "DL9003")
    profile = Profile.STRICT
    severity = Severity.INFO
    word = "ugly"


class RareWord(_WordRule):
    """Finds the word rare."""

    name = "other/rare-word"
    severity = Severity.ERROR
    profile = Profile.ALL
    word = "rare"


@pytest.fixture
def registry() -> Registry:
    return Registry([BadWord, UglyWord, RareWord])


@pytest.fixture
def check(registry: Registry) -> Callable[..., FileReport]:
    def run(text: str, **given: object) -> FileReport:
        settings = Settings().with_cli(CommandLine(**{"profile": Profile.ALL, **given}))  # type: ignore[arg-type]
        return check_source(Source("Dockerfile", text.encode()), settings, registry)

    return run
