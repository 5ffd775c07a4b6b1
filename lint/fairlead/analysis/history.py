"""What the commits of a repository did to the build cache."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.analysis.keys import BuildState, Cache, StepKey
from fairlead.build.builder import UnknownTarget, build
from fairlead.build.context import Context
from fairlead.build.dockerignore import DockerIgnoreError
from fairlead.build.git import Change, Commit, GitError, Repository, dockerignore_paths, first_parent_log
from fairlead.build.model import Build
from fairlead.build.rolling import RollingContext
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


@dataclass(eq=False)
class StepHistory:
    """What became of a step over the commits.

    Attributes:
        key: the step as it is in the last commit.
        rebuilt: the number of commits that rebuilt it.
        unknown: the number of commits that may have.
        commits: the number of commits that it has been there for, the one that brought it left out.
        files: changed file to the number of commits in which it was the reason.
        parts: part of the key to the number of commits in which it was the reason.
    """

    key: StepKey
    rebuilt: int = 0
    unknown: int = 0
    commits: int = 0
    files: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)

    def add(self, key: StepKey) -> None:
        """Take in what a commit did."""
        self.key = key
        self.commits += 1
        self.rebuilt += key.verdict == "rebuilt"
        self.unknown += key.verdict == "unknown"
        if key.verdict == "rebuilt":
            self.parts.update({reason.part for reason in key.reasons})
            self.files.update({path for reason in key.reasons for path in reason.paths})


@dataclass(frozen=True)
class BuiltCommit:
    """A commit and the verdicts of its build, as seen from all builds before."""

    commit: Commit
    steps: tuple[StepKey, ...]


@dataclass(frozen=True)
class History:
    """The builds of a line of commits.

    Attributes:
        commits: the oldest first; the first one, which fills the cache, is left out.
        steps: the steps of the last commit, in the order of the file.
        notes: what is worth knowing, such as commits that were passed over.
    """

    commits: tuple[BuiltCommit, ...]
    steps: tuple[StepHistory, ...]
    notes: tuple[str, ...]


def rebuild_history(
    root: Path,
    dockerfile: Path,
    count: int,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    named: Mapping[str, Context] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> History:
    """Build the last commits that touch the build context one after the other, in thought.

    Args:
        root: the build context in a working tree of git.
        dockerfile: the Dockerfile there.
        count: the number of commits.
        build_args: build arguments of every build.
        target: the stage that is built.
        named: named contexts, which stay as they are.
        progress: told the number of commits done and of all.

    Raises:
        GitError: there is no repository or no commit, or the files lie outside.
    """
    replay = _Replay(root, dockerfile, build_args or {}, target, named or {})
    return replay.run(count, progress)


class _Replay:
    def __init__(
        self,
        root: Path,
        dockerfile: Path,
        build_args: Mapping[str, str],
        target: str | None,
        named: Mapping[str, Context],
    ) -> None:
        self._repository = Repository(root)
        self._place = self._repository.relative(dockerfile)
        self._prefix = self._repository.relative(root)
        self._build_args = build_args
        self._target = target
        self._named = named
        self._notes: list[str] = []
        self._ignores = dockerignore_paths(self._place, self._prefix)

    def run(self, count: int, progress: Callable[[int, int], None] | None) -> History:
        paths = [self._prefix, *(path for path in (self._place, self._ignores[0]) if not self._in_context(path))]
        commits = first_parent_log(self._repository, paths, count + 1)[::-1]
        if not commits:
            raise GitError(f"no commit touches {self._prefix or self._repository.root}")
        if len(commits) <= count and self._repository.is_shallow:
            self._notes.append("the clone is shallow: older commits are not there")
        first, *others = commits
        context = RollingContext(self._repository.tree(first.name, self._prefix))
        cache = Cache()
        model = self._open(first, context)
        last = cache.build(self._state(model, context)) if model is not None else []
        histories = {key: StepHistory(key) for key in last}
        built: list[BuiltCommit] = []
        for done, commit in enumerate(others, 1):
            context.roll(self._inside(commit.changes))
            touched = {change.path for change in commit.changes}
            if model is None or touched & {self._place, *self._ignores}:
                model = self._open(commit, context)
            if model is not None:
                steps = cache.build(self._state(model, context))
                following = {}
                for key in steps:
                    history = histories.get(key.before) if key.before is not None else None
                    if history is None:
                        history = StepHistory(key)
                    else:
                        history.add(key)
                    following[key] = history
                histories, last = following, steps
                built.append(BuiltCommit(commit, tuple(steps)))
            if progress is not None:
                progress(done, len(others))
        return History(tuple(built), tuple(histories[key] for key in last), tuple(self._notes))

    def _open(self, commit: Commit, context: RollingContext) -> Build | None:
        """The build model of a commit, None where there is nothing to build; its patterns of what is left out."""
        short = commit.name[:10]
        text = self._repository.read(commit.name, self._place)
        if text is None:
            self._notes.append(f"{short}: {self._place} is not there, the commit is passed over")
            return None
        syntax = parse(Source(self._place, text))
        if syntax.problems:
            self._notes.append(f"{short}: the builder refuses the file, the commit is passed over")
            return None
        try:
            model = build(syntax, self._build_args, self._target)
            ignore = self._repository.dockerignore(commit.name, self._place, self._prefix)
        except UnknownTarget:
            self._notes.append(f"{short}: there is no stage {self._target}, the commit is passed over")
            return None
        except DockerIgnoreError as error:
            self._notes.append(f"{error}, the commit is passed over")
            return None
        if ignore.patterns != context.ignore.patterns:
            context.ignore = ignore
            context.forget()
        return model

    def _state(self, model: Build, context: RollingContext) -> BuildState:
        return BuildState(model, context, self._named)

    def _in_context(self, path: str) -> bool:
        return not self._prefix or path.startswith(self._prefix + "/")

    def _inside(self, changes: tuple[Change, ...]) -> list[Change]:
        if not self._prefix:
            return list(changes)
        skip = len(self._prefix) + 1
        return [
            Change(change.path[skip:], change.before, change.after)
            for change in changes
            if self._in_context(change.path)
        ]
