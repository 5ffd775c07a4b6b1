"""Git repositories as sources of ADD: how their addresses are read, and which commit a branch or tag is now.

Follows BuildKit's frontend/dockerfile/dfgitutil/git_ref.go, util/gitutil/git_url.go and source/git/source.go
(resolution of a name among the refs of a remote).
"""

from __future__ import annotations

import os
import re
import tempfile
from typing import NamedTuple
from urllib.parse import parse_qsl

from fairlead.pinning.problem import Problem, readable
from fairlead.pinning.programs import run

_HTTP = re.compile(r"https?://", re.IGNORECASE)
_OTHER = re.compile(r"(?:git|ssh)://|[\w.-]+@[\w.-]+:(?!//)", re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_USER = re.compile(r"(?<=://)[^/@\s]+@")
_MAX_OUTPUT = 1024**2


class Remote(NamedTuple):
    """A branch or a tag of a repository.

    Attributes:
        url: the repository.
        ref: as written; "" for the default branch.
    """

    url: str
    ref: str


class Head(NamedTuple):
    """What a ref is now.

    Attributes:
        commit: its full name.
        is_tag: whether the ref is a tag, which is not meant to move.
    """

    commit: str
    is_tag: bool


class Address(NamedTuple):
    """A repository's address as ADD takes it.

    Attributes:
        remote: what it names.
        commit: the commit that it is pinned to, "" where it is not.
        before: the text before the part that names the ref: up to `#`, or up to the name in the query.
        after: the text behind that part.
        query: the parameter that names the ref, "" where that stands behind `#` or nowhere.
    """

    remote: Remote
    commit: str
    before: str
    after: str
    query: str = ""

    def with_commit(self, commit: str) -> str:
        """The address with a commit in place of the branch or tag."""
        if self.query:
            return f"{self.before}commit={commit}{self.after}"
        return f"{self.before}#{commit}{self.after}"


def parse_address(text: str) -> Address | None:
    """Read the source of an ADD; None where it is no git repository."""
    path = re.split(r"[#?]", text, maxsplit=1)[0]
    if not _OTHER.match(text) and not (_HTTP.match(text) and path.endswith(".git")):
        return None
    head, _, fragment = text.partition("#")
    url, _, query = head.partition("?")
    ref, colon, directory = fragment.partition(":")
    after = colon + directory
    parameters = dict(parse_qsl(query))
    pinned = parameters.get("checksum") or parameters.get("commit") or ""
    for name, prefix in (("ref", ""), ("branch", "refs/heads/"), ("tag", "refs/tags/")):
        match = re.search(rf"(?:^|&){name}=([^&]*)", query)
        if match is None or ref:
            continue
        start = len(url) + 1 + match.start() + match[0].startswith("&")
        end = len(url) + 1 + match.end()
        named = prefix + parameters.get(name, "").removeprefix(prefix)
        commit = named if _COMMIT.fullmatch(named) else pinned
        return Address(Remote(url, named), commit, text[:start], text[end:], name)
    commit = ref if _COMMIT.fullmatch(ref) else pinned
    return Address(Remote(url, ref), commit, head, after)


def resolve(remote: Remote, seconds: float) -> Head:
    """Ask a repository which commit a branch or tag is now, with the program git.

    Args:
        remote: what to ask about.
        seconds: how long it may take.

    Raises:
        Problem: git is missing or fails, or there is no such ref.
    """
    wanted = [remote.ref, f"{remote.ref}^{{}}"] if remote.ref else ["HEAD"]
    environment = {
        **os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never",
        "GIT_ALLOW_PROTOCOL": "git:http:https:ssh",
    }  # fmt: skip
    # nobody is there to type a password or to accept a key
    environment.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    environment.setdefault("GIT_ASKPASS", "true")
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        environment.pop(name, None)
    try:
        # away from any repository, whose settings are no part of the question
        done = run(
            ["git", "ls-remote", "--", remote.url, *wanted],
            seconds=seconds, limit=_MAX_OUTPUT, env=environment, cwd=tempfile.gettempdir(),
        )  # fmt: skip
    except FileNotFoundError:
        raise Problem("the program git is not installed, so the repository can't be asked") from None
    except OSError as error:
        raise Problem(f"git can't be run: {error.strerror or error}") from None
    if done.late:
        raise Problem(f"git ls-remote: no answer within {seconds:g} s")
    if done.cut:
        raise Problem("git ls-remote: the answer is too long")
    if done.status:
        raise Problem(f"git ls-remote: {_reason(done.err, done.status)}")
    return _choose(done.out, remote)


def without_user(url: str) -> str:
    """A URL without user and password, to be shown."""
    return _USER.sub("", url)


def _choose(listed: bytes, remote: Remote) -> Head:
    """The ref that is meant: a branch before a tag of the same name, a tag's commit before the tag's own object."""
    refs = {}
    for line in listed.decode("utf-8", "replace").splitlines():
        commit, _, name = line.partition("\t")
        if _COMMIT.fullmatch(commit):
            refs[name] = commit
    ref = remote.ref
    if not ref:
        if "HEAD" not in refs:
            raise Problem("the repository has no default branch")
        return Head(refs["HEAD"], is_tag=False)
    branch = "refs/heads/" + ref.removeprefix("refs/heads/")
    tag = "refs/tags/" + ref.removeprefix("refs/tags/")
    for name, is_tag in ((branch, False), (f"{tag}^{{}}", True), (tag, True)):
        if name in refs:
            return Head(refs[name], is_tag)
    other = "refs/" + ref.removeprefix("refs/")
    if other in refs:
        return Head(refs[other], is_tag=False)
    raise Problem(f"the repository has no branch or tag {readable(ref, 80)}")


def _reason(err: bytes, status: int) -> str:
    lines = [line.strip() for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
    return readable(without_user(re.sub(r"^(?:fatal|error): ", "", said)), 160) or f"ended with status {status}"
