"""The history of a build's cache as a page: steps down, commits across, each cell with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fairlead import __version__
from fairlead.analysis.advice import Advice
from fairlead.analysis.history import History, StepHistory
from fairlead.analysis.keys import StepKey
from fairlead.analysis.timings import Costs
from fairlead.report.cache import advice_words, duration, instruction, share_style, spent
from fairlead.report.excerpt import printable
from fairlead.report.page import template
from fairlead.report.text import counted

_FILES_LISTED = 20
# cells of a few commits are wide enough to hit, those of many small enough to see the whole
_CELL_PIXELS, _CELL_MIN, _CELL_MAX = 900, 8, 24
_CODES = {"cached": "c", "rebuilt": "r", "unknown": "u"}
_NEW, _ABSENT = "n", "a"


def page(history: History, costs: Costs, advice: Advice | None, *, dockerfile: str) -> str:
    """The page as HTML, complete in itself: it loads nothing and needs no server.

    Without JavaScript the picture, the counts and the advice are there; with it each cell says its reason.

    Args:
        history: what the commits did.
        costs: what each step costs.
        advice: a better order of the steps, where there is one.
        dockerfile: the name of the file, for the title.
    """
    reasons = {"": 0}
    commits = history.commits
    rows: list[Mapping[str, Any]] = []
    stage = None
    for step in history.steps:
        model = step.key.step
        rows.append(
            {
                "stage": printable(model.stage.label) if model.stage is not stage else None,
                "line": step.key.line,
                "instruction": printable(instruction(step.key)),
                "rebuilt": step.rebuilt,
                "unknown": step.unknown,
                "commits": step.commits,
                "share": step.rebuilt / step.commits if step.commits else 0,
                "style": share_style(step),
                "cost": duration(costs[model]) if costs.unit == "seconds" and costs[model] else "",
                "cells": _cells(step, len(commits), reasons),
            }
        )
        stage = model.stage
    rendered: str = template("cache.html.j2").render(
        version=__version__,
        dockerfile=printable(dockerfile),
        rows=rows,
        several=len({step.key.step.stage for step in history.steps}) > 1,
        cell=max(_CELL_MIN, min(_CELL_MAX, _CELL_PIXELS // max(len(commits), 1))),
        commits=[
            {
                "name": built.commit.name[:10],
                "day": datetime.fromtimestamp(built.commit.time, UTC).date().isoformat(),
                "subject": printable(built.commit.subject),
                "rebuilt": sum(key.verdict == "rebuilt" for key in built.steps),
                "steps": len(built.steps),
            }
            for built in commits
        ],
        reasons=list(reasons),
        said=counted(len(commits), "commit"),
        seconds=duration(spent(history, costs)) if costs.unit == "seconds" else "",
        notes=[printable(note) for note in history.notes],
        advice=advice and {"said": advice_words(advice, costs), "saved": advice.saved, "diff": _diff(advice)},
    )
    return rendered


def _cells(step: StepHistory, count: int, reasons: dict[str, int]) -> list[tuple[str, int]]:
    """The code of each commit's cell and the number of its reason, the oldest first."""
    keys = step.keys[-count:]
    cells = [(_ABSENT, 0)] * (count - len(keys))
    for key in keys:
        code = _CODES[key.verdict] if key.before is not None else _NEW
        cells.append((code, reasons.setdefault(_reason(key) if code != "c" else "", len(reasons))))
    return cells


def _reason(key: StepKey) -> str:
    if key.before is None:
        return "the commit that brought this step"
    said = []
    for reason in key.reasons:
        where = f" (line {reason.line})" if reason.line is not None else ""
        detail = reason.detail
        if len(reason.paths) > 1:
            more = len(reason.paths) - _FILES_LISTED
            detail = "\n  ".join(["", *reason.paths[:_FILES_LISTED]])
            detail += f"\n  and {counted(more, 'more file')}" if more > 0 else ""
        said.append(f"{reason.part}: {detail}{where}")
    return "\n".join(printable(line) for text in said for line in text.split("\n"))


def _diff(advice: Advice) -> list[tuple[str, str]]:
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [(kinds.get(line[:1], ""), printable(line)) for line in advice.diff]
