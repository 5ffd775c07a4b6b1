"""Findings as one JSON document; `schema.json` beside this file describes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fairlead import __version__
from fairlead.engine import RunReport
from fairlead.finding import Finding, JsonValue, Related
from fairlead.reading import RunError
from fairlead.syntax.source import Position, Range

FORMAT_VERSION = "1"
"""Raised when a field goes away or changes its meaning; new fields do not raise it."""

SCHEMA = Path(__file__).with_name("schema.json")


def render(report: RunReport) -> str:
    """The document, indented, with a final newline; ASCII only, so that any terminal and any reader takes it."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: RunReport) -> dict[str, JsonValue]:
    """The document as plain data."""
    findings = report.findings
    counts = report.counts()
    return {
        "version": FORMAT_VERSION,
        "tool": {"name": "fairlead", "version": __version__},
        "findings": [_finding(finding) for finding in findings],
        "summary": {
            "files": len(report.files),
            "findings": len(findings),
            **{severity.value: count for severity, count in counts.items()},
            "suppressed": sum(file.suppressed for file in report.files),
            "rules": dict(sorted(Counter(finding.rule for finding in findings).items())),
        },
        "errors": [_error(error) for error in report.errors],
    }


def _finding(finding: Finding) -> dict[str, JsonValue]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "help": finding.help,
        "path": finding.path,
        "start": _position(finding.start),
        "end": _position(finding.end),
        "ranges": _ranges(finding.ranges),
        "related": [_related(related) for related in finding.related],
        "evidence": dict(finding.evidence),
        "aliases": list(finding.aliases),
        "fingerprint": finding.fingerprint,
    }


def _related(related: Related) -> dict[str, JsonValue]:
    return {
        "message": related.message,
        "start": _position(related.ranges[0].start),
        "end": _position(related.ranges[-1].end),
        "ranges": _ranges(related.ranges),
    }


def _ranges(ranges: Iterable[Range]) -> list[JsonValue]:
    return [{"start": _position(place.start), "end": _position(place.end)} for place in ranges]


def _position(position: Position) -> dict[str, JsonValue]:
    return {"line": position.line, "column": position.column}


def _error(error: RunError) -> dict[str, JsonValue]:
    return {"message": error.message, "path": error.path, "rule": error.rule}
