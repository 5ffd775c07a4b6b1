"""From syntax to the build model."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from fairlead.build.image import context_name, parse_image_reference
from fairlead.build.model import Build, Dependency, Mount, Origin, ShellSetting, Stage, State, Step, matches
from fairlead.build.scope import DEFAULT_PATH, PREDEFINED_ARGS, UNKNOWN, Resolved, Scope
from fairlead.knowledge.base_images import is_windows_image, working_directory
from fairlead.shell import Dialect, dialect_of, shell_options
from fairlead.syntax import ast
from fairlead.syntax.source import Token

_NOT_ENVIRONMENT = frozenset(("BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"))


class UnknownTarget(LookupError):
    """The target stage is not in the file; the message names the stages that are."""


def build(
    dockerfile: ast.Dockerfile,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    contexts: Mapping[str, object] | None = None,
) -> Build:
    """The build model of a file.

    Args:
        dockerfile: the syntax; instructions with problems are passed over.
        build_args: values given on the command line of the build.
        target: name or number of the stage to build; the last one by default.
        contexts: what stands in the place of stages and images, by the names that `context_name` gives: an image's
            reference, or anything else for a directory. A stage of such a name has no steps. What takes files from a
            directory has an `Origin` of kind `image` whose `resolved` is the name.

    Raises:
        UnknownTarget: where no stage has that name.
    """
    return _Builder(dockerfile, build_args or {}, target, contexts or {}).run()


class _Builder:
    def __init__(
        self,
        dockerfile: ast.Dockerfile,
        build_args: Mapping[str, str],
        target: str | None,
        contexts: Mapping[str, object],
    ) -> None:
        self._dockerfile = dockerfile
        self.build_args = build_args
        self._target = target
        self._contexts = contexts
        self.escape = dockerfile.escape
        self._stages: list[Stage] = []
        self._by_name: dict[str, Stage] = {}

    def run(self) -> Build:
        global_args, scope = self._globals()
        self._collect_stages(scope)
        for stage in self._stages:
            if not stage.replaced:
                self._fill(stage, scope)
        target = self._find_target()
        if target is not None:
            _mark_needed(target)
            for stage in target.lineage():
                stage.ships = True
        return Build(self._dockerfile, tuple(self._stages), global_args, scope, target, self.build_args)

    def _globals(self) -> tuple[tuple[ast.Arg, ...], Scope]:
        values: dict[str, str | None] = {**dict.fromkeys(PREDEFINED_ARGS), "TARGETSTAGE": self._target_name()}
        values.update({name: value for name, value in self.build_args.items() if name in values})
        scope = Scope(values, open=False)
        args = []
        for instruction in self._dockerfile.instructions:
            if isinstance(instruction, ast.From):
                break
            if not isinstance(instruction, ast.Arg):
                continue
            args.append(instruction)
            for pair in instruction.pairs:
                if pair.key in self.build_args:
                    scope = scope.with_value(pair.key, self.build_args[pair.key])
                elif pair.value is not None:
                    scope = scope.with_value(pair.key, scope.resolve(pair.value, self.escape).text)
                else:
                    scope = scope.with_declared(pair.key)
        return tuple(args), scope

    def _target_name(self) -> str:
        """The target as it was asked for, else the name of the last stage."""
        stages = [one for one in self._dockerfile.instructions if isinstance(one, ast.From)]
        last = stages[-1].name.value.lower() if stages and stages[-1].name is not None else ""
        return self._target or last or "default"

    def _collect_stages(self, scope: Scope) -> None:
        """All stages with their origins: a FROM sees only the stages above it."""
        for instruction in self._dockerfile.instructions:
            if not isinstance(instruction, ast.From):
                continue
            name = instruction.name.value.lower() if instruction.name else ""
            given = self._context(name, instruction.image.token) if name else None
            origin = given or self._base(instruction, scope)
            state = _EMPTY if self._is_directory(origin) else _initial_state(origin)
            stage = Stage(len(self._stages), instruction, name, origin, state)
            stage.replaced = given is not None
            for base in origin.stages:
                stage.dependencies.append(Dependency(base, "from", None, instruction.image.token))
            self._stages.append(stage)
            if name:
                self._by_name[name] = stage

    def _base(self, instruction: ast.From, scope: Scope) -> Origin:
        token = instruction.image.token
        resolved = scope.resolve(instruction.image.value, self.escape)
        if resolved.text is None or not resolved.text:
            stages = tuple(s for name, s in self._by_name.items() if resolved.names and matches(resolved.pattern, name))
            # a pattern that is nothing but a variable fits every stage: it says nothing
            bare = not resolved.pattern.strip(UNKNOWN)
            return Origin("unknown", token, resolved, stages=() if bare else stages)
        # the name of a stage is looked up exactly, in the lower case in which it was stored
        if resolved.text in self._by_name:
            return self._stage_origin(self._by_name[resolved.text], token, resolved)
        if resolved.text == "scratch":
            return Origin("scratch", token, resolved)
        return self._context(resolved.text, token) or Origin(
            "image", token, resolved, parse_image_reference(resolved.text)
        )

    def _context(self, name: str, token: Token) -> Origin | None:
        """The named context that stands for a name."""
        known = context_name(name) if self._contexts else ""
        if known not in self._contexts:
            return None
        given = self._contexts[known]
        text = given if isinstance(given, str) else known
        if text == "scratch":
            return Origin("scratch", token, Resolved(text, text))
        return Origin("image", token, Resolved(text, text), parse_image_reference(text))

    def _is_directory(self, origin: Origin) -> bool:
        """Whether it is a named context that is a directory."""
        given = self._contexts.get(origin.resolved.text or "") if origin.kind == "image" else None
        return given is not None and not isinstance(given, str)

    def _stage_origin(self, stage: Stage, token: Token, resolved: Resolved) -> Origin:
        """A stage, or what has taken its place."""
        if stage.replaced:
            return replace(stage.origin, token=token)
        return Origin("stage", token, resolved, stages=(stage,))

    def _find_target(self) -> Stage | None:
        if not self._stages or self._target is None:
            return self._stages[-1] if self._stages else None
        named = self._by_name.get(self._target.lower())
        if named is not None:
            return named
        if self._target.isdecimal() and int(self._target) < len(self._stages):
            return self._stages[int(self._target)]
        names = ", ".join(self._by_name) or "none of the stages has a name"
        raise UnknownTarget(f"target stage {self._target!r} could not be found (stages: {names})")

    def _fill(self, stage: Stage, global_scope: Scope) -> None:
        walk = _StageWalk(self, stage, global_scope)
        for instruction, trigger in self._instructions(stage):
            walk.add(instruction, trigger)

    def _instructions(self, stage: Stage) -> list[tuple[ast.Instruction, ast.Onbuild | None]]:
        found: list[tuple[ast.Instruction, ast.Onbuild | None]] = []
        base = stage.origin.stage
        if base is not None:
            deferred = [step.instruction for step in base.steps if step.trigger is None]
            found.extend((onbuild.child, onbuild) for onbuild in deferred if isinstance(onbuild, ast.Onbuild))
        current = -1
        for instruction in self._dockerfile.instructions:
            if isinstance(instruction, ast.From):
                current += 1
            elif current == stage.index and type(instruction) is not ast.Instruction:
                found.append((instruction, None))
        return found

    def copy_origin(self, flag: ast.Flag) -> Origin:
        """What the `--from` of a COPY names: a number, a stage of this file, or an image."""
        value = flag.value or ""
        if "$" in value[:-1]:
            # the builder refuses variables here
            return Origin("unknown", flag.value_token, Resolved(None, UNKNOWN))
        if value.isdecimal() and value.isascii():
            index = int(value)
            if index < len(self._stages):
                return self._stage_origin(self._stages[index], flag.value_token, Resolved(value, value))
            return Origin("unknown", flag.value_token, Resolved(value, value))
        return self.named_origin(value, flag.value_token)

    def named_origin(self, value: str, token: Token) -> Origin:
        """What the `from` of a mount names: a stage or an image, never a number."""
        resolved = Resolved(value, value)
        stage = self._by_name.get(value.lower())
        if stage is not None:
            return self._stage_origin(stage, token, resolved)
        if value == "scratch":
            return Origin("scratch", token, resolved)
        return self._context(value, token) or Origin("image", token, resolved, parse_image_reference(value))


class _StageWalk:
    """Walks a stage's instructions and carries what holds."""

    def __init__(self, builder: _Builder, stage: Stage, global_scope: Scope) -> None:
        self._builder = builder
        self._stage = stage
        self._globals = global_scope
        base = stage.origin.stage
        if base is not None:
            stage.end = replace(base.end, scope=base.end.scope.inherited())

    def add(self, instruction: ast.Instruction, trigger: ast.Onbuild | None) -> None:
        step = Step(self._stage, instruction, self._stage.end, self._builder.escape, trigger)
        self._stage.steps.append(step)
        match instruction:
            case ast.Env():
                self._set(scope=_after_env(step, instruction))
            case ast.Arg():
                self._set(scope=self._after_arg(instruction))
            case ast.Shell():
                self._set(shell=_shell_of(instruction))
            case ast.User():
                self._set(user=step.resolve(instruction.rest.text).text)
            case ast.Workdir():
                self._set(workdir=_workdir(step, instruction))
            case ast.Copy() if instruction.from_ is not None:
                step.origin = self._builder.copy_origin(instruction.from_)
                self._depend(step, step.origin, "copy")
            case ast.Run():
                step.mounts = tuple(self._mount(step, mount) for mount in instruction.mounts)

    def _set(self, **changes: Scope | ShellSetting | str | None) -> None:
        self._stage.end = replace(self._stage.end, **changes)  # type: ignore[arg-type]  # names and types match

    def _after_arg(self, instruction: ast.Arg) -> Scope:
        scope = self._stage.end.scope
        for pair in instruction.pairs:
            given = self._builder.build_args.get(pair.key)
            if pair.key in _NOT_ENVIRONMENT:
                continue
            if given is not None:
                scope = scope.with_value(pair.key, given)
            elif pair.value is not None:
                scope = scope.with_value(pair.key, scope.resolve(pair.value, self._builder.escape).text)
            elif pair.key in self._globals.values:
                scope = scope.with_value(pair.key, self._globals.values[pair.key])
            else:
                scope = scope.with_declared(pair.key)
        return scope

    def _mount(self, step: Step, mount: ast.Mount) -> Mount:
        type_ = step.resolve(mount.options.get("type", "bind")).text
        target = mount.target
        if not target and type_ == "secret":
            target = "/run/secrets/" + posixpath.basename(mount.options.get("id", "") or mount.source)
        origin = None
        if mount.from_:
            origin = self._builder.named_origin(mount.from_, mount.from_token)
            self._depend(step, origin, "mount")
        return Mount(mount, type_.lower() if type_ else None, step.path(target) if target else None, origin)

    def _depend(self, step: Step, origin: Origin, kind: Literal["copy", "mount"]) -> None:
        for stage in origin.stages:
            self._stage.dependencies.append(Dependency(stage, kind, step, origin.token))


def _initial_state(origin: Origin) -> State:
    """What an image gives a stage: its shell, and the working directory of well-known ones; no more is known."""
    if origin.kind == "scratch":
        return _EMPTY
    image = origin.image if origin.kind == "image" else None
    windows = image is not None and is_windows_image(*image)
    directory = (
        working_directory(image.short_name, image.tag) if image is not None and UNKNOWN not in image.tag else None
    )
    return State(Scope({}), _WINDOWS_SHELL if windows else _POSIX_SHELL, None, directory)


_POSIX_SHELL = ShellSetting(("/bin/sh", "-c"), Dialect.POSIX, frozenset())
_WINDOWS_SHELL = ShellSetting(("cmd", "/S", "/C"), Dialect.CMD, frozenset())
_PATH: dict[str, str | None] = {"PATH": DEFAULT_PATH}
_EMPTY = State(Scope(_PATH, image=_PATH, open=False), _POSIX_SHELL, "root", "/")
"""What holds where nothing is below: on scratch, and upon a directory."""


def _after_env(step: Step, instruction: ast.Env) -> Scope:
    # every value is expanded with the variables that hold before the instruction
    pairs = [(step.resolve(pair.key).text, step.resolve(pair.value or "").text) for pair in instruction.pairs]
    scope = step.scope
    for name, value in pairs:
        if name is not None:
            scope = scope.with_env(name, value)
    return scope


def _shell_of(instruction: ast.Shell) -> ShellSetting:
    argv = tuple(word.value for word in instruction.words)
    return ShellSetting(argv, dialect_of(argv[0]), shell_options(argv[1:]), instruction)


def _workdir(step: Step, instruction: ast.Workdir) -> str | None:
    text = step.resolve(instruction.rest.text).text
    if text is None:
        return None
    if step.shell.dialect in (Dialect.CMD, Dialect.POWERSHELL):
        # drive letters and backslashes: not a path that the rules reason about
        return None
    return step.absolute(text)


def _mark_needed(target: Stage) -> None:
    waiting = [target]
    while waiting:
        stage = waiting.pop()
        if not stage.needed:
            stage.needed = True
            waiting.extend(dependency.stage for dependency in stage.dependencies)
