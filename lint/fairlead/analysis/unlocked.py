"""Installs of a project's dependencies that do not keep to a lockfile, though there is one or could be one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.grades import Input
from fairlead.build.model import Step
from fairlead.knowledge.locking import LOCKING
from fairlead.knowledge.releases import is_settled
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_MANAGERS = re.compile(
    r"\b(?:npm|yarn|pnpm|bun|pip[\d.]*|uv|poetry|pdm|pipenv|cargo|cross|bundle|composer|dotnet|mix|dart|flutter|swift|deno|go)\b"
)
# `cargo install` is looked at below; Yarn's focus keeps no lockfile and has no option for it
_ON_THEIR_OWN = ("cargo install", "yarn workspaces focus")
# what Cargo does when the lockfile does not fit is what an edit of Cargo.toml asks for; the others are habits, too
_SELDOM = frozenset(
    ("cargo", "go", "mix", "dotnet", "pub", "swift", "pdm", "deno", "terraform", "nix", "opam", "rye", "carton")
)


@dataclass(eq=False)
class UnlockedInstall:
    """An install that takes other versions than a lockfile says, or may.

    Attributes:
        kind: `anew`: it works the versions out anew; `missing`: the lockfile is in the build context, not in the image;
            `rewritten`: it changes the lockfile where it doesn't fit; `ignored`: cargo install, which passes over the
            lockfile of what it installs; `none`: there is no lockfile; `open`: a requirements file names no versions;
            `hashes`: it names versions without hashes.
        token: the words of the command.
        step: the step.
        command: the command in short.
        file: the lockfile, or the file that says what is needed; "" where it is not known.
        why: what the input model says of it, for requirements files.
        advice: the command that keeps to the lockfile, "" where there is none.
        usual: whether it is worth a change in most projects.
    """

    kind: Literal["anew", "missing", "rewritten", "ignored", "none", "open", "hashes"]
    token: Token
    step: Step
    command: str
    file: str
    why: str
    advice: str
    usual: bool


def unlocked_installs(models: Models) -> Iterator[UnlockedInstall]:
    """The installs of needed stages that do not keep to a lockfile."""
    if not _MANAGERS.search(models.build.dockerfile.source.text):
        # no need for the model of all inputs
        return
    dependencies = [found for found in models.inputs.all() if found.kind == "dependencies"]
    # where a lockfile does not fit, the build ends at an install that keeps to it, whatever others would do
    kept = {found.file for found in dependencies if found.enforced}
    for found in dependencies:
        if found.step is not None and not found.enforced:
            install = _unlocked(models, found, found.step)
            if install is not None and not (install.kind == "rewritten" and found.file in kept):
                yield install
    yield from _cargo(models)


def _unlocked(models: Models, found: Input, step: Step) -> UnlockedInstall | None:
    locking = LOCKING.get(found.manager)
    command = _command(found.token, step)
    name = posixpath.basename(found.file)
    if name.endswith((".txt", ".in", ".pip")) or locking is None:
        if found.manager not in ("pip", "uv") or not found.packages:
            return None
        kind: Literal["open", "hashes"] = "open" if found.grade == "floating" else "hashes"
        return UnlockedInstall(kind, found.token, step, command, found.file, found.why, "", usual=False)
    if not locking.lockfiles or locking.readable or command.startswith(_ON_THEIR_OWN):
        return None
    if found.grade == "floating" and (name in locking.lockfiles or command.endswith(" update")):
        usual = name in locking.lockfiles
        return UnlockedInstall("anew", found.token, step, command, found.file, "", locking.advice, usual=usual)
    if name in locking.lockfiles and found.grade == "versioned":
        if not locking.advice:
            return None
        # `--no-deployment` says that it is meant
        usual = found.manager not in _SELDOM and "--no-deployment" not in _line(found.token, step)
        return UnlockedInstall("rewritten", found.token, step, command, found.file, "", locking.advice, usual=usual)
    if found.grade != "floating" or re.search(r"\bpip3? (?:install|wheel)\b", _line(found.token, step)):
        # pip, and uv's, read no lockfile
        return None
    lock = _in_context(models, posixpath.dirname(found.file), locking.lockfiles) if found.file else ""
    if lock:
        return UnlockedInstall("missing", found.token, step, command, lock, "", locking.advice, usual=True)
    return UnlockedInstall("none", found.token, step, command, found.file, "", locking.advice, usual=False)


def _line(token: Token, step: Step) -> str:
    """The whole command that a token is the beginning of."""
    start = token.spans[0].start
    for command in step.script.commands if step.script is not None else ():
        if command.token.spans[0].start <= start < command.token.spans[-1].end:
            return command.token.text
    return ""


def _command(token: Token, step: Step) -> str:
    """The program and its subcommand, where a token is the program alone."""
    start = token.spans[0].start
    for command in step.script.commands if step.script is not None else ():
        words = [word.text for word in command.words if word.token.spans[0].start >= start]
        if len(words) > 1 and command.words[0].token.spans[0].start <= start < command.token.spans[-1].end:
            return token.text if " " in token.text or words[1].startswith("-") else f"{words[0]} {words[1]}"
    return token.text


def _in_context(models: Models, directory: str, names: tuple[str, ...]) -> str:
    """The lockfile in a directory of the context, left out by the .dockerignore or not; "" for none."""
    context = models.context
    for name in names:
        path = posixpath.join(directory, name)
        if context is not None and context.is_there(path):
            return path
    return ""


def _cargo(models: Models) -> Iterator[UnlockedInstall]:
    """Calls of `cargo install` without `--locked`."""
    for step in models.build.runs():
        for operation in models.operations(step) if step.stage.needed else ():
            if operation.manager.name != "cargo" or operation.subcommand != "install":
                continue
            if not operation.options.has("--locked", "--frozen", "--list", "--version", "--help"):
                why = "the lockfile that comes with the program"
                settled = bool(operation.packages) and all(is_settled("cargo", p.name) for p in operation.packages)
                usual = not settled and (
                    not operation.options.has("--path")
                    or any(posixpath.basename(found.file) == "Cargo.lock" for found in models.inputs.of(step))
                )
                yield UnlockedInstall(
                    "ignored", operation.token, step, "cargo install", "", why, "--locked", usual=usual
                )
