"""Secrets that stay in the image or its history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    Arg,
    Env,
    Example,
    FileInstruction,
    Finding,
    Models,
    Pair,
    Rule,
    Run,
    Severity,
    Step,
    is_of_another_service,
    is_placeholder,
    is_public_password,
    is_secret_file,
    is_secret_name,
    secret_in,
)  # fmt: skip


class SecretInBuild(Rule):
    """A secret goes into the image, its history or its provenance, where everyone who can pull it can read it.

    The value of an ENV is part of the image's configuration. The value of an ARG is written into the history of every
    RUN below it and into the build's provenance. A file that a COPY brings stays in its layer even when a later RUN
    deletes it. `docker history --no-trunc`, or a look at the layers, shows all of them.

    Give a secret to the one RUN that needs it, as a secret mount, which is never stored:
    `RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN npm ci`, built with `--secret id=NPM_TOKEN`. Pass secrets that
    the program needs at run time when the container starts. A secret that has been in an image must be replaced.

    A name counts as a secret's when it says password, token, secret, credential, API key, private key and the like, and
    does not say something about one (`DB_PASSWORD_FILE`, `TOKEN_TTL`, `PUBLIC_KEY`). Switches, empty values, paths and
    evident placeholders (`dummy`) are left alone, and so are variables that bundlers write into the pages they make
    (`VITE_...`, `REACT_APP_...`).

    A password in an ENV that everybody knows is a warning only: `root`, `test123`, `changeme`, that which is as the user
    or the project is called. Nobody learns it from the image, but a container that is started without another one is
    open. It is for information in images for developers and tests, in examples, and where it is for a service that the
    program logs in to: `DB_PASSWORD` in an image that is no database.
    """

    name = "security/secret-in-build"
    severity = Severity.ERROR
    aliases = ("SecretsUsedInArgOrEnv", "DL3064", "DS-0031")
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM debian:12
            ENV DB_PASSWORD=hunter22
                ^^^^^^^^^^^
            """,
            "DB_PASSWORD",
        ),
        Example(
            """
            FROM node:22
            ARG NPM_TOKEN
                ^^^^^^^^^
            RUN npm ci
            """,
            "--mount=type=secret",
        ),
        Example(
            """
            FROM debian:12
            ARG SOME_PSW=pass
                ^^^^^^^^
            """,
            "SOME_PSW",
        ),
        Example(
            """
            FROM debian:12
            ENV API_KEY=abc123def456 \\
                ^^^^^^^
                FTP_USER=application FTP_PASSWORD=application
                                     ^^^^^^^^^^^^
            """,
            "everybody knows the value of FTP_PASSWORD",
        ),
        Example(
            """
            FROM node:22
            ARG NPM_TOKEN
            ENV NPM_TOKEN=$NPM_TOKEN
                ^^^^^^^^^
            """,
            "becomes part of the image's configuration",
        ),
        Example(
            """
            FROM debian:12
            COPY id_rsa /root/.ssh/id_rsa
                 ^^^^^^
            """,
            "id_rsa",
        ),
        Example(
            """
            FROM debian:12
            RUN git clone https://ci:9f2b7c1e@git.example.com/a/b.git
                                     ^^^^^^^^
            """,
            "in the image's history",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM node:22\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci\n"),
        Example(
            "FROM golang:1.24\nARG GOPRIVATE=example.com\nENV DB_PASSWORD_FILE=/run/secrets/db\n"
            "ENV SSH_AUTH_SOCK=/agent AUTH_MODE=none FACEBOOK_APP_ID=1 TRAVIS_OS_NAME=linux KEY_PATH=/k\n"
        ),
        Example("FROM python:3.13\nENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305\n"),
        Example(
            "FROM debian:12\nARG SIGNING_KEY=8A7495662C3CD4AE18D95637FAF6989E1BC16FEA\nENV SIGNING_KEY=$SIGNING_KEY\n"
        ),
        Example("FROM debian:12\nENV API_KEY='[your key]' DB_PASSWORD=your-password TOKEN='<token>'\n"),
        Example("FROM ruby:3.4\nRUN SECRET_KEY_BASE=dummy bin/rails assets:precompile\n"),
        Example("FROM python:3.13\nENV SECRET_KEY=collectstatic-build-placeholder TOKEN=generatetokenhere\n"),
        Example(
            "FROM node:22\nARG VITE_MAPS_API_KEY\nENV REACT_APP_TOKEN=abc123 NEXT_PUBLIC_API_KEY=$VITE_MAPS_API_KEY\n"
        ),
        Example("FROM python:3.13\nARG SECRET_KEY=foo\nRUN python manage.py collectstatic\n"),
        Example("FROM mysql:8\nENV MYSQL_ROOT_PASSWORD=\nENV MYSQL_ALLOW_EMPTY_PASSWORD=yes TOKEN_TTL=60\n"),
        Example("FROM debian:12\nCOPY id_rsa.pub /root/.ssh/authorized_keys\n"),
        Example("FROM debian:12\nRUN git clone https://$USER:$TOKEN@git.example.com/a/b.git\n"),
        Example("FROM debian:12 AS unused\nENV API_KEY=abcdef1234\nFROM debian:12\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Look at the variables, files and commands of every stage that is built."""
        for step in models.build.steps():
            if not step.stage.needed:
                continue
            instruction = step.instruction
            if isinstance(instruction, Arg):
                yield from self._argument(models, step, instruction)
            elif isinstance(instruction, Env):
                yield from self._environment(models, step, instruction)
            elif isinstance(instruction, FileInstruction):
                yield from self._files(step, instruction)
            elif isinstance(instruction, Run):
                yield from self._command(instruction)

    def _argument(self, models: Models, step: Step, instruction: Arg) -> Iterator[Finding]:
        for pair in instruction.pairs:
            if not is_secret_name(pair.key) or (pair.value is not None and is_placeholder(_value(step, pair))):
                continue
            if _goes_into_env(models, step, pair.key):
                # there it is reported
                continue
            yield self.finding(
                pair.key_token,
                f"the build argument {pair.key} is a secret: its value stays in the image's history and provenance",
                help=f"RUN --mount=type=secret,id={pair.key},env={pair.key} ..., built with --secret id={pair.key}",
                evidence={"variable": pair.key},
            )

    def _environment(self, models: Models, step: Step, instruction: Env) -> Iterator[Finding]:
        for pair in instruction.pairs:
            value = _value(step, pair)
            if not is_secret_name(pair.key) or is_placeholder(value, pair.key):
                continue
            known = is_public_password(pair.key, value, (*_users(step), *models.inputs.project_names()))
            own = known and not is_of_another_service(pair.key, _about(models, step))
            if own:
                message = (
                    f"everybody knows the value of {pair.key}: a container that is started without another one is open"
                )
            elif known:
                message = f"everybody knows the value of {pair.key}"
            else:
                message = (
                    f"the value of {pair.key} becomes part of the image's configuration, where everyone can read it"
                )
            for_nobody = models.purpose.is_example or models.purpose.wants_newest(step.stage)
            severity = Severity.INFO if for_nobody or not own else Severity.WARNING
            yield self.finding(
                pair.key_token,
                message,
                help="give it to the container when it starts, or to one RUN as a secret mount",
                evidence={"variable": pair.key},
                severity=severity if known else None,
            )

    def _files(self, step: Step, instruction: FileInstruction) -> Iterator[Finding]:
        if step.origin is not None:
            return
        for source in instruction.sources:
            if source.heredoc is None and is_secret_file(step.resolve(source.word.value).pattern):
                yield self.finding(
                    source.word.token,
                    f"{source.word.value} stays in this layer of the image, whatever deletes it later",
                    help="RUN --mount=type=secret or --mount=type=ssh gives it to one command without storing it",
                )

    def _command(self, instruction: Run) -> Iterator[Finding]:
        text = instruction.script or instruction.rest
        place = secret_in(text.text)
        if place is not None:
            yield self.finding(
                text.slice(*place),
                "a secret stands in the command: it stays in the image's history and in the repository",
                help="RUN --mount=type=secret gives it to the command without storing it; replace the secret",
            )


def _goes_into_env(models: Models, step: Step, name: str) -> bool:
    """Whether an ENV that is reported takes the value of an ARG."""
    for other in models.build.steps():
        if step.stage in other.stage.lineage() and isinstance(other.instruction, Env):
            for pair in other.instruction.pairs:
                named = re.search(rf"\$\{{?{re.escape(name)}\b", pair.value or "")
                if named and is_secret_name(pair.key) and not is_placeholder(_value(other, pair)):
                    return True
    return False


def _about(models: Models, step: Step) -> str:
    """What an image is, by the names of its base image, its directory and its repository."""
    image = step.stage.root.image
    base = image.name.removeprefix("docker.io/library/") if image is not None else ""
    return " ".join((base, *models.inputs.repository.path.split("/")[-3:], *models.inputs.project_names()[1:]))


def _users(step: Step) -> Iterator[str]:
    """The values of variables that name a user."""
    for name, value in step.stage.end.scope.values.items():
        if "USER" in name.upper() and value:
            yield value


def _value(step: Step, pair: Pair) -> str:
    """The value; a reference to variables that are not known counts as a value."""
    resolved = step.resolve(pair.value or "")
    if resolved.text is not None:
        return resolved.text
    # a variable of the base image, not of the build: nothing is known of it
    return "build argument" if any(name in step.scope.declared or name in step.env for name in resolved.names) else ""
