"""Caches of package managers in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import CopiedCache, Example, Finding, Leftover, Models, Operation, Related, Rule, Severity, is_light

_ADVICE = {
    "dnf": "end the RUN with `&& {sudo}{program} clean all`",
    "microdnf": "end the RUN with `&& {sudo}microdnf clean all`",
    "tdnf": "end the RUN with `&& {sudo}tdnf clean all`",
    "zypper": "end the RUN with `&& {sudo}zypper clean --all`",
    "pip": "add --no-cache-dir",
    "conda": "end the RUN with `&& {sudo}{program} clean -afy`",
    "npm": "end the RUN with `&& {sudo}npm cache clean --force`",
    "yarn": "end the RUN with `&& {sudo}yarn cache clean`",
    "bundler": "end the RUN with `&& {sudo}rm -rf {path}`",
    "composer": "add --no-cache",
    "poetry": "add --no-cache",
    "pipenv": "end the RUN with `&& {sudo}rm -rf ~/.cache`",
}
"""The managers whose cache nothing but the next install reads; Go, Cargo and Maven read theirs when they build."""


class PackageCacheLeft(Rule):
    """A package manager leaves its download cache in the layer.

    dnf keeps the metadata of every repository, pip, npm, Yarn, Composer and Bundler keep each archive they have fetched,
    conda keeps the archives and the unpacked packages. That is often as much again as what was installed, and nothing in the
    image reads it.

    Use the manager's own switch (`pip install --no-cache-dir`, `ENV PIP_NO_CACHE_DIR=1`), clean up at the end of the
    same RUN (`dnf clean all`, `npm cache clean --force`, `yarn cache clean`, `conda clean -afy`), or keep the cache out
    of the image and between builds: `RUN --mount=type=cache,target=/root/.cache/pip pip install ...`. Cleaning up in a
    later RUN, or before the install, frees nothing.

    Only layers of the final image count, and what a COPY brings into it from a build stage. In images for
    developers and tests by the name of file or stage or by what they start it is information, and so it is where a
    package manager of a language installs nothing but packages of 2 or 3 MB at the most (setuptools, PyYAML, npm). Yarn
    is named where nothing tells that it is version 2 or later: those may run programs from the packages in their cache.
    """

    name = "bloat/package-cache-left"
    aliases = ("DL3032", "DL3036", "DL3040", "DL3042", "DL3060")
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim
            RUN pip install -r requirements.txt
                ^^^^^^^^^^^
            """,
            "--no-cache-dir",
        ),
        Example(
            """
            FROM fedora:42
            RUN dnf clean all && dnf install -y git
                                 ^^^^^^^^^^^
            """,
            "dnf clean all",
        ),
        Example(
            """
            FROM node:22-slim
            RUN npm ci --omit=dev
                ^^^^^^
            RUN npm cache clean --force
            """,
            "line 3 deletes it too late",
        ),
        Example(
            """
            FROM ruby:3.4-slim
            RUN bundle install --jobs 4
                ^^^^^^^^^^^^^^
            """,
            "&& rm -rf /usr/local/bundle/cache",
        ),
        Example(
            """
            FROM ruby:3.4 AS build
            RUN bundle install
            FROM ruby:3.4-slim
            COPY --from=build /usr/local/bundle /usr/local/bundle
                              ^^^^^^^^^^^^^^^^^
            """,
            "from /usr/local/bundle/cache in stage build",
        ),
        Example(
            """
            FROM python:3.13-slim
            RUN python3 -m pip install flask==3.1.0 && rm -rf /tmp/*
                           ^^^^^^^^^^^
            """,
            "/root/.cache/pip",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM python:3.13\nRUN pipx install --pip-args=--no-cache-dir poetry==2.2.1\n"),
        Example("FROM registry.access.redhat.com/ubi9/python-312\nRUN pip install -r requirements.txt\n"),
        Example("FROM node:22\nCOPY . .\nCMD npm install && npm start\n"),
        Example("FROM python:3.13\nRUN pip install --no-cache-dir -r requirements.txt\n"),
        Example("FROM python:3.13\nENV PIP_NO_CACHE_DIR=1\nRUN pip install -r requirements.txt\n"),
        Example("FROM python:3.13 AS base\nENV PIP_NO_CACHE_DIR=1\nFROM base\nRUN pip install -r requirements.txt\n"),
        Example("FROM python:3.13\nRUN export PIP_NO_CACHE_DIR=1; pip install -r requirements.txt\n"),
        Example("FROM python:3.13\nRUN PIP_NO_CACHE_DIR=off pip install -r requirements.txt\n"),
        Example("FROM python:3.13\nRUN pip install -r requirements.txt && rm -rf ~/.cache\n"),
        Example("FROM python:3.13\nRUN pip install -r requirements.txt && pip cache purge\n"),
        Example("FROM python:3.13\nRUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt\n"),
        Example("FROM fedora:42\nRUN dnf install -y git && dnf clean all\n"),
        Example(
            "FROM fedora:42\nRUN set -e; dnf install -y git; rm -rf /var/cache/dnf /var/cache/yum /var/cache/libdnf5\n"
        ),
        Example("FROM node:22\nRUN npm ci && npm cache clean --force\n"),
        Example("FROM php:8.4\nRUN COMPOSER_CACHE_DIR=/dev/null composer install --no-dev\n"),
        Example("FROM node:22 AS build\nRUN npm ci\nFROM nginx:1.27\nCOPY --from=build /dist /srv\n"),
        Example("FROM golang:1.24\nRUN go mod download\n"),
        Example("FROM ruby:3.4\nRUN bundle install && rm -rf /usr/local/bundle/cache/*.gem\n"),
        Example("FROM ruby:3.4\nENV BUNDLE_PATH=/gems\nRUN bundle install\n"),
        Example("FROM ruby:3.4\nRUN bundle config set --local path vendor && bundle install\n"),
        Example("FROM debian:12\nRUN bundle install\n"),
        Example(
            "FROM ruby:3.4 AS b\nRUN bundle install\nRUN rm -rf /usr/local/bundle/cache\n"
            "FROM ruby:3.4\nCOPY --from=b /usr/local/bundle /usr/local/bundle\n"
        ),
        Example("FROM python:3.13 AS b\nRUN pip install a\nFROM python:3.13\nCOPY --from=b /usr/local /usr/local\n"),
        Example("FROM node:22\nRUN yarn install --immutable\n"),
        Example("FROM node:22\nCOPY . .\nRUN yarn install\n", files={".yarnrc.yml": "", "package.json": "{}"}),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the layer model what is left."""
        for leftover in models.layers.caches_left():
            if leftover.operation.manager.name in _ADVICE:
                yield self._finding(leftover, _severity(models, leftover.operation))
        for copied in models.layers.copied_caches():
            if copied.operation.manager.name in _ADVICE:
                yield self._copied(copied, _severity(models, copied.operation))

    def _copied(self, copied: CopiedCache, severity: Severity | None) -> Finding:
        operation = copied.operation
        program, line = operation.invocation.name, operation.token.start.line
        return self.finding(
            copied.token,
            f"{program}'s download cache is copied along, from {copied.path} in stage {copied.stage.label}",
            help=f"in line {line}: {_advice(operation, copied.path)}",
            related=(Related.at(operation.token, "this fills it"),),
            evidence={"path": copied.path, "manager": operation.manager.name},
            severity=severity,
        )

    def _finding(self, leftover: Leftover, severity: Severity | None) -> Finding:
        operation = leftover.operation
        related: tuple[Related, ...] = ()
        late = ""
        if leftover.removed_by is not None:
            removal = leftover.removed_by[1]
            related = (Related.at(removal.token, "frees nothing: the layer above holds the files"),)
            late = f" (line {removal.token.start.line} deletes it too late)"
        path = leftover.shown
        mount = "" if path.startswith("~") else _mount(operation, path)
        return self.finding(
            operation.token,
            f"{operation.invocation.name}'s download cache stays in this layer, in {path}{late}",
            help=f"{_advice(operation, path)}{mount}",
            related=related,
            evidence={"path": leftover.path, "manager": operation.manager.name},
            severity=severity,
        )


def _mount(operation: Operation, path: str) -> str:
    """The advice to mount a cache; the builder makes it root's, so another user needs an option, or cannot write there."""
    user = (operation.step.user or "root").partition(":")[0]
    owner = "" if user in ("root", "0") or operation.sudo else f",uid={user}"
    return "" if owner and not user.isdecimal() else f", or mount a cache: RUN --mount=type=cache,target={path}{owner}"


def _severity(models: Models, operation: Operation) -> Severity | None:
    """People who work in an image install more in it, and nobody deploys it; and some packages are next to nothing."""
    return Severity.INFO if models.purpose.for_developers or _is_light(models, operation) else None


def _is_light(models: Models, operation: Operation) -> bool:
    """Whether all that the manager leaves in the layer of the step is next to nothing."""
    if operation.manager.kind != "language":
        # the cache of yum and dnf holds the index, too
        return False
    return all(
        other.packages
        and not other.options.has("-r", "--requirement")
        and all(is_light(operation.manager.name, package.name) for package in other.packages)
        for other in models.operations(operation.step)
        if other.manager is operation.manager and models.layers.leaves_cache(other)
    )


def _advice(operation: Operation, path: str) -> str:
    if operation.invocation.name == "pipx":
        # it hands options to pip only by this one
        return "add --pip-args=--no-cache-dir"
    return _ADVICE[operation.manager.name].format(program=operation.invocation.name, path=path, sudo=operation.sudo)
