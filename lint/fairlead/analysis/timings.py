"""What the steps of a build cost: seconds from a builder's progress log, else a weight by what they do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fairlead.analysis.packages import operations
from fairlead.build.model import Build, Stage, Step
from fairlead.knowledge.environment import QUIET_COMMANDS
from fairlead.knowledge.programs import BUILDERS
from fairlead.shell import unwrap
from fairlead.syntax import ast

# a time may stand before the line, as services that run builds put it there
_LINE = re.compile(r"(?:\S+[ \t]+)?#(\d+) (.*)")
_NAME = re.compile(r"\[(?:(?P<where>[^\]]*) )? *(?P<number>\d+)/(?P<of>\d+)\] (?P<text>.*)", re.DOTALL)
_DONE = re.compile(r"DONE (\d+(?:\.\d+)?)s\s*$")


class TimingsError(Exception):
    """A file is no progress log of a build; the message says so."""


@dataclass(eq=False)
class _Vertex:
    name: str = ""
    seconds: float | None = None
    runs: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Costs:
    """What it costs to build each step.

    Attributes:
        unit: `seconds`, measured, or `weight`, by what a step does.
        of: the steps that are known, each by its stage and its text, wherever it stands.
    """

    unit: Literal["seconds", "weight"]
    of: Mapping[tuple[str, str], float]

    def __getitem__(self, step: Step) -> float:
        """The cost of a step, 0 where it is not known."""
        return self.of.get(step_name(step), 0.0)


def step_name(step: Step) -> tuple[str, str]:
    """What tells a step from others, in whichever order they stand: its stage and its text."""
    return step.stage.label, step.instruction.token.text.strip()


def weigh(steps: Iterable[Step]) -> Costs:
    """Costs by what the steps do: a compiler 40, a package install 20, another program 10, all else 1."""
    return Costs("weight", {step_name(step): _weight(step) for step in steps})


def measure(log: str, build: Build, steps: Sequence[Step]) -> tuple[Costs, list[Step]]:
    """The seconds of steps from the log of a build, and the steps of which it says nothing or that came from the cache.

    Args:
        log: what `docker buildx build` prints with `--progress=plain` or `--progress=rawjson`.
        build: the build model.
        steps: its steps that make layers.

    Raises:
        TimingsError: there is no step of a build in it.

    The names are those that BuildKit gives (dockerfile2llb/convert.go, prefixCommand): `[stage 3/7] RUN ...`, counted
    from the FROM of an image. Where several platforms are built the slowest counts.
    """
    vertices = _raw(log) if log.lstrip().startswith("{") else _plain(log)
    named = [(match, vertex) for vertex in vertices if (match := _NAME.fullmatch(vertex.name))]
    if not named:
        raise TimingsError("no step of a build is in it; is it made with --progress=plain or rawjson?")
    found: dict[Step, float] = {}
    several = len(build.stages) > 1
    for stage, own in _by_stage(steps).items():
        offset = 1 if stage.origin.kind in ("image", "unknown") else 0
        for match, vertex in named:
            at = int(match["number"]) - 1 - offset
            if vertex.seconds is None or not 0 <= at < len(own) or not _is_of(stage, match["where"], several=several):
                continue
            keyword = match["text"].removeprefix("ONBUILD ").partition(" ")[0]
            if keyword.upper() == own[at].instruction.keyword.upper():
                found[own[at]] = max(found.get(own[at], 0.0), vertex.seconds)
    return Costs("seconds", {step_name(step): seconds for step, seconds in found.items()}), [
        step for step in steps if step not in found
    ]


def _is_of(stage: Stage, where: str | None, *, several: bool) -> bool:
    """Whether the words before the number are those of a stage; a platform or a service may stand before its name."""
    words = (where or "").split()
    names = {stage.name} if stage.name else {f"stage-{stage.index}"}
    if words and words[-1].lower() in names:
        return True
    return not several and not any(word.startswith("stage-") for word in words)


def _by_stage(steps: Sequence[Step]) -> dict[Stage, list[Step]]:
    stages: dict[Stage, list[Step]] = {}
    for step in steps:
        stages.setdefault(step.stage, []).append(step)
    return stages


def _plain(log: str) -> list[_Vertex]:
    found: dict[str, _Vertex] = {}
    for line in log.splitlines():
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            continue
        vertex = found.setdefault(match[1], _Vertex())
        text = match[2]
        if done := _DONE.fullmatch(text):
            vertex.seconds = float(done[1])
        elif not vertex.name and _NAME.fullmatch(text):
            vertex.name = text
    return list(found.values())


def _raw(log: str) -> list[_Vertex]:
    found: dict[str, _Vertex] = {}
    for number, line in enumerate(log.splitlines(), 1):
        if not line.strip():
            continue
        try:
            status: Any = json.loads(line)
            vertexes = status.get("vertexes") or []
            for given in vertexes:
                _note(found.setdefault(given["digest"], _Vertex()), given)
        except (ValueError, AttributeError, KeyError, TypeError):
            raise TimingsError(f"line {number} is not what a builder writes with --progress=rawjson") from None
    for vertex in found.values():
        if vertex.runs:
            vertex.seconds = _together(vertex.runs.values())
    return list(found.values())


def _note(vertex: _Vertex, given: Mapping[str, Any]) -> None:
    vertex.name = given.get("name") or vertex.name
    started, completed = given.get("started"), given.get("completed")
    if started and completed and not given.get("cached"):
        vertex.runs[started] = (_time(started), _time(completed))


def _time(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def _together(runs: Iterable[tuple[float, float]]) -> float:
    """The time that is covered, as a vertex may be worked on more than once."""
    total, end = 0.0, float("-inf")
    for start, stop in sorted(runs):
        total += max(stop - max(start, end), 0.0)
        end = max(end, stop)
    return total


def _weight(step: Step) -> float:
    if not isinstance(step.instruction, ast.Run):
        return 1.0
    script = step.script
    if script is None or not script.commands:
        return 10.0
    managed = {id(operation.command): operation for operation in operations(step)}
    weight = 1.0
    for command in script.commands:
        invocation = unwrap(command)
        first = invocation.args[0].value if invocation.args else None
        operation = managed.get(id(command))
        if invocation.name in BUILDERS or f"{invocation.name} {first}" in BUILDERS:
            weight = max(weight, 40.0)
        elif operation is not None:
            weight = max(weight, 20.0 if operation.kind in ("install", "upgrade") else 10.0)
        elif command.words and invocation.name not in QUIET_COMMANDS:
            weight = max(weight, 10.0)
    return weight
