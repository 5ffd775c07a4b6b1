"""Development dependencies, as the manifests of the build context name them."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from fairlead.analysis.placement import text_at
from fairlead.knowledge.development import DEVELOPMENT_EXTRAS, NEXT_CONFIGURATIONS, NEXT_START, PROGRAMS_OF

if TYPE_CHECKING:
    from fairlead.analysis.models import Models
    from fairlead.analysis.packages import Operation
    from fairlead.analysis.startup import Started


def project_directory(operation: Operation) -> str | None:
    """The directory of the project that an install is for; relative, or None, where the directory is not known."""
    given = operation.options.value(
        "-C", "--prefix", "--cwd", "--dir", "--directory", "--project", "-d", "--working-dir"
    )
    cwd = operation.command.cwd
    if given is None or given.startswith("/"):
        return given or cwd
    return posixpath.normpath(f"{cwd}/{given}") if cwd is not None else given


def _text(models: Models, operation: Operation, name: str) -> str | None:
    directory = project_directory(operation)
    return text_at(models, operation.step, f"{directory}/{name}" if directory is not None else name)


def json_manifest(models: Models, operation: Operation, name: str) -> dict[str, Any] | None:
    """A manifest in JSON that lies where an install works; None where it is not known, or is none."""
    text = _text(models, operation, name)
    try:
        data = json.loads(text) if text is not None else None
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def development_names(models: Models, operation: Operation, started: Started | None) -> tuple[str, ...] | None:
    """The development dependencies of the project that an install is for, as its manifest says.

    Returns:
        () where the manifest is not known, None where it has none, or where the container needs them.
    """
    match operation.manager.name:
        case "composer":
            data = json_manifest(models, operation, "composer.json")
            return () if data is None else tuple(_table(data, "require-dev")) or None
        case "poetry" | "uv":
            return _python_groups(models, operation, started)
        case "bundler":
            return _gems(models, operation)
    return _javascript(models, operation, started)


def _table(data: Any, *keys: str) -> dict[str, Any]:
    """A table inside a manifest; an empty one where there is none or it is something else."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _javascript(models: Models, operation: Operation, started: Started | None) -> tuple[str, ...] | None:
    package = json_manifest(models, operation, "package.json")
    if package is None:
        return ()
    if re.search(r"(?m)^\s*(?:omit\s*=\s*[\"']?dev|production\s*=\s*true)", _text(models, operation, ".npmrc") or ""):
        return None
    names = tuple(_table(package, "devDependencies"))
    if not names:
        # those of the members of a workspace are installed as well
        in_parts = "workspaces" in package or _text(models, operation, "pnpm-workspace.yaml") is not None
        return () if in_parts else None
    needed = [name for name in names if not name.startswith("@types/")]
    if started is not None and any(started.mentions(_as_word(name)) for name in needed):
        return None
    if started is not None and "typescript" in needed and _loads_typed_configuration(models, operation, started):
        return None
    return names


def _as_word(name: str) -> re.Pattern[str]:
    programs = PROGRAMS_OF.get(name) or (name.rpartition("/")[2],)
    return re.compile(rf"(?:(?<![\w@/.-])|(?<=\.bin/))(?:{'|'.join(map(re.escape, programs))})(?![\w./-])")


def _loads_typed_configuration(models: Models, operation: Operation, started: Started) -> bool:
    """Whether the container starts Next.js with a configuration in TypeScript, which it compiles each time."""
    if not started.mentions(NEXT_START):
        return False
    places = (project_directory(operation), started.step.stage.end.workdir)
    return any(
        text_at(models, started.step, f"{place}/{name}") is not None
        for place in places
        if place is not None
        for name in NEXT_CONFIGURATIONS
    )


def _toml(text: str | None) -> dict[str, Any] | None:
    """A manifest in TOML; None for none, or one that cannot be read."""
    import tomllib

    try:
        return tomllib.loads(text) if text is not None else None
    except tomllib.TOMLDecodeError:
        return None


def _python_groups(models: Models, operation: Operation, started: Started | None) -> tuple[str, ...] | None:
    if started is None:
        return None
    text = _text(models, operation, "pyproject.toml")
    data = _toml(text)
    member = operation.options.value("--package")
    if data is not None and member is not None:
        data = _member(models, operation, data, member)
    if data is None:
        return () if text is None or member is not None else None
    groups = _uv_groups(data) if operation.manager.name == "uv" else _poetry_groups(data)
    names = [str(item) for name in groups if name in DEVELOPMENT_EXTRAS for item in groups[name]]
    cleaned = tuple(dict.fromkeys(re.split(r"[\s<>=!~;\[@]", name, maxsplit=1)[0] for name in names))
    return cleaned or None


def _member(models: Models, operation: Operation, root: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The manifest of a member of a workspace; None where it is not found."""
    if _table(root, "project").get("name") == name:
        return root
    members = _table(root, "tool", "uv", "workspace").get("members")
    for member in members if isinstance(members, list) else ():
        data = _toml(_text(models, operation, f"{member}/pyproject.toml"))
        if _table(data, "project").get("name") == name:
            return data
    return None


def _lists(table: dict[str, Any]) -> dict[str, list[str]]:
    """The groups of a table of lists; what a list includes of other groups is left out."""
    return {
        name: [item for item in given if isinstance(item, str)]
        for name, given in table.items()
        if isinstance(given, list)
    }


def _uv_groups(data: dict[str, Any]) -> dict[str, list[str]]:
    """The groups that `uv sync` installs by itself: those of `default-groups`, or `dev`."""
    settings = _table(data, "tool", "uv")
    declared = _lists(_table(data, "dependency-groups"))
    older = settings.get("dev-dependencies")
    if isinstance(older, list):
        declared["dev"] = [*declared.get("dev", ()), *(item for item in older if isinstance(item, str))]
    wanted = settings.get("default-groups", ["dev"])
    if wanted == "all":
        return declared
    return {name: given for name, given in declared.items() if isinstance(wanted, list) and name in wanted}


def _poetry_groups(data: dict[str, Any]) -> dict[str, list[str]]:
    """The groups that `poetry install` installs by itself: all that are not optional."""
    poetry = _table(data, "tool", "poetry")
    groups = _lists(_table(data, "dependency-groups"))
    groups["dev"] = [*groups.get("dev", ()), *_table(poetry, "dev-dependencies")]
    for name in _table(poetry, "group"):
        group = _table(poetry, "group", name)
        groups[name] = [] if group.get("optional") else [*groups.get(name, ()), *_table(group, "dependencies")]
    return groups


def _gems(models: Models, operation: Operation) -> tuple[str, ...] | None:
    """The gems of the groups development and test; only an application that runs in production has no use for them."""
    target = models.build.target
    ends = target.end.scope.values if target is not None else {}
    if not any(ends.get(name) == "production" for name in ("RAILS_ENV", "RACK_ENV", "APP_ENV", "HANAMI_ENV")):
        return None
    texts = [step.instruction.token.text for step in operation.step.stage.all_steps()]
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
