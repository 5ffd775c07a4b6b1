"""Development dependencies in the image that ships: installed in its layers, or copied from a build stage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fairlead.analysis.development_names import development_names, json_manifest, project_directory
from fairlead.analysis.packages import Operation
from fairlead.analysis.placement import text_at
from fairlead.analysis.startup import Started
from fairlead.build.model import Step
from fairlead.knowledge.base_images import is_official
from fairlead.knowledge.development import (
    BUILDS,
    DEVELOPMENT_EXTRAS,
    DEVELOPMENT_PROCESS,
    DEVELOPMENT_REQUIREMENTS,
    HEED_NODE_ENV_BELOW,
    LEFT_OUT,
    PROCESS_FILES,
    PROCESS_MANAGERS,
    PRUNED,
    PRUNES,
    STARTS_NODE,
    is_php_server,
)
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_JAVASCRIPT = ("npm", "yarn", "pnpm", "bun")
_FALSE = ("false", "0", "no")
_DEPTH = 6


@dataclass(frozen=True)
class DevelopmentInstall:
    """An install that brings development dependencies into the final image.

    Attributes:
        operation: the install.
        token: the words that say so: of the install, or of the COPY that takes what it has installed.
        what: what is too much, in words.
        names: the packages, as far as the manifest is known.
        advice: what to write.
        note: why something that looks as if it left them out does not; "" for nothing.
        build: what is built with them; None for nothing.
        certain: the manifest is known, and what the container runs, and nobody works on the project in it.
        worked_over: people do.
        copied: they come with a COPY from the stage of the install.
        again: further installs of the same project.
        pruned: a command of a later RUN that takes them out again, too late for the layer; None for none.
        base: the base image that may set a variable which leaves them out; "" for none.
    """

    operation: Operation
    token: Token
    what: str
    names: tuple[str, ...]
    advice: str
    note: str = ""
    build: Token | None = None
    certain: bool = True
    worked_over: bool = False
    copied: bool = False
    again: tuple[Operation, ...] = ()
    pruned: Token | None = None
    base: str = ""


def development_installs(models: Models) -> Iterator[DevelopmentInstall]:
    """The installs by which the final image has development dependencies, where its container needs none."""
    steps = models.layers.shipped_steps()
    if (
        not any(next(_installs(models, step), None) or _is_from_stage(step) for step in steps)
        # what is built upon the image may need them
        or any(isinstance(step.instruction, ast.Onbuild) for step in steps)
        or models.purpose.for_work
    ):
        return
    started = _with_processes(models, models.startup.started)
    if started is not None and started.mentions(DEVELOPMENT_PROCESS):
        return
    found: dict[tuple[bool, str | None, str], DevelopmentInstall] = {}
    for at, step in enumerate(steps):
        for operation in _installs(models, step):
            install = _found(models, operation, started)
            if install is not None and _is_pruned(operation, steps[at:]):
                late = None if _is_pruned(operation, steps[at : at + 1]) else _late_prune(steps[at + 1 :])
                install = replace(install, pruned=late) if late is not None and install.certain else None
            if install is not None:
                _add(found, install)
        copied = None if _prunes(steps[at + 1 :]) else _copied(models, step, started)
        if copied is not None:
            _add(found, copied)
    if found and models.purpose.worked_over:
        found = {key: replace(install, certain=False, worked_over=True) for key, install in found.items()}
    yield from found.values()


def _with_processes(models: Models, started: Started | None) -> Started | None:
    """A start with the text of the file that tells pm2 what to run; unread where that is not known."""
    if started is None or started.program not in PROCESS_MANAGERS:
        return started
    name = next((word for word in started.words if word.endswith(PROCESS_FILES)), None)
    if name is None:
        return started
    text = text_at(models, started.step, posixpath.join(started.step.stage.end.workdir or "", name))
    return replace(started, unread=True) if text is None else replace(started, scripts=(*started.scripts, text))


def _add(found: dict[tuple[bool, str | None, str], DevelopmentInstall], install: DevelopmentInstall) -> None:
    """Keep the first install of a project; further ones are told along with it."""
    key = (install.copied, project_directory(install.operation), install.what)
    known = found.setdefault(key, install)
    if known is install or install.copied:
        return
    if install.certain and not known.certain:
        found[key] = replace(install, again=(known.operation, *known.again))
    else:
        found[key] = replace(known, again=(*known.again, install.operation))


def _is_from_stage(step: Step) -> bool:
    return isinstance(step.instruction, ast.Copy) and step.origin is not None and step.origin.stage is not None


def _installs(models: Models, step: Step) -> Iterator[Operation]:
    if not isinstance(step.instruction, ast.Run):
        return
    for operation in models.operations(step):
        if operation.kind in ("install", "upgrade") and not operation.command.conditional:
            yield operation


def _prunes(steps: list[Step]) -> bool:
    return any(PRUNED.search(step.instruction.token.text) for step in steps if isinstance(step.instruction, ast.Run))


def _is_pruned(operation: Operation, steps: list[Step]) -> bool:
    """Whether a later command, in the same RUN or below it, takes them out again."""
    first = steps[0].instruction.token
    behind = first.text[first.text.find(operation.token.text) + len(operation.token.text) :]
    return PRUNED.search(behind) is not None or _prunes(steps[1:])


def _late_prune(steps: list[Step]) -> Token | None:
    """The command by which later RUNs prune; None where they do it in another way, of which less is known."""
    for step in steps:
        script = step.script if isinstance(step.instruction, ast.Run) else None
        for command in script.commands if script is not None else ():
            if PRUNES.match(command.token.text):
                return command.token
        if isinstance(step.instruction, ast.Run) and PRUNED.search(step.instruction.token.text):
            return None
    return None


def _found(models: Models, operation: Operation, started: Started | None) -> DevelopmentInstall | None:
    name = operation.manager.name
    if name == "pip" or (name == "uv" and operation.subcommand.startswith("pip ")):
        return _requirements(operation, started)
    if name == "pipenv":
        given = operation.options.words.get("--dev") or operation.options.words.get("-d")
        if given is None or started is None:
            return None
        return DevelopmentInstall(
            operation, given.token, "the dev-packages of the Pipfile", (), f"leave out {given.text}"
        )
    if name not in LEFT_OUT or not _installs_all(operation):
        return None
    note = _ignores_node_env(models, operation)
    if _leaves_out(operation, without="NODE_ENV" if note else ""):
        return None
    names, base = development_names(models, operation, started), _unknown_base(operation)
    if names is None or (name in _JAVASCRIPT and not _runs_node(started)):
        return None
    if name == "composer" and started is None and not _serves_php(models):
        return None
    return DevelopmentInstall(
        operation,
        operation.token,
        LEFT_OUT[name].what,
        names,
        LEFT_OUT[name].advice,
        note,
        _build(operation),
        certain=bool(names) and not (started is not None and started.unread) and base is None,
        base=base or "",
    )


def _unknown_base(operation: Operation) -> str | None:
    """The base image, where it may set a variable that leaves them out; None for an official one, which sets none."""
    variables = LEFT_OUT[operation.manager.name].variables
    if not variables or any(name in operation.env for name in variables):
        return None
    image = operation.step.stage.root.image
    if image is None:
        return "the base image"
    mirrored = image.repository.rpartition("library/")[2]
    return None if is_official(image.short_name) or is_official(mirrored) else image.name


def _serves_php(models: Models) -> bool:
    """Whether the base image starts a server for PHP where the file says nothing."""
    target = models.build.target
    image = target.root.image if target is not None else None
    return image is not None and is_php_server(image.short_name, image.tag)


def _copied(models: Models, step: Step, started: Started | None) -> DevelopmentInstall | None:
    """What a COPY from a build stage takes of an install that leaves nothing out."""
    copy = step.instruction
    if not isinstance(copy, ast.Copy) or step.origin is None or step.origin.stage is None or copy.exclude:
        return None
    for source in copy.sources:
        path = step.resolve(source.word.value).text
        if path is None:
            continue
        for operation in _installed_below(models, list(step.origin.stage.all_steps()), _absolute(path), _DEPTH):
            found = _found(models, operation, started)
            if found is not None and found.names:
                return replace(found, token=source.word.token, copied=True)
    return None


def _absolute(path: str) -> str:
    return "/" + path.strip("/")


def _installed_below(models: Models, steps: list[Step], path: str, depth: int) -> Iterator[Operation]:
    """The installs of a stage, and of those that it copies from, whose packages lie at a path or below it."""
    for at, step in enumerate(steps):
        for operation in _installs(models, step):
            place = _packages_of(operation)
            if place is not None and _is_below(place, path) and not _is_pruned(operation, steps[at:]):
                yield operation
        stage = step.origin.stage if step.origin is not None else None
        copy = step.instruction
        if stage is None or depth == 0 or not isinstance(copy, ast.Copy) or _prunes(steps[at + 1 :]):
            continue
        destination = (step.destination or "").rstrip("/") or "/"
        for source in copy.sources:
            text = step.resolve(source.word.value).text
            if text is None or step.destination is None:
                continue
            if _is_below(destination, path):
                yield from _installed_below(models, list(stage.all_steps()), _absolute(text), depth - 1)
            elif _is_below(path, destination):
                inner = _absolute(text).rstrip("/") + path[len(destination.rstrip("/")) :]
                yield from _installed_below(models, list(stage.all_steps()), inner, depth - 1)


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


def _packages_of(operation: Operation) -> str | None:
    """The directory that an install of a project puts its packages into; None where it is not known."""
    name, directory, env = operation.manager.name, project_directory(operation), operation.env
    if name == "bundler":
        return env.get("BUNDLE_PATH") or env.get("GEM_HOME") or _official_gems(operation)
    inside = {"composer": "vendor", "uv": env.get("UV_PROJECT_ENVIRONMENT") or ".venv"}
    if name in _JAVASCRIPT:
        inside[name] = "node_modules"
    if name == "poetry" and (env.get("POETRY_VIRTUALENVS_IN_PROJECT") or "").lower() in ("1", "true"):
        inside[name] = ".venv"
    found = inside.get(name)
    if found is None or found.startswith("/"):
        return found
    return f"{directory.rstrip('/')}/{found}" if directory is not None and directory.startswith("/") else None


def _official_gems(operation: Operation) -> str | None:
    """Where the official images of Ruby have Bundler put gems: they set GEM_HOME."""
    image = operation.step.stage.root.image
    return "/usr/local/bundle" if image is not None and image.short_name == "ruby" else None


def _build(install: Operation) -> Token | None:
    """The first command that builds the project after an install."""
    steps = list(install.step.stage.all_steps())
    for step in steps[steps.index(install.step) :]:
        commands = (
            list(step.script.commands) if isinstance(step.instruction, ast.Run) and step.script is not None else []
        )
        start = commands.index(install.command) + 1 if step is install.step and install.command in commands else 0
        for command in commands[start:]:
            # the words, as in the exec form there are brackets and commas around them
            if BUILDS.search(" ".join(word.pattern for word in command.words)):
                return command.token
    return None


def _installs_all(operation: Operation) -> bool:
    """Whether it installs what the project's manifest says."""
    name, subcommand = operation.manager.name, operation.subcommand
    if operation.options.has("--help", "--version", "--dry-run"):
        return False
    if name == "composer":
        return subcommand in ("install", "update") and not operation.options.operands
    if name == "uv":
        return subcommand == "sync"
    if name in _JAVASCRIPT:
        named = subcommand in ("add", "fetch", "global add")
        return not named and not operation.packages and operation.project
    return operation.project


def _runs_node(started: Started | None) -> bool:
    return started is not None and started.mentions(STARTS_NODE)


def _leaves_out(operation: Operation, without: str = "") -> bool:
    """Whether options or variables other than `without` leave development dependencies out."""
    omitted, options = LEFT_OUT[operation.manager.name], operation.options
    for flag in omitted.flags:
        if options.has(flag) and not any(value.lower() in _FALSE for value in options.values(flag)):
            return True
    for option, pattern in omitted.values.items():
        given = options.flags.get(option)
        if given is not None and any(value is None or pattern.fullmatch(value) for value in given):
            return True
    if options.has("--include") and "dev" in options.values("--include"):
        return False
    if any(value.lower() in _FALSE for flag in ("--production", "--prod") for value in options.values(flag)):
        return False
    return any(
        name != without
        and name in operation.env
        and ((value := operation.env[name]) is None or pattern.fullmatch(value) is not None)
        for name, pattern in omitted.variables.items()
    )


def _ignores_node_env(models: Models, operation: Operation) -> str:
    """Where NODE_ENV looks as if it left them out: why it does not, "" where it does or that is not known."""
    first = HEED_NODE_ENV_BELOW.get(operation.manager.name)
    if first is None or operation.env.get("NODE_ENV") != "production":
        return ""
    if first == 0:
        return f"{operation.manager.name} does not look at NODE_ENV"
    package = json_manifest(models, operation, "package.json")
    match = re.match(rf"{operation.manager.name}@(\d+)", str((package or {}).get("packageManager", "")))
    if match is None or int(match[1]) < first:
        return ""
    return f"{operation.manager.name} {match[1]} does not look at NODE_ENV"


def _requirements(operation: Operation, started: Started | None) -> DevelopmentInstall | None:
    if started is None:
        return None
    for word in operation.manifests:
        name = word.value
        if name and "://" not in name and DEVELOPMENT_REQUIREMENTS.fullmatch("/".join(name.split("/")[-2:])):
            what = f"what {name} lists"
            return DevelopmentInstall(
                operation,
                word.token,
                what,
                (),
                f"leave out {name}, or install it in a stage for tests",
                certain=not started.unread,
            )
    for word in (*operation.editable, *(package.word for package in operation.packages if package.local)):
        extras = re.search(r"\[([\w,\s-]+)\]$", word.value or "")
        found = (
            [extra for extra in extras[1].replace(" ", "").split(",") if extra in DEVELOPMENT_EXTRAS] if extras else []
        )
        if found:
            what = f"the extra {', '.join(found)}"
            return DevelopmentInstall(
                operation, word.token, what, (), f"leave out {', '.join(found)}", certain=not started.unread
            )
    return None
