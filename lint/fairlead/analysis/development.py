"""Installs of development dependencies in the image that ships."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairlead.analysis.context_files import text_at
from fairlead.analysis.packages import Operation
from fairlead.analysis.startup import Started
from fairlead.build.model import Step
from fairlead.knowledge.development import (
    BUILDS,
    DEVELOPMENT_EXTRAS,
    DEVELOPMENT_REQUIREMENTS,
    DEVELOPMENT_START,
    DEVELOPMENT_VALUES,
    ENVIRONMENT_NAMES,
    HEED_NODE_ENV_BELOW,
    LEFT_OUT,
    PRUNED,
    STARTS_NODE,
)
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_JAVASCRIPT = ("npm", "yarn", "pnpm", "bun")
_FALSE = ("false", "0", "no")


@dataclass(frozen=True)
class DevelopmentInstall:
    """An install that brings development dependencies into the final image.

    Attributes:
        operation: the install.
        token: the words that say so.
        what: what is too much, in words.
        names: the packages, as far as the manifest is known.
        advice: what to write.
        note: why something that looks as if it left them out does not; "" for nothing.
        build: what is built with them; None for nothing.
        foreign: the project is cloned or downloaded: whether it has such dependencies is not known.
    """

    operation: Operation
    token: Token
    what: str
    names: tuple[str, ...]
    advice: str
    note: str = ""
    build: Token | None = None
    foreign: bool = False


def development_installs(models: Models) -> Iterator[DevelopmentInstall]:
    """The installs of the final image's layers that bring development dependencies, where its container needs none."""
    target = models.build.target
    if target is None:
        return
    started = models.startup.started
    if models.startup.workplace or _is_for_development(target.end.scope.values):
        return
    if started is not None and started.mentions(DEVELOPMENT_START):
        return
    steps = models.layers.shipped_steps()
    for at, step in enumerate(steps):
        if not isinstance(step.instruction, ast.Run):
            continue
        for operation in models.operations(step):
            if operation.kind not in ("install", "upgrade") or operation.command.conditional:
                continue
            found = _found(models, operation, started)
            if found is not None and not _is_pruned(operation, steps[at:]):
                yield found


def _is_for_development(values: Mapping[str, str | None]) -> bool:
    return any(DEVELOPMENT_VALUES.fullmatch(values.get(name) or "") for name in ENVIRONMENT_NAMES)


def _is_pruned(operation: Operation, steps: list[Step]) -> bool:
    """Whether a later command, in the same RUN or below it, takes them out again."""
    first = steps[0].instruction.token
    behind = first.text[first.text.find(operation.token.text) + len(operation.token.text) :]
    texts = [behind, *(step.instruction.token.text for step in steps[1:] if isinstance(step.instruction, ast.Run))]
    return any(PRUNED.search(text) for text in texts)


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
    note = ""
    if _leaves_out(operation):
        ignored = _ignores_node_env(models, operation)
        if not ignored:
            return None
        note = ignored
    names = _names(models, operation, started)
    if names is None or (name in _JAVASCRIPT and not _runs_node(started)):
        return None
    foreign = not names and not _is_copied(models, operation)
    return DevelopmentInstall(
        operation,
        operation.token,
        LEFT_OUT[name].what,
        names,
        LEFT_OUT[name].advice,
        note,
        _build(models, operation),
        foreign,
    )


def _build(models: Models, install: Operation) -> Token | None:
    """The first command that builds the project after an install."""
    steps = models.layers.shipped_steps()
    for step in steps[steps.index(install.step) :]:
        commands = (
            list(step.script.commands) if isinstance(step.instruction, ast.Run) and step.script is not None else []
        )
        start = commands.index(install.command) + 1 if step is install.step and install.command in commands else 0
        for command in commands[start:]:
            if BUILDS.search(command.token.text):
                return command.token
    return None


def _is_copied(models: Models, operation: Operation) -> bool:
    """Whether a COPY brings files to where an install runs: else the project is a clone or a download."""
    cwd = operation.command.cwd
    for step in models.layers.shipped_steps():
        if step is operation.step:
            break
        copy = step.instruction
        if isinstance(copy, ast.FileInstruction) and not all("://" in source.word.value for source in copy.sources):
            destination = step.destination
            if destination is None or cwd is None or f"{cwd}/".startswith(destination.rstrip("/") + "/"):
                return True
    return bool(operation.step.mounts)


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


def _leaves_out(operation: Operation) -> bool:
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
        name in operation.env and ((value := operation.env[name]) is None or pattern.fullmatch(value) is not None)
        for name, pattern in omitted.variables.items()
    )


def _ignores_node_env(models: Models, operation: Operation) -> str:
    """Where only NODE_ENV would leave them out: why it does not, "" where it does or that is not known."""
    first = HEED_NODE_ENV_BELOW.get(operation.manager.name)
    if first is None or operation.env.get("NODE_ENV") != "production":
        return ""
    others = {key: value for key, value in operation.env.items() if key != "NODE_ENV"}
    omitted = LEFT_OUT[operation.manager.name]
    if any(name in others for name in omitted.variables) or operation.options.has(*omitted.flags):
        return ""
    package = _json(models, operation, "package.json")
    match = re.match(rf"{operation.manager.name}@(\d+)", str((package or {}).get("packageManager", "")))
    if match is None or int(match[1]) < first:
        return ""
    return f"{operation.manager.name} {match[1]} does not look at NODE_ENV"


def _text(models: Models, operation: Operation, name: str) -> str | None:
    directory = operation.options.value(
        "-C", "--prefix", "--cwd", "--dir", "--directory", "--project", "-d", "--working-dir"
    )
    cwd = operation.command.cwd
    if directory is not None:
        cwd = directory if directory.startswith("/") else f"{cwd}/{directory}" if cwd is not None else directory
    return text_at(models, operation.step, f"{cwd}/{name}" if cwd is not None else name)


def _json(models: Models, operation: Operation, name: str) -> dict[str, Any] | None:
    text = _text(models, operation, name)
    try:
        data = json.loads(text) if text is not None else None
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _names(models: Models, operation: Operation, started: Started | None) -> tuple[str, ...] | None:
    """The development dependencies, () where the manifest is not known; None for none, or where they are needed."""
    match operation.manager.name:
        case "composer":
            data = _json(models, operation, "composer.json")
            return () if data is None else tuple(data.get("require-dev") or ()) or None
        case "poetry" | "uv":
            return _python_groups(models, operation, started)
        case "bundler":
            return _gems(models, operation)
    package = _json(models, operation, "package.json")
    if package is None:
        return ()
    if re.search(r"(?m)^\s*(?:omit\s*=\s*[\"']?dev|production\s*=\s*true)", _text(models, operation, ".npmrc") or ""):
        return None
    wanted = package.get("devDependencies")
    names = tuple(wanted) if isinstance(wanted, dict) else ()
    if "workspaces" in package or _text(models, operation, "pnpm-workspace.yaml") is not None:
        names = names or ("",)
    if started is not None and any(
        started.mentions(_as_word(name)) for name in names if name and not name.startswith("@types/")
    ):
        return None
    return tuple(name for name in names if name) if names else None


def _as_word(name: str) -> re.Pattern[str]:
    base = name.rpartition("/")[2]
    return re.compile(rf"(?<![\w@/.-]){re.escape(base)}(?![\w./-])")


def _python_groups(models: Models, operation: Operation, started: Started | None) -> tuple[str, ...] | None:
    if started is None:
        return None
    text = _text(models, operation, "pyproject.toml")
    if text is None:
        return ()
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    tool = data.get("tool", {})
    groups: dict[str, Any] = {}
    if operation.manager.name == "uv":
        defaults = tool.get("uv", {}).get("default-groups", ["dev"])
        declared = data.get("dependency-groups", {})
        wanted = declared if defaults == "all" else {name: declared[name] for name in defaults if name in declared}
        groups = {name: given for name, given in wanted.items() if name in DEVELOPMENT_EXTRAS}
        groups["tool.uv"] = tool.get("uv", {}).get("dev-dependencies", [])
        names = [str(item) for given in groups.values() for item in given if isinstance(item, str)]
    else:
        poetry = tool.get("poetry", {})
        declared = {"dev": {"dependencies": poetry.get("dev-dependencies", {})}, **poetry.get("group", {})}
        names = [
            name
            for group, given in declared.items()
            if isinstance(given, dict) and not given.get("optional") and group in DEVELOPMENT_EXTRAS
            for name in given.get("dependencies", {})
        ]
    cleaned = tuple(dict.fromkeys(re.split(r"[\s<>=!~;\[@]", name, maxsplit=1)[0] for name in names))
    return cleaned or None


def _gems(models: Models, operation: Operation) -> tuple[str, ...] | None:
    """The gems of the groups development and test; only an application that runs in production has no use for them."""
    target = models.build.target
    ends = target.end.scope.values if target is not None else {}
    if not any(ends.get(name) == "production" for name in ("RAILS_ENV", "RACK_ENV", "APP_ENV", "HANAMI_ENV")):
        return None
    texts = [step.instruction.token.text for step in models.layers.shipped_steps()]
    if any(
        re.search(r"bundle\s+config\s.*\b(?:without|only)\b|BUNDLE_(?:WITHOUT|ONLY)|\.bundle", text) for text in texts
    ):
        return None
    gemfile = _text(models, operation, "Gemfile")
    if gemfile is None:
        return None if "BUNDLE_DEPLOYMENT" in operation.env or operation.options.has("--deployment") else ()
    names: list[str] = []
    for body in re.findall(r"(?ms)^\s*group\s*\(?\s*([^\n]*?)\)?\s+do\b(.*?)^\s*end\b", gemfile):
        if re.search(r":(?:development|test)\b", body[0]) and not re.search(r":(?:production|default)\b", body[0]):
            names += re.findall(r"(?m)^\s*gem\s*\(?\s*[\"']([\w.-]+)", body[1])
    return tuple(dict.fromkeys(names)) or None


def _requirements(operation: Operation, started: Started | None) -> DevelopmentInstall | None:
    if started is None:
        return None
    for word in operation.manifests:
        name = word.value
        if name and "://" not in name and DEVELOPMENT_REQUIREMENTS.fullmatch("/".join(name.split("/")[-2:])):
            what = f"what {name} lists"
            return DevelopmentInstall(
                operation, word.token, what, (), f"leave out {name}, or install it in a stage for tests"
            )
    for word in (*operation.editable, *(package.word for package in operation.packages if package.local)):
        extras = re.search(r"\[([\w,\s-]+)\]$", word.value or "")
        found = (
            [extra for extra in extras[1].replace(" ", "").split(",") if extra in DEVELOPMENT_EXTRAS] if extras else []
        )
        if found:
            what = f"the extra {', '.join(found)}"
            return DevelopmentInstall(operation, word.token, what, (), f"leave out {', '.join(found)}")
    return None
