"""The input that one word of a step is, and the grade of the version that the word asks for."""

from __future__ import annotations

import re

from fairlead.analysis.grades import Grade, Input, Kind, deciding_pair, is_commit
from fairlead.build.model import Build, Step
from fairlead.shell import UNKNOWN
from fairlead.syntax.source import Token

_VARIABLE = re.compile(r"\$\{?(\w+)")
_EXACT = re.compile(
    r"[v=]?\d+\.\d+(?:\.\d+)+.*|[v=]?\d{4}[.-]\d{2}[.-]\d{2}.*|(?:nightly|beta)-\d{4}-\d{2}-\d{2}.*|[0-9a-f]{40}"
)


def step_input(
    step: Step,
    kind: Kind,
    name: str,
    grade: Grade,
    why: str,
    token: Token,
    manager: str,
    version: str = "",
    *,
    build: Build | None = None,
    words: str = "",
    file: str = "",
    digest: str = "",
) -> Input:
    """An input of a step.

    Args:
        step: the step.
        kind: see `Input`, as all that follows.
        name: see `Input`.
        grade: see `Input`.
        why: see `Input`.
        token: see `Input`.
        manager: see `Input`.
        version: see `Input`.
        build: the build, to find the ARG or ENV that decides.
        words: the text in which the variables stand that decide.
        file: see `Input`.
        digest: see `Input`.
    """
    argument = None
    if build is not None and "$" in words:
        argument = deciding_pair(build, step.stage, step, _VARIABLE.findall(words))
    return Input(
        kind, name, grade, why, token, step.stage, step, manager=manager, version=version, argument=argument, file=file,
        digest=digest or (version if is_commit(version) else ""), needed=step.stage.needed,
    )  # fmt: skip


def grade_version(version: str, text: str) -> tuple[Grade, str]:
    """How firmly a version fixes what `text` names, and why."""
    if not text.strip(UNKNOWN):
        return "unknown", "a variable decides"
    if UNKNOWN in version:
        return "unknown", "a variable decides the version"
    if is_commit(version):
        return "immutable", "a full commit"
    if not version:
        return "floating", "no version"
    if _EXACT.fullmatch(version) or (_EXACT.search(version) and not set(version) & set("^~*<>x")):
        return "versioned", "a version, no hash"
    return "floating", "an open version"
