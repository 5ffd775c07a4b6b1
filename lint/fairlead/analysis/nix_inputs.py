"""Inputs that Nix fetches: packages of a channel or a flake, channels.

Follows the Nix manual: `nix-env --install` and `nix-shell --packages` take packages of the channel as it is then,
unless an option, `-f` or `-I nixpkgs=`, names an archive; a flake reference without a commit is looked up at that time,
and a name such as `nixpkgs` in a registry first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.download_inputs import grade_url, url_input
from fairlead.analysis.grades import Grade, Input
from fairlead.analysis.repository_inputs import repository_input
from fairlead.analysis.source_inputs import source_input
from fairlead.analysis.version_grades import step_input
from fairlead.build.model import Step
from fairlead.knowledge.fetchers import NIX_VALUED
from fairlead.shell import UNKNOWN, Invocation, Options, OptionSpec, ShellWord, parse_options

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_FLAKES = frozenset(("build", "run", "shell", "develop", "profile"))
_FORGE = re.compile(r"(?:github|gitlab|sourcehut):(?P<path>[^/#?]+/[^/#?]+)(?:/(?P<ref>[^#?]+))?")
# a value of an option with two values is no name
_NAME = re.compile(r"(?!(?:true|false|auto)$)[A-Za-z][\w-]*")
_REVISION = re.compile(r"[?&]rev=([0-9a-f]{40})")


def nix_inputs(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """What a call of one of Nix's programs brings in, but for the inputs that the build's own flake locks."""
    match invocation.name:
        case "nix-env":
            options = parse_options(invocation.args, OptionSpec(NIX_VALUED - {"-p"}))
            if options.has("-i", "--install", "-u", "--upgrade") and not options.has("-q", "--query"):
                yield from _of_channel(models, step, options, options.operands, "nix-env")
        case "nix-shell":
            yield from _shell(models, step, invocation)
        case "nix-channel":
            yield from _channel(models, step, invocation)
        case "nix":
            yield from _flakes(models, step, invocation)
        case _:
            return


def _of_channel(
    models: Models, step: Step, options: Options, words: tuple[ShellWord, ...], manager: str
) -> Iterator[Input]:
    """Packages of the channel, or of the archive that an option names."""
    grade: Grade = "floating"
    why = "the channel moves"
    places = [
        *options.value_words.get("-f", ()),
        *options.value_words.get("--file", ()),
        *options.value_words.get("-I", ()),
    ]
    for place in places:
        url = place.pattern.rpartition("nixpkgs=")[2]
        if "://" in url:
            grade, why = grade_url(step, place.token, url)
            yield url_input(models, step, place.token, url, manager=manager)
    for word in words:
        for text in word.fields() or [word.pattern]:
            if text.startswith((".", "/")):
                continue
            known = bool(text.strip(UNKNOWN))
            name = text if known else word.text.strip("\"'")
            given: tuple[Grade, str] = (grade, why) if known else ("unknown", "a variable decides which packages")
            yield step_input(step, "package", name, *given, word.token, manager, build=models.build, words=word.text)


def _shell(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """`nix-shell -p hello git --run ...`: every word behind `-p` up to the next option is a package."""
    options = parse_options(invocation.args, OptionSpec(NIX_VALUED - {"-p", "--packages"}))
    if options.has("-p", "--packages"):
        yield from _of_channel(models, step, options, options.operands, "nix-shell")


def _channel(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    words = invocation.args
    texts = [word.text for word in words]
    if "--add" in texts:
        for word in words[texts.index("--add") + 1 :][:1]:
            yield repository_input(models, step, word.token, word.pattern, word.pattern, "nix-channel")
    elif "--update" in texts and invocation.word is not None:
        why = "the newest of everything"
        yield step_input(step, "upgrade", "nix-channel --update", "floating", why, invocation.word.token, "nix-channel")


def _flakes(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    options = parse_options(invocation.args, OptionSpec(NIX_VALUED))
    operands = list(options.operands)
    if not operands or operands[0].value not in _FLAKES or options.has("--offline"):
        return
    subcommand = operands.pop(0).value
    if subcommand == "profile":
        if not operands or operands.pop(0).value not in ("install", "add", "upgrade"):
            return
    elif subcommand == "run":
        # what follows belongs to the program that is run
        operands = operands[:1]
    for word in operands:
        yield from _flake(models, step, word)


def _flake(models: Models, step: Step, word: ShellWord) -> Iterator[Input]:
    reference, _, attribute = word.pattern.partition("#")
    forge = _FORGE.match(reference)
    if forge is not None:
        ref = forge["ref"] or ""
        yield source_input(models, step, word.token, reference[: forge.end("path")], ref, manager="nix")
    elif "://" in reference:
        revision = _REVISION.search(reference)
        if reference.startswith("git+"):
            address = reference.removeprefix("git+").partition("?")[0]
            yield source_input(models, step, word.token, address, revision[1] if revision else "", manager="nix")
        else:
            yield url_input(models, step, word.token, reference.removeprefix("tarball+"), manager="nix")
    elif reference and not reference.startswith((".", "/", "path:")) and (attribute or _NAME.fullmatch(reference)):
        commit = re.fullmatch(r"[^/]+/([0-9a-f]{40})", reference)
        rev = commit[1] if commit else ""
        grade: Grade = "immutable" if commit else "floating"
        why = "a full commit" if commit else "the registry says which commit"
        if UNKNOWN in reference:
            grade, why = "unknown", "a variable decides"
        name, words = word.pattern, word.text
        yield step_input(step, "package", name, grade, why, word.token, "nix", rev, build=models.build, words=words)
