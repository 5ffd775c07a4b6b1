"""What the final image holds in the end that nothing needs: archives, repositories, by-products, whole stages.

Only what certainly is there counts: brought in by a layer that ships, and deleted by no later command.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.dead_weight import source_of, tests
from fairlead.analysis.filesystem import Directory, File, Filesystem, Node
from fairlead.analysis.kept import KeptArchive, KeptRepository, LargeFile, Noise, WholeStage
from fairlead.analysis.sizes import SMALL, Size
from fairlead.build.context import has_wildcard
from fairlead.build.dockerignore import inside
from fairlead.build.model import Stage, Step
from fairlead.build.remote import parse_remote
from fairlead.knowledge.files import (
    ARCHIVE_ENDINGS,
    COMPILED_ENDINGS,
    DEPENDENCY_DIRECTORIES,
    DOCUMENTATION_DIRECTORIES,
    FULL_OF_TOOLS,
    KEPT_UP_TO_DATE_BY_GIT,
    TEST_DIRECTORIES,
    WRITTEN_BY_TOOLS,
)
from fairlead.knowledge.programs import COMPILERS
from fairlead.shell import OptionSpec, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.analysis.prediction import PredictedLayer

LARGE = 50_000_000
"""Bytes from which on a single file is worth a question."""

_MANY = 3
"""Directories of one name from which on one pattern for all of them is better than a line for each."""

_INSTALLERS = {"node": ("npm", "yarn", "pnpm", "bun"), "python": ("pip", "uv", "poetry", "pipenv", "conda")}


class ImageContent:
    """Answers about the content of the final image; made by `LayerModel`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    @cached_property
    def _layers(self) -> tuple[PredictedLayer, ...]:
        """The layers, without those of a stage that is there to test the one below it."""
        return tuple(layer for layer in self._models.prediction.layers if not tests(layer.step.stage))

    @cached_property
    def _files(self) -> Filesystem:
        target = self._models.build.target
        found = self._models.prediction.files(target) if target is not None else None
        return found or Filesystem(Directory())

    @cached_property
    def _origins(self) -> dict[str, PredictedLayer]:
        """Path to the layer that has brought it."""
        found: dict[str, PredictedLayer] = {}
        for layer in self._layers:
            for change in layer.changes:
                if change.change == "added" or (change.change == "modified" and change.path not in found):
                    found[change.path] = layer
        return found

    # Archives

    def archives(self) -> Iterator[KeptArchive]:
        """The archives that are unpacked in the image and stay there."""
        said: set[str] = set()
        for at, layer in enumerate(self._layers):
            if any(later.deletes_unknown for later in self._layers[at:]):
                continue
            for path, unpacked in layer.unpacked:
                real = self._files.real(path) or path
                node = self._files.find(real)
                origin = self._origins.get(real.lstrip("/"))
                is_archive = real.lower().endswith(ARCHIVE_ENDINGS)
                if not isinstance(node, File) or node.maybe or origin is None or not is_archive or real in said:
                    continue
                token = origin.cause(real.lstrip("/"))
                source = source_of(self._models, origin.step, token)[0]
                if source in ("copy", "download"):
                    said.add(real)
                    if unpacked.source is not self._models.build.dockerfile.source:
                        # a script that the RUN starts unpacks it
                        unpacked = layer.step.instruction.rest  # noqa: PLW2901
                    yield KeptArchive(
                        real,
                        unpacked,
                        origin.step,
                        self._download(origin.step, real) or token,
                        "download" if source == "download" else "remote" if _is_remote(origin.step, token) else "copy",
                        origin is layer,
                        _size_of(node),
                    )

    def _download(self, step: Step, path: str) -> Token | None:
        """The address of a file that a RUN downloads."""
        return next((one.token for one in self._models.downloads(step) if one.path == path), None)

    # Repositories

    def repositories(self) -> Iterator[KeptRepository]:
        """The `.git` directories of the image."""
        said: set[str] = set()
        for path, layer in self._origins.items():
            if "/.git/" not in f"/{path}":
                continue
            directory = "/" + path[: f"/{path}".index("/.git/") + len("/.git") - 1]
            if directory in said or posixpath.basename(posixpath.dirname(directory)) in KEPT_UP_TO_DATE_BY_GIT:
                continue
            said.add(directory)
            node = self._files.find(directory, follow=False)
            if not isinstance(node, Directory) or node.maybe or not node.children:
                continue
            token = layer.cause(path)
            size = _size_below(node)
            if isinstance(layer.step.instruction, ast.FileInstruction):
                source: Literal["context", "stage"] = "context" if layer.step.origin is None else "stage"
                yield KeptRepository(directory, layer.step, token, source, False, size)
                continue
            brought = source_of(self._models, layer.step, token)[0]
            if brought == "clone" or brought == "move":
                shallow, moves = _is_shallow(layer.step, token), _checks_out(layer.step, token)
                yield KeptRepository(directory, layer.step, token, brought, shallow, size, moves)

    def uses_git_later(self, step: Step) -> bool:
        """Whether a step below, or the program that the image runs, calls git for something else than a clone."""
        steps = self._models.layers.shipped_steps()
        for later in steps[steps.index(step) + 1 :]:
            script = later.script if isinstance(later.instruction, ast.CommandInstruction) else None
            for command in script.commands if script is not None else ():
                invocation = unwrap(command)
                if invocation.name == "git" and "clone" not in [word.value for word in invocation.args]:
                    return True
        return False

    # What a COPY of a directory takes

    def noise(self) -> Iterator[Noise]:
        """What the COPYs of directories take that is there for developers only, where it is worth a word.

        Nothing of an image that is by its name for developers itself.
        """
        if self._models.purpose.for_developers:
            return
        for layer, token, source in self._copied_directories():
            parts: dict[str, int] = {}
            for rest, size in self._taken(layer, token):
                part = self._noise_in(layer.step, rest) or self._documentation_in(source, rest)
                if part is not None:
                    path = inside(f"{source}/{part}")
                    parts[path] = parts.get(path, 0) + size
            written = any(_is_written(part) for part in parts)
            if not written and sum(parts.values()) < SMALL:
                continue
            said = self._said_elsewhere(token)
            found = [(part, size) for part, size in parts.items() if part not in said]
            found.sort(key=lambda pair: (-pair[1], pair[0]))
            if sum(size for _, size in found) >= SMALL or any(_is_written(part) for part, _ in found):
                yield Noise(layer.step, token, tuple(found), tuple(_patterns([part for part, _ in found])))

    def large_files(self) -> Iterator[LargeFile]:
        """The large files of the build context that are in the image and are nothing that other questions find."""
        for layer in self._layers:
            if not isinstance(layer.step.instruction, ast.FileInstruction) or layer.step.origin is not None:
                continue
            for change in layer.changes:
                if change.change == "deleted" or (change.bytes or 0) < LARGE or change.type != "file":
                    continue
                node = self._files.find(f"/{change.path}", follow=False)
                token = layer.cause(change.path)
                source = _context_path(node) if isinstance(node, File) else None
                if source is None or "/.git/" in f"/{change.path}":
                    continue
                if self._noise_in(layer.step, change.path) is None:
                    text = layer.step.resolve(token.text).text
                    along = text is not None and inside(text) == ""
                    yield LargeFile(layer.step, token, f"/{change.path}", source, change.bytes or 0, along)

    def _copied_directories(self) -> Iterator[tuple[PredictedLayer, Token, str]]:
        """Each source of the build context that is a directory, with its path in the context."""
        context = self._models.context
        for layer in self._layers if context is not None else ():
            copy = layer.step.instruction
            if not isinstance(copy, ast.FileInstruction) or layer.step.origin is not None or context is None:
                continue
            for source in copy.sources:
                text = layer.step.resolve(source.word.value).text
                if source.heredoc is not None or text is None or has_wildcard(text):
                    continue
                found = context.lookup(inside(text))
                if found is not None and found[1].kind == "directory":
                    yield layer, source.word.token, found[0]

    def _taken(self, layer: PredictedLayer, token: Token) -> Iterator[tuple[str, int]]:
        """The files of a layer that a source has brought and that stay, below the destination, with their bytes."""
        destination = (layer.step.destination or "/").strip("/")
        for change in layer.changes:
            if change.change == "deleted" or change.type != "file" or not change.bytes:
                continue
            if layer.cause(change.path) is not token or self._origins.get(change.path) is not layer:
                continue
            if isinstance(self._files.find(f"/{change.path}", follow=False), File):
                yield change.path[len(destination) :].lstrip("/"), change.bytes

    def _noise_in(self, step: Step, path: str) -> str | None:
        """The directory of a path that is there for developers only."""
        names = path.split("/")[:-1]
        for count, name in enumerate(names, 1):
            language = DEPENDENCY_DIRECTORIES.get(name)
            if language is not None:
                return "/".join(names[:count]) if language in self._installed(step.stage) else None
            if name in WRITTEN_BY_TOOLS or (name in TEST_DIRECTORIES and not self._is_mentioned(name)):
                return "/".join(names[:count])
        return None

    def _documentation_in(self, source: str, path: str) -> str | None:
        """The directory of documentation at the top of the context, where no instruction speaks of it."""
        top = path.partition("/")[0]
        if source or top == path or top not in DOCUMENTATION_DIRECTORIES:
            return None
        return None if self._is_mentioned(top) else top

    def _is_mentioned(self, name: str) -> bool:
        """Whether an instruction speaks of a directory, so that the image may well need it."""
        pattern = re.compile(rf"(?<![\w.-]){name}/|/{name}(?![\w.-])")
        return any(pattern.search(step.instruction.token.text) for step in self._models.build.steps())

    def _installed(self, stage: Stage) -> set[str]:
        """The languages whose packages a stage installs itself."""
        managers = {
            operation.manager.name
            for step in stage.all_steps()
            if isinstance(step.instruction, ast.Run)
            for operation in self._models.operations(step)
            if operation.kind == "install"
        }
        return {language for language, names in _INSTALLERS.items() if managers & set(names)}

    def _said_elsewhere(self, token: Token) -> set[str]:
        """The paths of the context of which the rules about .dockerignore speak at a source."""
        use = self._models.context_use
        whole = use.whole_context()
        said = set(whole.taken) if whole is not None and whole.source.token is token else set()
        return said | {useless.path for useless in use.useless_patterns() if useless.source.token is token}

    def is_said_elsewhere(self, repository: KeptRepository) -> bool:
        """Whether a rule about .dockerignore speaks of a copied `.git` at the same source."""
        return repository.source == "context" and ".git" in self._said_elsewhere(repository.token)

    # What a COPY takes of a stage

    def whole_stages(self) -> Iterator[WholeStage]:
        """The COPYs from a stage that take much more than it has made; one of system directories a stage."""
        said: set[Stage] = set()
        for step in self._models.layers.shipped_steps():
            stage = step.origin.stage if step.origin is not None else None
            copy = step.instruction
            if stage is None or not isinstance(copy, ast.Copy) or copy.exclude:
                continue
            if not any(isinstance(step.instruction, ast.Run) for step in stage.all_steps()):
                # another name for an image, which may hold little else
                continue
            for source in copy.sources:
                text = step.resolve(source.word.value).text
                if text is None or has_wildcard(text):
                    continue
                path = "/" + inside(text)
                if path in FULL_OF_TOOLS:
                    if stage not in said and self._takes_tools(step.stage, stage):
                        said.add(stage)
                        yield WholeStage(step, source.word.token, stage, path, FULL_OF_TOOLS[path])
                else:
                    found = self._sources(step, source.word.token, stage, path)
                    if found is not None:
                        yield found

    def _takes_tools(self, into: Stage, stage: Stage) -> bool:
        """Whether a system directory of a stage holds tools of a build, or what the image has below it anyway."""
        if into.root.kind == "scratch" or stage.root.kind == "scratch":
            # flattened, or picked together, on purpose
            return False
        image, below = stage.root.image, into.root.image
        if image is not None and below is not None and image.name == below.name:
            return True
        installs = any(
            operation.kind == "install" and operation.manager.kind == "distribution"
            for step in stage.all_steps()
            if isinstance(step.instruction, ast.Run)
            for operation in self._models.operations(step)
        )
        return installs or self._compiles(stage, "/")

    def _sources(self, step: Step, token: Token, stage: Stage, path: str) -> WholeStage | None:
        """Sources that the stage compiles and that are copied along."""
        files = self._models.prediction.files(stage)
        node = files.find(path) if files is not None else None
        if not isinstance(node, Directory) or not self._compiles(stage, path):
            return None
        sources = [file for file in _below(node) if _is_compiled_source(file)]
        copied = next((s for s in stage.all_steps() if _copies_into(s, path)), None)
        if not sources or copied is None:
            return None
        size = Size(sum(file.size or 0 for file in sources))
        return WholeStage(step, token, stage, path, "the sources", len(sources), size, copied.line)

    def _compiles(self, stage: Stage, path: str) -> bool:
        for step in stage.all_steps():
            if not isinstance(step.instruction, ast.Run) or step.script is None:
                continue
            for command in step.script.commands:
                invocation = unwrap(command)
                words = COMPILERS.get(invocation.name or "")
                first = [word.value for word in invocation.args if not word.text.startswith("-")]
                here = command.cwd is None or command.cwd == path or command.cwd.startswith(f"{path.rstrip('/')}/")
                if words is not None and here and (not words or words & set(first)):
                    return True
        return False


def _copies_into(step: Step, path: str) -> bool:
    destination = (step.destination or "").rstrip("/")
    is_copy = isinstance(step.instruction, ast.FileInstruction) and step.origin is None
    return is_copy and (destination == path or destination.startswith(f"{path.rstrip('/')}/"))


def _below(directory: Directory) -> Iterator[File]:
    waiting: list[Node] = [directory]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Directory):
            waiting.extend(node.children.values())
        else:
            yield node


def _is_written(path: str) -> bool:
    """Whether a directory is one that an install or a tool fills."""
    name = posixpath.basename(path)
    return name in DEPENDENCY_DIRECTORIES or name in WRITTEN_BY_TOOLS


def _patterns(paths: list[str]) -> Iterable[str]:
    """Lines for a .dockerignore: one for all directories of a name where there are many, or where tools write them."""
    names = Counter(posixpath.basename(path) for path in paths)
    by_name = {name for name, count in names.items() if count >= _MANY}
    return dict.fromkeys(
        f"**/{name}" if (name := posixpath.basename(path)) in by_name or _is_written(path) else path for path in paths
    )


def _context_path(file: File) -> str | None:
    """The path of a file in the build context that is still as it was there."""
    stamp = file.stamp
    while isinstance(stamp, tuple):
        if stamp[0] == "context":
            return str(stamp[-1])
        stamp = stamp[1]
    return None


def _is_compiled_source(file: File) -> bool:
    path = _context_path(file)
    return path is not None and posixpath.splitext(path)[1] in COMPILED_ENDINGS


def _size_of(file: File) -> Size:
    return Size(file.size or 0, file.size is not None, file.source)


def _size_below(directory: Directory) -> Size:
    return Size.total(_size_of(file) for file in _below(directory) if file.kind in ("file", "rest"))


def _is_shallow(step: Step, token: Token) -> bool:
    command = step.command_at(token)
    if command is None:
        return False
    options = parse_options(unwrap(command).args, OptionSpec(frozenset(("--depth", "--filter", "-b", "--branch"))))
    return options.has("--depth", "--filter", "--shallow-since")


def _checks_out(step: Step, token: Token) -> bool:
    """Whether a command of the step goes to another commit after a clone, which then has to have it."""
    command, script = step.command_at(token), step.script
    if command is None or script is None:
        return False
    later = script.commands[script.commands.index(command) + 1 :]
    calls = (unwrap(one) for one in later)
    return any(
        call.name == "git" and any(word.value in ("checkout", "switch", "reset", "describe") for word in call.args)
        for call in calls
    )


def _is_remote(step: Step, token: Token) -> bool:
    text = step.resolve(token.text).text
    return isinstance(step.instruction, ast.Add) and (text is None or parse_remote(text.strip("\"'")) is not None)
