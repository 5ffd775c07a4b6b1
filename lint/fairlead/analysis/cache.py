"""Which steps a change rebuilds: the part of the cache model that needs no build context.

Source of the rules: BuildKit's solver (an ARG with a value is part of the environment of every RUN below it, used or
not; a COPY is keyed by the content of the files it takes; a rebuilt step rebuilds all below it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.cache_mounts import MissingMount, missing_mount
from fairlead.analysis.mentions import mentions, mentions_any
from fairlead.analysis.packages import Operation
from fairlead.build.dockerignore import IgnorePattern, inside
from fairlead.build.model import Build, Stage, Step
from fairlead.build.remote import parse_remote
from fairlead.build.scope import PREDEFINED_ARGS, PROXY_ARGS
from fairlead.knowledge.environment import (
    QUIET_COMMANDS,
    is_placeholder,
    is_read_by_tools,
    is_version,
    is_volatile,
)
from fairlead.knowledge.secrets import is_secret_name
from fairlead.shell import is_posix_like, unwrap
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

WHOLE_CONTEXT = re.compile(r"(?:\./?|/|\*|\./\*)")
"""The sources that are the whole build context."""


@dataclass(frozen=True)
class CommitCount:
    """What the last commits that touch the build context would have done to a step, as the Dockerfile stands now.

    Attributes:
        commits: the number of commits.
        rebuilt: of these, those that would have built it again.
        needed: of these, those that change what it needs.
        left: those that would build it again in the better order, too: a step above may have its own reasons.
    """

    commits: int
    rebuilt: int
    needed: int
    left: int


_FETCH_BY_THEMSELVES = ("go", "maven", "dotnet")


@dataclass(eq=False)
class EarlyInstall:
    """A dependency install below a COPY of much more than it reads.

    Attributes:
        copy: the COPY or ADD.
        source: the word of it that takes too much.
        install: the install.
        manifests: the paths of the files that it reads, those of them that are there where the context is known.
        is_workspace: the project has parts with manifests of their own, which the install reads as well.
        commits: what the last commits would have done, where the repository has enough of them.
        is_local: the manifests name other parts of the project, which it reads as well.
        script: what of the project's own it runs, such as the `postinstall` of package.json; "" for nothing.
        options: those with which it reads nothing but manifests; "" where it needs none.
        has_lockfile: a lockfile is among the manifests.
        fetch: where the install is a compiler that fetches by itself, the command that does so alone.
    """

    copy: Step
    source: ast.Word
    install: Operation
    manifests: tuple[str, ...]
    is_workspace: bool = False
    commits: CommitCount | None = None
    is_local: bool = False
    script: str = ""
    options: str = ""
    has_lockfile: bool = False
    fetch: str = ""


@dataclass(eq=False)
class LateInstall:
    """An install below a COPY of which it needs nothing.

    Attributes:
        install: the install.
        copy: the first COPY above it whose files change with the project's sources; it may be in a stage below.
        source: the word of it that names them.
        others: the other ones of the same stage between the two, which have to be moved with it.
        commits: what the last commits would have done; what another stage makes of them is taken to change with them.
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
        commits: the number of the last commits, and of those that have it built again; None where it is not known.
    """

    step: Step
    source: ast.Word
    stage: Stage
    destination: str
    files: tuple[str, ...]
    waiting: Operation
    costly: Step
    commits: tuple[int, int] | None = None


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
        changes: its value changes from build to build by its name, or it is a version that is given to the build.
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
        if not self._installs_below(stage):
            return []
        # most files need none of this, and its imports take as long as the check of one
        from fairlead.analysis.early_installs import early_installs

        return list(early_installs(self._models, stage))

    def late_installs(self, stage: Stage) -> Iterator[LateInstall]:
        """The installs of distribution packages of a stage that stand below sources of which they need nothing."""
        if not self._installs_below(stage):
            return
        # most files need none of this, and its imports take as long as the check of one
        from fairlead.analysis.late_installs import late_installs

        for late in late_installs(self._models, stage):
            from fairlead.analysis.early_installs import count_commits, is_worth_it
            from fairlead.analysis.late_installs import count_behind

            if late.copy.origin is None:
                late.commits = count_commits(self._models, late.copy, late.install)
            else:
                late.commits = count_behind(self._models, late)
            if late.commits is None or is_worth_it(late.commits):
                yield late

    def movable_copies(self, stage: Stage) -> Iterator[LateInstall]:
        """The installs of a stage below COPYs that change often, and may as well stand below them."""
        if not self._installs_below(stage):
            return iter(())
        from fairlead.analysis.movable_copies import movable_copies

        return movable_copies(self._models, stage)

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
            if isinstance(step.instruction, ast.FileInstruction):
                copied = copied or not from_stage or step.origin is not None
            elif copied and step.stage is stage and self._installs(step):
                return True
        return False

    def _installs(self, step: Step) -> bool:
        # these fetch what they miss whatever they are called for
        return isinstance(step.instruction, ast.Run) and any(
            operation.kind == "install" or operation.manager.name in _FETCH_BY_THEMSELVES
            for operation in self._models.operations(step)
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

    def early_arguments(self, stage: Stage) -> list[tuple[EarlyArgument, ...]]:
        """The ARGs of a stage that stand above package installs which do not use them, by the first of these."""
        found: dict[tuple[bool, Step], list[EarlyArgument]] = {}
        for at, step in enumerate(stage.steps):
            if isinstance(step.instruction, ast.Arg):
                for pair in step.instruction.pairs:
                    argument = self._argument(step, pair, stage.steps[at + 1 :])
                    if argument is not None and argument.rebuilt:
                        found.setdefault((argument.changes, argument.rebuilt[0][0]), []).append(argument)
        return [tuple(block) for block in found.values()]

    def _argument(self, step: Step, pair: ast.Pair, below: list[Step]) -> EarlyArgument | None:
        name = pair.key
        if name in PREDEFINED_ARGS or name.upper() in PROXY_ARGS or is_read_by_tools(name):
            return None
        if _is_of_base(step.stage, name):
            return None
        volatile = is_volatile(name)
        changes = (volatile or is_version(name)) and self._is_given(pair, counts=volatile)
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
            elif _takes_context(later):
                # what is below is repeated with every commit anyway
                return EarlyArgument(step, pair, tuple(rebuilt), later if uses else None, changes)
            elif uses and not isinstance(later.instruction, ast.Label):
                return EarlyArgument(step, pair, tuple(rebuilt), later, changes)
        return EarlyArgument(step, pair, tuple(rebuilt), None, changes)

    def _is_given(self, pair: ast.Pair, *, counts: bool) -> bool:
        """Whether the value of an ARG is given to each build, and is no default that people change now and then."""
        before = (one for arg in self._models.build.global_args for one in arg.pairs if one.key == pair.key)
        values = [one.value for one in (pair, *before) if one.value is not None]
        default = values[0].strip("\"'") if values else ""
        return is_placeholder(default) or (counts and default.isdecimal())

    def _costly(self, step: Step, *, any_language: bool) -> Operation | None:
        """The install of a RUN, of those that no variable of the build reaches."""
        for operation in self._models.operations(step):
            reached = operation.manager.kind == "language" and not any_language
            if operation.kind in ("install", "upgrade") and not reached and not operation.command.conditional:
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


def _takes_context(step: Step) -> bool:
    """Whether a COPY or ADD takes the whole build context."""
    copy = step.instruction
    if not isinstance(copy, ast.FileInstruction) or step.origin is not None:
        return False
    texts = (step.resolve(source.word.value).text for source in copy.sources if source.heredoc is None)
    return any(text is not None and WHOLE_CONTEXT.fullmatch(text) for text in texts)


def _is_of_base(stage: Stage, name: str) -> bool:
    """Whether the base image depends on an argument, so that a new value has everything built again anyway."""
    if re.match(r"BASE_?(?:IMAGE|TAG|VERSION)", name, re.IGNORECASE):
        return True
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
