"""Inputs that programs fetch which are no package managers of a project, each in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from fairlead.analysis.code_inputs import called_inputs, is_interpreter
from fairlead.analysis.download_inputs import url_input
from fairlead.analysis.fetcher_inputs import fetcher_inputs
from fairlead.analysis.github_inputs import github_inputs
from fairlead.analysis.grades import Grade, Input, Kind
from fairlead.analysis.listed_inputs import listed_inputs
from fairlead.analysis.nix_inputs import nix_inputs
from fairlead.analysis.package_inputs import is_snapshot
from fairlead.analysis.runners import run_by
from fairlead.analysis.store_inputs import stored_inputs
from fairlead.analysis.version_grades import grade_version, step_input
from fairlead.analysis.windows_inputs import powershell_inputs
from fairlead.analysis.wrapper_inputs import corepack_inputs, wrapper_inputs
from fairlead.build.model import Step
from fairlead.knowledge.fetchers import BROWSERS, RUNNERS
from fairlead.shell import UNKNOWN, Command, Invocation, OptionSpec, ShellWord, parse_options, unwrap

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

# what plugin managers of Vim and Neovim are told by
_EDITOR_PLUGINS = re.compile(
    r"\b(?:Plug(?:in)?(?:Install|Update)!?|Packer(?:Sync|Install|Update)|Lazy!? +(?:install|sync|update|restore)|"
    r"dein#install|TS(?:Install|Update)(?:Sync)?|MasonInstall|CocInstall)\b"
)


def _with_run(commands: Iterable[Command]) -> Iterator[Command]:
    """The commands, each with the one that it runs in the environment of a project."""
    for command in commands:
        yield command
        inner = run_by(command)
        if inner is not None:
            yield inner


def tool_inputs(models: Models, step: Step) -> Iterator[Input]:
    """What the commands of a RUN fetch with programs that are no package managers of a project."""
    script = step.script
    if script is None:
        return
    wrappers: set[str] = set()
    for command in _with_run(script.commands):
        invocation = unwrap(command)
        name = invocation.name or ""
        yield from fetcher_inputs(models, step, command, invocation)
        yield from stored_inputs(models, step, invocation)
        yield from listed_inputs(models, step, command, invocation)
        yield from nix_inputs(models, step, invocation)
        reader = _READERS.get(name)
        if reader is not None:
            yield from reader(models, step, invocation)
        if name == "corepack":
            yield from corepack_inputs(models, step, command, invocation)
        elif name in ("gradlew", "mvnw") and name not in wrappers:
            wrappers.add(name)
            yield from wrapper_inputs(models, step, command, invocation, name)
        elif is_interpreter(name):
            yield from called_inputs(models, step, command, invocation, name)


def _texts(word: ShellWord) -> list[str]:
    fields = word.fields()
    return [word.pattern] if fields is None else fields


def _browsers(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """`npx playwright install chromium`: the browsers; the program itself is a package of its own or of the project."""
    words = list(parse_options(invocation.args, OptionSpec(frozenset(("--path", "--platform", "--base-url")))).operands)
    first = RUNNERS[invocation.name or ""]
    if first and words and words[0].value == first:
        words = words[1:]
    if not words:
        return
    program, at, _ = words[0].pattern[1:].partition("@")
    program = words[0].pattern[:1] + program
    called = [word.value for word in words[1:3]]
    wanted = next(
        (found for one in BROWSERS.get(program, ()) if (found := one.split()) == called[: len(one.split())]), None
    )
    if wanted is None:
        return
    browsers = words[1 + len(wanted) :] if wanted != ["install-deps"] else []
    why = f"the version of {program} decides"
    for word in browsers or words[1:2]:
        name, _, version = word.pattern.partition("@") if browsers else (" ".join([program, *wanted]), "", "")
        grade, said = grade_version(version, word.pattern) if version else ("floating", why)
        if at and not version:
            grade = grade_version(words[0].pattern.rpartition("@")[2], words[0].pattern)[0]
        kind: Kind = "package" if wanted == ["install-deps"] else "tool"
        yield step_input(
            step, kind, name, grade, said, word.token, program, version, build=models.build, words=word.text
        )


def _deno(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """Modules that a call of Deno names: `npm:x@1.2`, `jsr:@a/b@1`, URLs."""
    for word in invocation.args:
        text = word.pattern
        if "://" in text and not text.startswith("-"):
            yield url_input(models, step, word.token, text, manager="deno")
        elif text.startswith(("npm:", "jsr:")):
            head, _, version = text[5:].partition("@")
            grade, why = grade_version(version, text)
            yield step_input(
                step, "package", text[:5] + head, grade, why, word.token, "deno", version, build=models.build,
                words=word.text,
            )  # fmt: skip


def _editor(_: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """`vim +PlugInstall +qall`, `nvim -c "Lazy! sync"`: plugins that the editor's own configuration names."""
    for word in invocation.args:
        match = _EDITOR_PLUGINS.search(word.pattern)
        if match is not None:
            why = "the newest of each plugin"
            yield step_input(step, "package", match[0], "floating", why, word.token, invocation.name or "")


def _caddy(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """`xcaddy build v2.7.6 --with MODULE@VERSION`: Caddy, the newest where no version is given, and its modules."""
    options = parse_options(invocation.args, OptionSpec(frozenset(("--with", "--output", "--replace", "--embed"))))
    if [word.value for word in options.operands[:1]] != ["build"]:
        return
    asked = options.operands[1] if len(options.operands) > 1 else None
    version = asked.pattern if asked is not None else ""
    where = asked or options.operands[0]
    grade, why = grade_version(version, version or "caddy")
    yield step_input(
        step, "tool", "caddy", grade, why, where.token, "xcaddy", version, build=models.build, words=where.text
    )
    for word in options.value_words.get("--with", ()):
        module, _, replaced = word.pattern.removeprefix("--with=").partition("=")
        if replaced.startswith((".", "/")):
            continue
        name, _, version = module.partition("@")
        grade, why = grade_version(version, module)
        yield step_input(
            step, "package", name, grade, why, word.token, "xcaddy", version, build=models.build, words=word.text
        )


def _steam(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """`steamcmd +app_update 740 +quit`: Steam gives the newest build of an application, or of its beta branch."""
    for word, following in pairwise(invocation.args):
        if word.value == "+app_update":
            # the number may stand in quotes with its options
            name = following.pattern.strip("'\"").partition(" ")[0]
            grade: Grade = "unknown" if UNKNOWN in name else "floating"
            why = "a variable decides which application" if UNKNOWN in name else "Steam gives the newest build"
            yield step_input(
                step, "data", name if name.strip(UNKNOWN) else following.text.strip("'\""), grade, why, following.token,
                "steamcmd", build=models.build, words=following.text,
            )  # fmt: skip


def _artifacts(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """`mvn dependency:get -Dartifact=GROUP:NAME:VERSION`."""
    for word in invocation.args:
        match = re.fullmatch(r"-Dartifact=([^:]+:[^:]+)(?::([^:]+).*)?", word.pattern)
        if match is None:
            continue
        version = match[2] or ""
        grade, why = grade_version(version, word.pattern)
        if grade == "floating" and re.fullmatch(r"\d[^,]*(?<!-SNAPSHOT)", version):
            grade, why = "versioned", "a version, no hash"
        yield step_input(
            step, "package", match[1], grade, why, word.token, "maven", version, build=models.build, words=word.text
        )


def _pacman(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """Flags say what pacman does: `-S` installs, `-u` upgrades what is there."""
    options = parse_options(
        invocation.args,
        OptionSpec(
            frozenset(["-b", "--dbpath", "-r", "--root", "--config", "--cachedir", "--overwrite", "--ignore", "--arch"])
        ),
    )
    flags = set(options.flags)
    if not flags & {"-S", "--sync"} or flags & {
        "-c",
        "--clean",
        "-s",
        "--search",
        "-i",
        "--info",
        "-p",
        "--print",
        "-l",
    }:
        return
    snapshot = is_snapshot(step)
    grade: Grade = "versioned" if snapshot else "floating"
    first = options.words.get("-S") or options.words.get("--sync")
    if flags & {"-u", "--sysupgrade"} and first is not None:
        why = "everything as in a snapshot" if snapshot else "the newest of everything"
        yield step_input(step, "upgrade", f"pacman {first.text}", grade, why, first.token, "pacman")
    for word in options.operands:
        for text in _texts(word):
            if not text.strip(UNKNOWN):
                yield step_input(
                    step,
                    "package",
                    word.text,
                    "unknown",
                    "a variable decides which packages",
                    word.token,
                    "pacman",
                    "",
                    build=models.build,
                    words=word.text,
                )
            else:
                name, _, version = text.partition("=")
                why = "from a snapshot" if snapshot else "no version"
                given: Grade = grade
                if version:
                    given, why = "versioned", "a version, no hash"
                yield step_input(
                    step,
                    "package",
                    name,
                    given,
                    why,
                    word.token,
                    "pacman",
                    version,
                    build=models.build,
                    words=word.text,
                )


def _powershell(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """`pwsh -Command "Install-Module x"` in a shell that is another."""
    yield from powershell_inputs(models, step, invocation.command.token)


_READERS: dict[str, Callable[[Models, Step, Invocation], Iterator[Input]]] = {
    **dict.fromkeys(RUNNERS, _browsers),
    **dict.fromkeys(("mvn", "mvnw"), _artifacts),
    **dict.fromkeys(("vim", "nvim", "gvim"), _editor),
    **dict.fromkeys(("pwsh", "powershell"), _powershell),
    **dict.fromkeys(("steamcmd", "steamcmd.sh"), _steam),
    **dict.fromkeys(("pacman", "yay", "paru"), _pacman),
    "deno": _deno,
    "gh": github_inputs,
    "xcaddy": _caddy,
}
