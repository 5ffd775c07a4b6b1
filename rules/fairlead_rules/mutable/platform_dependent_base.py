"""Base images of one fixed platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Flag, Models, Profile, Rule, Run, Stage

_ARCHITECTURES = {
    "amd64": r"amd64|x86[_-]?64|x64|linux64|64bit",
    "386": r"386|i[3-6]86|x86|32bit",
    "arm64": r"arm64|aarch64|armv8",
    "arm": r"arm(?:32)?(?:v[5-7])?(?:hf|el)?",
    "ppc64le": r"ppc64(?:le|el)",
    "s390x": r"s390x",
    "riscv64": r"riscv64",
}
_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "i386": "386"}
_REASON = re.compile(
    r"platform|architecture|\barch\b|emulat|qemu|rosetta|multi-?arch|apple|\bm1\b|silicon", re.IGNORECASE
)


class PlatformDependentBase(Rule):
    r"""FROM names a fixed platform: whatever platform the build is asked for, it takes this one.

    `docker build --platform linux/arm64` then gives an image that is labelled arm64 and holds programs for amd64, or
    the other way round, and on a machine of another architecture every RUN is emulated. Which platform an image is for
    is a question to whoever builds it: `docker build --platform`, or `platform:` in a compose file, answers it.

    Leave the flag away. A stage that only builds what runs anywhere (assets, cross-compiled programs) is best on the
    machine's own platform: `FROM --platform=$BUILDPLATFORM`.

    Nothing is said where one platform is clearly meant: the name of the stage or of the image has the architecture in
    it, the stage installs or downloads something made for that architecture only, or a comment at the FROM says why;
    nor of a stage from which files are only copied. Windows images are left alone.
    """

    name = "mutable/platform-dependent-base"
    profile = Profile.STRICT
    aliases = ("DL3029", "FromPlatformFlagConstDisallowed", "DF061")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM --platform=linux/amd64 python:3.13-slim
                            ^^^^^^^^^^^
            COPY . /app
            """,
            "a build for another platform gets programs for amd64",
        ),
        Example(
            """
            FROM --platform=linux/amd64 node:22 AS assets
                            ^^^^^^^^^^^
            RUN npm ci && npm run build
            FROM nginx:1.27
            COPY --from=assets /dist /usr/share/nginx/html
            """,
            "$BUILDPLATFORM",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM --platform=$BUILDPLATFORM golang:1.24\n"),
        Example("FROM --platform=${TARGETPLATFORM} debian:12\n"),
        Example("ARG PLATFORM=linux/amd64\nFROM --platform=${PLATFORM} debian:12\n"),
        Example("FROM --platform=linux/amd64 debian:12 AS base-amd64\nRUN true\nFROM base-amd64\n"),
        Example("FROM --platform=linux/arm64 debian:12 AS build-linux\n"),
        Example("FROM --platform=linux/amd64 amd64/debian:12\n"),
        Example("FROM --platform=windows/amd64 mcr.microsoft.com/windows/nanoserver:ltsc2022\n"),
        Example("FROM --platform=linux/amd64 debian:12\nRUN curl -fO https://e.com/tool-1.2-linux-x86_64.tgz\n"),
        Example("FROM --platform=linux/amd64 debian:12\nCOPY instantclient-basic-linux.x64-21.1.zip /tmp/\n"),
        Example("# the driver is not built for other platforms\nFROM --platform=linux/amd64 debian:12\n"),
        Example("FROM --platform=linux/amd64 debian:12 AS files\nFROM debian:12\nCOPY --from=files /a /a\n"),
        Example("FROM --platform=linux/amd64 node:22 AS unused\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the FROM of every stage that is built."""
        for stage in models.build.stages:
            flag = stage.instruction.platform
            if flag is not None and stage.needed and flag.value and not set("$") & set(flag.value):
                system, _, rest = flag.value.lower().partition("/")
                architecture = rest.partition("/")[0] or system
                architecture = _ALIASES.get(architecture, architecture)
                in_path = _words_for(architecture).search("/".join(models.build.dockerfile.source.path.split("/")[-3:]))
                runs = stage.ships or any(isinstance(step.instruction, Run) for step in stage.steps)
                if system != "windows" and runs and not in_path and not _is_meant(stage, system, architecture):
                    yield self._finding(stage, flag, architecture)

    def _finding(self, stage: Stage, flag: Flag, architecture: str) -> Finding:
        if stage.ships:
            message = f"always {flag.value}: a build for another platform gets programs for {architecture}"
            help_ = "leave the flag away and give the platform to the build: docker build --platform"
        else:
            message = f"always {flag.value}: on a machine of another architecture every RUN of this stage is emulated"
            help_ = "leave the flag away, or write --platform=$BUILDPLATFORM where the result runs anywhere"
        return self.finding(flag.value_token, message, help=help_, evidence={"platform": flag.value or ""})


def _words_for(architecture: str) -> re.Pattern[str]:
    names = _ARCHITECTURES.get(architecture, re.escape(architecture))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{names})(?![A-Za-z0-9])")


def _is_meant(stage: Stage, system: str, architecture: str) -> bool:
    """Whether only this platform can be meant."""
    names = f"{stage.name} {stage.origin.resolved.pattern}"
    words = re.compile(
        rf"(?<![A-Za-z0-9])(?:{_ARCHITECTURES.get(architecture, re.escape(architecture))})(?![A-Za-z0-9])"
    )
    if system in stage.name or architecture in stage.name or words.search(names):
        return True
    if any(_REASON.search(comment.text) or words.search(comment.text) for comment in stage.instruction.comments):
        return True
    texts = [stage.instruction.image.token.text]
    for step in stage.steps:
        texts.append(step.instruction.rest.text)
        texts.extend(heredoc.body.text for heredoc in step.instruction.heredocs)
    return any(words.search(text) for text in texts)
