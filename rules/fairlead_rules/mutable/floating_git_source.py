"""Source code at whichever commit is newest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Command,
    Example,
    Finding,
    Input,
    Models,
    Profile,
    Rule,
    Severity,
    is_kept_at_newest,
    readable,
)  # fmt: skip

# a look at the text spares most files the model of all inputs
_REPOSITORIES = re.compile(r"\b(?:git|svn|hg|github|gitlab|bitbucket)\b")
_CHECKOUT = re.compile(r"\bgit (?:checkout|reset|switch)\b")
_GIT_OF_GITHUB = re.compile(r"(?:git\+)?git://github\.com/")
_EXAMPLES = re.compile(
    r"test[-_]?data|tutorial|examples?(?:$|[-_./])|[-_]demo|fixtures|hello[-_]?world|^bats(?:$|[-_.])", re.IGNORECASE
)


class FloatingGitSource(Rule):
    r"""A repository is cloned at the head of a branch: the build takes whatever was pushed last.

    The same Dockerfile gives another program after the next push, without a line of it having changed; a broken commit
    breaks the build. And the other way round: as long as the step is in the build cache the clone stays as old as it
    is, whatever was fixed since. Nothing in the image says which commit it was.

    Name a release (`git clone --depth 1 --branch v1.2.3 URL`), or best a commit, which nobody can move:

        RUN git clone https://example.com/tool.git /src && git -C /src checkout 5f70bf18a086007016e948b04aed3b82103a36bea

    or let the builder do it: `ADD https://example.com/tool.git#v1.2.3 /src`.

    Counted are git, Subversion and Mercurial, and what pip, npm and cargo install from a repository. ADD of a
    repository is cache/unpinned-remote-add's. Where an ARG or ENV names the branch, it is for information: whoever wrote
    it wants the newest unless a build says which version. So it is of another repository of the same owner, and of one
    with the name of the Dockerfile's own, of which that is a fork or a packaging, of version managers (`pyenv`), whose users
    keep them at the newest commit, and of scripts that have come to rest (`wait-for-it`).

    Nothing is said of images for developers and tests by their names, of test data, examples and Bats, and of images that are
    built anew each day to look at the newest source (OSS-Fuzz).
    """

    name = "mutable/floating-git-source"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM gcc:14
            RUN git clone --depth 1 https://github.com/example/tool.git /src && make -C /src install
                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "the default branch",
        ),
        Example(
            """
            FROM gcc:14
            RUN git clone git://github.com/example/tool.git
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "write https:",
        ),
        Example(
            """
            FROM gcc:14
            RUN git clone -b develop https://github.com/example/tool.git && make -C tool
                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "the branch develop moves",
        ),
        Example(
            """
            FROM python:3.13
            RUN pip install git+https://github.com/example/lib.git
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "https://github.com/example/lib.git",
        ),
        Example(
            """
            FROM gcc:14
            RUN svn co --username reader --password x https://svn.example.com/tool/trunk /src
                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "https://svn.example.com/tool/trunk: the newest revision",
        ),
        Example(
            """
            FROM gcc:14
            ARG TOOL_BRANCH=main
            RUN git clone -b $TOOL_BRANCH https://github.com/example/tool.git
                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "the branch main moves",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM gcc:14\nRUN git clone -b v1.2.3 https://github.com/example/tool.git\n"),
        Example("FROM gcc:14\nARG V=1.2.3\nRUN git clone --branch $V https://github.com/example/tool.git\n"),
        Example("FROM gcc:14\nARG V\nRUN git clone --branch $V https://github.com/example/tool.git\n"),
        Example(
            "FROM gcc:14\nRUN git clone https://github.com/example/tool.git && cd tool && git checkout "
            + "5f" * 20
            + "\n"
        ),
        Example("FROM gcc:14\nRUN git clone https://e.com/x.git /x\nRUN git -C /x checkout v1.2\n"),
        Example(
            'FROM golang:1.25-windowsservercore\nSHELL ["powershell", "-Command"]\nRUN git clone https://e.com/x.git\n'
            "WORKDIR /x\nRUN git checkout $env:VERSION\n"
        ),
        Example("FROM gcc:14\nRUN hg clone https://e.com/x /x\nRUN cd /x && hg update release-1.2\n"),
        Example("FROM python:3.13\nRUN pip install git+https://github.com/example/lib.git@v1.2\n"),
        Example("FROM gcc:14\nADD https://github.com/example/tool.git /src\n"),
        Example("FROM gcc:14\nADD https://github.com/example/tool.git#v1.2 /src\n"),
        Example("FROM gcc:14\nRUN git clone https://chromium.googlesource.com/chromium/tools/depot_tools.git /d\n"),
        Example("FROM gcc:14 AS test\nRUN git clone https://github.com/example/tool.git\n"),
        Example("FROM gcc:14\nRUN git clone https://github.com/example/tool-testdata.git\n"),
        Example("FROM debian:12\nRUN git clone https://github.com/example/bats-helpers.git /bats\n"),
        Example(
            "FROM gcc:14\nARG REF=\n"
            'RUN if [ -n "$REF" ]; then git clone --branch "$REF" https://github.com/example/tool.git; fi\n'
        ),
        Example("FROM archlinux:base-devel\nRUN git clone https://aur.archlinux.org/tool.git\n"),
        Example("FROM gcr.io/oss-fuzz-base/base-builder\nRUN git clone https://github.com/example/tool\n"),
        Example("FROM gcc:14 AS unused\nRUN git clone https://github.com/example/tool\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the checkouts among the inputs."""
        if not _REPOSITORIES.search(models.build.dockerfile.source.text):
            return
        for found in models.inputs.all():
            if found.kind != "source" or found.grade != "floating" or not found.manager or found.stage is None:
                continue
            if "//aur.archlinux.org/" in found.name or _updates_itself(found):
                # recipes for a distribution that moves on as a whole; tools that leave a pinned commit by themselves
                continue
            is_example = _EXAMPLES.search(found.name.rstrip("/").rpartition("/")[2]) is not None
            if not is_example and not models.purpose.wants_newest(found.stage) and not _checked_out_later(found):
                yield self._finding(models, found)

    def _finding(self, models: Models, found: Input) -> Finding:
        name, inputs = readable(found.name), models.inputs
        what = f"the branch {found.version} moves" if found.version and "\0" not in found.version else found.why
        advice = "name a tag or, best, a full commit"
        if inputs.is_own_repository(found.name):
            advice = f"build with this repository as the context and copy it, or {advice}"
        elif _GIT_OF_GITHUB.match(name):
            advice = f"write https:, since GitHub has refused git: since 2022, and {advice}"
        quiet = (
            inputs.is_own_source(found.name)
            or inputs.is_namesake(found.name)
            or is_kept_at_newest(found.name)
            or inputs.is_idle(found)
            or (found.argument and found.version)
        )
        return self.finding(
            found.token,
            f"{name}: {what}, and the build takes what is newest when the step runs",
            help=advice,
            evidence={"repository": name, "ref": found.version},
            severity=Severity.INFO if quiet else None,
            profile=Profile.STRICT if "\0" in found.name else None,
        )


def _updates_itself(found: Input) -> bool:
    """Whether a tool fetches its newest commit whenever it is used: Chromium's depot_tools, unless a variable forbids it."""
    forbidden = found.step is not None and found.step.env.get("DEPOT_TOOLS_UPDATE") == "0"
    return not forbidden and found.name.removesuffix(".git").endswith("chromium/tools/depot_tools")


def _checked_out_later(found: Input) -> bool:
    """Whether a later RUN of the stage brings a clone to a certain commit."""
    steps = list(found.stage.all_steps()) if found.stage is not None else []
    later = steps[steps.index(found.step) + 1 :] if found.step in steps else []
    scripts = [step.script for step in later if step.script is not None]
    # the commands of PowerShell are not read
    return any(any(map(_goes_elsewhere, script.commands)) for script in scripts) or any(
        _CHECKOUT.search(script.token.text) for script in scripts if not script.commands
    )


def _goes_elsewhere(command: Command) -> bool:
    return command.name in ("git", "hg") and any(
        word.text in ("checkout", "reset", "switch", "update", "up", "co") for word in command.args[:4]
    )
