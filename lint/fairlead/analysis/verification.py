"""What checks a download: a checksum that is compared, a signature, in the same step or in a later one of the stage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from fairlead.analysis.effects import Download
from fairlead.analysis.tracing import word_at
from fairlead.build.model import Step
from fairlead.shell import UNKNOWN, Command, Script, Values, unwrap
from fairlead.syntax import ast

Verified = Literal["", "checksum", "published", "signature"]

VERIFIERS = re.compile(
    r"(?:sha\d*|md5|b2|blake2)sum|shasum|gpgv?2?|openssl|cosign|minisign|slsa-verifier|signify|digest"
)
HASH = re.compile(
    r"(?<![0-9A-Fa-f])[0-9a-fA-F]{32}(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{32}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96})?(?![0-9A-Fa-f])"
)
"""A checksum in hexadecimal: MD5, SHA-1, SHA-256, SHA-384 or SHA-512."""
_CHECKSUM_PROGRAM = re.compile(r"(?:sha\d*|md5|b2)sum|shasum|digest|openssl|rhash|sha\d+")
_DIGESTS = re.compile(r"dgst|sha\d+|md5|cms|smime|pkeyutl|rsautl")
_QUOTES = "\"'"
_VARIABLE = re.compile(r"\$\{?(\w+)")


@dataclass(frozen=True, eq=False)
class Check:
    """What checks a download.

    Attributes:
        verified: `checksum` against one that is written down, `published` against one that is downloaded as well,
            `signature`.
        checksum: the checksum that is written down, "" where it is not known.
        step: the step that checks.
    """

    verified: Literal["checksum", "published", "signature"]
    checksum: str
    step: Step


def check_in_step(step: Step, download: Download, signatures: Sequence[Download], *, alone: bool) -> Check | None:
    """What checks a download in the step that fetches it.

    Args:
        step: the step.
        download: the download.
        signatures: what the step downloads to verify with.
        alone: whether it fetches nothing else.
    """
    names = names_of(step, download)
    best: Check | None = None
    for command in step.script.commands if step.script is not None else ():
        if not _may_check(command):
            continue
        texts = _checked(command)
        if not _is_about(texts, names, alone, command) or _only_prints(command, texts, names, download):
            continue
        found = _check(step, command, texts, signatures)
        if found is not None and (found.checksum or best is None):
            best = found
    return best


def check_after(step: Step, names: set[str]) -> Check | None:
    """What checks a file in a later step of the stage, before a step in between names it.

    The build fails there if the file is another one, as it does where the same step compares it.

    Args:
        step: the step that brings the file.
        names: under which the file is spoken of.
    """
    names = {name for name in names if len(name) > 2 and UNKNOWN not in name}
    steps = step.stage.steps
    for later in steps[steps.index(step) + 1 :] if names and step in steps else ():
        script = later.script
        if script is None:
            continue
        for command in script.commands:
            texts = _checked(command) if _may_check(command) else []
            if any(_names_it(text, name) for name in names for text in texts):
                behind = command.pipeline is not None and any(command.pipeline.after(command))
                shown = _works_out(command) and not command.substitution and not behind
                found = None if shown else _check(later, command, texts, ())
                if found is not None:
                    return found
        if any(name in script.token.text for name in names):
            return None
    return None


def names_of(step: Step, download: Download) -> set[str]:
    """The names under which a verifier may speak of a download."""
    found: set[str] = set()
    word = word_at(step.script, download.token.spans[0].start)
    written = word.pattern if word is not None else ""
    found.update(_written_names(download.command))
    for path in (download.path or "", download.url.partition("?")[0], written.partition("?")[0]):
        name = path.rstrip("/").rpartition("/")[2].strip(UNKNOWN)
        if name:
            found.add(name)
    return found


def names_of_added(url: str, add: ast.Add, destination: str | None) -> set[str]:
    """The names of a file that ADD takes from a URL.

    Args:
        url: the URL.
        add: the instruction.
        destination: where it goes, None where that is not known.
    """
    path = destination or add.destination.token.text
    return {(url.partition("?")[0] if path.endswith(("/", ".")) else path).rstrip("/").rpartition("/")[2]}


def _may_check(command: Command) -> bool:
    """Whether a program compares checksums or looks at signatures, and is not used for something else."""
    invocation = unwrap(command)
    name = invocation.name or ""
    if not VERIFIERS.fullmatch(name) and name not in ("sha256", "rhash"):
        return False
    return name != "openssl" or any(_DIGESTS.fullmatch(word.text) for word in invocation.args[:1])


def _check(step: Step, command: Command, texts: list[str], signatures: Sequence[Download]) -> Check | None:
    """What a verifier checks with."""
    name = unwrap(command).name or ""
    if _CHECKSUM_PROGRAM.fullmatch(name) and not (name == "openssl" and "-verify" in " ".join(texts)):
        verified, checksum = (
            _checksum(step.script, step.env, command, texts, signatures) if step.script is not None else ("", "")
        )
        return Check(verified, checksum, step) if verified else None
    signed = any(
        text in ("--verify", "--decrypt", "-d", "verify-blob", "verify", "-V", "-Vm")
        or text.startswith(("--verify", "-V"))
        for text in texts
    )
    return Check("signature", "", step) if signed or name in ("gpgv", "gpgv2", "slsa-verifier") else None


def _works_out(command: Command) -> bool:
    """Whether a program works a checksum out and compares it with none."""
    invocation = unwrap(command)
    return re.fullmatch(r"(?:sha\d*|md5|b2)sum|shasum", invocation.name or "") is not None and not any(
        re.match(r"-[a-z]*c[a-z]*$|--check", word.text) for word in invocation.args
    )


def _only_prints(command: Command, texts: list[str], names: set[str], download: Download) -> bool:
    """Whether a checksum is worked out of something else than the download: without `-c` nobody says of what it is."""
    if not _works_out(command):
        return False
    args = unwrap(command).args
    files = {word.text for word in args if not word.text.startswith("-")}
    if not files or any(redirection.operator == "<" for redirection in command.redirections):
        return False
    given = unwrap(download.command).args
    variables = {found for word in args for found in word.variables()}
    same = files & {word.text for word in given} or variables & {found for word in given for found in word.variables()}
    return not same and not any(_names_it(text, one) for one in names for text in texts)


def _checksum(
    script: Script, values: Values, command: Command, texts: list[str], signatures: Sequence[Download]
) -> tuple[Verified, str]:
    """What a checksum is compared with: a literal, a variable, which may have one of some values, or a file."""
    literal = next((match[0] for text in texts if (match := HASH.search(text))), "")
    if literal:
        return "checksum", literal.lower()
    variables = [name for text in texts for name in _VARIABLE.findall(text)] + list(_shown(command))
    for other in script.commands:
        for assignment in other.assignments:
            if assignment.name in variables and assignment.value is not None:
                known = (values.get(name) or "" for name in assignment.value.variables())
                match = HASH.search(" ".join((assignment.value.text, *known)))
                if match:
                    return "checksum", match[0].lower()
    if signatures:
        return "published", ""
    match = HASH.search(script.token.text)
    if match and (command.substitution or variables):
        return "checksum", match[0].lower()
    if variables or any(UNKNOWN in text or "$" in text for text in texts):
        return "checksum", ""
    # a file of the build context; what comes through the pipe is known here, and holds no checksum
    files = [word.text for word in unwrap(command).args if not word.text.startswith("-")]
    return ("checksum", "file") if files else ("", "")


def _shown(command: Command) -> Iterator[str]:
    for word in command.words:
        yield from word.variables()


def _checked(command: Command) -> list[str]:
    """The texts that a verifier reads: its words, those of the commands before it in the pipeline, its input."""
    commands = [command]
    if command.pipeline is not None:
        for element in command.pipeline.elements:
            if command in element:
                break
            commands.extend(element)
    texts: list[str] = []
    for one in commands:
        texts.extend(
            word.pattern if UNKNOWN not in word.pattern else f"{word.pattern} {word.text.strip(_QUOTES)}"
            for word in one.words
        )
        for redirection in one.redirections:
            if redirection.body is not None:
                texts.append(redirection.body.text)
            elif redirection.target is not None:
                texts.append(redirection.target.pattern)
    return texts


def _names_it(text: str, name: str) -> bool:
    """Whether a text names a file; a short name must stand alone."""
    name = name.partition(UNKNOWN)[0]
    if len(name) < 3:
        return bool(name) and re.search(rf"(?:^|[\s/*]){re.escape(name)}$", text) is not None
    return name in text


def _written_names(command: Command) -> Iterator[str]:
    """The names of the files that the words of a download, or the end of its pipeline, may write."""
    words = [word for word in unwrap(command).args if "://" not in word.pattern and not word.text.startswith("-")]
    behind = command.pipeline.after(command) if command.pipeline is not None else ()
    for other in (command, *behind):
        words += [r.target for r in other.redirections if r.writes and r.target is not None]
        if other is not command and unwrap(other).name in ("tee", "gunzip", "gzip", "dd"):
            words += [word for word in unwrap(other).args if not word.text.startswith("-")]
    for word in words:
        name = word.pattern.rstrip("/").rpartition("/")[2].strip(UNKNOWN)
        if name:
            yield name


def _is_about(texts: list[str], names: set[str], alone: bool, command: Command) -> bool:
    """Whether a verifier looks at a download: it names the file, or it can be no other one."""
    if any(_names_it(text, name) for name in names for text in texts):
        return True
    named = [
        text for text in texts if re.search(r"[\w-]\.\w|/\w|[0-9a-f]{32}\s+\*?\w", text) and not text.startswith("-")
    ]
    named += [text for before, text in pairwise(texts) if HASH.fullmatch(before) and not text.startswith("-")]
    if alone and all(re.fullmatch(r"[^/]*[$*?\x00][^/]*|-", text) for text in named):
        return True
    return not named or (command.loop and any(UNKNOWN in text for text in texts))
