"""What other files of a project say of a Dockerfile: the build context (Compose files, workflows), Compose's services.

Only pairs of keys that stand side by side are read, `context` with `dockerfile` or with `file`, as these files are
mostly written; what a variable decides is not known. Sources: the Compose specification (build: context, dockerfile:
relative to the context), and docker/build-push-action (context, file: relative to the top of the repository).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

_KEY = re.compile(
    r"(?P<key>context|dockerfile|file):[ \t]+(?P<value>\"[^\"]+\"|'[^']+'|[^\s#\"'&*|>{\[]\S*)[ \t]*(?:#.*)?"
)
_BUILD = re.compile(r"^[ \t]+build:[ \t]+[\"']?(?P<directory>[^\s\"'#{&*]+)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)
_SERVICES = re.compile(r"^services:[ \t]*(?:#.*)?$(?P<services>(?:\n(?:[ \t#].*)?)*)", re.MULTILINE)
_COMPOSE = ("compose*.y*ml", "docker-compose*.y*ml")
_MAX_BYTES = 1 << 20


def declared_context(dockerfile: Path, directories: Sequence[Path]) -> tuple[Path, Path] | None:
    """The build context that a file of the project names for a Dockerfile, and that file; None where none does.

    Args:
        dockerfile: the Dockerfile.
        directories: where Compose files may be: its own directory and those above it, the last one the top of the
            repository.
    """
    wanted = os.path.abspath(dockerfile)  # noqa: PTH100  # nothing is resolved
    for directory in directories:
        for file in (file for name in _COMPOSE for file in sorted(directory.glob(name))):
            for build in _builds(_text(file)):
                context = os.path.normpath(directory.absolute() / build.get("context", "."))
                if "dockerfile" in build and os.path.normpath(f"{context}/{build['dockerfile']}") == wanted:
                    return Path(context), file
    top = directories[-1].absolute()
    for file in sorted((top / ".github" / "workflows").glob("*.y*ml")):
        for build in _builds(_text(file)):
            if "file" in build and "context" in build and os.path.normpath(top / build["file"]) == wanted:
                return Path(os.path.normpath(top / build["context"])), file
    return None


def services(dockerfile: Path, directories: Sequence[Path]) -> Iterator[str]:
    """The services of Compose files that build a Dockerfile: what stands below their names.

    Args:
        dockerfile: the Dockerfile.
        directories: where Compose files may be.
    """
    wanted = os.path.abspath(dockerfile)  # noqa: PTH100  # nothing is resolved
    for directory in directories:
        for file in (file for name in _COMPOSE for file in sorted(directory.glob(name))):
            for service in _services(_text(file)):
                short = _BUILD.search(service)
                builds = [{"context": short["directory"]}] if short is not None else _builds(service)
                for build in builds:
                    context = os.path.normpath(directory.absolute() / build.get("context", "."))
                    if os.path.normpath(f"{context}/{build.get('dockerfile', 'Dockerfile')}") == wanted:
                        yield service


def _services(text: str) -> Iterator[str]:
    """The services of a Compose file, each with the lines that are further in than its name."""
    found = _SERVICES.search(text)
    if found is None or "build:" not in text:
        return
    lines = [line for line in found["services"].splitlines() if line.strip() and not line.lstrip().startswith("#")]
    starts = [at for at, line in enumerate(lines) if _indent(line) == _indent(lines[0])]
    for start, end in pairwise((*starts, len(lines))):
        yield "\n".join(lines[start + 1 : end])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _builds(text: str) -> Iterator[dict[str, str]]:
    """What stands side by side of the keys that count."""
    if "context:" not in text:
        return
    blocks: dict[int, dict[str, str]] = {}
    for line in text.split("\n"):
        given = line.lstrip(" ")
        content = given.lstrip("- ")
        if not content.strip() or content.startswith("#"):
            continue
        indent = len(line) - len(content)
        # what is further in has ended, and so has the item before in a list
        for done in [at for at in blocks if at > indent or (at == indent and given.startswith("- "))]:
            yield blocks.pop(done)
        found = _KEY.fullmatch(content.rstrip())
        if found is not None:
            value = found["value"].strip("\"'")
            # a name that no directory and no file has stands for what is not known
            blocks.setdefault(indent, {})[found["key"]] = "\0" if "$" in value or "://" in value else value
    yield from blocks.values()
