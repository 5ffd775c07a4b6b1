"""What an ADD takes from the network, and what of it the builder has to ask for in each build.

A checksum or a commit in the Dockerfile is the cache key, and nobody is asked. Without one the builder asks the server:
for a URL with a HEAD that names the ETag it knows, or by fetching the file again; for a repository with `git
ls-remote`. Follows BuildKit's source/http/source.go (resolveMetadataStatic, resolveMetadataRef), source/git/source.go
(resolveMetadata) and frontend/dockerfile/dfgitutil/git_ref.go.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fairlead.analysis.downloads import is_floating, is_ignorable, is_sample
from fairlead.analysis.rebuilds import rebuilt_with
from fairlead.build.model import Build, Step
from fairlead.build.remote import RemoteReference, parse_remote
from fairlead.shell import UNKNOWN
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

# a tag that says a version stays where it is; `release-1.2` may be a branch, nobody can tell
_VERSION = re.compile(r"\d")
_FULL_VERSION = re.compile(r"\d+[._-]\d+[._-]\d+")
_FLOATING_REF = re.compile(r"(?:^|[/_.-])(?:latest|stable|main|master|nightly|edge|develop)(?:$|[/_.-])")
# what is signed or verified with, and what is replaced only when a key is
_KEY = re.compile(r"\.(?:asc|gpg|key|pub|pem|crt|cer|sig)$|/gpg$|/KEYS$", re.IGNORECASE)


@dataclass(eq=False)
class RemoteSource:
    """A remote source of an ADD that neither a checksum nor a commit pins, and whose content can change.

    Attributes:
        step: the ADD.
        token: the word that names it.
        kind: a file or a git repository.
        url: with `UNKNOWN` for parts that are not known; of a repository without what is behind `#` and `?`.
        ref: the branch of a repository, "" for the default one.
        seldom: it is a key, a certificate or test data, which changes once in some years.
        unverified: the input model has it among the downloads that nothing verifies.
    """

    step: Step
    token: Token
    kind: Literal["file", "repository"]
    url: str
    ref: str = ""
    seldom: bool = False
    unverified: bool = False


@dataclass(eq=False)
class ChangingRemote:
    """Such a source, with the steps that a change of it rebuilds, the ADD itself left out."""

    source: RemoteSource
    rebuilt: tuple[Step, ...]


class RemoteModel:
    """Answers about remote sources; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def changing(self) -> Iterator[ChangingRemote]:
        """The sources that can change, above steps which are rebuilt then."""
        for step in self._models.build.steps():
            if not step.stage.needed or not isinstance(step.instruction, ast.Add):
                continue
            unverified = {download.token.spans for download in self._models.inputs.unverified(step)}
            for source in remote_sources(step, step.instruction):
                rebuilt = rebuilt_with(self._models.build, step)
                if rebuilt and not _is_marker(self._models.build, step):
                    source.unverified = source.token.spans in unverified
                    yield ChangingRemote(source, rebuilt)


def remote_sources(step: Step, add: ast.Add) -> Iterator[RemoteSource]:
    """The remote sources of an ADD that can change without a change of the Dockerfile."""
    if add.checksum:
        return
    for source in add.sources:
        text = step.resolve(source.word.value).pattern
        if source.heredoc is not None or UNKNOWN in text:
            continue
        remote = parse_remote(text)
        if remote is None:
            continue
        if remote.kind == "repository":
            ref = _branch(remote)
            if ref is not None:
                yield RemoteSource(step, source.word.token, "repository", remote.url, ref)
        elif is_floating(text) and not is_ignorable(text):
            seldom = _KEY.search(text.partition("#")[0].partition("?")[0]) is not None or is_sample(text)
            yield RemoteSource(step, source.word.token, "file", text, seldom=seldom)


def _branch(remote: RemoteReference) -> str | None:
    """The branch that a repository's URL names; None for a commit, a tag, and for a version."""
    ref = remote.ref
    if remote.checksum or remote.is_commit or ref.startswith("refs/tags/"):
        return None
    if ref.startswith("refs/heads/"):
        return ref.removeprefix("refs/heads/")
    moves = _FLOATING_REF.search(ref) and not _FULL_VERSION.search(ref)
    return ref if moves or not _VERSION.search(ref) else None


def _is_marker(build: Build, step: Step) -> bool:
    """Whether nothing reads what it adds below /tmp: it stands there so that the steps below are rebuilt."""
    destination = step.destination or ""
    name = posixpath.basename(destination.rstrip("/"))
    if not re.match(r"/(?:tmp|dev)/.", destination):
        return False
    return not any(name in other.instruction.token.text for other in build.steps() if other is not step)
