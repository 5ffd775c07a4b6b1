"""Which directories of an image are volumes, and what is written where none is, or where one hides it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.effects import covers
from fairlead.analysis.packages import mounted
from fairlead.build.model import Step
from fairlead.knowledge.servers import BY_IMAGE, DAEMONS, SEEDS, Server
from fairlead.shell import OptionSpec, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.build.context import Context

_SQLITE = re.compile(r"(?:sqlite3?(?:\+\w+)?:(?://)?/?|file:)([^?#]+)", re.IGNORECASE)
_DOCUMENTS = re.compile(
    r"(?:docker-)?(?:compose|stack)[\w.-]*\.ya?ml|README(?:\.\w+)?|fly(?:\.\w+)?\.toml", re.IGNORECASE
)
_TEMPORARY = ("/tmp", "/dev/shm", "/run", "/var/run")  # noqa: S108 - paths of the image


@dataclass(eq=False)
class Volume:
    """A directory that is a volume when a container runs.

    Attributes:
        path: absolute and cleaned.
        step: the VOLUME; None where the base image declares it.
        token: the word that names it, the FROM's where the base image declares it.
        server: what is known of that image.
    """

    path: str
    step: Step | None
    token: Token
    server: Server | None = None


@dataclass(eq=False)
class UnkeptData:
    """Data that a container writes into its own layer.

    Attributes:
        kind: `moved`: away from the volume of the base image; `installed`: a server from a package; `file`: a database
            that is a file.
        name: the server.
        path: where the data goes.
        token: the words that say so.
        volume: what the base image declares, for `moved`.
    """

    kind: Literal["moved", "installed", "file"]
    name: str
    path: str
    token: Token
    volume: str = ""


@dataclass(eq=False)
class VolumeWrite:
    """Something that is written below a volume after its declaration.

    Attributes:
        volume: the volume.
        step: what writes.
        path: what is written.
        token: the words.
        kind: a RUN, or a COPY or ADD.
        content: files are written, not only the owner or the mode of what is there.
    """

    volume: Volume
    step: Step
    path: str
    token: Token
    kind: Literal["run", "copy"]
    content: bool


class VolumeModel:
    """Answers about volumes; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def volumes(self) -> list[Volume]:
        """The volumes of the target, those of a known base image first."""
        target = self._models.build.target
        if target is None:
            return []
        found: list[Volume] = []
        image = target.root.image
        server = BY_IMAGE.get(image.name) if image is not None else None
        if server is not None:
            token = list(target.lineage())[-1].instruction.image.token
            found.extend(Volume(path, None, token, server) for path in server.volumes)
        for step in target.all_steps():
            if isinstance(step.instruction, ast.Volume):
                for word in step.instruction.words:
                    path = step.path(word.value)
                    if path is not None:
                        found.append(Volume(path.rstrip("/") or "/", step, word.token))
        return found

    def unkept(self) -> Iterator[UnkeptData]:
        """Data that goes where no volume is, as far as that is certain."""
        target = self._models.build.target
        if target is None:
            return
        if any(isinstance(s.instruction, ast.Volume) and self._is_open(s) for s in target.all_steps()):
            # a volume whose path is not known may be the one
            return
        volumes = self.volumes()
        server = next((volume.server for volume in volumes if volume.server is not None), None)
        found = [
            *(self._moved(server, volumes) if server is not None else self._installed(volumes)),
            *self._files(volumes),
        ]
        for data in found:
            if not self._is_documented(data.path):
                yield data

    def late_writes(self) -> Iterator[VolumeWrite]:
        """What is written below a volume after the volume was declared, the first write of each step and volume."""
        target = self._models.build.target
        volumes = [volume for volume in self.volumes() if volume.path != "/"]
        steps = list(target.all_steps()) if target is not None else []
        for at, step in enumerate(steps):
            above = [v for v in volumes if v.step is None or v.step in steps[:at]]
            said: set[str] = set()
            for path, token, kind, content in self._written(step) if above else ():
                if mounted(step, path) or self._is_removed(step, path, token):
                    continue
                volume = next((v for v in above if _covers(v.path, path)), None)
                if volume is not None and volume.path not in said:
                    said.add(volume.path)
                    yield VolumeWrite(volume, step, path, token, kind, content)

    def _is_removed(self, step: Step, path: str, token: Token) -> bool:
        """Whether the step deletes what it has written before."""
        return any(
            covers(removal, path) and removal.token.spans[0].start > token.spans[0].start
            for removal in self._models.removals(step)
        )

    def _is_documented(self, path: str) -> bool:
        """Whether a file of the context or of the repository mounts something where data goes."""
        parts = path.strip("/").split("/")
        places = "|".join(re.escape("/" + "/".join(parts[: count + 1])) for count in range(len(parts)))
        mount = re.compile(
            rf"(?:[\w.}}-]:|(?:target|mountPath):\s*|(?:dst|destination|target)\s*=\s*)['\"]?(?:{places})/?"
            r"(?=[\s:,'\"`]|$)",
            re.MULTILINE,
        )
        context = self._models.context
        try:
            names = context.tree.names("") if context is not None else ()
        except OSError:
            names = ()
        return any(
            mount.search(text)
            for name in names
            if context is not None and _DOCUMENTS.fullmatch(name) and (text := _read(context, name))
        ) or self._models.inputs.repository.says(mount)

    def _is_open(self, step: Step) -> bool:
        return any(step.path(word.value) is None for word in step.instruction.words)

    def _moved(self, server: Server, volumes: list[Volume]) -> Iterator[UnkeptData]:
        target = self._models.build.target
        steps = list(target.all_steps()) if target is not None else []
        if any(step.script is not None and SEEDS.search(step.script.token.text) for step in steps if _is_run(step)):
            # the database is part of the image on purpose
            return
        for path, token in (*self._by_variable(server, steps), *self._by_option(server)):
            kept = any(_covers(place, path) for place in (*_TEMPORARY, *(volume.path for volume in volumes)))
            filled = any(step.destination and _covers(path, step.destination.rstrip("/")) for step in steps)
            if not kept and not filled and path.startswith("/"):
                yield UnkeptData("moved", server.name, path, token, server.volumes[0])

    def _by_variable(self, server: Server, steps: list[Step]) -> Iterator[tuple[str, Token]]:
        last: dict[str, tuple[str, Token]] = {}
        for step in steps:
            if isinstance(step.instruction, ast.Env):
                for pair in step.instruction.pairs:
                    text = step.resolve(pair.value or "").text
                    if pair.key in server.variables and text:
                        last[pair.key] = (posixpath.normpath(text), pair.value_token)
        yield from last.values()

    def _by_option(self, server: Server) -> Iterator[tuple[str, Token]]:
        for at in self._models.startup.commands:
            # a CMD may hold options alone, for the ENTRYPOINT of the image
            options = parse_options(at.command.words, OptionSpec(frozenset(server.options)))
            for name in server.options:
                for word in options.value_words.get(name, ()):
                    text = (word.value or "").removeprefix(f"{name}=")
                    if text.startswith("/") and at.script is None:
                        yield posixpath.normpath(text), word.token

    def _installed(self, volumes: list[Volume]) -> Iterator[UnkeptData]:
        target = self._models.build.target
        names = {
            package.name
            for step in (target.all_steps() if target is not None else ())
            for operation in self._models.operations(step)
            if operation.kind == "install" and operation.manager.kind == "distribution"
            for package in operation.packages
        }
        for daemon in DAEMONS:
            if not any(daemon.packages.fullmatch(name) for name in names):
                continue
            if any(_covers(v.path, data) or _covers(data, v.path) for v in volumes for data in daemon.data):
                continue
            for at in self._models.startup.commands:
                if not at.command.words or at.command.condition or at.command.substitution:
                    continue
                invocation = unwrap(at.command)
                words = (invocation.name or "", *(word.pattern for word in invocation.args))
                starts = words[0] in daemon.programs and (words[0] not in ("mysql", "mariadb") or "start" in words[1:2])
                starts = starts or (words[0] == "service" and words[1:2] != () and words[1] in daemon.programs)
                if starts and not any(word.startswith("--datadir") or word in ("-D", "--dbpath") for word in words):
                    yield UnkeptData("installed", daemon.name, daemon.data[0], at.place)
                    return

    def _files(self, volumes: list[Volume]) -> Iterator[UnkeptData]:
        target = self._models.build.target
        for step in target.all_steps() if target is not None else ():
            if not isinstance(step.instruction, ast.Env):
                continue
            for pair in step.instruction.pairs:
                match = _SQLITE.fullmatch(step.resolve(pair.value or "").text or "")
                if match is None or "memory" in match[1] or target is None:
                    continue
                text = match[1]
                if not text.startswith("/") and target.end.workdir is None:
                    continue
                path = posixpath.normpath(posixpath.join(target.end.workdir or "/", text))
                if path.endswith((".db", ".sqlite", ".sqlite3", ".db3")) and not any(
                    _covers(place, path) for place in (*_TEMPORARY, *(v.path for v in volumes))
                ):
                    yield UnkeptData("file", "SQLite", path, pair.value_token)

    def _written(self, step: Step) -> Iterator[tuple[str, Token, Literal["run", "copy"], bool]]:
        if isinstance(step.instruction, ast.FileInstruction):
            destination = step.destination
            if destination is not None:
                yield destination.rstrip("/") or "/", step.instruction.destination.token, "copy", True
        elif isinstance(step.instruction, ast.Run):
            for write in self._models.writes(step):
                if write.path is not None and not write.command.conditional:
                    yield write.path, write.token, "run", True
            for command in step.script.commands if step.script is not None else ():
                invocation = unwrap(command)
                if command.conditional or invocation.name not in ("chown", "chmod", "cp", "mv", "touch", "mkdir"):
                    continue
                operands = parse_options(invocation.args, OptionSpec(frozenset(("-m", "-t")))).operands
                content = invocation.name not in ("chown", "chmod")
                for word in operands[-1:] if content else operands[1:]:
                    if word.value and (path := _path(step, command.cwd, word.value)):
                        yield path, command.token, "run", content


def _read(context: Context, name: str) -> str:
    """A file of the directory, left out by the .dockerignore or not."""
    try:
        return context.tree.read(name).decode("utf-8", "replace")
    except OSError:
        return ""


def _path(step: Step, cwd: str | None, text: str) -> str | None:
    text = text.removesuffix("/*")
    if not text.startswith("/"):
        return None if cwd is None else posixpath.normpath(posixpath.join(cwd, text))
    return step.absolute(text)


def _is_run(step: Step) -> bool:
    return isinstance(step.instruction, ast.Run)


def _covers(directory: str, path: str) -> bool:
    return path == directory or directory == "/" or path.startswith(f"{directory.rstrip('/')}/")
