"""Which directory a build is probably given: nothing in a Dockerfile says so, but its sources have to be there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from glob import escape
from pathlib import Path

from fairlead.analysis.cache import plain_sources
from fairlead.analysis.declared_context import declared_context
from fairlead.build.context import has_wildcard
from fairlead.build.dockerignore import inside
from fairlead.build.model import Build
from fairlead.syntax import ast


def context_root(build: Build, directory: Path) -> Path:
    """The build context of a Dockerfile in a directory.

    It is the directory itself, unless some source of a COPY is not there, and all of them are in a directory above it,
    within the git repository where it is in one: `docker build -f docker/Dockerfile .` is the only way to build such a
    file.
    Where the sources don't tell, since the whole context is copied, a Compose file or a workflow may; then patterns
    such as `package*.json`, of which one match is there in the context that is meant.
    """
    return context_place(build, directory)[0]


def context_place(build: Build, directory: Path) -> tuple[Path, str]:
    """See `context_root`: the directory, and what says so; "" for the Dockerfile's own."""
    paths = {path for step, _, _, path in plain_sources(build) if step.stage.needed}
    sources = paths - {""}
    patterns = set(_patterns(build))
    if not sources:
        found = _declared(build, directory) if paths else (directory, "")
        return found if found[1] or not patterns else _by_patterns(directory, patterns)
    if all(_is_there(directory, path) for path in sources):
        return directory, ""
    for above in _above(directory):
        if all(_is_there(above, path) for path in sources):
            return above, "where the sources of COPY are"
    return directory, ""


def _patterns(build: Build) -> Iterator[str]:
    """The sources of COPY and ADD that are patterns, such as `package*.json`: they are meant to match something."""
    for step in build.steps():
        if not isinstance(step.instruction, ast.FileInstruction) or step.origin is not None or not step.stage.needed:
            continue
        for source in step.instruction.sources:
            text = step.resolve(source.word.value).text
            if text is not None and source.heredoc is None and has_wildcard(text) and "://" not in text:
                yield inside(text)


def _by_patterns(directory: Path, patterns: set[str]) -> tuple[Path, str]:
    """The nearest directory where all patterns match, where nothing else tells.

    `docker/api` may be about `services/api` as well, where they match too: then nobody can tell.
    """
    for place in (directory, *_above(directory)):
        if not all(_matches(place, pattern) for pattern in patterns):
            continue
        if place is directory or _has_namesake(place, directory, patterns):
            break
        return place, "where the sources of COPY are"
    return directory, ""


def _has_namesake(place: Path, directory: Path, patterns: set[str]) -> bool:
    """Whether another directory of the same name, not far below a place, has matches of all patterns."""
    name = escape(directory.absolute().name)
    found = (other for depth in ("*/", "*/*/") for other in place.glob(f"{depth}{name}"))
    return any(
        other != directory.absolute() and all(_matches(other, pattern) for pattern in patterns) for other in found
    )


def _matches(directory: Path, pattern: str) -> bool:
    try:
        return next(directory.glob(pattern), None) is not None
    except (ValueError, OSError, NotImplementedError):
        return True


def _declared(build: Build, directory: Path) -> tuple[Path, str]:
    """What a file beside the Dockerfile, or above it in its repository, gives as the context."""
    # the last one is the top of the repository: without one nothing above belongs together
    above = [directory, *_above(directory)]
    if not (above[-1] / ".git").exists():
        above = [directory]
    found = declared_context(directory / Path(build.dockerfile.source.path).name, above)
    if found is None or not found[0].is_dir() or found[0] == directory.absolute():
        return directory, ""
    return found[0], f"as {os.path.relpath(found[1])} says"


def is_part(directory: Path) -> bool:
    """Whether a directory above it, in the same repository, has a .dockerignore: then that one may be the context."""
    return any((above / ".dockerignore").is_file() for above in _above(directory))


def says_above(directory: Path, name: str, pattern: str) -> bool:
    """Whether a directory above it, in the same repository, has a file of some name in which something stands.

    Args:
        directory: the directory.
        name: the file's name, which may be a pattern.
        pattern: what has to stand in it, as a regular expression.
    """
    for above in _above(directory):
        for file in above.glob(name):
            try:
                if re.search(pattern, file.read_text("utf-8", "replace")):
                    return True
            except OSError:
                continue
    return False


def _above(directory: Path) -> Iterator[Path]:
    """The directories above one, up to the top of its git repository; never the machine's own root."""
    place = directory.absolute()
    while not (place / ".git").exists() and place.parent != place.parent.parent:
        place = place.parent
        yield place


def _is_there(directory: Path, path: str) -> bool:
    return os.path.lexists(directory / path)
