"""Git repositories as sources of ADD: which commit a branch or tag is now, and how an address names it.

Follows BuildKit's source/git/source.go (resolution of a name among the refs of a remote) and
frontend/dockerfile/dfgitutil/git_ref.go (the query of an address).
"""

from __future__ import annotations

import os
import re
import tempfile
from typing import NamedTuple

from fairlead.build.remote import RemoteReference
from fairlead.pinning.problem import Problem, readable
from fairlead.pinning.programs import run

_NAMED = re.compile(r"[?&]((?:ref|branch|tag)=[^&]*)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_USER = re.compile(r"(?<=://)[^/?#\s]+@")
_MAX_OUTPUT = 1024**2


class Head(NamedTuple):
    """What a ref is now.

    Attributes:
        commit: its full name.
        is_tag: whether the ref is a tag, which is not meant to move.
    """

    commit: str
    is_tag: bool


def with_commit(address: str, commit: str) -> str | None:
    """The address of a repository with a commit in place of the branch or tag.

    None where the branch is named twice, behind `#` and in the query.

    Args:
        address: as ADD takes it, variables resolved.
        commit: the full name.
    """
    head, _, fragment = address.partition("#")
    ref, colon, directory = fragment.partition(":")
    query = _NAMED.search(head)
    if query is None:
        return f"{head}#{commit}{colon}{directory}"
    if ref or _NAMED.search(head, query.end()):
        return None
    fragment = f"#{fragment}" if fragment else ""
    return f"{head[: query.start(1)]}commit={commit}{head[query.end() :]}{fragment}"


def resolve(remote: RemoteReference, seconds: float) -> Head:
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


def _choose(listed: bytes, remote: RemoteReference) -> Head:
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
