"""What developers have in their directory and no image needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import Example, Finding, Models, Noise, Rule, Severity, readable_bytes

_WORTH_IT = 5_000_000


class ContextNoiseCopied(Rule):
    """A COPY of a directory takes what only developers need: tests, documentation, caches, installed dependencies.

    `COPY . .` takes what lies there: `node_modules` and virtual environments that the build installs itself, caches of
    tools, coverage reports, the data of tests, the project's documentation. It makes the image larger, and each change of
    it builds the COPY and all steps below it again.

    Leave it out by `.dockerignore` (`**/node_modules`, `tests`), with `COPY --exclude=tests . /app`, or copy only what the
    image needs: `COPY src /app/src`.

    The bytes are those of the files that are there now, as `.dockerignore` leaves them. Below 5 MB it is information,
    and tests and documentation are named from 1 MB on, where no instruction speaks of their directory. Installed
    dependencies count where the same stage installs them; `.git` is for `version-control-in-image`, and what a rule about
    `.dockerignore` names at the same COPY is not said twice. Only the final image counts, and nothing is said of one that
    is by its name for developers or tests (`dev.Dockerfile`, `FROM base AS test`).
    """

    name = "bloat/context-noise-copied"
    aliases = ("S6470",)
    deployed_only = True
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM python:3.13-slim
            COPY . /app
                 ^
            """,
            "tests (1.50 MB)",
            files={"tests/data/big.json": 1_500_000, "app.py": "", "docs/a.gif": 70_000, ".dockerignore": ".git\n"},
        ),
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            RUN npm install -g serve
            COPY web web
                 ^^^
            """,
            "web/node_modules (2.00 MB), web/coverage (1 byte)",
            files={"web/node_modules/a/a.js": 2_000_000, "web/coverage/x.html": "x", "web/index.js": ""},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example("FROM python:3.13\nCOPY . /app\n", files={"tests/a.py": "x", "app.py": ""}),
        Example("FROM python:3.13\nCOPY . /app\n", files={"tests/a": 2_000_000, ".dockerignore": "tests\n"}),
        Example("FROM python:3.13\nCOPY tests /app\n", files={"tests/a": 2_000_000}),
        Example("FROM python:3.13\nCOPY . /app\nRUN rm -r /app/tests\n", files={"tests/a": 2_000_000}),
        Example("FROM python:3.13\nCOPY . /app\nRUN pip install /app/tests/plugin\n", files={"tests/a": 2_000_000}),
        Example("FROM python:3.13\nCOPY . /app\nRUN mkdocs build -d /app/docs\n", files={"docs/a": 2_000_000}),
        Example("FROM python:3.13\nCOPY site /app\n", files={"site/docs/a": 2_000_000}),
        Example("FROM python:3.13 AS dev\nCOPY . /app\n", files={"tests/a": 2_000_000}),
        Example("FROM python:3.13 AS app\nFROM app AS api-tests\nCOPY . /app\n", files={"tests/a": 2_000_000}),
        Example("FROM public.ecr.aws/lambda/nodejs:22\nCOPY . .\n", files={"node_modules/a.js": 2_000_000}),
        Example(
            "FROM python:3.13 AS b\nCOPY . /a\nRUN make\nFROM scratch\nCOPY --from=b /o /o\n",
            files={"tests/a": 2_000_000},
        ),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask what the image holds of the build context."""
        for noise in models.layers.content.noise():
            yield self._finding(noise)

    def _finding(self, noise: Noise) -> Finding:
        shown = ", ".join(f"{part} ({readable_bytes(size)})" for part, size in noise.parts[:3])
        patterns = " and ".join(f"`{pattern}`" for pattern in noise.patterns[:3])
        more = f" and {len(noise.parts) - 3} more" if len(noise.parts) > 3 else ""
        return self.finding(
            noise.token,
            f"{readable_bytes(noise.bytes)} that only developers need are copied into the image: {shown}{more}",
            help=f"list {patterns} in .dockerignore, or copy only what the image needs",
            evidence={"bytes": noise.bytes, "paths": [part for part, _ in noise.parts[:20]]},
            severity=Severity.INFO if noise.bytes < _WORTH_IT else None,
        )
