"""Which directory a build is probably given: nothing in a Dockerfile says so, but its sources have to be there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from fairlead.analysis.cache import plain_sources
from fairlead.build.model import Build


def context_root(build: Build, directory: Path) -> Path:
    """The build context of a Dockerfile in a directory.

    It is the directory itself, unless no source of a COPY is there, and all of them are in a directory above it, within
    the git repository where it is in one: `docker build -f docker/Dockerfile .` is the only way to build such a file.
    """
    sources = {path for step, _, _, path in plain_sources(build) if path and step.stage.needed}
    if not sources or any(_is_there(directory, path) for path in sources):
        return directory
    for above in _above(directory):
        if all(_is_there(above, path) for path in sources):
            return above
    return directory


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
    """The directories above one, up to the top of its git repository."""
    place = directory.absolute()
    while not (place / ".git").exists() and place.parent != place:
        place = place.parent
        yield place


def _is_there(directory: Path, path: str) -> bool:
    return os.path.lexists(directory / path)
