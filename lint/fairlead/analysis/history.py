"""What the commits of a repository did to the build cache."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.analysis.keys import BuildState, Cache, StepKey
from fairlead.build.builder import UnknownTarget, build
from fairlead.build.context import Context
from fairlead.build.dockerignore import DockerIgnore, DockerIgnoreError
from fairlead.build.early_log import EarlyLog
from fairlead.build.git import GitError, Rename, Repository, dockerignore_paths
from fairlead.build.git_log import Change, Commit, first_parent_log
from fairlead.build.model import Build
from fairlead.build.rolling import RollingContext
from fairlead.syntax import ast
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


@dataclass(eq=False)
class StepHistory:
    """What became of a step over the commits.

    Attributes:
        key: the step as it is in the last commit.
        keys: the step as it was in each commit, the one that brought it included.
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
    keys: list[StepKey] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys.append(self.key)

    def add(self, key: StepKey) -> None:
        """Take in what a commit did."""
        self.key = key
        self.keys.append(key)
        self.commits += 1
        if key.verdict == "cached":
            return
        self.rebuilt += key.verdict == "rebuilt"
        self.unknown += key.verdict == "unknown"
        if key.verdict == "rebuilt" and len(key.reasons) == 1:
            self.parts[key.reasons[0].part] += 1
            self.files.update(key.reasons[0].paths)
        elif key.verdict == "rebuilt":
            # each once, in an order that is the same in every run
            self.parts.update(dict.fromkeys(reason.part for reason in key.reasons).keys())
            self.files.update(dict.fromkeys(path for reason in key.reasons for path in reason.paths).keys())


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


class Replay:
    """The last commits that touch a build context, to be built in thought.

    Args:
        root: the build context in a working tree of git.
        dockerfile: the Dockerfile there.
        count: the number of commits.
        build_args: build arguments of every build.
        target: the stage that is built.
        contexts: named contexts, which stay as they are: directories, and references of images.
        early: the log of the build context with one commit more than `count`, where it has been begun already.

    Raises:
        GitError: there is no repository or no commit, or the files lie outside.
    """

    def __init__(
        self,
        root: Path,
        dockerfile: Path,
        count: int,
        *,
        build_args: Mapping[str, str] | None = None,
        target: str | None = None,
        contexts: Mapping[str, Context | str] | None = None,
        early: EarlyLog | None = None,
    ) -> None:
        self._repository = Repository(root)
        self._place = self._repository.relative(dockerfile)
        self._prefix = self._repository.relative(root)
        self._build_args = build_args or {}
        self._target = target
        self._contexts = contexts or {}
        self._named = {name: given for name, given in self._contexts.items() if isinstance(given, Context)}
        self._notes: list[str] = []
        self._called(self._place)
        self._renames: dict[str, Rename] | None = None
        self._passed: dict[str, list[str]] = {}
        paths = [self._prefix, *(path for path in (self._place, self._ignores[0]) if not self._in_context(path))]
        if early is not None and (not early.is_of(root, count + 1) or len(paths) > 1):
            # the context is another directory, or the Dockerfile, or what it is read with, lies elsewhere
            early = None
        self._count = count
        self._coming = first_parent_log(self._repository, paths, count + 1, early)
        first = next(self._coming, None)
        if first is None:
            raise GitError(f"no commit touches {self._prefix or self._repository.root}")
        self._first = first
        self._others: list[Commit] = []
        # the text of the Dockerfile, where all commits have the same, and what they did to it
        self._done: tuple[bytes, tuple[StepHistory, ...]] | None = None

    def history(self, progress: Callable[[int, int], None] | None = None) -> History:
        """Build each commit after the one before it.

        Args:
            progress: told the number of commits done and of all.
        """
        context = self._context()
        model = self._open(self._first)
        same = model
        state = self._state(model, context) if model is not None else None
        track = _Track(state)
        built: list[BuiltCommit] = []
        submodules: Counter[str] = Counter()
        for done, commit in enumerate(self._all_others(), 1):
            touched = self._roll(context, commit)
            submodules.update(change.path for change in commit.changes if not change.ordinary and change.is_submodule)
            if state is None or touched & self._read_by_builder:
                same = None
                model = self._open(commit)
                state = self._state(model, context) if model is not None else None
            if state is not None:
                built.append(BuiltCommit(commit, tuple(track.build(state))))
            if progress is not None:
                progress(done, self._count)
        if len(self._others) < self._count and self._repository.is_shallow:
            self._notes.insert(0, "the clone is shallow: older commits are not there")
        for why, passed in self._passed.items():
            if len(passed) == 1:
                self._notes.append(f"{passed[0]}: {why}, the commit is passed over")
            else:
                self._notes.append(f"{passed[0]} to {passed[-1]}: {why}, {len(passed)} commits are passed over")
        for path, number in submodules.most_common():
            commits = f"{number} commits" if number > 1 else "1 commit"
            self._notes.append(f"{path}: a submodule, moved by {commits}; each move counts as a change of its files")
        if same is not None:
            self._done = same.dockerfile.source.data, track.histories
        return History(tuple(built), track.histories, tuple(self._notes))

    def of_builds(self, models: Sequence[Build]) -> list[tuple[StepHistory, ...]]:
        """What the commits would have done to each of some builds, had their files been there all the time.

        A commit that one cannot be built in, since files that it copies are not there yet, counts as any other.
        """
        if self._done is not None and [model.dockerfile.source.data for model in models] == [self._done[0]]:
            return [self._done[1]]
        context = self._context()
        states = [self._state(model, context) for model in models]
        tracks = [_Track(state) for state in states]
        for commit in self._all_others():
            self._roll(context, commit)
            for state, track in zip(states, tracks, strict=True):
                track.build(state)
        return [track.histories for track in tracks]

    def model(self, dockerfile: ast.Dockerfile) -> Build:
        """The build model of a file, with the arguments and the target of all builds.

        Raises:
            UnknownTarget: the file has no such stage.
        """
        return build(dockerfile, self._build_args, self._target, self._contexts)

    def last_context(self) -> Context:
        """The files of the last commit."""
        last = [self._first, *self._all_others()][-1].name
        return Context(
            self._repository.lazy_tree(last, self._prefix),
            self._repository.dockerignore(last, self._place, self._prefix),
        )

    def _all_others(self) -> Iterator[Commit]:
        """The commits behind the first, the oldest first; git may still be at work."""
        yield from self._others
        for commit in self._coming:
            self._others.append(commit)
            yield commit

    def _called(self, place: str) -> None:
        """Take the Dockerfile for having this name."""
        self._now = place
        self._ignores = dockerignore_paths(place, self._prefix)
        self._read_by_builder = {place, *self._ignores}

    def _follow(self) -> dict[str, Rename]:
        """The commits that give the Dockerfile another name."""
        if self._renames is None:
            self._renames = {}
            if self._repository.read(self._first.name, self._place) is None:
                found = self._repository.renames(self._place, self._first.name)
                self._renames = {rename.commit: rename for rename in found}
                self._notes += [f"{rename.commit[:10]}: {rename.old} becomes {rename.new}" for rename in found]
        return self._renames

    def _context(self) -> RollingContext:
        self._called(next((rename.old for rename in self._follow().values()), self._place))
        ignore = self._ignore(self._first) or DockerIgnore(())
        return RollingContext(self._repository, self._first.name, self._prefix, ignore)

    def _roll(self, context: RollingContext, commit: Commit) -> set[str]:
        """Go on to a commit; the files that it touches."""
        context.roll(commit.name, self._inside(commit.changes))
        touched = {change.path for change in commit.changes}
        rename = self._follow().get(commit.name)
        if rename is not None:
            self._called(rename.new)
        if rename is not None or touched & set(self._ignores):
            context.leave_out(self._ignore(commit) or context.ignore)
        return touched

    def _ignore(self, commit: Commit) -> DockerIgnore | None:
        try:
            return self._repository.dockerignore(commit.name, self._now, self._prefix)
        except DockerIgnoreError:
            return None

    def _open(self, commit: Commit) -> Build | None:
        """The build model of a commit, None where there is nothing to build."""
        text = self._repository.read(commit.name, self._now)
        if text is None:
            self._pass_over(commit, f"{self._now} is not there")
            return None
        syntax = parse(Source(self._now, text))
        if syntax.problems:
            self._pass_over(commit, "the builder refuses the file")
            return None
        try:
            model = self.model(syntax)
            self._repository.dockerignore(commit.name, self._now, self._prefix)
        except UnknownTarget:
            self._pass_over(commit, f"there is no stage {self._target}")
            return None
        except DockerIgnoreError as error:
            self._pass_over(commit, str(error))
            return None
        return model

    def _pass_over(self, commit: Commit, why: str) -> None:
        self._passed.setdefault(why, []).append(commit.name[:10])

    def _state(self, model: Build, context: RollingContext) -> BuildState:
        return BuildState(model, context, self._named)

    def _in_context(self, path: str) -> bool:
        return not self._prefix or path.startswith(self._prefix + "/")

    def _inside(self, changes: tuple[Change, ...]) -> Sequence[Change]:
        if not self._prefix:
            return changes
        skip = len(self._prefix) + 1
        return [change._replace(path=change.path[skip:]) for change in changes if self._in_context(change.path)]


class _Track:
    """A builder's cache along the commits, and what became of each step."""

    def __init__(self, state: BuildState | None) -> None:
        self._cache = Cache()
        self._steps = self._cache.build(state) if state is not None else []
        self._histories = {key: StepHistory(key) for key in self._steps}

    @property
    def histories(self) -> tuple[StepHistory, ...]:
        return tuple(self._histories[key] for key in self._steps)

    def build(self, state: BuildState) -> list[StepKey]:
        self._steps = self._cache.build(state)
        following = {}
        for key in self._steps:
            # where nothing is new, the key is that of the commit before
            history = self._histories.get(key)
            if history is None and key.before is not None:
                history = self._histories.get(key.before)
            if history is None:
                history = StepHistory(key)
            else:
                history.add(key)
            following[key] = history
        self._histories = following
        return self._steps
