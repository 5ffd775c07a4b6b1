"""`fairlead cache`: what the builder takes from its cache, and why not more."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairlead.analysis.advice import advise
from fairlead.analysis.cache import plain_sources
from fairlead.analysis.history import Replay
from fairlead.analysis.keys import BuildState, StepKey, compare, keys
from fairlead.analysis.timings import Costs, TimingsError, measure, weigh
from fairlead.build.builder import UnknownTarget, build
from fairlead.build.context import ChangedTree, Context, DirectoryTree, PartialTree, directory_context
from fairlead.build.dockerignore import DockerIgnoreError
from fairlead.build.early_log import EarlyLog
from fairlead.build.git import GitError, Repository
from fairlead.build.model import Build, Step
from fairlead.cli.build_input import (
    directories,
    in_words,
    missing,
    named_contexts,
    places,
    read_dockerfile,
    read_syntax,
    refuse_bad_patterns,
    replaced_stages,
    root_of,
)
from fairlead.cli.terminal import Problem, print_errors, print_report, progress_bar, write_page
from fairlead.reading import RunError
from fairlead.report import cache as report
from fairlead.syntax import ast
from fairlead.syntax.source import Source


@dataclass(frozen=True)
class CacheOptions:
    """What the command line of `fairlead cache` says.

    Attributes:
        dockerfile: the file.
        context: the build context; None for the directory that fits the file.
        named: named contexts, name to a directory or `docker-image://REFERENCE`.
        changed: files and directories of which to suppose that they change.
        before: a directory with the earlier state of the context.
        against: the commit with the earlier state.
        history: the number of commits to go through.
        html: where to write the page on the history.
        timings: the progress log of a build, for the seconds of the steps.
        build_args: build arguments of the later build.
        before_build_args: those of the earlier build; with `changed` it has those of the later one.
        target: the stage that is built.
        output_format: `text` or `json`.
        color: `auto`, `always` or `never`.
    """

    dockerfile: str
    context: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    before: str | None = None
    against: str | None = None
    history: int | None = None
    html: str | None = None
    timings: str | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    before_build_args: Mapping[str, str] | None = None
    target: str | None = None
    output_format: str = "text"
    color: str = "auto"


def cache(options: CacheOptions, early: EarlyLog | None = None) -> int:
    """Answer, print, and give the exit status.

    Args:
        options: what is asked.
        early: the log of the context with one commit more than `history`, where it has been begun already.
    """
    try:
        if options.history is not None:
            _print_history(options, options.history, early)
            return 0
        found = _answer(options)
        steps, compared, costs = found.steps, found.compared, None
        if options.timings is not None:
            costs = _costs(options.timings, found.model, [step.step for step in steps], found.notes)
        print_report(
            options.output_format,
            options.color,
            lambda: [report.document(steps, compared=compared, costs=costs)],
            lambda width: report.render(steps, compared=compared, costs=costs, width=width),
            found.notes,
        )
    except Problem as problem:
        print_errors([RunError(str(problem))])
        return 2
    print_errors(found.errors)
    return 2 if found.errors else 0


def _print_history(options: CacheOptions, count: int, early: EarlyLog | None) -> None:
    # what is made here is needed to the end: to look for garbage takes a fifth of the time
    gc.disable()
    missed: list[str] = []
    try:
        given = _given(options)
        # before the log, for which git may still be at work
        steps = [key.step for key in keys(BuildState(given.model, named=directories(given.contexts)))]
        costs = weigh(steps) if options.timings is None else _costs(options.timings, given.model, steps, missed)
        replay = Replay(
            given.root,
            given.dockerfile,
            count,
            build_args=options.build_args,
            target=options.target,
            contexts=given.contexts,
            early=early,
        )
        with progress_bar("commits") as progress:
            history = replay.history(progress)
        notes = [*given.notes, *_not_there(given.model, given.root), *history.notes, *missed]
        advice = advise(replay, given.model.dockerfile, costs) if history.commits else None
    except (DockerIgnoreError, GitError, OSError, UnknownTarget) as error:
        raise Problem(in_words(error)) from None
    if options.html is not None:
        from fairlead.report.cache_page import page

        write_page(options.html, page(history, costs, advice, dockerfile=options.dockerfile))
    print_report(
        options.output_format,
        options.color,
        lambda: [report.history_document(history, costs, advice)],
        lambda width: report.render_history(history, costs, advice, width=width),
        notes,
    )


@dataclass(frozen=True)
class _Given:
    """The build that is asked about, the directory of its context, and what is worth knowing of both."""

    root: Path
    dockerfile: Path
    contexts: dict[str, Context | str]
    model: Build
    notes: list[str]


def _given(options: CacheOptions) -> _Given:
    """What the command line names, read.

    Raises:
        Problem: the Dockerfile can't be read or built.
        UnknownTarget: no stage has the name of the target.
        OSError: a directory can't be read.
        DockerIgnoreError: neither can its .dockerignore.
    """
    root, dockerfile = places(options.dockerfile, options.context, options.named)
    syntax = read_dockerfile(options.dockerfile)
    contexts = named_contexts(options.named)
    model = build(syntax, options.build_args, options.target, contexts)
    refuse_bad_patterns(model)
    notes = replaced_stages(model, contexts)
    if options.context is None:
        root, taken = root_of(model, root)
        notes += taken
    return _Given(root, dockerfile, contexts, model, notes)


def _not_there(model: Build, root: Path) -> list[str]:
    """Notes on the sources that are not in the working tree: mostly the context is another directory."""
    paths = [path for step, _, _, path in plain_sources(model) if step.stage.needed]
    return [
        f"{path}: not in {root}, which is taken for the build context; --context names another"
        for path in dict.fromkeys(paths)
        if not os.path.lexists(root / path)
    ]


def _costs(path: str, model: Build, steps: Sequence[Step], notes: list[str]) -> Costs:
    """The seconds that a log says; what it does not say goes to the notes."""
    try:
        log = Path(path).read_text("utf-8", "replace")
    except OSError as error:
        raise Problem(in_words(error)) from None
    try:
        costs, missing = measure(log, model, steps)
    except TimingsError as error:
        raise Problem(f"{path}: {error}") from None
    if missing:
        lines = ", ".join(str(step.line) for step in missing)
        notes.append(
            f"{path}: no time for the steps at line {lines}, which count as no seconds: cached, or another build"
        )
    return costs


@dataclass(frozen=True)
class _Answer:
    """The steps, with verdicts where they are compared; what is worth knowing, and what could not be read."""

    steps: list[StepKey]
    model: Build
    compared: bool
    notes: list[str]
    errors: list[RunError]


def _answer(options: CacheOptions) -> _Answer:
    try:
        given = _given(options)
        earlier, later = _states(options, given)
    except (DockerIgnoreError, GitError, UnknownTarget, OSError) as error:
        raise Problem(in_words(error)) from None
    steps = keys(later) if earlier is None else compare(earlier, later)
    context, notes = later.context, given.notes
    if context is not None:
        gone = [source for step in steps for source, taken in step.files.items() if not taken.found]
        notes += [missing(context, source) for source in dict.fromkeys(gone)]
    unread: dict[str, str] = {}
    for state in (later, earlier or later):
        for held in (state.context, *state.named.values()):
            if held is not None:
                unread |= {
                    str((held.root or given.root) / path): f"can't be read: {why}"
                    for path, why in held.problems.items()
                }
    errors = [RunError(why, path) for path, why in sorted(unread.items())]
    return _Answer(steps, later.build, earlier is not None, notes, errors)


def _states(options: CacheOptions, given: _Given) -> tuple[BuildState | None, BuildState]:
    """The earlier state, where two are to be compared, and the later one."""
    root, dockerfile, contexts, model = given.root, given.dockerfile, given.contexts, given.model
    named = directories(contexts)

    def state(syntax: ast.Dockerfile, build_args: Mapping[str, str], context: Context) -> BuildState:
        return BuildState(build(syntax, build_args, options.target, contexts), context, named)

    syntax = model.dockerfile
    context = directory_context(root, dockerfile)
    before_args = options.before_build_args
    if options.changed:
        tree = ChangedTree(context.tree, [_inside(root, path) for path in options.changed])
        same = options.build_args if before_args is None else before_args
        return state(syntax, same, context), BuildState(model, replace(context, tree=tree), named)
    if options.before is not None:
        earlier = _in_directory(Path(options.before), root, dockerfile)
        earlier_state = state(
            read_dockerfile(str(earlier)), before_args or {}, directory_context(Path(options.before), earlier)
        )
        return earlier_state, BuildState(model, context, named)
    if options.against is not None:
        repository = Repository(root)
        commit = repository.commit(options.against)
        place, prefix = repository.relative(dockerfile), repository.relative(root)
        text = repository.read(commit, place)
        if text is None and (renames := repository.renames(place, commit)):
            place = renames[0].old
            text = repository.read(commit, place)
        if text is None:
            raise Problem(f"{place}: not in {options.against}")
        then = Context(repository.tree(commit, prefix), repository.dockerignore(commit, place, prefix))
        # what git ignores is not in the commit either: to call it new would be wrong more often than right
        now = PartialTree(DirectoryTree(root, as_git=True), repository.present(root))
        earlier_state = state(read_syntax(Source(place, text)), before_args or {}, then)
        return earlier_state, BuildState(model, replace(context, tree=now), named)
    earlier_or_none = None if before_args is None else state(syntax, before_args, context)
    return earlier_or_none, BuildState(model, context, named)


def _in_directory(directory: Path, root: Path, dockerfile: Path) -> Path:
    """The Dockerfile of an earlier state: where it is in the context, else by its name."""
    if not directory.is_dir():
        raise Problem(f"{directory}: the earlier state is no directory")
    try:
        place = dockerfile.resolve().relative_to(root.resolve())
    except ValueError:
        place = Path(dockerfile.name)
    if not (directory / place).is_file():
        raise Problem(f"{directory / place}: the earlier state has no Dockerfile there")
    return directory / place


def _inside(root: Path, path: str) -> str:
    """A path of the command line relative to the context; relative paths are tried from the working directory first."""
    for base in (Path.cwd(), root.resolve()):
        # links stay: a link of the context may be what changes
        absolute = Path(os.path.normpath(base / path))
        for top in (Path(os.path.normpath(root.absolute())), root.resolve()):
            if absolute.is_relative_to(top):
                found = absolute.relative_to(top).as_posix()
                return "" if found == "." else found
    raise Problem(f"{path}: not in the build context {root}")
