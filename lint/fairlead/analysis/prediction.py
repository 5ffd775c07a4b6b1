"""The layers that a build will make, worked out without building: an abstract file system carried through all steps.

Exact where everything is known; else a figure says that it is an estimate, or that it is only the part that is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fairlead.analysis import (
    archive_commands,
    file_commands,
    filter_commands,
    find_commands,
    install_commands,
    mode_commands,
    text_commands,
)
from fairlead.analysis.commands import Handler, Interpreter
from fairlead.analysis.contents import Confidence, Layer, with_waste
from fairlead.analysis.copies import Copier, builder_owner, directory_of, file_of
from fairlead.analysis.filesystem import (
    REST,
    Difference,
    Directory,
    File,
    Filesystem,
    Node,
    Owner,
    Unknown,
    cause_of,
    difference,
    is_rest,
)
from fairlead.analysis.image_accounts import Accounts
from fairlead.build.context import Context
from fairlead.build.model import Build, Mount, Stage, Step
from fairlead.build.remote import parse_remote
from fairlead.build.sent import sent
from fairlead.shell import is_posix_like
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

HANDLERS: dict[str, Handler] = {
    **file_commands.HANDLERS,
    **mode_commands.HANDLERS,
    **find_commands.HANDLERS,
    **filter_commands.HANDLERS,
    **text_commands.HANDLERS,
    **archive_commands.HANDLERS,
    **install_commands.HANDLERS,
}
"""Every program whose effects are understood."""

# files that the builder mounts while a RUN runs: what is written into them is in no layer
_MOUNTED_IN_ETC = frozenset(("resolv.conf", "hosts", "hostname"))
# what a RUN finds in an image without them, and leaves behind
_MOUNT_POINTS = ("/dev", "/proc", "/sys")
_MOUNTED_BY_THE_BUILDER = frozenset(f"etc/{name}" for name in _MOUNTED_IN_ETC)


@dataclass(eq=False)
class PredictedLayer(Layer):
    """A layer of a build that has not been made.

    Attributes:
        step: the instruction.
        causes: path to the words that add, change or delete it, or a directory above it.
        unpacked: the archives and package files that it unpacks or installs, with the words that say so.
        moved: what it moves, and where to, each absolute, in the order in which it does it.
        deletes_unknown: it deletes something of which it is not known what.
    """

    step: Step = field(kw_only=True)
    causes: Mapping[str, Token] = field(kw_only=True)
    unpacked: tuple[tuple[str, Token], ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    deletes_unknown: bool = False

    def cause(self, path: str) -> Token:
        """The words that add, change or delete a path."""
        return cause_of(self.causes, path) or self.step.instruction.token


@dataclass(eq=False)
class _End:
    """A stage at its end: its files, the accounts that it has made, and the layers of its lineage."""

    root: Directory
    users: dict[str, tuple[Owner, Owner]]
    layers: tuple[PredictedLayer, ...]


class Prediction:
    """The layers of a build's stages.

    Args:
        models: the build with what its steps do; its context is the build context.
        named: named contexts, by name.
    """

    def __init__(self, models: Models, named: Mapping[str, Context] | None = None) -> None:
        self._models = models
        self._named = named or {}
        self._ends: dict[Stage, _End] = {}

    @cached_property
    def layers(self) -> tuple[PredictedLayer, ...]:
        """The layers of the target and of the stages that it is built upon, lowest first, with what they waste.

        The base image's are not among them: nothing is known of them.
        """
        build = self._models.build
        if build.target is None:
            return ()
        lineage = {build.target}
        for stage in reversed(build.stages):
            if stage in lineage and stage.origin.stage is not None:
                lineage.add(stage.origin.stage)
        for stage in build.stages:
            if stage.needed:
                # of any other stage only the files count, and those that nothing looks at are never listed
                self._ends[stage] = self._stage(stage, layered=stage in lineage)
        found = self._ends[build.target].layers
        with_waste(found)
        return found

    @cached_property
    def _context(self) -> Context | None:
        """The build context as it arrives."""
        context = self._models.context
        if context is None:
            return None
        sources: list[str] = []
        for step in (step for stage in self._models.build.stages if stage.needed for step in stage.steps):
            named = [mount.syntax.source or "" for mount in step.mounts if mount.type == "bind" and not mount.origin]
            if isinstance(step.instruction, ast.FileInstruction) and step.origin is None:
                named = [source.word.value for source in step.instruction.sources if source.heredoc is None]
            for text in named:
                path = step.resolve(text).text
                if path is None:
                    return context
                if parse_remote(path) is None:
                    sources.append(path)
        return sent(context, sources)

    def files(self, stage: Stage) -> Filesystem | None:
        """The files of a stage at its end; None for a stage that the target does not need."""
        if not self.layers and stage not in self._ends:
            return None
        end = self._ends.get(stage)
        return Filesystem(end.root) if end is not None else None

    def _stage(self, stage: Stage, *, layered: bool) -> _End:
        parent = stage.origin.stage
        layers: tuple[PredictedLayer, ...] = ()
        users: dict[str, tuple[Owner, Owner]] = {}
        if parent is not None and parent in self._ends:
            end = self._ends[parent]
            root, users, layers = end.root, dict(end.users), end.layers
        elif stage.origin.kind == "scratch":
            root = Directory()
        elif (given := self._named.get(stage.origin.resolved.pattern)) is not None:
            root = directory_of(given, "")
        else:
            root = Directory(open=True)
        files = Filesystem(root)
        accounts = Accounts(files, users)
        made = [layer for step in stage.steps for layer in self._step(step, files, accounts, layered=layered)]
        return _End(files.snapshot(), users, (*layers, *made))

    def _step(self, step: Step, files: Filesystem, accounts: Accounts, *, layered: bool) -> Iterator[PredictedLayer]:
        before = files.snapshot()
        unknown: list[str] = []
        supposed: list[str] = []
        stored: list[str] = []
        interpreter: Interpreter | None = None
        match step.instruction:
            case ast.Run():
                interpreter = self._interpreter(step, files, accounts)
                self._run(step, interpreter)
                interpreter.settle()
                unknown, supposed = interpreter.unknown, interpreter.supposed
            case ast.Copy() | ast.Add():
                copier = Copier(files, step, accounts)
                stages = {stage: end.root for stage, end in self._ends.items()}
                copier.run(step.instruction, self._context, self._named, stages)
                unknown, supposed, stored = copier.unknown, copier.supposed, copier.stored
            case ast.Workdir():
                text = step.resolve(step.instruction.rest.text).text
                path = step.absolute(text) if text is not None else None
                if path == "/":
                    return
                if path is None:
                    unknown = ["the directory is not known"]
                else:
                    uid, gid = builder_owner(accounts, step.user or "0")
                    files.directory(path, step.instruction.token, uid=uid, gid=gid)
            case _:
                return
        if not layered:
            return
        layer = _layer(step, difference(before, files, stored), files, unknown, supposed)
        if interpreter is not None:
            layer.unpacked = tuple(interpreter.unpacked)
            layer.moved = tuple(interpreter.moved)
            layer.deletes_unknown = interpreter.deletes_unknown
        yield layer

    def _interpreter(self, step: Step, files: Filesystem, accounts: Accounts) -> Interpreter:
        models = self._models
        downloaded: dict[int, list[str | None]] = {}
        cloned: dict[int, list[str]] = {}
        cleaned: dict[int, list[str]] = {}
        for download in models.downloads(step):
            if not download.to_stdout:
                downloaded.setdefault(id(download.command), []).append(download.path)
        for write in models.writes(step):
            if write.kind == "clone" and write.path is not None:
                cloned.setdefault(id(write.command), []).append(write.path)
        for removal in models.removals(step):
            if removal.empties:
                cleaned.setdefault(id(removal.command), []).append(removal.path)
        operations = {id(operation.command): operation for operation in models.operations(step)}
        return Interpreter(files, step, accounts, operations, HANDLERS, downloaded, cloned, cleaned)

    def _run(self, step: Step, interpreter: Interpreter) -> None:
        script = step.script
        if script is None or not is_posix_like(script.dialect):
            interpreter.doubt(
                f"a script for {script.dialect.value if script is not None else 'this shell'} is not read"
            )
            return
        with_mounts = [mount for mount in step.mounts if mount.target is not None and mount.type in _MOUNTED]
        if any(mount.target is None and mount.type in _MOUNTED for mount in step.mounts):
            interpreter.doubt("where something is mounted is not known")
        files = interpreter.fs
        had_etc = files.find("/etc") is not None
        if not had_etc:
            # the builder mounts files into it
            files.directory("/etc")
        for name in _MOUNT_POINTS:
            if files.find(name) is None and not files.supposes(name):
                files.directory(name)
        held: list[tuple[str, Node | None, list[str]]] = []
        for mount in with_mounts:
            target = mount.target or "/"
            old = files.find(target, follow=False)
            missing = _missing(files, target)
            held.append((target, None if isinstance(old, Unknown) else old, missing))
            files.put(target, self._mounted(step, mount.type or "", mount), None)
        interpreter.run(script)
        for target, old, missing in reversed(held):
            if old is not None:
                files.put(target, old, None)
                continue
            files.remove(target, None)
            for path in missing:
                node = files.find(path, follow=False)
                if isinstance(node, Directory) and not node.children:
                    files.remove(path, None)
        etc = files.find("/etc")
        if not had_etc and isinstance(etc, Directory) and etc.children.keys() <= _MOUNTED_IN_ETC:
            files.remove("/etc", None)

    def _mounted(self, step: Step, kind: str, mount: Mount) -> Node:
        if kind == "tmpfs":
            return Directory()
        if kind != "bind":
            return _anything()
        source = step.resolve(mount.syntax.source or "").text
        context = self._context
        if mount.origin is not None:
            end = self._ends.get(mount.origin.stage) if mount.origin.stage is not None else None
            if end is not None and source is not None:
                node = Filesystem(end.root).find("/" + source.strip("/"))
                return node if isinstance(node, File | Directory) else _anything()
            context = self._named.get(mount.origin.resolved.pattern)
        found = context.lookup(source) if context is not None and source is not None else None
        if context is None or found is None:
            return _anything()
        return directory_of(context, found[0]) if found[1].kind == "directory" else file_of(context, *found)


def _anything() -> Directory:
    """A directory of which nobody knows what is in it."""
    return Directory({REST: File("rest", None, None, None, None)})


_MOUNTED = frozenset(("bind", "cache", "tmpfs"))


def _missing(files: Filesystem, path: str) -> list[str]:
    """The directories above a path that are not there, the deepest first."""
    found = []
    above = path.rpartition("/")[0]
    while above and not isinstance(files.find(above), Directory):
        found.append(above)
        above = above.rpartition("/")[0]
    return found


def _layer(step: Step, found: Difference, files: Filesystem, unknown: list[str], supposed: list[str]) -> PredictedLayer:
    runs = isinstance(step.instruction, ast.Run)
    changes = tuple(c for c in found.changes if not runs or c.path not in _MOUNTED_BY_THE_BUILDER)
    notes = list(unknown)
    if found.unsure:
        notes.append(f"{_shown(found.unsure)}: written or deleted only if a branch of the script runs")
    sizes = [change.bytes for change in changes if change.change != "deleted"]
    known = [size for size in sizes if size is not None]
    confidence: Confidence = "exact"
    if notes or len(known) < len(sizes):
        confidence = "unknown"
    elif supposed or any(change.source for change in changes):
        confidence = "about"
    notes.extend(f"supposed: {what}" for what in supposed)
    total = sum(known) if known or confidence != "unknown" else None
    return PredictedLayer(
        " ".join(step.instruction.token.text.split()),
        step.line,
        step.stage.label,
        total,
        confidence,
        changes,
        notes=tuple(notes),
        step=step,
        causes=dict(files.causes),
    )


def _shown(paths: list[str]) -> str:
    directory, _, name = paths[0].rpartition("/")
    first = f"files below /{directory}" if is_rest(name) else paths[0]
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"


def predict(build: Build, context: Context | None, named: Mapping[str, Context] | None = None) -> list[Layer]:
    """The layers of a build's target, lowest first, with what they waste.

    Args:
        build: the build model.
        context: the build context; None where it is not known.
        named: named contexts, by name.
    """
    from fairlead.analysis.models import Models

    return list(Prediction(Models(build, lambda: context), named).layers)
