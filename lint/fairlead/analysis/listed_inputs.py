"""Inputs that a file lists, one after the other, for a program that installs what is listed."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.grades import Grade, Input, Locked, grade_ref, worst
from fairlead.analysis.placement import context_path, working_directory
from fairlead.analysis.version_grades import grade_version
from fairlead.build.model import Step
from fairlead.knowledge.listed import LISTS_BY_PROGRAM, Listed
from fairlead.shell import Command, Invocation, Options, OptionSpec, ShellWord, parse_options

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


def listed_inputs(models: Models, step: Step, command: Command, invocation: Invocation) -> Iterator[Input]:
    """The input that a file is which a call reads."""
    for listed in LISTS_BY_PROGRAM.get(invocation.name or "", ()):
        options = parse_options(invocation.args, OptionSpec(listed.valued | frozenset(listed.options)))
        wanted = listed.subcommand.split()
        if [word.value for word in options.operands[: len(wanted)]] != wanted:
            continue
        file = _file(listed, options, command)
        if file is not None:
            yield _input(models, step, command, invocation, listed, file)
        elif _reads_its_own(listed, options, len(wanted)):
            yield _input(models, step, command, invocation, listed, None)


def _reads_its_own(listed: Listed, options: Options, operands: int) -> bool:
    """Whether a call that names no file reads the one that is always called so: it has no other operands."""
    asks = options.has("--version", "--help", "-h")
    given = not listed.needs or options.has(*listed.needs)
    return bool(listed.files) and given and not asks and len(options.operands) == operands


def _file(listed: Listed, options: Options, command: Command) -> ShellWord | None:
    """The word that names the file: the value of an option, or what is put on standard input."""
    for option in listed.options:
        for word in options.value_words.get(option, ()):
            return word
    if listed.stdin:
        for redirection in command.redirections:
            if redirection.operator == "<" and redirection.target is not None:
                return redirection.target
    return None


def _input(
    models: Models, step: Step, command: Command, invocation: Invocation, listed: Listed, file: ShellWord | None
) -> Input:
    cwd = working_directory(step, command.cwd)
    written = file.value if file is not None else None
    for option in listed.options:
        written = written.removeprefix(f"{option}=") if written is not None else None
    names = (written,) if file is not None else listed.files
    place, text = "", None
    for name in names:
        if name is None or models.context is None or (cwd is None and not name.startswith("/")):
            continue
        found = context_path(models, step, posixpath.normpath(posixpath.join(cwd or "/", name)))
        text = models.context.text(found) if found is not None else None
        if found is not None and text is not None:
            place = found
            break
    token = file.token if file is not None else invocation.word.token if invocation.word is not None else command.token
    packages: tuple[Locked, ...] = ()
    grade: Grade = "unknown"
    if text is None:
        why = "not in the build context" if models.context is not None else "the build context is not known"
    else:
        packages = tuple(_listed(listed, text))
        grade, why = _graded(packages)
    name = place or (file.pattern if file is not None else listed.files[0])
    return Input(
        "dependencies", name, grade, why, token, step.stage, step, manager=invocation.name or "", file=place,
        packages=packages, needed=step.stage.needed,
    )  # fmt: skip


def _listed(listed: Listed, text: str) -> Iterator[Locked]:
    for match in listed.item.finditer(text):
        version = (match["version"] or "").strip("'\"")
        name = match["name"].strip("'\"")
        grade = grade_ref(version)[0] if listed.refs else grade_version(version, name or version)[0]
        if grade == "floating" and listed.exact and version[:1].isdigit() and not set(version) & set("*<>~^"):
            grade = "versioned"
        yield Locked(name, version, (), grade)


def _graded(packages: tuple[Locked, ...]) -> tuple[Grade, str]:
    open_ = [package for package in packages if package.grade == "floating"]
    if open_:
        return "floating", f"no fixed version of {open_[0].name}"
    return worst(("versioned", *(package.grade for package in packages))), "versions without hashes"
