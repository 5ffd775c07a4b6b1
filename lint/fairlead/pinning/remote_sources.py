"""Sources of ADD on the network: files, which get a checksum, and repositories, which get a commit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.build.image import is_official_frontend, parse_image_reference
from fairlead.build.model import Build, Step
from fairlead.build.remote import RemoteReference, parse_remote
from fairlead.build.scope import UNKNOWN, readable
from fairlead.pinning.download import ALGORITHMS, Download
from fairlead.pinning.pinnable import (
    QUOTED,
    Answer,
    Edit,
    Kind,
    Pinnable,
    bare,
    decide,
    replacement,
    unknown,
    variables,
)
from fairlead.pinning.repository import Head, with_commit, without_user
from fairlead.syntax import ast
from fairlead.syntax.source import Token

_CHECKSUM = re.compile(r"([a-z0-9]+):[0-9a-f]{32,}")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_CHECKSUM_SINCE, _GIT_CHECKSUM_SINCE = 6, 16


def remote_sources(build: Build) -> Iterator[Pinnable]:
    """What the ADDs of a file take from the network."""
    for step in build.steps():
        if step.trigger is None and isinstance(step.instruction, ast.Add):
            yield from _added(build, step, step.instruction)


def _added(build: Build, step: Step, add: ast.Add) -> Iterator[Pinnable]:
    for source in add.sources:
        if source.heredoc is not None:
            continue
        resolved = step.resolve(source.word.value)
        text = resolved.pattern
        remote = parse_remote(text)
        if remote is None:
            continue
        kind: Kind = "repository" if remote.kind == "repository" else "download"
        name, pin = without_user(readable(remote.url)), _pin(step, add)
        reason = _obstacle(build, add, source.word, kind)
        if remote.kind == "repository":
            pin = pin or remote.checksum or (remote.ref if remote.is_commit else "")
            name += f"#{readable(remote.ref)}" if remote.ref not in ("", pin) else ""
        if UNKNOWN in text:
            reason = "" if pin else unknown(kind, source.word.token, resolved).reason
            yield Pinnable(kind, source.word.token, name, pin, reason=reason, known=bool(pin))
        elif remote.kind == "repository":
            yield _repository(build, step, add, source.word, remote, name, pin, reason)
        else:
            yield _download(add, source.word.token, Download(text), name, pin, reason)


def _pin(step: Step, add: ast.Add) -> str:
    return (step.resolve(add.checksum).text or "?") if add.checksum else ""


def _obstacle(build: Build, add: ast.Add, word: ast.Word, kind: Kind) -> str:
    """Why a checksum can't be written, "" where it can."""
    if kind == "download" and len(add.sources) > 1:
        return "has other sources beside it, and --checksum takes one only"
    names = variables(word.value)
    if names:
        what = "a checksum" if kind == "download" else "a commit"
        return f"{decide(names)} a part of the URL: {what} would hold for one value only"
    if kind == "download" and not _frontend_has(build, _CHECKSUM_SINCE, otherwise=True):
        return f"the file's frontend does not know --checksum, which came with docker/dockerfile:1.{_CHECKSUM_SINCE}"
    return ""


def _download(add: ast.Add, token: Token, download: Download, name: str, pin: str, reason: str) -> Pinnable:
    algorithm = pin.partition(":")[0]
    if pin and (algorithm not in ALGORITHMS or _CHECKSUM.fullmatch(pin) is None):
        return Pinnable("download", token, name, pin, reason="has a checksum that can't be compared")
    question = download._replace(algorithm=algorithm or "sha256")
    flag = add.flag("checksum")
    if flag is None and reason:
        return Pinnable("download", token, name, pin, question, None, reason)
    if flag is not None and flag.value_token.text != pin:
        return Pinnable("download", token, name, pin, question, None, "its checksum is made with a variable")

    def edit(answer: Answer) -> list[Edit]:
        assert isinstance(answer, str)  # noqa: S101  # a download was asked about
        return replacement(flag.value_token, answer) if flag is not None else _new_flag(add, answer)

    return Pinnable("download", token, name, pin, question, edit)


def _repository(
    build: Build, step: Step, add: ast.Add, word: ast.Word, remote: RemoteReference, name: str, pin: str, reason: str
) -> Pinnable:
    token, flag = word.token, add.flag("checksum")
    if pin and (flag is None or remote.checksum or remote.is_commit or _COMMIT.fullmatch(pin) is None):
        return Pinnable("repository", token, name, pin, reason="names a commit, nothing to compare with")
    address = step.resolve(word.value).pattern
    inner = bare(token, address)
    if flag is not None:
        reason = "its commit is made with a variable" if flag.value_token.text != pin else ""
    elif inner is None:
        reason = reason or QUOTED
    elif with_commit(address, "") is None:
        reason = "names its branch twice"
    if reason:
        return Pinnable("repository", token, name, pin, remote, None, reason)

    def edit(answer: Answer) -> list[Edit]:
        assert isinstance(answer, Head)  # noqa: S101  # a repository was asked about
        if flag is not None:
            return replacement(flag.value_token, answer.commit)
        if answer.is_tag and len(add.sources) == 1 and _frontend_has(build, _GIT_CHECKSUM_SINCE, otherwise=False):
            return _new_flag(add, answer.commit)
        return replacement(inner or token, with_commit(address, answer.commit) or address)

    return Pinnable("repository", token, name, pin, remote, edit)


def _new_flag(add: ast.Add, value: str) -> list[Edit]:
    at = add.rest.source_offset(0)
    return [Edit(at, at, f"--checksum={value} ")]


def _frontend_has(build: Build, minor: int, *, otherwise: bool) -> bool:
    """Whether the frontend that the file asks for is docker/dockerfile 1.MINOR or later.

    Args:
        build: the file.
        minor: the version.
        otherwise: the answer for a file that asks for none or for one of somebody else.
    """
    frontend = build.dockerfile.frontend
    if frontend is None:
        return otherwise
    image = parse_image_reference(frontend.text)
    if not is_official_frontend(image):
        return otherwise
    version = re.match(r"(\d+)(?:\.(\d+))?", image.tag)
    if version is None:
        return image.tag in ("", "latest", "labs")
    return version[1] == "1" and (version[2] is None or int(version[2]) >= minor)
