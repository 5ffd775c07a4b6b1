"""What an image says of its making, and which instruction of a Dockerfile made which layer.

The history holds one text for each step as its builder wrote it: BuildKit (`RUN /bin/sh -c make # buildkit`), Docker's
former builder and buildah (`/bin/sh -c #(nop) COPY dir:0b1c in /app`), kaniko (`RUN make`). Sources: moby/buildkit,
frontend/dockerfile/dockerfile2llb/convert.go, commitToHistory and runCommandString; moby/moby,
builder/dockerfile/dispatchers.go; containers/buildah, imagebuildah/stage_executor.go.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fairlead.analysis.contents import Layer
from fairlead.build.model import Build, Step
from fairlead.image import HistoryItem
from fairlead.syntax import ast

_SHELL = r"(?:/(?:usr/)?bin/sh -c|cmd /S /C)"
_NOP = re.compile(rf"{_SHELL} #\(nop\) ?")
_ARGS = re.compile(r"(?:RUN )?\|\d+ (?:.*? )??(?=\S*(?:sh|cmd|powershell|pwsh)(?:\.exe)? [-/])")
_COUNT = re.compile(r"(?:RUN )?\|(\d{1,4}) ")
_RUN = re.compile(rf"(?:RUN )?{_SHELL} (?=\S)")
_KIND = re.compile(r"(RUN|COPY|ADD|WORKDIR) ")
# no blank stands between the owner and the sum
_DIGESTED = re.compile(r"(?:--chown=\S*)?(?:file|dir|multi):[0-9a-f]+ in (.*)")

_SAME = 100
_SIMILAR = 20
_LIKENESS = 60
_LEAST_LIKENESS = 0.5
_DIFFERENT = -20
_UNNAMED_LAYER = -60
_STEP_WITHOUT_LAYER = -5


def instructions(history: Sequence[HistoryItem], layers: int, notes: list[str]) -> list[str]:
    """The instruction of each layer as its history tells it, in one line; "" where it does not.

    Args:
        history: all of it.
        layers: how many layers the image has.
        notes: takes what is to be said of it.
    """
    texts = [readable(item.created_by) for item in history if not item.empty]
    if len(texts) == layers:
        return texts
    if history:
        notes.append(f"the history tells of {len(texts)} layers, the image has {layers}: no instruction is known")
    return [""] * layers


def readable(created_by: str) -> str:
    """A text of the history as the instruction is written in a Dockerfile, in one line."""
    text = " ".join(created_by.split()).removesuffix("# buildkit").strip()
    nop = _NOP.match(text)
    if nop:
        return text[nop.end() :]
    args = _ARGS.match(text)
    if args:
        text = "RUN " + text[args.end() :]
    elif count := _COUNT.match(text):
        text = "RUN " + " ".join(text[count.end() :].split()[int(count[1]) :])
    run = _RUN.match(text)
    return "RUN " + text[run.end() :] if run else text


def join(layers: Sequence[Layer], build: Build) -> list[Layer]:
    """The layers with the line and the stage of the instruction that made each.

    Layers and the target's steps are aligned from the last one backwards. Layers below those that fit are the base
    image's: they have no line and no stage. One in between that fits no step has the stage, but no line.

    Args:
        layers: of an image, lowest first.
        build: the Dockerfile that it is said to be made from.
    """
    if build.target is None:
        return list(layers)
    steps = [made for step in build.target.all_steps() if (made := _made(step)) is not None]
    pairs = _aligned([layer.instruction for layer in layers], steps)
    joined: list[Layer] = []
    stage = ""
    for number, layer in enumerate(layers):
        made = pairs.get(number)
        if made is None:
            joined.append(replace(layer, stage=stage))
            continue
        stage = made.step.stage.label
        notes = layer.notes
        if not made.is_same(layer.instruction):
            notes = (*notes, "the Dockerfile has another text here than the image was made from")
        joined.append(replace(layer, line=made.step.line, stage=stage, notes=notes))
    return joined


@dataclass(eq=False)
class _Made:
    """A step that makes a layer.

    Attributes:
        step: the step.
        kind: its keyword.
        words: its text as a history has it, in words.
        spelled: the same as buildah writes an exec form, () for others.
    """

    step: Step
    kind: str
    words: tuple[str, ...]
    spelled: tuple[str, ...] = ()

    def score(self, instruction: str) -> int | None:
        """How well a text of the history fits; None where it is of another instruction."""
        if self.is_same(instruction):
            return _SAME
        match = _KIND.match(instruction)
        if match is None or match[1] != self.kind:
            return None
        theirs = instruction.split()[1:]
        common = sum((Counter(self.words) & Counter(theirs)).values())
        likeness = 2 * common / max(1, len(self.words) + len(theirs))
        return _SIMILAR + int(_LIKENESS * likeness) if likeness >= _LEAST_LIKENESS else _DIFFERENT

    def is_same(self, instruction: str) -> bool:
        """Whether a text of the history is this step's."""
        match = _KIND.match(instruction)
        if match is None:
            # an exec form in the history of Docker's former builder
            return self.kind == "RUN" and tuple(instruction.split()) == self.words
        if match[1] != self.kind:
            return False
        text = instruction[match.end() :]
        theirs = tuple(text.split())
        if self.kind == "RUN":
            if self.spelled and theirs == self.spelled:
                return True
            at = len(theirs) - len(self.words)
            return at >= 0 and theirs[at:] == self.words and self._is_shell(theirs[:at])
        digested = _DIGESTED.fullmatch(text)
        if digested:
            return bool(self.words) and _same_place(digested[1], self.words[-1], self.step)
        return tuple(word for word in theirs if not word.startswith("--")) == self.words

    def _is_shell(self, words: tuple[str, ...]) -> bool:
        """Whether that is what a history has before a script: nothing, or a shell other than the usual one."""
        return not words or words == self.step.shell.argv or (words[-1][0] in "-/" and words[-1][-1] in "cC")


def _same_place(theirs: str, ours: str, step: Step) -> bool:
    if posixpath.normpath(theirs) == posixpath.normpath(ours):
        return True
    return (step.absolute(theirs) or theirs) == (step.absolute(ours) or ours)


def _made(step: Step) -> _Made | None:
    """The step as what a history says of it; None where it makes no layer."""
    instruction = step.instruction
    if isinstance(instruction, ast.Run):
        if instruction.json_form:
            words = " ".join(word.value for word in instruction.argv).split()
            return _Made(step, "RUN", tuple(words), tuple(instruction.rest.text.split()))
        text = instruction.rest.text if instruction.script is None else instruction.script.text
        return _Made(step, "RUN", tuple(text.split()))
    if isinstance(instruction, ast.FileInstruction):
        return _Made(step, instruction.keyword, tuple(_file_words(step, instruction)))
    if isinstance(instruction, ast.Workdir):
        written = instruction.rest.text
        path = step.path(written)
        return None if path == "/" else _Made(step, "WORKDIR", tuple((path or written).split()))
    return None


def _file_words(step: Step, instruction: ast.FileInstruction) -> Iterator[str]:
    for source in instruction.sources:
        if source.heredoc is not None:
            yield f"<<{source.heredoc.name}"
        else:
            yield from _expanded(step, source.word.value).split()
    yield from _expanded(step, instruction.destination.value).split()


def _expanded(step: Step, word: str) -> str:
    text = step.resolve(word).text
    return word if text is None else text


def _aligned(texts: Sequence[str], steps: Sequence[_Made]) -> dict[int, _Made]:
    """The step of each layer by the layer's number, where there is one.

    Both are walked from the last one backwards. Stopping costs nothing: the rest is the base image. A layer that no
    step made is all but impossible in between, a step without a layer is not: it may have changed no file.
    """
    # far more layers than steps: those at the bottom can only be the base image's
    below = max(0, len(texts) - 2 * len(steps) - 50)
    texts = texts[below:]
    layers, made = len(texts), len(steps)
    # best[i][j]: the score of the lowest i layers and the first j steps
    best = [[0] * (made + 1) for _ in range(layers + 1)]
    scores = [[step.score(text) for step in steps] for text in texts]
    for i in range(1, layers + 1):
        for j in range(1, made + 1):
            best[i][j] = max(score for score, _ in _moves(best, scores, i, j))
    pairs: dict[int, _Made] = {}
    i, j = layers, made
    while i and j and best[i][j]:
        move = next(move for score, move in _moves(best, scores, i, j) if score == best[i][j])
        if move == "pair":
            pairs[below + i - 1] = steps[j - 1]
        i -= move != "step"
        j -= move != "layer"
    return pairs


def _moves(best: list[list[int]], scores: list[list[int | None]], i: int, j: int) -> Iterable[tuple[int, str]]:
    score = scores[i - 1][j - 1]
    if score is not None:
        yield best[i - 1][j - 1] + score, "pair"
    yield best[i][j - 1] + _STEP_WITHOUT_LAYER, "step"
    yield best[i - 1][j] + _UNNAMED_LAYER, "layer"
    yield 0, "stop"
