"""Findings for a person to read, at a terminal or in the log of a CI run."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from fairlead.report.excerpt import Mark, Segment, draw, printable

if TYPE_CHECKING:
    from rich.console import Console

    from fairlead.engine import FileReport, RunReport
    from fairlead.finding import Finding, Severity

_FILES_LISTED = 10
_STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold cyan",
    "mark": "bold red",
    "related": "cyan",
    "place": "cyan",
    "rule": "magenta",
    "strong": "bold",
}
_PLURALS = {"info": "info"}

Line = list[Segment]


def render(
    report: RunReport, *, width: int, info: bool = False, quiet: bool = False, statistics: bool = False
) -> list[Line]:
    """The lines of a report.

    Args:
        report: what was found.
        width: cells in a line, 40 at least.
        info: show the information that nobody asked for, too, in place of its number.
        quiet: findings only, no summary.
        statistics: the number of findings by rule in place of the findings.
    """
    width = max(width, 40)
    lines: list[Line] = []
    left_out = 0
    if not info:
        files = tuple(map(_without_unasked, report.files))
        left_out = len(report.findings) - sum(len(file.findings) for file in files)
        report = replace(report, files=files)
    if statistics:
        lines.extend(_statistics(report))
        if lines and not quiet:
            lines.append([])
    else:
        for file in report.files:
            for finding in file.findings:
                lines.extend(_finding(file, finding, width))
    if not quiet:
        lines.extend(_summary(report, left_out))
    return lines


def plain(lines: Iterable[Line]) -> str:
    """The lines without style."""
    return "".join("".join(segment.text for segment in line).rstrip() + "\n" for line in lines)


def print_styled(lines: Iterable[Line], console: Console) -> None:
    """Print the lines with colours."""
    from rich.text import Text

    for line in lines:
        text = Text.assemble(*((text, _STYLES.get(style, "")) for text, style in line))
        console.print(text, soft_wrap=True, highlight=False)


def _without_unasked(file: FileReport) -> FileReport:
    return replace(file, findings=tuple(finding for finding in file.findings if not finding.unasked))


def _finding(file: FileReport, finding: Finding, width: int) -> Iterator[Line]:
    severity = finding.severity.value
    start = finding.start
    place = Segment(f"{printable(finding.path)}:{start.line}:{start.column}", "strong")
    what = [Segment(severity, severity), Segment(" "), Segment(finding.rule, "rule")]
    if cell_len(place.text) + 1 + sum(len(segment.text) for segment in what) <= width:
        yield [place, Segment(" "), *what]
    else:
        yield [place]
        yield [Segment("  "), *what]
    for text in _wrapped(finding.message, width - 2):
        yield [Segment("  " + text)]
    if file.source is not None:
        marks = [Mark(finding.ranges, "mark")]
        marks.extend(Mark(related.ranges, "related", printable(related.message)) for related in finding.related)
        for line in draw(file.source, marks, width - 2):
            yield [Segment("  "), *line]
    if finding.help:
        first, *others = _wrapped(finding.help, width - 8)
        yield [Segment("  help: ", "strong"), Segment(first)]
        for text in others:
            yield [Segment("        " + text)]
    yield []


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(printable(text), width, break_long_words=False, break_on_hyphens=False) or [""]


def _summary(report: RunReport, left_out: int) -> Iterator[Line]:
    findings = report.findings
    files = len(report.files)
    more = f"; {left_out}{' more' if findings else ''} for information, which --info shows" if left_out else ""
    if not findings:
        if files:
            yield [Segment(f"No findings in {counted(files, 'file')}{more}.", "strong")]
        return
    hit = [file for file in report.files if file.findings]
    where = "" if files == 1 else f" in {len(hit)} of {counted(files, 'file')}"
    yield [
        Segment(f"{counted(len(findings), 'finding')}{where}: ", "strong"),
        *_severities(report.counts()),
        Segment(more),
    ]
    if len(hit) < 2:
        return
    worst = sorted(hit, key=lambda file: -len(file.findings))
    numbers = len(str(len(worst[0].findings)))
    for file in worst[:_FILES_LISTED]:
        counts = Counter(finding.severity for finding in file.findings)
        yield [
            Segment(f"  {len(file.findings):>{numbers}}  {printable(file.path)}: "),
            *_severities(dict(sorted(counts.items(), key=lambda count: count[0].rank))),
        ]
    if len(worst) > _FILES_LISTED:
        rest = worst[_FILES_LISTED:]
        yield [Segment(f"  {sum(len(file.findings) for file in rest)} more in {counted(len(rest), 'other file')}")]


def _severities(counts: dict[Severity, int]) -> Line:
    line: Line = []
    for severity, count in counts.items():
        if count:
            if line:
                line.append(Segment(", "))
            line.append(Segment(counted(count, severity.value), severity.value))
    return line


def _statistics(report: RunReport) -> Iterator[Line]:
    counts = Counter((finding.rule, finding.severity) for finding in report.findings)
    if not counts:
        return
    numbers = len(str(max(counts.values())))
    severities = max(len(severity.value) for _, severity in counts)
    for (rule, severity), count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        yield [
            Segment(f"{count:>{numbers}}  "),
            Segment(f"{severity.value:<{severities}}", severity.value),
            Segment("  "),
            Segment(rule, "rule"),
        ]


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun if number == 1 else _PLURALS.get(noun, noun + 's')}"
