"""Requirement files that a build writes itself, out of a lockfile of the context.

Follows the manuals: `uv export`, `poetry export` and `pdm export` write hashes unless they are told not to, `pipenv
requirements` only with `--hash`; pip-compile works the versions out anew.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.grades import Grade, Locked
from fairlead.analysis.lockfiles import LockfileError, grade_lock, read_lockfile
from fairlead.analysis.placement import context_path, working_directory
from fairlead.build.model import Step
from fairlead.knowledge.fetchers import EXPORT_VALUED
from fairlead.shell import Command, Options, OptionSpec, parse_options, unwrap

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_LOCK_BYTES = 32 << 20


@dataclass(frozen=True)
class _Exporter:
    """A command that writes a requirements file: its words, the lockfile, and the options that decide about hashes."""

    program: str
    subcommand: str
    lock: str
    without_hashes: tuple[str, ...] = ()
    with_hashes: tuple[str, ...] = ()


_EXPORTERS = (
    _Exporter("uv", "export", "uv.lock", ("--no-hashes",)),
    _Exporter("poetry", "export", "poetry.lock", ("--without-hashes",)),
    _Exporter("pdm", "export", "pdm.lock", ("--without-hashes", "--no-hashes")),
    _Exporter("pipenv", "requirements", "Pipfile.lock", with_hashes=("--hash",)),
    _Exporter("pipenv", "lock", "Pipfile.lock", ("-r", "--requirements")),
)


@dataclass(frozen=True)
class Exported:
    """What a requirements file holds that a command wrote.

    Attributes:
        grade: how firmly it fixes what pip installs.
        why: what makes it so.
        lock: the lockfile in the context, "" for none.
        packages: the packages of the lockfile.
    """

    grade: Grade
    why: str
    lock: str = ""
    packages: tuple[Locked, ...] = ()


def exported(models: Models, command: Command, path: str) -> Exported | None:
    """What a command before another one has written to a requirements file.

    Args:
        models: the models.
        command: the command that installs.
        path: the requirements file, as that command names it; its last component is compared.
    """
    name = posixpath.basename(path)
    found = None
    for other, earlier in _before(models, command):
        written = _written(earlier)
        if name and written is not None and posixpath.basename(written) == name:
            found = _judged(models, other, earlier) or found
    return found


def _before(models: Models, command: Command) -> Iterator[tuple[Step, Command]]:
    """The commands of all RUNs up to a command: the file may come from another stage."""
    for other in models.build.runs():
        for earlier in other.script.commands if other.script is not None else ():
            if earlier is command or earlier.token.spans[0].start >= command.token.spans[0].start:
                return
            yield other, earlier


def _written(command: Command) -> str | None:
    """The file that a command writes its output to, None where it is not known."""
    for redirection in command.redirections:
        if redirection.writes and redirection.target is not None:
            return redirection.target.value
    invocation = unwrap(command)
    options = parse_options(invocation.args, OptionSpec(EXPORT_VALUED))
    return options.value("-o", "--output", "--output-file") or (
        "requirements.txt" if invocation.name == "pip-compile" else None
    )


def _judged(models: Models, step: Step, command: Command) -> Exported | None:
    invocation = unwrap(command)
    options = parse_options(invocation.args, OptionSpec(EXPORT_VALUED))
    words = [word.value for word in options.operands]
    if invocation.name == "pip-compile" or (invocation.name == "uv" and words[:2] == ["pip", "compile"]):
        return Exported("floating", f"{invocation.name} works the versions out in the build")
    for exporter in _EXPORTERS:
        if invocation.name == exporter.program and words[:1] == [exporter.subcommand]:
            return _by_lock(models, step, command, exporter, options)
    return None


def _by_lock(models: Models, step: Step, command: Command, exporter: _Exporter, options: Options) -> Exported:
    what = f"{exporter.program} {exporter.subcommand}"
    cwd = working_directory(step, command.cwd)
    place = context_path(models, step, posixpath.join(cwd, exporter.lock)) if cwd is not None else None
    text = models.context.text(place, limit=_LOCK_BYTES) if place is not None and models.context is not None else None
    hashed = options.has(*exporter.with_hashes) if exporter.with_hashes else not options.has(*exporter.without_hashes)
    if place is None or text is None:
        looked = "not in the build context" if models.context is not None else "the build context is not known"
        return Exported("unknown", f"{what} writes it from {exporter.lock}, {looked}")
    try:
        packages = read_lockfile(exporter.lock, text)
    except LockfileError as error:
        return Exported("unknown", f"{exporter.lock} can't be read: {error}", place)
    if not hashed:
        return Exported("versioned", f"{what} writes it without hashes", place, packages)
    bare = sum(package.grade != "locked" for package in packages)
    if bare:
        return Exported(grade_lock(packages), f"no hash for {bare} of {len(packages)} packages", place, packages)
    return Exported("locked", f"{what} writes the hashes of {len(packages)} packages", place, packages)
