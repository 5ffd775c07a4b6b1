"""What the builder's cache does with the steps of a build, for a person and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from fairlead import __version__
from fairlead.analysis.advice import Advice, Total
from fairlead.analysis.history import History, StepHistory
from fairlead.analysis.key_reasons import Reason
from fairlead.analysis.keys import StepKey
from fairlead.analysis.timings import Costs
from fairlead.build.context import Selection
from fairlead.report.excerpt import Segment, printable
from fairlead.report.steps import one_line
from fairlead.report.text import Line, counted

if TYPE_CHECKING:
    from fairlead.finding import JsonValue

FORMAT_VERSION = "1"
_BAR = 10
_VERDICT = 10
_RARELY, _OFTEN = 0.1, 0.5
_FILES_SHOWN = 3
_PARTS = {"base": "base image", "stage": "files of another stage", "command": "its own text", "options": "flags"}
_STYLES = {"cached": "info", "rebuilt": "error", "unknown": "warning"}


def render(steps: Sequence[StepKey], *, compared: bool, costs: Costs | None = None, width: int) -> list[Line]:
    """The lines of a report.

    Args:
        steps: the steps with their keys.
        compared: whether they carry verdicts; else what each key depends on is shown.
        costs: the seconds of the steps, where they are measured.
        width: cells in a line.
    """
    if not steps:
        return [[Segment("No step of this build makes a layer.", "strong")]]
    lines = _by_stage(
        steps, lambda at, numbers: _step(steps[at], steps[at - 1] if at else None, compared, numbers, max(width, 40))
    )
    if compared:
        said = _summary(steps, costs)
    elif len(steps) == 1:
        said = "1 step makes a layer."
    else:
        said = f"{len(steps)} steps make layers. Each depends on the step above it in its stage, too."
    return [*lines, [], [Segment(said, "strong")]]


def document(steps: Sequence[StepKey], *, compared: bool, costs: Costs | None = None) -> str:
    """The report as JSON."""
    counts = Counter(step.verdict for step in steps)
    found: dict[str, JsonValue] = {
        "version": FORMAT_VERSION,
        "tool": {"name": "fairlead", "version": __version__},
        "steps": [_as_json(step, compared, costs) for step in steps],
        "summary": {
            "steps": len(steps),
            **({name: counts[name] for name in ("cached", "rebuilt", "unknown")} if compared else {}),
        },
    }
    return json.dumps(found, indent=2) + "\n"


def render_history(history: History, costs: Costs, advice: Advice | None, *, width: int) -> list[Line]:
    """The lines of a report on many commits: a bar for each step, what rebuilt it, and the better order."""
    if not history.commits:
        return [[Segment("There are no two builds to compare.", "strong")]]
    steps = history.steps
    lines = _by_stage(
        [step.key for step in steps], lambda at, numbers: _history(steps[at], costs, numbers, max(width, 60))
    )
    first, last = history.commits[0].commit, history.commits[-1].commit
    said = f"{counted(len(history.commits), 'commit')}, {first.name[:10]} to {last.name[:10]}."
    if costs.unit == "seconds":
        said += f" What they rebuilt takes {duration(spent(history, costs))}."
    return [*lines, [], [Segment(said, "strong")], *(_advice(advice, costs, max(width, 60)) if advice else ())]


def advice_words(advice: Advice, costs: Costs) -> str:
    """What an advice saves."""
    said = "Over these commits, with the file as it is now and as below: from "
    said += f"{advice.before.rebuilt} rebuilt steps to {advice.after.rebuilt}, "
    if costs.unit == "seconds":
        return f"{said}from {duration(advice.before.cost)} of building to {duration(advice.after.cost)}."
    share = 1 - advice.after.cost / advice.before.cost
    return (
        f"{said}about {share:.0%} less to build, steps weighted by what they do (--timings has their seconds counted)."
    )


def spent(history: History, costs: Costs) -> float:
    """What all that the commits rebuilt costs, in the unit of the costs."""
    return sum(costs[step.key.step] * step.rebuilt for step in history.steps)


def share_style(step: StepHistory) -> str:
    """The style of a step by how often it was rebuilt."""
    share = step.rebuilt / step.commits if step.commits else 0.0
    return "info" if share < _RARELY else "warning" if share < _OFTEN else "error"


def _advice(advice: Advice, costs: Costs, width: int) -> Iterator[Line]:
    yield []
    yield [Segment("Another order would have saved", "strong")]
    for line in textwrap.wrap(advice_words(advice, costs), width, break_on_hyphens=False):
        yield [Segment(line)]
    for saved in advice.saved:
        count = f"{saved.before:>4} to {saved.after:<4} "
        first, *more = _shortened(printable(saved.instruction), width - len(count))
        yield [Segment(count, "info"), Segment(first)]
        yield from ([Segment(" " * (len(count) + 2) + line)] for line in more)
    yield []
    for line in advice.diff:
        style = "info" if line.startswith("+") else "error" if line.startswith("-") else ""
        # the carriage return of a file that has them belongs to what patch(1) compares
        end = "\r" if line.endswith("\r") else ""
        yield [Segment(printable(line.removesuffix("\r")) + end, style)]


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, in words."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _by_stage(steps: Sequence[StepKey], draw: Callable[[int, int], Iterable[Line]]) -> list[Line]:
    """The lines of each step, drawn by its place and the width of line numbers, below the name of its stage."""
    lines: list[Line] = []
    numbers = max((len(str(step.line)) for step in steps), default=1)
    several = len({step.step.stage for step in steps}) > 1
    stage = None
    for at, step in enumerate(steps):
        if several and step.step.stage is not stage:
            stage = step.step.stage
            lines.append([Segment(f"stage {printable(stage.label)}", "strong")])
        lines.extend(draw(at, numbers))
    return lines


def history_document(history: History, costs: Costs, advice: Advice | None) -> str:
    """The report on many commits as JSON."""
    found: dict[str, JsonValue] = {
        "version": FORMAT_VERSION,
        "tool": {"name": "fairlead", "version": __version__},
        "steps": [
            {
                "line": step.key.line,
                "stage": step.key.step.stage.label,
                "instruction": instruction(step.key),
                "commits": step.commits,
                "rebuilt": step.rebuilt,
                "unknown": step.unknown,
                costs.unit: costs[step.key.step],
                "parts": dict(step.parts.most_common()),
                "files": dict(step.files.most_common(20)),
            }
            for step in history.steps
        ],
        "commits": [
            {
                "commit": built.commit.name,
                "time": built.commit.time,
                "subject": built.commit.subject,
                "steps": [
                    {"line": key.line, "verdict": key.verdict, "reasons": _reasons(key.reasons)} for key in built.steps
                ],
            }
            for built in history.commits
        ],
        "notes": list(history.notes),
        "advice": _advice_as_json(advice, costs) if advice is not None else None,
    }
    return json.dumps(found, indent=2) + "\n"


def _advice_as_json(advice: Advice, costs: Costs) -> JsonValue:
    def total(of: Total) -> JsonValue:
        return {"rebuilt": of.rebuilt, costs.unit: of.cost}

    return {
        "diff": "\n".join(advice.diff) + "\n",
        "before": total(advice.before),
        "after": total(advice.after),
        "steps": [
            {"line": saved.line, "instruction": saved.instruction, "before": saved.before, "after": saved.after}
            for saved in advice.saved
        ],
    }


def _history(step: StepHistory, costs: Costs, numbers: int, width: int) -> Iterator[Line]:
    share = step.rebuilt / step.commits if step.commits else 0.0
    filled = min(_BAR, max(round(share * _BAR), 1 if step.rebuilt else 0))
    style = share_style(step)
    share_said = f"{step.rebuilt:>4} of {step.commits:<4} "
    margin = numbers + 2 + len(share_said) + _BAR + 2
    first, *rest = _instruction(step.key, width - margin)
    yield [
        Segment(f"{step.key.line:>{numbers}}  ", "place"),
        Segment(share_said, style),
        Segment("#" * filled, style),
        Segment("." * (_BAR - filled), "place"),
        Segment(f"  {first}"),
    ]
    yield from ([Segment(" " * (margin + 2) + line)] for line in rest)
    said = []
    if step.files:
        shown = [f"{printable(path)} {number}" for path, number in step.files.most_common(_FILES_SHOWN)]
        more = len(step.files) - len(shown)
        said.append(", ".join(shown) + (f" and {counted(more, 'more file')}" if more else ""))
    counted_parts = ((part, number) for part, number in step.parts.most_common() if part not in ("files", "parent"))
    said += [f"{_PARTS.get(part, part)} {number}" for part, number in counted_parts]
    if step.unknown:
        said.append(f"unknown {step.unknown}")
    if costs.unit == "seconds" and costs[step.key.step]:
        said.append(f"{costs[step.key.step]:.1f} s each time")
    for line in textwrap.wrap("; ".join(said), width - margin, break_on_hyphens=False):
        yield [Segment(" " * margin + line, "related")]


def _reasons(reasons: Sequence[Reason]) -> list[JsonValue]:
    return [{"part": reason.part, "detail": reason.detail, "line": reason.line} for reason in reasons]


def _as_json(step: StepKey, compared: bool, costs: Costs | None) -> JsonValue:
    found: dict[str, JsonValue] = {
        "line": step.line,
        "stage": step.step.stage.label,
        "instruction": instruction(step),
        "depends_on": _reasons(list(_inputs(step))),
    }
    if compared:
        found["verdict"] = step.verdict
        found["reasons"] = _reasons(step.reasons)
    if costs is not None:
        found["seconds"] = costs[step.step]
    return found


def _step(step: StepKey, previous: StepKey | None, compared: bool, numbers: int, width: int) -> Iterator[Line]:
    verdict = f"{step.verdict:<{_VERDICT}}" if compared else ""
    indent = " " * (numbers + 2 + len(verdict))
    first, *more = _instruction(step, width - len(indent))
    yield [
        Segment(f"{step.line:>{numbers}}  ", "place"),
        Segment(verdict, _STYLES[step.verdict]),
        Segment(first),
    ]
    yield from ([Segment(f"{indent}  {line}")] for line in more)
    # that a step depends on the one that stands above it goes without saying
    inputs = (reason for reason in _inputs(step) if reason.part != "parent" or step.above is not previous)
    for reason in step.reasons if compared else inputs:
        where = f" (line {reason.line})" if reason.line is not None else ""
        said = f"{reason.part}: {printable(reason.detail)}{where}"
        for part in textwrap.wrap(said, width - len(indent), subsequent_indent="  ", break_on_hyphens=False):
            yield [Segment(indent + part, "related")]


def _instruction(step: StepKey, room: int) -> list[str]:
    """The instruction of a step in two lines at most, of which the second is to be indented."""
    return _shortened(printable(instruction(step)), room)


def _shortened(text: str, room: int) -> list[str]:
    wrapped = textwrap.wrap(text, room, subsequent_indent="  ", max_lines=2, placeholder=" ...", break_on_hyphens=False)
    return [line.strip() for line in wrapped]


def instruction(step: StepKey) -> str:
    """The instruction of a step in one line."""
    return one_line(step.step.instruction)


def _inputs(step: StepKey) -> Iterator[Reason]:
    """What can change the key of a step, apart from its own text."""
    for source, selection in step.files.items():
        yield Reason("files", f"{source}: {_selection(selection)}")
    for taken in step.takes_from:
        yield Reason("stage", f"files of stage {taken.step.stage.label}, up to its last step", taken.line)
    if "environment" in step.parts and step.step.env:
        yield Reason("environment", ", ".join(step.step.env))
    if step.above is not None:
        yield Reason("parent", "the step above", step.above.line)
    elif step.upon:
        yield Reason("base", f"the named context {step.upon}, a directory: never taken from the cache")
    elif step.step.stage.origin.kind != "scratch":
        yield Reason("base", step.step.stage.root.resolved.text or step.step.stage.root.token.text)


def _selection(selection: Selection) -> str:
    if not selection.found:
        return "not in the context"
    files = [entry for _, entry in selection.files if entry.kind != "directory"]
    size = sum(entry.size for entry in files)
    return f"{counted(len(files), 'file')}, {size:,} bytes"


def _summary(steps: Sequence[StepKey], costs: Costs | None) -> str:
    counts = Counter(step.verdict for step in steps)
    said = f"{counts['cached']} of {counted(len(steps), 'step')} cached, {counts['rebuilt']} rebuilt"
    said += f", {counts['unknown']} unknown" if counts["unknown"] else ""
    if costs is None:
        return said + "."
    rebuilt = sum(costs[step.step] for step in steps if step.verdict == "rebuilt")
    return f"{said}: {rebuilt:.1f} of {sum(costs[step.step] for step in steps):.1f} seconds."
