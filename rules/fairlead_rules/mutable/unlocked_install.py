"""Installs that do not keep to the lockfile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Example,
    Finding,
    Models,
    Profile,
    Rule,
    UnlockedInstall,
    unlocked_installs,
)  # fmt: skip


class UnlockedInstallTaken(Rule):
    r"""An install takes other versions than the lockfile says, or may: the image is not what was tested.

    A lockfile says which version of every dependency was tested. Not every install keeps to it:

    - `npm install`, `yarn install`, `bun install`, `pipenv install`, `bundle install` and `uv sync` follow it only
      where it fits the manifest. Where someone changed package.json and forgot the lockfile they work the versions out
      anew, in the image and nowhere else. `npm ci`, `--immutable` (Yarn 1: `--frozen-lockfile`), `bun ci`, `pipenv
      sync`, `BUNDLE_FROZEN=1` and `uv sync --locked` stop instead. pnpm and Yarn 4 do so by themselves where the
      variable CI is set, which in a build it is not.
    - `composer update` and `npm install --no-package-lock` don't look at it.
    - `cargo install` passes over the lockfile of the program that it installs, even with `--path .`, unless it is given
      `--locked`.
    - No install can keep to a lockfile that is not in the image: `COPY package.json ./` without package-lock.json
      beside it, or a .dockerignore that leaves it out.

    Nothing is said of an install whose lockfile another install of the same build keeps to. For information only: what is
    below a directory of examples. Under the profile `strict`: images for developers; managers that change a lockfile seldom (`cargo build` without
    `--locked`); projects without a lockfile; requirements files that name no versions. Under `all`: requirements files
    without hashes (`pip install --require-hashes`).
    """

    name = "mutable/unlocked-install"
    aliases = ("tally/ruby/missing-bundle-deployment",)
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY package.json package-lock.json ./
            RUN npm install --omit=dev
                ^^^^^^^^^^^
            """,
            "npm ci",
            files={"package.json": '{"dependencies": {"a": "^1"}}', "package-lock.json": '{"packages": {}}'},
        ),
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY package.json ./
            RUN npm install
                ^^^^^^^^^^^
            """,
            "package-lock.json is in the build context, but not in the image",
            files={"package.json": '{"dependencies": {"a": "^1"}}', "package-lock.json": '{"packages": {}}'},
        ),
        Example(
            """
            FROM rust:1.90
            RUN cargo install ripgrep@14.1.1
                ^^^^^^^^^^^^^
            """,
            "--locked",
        ),
        Example(
            """
            FROM composer:2
            WORKDIR /app
            COPY . .
            RUN composer update --no-dev
                ^^^^^^^^^^^^^^^
            """,
            "works the versions out anew",
            files={"composer.json": "{}", "composer.lock": '{"packages": []}'},
        ),
        Example(
            """
            FROM python:3.13
            COPY requirements.txt .
            RUN pip install -r requirements.txt
                               ^^^^^^^^^^^^^^^^
            """,
            "without a fixed version",
            files={"requirements.txt": "flask\nredis==5.2.1\n"},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example(
            "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\n",
            files={"package.json": '{"dependencies": {"a": "^1"}}', "package-lock.json": '{"packages": {}}'},
        ),
        Example("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"),
        Example(
            "FROM node:22\nWORKDIR /app\nENV CI=true\nCOPY . .\nRUN pnpm install\n",
            files={"package.json": '{"dependencies": {"a": "^1"}}', "pnpm-lock.yaml": "lockfileVersion: '9.0'\n"},
        ),
        Example(
            "FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked\n",
            files={"pyproject.toml": '[project]\nname = "x"\n', "uv.lock": "version = 1\n"},
        ),
        Example(
            "FROM ruby:3.4\nENV BUNDLE_DEPLOYMENT=1\nWORKDIR /app\nCOPY Gemfile* ./\nRUN bundle install\n",
            files={"Gemfile": "gem 'a'\n", "Gemfile.lock": "GEM\n  specs:\n    a (1.0)\n"},
        ),
        Example("FROM rust:1.90\nRUN cargo install --locked ripgrep@14.1.1\n"),
        Example(
            "FROM golang:1.24\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN go mod download\n",
            files={"go.mod": "module x\nrequire a v1.0.0\n", "go.sum": "a v1.0.0 h1:x=\n"},
        ),
        Example(
            "FROM composer:2\nWORKDIR /app\nCOPY . .\nRUN composer install\n",
            files={"composer.json": "{}", "composer.lock": '{"packages": []}'},
        ),
        Example("FROM rust:1.90 AS unused\nRUN cargo install a\nFROM debian:12\n"),
        Example(
            "FROM node:22 AS deps\nWORKDIR /app\nCOPY package.json yarn.lock ./\nRUN yarn install --frozen-lockfile\n"
            "FROM node:22\nWORKDIR /app\nCOPY . .\nCOPY --from=deps /app/node_modules node_modules\n"
            "RUN yarn build && yarn install --production\n",
            files={"package.json": '{"dependencies": {"a": "^1"}}', "yarn.lock": "# yarn lockfile v1\n"},
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask for the installs that keep to no lockfile."""
        for install in unlocked_installs(models):
            yield self._finding(models, install)

    def _finding(self, models: Models, install: UnlockedInstall) -> Finding:
        profile = Profile.ALL if install.kind == "hashes" else Profile.STRICT
        purpose = models.purpose
        sure = install.usual and not (purpose.development or purpose.for_developers)
        return self.finding(
            install.token,
            _message(install),
            help=_ADVICE.get(install.kind, "") or f"keep to the lockfile: {install.advice}",
            evidence={"file": install.file, "kind": install.kind},
            profile=None if sure else profile,
        )


def _message(install: UnlockedInstall) -> str:
    command, name = install.command, install.file.rpartition("/")[2]
    match install.kind:
        case "missing":
            return (
                f"{install.file} is in the build context, but not in the image: `{command}` works the versions out anew"
            )
        case "ignored":
            return f"`{command}` passes over the lockfile that comes with the program and takes the newest versions that fit"
        case "rewritten":
            return f"`{command}` follows {name} only where it fits the manifest, and else works the versions out anew"
        case "anew":
            return f"`{command}` works the versions out anew, whatever a lockfile says"
        case "none":
            return f"`{command}` takes the newest versions that fit: there is no lockfile"
    return f"{name}: {install.why}"


_ADVICE = {
    "missing": "copy the lockfile as well, and leave it out of .dockerignore",
    "none": "make a lockfile and copy it",
    "open": "name versions: pip freeze, pip-compile or uv pip compile write them",
    "hashes": "write them with pip-compile --generate-hashes or uv pip compile --generate-hashes",
    "ignored": "cargo install --locked",
}
