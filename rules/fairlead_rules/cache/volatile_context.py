"""Files of the build context that change although no step needs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import (
    ContextModel,
    Example,
    Finding,
    JsonValue,
    Models,
    Profile,
    Related,
    Rule,
    Severity,
    VolatileContext,
    enumerated,
)


class VolatileContextTaken(Rule):
    """A COPY of a directory takes what changes with every run of a tool, or with commits that no step is about.

    The cache key of a COPY is all that it takes. What a compiler, a package manager or a test run writes beside the
    sources is taken too, where `.gitignore` names it and `.dockerignore` does not: the same commit gives one image on a
    clean machine and another one where somebody has worked, each run of the tests has the steps below it built again, and
    `node_modules` or `dist` of that machine end up in the image in place of what the build has made.

    Add to `.dockerignore` what `.gitignore` names, in its own pattern language (`**/dist` for a directory at any depth).

    Named is what a file of the project says that it is written, `dist` where `tsconfig.json` or a bundler has it written
    there, `.pytest_cache` where pytest is used, whether it is there at the moment or not. Nothing is said where nothing below
    the COPY takes its time, of build output where no step of the image would make it, and of what another instruction
    names. Caches and reports alone are information; that the Dockerfile itself is taken, so that an edit of its last line
    has the sources compiled again, is said beside these, and alone under the profile `strict`.

    Where there is a `.dockerignore` and a git repository, the last commits that touch the build context are looked at,
    50 at most: where one in ten, and three or more, changed nothing of what is taken but files for people and services
    (`.github`, `README.md`, compose files), these are named as well, with the number. Only the log is read.
    """

    name = "cache/volatile-context"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY package.json package-lock.json ./
            RUN npm ci
            COPY . .
                 ^
            RUN npm run build
            """,
            "node_modules and dist are taken too where tools have written them",
            files={
                "package.json": '{"devDependencies": {"tsup": "8"}}',
                "package-lock.json": "{}",
                ".gitignore": "node_modules\n/dist/\n",
                ".dockerignore": ".git\n",
            },
        ),
        Example(
            """
            FROM python:3.13-slim
            COPY backend /srv
                 ^^^^^^^
            RUN python /srv/manage.py collectstatic
            """,
            "add `backend/.pytest_cache` to .dockerignore",
            files={
                "backend/pyproject.toml": "[tool.pytest.ini_options]\n",
                "backend/manage.py": "",
                ".gitignore": ".pytest_cache\n",
                ".dockerignore": ".git\n",
            },
        ),
        Example(
            """
            FROM golang:1.24
            WORKDIR /src
            COPY . .
                 ^
            RUN go build -o /server .
            CMD ["/server"]
            """,
            "Dockerfile itself is taken: an edit of what is below in it has line 4 built again",
            files={"go.mod": "module a", ".dockerignore": ".git\n"},
        ),
        Example(
            """
            FROM rust:1.90 AS build
            WORKDIR /src
            RUN --mount=type=bind,target=. --mount=type=cache,target=/out cargo build --release --target-dir /out
                ^^^^^^^^^^^^^^^^^^^^^^^^^^
            """,
            "has this step built again",
            files={"Cargo.toml": "[package]\n", ".gitignore": "/target\n", ".dockerignore": ".git\n"},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example(
            "FROM golang:1.24\nWORKDIR /a\nCOPY . .\nRUN go build ./...\nCMD a\n",
            files={"go.mod": "module a", ".dockerignore": "Dockerfile*\n"},
        ),
        Example(
            "FROM golang:1.24\nWORKDIR /a\nCOPY . .\nRUN go build ./... && test -f Dockerfile\n",
            files={"go.mod": "module a", ".dockerignore": ".git\n"},
        ),
        Example(
            "FROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\n",
            files={
                "package.json": '{"devDependencies": {"tsup": "8"}}',
                ".gitignore": "node_modules\ndist\n",
                ".dockerignore": "Dockerfile\nnode_modules\ndist\n",
            },
        ),
        Example(
            "FROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\n",
            files={"package.json": '{"devDependencies": {"tsup": "8"}}', ".dockerignore": "Dockerfile\na\n"},
        ),
        Example(
            "FROM nginx:1.29\nCOPY . /srv\nRUN chmod -R a+rX /srv\n",
            files={
                "package.json": '{"devDependencies": {"tsup": "8"}}',
                ".gitignore": "dist\n",
                ".dockerignore": "Dockerfile\na\n",
            },
        ),
        Example(
            "FROM node:22\nCOPY . /srv\nRUN node /srv/check.js\n",
            files={
                "package.json": '{"devDependencies": {"tsup": "8"}}',
                ".gitignore": "dist\n",
                ".dockerignore": "Dockerfile\na\n",
            },
        ),
        Example(
            "FROM node:22\nWORKDIR /a\nCOPY . .\nCOPY dist dist\nRUN npm ci && npm run build\n",
            files={
                "package.json": '{"devDependencies": {"tsup": "8"}}',
                ".gitignore": "dist\n",
                ".dockerignore": "Dockerfile\n**/node_modules\n",
            },
        ),
        Example(
            "FROM python:3.13\nCOPY . /srv\nRUN pip install /srv\n",
            files={
                "pyproject.toml": "[tool.ruff]\n",
                ".gitignore": "dist\nbuild\ntarget\n",
                ".dockerignore": "Dockerfile\na\n",
            },
        ),
        Example(
            "FROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm run build\n",
            files={
                "package.json": "{}",
                ".gitignore": "dist\nbuild\nout\n",
                ".dockerignore": "Dockerfile\nnode_modules\n",
            },
        ),
        Example(
            "FROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm run build\n",
            files={
                "vite.config.ts": "build: { outDir: 'www' }",
                ".gitignore": "dist\n",
                ".dockerignore": "Dockerfile\nwww\n",
            },
        ),
        Example(
            "FROM composer:2\nWORKDIR /a\nCOPY . .\nRUN composer install && php artisan optimize\n",
            files={
                "composer.json": "{}",
                "package.json": "{}",
                ".gitignore": "node_modules\n",
                ".dockerignore": "Dockerfile\nvendor\n",
            },
        ),
        Example(
            "FROM rust:1.90\nCOPY macros /src/macros\nRUN cargo build\n",
            files={
                "macros/Cargo.toml": "[package]\n",
                "Cargo.toml": "[workspace]\n",
                ".gitignore": "target\n",
                ".dockerignore": "Dockerfile\ntarget\n",
            },
        ),
        Example(
            "FROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\n",
            files={
                "package.json": '{"devDependencies": {"tsup": "8"}}',
                ".gitignore": "dist\n",
                ".dockerignore": "Dockerfile\nnode_modules\n**/dist\n!dist\n",
            },
        ),
        Example(
            "FROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\n",
            files={"package.json": "{}", ".gitignore": "node_modules\n", "index.js": ""},
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask what the build takes of its context."""
        for volatile in models.context_use.volatile():
            yield self._finding(volatile, models.context_use)

    def _finding(self, volatile: VolatileContext, context: ContextModel) -> Finding:
        ignore_name = context.ignore_name
        again = volatile.rebuilt
        line = f"line {again.line}" if again is not volatile.step else "this step"
        said = []
        if volatile.written:
            one = len(volatile.written) == 1
            names = f".gitignore names {'it' if one else 'them'}"
            unlike = f"{names}, {ignore_name} does not" if ignore_name else f"{names}, and there is no .dockerignore"
            said.append(
                f"{enumerated(volatile.written)} {'is' if one else 'are'} taken too where tools have written "
                f"{'it' if one else 'them'} ({unlike}): each change there has {line} built again"
            )
        evidence: dict[str, JsonValue] = {
            "written": [*volatile.written],
            "unneeded": [*volatile.unneeded],
            "own": volatile.own,
            "rebuilt_line": again.line,
        }
        if volatile.commits is not None:
            saved, commits = volatile.commits
            evidence |= {"commits": commits, "commits_for_nothing": saved}
            said.append(
                f"{saved} of the last {commits} commits changed nothing of it but {enumerated(volatile.unneeded)}, and would "
                f"have had {line} built again"
            )
        alone = not said
        if alone:
            said.append(f"{volatile.own} itself is taken: an edit of what is below in it has {line} built again")
        own = (volatile.own,) if volatile.own else ()
        patterns = " ".join(f"`{path}`" for path in (*volatile.written, *volatile.unneeded, *own))
        return self.finding(
            volatile.source,
            "; ".join(said),
            help=f"add {patterns} to {ignore_name}" if ignore_name else f"write {context.ignore_place} with {patterns}",
            severity=None if volatile.harmful or volatile.unneeded else Severity.INFO,
            profile=Profile.STRICT if alone else None,
            related=(Related.at(again.instruction.keyword_token, "built again"),) if again is not volatile.step else (),
            evidence=evidence,
        )
