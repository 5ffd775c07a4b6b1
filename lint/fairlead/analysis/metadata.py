"""Where owner and mode of files can be set so that no layer stores them twice."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from fairlead.analysis.wording import enumerated

if TYPE_CHECKING:
    from fairlead.analysis.dead_weight import DeadWeight, Held
    from fairlead.build.model import Step

_EXECUTABLE = frozenset(("+x", "a+x", "ugo+x", "+rx", "a+rx"))


def where_to_set(weight: DeadWeight) -> str:
    """What to do instead of a chown, chgrp or chmod in a later layer: part of a sentence."""
    copies = [held for held in weight.held if held.source == "copy"]
    made = next((held for held in weight.held if held.source != "copy"), None)
    if not copies:
        return _advice_for_run(weight, weight.held[0])
    if weight.is_selective:
        return (
            f"set their {'mode' if weight.program == 'chmod' else 'owner'} before they are copied, or in a build stage"
        )
    changes = ((weight.program, weight.change), *weight.beside)
    flags = " ".join(sorted(_flag(copies[0].step, *change) for change in changes))
    use = f"use {copies[0].step.instruction.keyword} {flags}"
    lines = sorted({held.step.line for held in copies})
    first = min(held.step.line for held in weight.held)
    if weight.account_line > first:
        use = f"create the user above line {first} and {use}"
    if any(held.has_more for held in copies):
        paths = [path.removesuffix("/*") for held in copies for path in held.paths]
        use = f"{use} for {posixpath.commonpath(paths)} alone"
    else:
        use = f"{use} {'there' if weight.account_line > first and lines == [first] else _in_lines(lines)}"
    return use if made is None else f"{use}, and {weight.program} what line {made.step.line} makes in that RUN"


def _flag(step: Step, program: str, change: str) -> str:
    name = "chmod" if program == "chmod" else "chown"
    if step.resolve(change).text is None:
        # what only this script knows has no value in a COPY
        return f"--{name}"
    # a plain number is understood by every builder
    return f"--{name}={'755' if change in _EXECUTABLE else change}".removesuffix("=")


def _in_lines(lines: list[int]) -> str:
    return f"in line {lines[0]}" if len(lines) == 1 else f"in lines {enumerated([str(line) for line in lines], most=6)}"


def _advice_for_run(weight: DeadWeight, made: Held) -> str:
    """For files that a RUN makes: in that RUN, by a user who may do it and who exists by then."""
    line = made.step.line
    run = f"run {weight.program} in the RUN of line {line}"
    if weight.program == "chmod":
        return run
    if (made.step.user or "root").partition(":")[0] not in ("root", "0"):
        return f"{run}, as root"
    if weight.account_line > line:
        return f"create the user above line {line} and {run}"
    return f"{run}, or switch to the user above it"
