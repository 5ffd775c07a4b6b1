"""Where a file of an image comes from: the build context, the text of a COPY, or what a RUN writes.

Follows COPY and ADD with the builder's rules for names, and the simple ways in which a RUN moves a file. What a base
image brings is not known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fairlead.analysis.effects import absolute
from fairlead.build.dockerignore import inside
from fairlead.build.model import Stage, Step
from fairlead.shell import Command, OptionSpec, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Source, Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context

_MOVERS = frozenset(("cp", "mv", "ln", "install"))
_MOVERS_AND_WRAPPERS = _MOVERS | {"sudo", "command", "busybox", "exec"}
_MOVER_VALUED = OptionSpec(frozenset(("-m", "--mode", "-o", "--owner", "-g", "--group", "-t", "--target-directory")))
_MAX_DEPTH = 6


@dataclass(eq=False)
class Provenance:
    """The text of a file of the image.

    Attributes:
        step: what brings it: a COPY, an ADD or a RUN.
        text: its content, with places in the Dockerfile or in `path`.
        path: the file in the build context, "" where the Dockerfile itself holds the text.
    """

    step: Step
    text: Token
    path: str


@dataclass(frozen=True)
class _Event:
    """Something that gives a path its content.

    Attributes:
        step: the step.
        path: what is written; "" for a COPY, which may write many.
        text: the text that is written; empty where it is not known.
        source: the path that is moved or linked to `path`, "" for a text.
    """

    step: Step
    path: str = ""
    text: Token | None = None
    source: str = ""


class ImageFiles:
    """The texts of the files that a finished stage has.

    Args:
        models: the models, which know the build context.
        stage: the stage.
    """

    def __init__(self, models: Models, stage: Stage) -> None:
        self._models = models
        self._events = {stage: _events(stage)}
        self._stage = stage
        self._texts: dict[str, Provenance | None] = {}

    def text(self, path: str) -> Provenance | None:
        """The text of the file at a path, absolute and cleaned.

        None where it is not known: the base image brings it, or a command whose doings are not read.
        """
        if path not in self._texts:
            # a script calls the same few programs again and again
            self._texts[path] = self._find(self._events[self._stage], path, 0)
        return self._texts[path]

    def _find(self, events: Sequence[_Event], path: str, depth: int) -> Provenance | None:
        if depth > _MAX_DEPTH:
            return None
        for at in range(len(events) - 1, -1, -1):
            event = events[at]
            if event.source:
                if path in (event.path, posixpath.join(event.path, posixpath.basename(event.source))):
                    return self._find(events[:at], _target_of(event, path), depth + 1)
            elif event.path:
                if path == event.path:
                    known = event.text is not None and len(event.text) > 0
                    return Provenance(event.step, event.text, "") if known and event.text is not None else None
            elif isinstance(event.step.instruction, ast.FileInstruction):
                found = self._copied(event.step, event.step.instruction, path, depth)
                if found is not None:
                    return found
        return None

    @cached_property
    def _context(self) -> Context:
        """The build context, an empty one where it is not known."""
        from fairlead.build.context import Context, MemoryTree

        return self._models.context or Context(MemoryTree({}))

    def _copied(self, step: Step, copy: ast.FileInstruction, path: str, depth: int) -> Provenance | None:
        destination = (step.destination or "").rstrip("/")
        for source in copy.sources:
            if source.heredoc is not None and path in (destination, f"{destination}/{source.heredoc.name}"):
                return Provenance(step, source.heredoc.body, "")
        if not _may_bring(step, path):
            return None
        # imported when a COPY may bring a script: most images start a program of the base image
        from fairlead.analysis.placement import copy_sources

        for candidate in copy_sources(self._models, self._context, step, path):
            found = self._at(step, candidate, depth)
            if found is not None:
                return found
        return None

    def _at(self, step: Step, path: str, depth: int) -> Provenance | None:
        """The text of a path of what a COPY copies from."""
        if step.origin is not None:
            stage = step.origin.stage
            if stage is None:
                return None
            if stage not in self._events:
                self._events[stage] = _events(stage)
            return self._find(self._events[stage], posixpath.normpath(path), depth + 1)
        name = inside(path)
        text = self._context.text(name)
        if text is None:
            return None
        source = Source(name, text.encode("utf-8", "surrogateescape"))
        return Provenance(step, Token.of_span(source, 0, len(source.text)), name)


def _may_bring(step: Step, path: str) -> bool:
    """Whether a path lies where a COPY writes."""
    destination = step.destination
    return destination is not None and _is_below(path, destination.rstrip("/") or "/")


def _events(stage: Stage) -> list[_Event]:
    """What gives files of a stage their content, in order."""
    found: list[_Event] = []
    for step in stage.all_steps():
        if isinstance(step.instruction, ast.FileInstruction):
            found.append(_Event(step))
        elif isinstance(step.instruction, ast.Run) and step.script is not None:
            for command in step.script.commands:
                found.extend(_written(step, command))
                found.extend(_moved(step, command))
    return found


def is_copied(steps: Iterable[Step], path: str, context: Context | None, *, directory: bool = False) -> bool:
    """Whether a COPY or ADD may bring a file, or files into a directory.

    Args:
        steps: the steps of a stage and of those below it.
        path: absolute and cleaned.
        context: the build context, None where it is not known: then the names of the sources decide.
        directory: whether `path` is a directory of which any file will do.
    """
    for step in steps:
        instruction = step.instruction
        destination = step.destination
        if destination is None or not isinstance(instruction, ast.FileInstruction):
            continue
        into = destination.endswith("/") or len(instruction.sources) > 1
        root = destination.rstrip("/") or "/"
        for source in instruction.sources:
            text = source.heredoc.name if source.heredoc is not None else step.resolve(source.word.value).text
            if text is None or step.origin is not None or "://" in text:
                if _is_below(path, root):
                    return True
                continue
            if source.heredoc is not None or _is_file(text, context):
                brought = posixpath.join(root, posixpath.basename(text)) if into or root == "/" else root
                if path == (posixpath.dirname(brought) if directory else brought):
                    return True
            elif _is_below(path, root) and _holds(inside(text), path[len(root.rstrip("/")) + 1 :], context, directory):
                return True
    return False


def _is_below(path: str, root: str) -> bool:
    return path == root or root == "/" or path.startswith(f"{root}/")


def _is_file(source: str, context: Context | None) -> bool:
    found = context.lookup(inside(source)) if context is not None else None
    if found is not None:
        return found[1].kind != "directory"
    name = posixpath.basename(source)
    return "." in name.strip(".") and not source.endswith("/") and not set(name) & set("*?[")


def _holds(source: str, inner: str, context: Context | None, directory: bool) -> bool:
    """Whether a directory that is copied holds a path: unless the context is known it may."""
    if context is None or set(source) & set("*?[") or context.lookup(source) is None:
        return True
    found = context.lookup(posixpath.join(source, inner))
    return found is not None and (not directory or found[1].kind == "directory")


def _written(step: Step, command: Command) -> Iterator[_Event]:
    """The files that a command writes; the text is known where it is a heredoc."""
    targets = [
        redirection.target.value
        for redirection in command.redirections
        if redirection.writes and redirection.target is not None and redirection.target.value
    ]
    is_tee = bool(command.words) and unwrap(command).name == "tee"
    if is_tee:
        targets += [word.value for word in command.args if word.value and not word.text.startswith("-")]
    if not targets:
        return
    bodies = [redirection.body for redirection in command.redirections if redirection.body is not None]
    text = bodies[0] if len(bodies) == 1 and (is_tee or unwrap(command).name == "cat") else None
    for target in targets:
        path = absolute(step, command, target)
        if path is not None:
            yield _Event(step, path, text)


def _moved(step: Step, command: Command) -> Iterator[_Event]:
    """The file that a command moves, copies or links."""
    if not command.words or (command.name or "").rpartition("/")[2] not in _MOVERS_AND_WRAPPERS:
        return
    invocation = unwrap(command)
    if invocation.name not in _MOVERS:
        return
    options = parse_options(invocation.args, _MOVER_VALUED)
    if len(options.operands) != 2 or options.has("-t", "--target-directory", "-d"):
        return
    source, target = (word.value for word in options.operands)
    to = absolute(step, command, target) if target else None
    if not source or to is None:
        return
    if invocation.name == "ln" and not source.startswith("/"):
        yield _Event(step, to, source=source)
        return
    path = absolute(step, command, source)
    if path is not None:
        yield _Event(step, to, source=path)


def _target_of(event: _Event, path: str) -> str:
    """What a moved or linked file was; a link's target is relative to the link: `ln -s usr/local/bin/x /` is common."""
    if event.source.startswith("/"):
        return event.source
    return "/" + posixpath.normpath(posixpath.join(posixpath.dirname(path), event.source)).lstrip("/")


def interpreter(text: str) -> str:
    """The program that a script's first line names, without directory; "" where it has none."""
    match = re.match(r"#!\s*(?:\S*/)?(?:env\s+(?:-S\s+)?)?(\S+)", text)
    return match[1].rpartition("/")[2] if match else ""
