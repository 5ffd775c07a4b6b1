"""What an input of a build is, and how firmly it is fixed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fairlead.build.model import Build, Stage, Step
from fairlead.shell import UNKNOWN
from fairlead.syntax import ast
from fairlead.syntax.source import Token

Kind = Literal[
    "frontend", "image", "context", "download", "script", "source", "package", "dependencies", "upgrade", "tool",
    "repository", "key", "signature", "data",
]  # fmt: skip
Grade = Literal["immutable", "locked", "versioned", "unknown", "floating"]

GRADES: tuple[Grade, ...] = ("immutable", "locked", "versioned", "unknown", "floating")
"""From the firmest to the loosest."""

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOVING = re.compile(
    r"(?:^|[/_.-])(?:latest|stable|main|master|trunk|head|tip|develop|dev|nightly|edge|canary|next|current|lts|rolling|"
    r"snapshot|unstable|testing|mainline)(?:$|[/_.-])",
    re.IGNORECASE,
)
_FULL_VERSION = re.compile(r"\d+[._-]\d+[._-]\d+")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Locked:
    """A package that a lockfile or a requirements file names.

    Attributes:
        name: the package.
        version: the version, "" where the file leaves it open.
        hashes: what the file says of its content: `sha256:...`, `sha512-...`, a commit; empty for nothing.
        grade: how firmly the file fixes it.
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    grade: Grade = "versioned"


@dataclass(frozen=True)
class Input:
    """Something that a build takes from outside.

    Attributes:
        kind: what it is:
            `frontend` the image of the syntax directive;
            `image` a base image, or one that a COPY or a mount takes files from;
            `context` a named context that is a directory;
            `download` a file from a URL; `script` one that goes straight into an interpreter;
            `source` a checkout of a repository;
            `package` a package that an install names; `dependencies` what a manifest or lockfile asks for;
            `upgrade` newer versions of all that is installed;
            `tool` a version of a language, toolchain or program that a version manager fetches;
            `repository` a package repository that is added; `key` what packages or files are verified with;
            `signature` signatures and checksums that are downloaded to verify with;
            `data` models, data sets and objects of a storage service.
        name: what is asked for, with `UNKNOWN` for parts that are not known: the reference of an image, a URL, the name
            of a package without its version, the manifest or lockfile in the context (as written, where that is not
            known).
        grade: how firmly it is fixed: `immutable` by its content, `locked` by a lockfile with hashes that the command
            enforces, `versioned` by a name that people can move, `floating` not at all, `unknown` where a variable or
            a file decides that is not known.
        why: what makes it so, one short sentence without a full stop.
        token: the words that name it.
        stage: the stage that takes it, None for the frontend.
        step: the step that takes it, None for a frontend and a FROM.
        manager: the program that fetches it, such as `apt-get` or `curl`; "" for the builder.
        version: the version, tag, branch or range that is asked for, "" for none.
        digest: what fixes its content: a digest, a checksum or a commit, "" for nothing.
        verified: what the same step checks of it, or a later one of the stage before it is used: `checksum` against one
            that is written down, `published` against one that is downloaded as well, `signature`, "" for nothing.
        argument: the ARG or ENV that decides it, where a variable does.
        file: the file of the context that says which versions, "" where there is none or the context is not known.
        enforced: whether the command keeps to that file and fails where it can't.
        packages: the packages that the file names.
        needed: whether the target needs the stage.
    """

    kind: Kind
    name: str
    grade: Grade
    why: str
    token: Token
    stage: Stage | None = None
    step: Step | None = None
    manager: str = ""
    version: str = ""
    digest: str = ""
    verified: Literal["", "checksum", "published", "signature"] = ""
    argument: ast.Pair | None = None
    file: str = ""
    enforced: bool = False
    packages: tuple[Locked, ...] = ()
    needed: bool = True

    @property
    def line(self) -> int:
        """The line of the words that name it."""
        return self.token.start.line


def worst(grades: Iterable[Grade]) -> Grade:
    """The loosest of some grades; `immutable` for none."""
    return max(grades, key=GRADES.index, default="immutable")


def at_or_below(grade: Grade, limit: Grade) -> bool:
    """Whether a grade is as loose as a limit, or looser."""
    return GRADES.index(grade) >= GRADES.index(limit)


def is_commit(text: str) -> bool:
    """Whether a text is the full name of a git commit."""
    return _COMMIT.fullmatch(text) is not None


def grade_ref(ref: str) -> tuple[Grade, str]:
    """The grade of a branch, tag or commit of a repository, and why; a name with a version counts as a tag."""
    short = ref.removeprefix("refs/tags/").removeprefix("refs/heads/").removeprefix("tags/").removeprefix("origin/")
    if is_commit(short):
        return "immutable", "a full commit"
    if UNKNOWN in ref and not _DIGIT.search(ref):
        return "unknown", "a variable decides the commit"
    if not short or short.upper() == "HEAD":
        return "floating", "the default branch moves"
    if re.fullmatch(r"[0-9a-f]{7,39}", short) and _DIGIT.search(short):
        return "versioned", "an abbreviated commit"
    tag = ref.startswith(("refs/tags/", "tags/"))
    if not tag and (_MOVING.search(short) and not _FULL_VERSION.search(short)):
        return "floating", "the branch moves"
    if tag or _DIGIT.search(short):
        return "versioned", "the tag can be moved"
    return "floating", "the branch moves"


def deciding_pair(build: Build, stage: Stage, step: Step | None, names: Iterable[str]) -> ast.Pair | None:
    """The ARG or ENV that gives the first of some variables its value where a step, or the FROM, stands."""
    for name in dict.fromkeys(names):
        pair = _global_pair(build, name) if step is None else _stage_pair(build, stage, step, name)
        if pair is not None:
            return pair
    return None


def _global_pair(build: Build, name: str) -> ast.Pair | None:
    found = [pair for argument in build.global_args for pair in argument.pairs if pair.key == name]
    return found[-1] if found else None


def _stage_pair(build: Build, stage: Stage, step: Step, name: str) -> ast.Pair | None:
    found = None
    for other in stage.steps_before(step):
        if isinstance(other.instruction, ast.Arg | ast.Env):
            for pair in other.instruction.pairs:
                if pair.key == name:
                    found = pair
    if found is not None and found.value is None:
        return _global_pair(build, name) or found
    return found


def _readable(pattern: str) -> str:
    return pattern.replace(UNKNOWN, "*")
