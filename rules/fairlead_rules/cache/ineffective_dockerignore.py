"""Lines of a .dockerignore that let through what they name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Rule, UselessPattern


class IneffectiveDockerignore(Rule):
    """A line of `.dockerignore` does not do what it is there for, and a COPY takes what it was to keep out.

    The patterns are not those of `.gitignore`:

    - One without `**/` is matched at the top of the context only: `__pycache__` and `*.pyc` leave out nothing of
      `app/__pycache__`. Write `**/__pycache__`.
    - The last line that matches counts: an exception `!keep.env` above `*.env` has no effect. Put it below.
    - An exception brings back all that lies in its directory: behind `*` and `!src`, `src/node_modules` is sent. Add
      `**/node_modules` below it.
    - A `#` begins a comment at the start of a line only: `dist # output` is a pattern with blanks, which matches nothing.

    What comes through has the COPY and the steps below it built again whenever a tool writes it, and ends up in the
    image. The same goes for `.git`, when there is a `.dockerignore` that does not name it.

    The directory of the Dockerfile, or the one above it that has all its sources, is taken for the build context. Named are secrets that are there, `__pycache__`
    beside Python files and `node_modules` beside a `package.json`, which tools write as soon as the project is used;
    nothing is said where no COPY of a directory takes them, or where another line leaves them out.
    """

    name = "cache/ineffective-dockerignore"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim
            COPY . /srv
                 ^
            RUN python -m compileall /srv
            """,
            "line 2 of .dockerignore (`__pycache__`) matches at the top of the build context only: app/__pycache__",
            files={".dockerignore": ".git\n__pycache__\n", "app/main.py": ""},
        ),
        Example(
            """
            FROM node:22-slim
            COPY packages /app/packages
                 ^^^^^^^^
            """,
            "`**/node_modules`",
            files={
                ".dockerignore": "node_modules/\n",
                "packages/a/package.json": '{"dependencies": {"b": "1"}}',
                "packages/a/a.js": "",
            },
        ),
        Example(
            """
            FROM python:3.13-slim
            COPY . /srv
                 ^
            """,
            "line 1 of .dockerignore (`!keep.env`) has no effect: line 2 (`*.env`) leaves keep.env out again",
            files={".dockerignore": "!keep.env\n*.env\n", "keep.env": "A=1", "main.py": ""},
        ),
        Example(
            """
            FROM nginx:1.29
            COPY . /usr/share/nginx/html
                 ^
            """,
            "the comment behind it is part of the pattern",
            files={".dockerignore": "drafts # not yet\n", "drafts/a.html": "", "index.html": ""},
        ),
        Example(
            """
            FROM nginx:1.29
            COPY . /usr/share/nginx/html
                 ^
            """,
            ".git is copied",
            files={
                ".dockerignore": "drafts\n",
                ".git/HEAD": "ref: x\n",
                "index.html": "",
                "scripts/release.py": "run(['git', 'log', '-1'])\n",
                "app.go": "// set by git describe --tags\n",
            },
        ),
        Example(
            """
            FROM node:22-slim
            COPY . /app
                 ^
            """,
            "line 2 of .dockerignore (`!/src/`) brings back all of src: src/node_modules comes through",
            files={".dockerignore": "*\n!/src/\n", "src/node_modules/a/index.js": "", "src/main.js": ""},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM a\nCOPY . /srv\n", files={".dockerignore": "**/__pycache__\n*.pyc\n", "app/main.py": ""}),
        Example("FROM a\nCOPY . /srv\n", files={".dockerignore": "__pycache__\n", "main.py": ""}),
        Example("FROM a\nCOPY . /srv\n", files={".dockerignore": "__pycache__\napp/\n", "app/main.py": ""}),
        Example("FROM a\nCOPY main.py /srv/\n", files={".dockerignore": "*.pyc\n", "app/main.py": "", "main.py": ""}),
        Example("FROM a\nCOPY . /srv\n", files={".dockerignore": "*.env\n!keep.env\n", "keep.env": ""}),
        Example("FROM a\nCOPY . /srv\n", files={".dockerignore": "# drafts\n*.log\n", "drafts/a": "", "b/c.log": ""}),
        Example("FROM a\nCOPY . /s\nRUN git log -1 > /s/v\n", files={".dockerignore": "b\n", ".git/HEAD": ""}),
        Example("FROM a\nCOPY . /srv\n", files={"app/main.py": ""}),
        Example(
            "FROM a\nCOPY . /s\n", files={".dockerignore": "node_modules\n", "test/a/package.json": '{"name": "a"}'}
        ),
        Example("FROM a\nCOPY . /s\n", files={".dockerignore": ".git/objects/*\n", ".git/HEAD": "", "src/a": ""}),
        Example(
            "FROM golang:1.24\nCOPY . /s\nRUN make -C /s\n",
            files={
                ".dockerignore": "bin\n",
                ".git/HEAD": "",
                "Makefile": "VERSION := $(shell ./scripts/git-version)\n",
            },
        ),
        Example("FROM a\nCOPY . /s\n", files={".dockerignore": "/node_modules\n", "extra/package.json": "{}"}),
        Example("FROM a\nCOPY . /s\n", files={".dockerignore": "*\n!.git\n!src\n", ".git/HEAD": "", "src/a": ""}),
        Example(
            "FROM rust:1.90\nCOPY . /s\nRUN cargo build\n",
            files={".dockerignore": "target\n", ".git/HEAD": "", "build.rs": 'Command::new("git")'},
        ),
        Example(
            "FROM nim:2\nCOPY . /s\nRUN nimble build\n",
            files={
                ".dockerignore": "tests\n",
                ".git/HEAD": "",
                "src/about.nim": 'const hash = staticExec("git show -s --format=%h")\n',
            },
        ),
        Example(
            "FROM node:22\nCOPY . /s\n",
            files={
                ".dockerignore": "tests\n",
                ".git/HEAD": "",
                "build/version.js": "const git = (command) => execSync(`git ${command}`)\n",
            },
        ),
        Example("FROM a\nCOPY . /srv\n", files={".dockerignore": "*\n!app\n**/__pycache__\n", "app/main.py": ""}),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask what the build takes of its context, and say it once for each line."""
        context = models.context
        for useless in models.context_use.useless_patterns():
            name = context.ignore_name if context is not None else ".dockerignore"
            yield self._finding(useless, name)

    def _finding(self, useless: UselessPattern, name: str) -> Finding:
        pattern = useless.pattern
        if pattern is None:
            message = f".git is copied, for no line of {name} leaves it out: each commit and fetch changes this step"
            advice = f"add `.git` to {name}"
        else:
            message = f"line {pattern.line} of {name} (`{pattern.text}`) "
            if useless.by is not None:
                by = useless.by
                message += f"has no effect: line {by.line} (`{by.text}`) leaves {useless.path} out again"
                advice = "move it below that line: the last pattern that matches counts"
            elif useless.kind == "brought":
                message += f"brings back all of {pattern.cleaned}: {useless.path} comes through"
                advice = f"add `**/{useless.path.rpartition('/')[2]}` below that line"
            elif useless.kind == "comment":
                message += (
                    f"matches nothing, since the comment behind it is part of the pattern: {useless.path} is copied"
                )
                advice = "put the comment on a line of its own"
            else:
                message += f"matches at the top of the build context only: {useless.path} comes through"
                advice = f"write `**/{pattern.cleaned}`"
        return self.finding(
            useless.source.token,
            message,
            help=advice,
            evidence={"kind": useless.kind, "path": useless.path, "line": pattern.line if pattern else None},
        )
