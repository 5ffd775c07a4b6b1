"""Which sources of an ADD lie on the network, and what of them they name.

Follows BuildKit's frontend/dockerfile/dfgitutil/git_ref.go (ParseGitRef), util/gitutil/git_url.go (ParseURL) and
dockerfile2llb/convert_copy.go (isHTTPSource): what is neither a repository nor begins with `http://` or `https://` is a
path of the build context.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_HTTP = re.compile(r"https?://")
_PROTOCOL = re.compile(r"(?:(https?)|git|ssh)://", re.IGNORECASE)
_SCP = re.compile(r"[A-Za-z0-9_-]+@[A-Za-z0-9.-]+:")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class RemoteReference(NamedTuple):
    """A source that is fetched from a server.

    Attributes:
        kind: a file, or a git repository.
        url: what is asked for; of a repository without what is behind `?` and `#`.
        ref: the branch, tag or commit of a repository, with `refs/heads/` or `refs/tags/` where the URL says so;
            "" for the default branch.
        checksum: the commit that has to be found there, as the URL of a repository may name it; "" for none.
    """

    kind: Literal["file", "repository"]
    url: str
    ref: str = ""
    checksum: str = ""

    @property
    def is_commit(self) -> bool:
        """Whether the ref is the full name of a commit, so that no server is asked what it is."""
        return _COMMIT.fullmatch(self.ref) is not None


def parse_remote(text: str) -> RemoteReference | None:
    """Read a source after expansion; None for a path of the build context."""
    before, _, fragment = text.partition("#")
    url, _, query = before.partition("?")
    protocol = _PROTOCOL.match(text)
    if _SCP.match(text) if protocol is None else (not protocol[1] or url.endswith(".git")):
        return _repository(url, query, fragment)
    return RemoteReference("file", text) if _HTTP.match(text) else None


def _repository(url: str, query: str, fragment: str) -> RemoteReference:
    given: dict[str, str] = {}
    if query:
        from urllib.parse import parse_qsl

        given = dict(parse_qsl(query))
    ref = fragment.partition(":")[0] or given.get("ref", "")
    for name, prefix in (("tag", "refs/tags/"), ("branch", "refs/heads/")):
        if name in given:
            ref = prefix + given[name].removeprefix(prefix)
    checksum = given.get("checksum", "") or given.get("commit", "")
    return RemoteReference("repository", url, ref or checksum, checksum)
