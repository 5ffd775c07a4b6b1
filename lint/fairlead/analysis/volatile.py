"""What a build takes of its context that changes although no step needs it.

What tools write is named by .gitignore, and by the manifest of a project that uses the tool; whether it is there at the
moment does not matter, for it will be on every machine where people work.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.analysis.cache import plain_sources
from fairlead.analysis.context_root import is_part
from fairlead.analysis.context_use import VolatileContext
from fairlead.analysis.rebuilds import rebuilt_with
from fairlead.analysis.timings import weigh
from fairlead.build.dockerignore import inside
from fairlead.build.gitignore import IgnorePatterns
from fairlead.build.model import Step
from fairlead.knowledge.outputs import FOR_PEOPLE, PROJECT_FILES, WRITTEN_BY_TOOLS, Written
from fairlead.shell import UNKNOWN
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context

# what a test run leaves behind has steps built again, but does no harm in the image
_LITTLE = frozenset(("report", "cache"))
_COSTLY = 10
_BUILDS = 40
_COMMITS_WORTH = 3
_PROGRAMS = (".php", ".py", ".js", ".mjs", ".ts", ".rb", ".go", ".rs", ".pl")
_PROGRAM_BYTES = 200_000
_SHARE_WORTH = 0.1


def volatile_context(models: Models) -> Iterator[VolatileContext]:
    """The COPYs, ADDs and bind mounts of directories that take such files, above a step that takes its time."""
    context = models.context
    if context is None or (context.root is not None and not context.ignore.patterns and is_part(context.root)):
        return
    whole = models.context_use.whole_context()
    said = {useless.path for useless in models.context_use.useless_patterns()}
    for step, token, directory in _directories(models, context):
        if whole is not None and whole.step is step:
            continue
        again = _costly_with(models, step, partial(_is_in, context, directory))
        if again is None:
            continue
        written = {path: kind for path, kind in _written(models, context, step, directory) if path not in said}
        said.update(written)
        # .git changes with every commit: what else does not matter then
        sends_git = context.is_there(".git") and not context.ignore.ignores(".git/HEAD")
        people = not directory and not sends_git and bool(context.ignore.patterns)
        unneeded, saved = _for_people(models, context, step) if people else ((), None)
        if said.issuperset(unneeded):
            unneeded, saved = (), None
        own = _own_file(models, context, directory)
        own = "" if own in said else own
        said.update((*unneeded, own))
        if written or unneeded or own:
            harmful = not _LITTLE.issuperset(written.values())
            yield VolatileContext(step, token, again, tuple(written), harmful, unneeded, saved, own)


def _own_file(models: Models, context: Context, directory: str) -> str:
    """The path of the Dockerfile itself, where it is taken and no step names it; "" else."""
    path = models.build.dockerfile.source.path
    if context.root is not None:
        path = Path(os.path.relpath(Path(path).absolute(), context.root.absolute())).as_posix()
    inside_it = not path.startswith("..") and (not directory or path.startswith(f"{directory}/"))
    if not inside_it or not context.is_there(path) or context.ignore.ignores(path):
        return ""
    name = posixpath.basename(path)
    return "" if any(name in step.instruction.token.text for step in models.build.runs()) else path


def _directories(models: Models, context: Context) -> Iterator[tuple[Step, Token, str]]:
    """What takes a whole directory of the context, with the words that say so and the directory."""
    for step, copy, source, path in plain_sources(models.build):
        if step.stage.needed and not copy.exclude and not (isinstance(copy, ast.Copy) and copy.parents):
            found = context.lookup(path) if path else ("", None)
            if found is not None and (found[1] is None or found[1].kind == "directory"):
                yield step, source.token, found[0]
    for step in models.build.runs():
        for mount in step.mounts if step.stage.needed else ():
            text = step.resolve(mount.syntax.source or "/").text
            if mount.type == "bind" and mount.origin is None and text is not None:
                found = context.lookup(inside(text))
                if found is not None and found[1].kind == "directory":
                    yield step, mount.syntax.flag.token, found[0]


def _is_in(context: Context, directory: str, path: str) -> bool:
    """Whether a directory of the context has a file or directory, by its path in it; those not known may be there."""
    return bool(set("*?[" + UNKNOWN) & set(path)) or context.lookup(posixpath.join(directory, path)) is not None


def _costly_with(models: Models, step: Step, brings: Callable[[str], bool]) -> Step | None:
    """The step that takes longest among those that are built again with one."""
    candidates = [*rebuilt_with(models.build, step, brings), step]
    costs = weigh(candidates)
    costliest = max(candidates, key=lambda other: costs[other])
    return costliest if costs[costliest] >= _COSTLY else None


def _written(models: Models, context: Context, step: Step, directory: str) -> Iterator[tuple[str, str]]:
    """What tools write in a directory, .gitignore names and .dockerignore does not."""
    ignores = None
    found: set[str] = set()
    for written in WRITTEN_BY_TOOLS:
        path = posixpath.join(directory, written.name)
        if path in found or context.ignore.ignores(path) or context.ignore.ignores(f"{path}/x"):
            continue
        if any(pattern.exception and pattern.cleaned == path for pattern in context.ignore.patterns):
            # it is brought back on purpose, for another build it may be
            continue
        if not _is_used(context, directory, written) or _is_wanted(models, step, written):
            continue
        if ignores is None:
            ignores = GitIgnores(context, directory)
        if ignores.name(path):
            found.add(path)
            yield path, written.kind


def _is_used(context: Context, directory: str, written: Written) -> bool:
    """Whether the project in a directory uses the tool."""
    if not _says(context, directory, written.file, written.text):
        return False
    parts = directory.split("/") if directory and written.above else []
    return not any(_says(context, "/".join(parts[:count]), written.file, written.above) for count in range(len(parts)))


def _says(context: Context, directory: str, pattern: str, text: str) -> bool:
    """Whether a directory has a file of some name in which something stands."""
    files = [posixpath.join(directory, name) for name in context.names(directory) if fnmatchcase(name, pattern)]
    try:
        return any(not text or re.search(text, _text(context, file)) for file in files)
    except (OSError, KeyError):
        return False


def _text(context: Context, path: str) -> str:
    """The text of a file, whether it is part of the context or left out."""
    return context.tree.read(path).decode("utf-8", "replace")


def _is_wanted(models: Models, copy: Step, written: Written) -> bool:
    """Whether a step may need it from the context, or the image would have none without it."""
    name = re.compile(rf"(?<![\w.-]){re.escape(written.name)}(?![\w-])")
    for step in models.build.steps():
        if isinstance(step.instruction, ast.FileInstruction) and step.origin is None and step is not copy:
            sources = (step.resolve(source.word.value).pattern for source in step.instruction.sources)
            if any(name.search(source) for source in sources):
                return True
    below = [step for step in copy.stage.steps if isinstance(step.instruction, ast.Run) and step.line >= copy.line]
    if written.kind == "output":
        # else nothing in the image would make it, or not always
        return not any(weigh([step])[step] >= _BUILDS and not _is_conditional(step) for step in below)
    if written.kind == "packages":
        runs = [step for step in copy.stage.all_steps() if isinstance(step.instruction, ast.Run)]
        installs = any(
            operation.project and written.file in operation.manager.manifests
            for step in runs
            for operation in models.operations(step)
        )
        taken = any(
            name.search(source.word.value)
            for step in copy.stage.all_steps()
            if isinstance(step.instruction, ast.Copy) and step.origin is not None
            for source in step.instruction.sources
        )
        return not installs and not taken
    return any(name.search(step.instruction.token.text) for step in below)


def _is_conditional(step: Step) -> bool:
    """Whether a test decides on all programs of a RUN: `if [ "$CI" != true ]; then npm run build; fi`."""
    commands = step.script.commands if step.script is not None else ()
    decided = [command.conditional for command in commands if command.words and not command.condition]
    return any(decided) and all(decided)


class GitIgnores:
    """The .gitignore files that hold in a directory of the context: its own and those above it in the repository."""

    def __init__(self, context: Context, directory: str) -> None:
        self._patterns: list[tuple[str, IgnorePatterns]] = []
        parts = directory.split("/") if directory else []
        for count in range(len(parts) + 1):
            place = "/".join(parts[:count])
            try:
                text = _text(context, posixpath.join(place, ".gitignore"))
            except (OSError, KeyError):
                continue
            self._patterns.append((place, IgnorePatterns(text.splitlines())))
        self._above = list(_above(context.root)) if context.root is not None else []

    def name(self, path: str) -> bool:
        """Whether they name a directory or file, or all that is in it."""
        return self._names(path) or self._names(f"{path}/x")

    def _names(self, path: str) -> bool:
        found = None
        for prefix, patterns in self._above:
            found = _verdict(patterns, f"{prefix}{path}", found)
        for place, patterns in self._patterns:
            found = _verdict(patterns, path[len(place) :].lstrip("/"), found)
        return bool(found)


def _verdict(patterns: IgnorePatterns, path: str, before: bool | None) -> bool | None:
    verdict = patterns.verdict(path, directory=True)
    return before if verdict is None else verdict


def _above(root: Path) -> Iterator[tuple[str, IgnorePatterns]]:
    """The .gitignore files above a context, the outermost first, each with what leads from it to the context."""
    place, prefix = root.absolute(), ""
    found: list[tuple[str, IgnorePatterns]] = []
    while not (place / ".git").exists() and place.parent != place:
        prefix = f"{place.name}/{prefix}"
        place = place.parent
        try:
            text = (place / ".gitignore").read_text("utf-8", "surrogateescape")
        except OSError:
            continue
        found.append((prefix, IgnorePatterns(text.splitlines())))
    return iter(reversed(found) if (place / ".git").exists() else ())


def _for_people(models: Models, context: Context, step: Step) -> tuple[tuple[str, ...], tuple[int, int] | None]:
    """The files at the top for people alone, and how many of the last commits changed nothing else of what is taken."""
    text = models.build.dockerfile.source.text
    # a commit that changes it may have steps built again by itself
    own = _own_file(models, context, "")
    names = [
        name
        for name in context.names("")
        if name != own
        and any(fnmatchcase(name, pattern) for pattern in FOR_PEOPLE)
        and not context.ignore.ignores(name)
        and not context.ignore.ignores(f"{name}/x")
        and name not in text
    ]
    names = [name for name in names if not _is_mentioned(context, name)]
    commits = models.commits if names else None
    if commits is None:
        return (), None
    from fairlead.analysis.commits import takes

    above = list(step.stage.all_steps())
    taken = takes(above[: above.index(step) + 1])
    if taken is None:
        return (), None
    changed: set[str] = set()
    saved = 0
    for paths in commits.changed:
        tops = {path.partition("/")[0] for path in paths if taken(path)}
        if tops and tops <= set(names):
            saved += 1
            changed |= tops
    if saved < max(_COMMITS_WORTH, _SHARE_WORTH * len(commits)):
        return (), None
    found = tuple(name for name in names if name in changed)
    return ((), None) if _is_read(context, found) else (found, (saved, len(commits)))


def _is_read(context: Context, names: tuple[str, ...]) -> bool:
    """Whether a program at the top of the context names one of the files: it may show it to people."""
    programs = [file for file in context.names("") if posixpath.splitext(file)[1] in _PROGRAMS]
    texts = (context.text(file, _PROGRAM_BYTES) or "" for file in programs)
    return any(f"{quote}{name}{quote}" in text for text in texts for name in names for quote in "\"'")


def _is_mentioned(context: Context, name: str) -> bool:
    """Whether a file that says how the project is built names it."""
    return any(name in (context.text(file) or "") for file in PROJECT_FILES)
