"""From what can be pinned and what servers answer to what becomes of each file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from fairlead.build.image import ImageReference
from fairlead.pinning.download import Download, checksum
from fairlead.pinning.pinnable import Answer, Edit, Pinnable, Question
from fairlead.pinning.problem import Problem, readable
from fairlead.pinning.programs import end_all
from fairlead.pinning.registry import Manifest, Registries
from fairlead.pinning.repository import Head, resolve
from fairlead.pinning.survey import sources_changed
from fairlead.pinning.transport import Client
from fairlead.syntax.source import BOM, Source

MAX_PARALLEL = 6
"""Questions under way at the same time."""


class Status(StrEnum):
    """What became of an input."""

    PINNED = "pinned"
    """It gets a pin."""

    UPDATED = "updated"
    """Its pin is replaced by what the tag gives now."""

    CURRENT = "current"
    """Its pin is what the tag gives."""

    MOVED = "moved"
    """The tag gives something else than the pin."""

    UNPINNED = "unpinned"
    """It has no pin."""

    KEPT = "kept"
    """It has a pin that is not looked at, or with nothing to compare it with."""

    UNKNOWN = "unknown"
    """What it is only shows when the image is built."""

    FAILED = "failed"
    """No answer: the problem says why."""


@dataclass(frozen=True)
class Mode:
    """What is wanted.

    Attributes:
        check: compare only: what is unpinned need not be asked about.
        update: replace pins that have moved.
        offline: ask nobody.
    """

    check: bool = False
    update: bool = False
    offline: bool = False


class Asked(NamedTuple):
    """A question as it is put: the pin is that of an image, which may be a part of what the tag gives."""

    question: Question
    pin: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of an input.

    Attributes:
        input: the input.
        status: see `Status`.
        value: what the tag, the URL or the branch gives now; "" where it was not asked or did not answer.
        reason: why it is as it is, "" where the status says it all.
        edits: what is written for it.
    """

    input: Pinnable
    status: Status
    value: str = ""
    reason: str = ""
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class FilePlan:
    """A file with what becomes of it.

    Attributes:
        source: as it was read.
        outcomes: in the order of the file.
        after: its bytes with the pins.
    """

    source: Source
    outcomes: tuple[Outcome, ...]
    after: bytes


class Asker:
    """Puts questions, each once, some of them at the same time.

    Args:
        client: for downloads, and to end what is under way.
        registries: for images.
        max_download: the most bytes of a download.
    """

    def __init__(self, client: Client, registries: Registries, max_download: int) -> None:
        self._client = client
        self._registries = registries
        self._max_download = max_download

    def ask(
        self, wanted: Collection[Asked], progress: Callable[[int, int], None] | None = None
    ) -> dict[Asked, Answer | Problem]:
        """The answers, or why there is none.

        Args:
            wanted: the questions.
            progress: is told how many are answered, and of how many.
        """
        executor = ThreadPoolExecutor(MAX_PARALLEL, thread_name_prefix="pin")
        stop = threading.Event()
        try:
            running = {executor.submit(self._answer, asked, stop): asked for asked in dict.fromkeys(wanted)}
            answers: dict[Asked, Answer | Problem] = {}
            for future in as_completed(running):
                answers[running[future]] = future.result()
                if progress is not None:
                    progress(len(answers), len(running))
            return answers
        finally:
            # on an interrupt nobody waits for servers
            stop.set()
            executor.shutdown(wait=False, cancel_futures=True)
            self._client.abort()
            end_all()

    def _answer(self, asked: Asked, stop: threading.Event) -> Answer | Problem:
        if stop.is_set():
            return Problem("interrupted")
        try:
            question = asked.question
            if isinstance(question, ImageReference):
                return self._registries.resolve(question, asked.pin)
            if isinstance(question, Download):
                return checksum(self._client, question, self._max_download)
            return resolve(question, self._client.seconds)
        except Problem as problem:
            return problem
        except ValueError as error:
            # a name or a URL that no library takes
            return Problem(f"can't be asked for: {readable(str(error), 80)}")


def questions(inputs: Sequence[Pinnable], mode: Mode) -> list[Asked]:
    """What has to be asked about the inputs of a file."""
    return [asked for entry in inputs if (asked := _asked(entry, mode)) is not None]


def _asked(entry: Pinnable, mode: Mode) -> Asked | None:
    if mode.offline or entry.question is None or not _is_wanted(entry, mode):
        return None
    return Asked(entry.question, entry.pin if isinstance(entry.question, ImageReference) else "")


def _is_wanted(entry: Pinnable, mode: Mode) -> bool:
    """Whether an answer would be of use."""
    if entry.pin:
        return mode.check or mode.update
    return entry.edit is not None and not mode.check


def plan(
    source: Source,
    inputs: Sequence[Pinnable],
    answers: Mapping[Asked, Answer | Problem],
    mode: Mode,
    read: Callable[[Source], Sequence[Pinnable] | None],
) -> FilePlan:
    """What becomes of a file.

    The file with its pins is read again: an edit after which not exactly what it is about is pinned, is not made.

    Args:
        source: the file.
        inputs: what was found in it.
        answers: to the questions about it.
        mode: what is wanted.
        read: finds the inputs of a file as these were found; None where the builder refuses the file.
    """
    outcomes = [_outcome(entry, answers, mode) for entry in inputs]
    while True:
        edits = [edit for outcome in outcomes for edit in outcome.edits]
        after = _apply(source, edits)
        wrong = _wrong(outcomes, read(Source(source.path, after))) if edits else []
        if not wrong:
            return FilePlan(source, tuple(outcomes), after)
        for at in wrong:
            outcomes[at] = _unwritten(outcomes[at], "can't be pinned where it stands")


def _outcome(entry: Pinnable, answers: Mapping[Asked, Answer | Problem], mode: Mode) -> Outcome:
    asked = _asked(entry, mode)
    if mode.offline and entry.question is not None and _is_wanted(entry, mode):
        status = Status.KEPT if entry.pin else Status.UNPINNED
        return Outcome(entry, status, reason=f"would be asked: {entry.server}")
    if asked is None:
        if entry.pin:
            return Outcome(entry, Status.KEPT, reason="" if entry.question is not None else entry.reason)
        status = Status.UNPINNED if entry.known else Status.UNKNOWN
        return Outcome(entry, status, reason=entry.reason)
    answer = answers[asked]
    if isinstance(answer, Problem):
        return Outcome(entry, Status.FAILED, reason=str(answer))
    value = _value(answer)
    if entry.pin:
        return _compared(entry, answer, value, mode)
    return _written(entry, Status.PINNED, answer)


def _compared(entry: Pinnable, answer: Answer, value: str, mode: Mode) -> Outcome:
    if value == entry.pin or (isinstance(answer, Head) and value.startswith(entry.pin)):
        return Outcome(entry, Status.CURRENT, value)
    if isinstance(answer, Manifest) and answer.platform:
        return Outcome(entry, Status.CURRENT, value, f"the pin is the manifest of {answer.platform} alone")
    if not mode.update:
        return Outcome(entry, Status.MOVED, value)
    if entry.edit is None:
        return Outcome(entry, Status.MOVED, value, entry.reason)
    return _written(entry, Status.UPDATED, answer)


def _written(entry: Pinnable, status: Status, answer: Answer) -> Outcome:
    assert entry.edit is not None  # noqa: S101  # else nothing was asked
    edits = tuple(entry.edit(answer))
    return Outcome(entry, status, _value(answer), _elsewhere(entry, edits[0]), edits)


def _elsewhere(entry: Pinnable, edit: Edit) -> str:
    """Where an image is pinned that a variable names; "" where it is pinned where it stands."""
    spans = entry.token.spans
    if entry.kind != "image" or spans[0].start <= edit.start <= spans[-1].end:
        return ""
    return f"in the default of an ARG, line {entry.token.source.position(edit.start).line}"


def _value(answer: Answer) -> str:
    if isinstance(answer, Manifest):
        return answer.digest
    return answer.commit if isinstance(answer, Head) else answer


def _unwritten(outcome: Outcome, reason: str) -> Outcome:
    status = Status.UNPINNED if outcome.status is Status.PINNED else Status.MOVED
    return replace(outcome, status=status, reason=reason, edits=())


def _apply(source: Source, edits: Sequence[Edit]) -> bytes:
    """The bytes of a file with edits made; all else is as it was, byte for byte."""
    if not edits:
        return source.data
    text = source.text
    # two inputs may have their pin in one place, the default of an ARG
    for edit in sorted(set(edits), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    head = BOM if source.data.startswith(BOM) else b""
    return head + text.encode("utf-8", "surrogateescape")


def _wrong(outcomes: Sequence[Outcome], found: Sequence[Pinnable] | None) -> list[int]:
    """Which outcomes have edits that don't do what they should; all of them where that can't be told."""
    edited = [at for at, outcome in enumerate(outcomes) if outcome.edits]
    if found is None or sources_changed([outcome.input for outcome in outcomes], found):
        return edited
    wrong = [at for at in edited if found[at].pin != outcomes[at].value]
    if wrong:
        return wrong
    others = zip(outcomes, found, strict=True)
    return edited if any(one.input.pin != other.pin for one, other in others if not one.edits) else []
