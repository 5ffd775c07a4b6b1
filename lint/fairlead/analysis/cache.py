"""Which steps a change rebuilds: the part of the cache model that needs no build context.

Source of the rules: BuildKit's solver (an ARG with a value is part of the environment of every RUN below it, used or
not; a COPY is keyed by the content of the files it takes; a rebuilt step rebuilds all below it).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING

from fairlead.analysis.cache_mounts import MissingMount, missing_mount
from fairlead.analysis.mentions import mentions, mentions_any
from fairlead.analysis.packages import Operation
from fairlead.build.dockerignore import IgnorePattern, inside
from fairlead.build.model import Build, Stage, Step
from fairlead.build.remote import parse_remote
from fairlead.build.scope import PREDEFINED_ARGS, PROXY_ARGS
from fairlead.knowledge.environment import QUIET_COMMANDS, is_read_by_tools, is_version, is_volatile, verifies
from fairlead.knowledge.secrets import is_secret_name
from fairlead.shell import is_posix_like, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_ENTRIES_LOOKED_AT = 200
_REQUIREMENTS = re.compile(r"(?:.*/)?(?:[^/]*(?:requirements|constraints)[^/]*|requirements[^/]*/.*)\.(?:txt|in|pip)")
WHOLE_CONTEXT = re.compile(r"(?:\./?|/|\*|\./\*)")
"""The sources that are the whole build context."""


@dataclass(frozen=True)
class CommitCount:
    """What the last commits that touch the build context would have done to a step, as the Dockerfile stands now.

    Attributes:
        commits: the number of commits.
        rebuilt: of these, those that would have built it again.
        needed: of these, those that change what it needs.
    """

    commits: int
    rebuilt: int
    needed: int


@dataclass(eq=False)
class EarlyInstall:
    """A dependency install below a COPY of much more than it reads.

    Attributes:
        copy: the COPY or ADD.
        source: the word of it that takes too much.
        install: the install.
        manifests: the names of the files that it reads, those of them that are there where the context is known.
        is_workspace: the project has parts with manifests of their own, which the install reads as well.
        commits: what the last commits would have done, where the repository has enough of them.
    """

    copy: Step
    source: ast.Word
    install: Operation
    manifests: tuple[str, ...]
    is_workspace: bool = False
    commits: CommitCount | None = None


@dataclass(eq=False)
class LateInstall:
    """An install below a COPY of which it needs nothing.

    Attributes:
        install: the install.
        copy: the first COPY above it whose files change with the project's sources; it may be in a stage below.
        source: the word of it that names them.
        others: the other ones of the same stage between the two, which have to be moved with it.
        commits: what the last commits would have done, where the files come from the build context.
    """

    install: Operation
    copy: Step
    source: ast.Word
    others: tuple[Step, ...] = ()
    commits: CommitCount | None = None


@dataclass(eq=False)
class DetouredFile:
    """A COPY --from of files that the other stage has from the build context.

    Attributes:
        step: the COPY.
        source: the word that names them.
        stage: the other stage.
        destination: where it puts them, as written.
        files: their paths in the build context.
        waiting: the install below that has to wait for the other stage.
        costly: the last step of that stage that takes its time, and is built again whenever a source changes.
    """

    step: Step
    source: ast.Word
    stage: Stage
    destination: str
    files: tuple[str, ...]
    waiting: Operation
    costly: Step


@dataclass(eq=False)
class IgnoredSource:
    """A source of a COPY that is there, but left out of the build context.

    Attributes:
        step: the COPY or ADD.
        source: the word.
        path: the file or directory, relative to the context.
        pattern: the pattern that leaves it out.
        ignore_name: the name of the file in which the pattern stands.
    """

    step: Step
    source: ast.Word
    path: str
    pattern: IgnorePattern
    ignore_name: str


@dataclass(eq=False)
class EarlyArgument:
    """An ARG above steps that do not use it.

    Attributes:
        step: the ARG.
        pair: the one of its names.
        rebuilt: the steps that run again when its value changes, though they do not use it.
        first_use: the first step that names it; None for none.
        changes: by its name its value changes from build to build, or with every release.
    """

    step: Step
    pair: ast.Pair
    rebuilt: tuple[tuple[Step, Operation], ...]
    first_use: Step | None
    changes: bool


class CacheModel:
    """Answers about the cache; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def early_installs(self, stage: Stage) -> list[EarlyInstall]:
        """The installs of a stage that every change of the context repeats, the first of each COPY."""
        found: list[EarlyInstall] = []
        copies: list[tuple[Step, ast.Word]] = []
        installed: set[str] = set()
        for step in stage.steps:
            if isinstance(step.instruction, ast.FileInstruction) and step.origin is None:
                copies.extend((step, source.word) for source in step.instruction.sources if source.heredoc is None)
            for operation in self._models.operations(step) if isinstance(step.instruction, ast.Run) else ():
                if not operation.project:
                    continue
                broad = next(((c, w) for c, w in copies if takes_too_much(c, w, operation)), None)
                name = operation.manager.name
                if broad is not None and name not in installed and not self._takes_manifests_only(*broad, operation):
                    commits = self._commits(operation)
                    if commits is None or commits.needed < commits.rebuilt:
                        workspace = self._is_workspace(*broad, operation)
                        names = self._manifest_files(*broad, operation)
                        found.append(EarlyInstall(*broad, operation, names, workspace, commits))
                installed.add(name)
        return found

    def _manifest_files(self, copy: Step, source: ast.Word, install: Operation) -> tuple[str, ...]:
        """The files by which an install goes, for people."""
        manager, context = install.manager, self._models.context
        if install.manifests:
            return tuple(word.text.rpartition("/")[2] for word in install.manifests)
        place = context.lookup(_directory(copy, source)) if context is not None else None
        names = context.names(place[0]) if context is not None and place is not None else ()
        there, locks = (
            [name for pattern in patterns for name in names if fnmatchcase(name, pattern)]
            for patterns in (manager.manifests[:1], manager.lockfiles)
        )
        if there and (locks or not install.locked):
            return (*there, *locks)
        # they are elsewhere, or not there yet
        return (manager.manifests[0], *manager.lockfiles[:1])

    def _commits(self, install: Operation) -> CommitCount | None:
        """How often the last commits would have repeated an install, and how often they changed its manifests."""
        commits = self._models.commits
        if commits is None:
            return None
        from fairlead.analysis.commits import takes

        stage, step = install.step.stage, install.step
        above = list(stage.all_steps())
        taken = takes(above[: above.index(step) + 1])
        if taken is None:
            return None
        is_manifest = _manifest_names(install)
        return CommitCount(
            len(commits), commits.count(taken), commits.count(lambda path: taken(path) and is_manifest(path))
        )

    def late_installs(self, stage: Stage) -> Iterator[LateInstall]:
        """The installs of distribution packages of a stage that stand below sources of which they need nothing."""
        if not self._installs_below(stage):
            return
        # most files need none of this, and its imports take as long as the check of one
        from fairlead.analysis.late_installs import late_installs

        for late in late_installs(self._models, stage):
            if late.copy.origin is None:
                late.commits = self._commits(late.install)
            yield late

    def detoured_files(self, stage: Stage) -> Iterator[DetouredFile]:
        """The files that a stage takes from another one, although the build context has them."""
        if not self._installs_below(stage, from_stage=True):
            return iter(())
        from fairlead.analysis.stage_files import detoured_files

        return detoured_files(self._models, stage)

    def _installs_below(self, stage: Stage, *, from_stage: bool = False) -> bool:
        """Whether something is installed in a stage below a COPY, or one from another stage."""
        copied = False
        for step in stage.all_steps():
            if isinstance(step.instruction, ast.Copy):
                copied = copied or not from_stage or step.origin is not None
            elif copied and step.stage is stage and self._installs(step):
                return True
        return False

    def _installs(self, step: Step) -> bool:
        return isinstance(step.instruction, ast.Run) and any(
            operation.kind == "install" for operation in self._models.operations(step)
        )

    def missing_mount(self, step: Step) -> MissingMount | None:
        """What cache mount a RUN wants that installs a project's dependencies; None where it needs none."""
        return missing_mount(self._models, step)

    def linkable_copies(self, stage: Stage) -> Iterator[Step]:
        """The COPYs at the end of a stage that `--link` would keep in the cache."""
        from fairlead.analysis.links import linkable_copies

        return linkable_copies(stage, self._models.context)

    def ignored_sources(self) -> Iterator[IgnoredSource]:
        """The sources that a .dockerignore keeps from the builder although they are there: such a build fails."""
        for step, _, source, path in plain_sources(self._models.build):
            context = self._models.context
            pattern = context.ignore.reason(path) if context is not None else None
            if context is None or pattern is None:
                continue
            if context.is_there(path) and context.lookup(path) is None:
                yield IgnoredSource(step, source, path, pattern, context.ignore_name)

    def _takes_manifests_only(self, copy: Step, source: ast.Word, install: Operation) -> bool:
        """Whether all that is left of the source, as a .dockerignore may have it, are the manifests of the install."""
        context = self._models.context
        start = context.lookup(_directory(copy, source)) if context is not None else None
        if context is None or start is None or start[1].kind != "directory":
            return False
        is_manifest = _manifest_names(install)
        files = list(islice(context.walk(start[0]), _ENTRIES_LOOKED_AT))
        if len(files) == _ENTRIES_LOOKED_AT:
            return False
        names = [path for path, entry in files if entry.kind != "directory"]
        return bool(names) and all(map(is_manifest, names))

    def _is_workspace(self, copy: Step, source: ast.Word, install: Operation) -> bool:
        context = self._models.context
        if context is None:
            return False
        for name, pattern in install.manager.workspace:
            for file, _ in context.listed(f"{_directory(copy, source)}/{name}").files[:1]:
                text = context.text(file)
                if text is not None and re.search(pattern, text):
                    return True
        return not install.manifests and self._is_part_of_workspace(copy, source, install)

    def _is_part_of_workspace(self, copy: Step, source: ast.Word, install: Operation) -> bool:
        """Whether a project without a lockfile of its own lies in a workspace that has one, and may be the context."""
        context, manager = self._models.context, install.manager
        if context is None or context.root is None or not manager.lockfiles:
            return False
        directory = _directory(copy, source)
        if any(context.is_there(posixpath.normpath(f"{directory}/{lock}")) for lock in manager.lockfiles):
            return False
        from fairlead.analysis.context_root import says_above

        locked = any(says_above(context.root, lock, "") for lock in manager.lockfiles)
        return locked and any(says_above(context.root, name, pattern) for name, pattern in manager.workspace)

    def early_arguments(self, stage: Stage) -> list[EarlyArgument]:
        """The ARGs of a stage that stand above package installs which do not use them."""
        found = []
        for at, step in enumerate(stage.steps):
            if isinstance(step.instruction, ast.Arg):
                for pair in step.instruction.pairs:
                    argument = self._argument(step, pair, stage.steps[at + 1 :])
                    if argument is not None and argument.rebuilt:
                        found.append(argument)
        return found

    def _argument(self, step: Step, pair: ast.Pair, below: list[Step]) -> EarlyArgument | None:
        name = pair.key
        if name in PREDEFINED_ARGS or name.upper() in PROXY_ARGS or is_read_by_tools(name):
            return None
        if _is_of_base(step.stage, name):
            return None
        volatile = is_volatile(name)
        changes = volatile or is_version(name) or (is_secret_name(name) and not verifies(name))
        names = {name}
        rebuilt: list[tuple[Step, Operation]] = []
        for later in below:
            uses = mentions(later.instruction, names)
            if isinstance(later.instruction, ast.Env | ast.Arg):
                names |= {p.key for p in later.instruction.pairs if mentions_any(p.value or "", names)}
            elif isinstance(later.instruction, ast.Run):
                if uses or not self._is_transparent(later):
                    # what a program of its own reads is not known: the argument may be for it
                    return EarlyArgument(step, pair, tuple(rebuilt), later if uses else None, changes)
                costly = self._costly(later, any_language=volatile and not is_secret_name(name))
                if costly is not None:
                    rebuilt.append((later, costly))
            elif uses and not isinstance(later.instruction, ast.Label):
                return EarlyArgument(step, pair, tuple(rebuilt), later, changes)
        return EarlyArgument(step, pair, tuple(rebuilt), None, changes)

    def _costly(self, step: Step, *, any_language: bool) -> Operation | None:
        """The install of a RUN, of those that no variable of the build reaches."""
        for operation in self._models.operations(step):
            reached = operation.manager.kind == "language" and not any_language
            if operation.kind in ("install", "upgrade") and not reached:
                return operation
        return None

    def _is_transparent(self, step: Step) -> bool:
        """Whether all its commands are known not to read variables of the build behind our back."""
        script = step.script
        if script is None or not is_posix_like(script.dialect) or script.has_errors:
            return False
        managed = {id(operation.command) for operation in self._models.operations(step)}
        return all(
            id(command) in managed or not command.words or (unwrap(command).name or "?") in QUIET_COMMANDS
            for command in script.commands
        )


def _is_of_base(stage: Stage, name: str) -> bool:
    """Whether the base image depends on an argument, so that a new value has everything built again anyway."""
    return any(mentions_any(below.instruction.image.value, {name}) for below in stage.lineage())


def plain_sources(build: Build) -> Iterator[tuple[Step, ast.FileInstruction, ast.Word, str]]:
    """The sources of COPY and ADD that are paths of the build context, neither patterns nor URLs, with the path."""
    for step in build.steps():
        if not isinstance(step.instruction, ast.FileInstruction) or step.origin is not None:
            continue
        for source in step.instruction.sources:
            text = step.resolve(source.word.value).text
            if text is None or source.heredoc is not None or set("*?[") & set(text) or parse_remote(text) is not None:
                continue
            yield step, step.instruction, source.word, inside(text)


def _manifest_names(install: Operation) -> Callable[[str], bool]:
    """Whether a file is by its name one that an install reads; those of other parts of the project are, too."""
    manager = install.manager
    named = [posixpath.basename(word.pattern) for word in install.manifests]
    patterns = named or [*manager.manifests, *manager.lockfiles]
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


def takes_too_much(copy: Step, source: ast.Word, install: Operation) -> bool:
    """Whether a COPY takes more than the manifests that an install reads: the whole context or a directory of it."""
    text = copy.resolve(source.value).text
    if text is None:
        return False
    if WHOLE_CONTEXT.fullmatch(text):
        return True
    destination = (copy.destination or "").rstrip("/")
    if not destination:
        return False
    for word in install.manifests:
        path = word.value and install.step.absolute(word.value)
        # the manifest lies below the destination and is not what is copied: the source is a directory that holds it
        if path and path.startswith(f"{destination}/") and path.rpartition("/")[2] != text.rpartition("/")[2]:
            return "*" not in text and "." not in text.rstrip("/").rpartition("/")[2]
    return False
