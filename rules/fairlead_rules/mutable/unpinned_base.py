"""Base images without a version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Example,
    Finding,
    Image,
    ImageReference,
    Models,
    Profile,
    Related,
    Rule,
    Severity,
    has_versions,
    is_official,
    is_rebuilt_daily,
    is_rolling,
    is_without_latest,
    names_release,
    tags_releases,
)  # fmt: skip

_TEMPLATE = re.compile(r"[{}<>%@]")


class UnpinnedBase(Rule):
    """An image is taken without a tag, or by the tag `latest`: another image may come with every build.

    Without a tag the builder takes `latest`, which is whatever was pushed last. The next major version of the
    distribution or of the language comes on the day its maintainers like, on one machine and not on the other, and the
    Dockerfile does not say from what it was built.

    Name a version: `FROM python:3.13-slim`. A digest besides makes the build repeatable to the byte:
    `FROM python:3.13-slim@sha256:...`; a bot such as Renovate or Dependabot keeps it up to date.

    The name is looked at after expansion: `ARG BASE=ubuntu` and `FROM ${BASE}` is an image without a tag, and the
    colon of `localhost:5000/tool` is a port. `scratch`, stages and names that only `--build-arg` gives are left alone,
    and so is what has no version to name: distributions without releases (Arch Linux, Kali), images whose publisher has
    only `latest`, and local images, which are names without a namespace that are none of Docker Hub's official ones.

    For information only are images of publishers of whom it is not known that they give their releases tags, stages that
    only fetch and unpack files for others and install what it takes, and images of the repository's own: of the owner of
    the git remote `origin` (or of the label `org.opencontainers.image.source`), or such as a Makefile, a script, a
    workflow, a bake or Compose file of the directories above builds; the default of an ARG that one of these files gives a value, or that names another image
    than an official one; and what is below a directory of examples. Images that have a directory of their name nearby
    are left alone, and those for which a bake or Compose file, or `--build-context`, gives a named context.

    Under the profile `strict` images for developers and tests are reported as well, what says the release, or the version
    of something in it, all the same (`redhat/ubi9`, `gcr.io/distroless/static-debian12`, `cargo-chef:latest-rust-1.86`),
    and other tags that name no version (`alpine`, `stable`, `edge`).
    """

    name = "mutable/unpinned-base"
    aliases = ("DL3006", "DL3007", "DS-0001", "CKV_DOCKER_7", "DF001", "DF024", "S6596")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python
                 ^^^^^^
            """,
            "python has no tag",
        ),
        Example(
            """
            FROM --platform=linux/amd64 node:latest AS build
                                        ^^^^^^^^^^^
            FROM nginx:1.27
            COPY --from=build /dist /usr/share/nginx/html
            """,
            "the tag latest",
        ),
        Example(
            """
            ARG BASE=ubuntu
            FROM ${BASE}
                 ^^^^^^^
            """,
            "ubuntu has no tag",
        ),
        Example(
            """
            FROM localhost:5000/tools/img
                 ^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "has no tag",
        ),
        Example(
            """
            FROM debian:12
            COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/uv
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "the tag latest",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM python:3.13-slim\n"),
        Example("FROM debian@sha256:" + "4d" * 32 + "\n"),
        Example("ARG PY=python:3.12.9-slim@sha256:" + "ab" * 32 + "\nFROM ${PY}\n"),
        Example("ARG BASE\nFROM ${BASE:-debian:12}\n"),
        Example("ARG BASE\nFROM ${BASE}\n"),
        Example("FROM scratch\nCOPY app /\n"),
        Example("FROM debian:12 AS latest\nFROM latest\n"),
        Example(
            "FROM debian:12 AS base-amd64\nFROM debian:12 AS base-arm64\nARG TARGETARCH\nFROM base-${TARGETARCH}\n"
        ),
        Example("FROM archlinux\n"),
        Example("FROM kalilinux/kali-rolling:latest\n"),
        Example("FROM our_prebuilt_base\n"),
        Example("FROM gcr.io/oss-fuzz-base/base-builder\n"),
        Example("FROM gcr.io/cloud-builders/gcloud\n"),
        Example("FROM mcr.microsoft.com/windows/servercore-insider\n"),
        Example("FROM node AS unused\nFROM debian:12\n"),
        Example("FROM debian:12\nCOPY --from=0 /a /b\n", target="0"),
        Example("ARG IMG=quay.io/x/y:1\nFROM debian:12\nARG IMG\nCOPY --from=quay.io/x/y:1 /a /b\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the images that the build takes."""
        for image in models.inputs.images():
            reference = image.origin.image
            if reference is None or reference.digest or not reference.repository or _has_no_version(reference):
                continue
            if _TEMPLATE.search(reference.repository):
                # a template, which no builder takes as it is
                continue
            name = reference.short_name
            # `latest-rust-1.86` at least says what it is made for
            versioned = names_release(name) or any(letter.isdigit() for letter in reference.tag)
            strict = versioned or models.purpose.wants_newest(image.stage)
            default = Profile.STRICT if strict else Profile.RECOMMENDED
            if not versioned and is_without_latest(reference.name) and reference.tag in ("", "latest"):
                message, profile = f"{name} has had no tag latest since 2019: the build finds no image", default
            elif not reference.tag:
                message, profile = f"{name} has no tag, so it is latest: {_ANOTHER}", default
            elif reference.tag == "latest" or reference.tag.startswith(("latest-", "latest_")):
                message, profile = f"{name} by the tag {reference.tag}: {_ANOTHER}", default
            elif set(reference.tag.lower().split("-")) <= _FLOATING:
                message, profile = f"the tag {reference.tag} of {name} names no version: {_ANOTHER}", Profile.STRICT
            else:
                continue
            made_beside = not is_official(name) and models.inputs.is_made_beside(name)
            if not made_beside and not models.inputs.repository.replaces(reference):
                yield self._finding(models, image, reference, message, profile)

    def _finding(
        self, models: Models, image: Image, reference: ImageReference, message: str, profile: Profile
    ) -> Finding:
        argument, official = image.argument, is_official(reference.short_name)
        related = (Related.at(argument.token, "the name comes from here"),) if argument is not None else ()
        if argument is not None:
            # such a default is mostly there to be replaced: the builds of a family of images name each other
            quiet = not official or models.inputs.repository.gives(argument.key)
        else:
            known = official or tags_releases(reference.name)
            quiet = not known or (not official and models.inputs.is_own(reference))
        # Composer keeps its promises, and its own documentation copies it from `latest`
        quiet = (
            quiet
            or reference.short_name == "composer"
            or (image.step is None and models.inputs.fetches_only(image.stage))
        )
        return self.finding(
            image.origin.token,
            message,
            help=_advice(reference.short_name),
            related=related,
            evidence={"image": reference.name, "tag": reference.tag},
            severity=Severity.INFO if quiet else None,
            profile=profile,
        )


def _has_no_version(reference: ImageReference) -> bool:
    """Whether there is none to name: a local image, a distribution without releases, an image that is made each day."""
    name = reference.short_name
    local = "/" not in name and not is_official(name)
    return local or is_rolling(name) or is_rebuilt_daily(reference.name) or not has_versions(reference.name)


def _advice(name: str) -> str:
    if is_without_latest(name):
        return f"name a release of Windows, such as {name}:ltsc2022"
    if name.startswith("gcr.io/distroless/") and "debian" not in name:
        # their tags name no version, their names do
        return f"name a release of Debian, such as {name}-debian12, or a digest"
    return (
        f"name a version, such as {name}:X.Y"
        if is_official(name)
        else f"name a version, such as {name}:X.Y, or a digest"
    )


_ANOTHER = "another image may come with every build"
_FLOATING = frozenset(
    (
        "alpine", "canary", "current", "dev", "devel", "develop", "edge", "full", "head", "jdk", "jre", "lts", "main",
        "mainline", "master", "nightly", "rawhide", "rolling", "sid", "slim", "stable", "testing", "unstable",
    )
)  # fmt: skip
