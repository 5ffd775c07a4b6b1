"""Cache keys: what the builder compares before it takes a step from its cache, and which steps it would take.

The key of a step is a value with named parts. Two states of a build are compared as the builder's solver does it
(BuildKit's solver/edge.go and llbsolver/ops): a step is found in the cache when its own parts are equal and so is every
input: what it is built upon by its key, and files of another stage by that stage's key or by their content.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from fairlead.analysis.key_reasons import Reason, continued, explain
from fairlead.analysis.mount_keys import mount_keys
from fairlead.analysis.written_files import Ground, Taken, Write
from fairlead.build.context import Context, Selection, has_wildcard, split_pivot
from fairlead.build.dockerignore import clean
from fairlead.build.model import Build, Mount, Origin, Stage, Step
from fairlead.build.remote import RemoteReference, parse_remote
from fairlead.build.scope import UNKNOWN
from fairlead.syntax import ast

Verdict = Literal["cached", "rebuilt", "unknown"]

_ANY = "any"


@dataclass(frozen=True)
class BuildState:
    """A build with the files that it is given.

    Attributes:
        build: the build model, with its build arguments.
        context: the build context; None where it is not known.
        named: named contexts, which stand for images of their name.
    """

    build: Build
    context: Context | None = None
    named: Mapping[str, Context] = field(default_factory=dict)


@dataclass(eq=False)
class StepKey:
    """A step that makes a layer, with its key.

    Attributes:
        step: the step.
        parts: the named parts of its own, without those of what it is built upon.
        verdict: what became of it, seen from an earlier state.
        reasons: why it is not taken from the cache.
        files: what it takes from the context, by source.
        above: the step that it is built upon, None for the first of its lineage.
        takes_from: the last steps of the stages that it takes files from.
        before: the step of the build before that it continues, None where there is none.
        upon: the named context that it is built upon, as the first of its lineage.
        unread: what it takes that can't be read, so that nobody knows whether it is what it was.

    Builds in which nothing of a step is another one may have the same object.
    """

    step: Step
    parts: dict[str, str]
    verdict: Verdict = "rebuilt"
    reasons: tuple[Reason, ...] = ()
    files: dict[str, Selection] = field(default_factory=dict)
    above: StepKey | None = None
    takes_from: tuple[StepKey, ...] = ()
    before: StepKey | None = None
    upon: str = ""
    unread: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """The line of the instruction."""
        return self.step.line


@dataclass(eq=False)
class _Result:
    """What a vertex gives: its identity, and whether it is certain that it is the one, known or new."""

    id: str
    certain: bool = True


@dataclass(eq=False)
class _Source:
    """An input that is compared by key or by content."""

    result: _Result
    path: str
    content: str
    certain: bool

    def alternatives(self) -> list[str]:
        return [f"key:{self.result.id}:{self.path}", f"content:{self.content}"]

    def possible(self) -> list[str]:
        return self.alternatives() if self.certain else [*self.alternatives(), _ANY]


@dataclass(eq=False)
class _Walked:
    """A stage as far as it has been walked.

    Attributes:
        result: what it is now.
        last: its last step that makes a layer.
        settled: whether all of it is in the cache, as the build before found it there or left it.
        ground: its files.
        user: as USER says, "" without one.
        directory: as WORKDIR says, "" where the base image decides; not cleaned, as the builder has it.
    """

    result: _Result
    last: StepKey | None
    ground: Ground
    settled: bool
    user: str = ""
    directory: str = ""


@dataclass(eq=False)
class _Again:
    """A step that was found in the cache, to be taken as it is while nothing that it depends on is another one.

    Attributes:
        key: the step.
        above: the step that it was built upon, and the identity of what that gave.
        after: what its stage was behind it.
        stages: the stages that it takes files from, as they were.
    """

    key: StepKey
    above: tuple[StepKey | None, str]
    after: _Walked
    stages: Sequence[tuple[Stage, _Walked]]


@dataclass(eq=False)
class _Plan:
    """What the key of a step holds in every build of the same model.

    Attributes:
        parts: see `StepKey`, without `files`.
        digest: of all of them.
        mounts: the mounts of a RUN that show files, in the order of their targets, each with its source.
        script: the heredoc of a RUN that becomes a file.
        sources: the paths of a COPY, in the order of its sources; None for heredocs.
        write: what a COPY or WORKDIR does to the files of its stage.
        link: whether a COPY stands alone.
        exclude: the `--exclude` patterns of a COPY.
        parents: whether a COPY has `--parents`.
        again: what the step gave when it was found in the cache, on top of what was found there too.
    """

    parts: dict[str, str]
    mounts: tuple[tuple[Mount, str], ...] = ()
    script: str | None = None
    sources: tuple[str | None, ...] = ()
    write: Write = field(default_factory=lambda: Write(""))
    link: bool = False
    exclude: Sequence[str] = ()
    parents: bool = False
    digest: str = ""
    again: _Again | None = None

    def __post_init__(self) -> None:
        self.digest = _hash(*sorted(self.parts.items()))


_Key = tuple[object, ...]


class _Known:
    """What the cache holds: keys to the identity of what they give, and keys with inputs left open."""

    def __init__(self, builds: int = 0) -> None:
        self.builds = builds
        self.exact: dict[_Key, str] = {}
        self.loose: set[_Key] = set()

    def add(self, made: _Known) -> None:
        """Take in what a build has made; what was there before stays."""
        for name, identity in made.exact.items():
            self.exact.setdefault(name, identity)
        self.loose |= made.loose
        self.builds = made.builds


def keys(state: BuildState) -> list[StepKey]:
    """The steps that make layers, of all stages that the target needs, in the order of the file, with their keys."""
    return _Walk(state, _Known(), {}, {}).run()


def compare(before: BuildState, after: BuildState) -> list[StepKey]:
    """The steps of a build that comes after another one, each with its verdict and the reasons for it."""
    cache = Cache()
    cache.build(before)
    return cache.build(after)


class Cache:
    """A builder's cache: what has been built is found again."""

    def __init__(self) -> None:
        self._known = _Known()
        self._plans: dict[Step, _Plan] = {}
        self._bases: dict[Stage, str] = {}
        self._last: list[StepKey] = []

    def build(self, state: BuildState) -> list[StepKey]:
        """The steps of a build, each with its verdict and the reasons for it; then they are in the cache.

        The reasons name what differs from the build before. In the first one every step is rebuilt.
        """
        walk = _Walk(state, self._known, self._plans, self._bases)
        steps = walk.run()
        if self._last:
            continued(self._last, steps)
            explain(steps)
        self._known.add(walk.made)
        self._last = steps
        return steps


class _Walk:
    """Goes through one build, looking up what is known and noting what is made."""

    def __init__(self, state: BuildState, known: _Known, plans: dict[Step, _Plan], bases: dict[Stage, str]) -> None:
        self._state = state
        self._known = known
        self._plans = plans
        self._bases = bases
        # a step that stands in two stages is built once: it does not find itself
        self.made = _Known(known.builds + 1)
        self._stages: dict[Stage, _Walked] = {}
        # of the step that is walked: the stages that it takes files from, and whether all that it takes is known
        self._from: list[tuple[Stage, _Walked]] = []
        self._is_known = True

    def run(self) -> list[StepKey]:
        found: list[StepKey] = []
        for stage in self._state.build.stages:
            if stage.needed:
                found.extend(self._stage(stage))
        return found

    def _stage(self, stage: Stage) -> Iterator[StepKey]:
        walked = self._base(stage)
        self._stages[stage] = walked
        for step in stage.steps:
            key = self._step(step, walked)
            if key is not None:
                name = stage.root.resolved.text or ""
                if key.above is None and name in self._state.named:
                    key.upon = name
                yield key

    def _base(self, stage: Stage) -> _Walked:
        parent = stage.origin.stage
        if parent is not None and parent in self._stages:
            return replace(self._stages[parent])
        named = self._state.named.get(stage.origin.resolved.pattern)
        if named is not None:
            return self._directory(stage, named)
        identity = self._bases.get(stage)
        if identity is None:
            platform = stage.instruction.flag("platform")
            wanted = (platform.value or "") if platform else ""
            identity = _hash("base", stage.origin.kind, stage.origin.resolved.pattern, wanted)
            self._bases[stage] = identity
        self.made.exact[(identity,)] = identity
        # another image may hold the same files
        empty = stage.origin.kind == "scratch"
        known = (identity,) in self._known.exact
        ground = Ground(identity, known or empty, empty)
        return _Walked(_Result(identity), None, ground, known, directory="/" if empty else "")

    def _directory(self, stage: Stage, context: Context) -> _Walked:
        """A stage that is built upon a directory, which is another one for each build, whatever is in it."""
        result = _Result(_hash("directory", stage.origin.resolved.pattern, self.made.builds))
        write = Write("/", (Taken(context.select("/"), context),), identity=result.id)
        ground = Ground(result.id, certain=True, empty=True).with_write(write)
        return _Walked(result, None, ground, False, directory="/")

    def _step(self, step: Step, walked: _Walked) -> StepKey | None:
        """The key of an instruction that makes a layer; all others are free."""
        plan = self._plans.get(step)
        if walked.settled and plan is not None and plan.again is not None and self._is_as_it_was(plan.again, walked):
            after = plan.again.after
            walked.result, walked.ground, walked.last = after.result, after.ground, after.last
            walked.directory = after.directory
            return plan.again.key
        above = walked.last, walked.result.id
        self._from, self._is_known = [], True
        key = self._made(step, walked)
        if key is not None and walked.settled:
            walked.settled = key.verdict == "cached" and self._is_known and all(was.settled for _, was in self._from)
            if walked.settled:
                self._plans[step].again = _Again(key, above, replace(walked), self._from)
        return key

    def _is_as_it_was(self, again: _Again, walked: _Walked) -> bool:
        """Whether a step, and all that it depends on, is the one that was found in the cache."""
        last, identity = again.above
        # the first build of a step says that it is new, the others don't
        if last is not walked.last or identity != walked.result.id or again.key.before is None:
            return False
        context = self._state.context
        for taken in again.key.files.values():
            if context is None or not context.still_gives(taken):
                return False
        for stage, was in again.stages:
            now = self._stages[stage]
            if not now.settled or now.last is not was.last or now.result.id != was.result.id:
                return False
        return True

    def _made(self, step: Step, walked: _Walked) -> StepKey | None:
        match step.instruction:
            case ast.Run():
                return self._run(step, step.instruction, walked)
            case ast.Copy() | ast.Add():
                return self._copy(step, step.instruction, walked)
            case ast.Workdir():
                return self._workdir(step, step.instruction, walked)
            case ast.User():
                walked.user = step.resolve(step.instruction.rest.text).pattern
        return None

    def _run(self, step: Step, run: ast.Run, walked: _Walked) -> StepKey:
        plan = self._plans.get(step)
        if plan is None:
            plan = self._plans[step] = self._plan_run(step, run, walked)
        key = StepKey(step, plan.parts.copy(), above=walked.last)
        sources: list[_Source] = []
        contents: list[object] = [] if plan.script is None else [plan.script]
        for mount, path in plan.mounts:
            if mount.origin is not None:
                self._take(key, sources, contents, mount.origin, path, wildcards=False)
            else:
                contents.append([mount.target or "", self._select(key, sources, path, wildcards=False)])
        key.parts["files"] = repr(contents) if contents else ""
        walked.result = self._settle(key, plan, [walked.result], sources)
        walked.ground = Ground(walked.result.id, certain=key.verdict == "cached", empty=False)
        walked.last = key
        return key

    def _plan_run(self, step: Step, run: ast.Run, walked: _Walked) -> _Plan:
        argv = _argv(step, run)
        namespace = self._build_arg("BUILDKIT_CACHE_MOUNT_NS")
        hostname = self._build_arg("BUILDKIT_SANDBOX_HOSTNAME")
        mounts = mount_keys(step, walked.directory, namespace)
        parts = {
            "command": argv[-1],
            "shell": json.dumps(argv[:-1]),
            "environment": json.dumps(list(step.env.items())),
            "user": walked.user,
            "workdir": walked.directory,
            "mounts": json.dumps(mounts),
            "options": json.dumps([run.network, run.security, *run.flag_values("device"), hostname]),
        }
        script = _script(run)
        shown = (
            (mount, step.resolve(mount.syntax.source or "").pattern or "/")
            for mount in sorted(step.mounts, key=lambda mount: mount.target or "")
            if mount.type == "bind" or (mount.type == "cache" and mount.origin is not None)
        )
        return _Plan(parts, mounts=tuple(shown), script=None if script is None else _hash("text", script))

    def _build_arg(self, name: str) -> str:
        return self._state.build.build_args.get(name, "")

    def _workdir(self, step: Step, workdir: ast.Workdir, walked: _Walked) -> StepKey | None:
        text = step.resolve(workdir.rest.text).pattern
        # an absolute path is taken as it is written
        walked.directory = text if text.startswith("/") else clean(f"{walked.directory or UNKNOWN}/{text}")
        if walked.directory == "/":
            return None
        plan = self._plans.get(step)
        if plan is None:
            plan = self._plans[step] = self._plan_workdir(walked)
        key = StepKey(step, plan.parts.copy(), above=walked.last)
        walked.result = self._settle(key, plan, [walked.result], [])
        walked.ground = walked.ground.with_write(plan.write)
        walked.last = key
        return key

    def _plan_workdir(self, walked: _Walked) -> _Plan:
        path = clean(walked.directory)
        parts = {"command": path, "user": walked.user}
        epoch = self._build_arg("SOURCE_DATE_EPOCH") or self._state.build.global_scope.values.get("SOURCE_DATE_EPOCH")
        if epoch:
            # the time of the new directory
            parts["arguments"] = f"SOURCE_DATE_EPOCH={epoch}"
        return _Plan(parts, write=Write(path, owner=_owner(walked.user)))

    def _copy(self, step: Step, copy: ast.FileInstruction, walked: _Walked) -> StepKey:
        plan = self._plans.get(step)
        if plan is None:
            plan = self._plans[step] = _plan_copy(step, copy, walked)
        exclude, parents = plan.exclude, plan.parents
        key = StepKey(step, plan.parts.copy(), above=walked.last)
        sources: list[_Source] = []
        contents: list[object] = [digest for _, digest in plan.write.texts]
        taken: list[Taken] = []
        for path in plan.sources:
            if path is None:
                continue
            remote = parse_remote(path) if isinstance(copy, ast.Add) else None
            if isinstance(copy, ast.Add) and remote is not None:
                contents.append(_remote(path, remote, copy.checksum))
                taken.append(Taken(None))
                if contents[-1] is None:
                    sources.append(self._not_known(path))
            elif step.origin is None:
                contents.append(self._select(key, sources, path, exclude=exclude, parents=parents))
                taken.append(Taken(key.files.get(path), self._state.context))
            else:
                taken.append(self._take(key, sources, contents, step.origin, path, exclude=exclude, parents=parents))
        key.parts["files"] = repr(contents)
        result = self._settle(key, plan, [] if plan.link else [walked.result], sources)
        if plan.link:
            merged = f"merge {walked.result.id} {result.id}"
            walked.result = _Result(merged, walked.result.certain and result.certain)
        else:
            walked.result = result
        walked.ground = walked.ground.with_write(plan.write.of(taken, f"copy {result.id}", key.verdict == "cached"))
        walked.last = key
        return key

    def _not_known(self, path: str) -> _Source:
        """An input of which nobody can say whether it is what it was."""
        self._is_known = False
        fresh = _hash("not known", path, self.made.builds)
        return _Source(_Result(fresh), path, fresh, certain=False)

    def _select(
        self,
        key: StepKey,
        sources: list[_Source],
        path: str,
        *,
        exclude: Sequence[str] = (),
        parents: bool = False,
        wildcards: bool = True,
    ) -> str:
        if self._state.context is None or UNKNOWN in path:
            sources.append(self._not_known(path))
            return path
        selection = self._state.context.select(path, exclude=exclude, parents=parents, wildcards=wildcards)
        key.files[path] = selection
        return self._digest(key, sources, path, self._state.context, selection)

    def _digest(self, key: StepKey, sources: list[_Source], path: str, context: Context, selection: Selection) -> str:
        """The digest of a selection; where a file of it can't be read, that is an input of which nothing is known."""
        digest = selection.digest
        if context.problems:
            unread = context.unread(path, selection)
            if unread:
                key.unread += tuple(unread)
                sources.append(self._not_known(path))
        return digest

    def _take(
        self,
        key: StepKey,
        sources: list[_Source],
        contents: list[object],
        origin: Origin,
        path: str,
        *,
        exclude: Sequence[str] = (),
        parents: bool = False,
        wildcards: bool = True,
    ) -> Taken:
        """Files of another stage, a named context or an image."""
        stage = origin.stage
        if stage is None or stage not in self._stages:
            named = self._state.named.get(origin.resolved.pattern)
            if named is not None:
                # it may be on disk, and change
                self._is_known = False
                selection = named.select(path, exclude=exclude, parents=parents, wildcards=wildcards)
                contents.append(self._digest(key, sources, path, named, selection))
                return Taken(selection, named)
            contents.append("from")
            image = _hash("image", origin.resolved.pattern)
            sources.append(_Source(_Result(image), path, _hash(image, path), certain=False))
            return Taken(None)
        walked = self._stages[stage]
        self._from.append((stage, walked))
        if walked.last is not None:
            key.takes_from = (*key.takes_from, walked.last)
        ground = walked.ground
        found, unlisted, is_all = ground.select(path, exclude=exclude, parents=parents, wildcards=wildcards)
        if is_all:
            # by content alone, as if it came from a context
            contents.append(found.digest)
            return Taken(found, None)
        contents.append("from")
        under = "" if ground.empty else ground.identity
        place = clean("/" + path)
        content = _hash("content", under, place, [held.identity for held in unlisted], found.digest)
        certain = (ground.certain or ground.empty) and all(held.certain for held in unlisted)
        sources.append(_Source(walked.result, place, content, certain))
        return Taken(None)

    def _new(self, name: _Key) -> _Result:
        """What a step gives that the cache does not hold: a step of the same key, in another stage, gives the same."""
        return _Result(self.made.exact.get(name) or f"{self.made.builds}:{len(self.made.exact)}")

    def _settle(self, key: StepKey, plan: _Plan, parents: Sequence[_Result], sources: Sequence[_Source]) -> _Result:
        """Look the step up, note its keys, and give what it results in."""
        own = (plan.digest, key.parts.get("files", ""))
        above = tuple(parent.id for parent in parents)
        if not sources and (known := self._known.exact.get((own, above, ()))) is not None:
            key.verdict = "cached"
            return _Result(known)
        if not sources and all(parent.certain for parent in parents):
            result = self._new((own, above, ()))
            self.made.exact[own, above, ()] = result.id
            self.made.loose.update(((own, above, ()), (own, _ANY, ())))
            return result
        certain = [(own, above, given) for given in itertools.product(*(s.alternatives() for s in sources))]
        found = next((self._known.exact[name] for name in certain if name in self._known.exact), None)
        result = _Result(found) if found is not None else self._new(certain[0])
        for name in certain:
            self.made.exact[name] = result.id
        for given in itertools.product(*((*s.alternatives(), _ANY) for s in sources)):
            self.made.loose.update(((own, above, given), (own, _ANY, given)))
        if found is not None:
            key.verdict = "cached"
            return result
        if key.unread and (key.above is None or key.above.verdict != "rebuilt"):
            key.verdict = "unknown"
            result.certain = False
            return result
        if all(parent.certain for parent in parents) and all(source.certain for source in sources):
            return result
        # some input may be any that there was: has the step ever been built on such inputs?
        open_above = above if all(parent.certain for parent in parents) else _ANY
        possible = itertools.product(*(s.possible() for s in sources))
        if any((own, open_above, given) in self._known.loose for given in possible):
            key.verdict = "unknown"
            result.certain = False
        return result


def _plan_copy(step: Step, copy: ast.FileInstruction, walked: _Walked) -> _Plan:
    destination = _destination(step, copy)
    # with nothing below it there is nothing that --link could keep it apart from
    link = step.stands_alone and not (walked.ground.empty and not walked.ground.writes)
    parents = isinstance(copy, ast.Copy) and copy.parents
    chown, chmod = _chown(_flag(step, copy.chown)), _chmod(_flag(step, copy.chmod))
    unpacks = _unpacks(step, copy)
    keeps_git = isinstance(copy, ast.Add) and copy.keep_git_dir and _clones(step, copy)
    names = [_name(step, source, parents=parents) for source in copy.sources]
    heredocs = [source.heredoc for source in copy.sources if source.heredoc is not None]
    texts = [(heredoc.name, _hash("text", _body(step, heredoc))) for heredoc in heredocs]
    return _Plan(
        {
            "command": json.dumps([destination, names]),
            "options": json.dumps([chown, chmod, copy.exclude, parents, unpacks, keeps_git, link]),
        },
        sources=tuple(
            None if source.heredoc is not None else step.resolve(source.word.value).pattern for source in copy.sources
        ),
        write=Write(destination, texts=texts, owner=_owner(chown), mode=chmod, unpacks=unpacks),
        link=link,
        exclude=copy.exclude,
        parents=parents,
    )


def _argv(step: Step, run: ast.Run) -> list[str]:
    """The command as the builder hands it over, the shell included."""
    if run.json_form:
        return [word.value for word in run.argv] or [""]
    if _script(run) is not None:
        return [*step.shell.argv, f"/dev/pipes/{run.heredocs[0].name}"]
    if run.script_heredoc is not None:
        text = _chomped(run.heredocs[0])
    else:
        text = "\n".join([run.rest.text, *(heredoc.content for heredoc in run.heredocs)])
    return [*step.shell.argv, text]


def _script(run: ast.Run) -> str | None:
    """The heredoc that names its interpreter: it becomes a file, which is mounted."""
    if run.script_heredoc is None:
        return None
    text = _chomped(run.heredocs[0])
    return text if text.startswith("#!") else None


def _chomped(heredoc: ast.Heredoc) -> str:
    return re.sub(r"(?m)^\t+", "", heredoc.content) if heredoc.chomp else heredoc.content


def _body(step: Step, heredoc: ast.Heredoc) -> str:
    """The content of a heredoc that is copied."""
    text = _chomped(heredoc)
    return step.scope.resolve_text(text).pattern if heredoc.expand else text


def _name(step: Step, source: ast.FileSource, *, parents: bool) -> list[str]:
    """What the key says of a source besides its content."""
    if source.heredoc is not None:
        return [source.heredoc.name]
    path = step.resolve(source.word.value).pattern
    if not parents:
        return [posixpath.basename(clean("/" + path))]
    pivot, pattern = split_pivot(path)
    return [posixpath.basename(pivot), pattern, "" if has_wildcard(path) else f"{pivot}/{pattern}"]


def _unpacks(step: Step, copy: ast.FileInstruction) -> bool:
    """Whether local archives are unpacked."""
    if not isinstance(copy, ast.Add) or copy.unpack is not None:
        return isinstance(copy, ast.Add) and bool(copy.unpack)
    plain = (source for source in copy.sources if source.heredoc is None)
    return any(parse_remote(step.resolve(source.word.value).pattern) is None for source in plain)


def _clones(step: Step, copy: ast.Add) -> bool:
    """Whether a source is a repository."""
    remotes = (parse_remote(step.resolve(source.word.value).pattern) for source in copy.sources)
    return any(remote is not None and remote.kind == "repository" for remote in remotes)


def _flag(step: Step, flag: ast.Flag | None) -> str:
    return step.resolve(flag.value or "").pattern if flag is not None else ""


def _chmod(value: str) -> str:
    return f"{int(value, 8):o}" if re.fullmatch(r"[0-7]+", value) else value


def _chown(value: str) -> str:
    return ":".join(str(int(part)) if part.isdecimal() else part for part in value.split(":"))


def _owner(name: str) -> str:
    """A user as the owner of files; root's own name is in the files of the image, so it may be another."""
    return "" if name in ("0", "0:0") else name


def _destination(step: Step, copy: ast.FileInstruction) -> str:
    pattern = step.resolve(copy.destination.value).pattern
    path = step.destination
    if path is None:
        path = pattern if pattern.startswith("/") else f"{step.workdir or UNKNOWN}/{pattern}"
    return f"{path}." if pattern.endswith("/.") and path.endswith("/") else path


def _remote(path: str, remote: RemoteReference, checksum: str | None) -> list[str] | None:
    """The key of a remote source, None where it is not in the Dockerfile."""
    if remote.kind == "repository":
        return [path] if remote.is_commit or remote.checksum or checksum else None
    return [posixpath.basename(path), checksum] if checksum else None


def _hash(*values: object) -> str:
    return hashlib.sha256(repr(values).encode("utf-8", "surrogateescape")).hexdigest()[:32]
