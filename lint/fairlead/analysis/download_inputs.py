"""Inputs that are files behind URLs: downloads of curl and wget, remote sources of ADD, scripts, keys, signatures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from fairlead.analysis.downloads import (
    CONTENT_HASH,
    PRIVATE_HOST,
    has_version,
    moving_word,
    reader_of,
    without_host,
)
from fairlead.analysis.effects import Download
from fairlead.analysis.grades import Grade, Input, Kind, deciding_pair
from fairlead.analysis.tracing import traced, word_at
from fairlead.analysis.verification import Check, check_after, check_in_step, names_of, names_of_added
from fairlead.analysis.wording import enumerated
from fairlead.build.model import Step
from fairlead.knowledge.environment import PLATFORM_COMMANDS, is_platform_variable
from fairlead.shell import UNKNOWN, Command, Script, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_REPOSITORY = re.compile(r"\.(?:repo|list|sources)$")
_REPOSITORY_PATH = re.compile(r"/etc/(?:yum\.repos\.d|zypp/repos\.d|apt/sources\.list\.d)(?:/|$)|/etc/apk/repositories")
_KEY_PATH = re.compile(r"/etc/apt/(?:keyrings|trusted\.gpg\.d)/|/usr/share/keyrings/|/etc/apk/keys/|/etc/pki/rpm-gpg/")
_KEY = re.compile(
    r"\.(?:gpg|asc|key|pub|pem|crt|cer)$|/(?:gpg|KEYS?|apt-key|gpgkey)$|gpgkey|[-_.]keyring|/keys?/[^/]+$|"
                  r"(?:^|[/_-])(?:gpg|pgp|signing|release)[-_.]?keys?(?:$|[./_-])", re.IGNORECASE)  # fmt: skip
_SIGNED = re.compile(
    r"\.(?:tar|tgz|tbz2?|txz|gz|xz|bz2|zst|zip|jar|deb|rpm|apk|bin|exe|phar|txt|sums?|sha\d+|whl|war|sh|dmg|"
    r"run)\.(?:asc|gpg)$|"
    r"sums?(?:[-_.]\w+)*\.(?:asc|gpg)$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"\.(?:sig|sign|sigstore|minisig|sha\d*|sha\d*sums?|md5|md5sum|sums?|digests?|intoto\.jsonl|pem\.sig|bundle)(?:\.txt)?$|"
    r"[-_.]sha\d*\.txt$|(?:^|[/_.-])(?:sha\d*|md5|b2)?(?:-|_)?(?:check)?sums?(?:[-_.]\w+)*$",
    re.IGNORECASE,
)
_FULL_VERSION = re.compile(r"\d+\.\d+\.\d+")
PLACEHOLDER = re.compile(r"\{\{|\{%|<%|%%\w|@[A-Z][A-Z0-9_]*@")
"""What a template engine puts something else for."""
_ASKS = re.compile(r"\b(?:curl|wget|git\s+ls-remote|gh\s+(?:api|release)|lastversion)\b")
# a credential says who asks, not what is asked for
_CREDENTIAL = re.compile(r"licen[cs]e|token|secret|passw|api_?key|credential", re.IGNORECASE)
_COMMAND = re.compile(r"\$\((?:[^()]|\([^()]*\))*\)")
_VARIABLE = re.compile(r"\$\{?(\w+)")
_SENDS = frozenset(
    ("-T", "--upload-file", "-F", "--form", "-I", "--head", "--spider", "-d", "--data", "--data-raw", "--data-binary")
)
_WRITING_METHODS = frozenset(("POST", "PUT", "DELETE", "PATCH"))


def download_inputs(models: Models, step: Step) -> Iterator[Input]:
    """What a RUN downloads with curl and wget, and what an ADD takes from URLs that are no repositories."""
    if isinstance(step.instruction, ast.Add):
        yield from _added(models, step, step.instruction)
        return
    for written in models.downloads(step):
        download = _traced(step, written)
        if not _is_fetched(download):
            continue
        kind, reader = _kind_of(step, download)
        if kind == "key" and _signs_another(models, step, download):
            kind = "signature"
        check = _check(models, step, download) if kind != "signature" else None
        yield url_input(
            models, step, download.token, download.url, kind=kind, check=check,
            manager=unwrap(download.command).name or "", reader=reader,
        )  # fmt: skip


def _check(models: Models, step: Step, download: Download) -> Check | None:
    """What checks a download, in its step or in a later one."""
    others = [_traced(step, other) for other in models.downloads(step) if other.token is not download.token]
    signatures = [other for other in others if _kind_of(step, other)[0] == "signature"]
    found = check_in_step(step, download, signatures, alone=len(others) == len(signatures))
    return found or (None if download.to_stdout else check_after(step, names_of(step, download)))


def _signs_another(models: Models, step: Step, download: Download) -> bool:
    """Whether `x.asc` comes beside `x`, and so is no key but a signature."""
    url = download.url
    stem, dot, ending = url.rpartition(".")
    others = (_traced(step, other).url for other in models.downloads(step))
    return dot == "." and ending in ("asc", "gpg") and stem in others


def url_input(
    models: Models,
    step: Step,
    token: Token,
    url: str,
    *,
    kind: Kind = "download",
    check: Check | None = None,
    manager: str = "",
    reader: str = "",
) -> Input:
    """The input that a URL is.

    Args:
        models: the models.
        step: the step that fetches it.
        token: the word that names it.
        url: with `UNKNOWN` for parts that are not known.
        kind: what it is.
        check: what checks it.
        manager: the program that fetches it.
        reader: the interpreter that runs it at once.
    """
    grade, why = grade_url(step, token, url)
    if check is not None and grade != "immutable":
        grade, why = _checked_grade(step, check, grade, why)
    if kind == "repository" and grade == "versioned" and not _FULL_VERSION.search(url):
        grade, why = "floating", "what the repository holds moves"
    if reader:
        why = f"{reader} runs it; {why}"
    names = [name for name in _VARIABLE.findall(token.text) if not is_platform_variable(name)]
    argument = deciding_pair(models.build, step.stage, step, sorted(names, key=_is_no_version_name))
    return Input(
        kind, url, grade, why, token, step.stage, step, manager=manager,
        digest=check.checksum if check is not None else "", verified=check.verified if check is not None else "",
        argument=argument, needed=step.stage.needed,
    )  # fmt: skip


def _checked_grade(step: Step, check: Check, grade: Grade, why: str) -> tuple[Grade, str]:
    """The grade of a URL's content, and why, with what checks it.

    `immutable` needs the checksum in the step itself; a later step that compares it makes the build fail all the same,
    so such a file is never `floating`.
    """
    if check.verified == "checksum" and check.checksum:
        if check.step is step:
            return "immutable", "checksum verified in the same step"
        return "versioned", f"checksum verified in a later step, in line {check.step.line}"
    what = {
        "checksum": "checksum in a variable",
        "published": "compared with a checksum that is downloaded too",
        "signature": "signature verified",
    }[check.verified]
    return grade, f"{why}; {what}" + ("" if check.step is step else f" in line {check.step.line}")


def grade_url(step: Step, token: Token, url: str) -> tuple[Grade, str]:
    """How firmly a URL names what it gives, and why."""
    path = without_host(url)
    if CONTENT_HASH.search(path):
        return "immutable", "a commit or hash in the URL"
    known = path.replace(UNKNOWN, " ")
    moving = moving_word(path)
    if moving:
        return "floating", f"{moving} in the URL"
    asked, open_names = _open_parts(step, token) if UNKNOWN in url else (False, [])
    if asked:
        return "floating", "the build asks what the newest version is"
    if UNKNOWN in url and (any(not _is_no_version_name(name) for name in open_names) or not has_version(known)):
        if open_names:
            return "unknown", f"{enumerated(open_names, 'or')} has no value before the build"
        if not known.strip(" /"):
            return "unknown", "the URL is worked out in the build"
    if has_version(known):
        return "versioned", "a version in the URL, no checksum"
    return "floating", "no version in the URL"


def _is_no_version_name(name: str) -> bool:
    """Whether the name of a variable does not say that it holds a version."""
    return re.search(r"ver|tag|release|commit|rev|sha|branch|^v$", name, re.IGNORECASE) is None


def _open_parts(step: Step, token: Token) -> tuple[bool, list[str]]:
    """Whether a variable of a word comes from asking a server, and the variables that nothing is known of.

    What says only on which platform the build runs is left out.
    """
    asked = _ASKS.search(token.text) is not None
    names: list[str] = []
    script = step.script
    outside = _COMMAND.sub(lambda match: "" if PLATFORM_COMMANDS.search(match[0]) else match[0], token.text)
    for name in dict.fromkeys(_VARIABLE.findall(outside)):
        if is_platform_variable(name) or step.env.get(name) is not None or _CREDENTIAL.search(name):
            continue
        texts = _command_values(script, name) or _exported(script, name)
        if any(_ASKS.search(text) for text in texts):
            asked = True
        elif (not (texts and all(PLATFORM_COMMANDS.search(text) for text in texts)) and not _is_set(script, name)) or (
            texts and not all(PLATFORM_COMMANDS.search(text) for text in texts)
        ):
            names.append(name)
    return asked, names


def _command_values(script: Script | None, name: str) -> list[str]:
    """The command substitutions that give a variable its value in a script."""
    return [
        assignment.value.text
        for command in (script.commands if script is not None else ())
        for assignment in command.assignments
        if assignment.name == name
        and assignment.value is not None
        and any(part.kind == "command" for part in assignment.value.parts)
    ]


def _exported(script: Script | None, name: str) -> list[str]:
    """The commands whose output is exported whole, as `export $(curl ... | sed ...)`: any name may be in it."""
    if script is None or _is_set(script, name):
        return []
    return re.findall(r"(?:export|eval|declare)\s+[\"']?(\$\(.{0,500}?\))(?:\s|$)", script.token.text)


def _is_set(script: Script | None, name: str) -> bool:
    """Whether a script gives a variable a value of its own: in a `case`, as the variable of a loop."""
    if script is None:
        return False
    assigned = any(a.name == name and a.value is not None for command in script.commands for a in command.assignments)
    return assigned or re.search(rf"\bfor\s+{re.escape(name)}\s+in\b", script.token.text) is not None


def _traced(step: Step, download: Download) -> Download:
    """A download with as much of its URL as the assignments of the script tell."""
    if UNKNOWN not in download.url:
        return download
    word = word_at(step.script, download.token.spans[0].start)
    url = traced(step.script, word) if word is not None else download.url
    return replace(download, url=url) if url != download.url else download


def _is_fetched(download: Download) -> bool:
    """Whether it brings something in: no upload, no question to this machine, no word that is no URL."""
    url = download.url
    if PRIVATE_HOST.search(url) or not url.strip(UNKNOWN + "\"'"):
        return not PRIVATE_HOST.search(url) and "$" in download.token.text
    is_url = (
        "://" in url
        or PLACEHOLDER.search(url) is not None
        or url.startswith(UNKNOWN)
        or re.match(r"[\w-]+(?:\.[\w-]+)+(?:[:/]|$)", url) is not None
    )
    if not is_url and not ("/" in url and download.token.text.lstrip("\"'").startswith("$")):
        return False
    words = [word.text.partition("=")[0] for word in unwrap(download.command).args]
    texts = [word.value or "" for word in unwrap(download.command).args]
    if _SENDS & set(words):
        return False
    return not any(first in ("-X", "--request") and then in _WRITING_METHODS for first, then in pairwise(texts))


def _kind_of(step: Step, download: Download) -> tuple[Kind, str]:
    """What a download is, and the interpreter that runs it at once."""
    if download.to_stdout:
        reader = reader_of(step, download.command)
        if reader is not None:
            return "script", reader[1]
    return kind_by_name(download.url, download.path or _piped_path(download.command), _piped_into(download.command)), ""


def kind_by_name(url: str, path: str, reader: str = "") -> Kind:
    """What a URL gives, by its name and by where it goes.

    Args:
        url: the URL.
        path: where it is written, "" where that is not known.
        reader: the program that imports it as a key, "" for none.
    """
    name = url.partition("?")[0].rstrip("/")
    if _REPOSITORY_PATH.search(path) or _REPOSITORY.search(name):
        return "repository"
    if _SIGNED.search(name):
        return "signature"
    if reader or _KEY_PATH.search(path) or _KEY.search(name) or _KEY.search(path):
        return "key"
    return "signature" if _SIGNATURE.search(name) else "download"


def _piped_into(command: Command) -> str:
    """The program that imports what a command prints as a key, "" for none."""
    after = command.pipeline.after(command) if command.pipeline is not None else ()
    for other in after:
        invocation = unwrap(other)
        texts = [word.text for word in invocation.args]
        if invocation.name == "apt-key" or (invocation.name == "rpm" and "--import" in texts):
            return invocation.name
        if invocation.name in ("gpg", "gpg2") and any(text in ("--dearmor", "--import") for text in texts):
            return invocation.name
    return ""


def _piped_path(command: Command) -> str:
    """The file that the end of a pipeline writes: `| tee PATH`, `| gpg --dearmor -o PATH`, `> PATH`."""
    after = command.pipeline.after(command) if command.pipeline is not None else ()
    for other in reversed(after):
        for redirection in other.redirections:
            if redirection.writes and redirection.target is not None:
                return redirection.target.pattern
        invocation = unwrap(other)
        if invocation.name == "tee" or invocation.name in ("gpg", "gpg2"):
            paths = [word.pattern for word in invocation.args if word.pattern.startswith("/")]
            if paths and not paths[-1].startswith("/dev/"):
                return paths[-1]
    return ""


def _added(models: Models, step: Step, add: ast.Add) -> Iterator[Input]:
    from fairlead.analysis.source_inputs import is_repository

    for source in add.sources:
        url = step.resolve(source.word.value).pattern
        if source.heredoc is not None or not re.match(r"(?:https?|ftp)://", url, re.IGNORECASE) or is_repository(url):
            continue
        check = check_after(step, names_of_added(url, add, step.destination))
        if add.checksum:
            check = Check("checksum", step.resolve(add.checksum).text or "", step)
        kind = kind_by_name(url, step.destination or "")
        yield url_input(models, step, source.word.token, url, kind=kind, check=check)
