"""Development dependencies in the image that ships."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import DevelopmentInstall, Example, Finding, Models, Profile, Related, Rule, Severity


class DevDependenciesInFinalImage(Rule):
    """Development dependencies are installed in the image that ships.

    Test runners, linters, type definitions and bundlers are often larger than what the application needs, and each has
    its own security reports.

    Leave them out: `npm ci --omit=dev`, `yarn install --production`, `pnpm install --prod`, `uv sync --no-dev`, `poetry install
    --only main`, `composer install --no-dev`, `ENV BUNDLE_WITHOUT=development:test`. What is needed to build the project belongs
    into a build stage, from which the result is copied.

    `ENV NODE_ENV=production` above the install does it for npm, Yarn 1 and pnpm up to 9; Yarn 2 and pnpm 10 do not look at it.
    Bundler's deployment mode leaves no group out.

    Nothing is said where the manifest of the build context has no such dependencies, where the container starts a server
    for development, a test or one of these dependencies, of stages and files for development and tests, and where a later
    command takes them out again. A project that is cloned in the build is information in the profile `strict`.
    """

    name = "bloat/dev-dependencies-in-final-image"
    bad: ClassVar[tuple[Example, ...]] = (
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            COPY . .
            RUN npm ci
                ^^^^^^
            CMD ["node", "server.js"]
            """,
            "devDependencies (eslint, jest)",
            {"package.json": '{"devDependencies": {"eslint": "9", "jest": "30"}}'},
        ),
        Example(
            """
            FROM node:22-slim
            WORKDIR /app
            ENV NODE_ENV=production
            COPY . .
            RUN pnpm install --frozen-lockfile
                ^^^^^^^^^^^^
            CMD ["node", "server.js"]
            """,
            "pnpm 10 does not look at NODE_ENV",
            {"package.json": '{"packageManager": "pnpm@10.1.0", "devDependencies": {"eslint": "9"}}'},
        ),
        Example(
            """
            FROM python:3.13-slim
            RUN pip install --no-cache-dir -r requirements.txt -r requirements-dev.txt
                                                                  ^^^^^^^^^^^^^^^^^^^^
            CMD ["python", "-m", "app"]
            """,
            "requirements-dev.txt",
        ),
        Example(
            """
            FROM php:8.4-fpm
            COPY . /app
            RUN composer install --working-dir /app
                ^^^^^^^^^^^^^^^^
            """,
            "--no-dev",
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example('FROM node:22\nCOPY . .\nRUN npm ci --omit=dev\nCMD ["node", "a.js"]\n'),
        Example('FROM node:22\nENV NODE_ENV=production\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n'),
        Example('FROM node:22\nCOPY . .\nRUN npm ci && npm run build && npm prune --omit=dev\nCMD ["node", "a.js"]\n'),
        Example('FROM node:22\nCOPY . .\nRUN npm ci\nCMD ["npm", "run", "dev"]\n'),
        Example(
            'FROM node:22\nCOPY . .\nRUN npm ci\nCMD ["npm", "start"]\n',
            files={"package.json": '{"scripts": {"start": "nodemon a"}}'},
        ),
        Example(
            'FROM node:22\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n', files={"package.json": '{"dependencies": {}}'}
        ),
        Example("FROM node:22 AS build\nRUN npm ci\nFROM nginx:1.29\nCOPY --from=build /dist /srv\n"),
        Example('FROM node:22 AS test\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n'),
        Example('FROM python:3.13\nCOPY . .\nRUN uv sync --locked --no-dev\nCMD ["python", "a.py"]\n'),
        Example(
            'FROM python:3.13\nCOPY . /a\nWORKDIR /a\nRUN uv sync\nCMD ["python", "a.py"]\n',
            files={"pyproject.toml": "[project]\n"},
        ),
        Example('FROM python:3.13\nCOPY . .\nRUN poetry install --only main\nCMD ["python", "a.py"]\n'),
        Example('FROM python:3.13\nRUN pip install -r requirements-dev.txt\nCMD ["pytest"]\n'),
        Example(
            'FROM ruby:3.4\nCOPY . .\nENV RAILS_ENV=production BUNDLE_WITHOUT=development\nRUN bundle install\nCMD ["rails", "s"]\n'
        ),
        Example("FROM php:8.4-fpm\nCOPY . .\nENV COMPOSER_NO_DEV=1\nRUN composer install\n"),
    )

    def check(self, models: Models) -> Iterator[Finding]:
        """Ask the model of what is too much."""
        for install in models.surplus.development():
            yield self._finding(install)

    def _finding(self, install: DevelopmentInstall) -> Finding:
        count = len(install.names)
        shown = ", ".join(install.names[:3]) + (f" and {count - 3} more" if count > 3 else "")
        named = f" ({shown})" if shown else ""
        note = f"; {install.note}" if install.note else ""
        advice = install.advice
        related: tuple[Related, ...] = ()
        if install.build is not None:
            advice = f"build in another stage, and copy the result to one that installs with {advice}"
            related = (Related.at(install.build, "builds with them"),)
        return self.finding(
            install.token,
            f"{install.what}{named} are in the image that ships{note}",
            help=advice,
            related=related,
            evidence={"packages": list(install.names), "manager": install.operation.manager.name},
            severity=Severity.INFO if install.foreign else None,
            profile=Profile.STRICT if install.foreign else None,
        )
