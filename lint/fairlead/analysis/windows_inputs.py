"""Inputs of RUNs for PowerShell and cmd, as far as well-known commands say so; these languages are not parsed."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from fairlead.analysis.download_inputs import kind_by_name, url_input
from fairlead.analysis.grades import Grade, Input
from fairlead.analysis.verification import HASH, Check
from fairlead.build.model import Step
from fairlead.shell import UNKNOWN, Dialect, parse_script
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_FETCHES = re.compile(
    r"(?:\b(?:Invoke-WebRequest|Invoke-RestMethod|Start-BitsTransfer|iwr|irm|wget|curl(?:\.exe)?|bitsadmin)\b|"
    r"\.Download(?:File|String|Data)(?:Async|TaskAsync)?\b|\bmsiexec\b[^;&|]*?/i)",
    re.IGNORECASE,
)
_RUNS = re.compile(r"\b(?:iex|Invoke-Expression)\b", re.IGNORECASE)
_HASHES = re.compile(r"Get-FileHash|certutil", re.IGNORECASE)
_SIGNATURES = re.compile(r"gpg[\w.]*\s+(?:--batch\s+)?--verify|Get-AuthenticodeSignature", re.IGNORECASE)
_END = re.compile(r"[;\n]|&&|\|\|")
_TARGET = re.compile(r"https?://[^\s'\"`;|)&]+|\$\(?\{?(?:env:)?\w+\}?|%\w+%|'[^']*\{0\}[^']*'", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{?env:(\w+)\}?|%(\w+)%|\$\{(\w+)\}|\$(\w+)", re.IGNORECASE)
_FORMAT = re.compile(r"\{(\d)\}")
_MODULE = re.compile(
    r"\b(?:Install-Module|Install-Package|Install-PSResource|Install-Script)\b(?P<rest>[^;|\n]*)", re.IGNORECASE
)
_PROGRAM = re.compile(
    r"(?:^|[;&|({\n])\s*(?:RUN\s+|&\s+|cmd\s+/\w\s+|call\s+)?(?P<call>(?:choco|npm|npx|yarn|pnpm|pip3?|dotnet|nuget|git|go|gem|"
    r"bundle|cargo|composer|conda|mvn|gradle|python\s+-m\s+pip|py\s+-m\s+pip|scoop|corepack|winget)(?:\.exe|\.cmd)?\s[^;&|{}]*)",
    re.IGNORECASE,
)
_DEPTH = 4


def is_windows(step: Step) -> bool:
    """Whether a step is a RUN for PowerShell or cmd."""
    script = step.script
    return (
        isinstance(step.instruction, ast.Run)
        and script is not None
        and script.dialect in (Dialect.POWERSHELL, Dialect.CMD)
    )


def windows_inputs(models: Models, step: Step, read: Callable[[Step], Iterator[Input]]) -> Iterator[Input]:
    """What a RUN of PowerShell or cmd fetches.

    Args:
        models: the models.
        step: the step.
        read: reads the commands of a step whose script the shell layer understands.
    """
    script = step.script
    if script is None:
        return
    token = script.token
    yield from _downloads(models, step, token)
    yield from _modules(step, token)
    yield from _keys(step, token)
    for match in _PROGRAM.finditer(token.text):
        call = token.slice(match.start("call"), match.end("call"))
        # a simple call reads alike in all shells
        pretended = copy.copy(step)
        pretended.__dict__["script"] = parse_script(call, Dialect.BASH, step.env, workdir=None)
        for found in read(pretended):
            yield replace(found, step=step)


def powershell_inputs(models: Models, step: Step, token: Token) -> Iterator[Input]:
    """What code of PowerShell fetches that another shell hands over: `pwsh -Command "Install-Module x"`."""
    yield from _downloads(models, step, token)
    yield from _modules(step, token)


def _downloads(models: Models, step: Step, token: Token) -> Iterator[Input]:
    text = token.text
    check = _check(step, text)
    for match in _FETCHES.finditer(text):
        end = _END.search(text, match.end())
        stop = end.start() if end else len(text)
        for target in _TARGET.finditer(text, match.end(), stop):
            url = _resolved(step, text, target[0], text[target.end() : stop])
            if not re.match(r"https?://", url):
                continue
            where = token.slice(target.start(), target.end())
            kind = kind_by_name(url, "")
            if _RUNS.search(text[max(0, text.rfind(";", 0, match.start())) : stop]):
                kind = "script"
            yield url_input(
                models, step, where, url, kind=kind, manager=match[0].strip(". ").partition(" ")[0],
                check=check if kind == "download" else None,
                reader="PowerShell" if kind == "script" else "",
            )  # fmt: skip
            break


def _check(step: Step, text: str) -> Check | None:
    """What a script checks its downloads with."""
    if _HASHES.search(text):
        known = [step.env.get(name) or "" for pair in re.findall(r"env:(\w+)|%(\w+)%", text) for name in pair if name]
        found = HASH.findall(text) + [value for value in known if HASH.fullmatch(value)]
        return Check("checksum", found[0].lower(), step) if found else Check("signature", "", step)
    return Check("signature", "", step) if _SIGNATURES.search(text) else None


def _keys(step: Step, token: Token) -> Iterator[Input]:
    """Keys that a key server sends."""
    for match in re.finditer(r"--recv(?:-keys?)?\s+(?P<key>[^\s;|}]+)", token.text):
        where = token.slice(match.start("key"), match.end("key"))
        key = match["key"].strip("'\"")
        name = key if re.fullmatch(r"(?:0x)?[0-9A-Fa-f]{40}", key) else UNKNOWN
        grade: Grade = (
            "immutable" if name == key or re.search(r"(?<!\w)[0-9A-Fa-f]{40}(?!\w)", token.text) else "unknown"
        )
        why = "a full fingerprint" if grade == "immutable" else "a variable decides which key"
        yield Input("key", name, grade, why, where, step.stage, step, manager="gpg", needed=step.stage.needed)


def _resolved(step: Step, text: str, target: str, behind: str, depth: int = 0) -> str:
    """A target with environment and script variables put in, `UNKNOWN` for those that are not known."""
    arguments = re.search(r"-f\s+([^)]*)", behind)
    if _FORMAT.search(target) and arguments is not None:
        given = [part.strip() for part in arguments[1].split(",")]
        target = _FORMAT.sub(lambda m: given[int(m[1])] if int(m[1]) < len(given) else UNKNOWN, target)

    environment = {key.lower(): found for key, found in step.env.items()}
    assigned: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        if match[1] or match[2]:
            return environment.get((match[1] or match[2]).lower()) or UNKNOWN
        name = match[3] or match[4]
        if name not in assigned:
            assigned[name] = _assigned(step, text, name, depth)
        return assigned[name]

    return _REFERENCE.sub(value, target).strip("'\"$()")


def _assigned(step: Step, text: str, name: str, depth: int) -> str:
    """The value that a script gives a variable, where it is one text."""
    values = re.findall(rf"\${name}\s*=\s*([^;\n]*)", text, re.IGNORECASE)
    if len(set(values)) != 1 or depth >= _DEPTH:
        return UNKNOWN
    found = re.search(r"(['\"])(.*?)\1(.*)|(\$env:\w+)", values[0])
    if found is None:
        return UNKNOWN
    return _resolved(step, text, found[2] or found[4], found[3] or "", depth + 1)


def _modules(step: Step, token: Token) -> Iterator[Input]:
    for match in _MODULE.finditer(token.text):
        rest = match["rest"]
        name = re.search(r"-Name\s+['\"]?([\w.-]+)", rest, re.IGNORECASE) or re.match(
            r"\s+['\"]?([A-Za-z][\w.-]+)", rest
        )
        if name is None:
            continue
        version = re.search(r"-RequiredVersion\s+['\"]?([\w.:$-]+)", rest, re.IGNORECASE)
        asked = version[1] if version else ""
        grade: Grade = "versioned" if asked[:1].isdigit() else "floating"
        why = "a version, no hash" if asked else "no version"
        if "$" in asked:
            value = _resolved(step, token.text, asked, "")
            grade, why, asked = (
                ("unknown", "a variable decides the version", value)
                if UNKNOWN in value
                else ("versioned", "a version, no hash", value)
            )
        start = match.start("rest") + name.start(1)
        yield Input(
            "package", name[1], grade, why, token.slice(start, start + len(name[1])), step.stage, step,
            manager="PowerShell", version=asked, needed=step.stage.needed,
        )  # fmt: skip
