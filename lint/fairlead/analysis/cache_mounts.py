"""Installs that fetch everything again whenever they run, since no cache mount keeps what they have fetched."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.effects import covers
from fairlead.analysis.packages import Operation, mounted, no_cache
from fairlead.build.model import Step
from fairlead.knowledge.cache_mounts import (
    BUILDS,
    CACHE_MOUNTS,
    DISTRIBUTIONS,
    GO_BUILD,
    YARN_BERRY,
    CacheMount,
    home_of,
    id_of,
)
from fairlead.shell import UNKNOWN

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


@dataclass(eq=False)
class MissingMount:
    """A step that installs what a project needs without a cache mount.

    Attributes:
        install: the first such install of the step.
        mounts: the flags that would mend it, in full.
        assignments: variables that have to be set for the install, `NAME=value`.
        against: what in the step or its environment keeps the cache empty, as written.
    """

    install: Operation
    mounts: tuple[str, ...]
    assignments: tuple[str, ...]
    against: tuple[str, ...]


def missing_mount(models: Models, step: Step) -> MissingMount | None:
    """The first install of a RUN that wants a cache mount and has none."""
    for operation in models.operations(step):
        places = [_place(operation, wanted) for wanted in _wanted(models, operation)]
        if not places or None in places:
            continue
        found = [place for place in places if place is not None]
        if any(_is_kept(operation, target) for target, _, _ in found):
            continue
        flags = tuple(_flag(step, target, wanted) for target, wanted, _ in found)
        assignments = tuple(setting for _, _, setting in found if setting)
        against = _against(models, operation, [target for target, _, _ in found])
        return MissingMount(operation, flags, assignments, against)
    return None


def _wanted(models: Models, operation: Operation) -> tuple[CacheMount, ...]:
    manager = operation.manager
    builds = operation.subcommand in BUILDS.get(manager.name, ())
    if not (operation.project or builds) or operation.options.has("--offline", "--no-restore"):
        return ()
    if manager.name == "go" and builds:
        vendored = models.context is not None and models.context.is_there("vendor/modules.txt")
        return (GO_BUILD,) if vendored else (*CACHE_MOUNTS["go"], GO_BUILD)
    if manager.name == "yarn":
        return _yarn(models, operation)
    return CACHE_MOUNTS.get(manager.name, ())


def _yarn(models: Models, operation: Operation) -> tuple[CacheMount, ...]:
    context = models.context
    settings = context.text(".yarnrc.yml") if context is not None else None
    in_project = re.search(r"enableGlobalCache:\s*false", settings or "")
    if in_project or (context is not None and context.is_there(".yarn/cache")):
        return ()
    berry = settings is not None or operation.options.has("--immutable") or "focus" in operation.subcommand
    if berry:
        return (YARN_BERRY,)
    [classic] = CACHE_MOUNTS["yarn"]
    is_root = (operation.step.user or "root").partition(":")[0] in ("root", "0")
    # yarn 1 keeps root's cache where all users find it
    return (classic._replace(path="/usr/local/share/.cache/yarn") if is_root else classic,)


def _place(operation: Operation, wanted: CacheMount) -> tuple[str, CacheMount, str] | None:
    """The directory, what it is, and a variable to set for it; None where it isn't known."""
    if operation.options.has(*wanted.options) and wanted.options:
        value = operation.options.value(*wanted.options)
        return None if value is None or not value.startswith("/") else (value, wanted, "")
    setting = wanted.setting if "=" in wanted.setting else ""
    for name, below in wanted.variables:
        if name in operation.env:
            moved = operation.env[name]
            return None if not moved or not moved.startswith("/") else (moved.rstrip("/") + below, wanted, setting)
    image = operation.step.stage.root.image
    for pattern, path in wanted.images:
        if image is not None and re.search(pattern, image.repository):
            return path, wanted, setting
    if wanted.images and (image is None or not DISTRIBUTIONS.fullmatch(image.repository)):
        return _elsewhere(operation, wanted)
    if wanted.path.startswith("/"):
        return wanted.path, wanted, f"{wanted.setting}={wanted.path}" if wanted.setting and not setting else setting
    home = operation.env["HOME"] if "HOME" in operation.env else home_of(operation.step.user or "root")
    if home:
        return home.rstrip("/") + wanted.path[1:], wanted, setting
    return _elsewhere(operation, wanted)


def _elsewhere(operation: Operation, wanted: CacheMount) -> tuple[str, CacheMount, str] | None:
    """A place of its own, where a variable can name it, since that of the image or the user isn't known."""
    variable = next((name for name, below in wanted.variables if not below), "")
    if not variable:
        return None
    path = f"/tmp/{operation.manager.name}-cache"  # noqa: S108  # inside the image
    return path, wanted, f"{variable}={path}"


def _is_kept(operation: Operation, target: str) -> bool:
    """Whether a mount of the step holds the directory, or one that is like it under another name."""
    step = operation.step
    if mounted(step, target):
        return True
    words = {posixpath.basename(target).strip("."), operation.manager.name}
    for mount in step.mounts:
        if mount.type != "cache":
            continue
        known = f"{mount.target or UNKNOWN} {mount.syntax.options.get('id', '')}"
        if UNKNOWN in known or words & set(re.split(r"[^a-z0-9]+", known.lower())):
            return True
    return False


def _flag(step: Step, target: str, wanted: CacheMount) -> str:
    text = f"--mount=type=cache,target={target}"
    if wanted.locked:
        text += ",sharing=locked"
    user = (step.user or "root").partition(":")[0]
    if user not in ("root", "0"):
        # a mount is root's unless it says otherwise
        text += f",uid={id_of(user) or f'<number of {user}>'}"
    return text


def _against(models: Models, operation: Operation, targets: list[str]) -> tuple[str, ...]:
    found = []
    if no_cache(operation):
        found += [option for option in sorted(operation.manager.no_cache_options) if operation.options.has(option)]
        found += [name for name in sorted(operation.manager.no_cache_variables) if operation.env.get(name)]
    for removal in models.removals(operation.step):
        if any(covers(removal, target) for target in targets):
            found.append(" ".join(removal.command.token.text.split()))
    return tuple(dict.fromkeys(found))
