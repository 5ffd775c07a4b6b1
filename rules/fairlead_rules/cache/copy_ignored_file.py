"""Sources that .dockerignore keeps from the builder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, IgnoredSource, Models, Rule


class CopyIgnoredFile(Rule):
    """A COPY or ADD names a file that `.dockerignore` leaves out of the build context: the build fails there.

    The builder never sees what the patterns leave out, so it says that the file is not there, which puzzles whoever looks
    at the directory. Patterns are not those of `.gitignore`: `*` does not cross a slash, the last pattern that matches
    counts, and `!name` brings a file back even when the directory above it is left out.

    Take the pattern out, or bring the file back with an exception below it: `!config/app.env`.

    The directory of the Dockerfile, or the one above it that has all its sources, is taken for the build context, with `NAME.dockerignore` beside the Dockerfile or
    `.dockerignore` in it. Nothing is said of files that are not there, of patterns, and of directories of which only
    some files are left out.
    """

    name = "cache/copy-ignored-file"
    aliases = ("CopyIgnoredFile",)
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim
            COPY app.env requirements.txt /app/
                 ^^^^^^^
            """,
            "line 2 of .dockerignore (`*.env`) leaves app.env out of the build context: the build fails here",
            files={".dockerignore": ".git\n*.env\n", "app.env": "A=1", "requirements.txt": ""},
        ),
        Example(
            """
            FROM node:22-slim
            COPY ./dist/ /srv
                 ^^^^^^^
            """,
            "!dist",
            files={".dockerignore": "dist\n", "dist/main.js": ""},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM debian:12\nCOPY app.env /app/\n", files={".dockerignore": "*.env\n!app.env\n", "app.env": ""}),
        Example("FROM debian:12\nCOPY . /app\n", files={".dockerignore": "*\n!src/\n", "src/a": "", "b": ""}),
        Example("FROM debian:12\nCOPY src /app\n", files={".dockerignore": "*\n!src/a\n", "src/a": "", "src/b": ""}),
        Example("FROM debian:12\nCOPY *.env /app/\n", files={".dockerignore": "*.env\n", "app.env": ""}),
        Example("FROM debian:12\nCOPY app.env /app/\n", files={".dockerignore": "*.env\n"}),
        Example(
            "FROM a AS b\nFROM debian:12\nCOPY --from=b app.env /\n", files={".dockerignore": "*.env\n", "app.env": ""}
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the cache model, which knows the build context."""
        for ignored in models.cache.ignored_sources():
            yield self._finding(ignored)

    def _finding(self, ignored: IgnoredSource) -> Finding:
        pattern = ignored.pattern
        return self.finding(
            ignored.source.token,
            f"line {pattern.line} of {ignored.ignore_name} (`{pattern.text}`) leaves {ignored.path} out of the build "
            "context: the build fails here",
            help=f"add `!{ignored.path}` below that line, or take the pattern out",
            evidence={"path": ignored.path, "pattern": pattern.text, "line": pattern.line},
        )
