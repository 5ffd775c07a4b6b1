"""The order of steps, or the split of a COPY, that would have had the builder do least over a line of commits.

Only a COPY is ever moved, and only down, past steps that neither read nor write what it brings (moves.py); where an
install below it needs nothing but manifests, these are copied alone in its old place. Each change is tried on the
history by the cache model, and the best one is kept, until none saves anything.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairlead.analysis.history import Replay, StepHistory
from fairlead.analysis.moves import Footprint, footprint, relation
from fairlead.analysis.packages import Operation
from fairlead.analysis.timings import Costs, step_name
from fairlead.build.builder import UnknownTarget
from fairlead.build.context import Context
from fairlead.build.model import Build, Step
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

_ROUNDS = 6
_WORTH = 0.05
_PLAIN = re.compile(r"[A-Za-z0-9._/+@-]+")


@dataclass(frozen=True)
class Total:
    """What a line of commits cost.

    Attributes:
        rebuilt: the number of rebuilt steps, commits added up.
        cost: what they cost, in the unit of the costs.
    """

    rebuilt: int
    cost: float


@dataclass(frozen=True)
class Saved:
    """A step that would have been rebuilt less often; `line` is its line now."""

    line: int
    instruction: str
    before: int
    after: int


@dataclass(frozen=True)
class Advice:
    """A better order.

    Attributes:
        text: the file as it should be.
        diff: the way there, as lines of a unified diff.
        before: what the file as it stands would have cost.
        after: what the new one would have.
        saved: the steps that gain, the one that gains most first.
    """

    text: str
    diff: tuple[str, ...]
    before: Total
    after: Total
    saved: tuple[Saved, ...]


@dataclass(frozen=True)
class _Try:
    text: str
    # the text of an instruction that is new, to that of the one whose cost it has
    like: Mapping[str, str]


def advise(replay: Replay, dockerfile: ast.Dockerfile, costs: Costs) -> Advice | None:
    """The best order that can be found, None where there is none that is worth it.

    Args:
        replay: the commits.
        dockerfile: the file as it stands, without problems.
        costs: what its steps cost.

    Raises:
        GitError: git fails.
    """
    source = dockerfile.source
    context = replay.last_context()
    given = _Try(source.text, {})
    best, best_model = given, replay.model(dockerfile)
    [first] = replay.of_builds([best_model])
    best_steps = first
    for _ in range(_ROUNDS):
        tries = []
        for candidate in _tries(best_model, best, context):
            model = _model(replay, source, candidate.text)
            if model is not None:
                tries.append((candidate, model))
        found = replay.of_builds([model for _, model in tries]) if tries else []
        ranked = [
            (_total(steps, costs, candidate.like).cost, at, candidate, model, steps)
            for at, ((candidate, model), steps) in enumerate(zip(tries, found, strict=True))
        ]
        if not ranked or min(ranked)[0] >= _total(best_steps, costs, best.like).cost:
            break
        _, _, best, best_model, best_steps = min(ranked)

    before, after = _total(first, costs, {}), _total(best_steps, costs, best.like)
    saved = _saved(first, best_steps)
    if best is given or not saved or after.cost > before.cost * (1 - _WORTH):
        return None
    diff = tuple(_diff(given.text, best.text, _shown_path(source.path)))
    return Advice(best.text, diff, before, after, saved)


def _diff(before: str, after: str, path: str) -> Iterator[str]:
    """A unified diff as patch(1) takes it, carriage returns and a missing final newline included."""
    import difflib

    for line in difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}", n=2):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _lines(text: str) -> list[str]:
    """The lines with their ends, as the builder counts them: a form feed ends none."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _shown_path(path: str) -> str:
    """The file below the working directory, or below the root: patch(1) refuses what leads upwards."""
    near = os.path.relpath(path)
    return near if not near.startswith("..") else os.path.abspath(path).lstrip("/")  # noqa: PTH100  # nothing is resolved


def _model(replay: Replay, source: Source, text: str) -> Build | None:
    """The build of another text of the file; None where the builder refuses it, or has no such target."""
    syntax = parse(Source(source.path, text.encode("utf-8", "surrogateescape")))
    if syntax.problems:
        return None
    try:
        return replay.model(syntax)
    except UnknownTarget:
        return None


def _total(steps: Sequence[StepHistory], costs: Costs, like: Mapping[str, str]) -> Total:
    cost = 0.0
    for step in steps:
        stage, text = step_name(step.key.step)
        cost += step.rebuilt * costs.of.get((stage, like.get(text, text)), 0.0)
    return Total(sum(step.rebuilt for step in steps), cost)


def _saved(before: Sequence[StepHistory], after: Sequence[StepHistory]) -> tuple[Saved, ...]:
    """The RUNs that gain."""
    new = {step_name(step.key.step): step for step in after}
    found = []
    for step in before:
        better = new.get(step_name(step.key.step))
        if isinstance(step.key.step.instruction, ast.Run) and better is not None and better.rebuilt < step.rebuilt:
            text = " ".join(step.key.step.instruction.token.text.split())
            found.append(Saved(step.key.line, text, step.rebuilt, better.rebuilt))
    return tuple(sorted(found, key=lambda saved: saved.after - saved.before))


def _tries(build: Build, current: _Try, context: Context) -> Iterator[_Try]:
    for stage in build.stages:
        if not stage.needed:
            continue
        for at, step in enumerate(stage.steps):
            copied = footprint(step, context)
            if copied is not None:
                yield from _moved(current, copied, stage.steps[at + 1 :], context)


def _moved(current: _Try, copied: Footprint, below: Sequence[Step], context: Context) -> Iterator[_Try]:
    """The file with a COPY further down: before the first step that needs it, with and without a split."""
    last_passed: Step | None = None
    manifests: list[str] = []
    for step in below:
        found = relation(copied, step, context)
        if isinstance(found, list):
            read = _read_by(found, copied, context)
            if read is None:
                break
            if not manifests and last_passed is not None:
                yield _Try(_rewritten(current.text, copied.step, last_passed, []), current.like)
            manifests += [path for path in read if path not in manifests]
        elif found == "stop":
            break
        if isinstance(step.instruction, ast.Run):
            last_passed = step
            if manifests:
                lines = _manifest_copies(copied, manifests)
                if lines is None:
                    return
                # a COPY of manifests takes no longer than the COPY of all
                _, whole = step_name(copied.step)
                like = dict.fromkeys(lines, current.like.get(whole, whole))
                yield _Try(_rewritten(current.text, copied.step, step, lines), {**current.like, **like})
    if last_passed is not None and not manifests:
        yield _Try(_rewritten(current.text, copied.step, last_passed, []), current.like)


def _read_by(installs: Sequence[Operation], copied: Footprint, context: Context) -> list[str] | None:
    """The files of the context that installs read, all of which the COPY brings; None where that can't be told."""
    if copied.top is None or copied.files is None or copied.step.origin is not None:
        return None
    from fairlead.analysis.manifests import files_read

    found: list[str] = []
    taken = set(copied.files.values())
    for install in installs:
        cwd = install.command.cwd or ""
        if cwd != copied.destination and not cwd.startswith(f"{copied.destination}/"):
            return None
        directory = posixpath.join(copied.top, cwd[len(copied.destination) :].strip("/"))
        read = files_read(install, context, directory.rstrip("/"))
        if not read or not all(path in taken or any(t.startswith(f"{path}/") for t in taken) for path in read):
            return None
        found += [path for path in read if path not in found]
    # where these are all, there is nothing to split
    return found if taken - set(found) else None


def _manifest_copies(copied: Footprint, manifests: Sequence[str]) -> list[str] | None:
    """The COPY instructions that bring manifests alone to where the whole COPY brings them; None where no words do."""
    copy = copied.step.instruction
    if not isinstance(copy, ast.Copy) or copied.top is None:
        return None
    written = copy.destination.value
    base = written if written.endswith("/") else f"{written}/"
    flags = "".join(f"{flag.token.text} " for flag in copy.flags)
    directories: dict[str, list[str]] = {}
    for path in manifests:
        if not _PLAIN.fullmatch(path):
            return None
        below = path[len(copied.top) :].lstrip("/") if copied.top else path
        directories.setdefault(posixpath.dirname(below), []).append(path)
    lines = []
    for directory, paths in directories.items():
        folders = [path for path in paths if path.endswith("/.yarn") or path == ".yarn"]
        files = [path for path in paths if path not in folders]
        into = f"{base}{directory}/" if directory else base
        if files:
            lines.append(f"COPY {flags}{' '.join(files)} {into}")
        lines += [f"COPY {flags}{folder} {into}{posixpath.basename(folder)}" for folder in folders]
    return lines


def _rewritten(text: str, step: Step, below: Step, instead: Sequence[str]) -> str:
    """A file with a step, and the comments right above it, behind another one; other lines in its old place."""
    lines = _lines(text)
    first, last = step.instruction.start_line - 1, step.instruction.end_line
    comments = first
    while comments and lines[comments - 1].lstrip().startswith("#") and not _is_directive(lines, comments - 1):
        comments -= 1
    moved = [*lines[comments:last]]
    ending = "\r\n" if lines[first].endswith("\r\n") else "\n"
    target = below.instruction.end_line
    if not lines[target - 1].endswith("\n"):
        lines[target - 1] += ending
        moved[-1] = moved[-1].rstrip("\r\n")
    return "".join(
        [*lines[:comments], *(line + ending for line in instead), *lines[last:target], *moved, *lines[target:]]
    )


def _is_directive(lines: Sequence[str], at: int) -> bool:
    """Whether a comment may be a parser directive, which has to stay at the top."""
    return all(re.match(r"#\s*\w+\s*=", line) for line in lines[: at + 1])
