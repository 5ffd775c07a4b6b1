"""Runs the examples of a rule: for Fairlead's own tests and for those of plug-ins."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, read_dockerignore
from fairlead.finding import Finding
from fairlead.rule import Example, Rule
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Range, Source


class ExampleFailure(AssertionError):
    """An example of a rule does not hold; the message shows the Dockerfile, what was expected and what was found."""


def findings_of(rule: type[Rule], example: Example) -> list[Finding]:
    """What a rule finds in an example, in the order of their places.

    Raises:
        ExampleFailure: where the builder would refuse the example.
    """
    dockerfile = parse(Source("Dockerfile", example.dockerfile.encode()))
    if dockerfile.problems:
        raise ExampleFailure(f"{rule.name}: the example is not valid: {dockerfile.problems[0].text}\n{example.drawing}")
    model = build(dockerfile, example.build_args, example.target)
    models = Models(model, lambda: _context(example) if example.files else None)
    return sorted(rule().check(models), key=lambda finding: finding.ranges)


def _context(example: Example) -> Context:
    given = {"Dockerfile": example.dockerfile, **example.files}
    files = {path: bytes(data) if isinstance(data, int) else data.encode() for path, data in given.items()}
    return Context(MemoryTree(files), read_dockerignore(files.get(".dockerignore", b"")))


def check_rule(rule: type[Rule]) -> None:
    """Run all examples of a rule.

    Raises:
        ExampleFailure: where a bad example has other findings than its carets show or its message is missing, where a
            good example has findings, or where there is no example of either kind.
    """
    if not rule.bad or not rule.good:
        raise ExampleFailure(f"{rule.name}: needs a bad and a good example")
    for example in rule.bad:
        _check_bad(rule, example)
    for example in rule.good:
        found = findings_of(rule, example)
        if found:
            raise ExampleFailure(f"{rule.name}: a good example has findings\n{example.drawing}\n{_listing(found)}")


def _check_bad(rule: type[Rule], example: Example) -> None:
    found = findings_of(rule, example)
    places = [place for finding in found for place in finding.ranges]
    if sorted(places) != sorted(example.marks):
        raise ExampleFailure(
            f"{rule.name}: other places than the carets show\n{example.drawing}\n"
            f"expected: {_places(example.marks)}\nfound: {_places(places)}\n{_listing(found)}"
        )
    if not example.message or not any(
        example.message in text for finding in found for text in (finding.message, finding.help)
    ):
        raise ExampleFailure(f"{rule.name}: no message with {example.message!r}\n{example.drawing}\n{_listing(found)}")


def _places(ranges: Iterable[Range]) -> str:
    return ", ".join(f"{r.start.line}:{r.start.column}-{r.end.line}:{r.end.column}" for r in ranges) or "none"


def _listing(findings: list[Finding]) -> str:
    return "\n".join(f"{_places(finding.ranges)} {finding.message}" for finding in findings)
