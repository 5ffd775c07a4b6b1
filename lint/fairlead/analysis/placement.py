"""Where a file that a step sees in the image comes from in the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from fairlead.analysis.models import Models
from fairlead.build.context import Context, has_wildcard
from fairlead.build.dockerignore import inside
from fairlead.build.model import Origin, Stage, Step
from fairlead.syntax import ast

_DEPTH = 8
UNKNOWN_DIRECTORY = "/\0"
"""Stands for the working directory of a base image that sets none here."""


def working_directory(step: Step, cwd: str | None) -> str | None:
    """The directory that a command runs in, for `context_path`; None where it is not known.

    Args:
        step: the step.
        cwd: the command's directory as the shell layer knows it.
    """
    if cwd is not None:
        return cwd
    if step.workdir is not None or step.script is None:
        return None
    moves = any(command.name in ("cd", "pushd", "popd") for command in step.script.commands)
    return None if moves else UNKNOWN_DIRECTORY


def context_path(models: Models, step: Step, path: str) -> str | None:
    """The path in the build context of a file that a step sees.

    Args:
        models: the models, which know the context.
        step: the step.
        path: absolute in the image.

    Returns:
        The path of a file of the context, None where the file is not one, where a RUN may have written it, and where
        the context is not known.
    """
    context = models.context
    if context is None:
        return None
    return _Search(models, context).at(step, posixpath.normpath(path))


def text_at(models: Models, step: Step, path: str) -> str | None:
    """The text of the file of the build context that lies at a path of the image.

    Args:
        models: the models, which know the context.
        step: what looks: a RUN sees what stands above it and its own bind mounts, another step its whole stage.
        path: absolute; relative where the working directory of the base image holds, which is not known.

    Returns:
        None where `context_path` has none.
    """
    context = models.context
    if context is None:
        return None
    search = _Search(models, context)
    absolute = posixpath.normpath(posixpath.join(UNKNOWN_DIRECTORY, path))
    is_run = isinstance(step.instruction, ast.Run)
    found = search.at(step, absolute) if is_run else search.at_end(step.stage, absolute)
    return context.text(found) if found is not None else None


def names_copied(step: Step, directory: str | None) -> set[str] | None:
    """The names of the files that lie in a directory because COPYs and mounts name them one by one.

    Returns:
        None where a directory or a pattern is copied as well, so that nobody can tell without the context.
    """
    found: set[str] = set()
    for mount in step.mounts:
        if mount.type == "bind" and mount.target is not None and posixpath.dirname(mount.target) == directory:
            found.add(posixpath.basename(mount.target))
    for other in step.stage.steps_before(step):
        if not isinstance(other.instruction, ast.FileInstruction):
            continue
        destination = _destination(other, other.instruction)
        if directory is None or destination is None or _below(directory, destination) is None:
            if destination is not None and directory is not None and posixpath.dirname(destination) == directory:
                found.add(posixpath.basename(destination))
            continue
        for source in other.instruction.sources:
            name = posixpath.basename(source.word.value.rstrip("/"))
            may_be_several = has_wildcard(name) or "$" in name or "." not in name.strip(".")
            if source.heredoc is None and may_be_several and name not in _FILES_WITHOUT_DOT:
                return None
            found.add(name)
    return found


_FILES_WITHOUT_DOT = frozenset(("Gemfile", "Pipfile", "Makefile", "Rakefile", "LICENSE", "gradlew", "mvnw", "Procfile"))


def copy_sources(models: Models, context: Context, step: Step, path: str) -> Iterator[str]:
    """The paths from which a COPY or ADD may bring a file of the image.

    Args:
        models: the models.
        context: the build context.
        step: the COPY or ADD.
        path: the file, absolute and cleaned.

    Yields:
        Each from the root of what is copied: the context, a stage or an image.
    """
    if isinstance(step.instruction, ast.FileInstruction):
        yield from _Search(models, context).sources(step, step.instruction, path)


class _Search:
    def __init__(self, models: Models, context: Context) -> None:
        self._models = models
        self._context = context
        self._depth = 0

    def at(self, step: Step, path: str) -> str | None:
        """What a step sees: its mounts lie over the image."""
        for mount in reversed(step.mounts):
            if mount.target is None or mount.type in ("secret", "ssh"):
                continue
            rest = _below(path, mount.target.rstrip("/"))
            if rest is None:
                continue
            if mount.type != "bind":
                return None
            source = step.resolve(mount.syntax.source).text
            if source is None:
                return None
            return self._from(
                mount.origin, posixpath.join("/" + source.lstrip("/"), rest) if rest else "/" + source.lstrip("/")
            )
        return self._before(step.stage, step, path)

    def at_end(self, stage: Stage, path: str) -> str | None:
        """What a container of a stage sees."""
        return self._before(stage, None, path)

    def _before(self, stage: Stage, step: Step | None, path: str) -> str | None:
        """What lies at a path before a step, or at the end of a stage."""
        steps = stage.all_steps() if step is None else stage.steps_before(step)
        for earlier in reversed(list(steps)):
            if isinstance(earlier.instruction, ast.FileInstruction):
                found = self._copied(earlier, earlier.instruction, path)
                if found is not None:
                    return found
            elif isinstance(earlier.instruction, ast.Run) and self._writes(earlier, path):
                return None
        return None

    def _writes(self, step: Step, path: str) -> bool:
        """Whether a RUN writes the file, or clones or unpacks something around it."""
        for write in self._models.writes(step):
            if write.path is None:
                continue
            if write.path == path:
                return True
            if write.is_directory and write.kind == "clone" and path.startswith(f"{write.path}/"):
                return True
        return False

    def _from(self, origin: Origin | None, path: str) -> str | None:
        """What lies at a path of the context or of a stage."""
        if origin is None:
            if "\0" in path:
                # below the working directory of a base image, which is not known
                return None
            found = self._context.lookup(inside(path))
            return inside(path) if found is not None and found[1].kind == "file" else None
        if origin.stage is None or self._depth >= _DEPTH:
            return None
        self._depth += 1
        try:
            return self._before(origin.stage, None, posixpath.normpath(path))
        finally:
            self._depth -= 1

    def _copied(self, step: Step, copy: ast.FileInstruction, path: str) -> str | None:
        for candidate in self.sources(step, copy, path):
            found = self._from(step.origin, candidate)
            if found is not None:
                return found
        return None

    def sources(self, step: Step, copy: ast.FileInstruction, path: str) -> Iterator[str]:
        """See `copy_sources`."""
        destination = _destination(step, copy)
        rest = _below(path, destination) if destination is not None else None
        if rest is None:
            return
        for source in copy.sources:
            text = step.resolve(source.word.value).text
            if source.heredoc is None and text is not None and "://" not in text:
                yield from self._candidates(step, copy, text, rest, posixpath.basename(path))

    def _candidates(self, step: Step, copy: ast.FileInstruction, source: str, rest: str, name: str) -> Iterator[str]:
        """The paths, from the root of what is copied, that may become the file."""
        source = posixpath.normpath("/" + source.lstrip("/"))
        if isinstance(copy, ast.Copy) and copy.parents:
            yield "/" + rest
            return
        if has_wildcard(source):
            if step.origin is None:
                for found in self._matching(source):
                    kind = self._context.lookup(found)
                    if kind is not None and kind[1].kind == "directory":
                        yield posixpath.join("/" + found, rest)
                    elif posixpath.basename(found) == rest or not rest:
                        yield "/" + found
            elif "/" not in rest:
                yield posixpath.join(posixpath.dirname(source), name)
            return
        if rest:
            yield posixpath.join(source, rest)
        if posixpath.basename(source) == rest or not rest:
            yield source

    def _matching(self, pattern: str) -> list[str]:
        """The paths of the context that a pattern names, without what lies below them."""
        depth = inside(pattern).count("/") + 1
        found = {"/".join(path.split("/")[:depth]) for path, _ in self._context.listed(inside(pattern)).files}
        return sorted(found)


def _below(path: str, directory: str) -> str | None:
    """A path relative to a directory, "" for the directory itself; None where it is not in it."""
    if path == directory:
        return ""
    prefix = directory.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def _destination(step: Step, copy: ast.FileInstruction) -> str | None:
    if step.destination is not None:
        return step.destination.rstrip("/") or "/"
    text = step.resolve(copy.destination.value).text
    if text is None or step.workdir is not None:
        return None
    return posixpath.normpath(f"{UNKNOWN_DIRECTORY}/{text}")
