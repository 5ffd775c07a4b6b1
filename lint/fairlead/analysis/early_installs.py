"""Dependency installs that stand below a COPY of more than they read, so that a change of any source repeats them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING

from fairlead.analysis.cache import WHOLE_CONTEXT, CommitCount, EarlyInstall
from fairlead.analysis.commits import takes
from fairlead.analysis.implicit_fetches import implicit_fetch, may_go_ahead
from fairlead.analysis.manifests import BESIDE, reading
from fairlead.analysis.packages import Operation
from fairlead.build.dockerignore import inside
from fairlead.build.model import Stage, Step
from fairlead.shell import unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context

_ENTRIES_LOOKED_AT = 200
_REQUIREMENTS = re.compile(r"(?:.*/)?(?:[^/]*(?:requirements|constraints)[^/]*|requirements[^/]*/.*)\.(?:txt|in|pip)")
# files that people give no extension
_NO_DIRECTORY = re.compile(
    r"(?:Makefile|makefile|Dockerfile|Containerfile|Gemfile|Pipfile|Procfile|Rakefile|LICEN[CS]E|VERSION|README)"
)
# what another order has to save
_SHARE_OF_COMMITS = 0.1
_SHARE_OF_REBUILDS = 0.2
# NuGet writes one only where a project asks for it
_LOCKED_ON_DEMAND = ("dotnet",)
_GIT_CHANGES = ("reset", "clean", "checkout", "switch", "restore", "apply", "submodule")
_PLACES = ("--working-dir", "--prefix", "--cwd", "--dir", "--directory", "--project", "-C")


def early_installs(models: Models, stage: Stage) -> Iterator[EarlyInstall]:
    """The installs of a stage that every change of the context repeats, the first of each COPY."""
    copies: list[tuple[Step, ast.FileInstruction, ast.Word]] = []
    installed: set[str] = set()
    for step in stage.steps:
        instruction = step.instruction
        if isinstance(instruction, ast.FileInstruction) and step.origin is None:
            copies.extend((step, instruction, source.word) for source in instruction.sources if source.heredoc is None)
        for install in _project_installs(models, step):
            name = install.manager.name
            if name not in installed:
                found = next(filter(None, (_early(models, *copy, install) for copy in copies)), None)
                if found is not None:
                    yield found
            installed.add(name)
        fetch = implicit_fetch(models, step) if copies else None
        if fetch is not None and fetch.operation.manager.name not in installed:
            installed.add(fetch.operation.manager.name)
            found = next(filter(None, (_early(models, *copy, fetch.operation, fetch.place) for copy in copies)), None)
            if found is not None and may_go_ahead(models.context, found):
                found.fetch = fetch.command
                found.manifests = tuple(path for path in found.manifests if fetch.reads(path))
                yield found


def _project_installs(models: Models, step: Step) -> list[Operation]:
    """The installs of a RUN that go by manifests, those left out that a test decides on."""
    if not isinstance(step.instruction, ast.Run):
        return []
    found = [operation for operation in models.operations(step) if operation.project]
    certain = {operation.manager.name for operation in found if not operation.command.conditional}
    counts = [operation.manager.name for operation in found]
    if _changes_sources(step):
        return []
    # one in each branch is certain enough
    return [one for one in found if one.manager.name in certain or counts.count(one.manager.name) > 1]


def _changes_sources(step: Step) -> bool:
    """Whether a RUN brings the sources into another state, so that an install above it would be lost or differ."""
    commands = [unwrap(command) for command in (step.script.commands if step.script is not None else ())]
    return any(one.name == "git" and one.args and one.args[0].value in _GIT_CHANGES for one in commands)


def _early(
    models: Models,
    copy: Step,
    instruction: ast.FileInstruction,
    source: ast.Word,
    install: Operation,
    place: str | None = None,
) -> EarlyInstall | None:
    """An install with a COPY that takes too much; None where that COPY does not, or where nothing would be saved."""
    context = models.context
    if not _takes_too_much(context, copy, instruction, source, install, place):
        return None
    directory = _project_directory(copy, source, install, place)
    directory = inside(_directory(copy, source)) if directory is None else directory
    named = [_in_context(copy, source, install, word.value) for word in install.manifests]
    known = [path for path in named if path is not None]
    reads = reading(install, context, directory, known) if context is not None else None
    if (reads is not None and reads.sources) or _takes_manifests_only(context, copy, source, install):
        return None
    commits = count_commits(models, copy, install)
    if commits is not None and not is_worth_it(commits):
        return None
    workspace = context is not None and _is_workspace(context, copy, source, directory, install)
    files = reads.files if reads is not None else ()
    if not files or (install.locked and install.manager.lockfiles and not _has_lockfile(files, install)):
        files = _usual_files(copy, source, install)
    return EarlyInstall(
        copy,
        source,
        install,
        files,
        workspace,
        commits,
        is_local=reads is not None and reads.local,
        script=reads.script if reads is not None else "",
        options=reads.options if reads is not None else "",
        has_lockfile=_has_lockfile(files, install) and reads is not None and bool(reads.files),
    )


def is_worth_it(count: CommitCount) -> bool:
    """Whether another order would have saved enough of the rebuilds."""
    saved = count.rebuilt - count.left
    return saved > 0 and saved >= _SHARE_OF_COMMITS * count.commits and saved >= _SHARE_OF_REBUILDS * count.rebuilt


def _has_lockfile(files: tuple[str, ...], install: Operation) -> bool:
    return bool(install.manifests) or any(posixpath.basename(path) in install.manager.lockfiles for path in files)


def _usual_files(copy: Step, source: ast.Word, install: Operation) -> tuple[str, ...]:
    """The files by which an install goes, for people, where they are not there to be looked at."""
    if install.manifests:
        return tuple(
            _in_context(copy, source, install, word.value) or posixpath.basename(word.value or word.text)
            for word in install.manifests
        )
    # they are elsewhere, or not there yet
    manager = install.manager
    locks = manager.lockfiles[:1] if install.locked or manager.name not in _LOCKED_ON_DEMAND else ()
    return (manager.manifests[0], *locks)


def _in_context(copy: Step, source: ast.Word, install: Operation, value: str | None) -> str | None:
    """The path in the build context of a file that a COPY brings; None where that is not known."""
    if value is None or (install.command.cwd is None and not value.startswith("/")):
        return None
    path = posixpath.normpath(posixpath.join(install.command.cwd or "/", value))
    destination = (copy.destination or "").rstrip("/")
    if copy.destination is None or not path.startswith(f"{destination}/"):
        return None
    return posixpath.normpath(posixpath.join(inside(_directory(copy, source)), path[len(destination) + 1 :]))


def _project_directory(copy: Step, source: ast.Word, install: Operation, place: str | None = None) -> str | None:
    """The directory of the build context that is where an install runs; None where a COPY does not bring it."""
    options = (*_PLACES, *(("-d",) if install.manager.name == "composer" else ()))
    place = place or install.options.value(*options) or "."
    found = _in_context(copy, source, install, f"{place}/x")
    return posixpath.dirname(found) if found is not None else None


def count_commits(models: Models, copy: Step, install: Operation) -> CommitCount | None:
    """How often the last commits would have repeated an install, and how often they changed its manifests.

    Args:
        models: the models of the build.
        copy: the COPY above it that takes too much.
        install: the install.
    """
    commits = models.commits
    if commits is None:
        return None
    above = list(install.step.stage.all_steps())
    taken = takes(above[: above.index(install.step) + 1])
    before = takes(above[: above.index(copy)])
    if taken is None or before is None:
        return None
    needs = _manifest_names(install)
    return CommitCount(
        len(commits),
        commits.count(taken),
        commits.count(lambda path: taken(path) and needs(path)),
        commits.count(lambda path: taken(path) and (needs(path) or before(path))),
    )


def _takes_manifests_only(context: Context | None, copy: Step, source: ast.Word, install: Operation) -> bool:
    """Whether all that is left of the source, as a .dockerignore may have it, are the manifests of the install."""
    start = context.lookup(_directory(copy, source)) if context is not None else None
    if context is None or start is None or start[1].kind != "directory":
        return False
    is_manifest = _manifest_names(install)
    files = list(islice(context.walk(start[0]), _ENTRIES_LOOKED_AT))
    if len(files) == _ENTRIES_LOOKED_AT:
        return False
    names = [path for path, entry in files if entry.kind != "directory"]
    return bool(names) and all(map(is_manifest, names))


def _is_workspace(context: Context, copy: Step, source: ast.Word, directory: str, install: Operation) -> bool:
    """Whether the project has parts with manifests of their own, or is such a part itself."""
    for place in dict.fromkeys((directory, inside(_directory(copy, source)))):
        for name, pattern in install.manager.workspace:
            for file, _ in context.listed(posixpath.join(place, name)).files[:1]:
                text = context.text(file)
                if text is not None and re.search(pattern, text):
                    return True
        if any(context.is_there(posixpath.join(place, lock)) for lock in install.manager.lockfiles):
            # what lies above has no say in a project with a lockfile of its own
            break
    return not install.manifests and _is_part_of_workspace(context, directory, install)


def _is_part_of_workspace(context: Context, directory: str, install: Operation) -> bool:
    """Whether a project without a lockfile of its own lies in a workspace that has one, and may be the context."""
    manager = install.manager
    if context.root is None or not manager.lockfiles:
        return False
    if any(context.is_there(posixpath.normpath(posixpath.join(directory, lock))) for lock in manager.lockfiles):
        return False
    from fairlead.analysis.context_root import says_above

    locked = any(says_above(context.root, lock, "") for lock in manager.lockfiles)
    return locked and any(says_above(context.root, name, pattern) for name, pattern in manager.workspace)


def _manifest_names(install: Operation) -> Callable[[str], bool]:
    """Whether a file is by its name one that an install reads; those of other parts of the project are, too."""
    manager = install.manager
    named = [posixpath.basename(word.pattern) for word in install.manifests]
    patterns = named or [*manager.manifests, *manager.lockfiles, *BESIDE.get(manager.name, ())]
    # requirement files may name one another
    by_kind = bool(named) and manager.name in ("pip", "uv")

    def is_manifest(path: str) -> bool:
        *directories, name = path.split("/")
        if by_kind and _REQUIREMENTS.fullmatch(path):
            return True
        return any(
            fnmatchcase(name, pattern) or (pattern.endswith("/") and pattern[:-1] in directories)
            for pattern in patterns
        )

    return is_manifest


def _directory(copy: Step, source: ast.Word) -> str:
    """The directory that a broad source is."""
    text = copy.resolve(source.value).text or ""
    return "." if WHOLE_CONTEXT.fullmatch(text) else text


def _takes_too_much(
    context: Context | None,
    copy: Step,
    instruction: ast.FileInstruction,
    source: ast.Word,
    install: Operation,
    place: str | None = None,
) -> bool:
    """Whether a COPY takes more than the manifests that an install reads: the whole context or a directory of it."""
    text = copy.resolve(source.value).text
    if text is None:
        return False
    if WHOLE_CONTEXT.fullmatch(text):
        return True
    if not _is_directory(context, text):
        return False
    siblings = {posixpath.basename(copy.resolve(other.word.value).pattern) for other in instruction.sources}
    destination = (copy.destination or "").rstrip("/")
    for word in install.manifests if destination else ():
        path = word.value and install.step.absolute(word.value)
        # the manifest lies below the destination and is not what is copied: the source is a directory that holds it
        if path and path.startswith(f"{destination}/") and posixpath.basename(path) not in siblings:
            return True
    return not install.manifests and _holds_project(context, copy, source, install, place)


def _is_directory(context: Context | None, text: str) -> bool:
    """Whether a source is a directory, by its name where the files are not known."""
    if "*" in text:
        return False
    found = context.lookup(inside(text)) if context is not None else None
    if found is not None:
        return found[1].kind == "directory"
    name = text.rstrip("/").rpartition("/")[2]
    return "." not in name and _NO_DIRECTORY.match(name) is None


def _holds_project(
    context: Context | None, copy: Step, source: ast.Word, install: Operation, place: str | None
) -> bool:
    """Whether a directory of the context has the manifest of an install that runs where it is copied to."""
    if context is None:
        return False
    directory = _project_directory(copy, source, install, place)
    names = context.names(directory) if directory is not None else ()
    return any(fnmatchcase(name, install.manager.manifests[0]) for name in names)
