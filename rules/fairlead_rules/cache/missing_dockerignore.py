"""A whole build context that is copied without a .dockerignore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Rule, Severity


class MissingDockerignore(Rule):
    """The whole build context is copied, and no `.dockerignore` keeps out what tools write into it.

    `COPY . .` takes every file of the directory. `.git` changes with each commit, fetch and even with `git status`, so
    that the COPY and all steps below it are built again although no source has changed; and it puts the history of the
    project into the image. `node_modules` and virtual environments of the machine that builds overwrite those that the
    build has just installed, with programs for another system.

    Put a `.dockerignore` beside the Dockerfile:

        .git
        **/node_modules
        **/__pycache__

    or name what the image needs, `COPY src src`.

    The directory of the Dockerfile, or the one above it that has all its sources, is taken for the build context. Named is what is there, and `node_modules` where
    there is a `package.json` and its dependencies are installed in the same stage. Nothing is said of `.git` where a
    step or a build file reads the version from it. `__pycache__` alone, and a Dockerfile below a directory of tests, of
    examples or of the code of others, are for information.
    """

    name = "cache/missing-dockerignore"
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
            """,
            "would replace what line 4 installs",
            files={"package.json": "{}", "package-lock.json": "{}", "index.js": ""},
        ),
        Example(
            """
            FROM node:22-slim
            COPY . .
                 ^
            RUN npm install
            """,
            "a node_modules that lies there is taken too",
            files={"package.json": "{}", "index.js": ""},
        ),
        Example(
            """
            FROM node:22-slim
            WORKDIR /deps
            COPY package.json package-lock.json ./
            RUN npm ci
            COPY . /srv
                 ^
            """,
            "there is no .dockerignore: a node_modules that lies there is taken too",
            files={"package.json": "{}", "package-lock.json": "{}", "index.js": ""},
        ),
        Example(
            """
            FROM python:3.13-slim
            ADD ./ /srv
                ^^
            RUN python -m compileall /srv
            """,
            ".git",
            files={".git/HEAD": "ref: refs/heads/main\n", "app.py": ""},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM python:3.13\nCOPY . /srv\n", files={"app.py": ""}),
        Example("FROM python:3.13\nCOPY app.py /srv/\n", files={"app.py": "", ".git/HEAD": "x"}),
        Example("FROM python:3.13\nCOPY . /srv\n", files={".dockerignore": ".git\n", ".git/HEAD": "x"}),
        Example("FROM node:22\nCOPY . .\nRUN node index.js\n", files={"package.json": "{}"}),
        Example("FROM python:3.13\nCOPY . /srv\nRUN git -C /srv describe > /version\n", files={".git/HEAD": "x"}),
        Example(
            "FROM python:3.13\nCOPY . /srv\n",
            files={".git/HEAD": "x", "pyproject.toml": '[build-system]\nrequires = ["setuptools-scm"]\n'},
        ),
        Example("FROM a AS b\nFROM python:3.13\nCOPY --from=b . /srv\n", files={".git/HEAD": "x"}),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask what the build takes of its context."""
        found = models.context_use.whole_context()
        if found is None:
            return
        said = []
        there = [name for name in found.taken if name not in found.expected]
        if there:
            said.append(f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} taken too")
        if "node_modules" in found.taken and found.install_line is not None:
            said.append(f"a node_modules that lies there would replace what line {found.install_line} installs")
        elif "node_modules" in found.expected:
            said.append(
                "so is a node_modules that lies there" if there else "a node_modules that lies there is taken too"
            )
        little = all(name.rpartition("/")[2] == "__pycache__" for name in found.taken)
        yield self.finding(
            found.source.token,
            f"the whole build context is copied and there is no .dockerignore: {', and '.join(said)}",
            help=f"write {models.context_use.ignore_place} with {' '.join(found.taken)}, or copy only what the image needs",
            # what Python would write anew is a few kB
            severity=Severity.INFO if little else None,
            evidence={"taken": list(found.taken), "expected": list(found.expected)},
        )
