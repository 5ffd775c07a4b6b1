"""Large files of the build context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, LargeFile, Models, Rule, Severity, readable_bytes


class LargeFileCopied(Rule):
    """A single file of 50 MB and more is copied into the image.

    A database dump, a video, an archive or a build of last year that lies in the project comes along with `COPY . .`, and
    everyone who pulls the image pulls it. Where it is needed, a layer of its own below everything that changes more often
    keeps it from being stored again with each build.

    List it in `.dockerignore`, mount it when the container runs, or copy it by its name above the sources. A file that
    the COPY names itself, or whose directory it names, is meant to be there: it is information only, as is every file in
    images that are there to develop, test and build with.

    Nothing is said of stages whose layers are not in the final image.
    """

    name = "bloat/large-file-copied"
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim
            COPY . /app
                 ^
            """,
            "60.0 MB",
            files={"dump.sql": 60_000_000, "app.py": ""},
        ),
        Example(
            """
            FROM python:3.13-slim
            COPY model.bin /models/
                 ^^^^^^^^^
            """,
            "/models/model.bin",
            files={"model.bin": 50_000_000},
        ),
        Example(
            """
            FROM postgres:17
            COPY init/ /docker-entrypoint-initdb.d/
                 ^^^^^
            """,
            "keep this COPY above what changes more often",
            files={"init/seed.sql.gz": 80_000_000},
        ),
        Example(
            """
            FROM python:3.13-slim
            WORKDIR /app
            COPY . .
                 ^
            CMD ["uvicorn", "app:app"]
            """,
            "/app/weights/best.pt",
            files={"weights/best.pt": 60_000_000, "app.py": "x"},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM python:3.13\nCOPY . /app\n", files={"dump.sql": 4_000}),
        Example("FROM a AS b\nCOPY . /app\nFROM c\nCOPY --from=b /app/x /x\n", files={"dump.sql": 50_000_000}),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask what the image holds of the build context."""
        for file in models.layers.content.large_files():
            yield self._finding(file, for_developers=models.purpose.for_developers)

    def _finding(self, file: LargeFile, *, for_developers: bool) -> Finding:
        if not file.along:
            advice = "keep this COPY above what changes more often, or mount the file when the container runs"
        elif file.is_model:
            advice = "copy it by its name in a layer of its own, above what changes more often, or mount it at run time"
        else:
            advice = f"list `{file.source}` in .dockerignore, or copy it by its name in a layer of its own"
        return self.finding(
            file.token,
            f"this puts a file of {readable_bytes(file.bytes)} into the image: {file.path}",
            help=advice,
            evidence={"path": file.path, "bytes": file.bytes},
            severity=None if file.along and not for_developers else Severity.INFO,
        )
