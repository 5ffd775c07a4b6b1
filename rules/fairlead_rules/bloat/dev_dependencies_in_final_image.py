"""Development dependencies in the image that ships."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fairlead import DevelopmentInstall, Example, Finding, Models, Profile, Related, Rule, Severity, is_light


class DevDependenciesInFinalImage(Rule):
    """Development dependencies are installed in the image that ships.

    Test runners, linters, type definitions and bundlers are often larger than what the application needs, and each has
    its own security reports.

    A prune in a later RUN frees nothing: the layer of the install holds the files.

    Leave them out: `npm ci --omit=dev`, `yarn install --production`, `pnpm install --prod`, `uv sync --no-dev`, `poetry install
    --only main`, `composer install --no-dev`, `ENV BUNDLE_WITHOUT=development:test`. What is needed to build the project belongs
    into a build stage, from which the result is copied.

    `ENV NODE_ENV=production` above the install does it for npm, Yarn 1 and pnpm up to 9; Yarn 4, pnpm 10 and bun do not look
    at it.
    Bundler's deployment mode leaves no group out.

    Nothing is said where the manifest of the build context has no such dependencies, where the container starts a server
    for development, a test or one of these dependencies, of stages and files for development and tests, and where a later
    command takes them out again. It is information, in the profile `strict`, where the manifest or the script that the
    container starts is not known, where the base image may set such a variable, and where a Compose file lays the project
    over the image to work on it. Type definitions alone, and the like of `nodemon`, are information, too.
    """

    name = "bloat/dev-dependencies-in-final-image"
    deployed_only = True
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
            "the image ships with devDependencies (eslint, jest)",
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
            FROM node:22-slim
            WORKDIR /app
            COPY . .
            RUN npm ci
                ^^^^^^
            RUN npm run build
            RUN npm prune --omit=dev
            CMD ["node", "dist/server.js"]
            """,
            "in another RUN, frees nothing",
            {"package.json": '{"devDependencies": {"vite": "7"}}'},
        ),
        Example(
            """
            FROM oven/bun:1.3
            WORKDIR /app
            ENV NODE_ENV=production
            COPY . .
            RUN bun install --frozen-lockfile
                ^^^^^^^^^^^
            CMD ["bun", "server.ts"]
            """,
            "bun does not look at NODE_ENV",
            {"package.json": '{"devDependencies": {"eslint": "9"}}'},
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
            "the packages of require-dev (phpunit/phpunit)",
            {"composer.json": '{"require-dev": {"phpunit/phpunit": "^12"}}'},
        ),
        Example(
            """
            FROM node:22 AS build
            WORKDIR /app
            COPY . .
            RUN npm ci && npm run build
            FROM node:22-slim
            WORKDIR /app
            COPY --from=build /app/dist ./dist
            COPY --from=build /app/node_modules ./node_modules
                              ^^^^^^^^^^^^^^^^^
            CMD ["node", "dist/server.js"]
            """,
            "with this copy",
            {"package.json": '{"devDependencies": {"typescript": "5", "vite": "7"}}'},
        ),
    )
    good: ClassVar[tuple[Example, ...]] = (
        Example('FROM node:22\nCOPY . .\nRUN npm ci --omit=dev\nCMD ["node", "a.js"]\n'),
        Example(
            'FROM node:22\nENV NODE_ENV=production\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n',
            files={"package.json": '{"devDependencies": {"vite": "7"}}'},
        ),
        Example(
            'FROM oven/bun:1.3\nENV NODE_ENV=production\nCOPY . .\nRUN bun install --omit=dev\nCMD ["bun", "a.ts"]\n',
            files={"package.json": '{"devDependencies": {"vite": "7"}}'},
        ),
        Example('FROM node:22\nCOPY . .\nRUN npm ci && npm run build && npm prune --omit=dev\nCMD ["node", "a.js"]\n'),
        Example('FROM node:22\nCOPY . .\nRUN npm ci\nCMD ["npm", "run", "dev"]\n'),
        Example('FROM node:22\nCOPY . .\nRUN pnpm i\nCMD ["pnpm", "--filter", "web", "run", "dev"]\n'),
        Example(
            "FROM php:8.4-cli\nCOPY . .\nRUN composer install\n",
            files={"composer.json": '{"require-dev": {"a/b": "1"}}'},
        ),
        Example(
            "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && npm prune --omit=dev\nFROM node:22\n"
            'COPY --from=build /app /app\nCMD ["node", "/app/a.js"]\n',
            files={"package.json": '{"devDependencies": {"vite": "7"}}'},
        ),
        Example(
            "FROM node:22 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\nFROM node:22\n"
            'COPY --from=build /app/dist /app\nCMD ["node", "/app/a.js"]\n',
            files={"package.json": '{"devDependencies": {"vite": "7"}}'},
        ),
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
        related = [Related.at(again.token, "the same") for again in install.again]
        manager = install.operation.manager.name
        light = bool(install.names) and all(is_light(manager, name) for name in install.names)
        if install.copied:
            related.append(Related.at(install.operation.token, "installs them"))
        if install.build is not None:
            related.append(Related.at(install.build, "builds with them"))
        if install.pruned is not None:
            related.append(Related.at(install.pruned, "prunes them, too late"))
        return self.finding(
            install.token,
            _message(install),
            help=_advice(install),
            related=tuple(related),
            evidence={"packages": list(install.names), "manager": manager},
            severity=None if install.certain and not light else Severity.INFO,
            profile=None if install.certain else Profile.STRICT,
        )


def _message(install: DevelopmentInstall) -> str:
    count = len(install.names)
    # type definitions say the least of what is there
    names = sorted(install.names, key=lambda name: name.startswith("@types/"))
    shown = ", ".join(names[:3]) + (f" and {count - 3} more" if count > 3 else "")
    named = f" ({shown})" if shown else ""
    if install.pruned is not None:
        line = install.pruned.start.line
        return f"the layer keeps {install.what}{named}: to prune in line {line}, in another RUN, frees nothing"
    if install.certain:
        by = ", with this copy" if install.copied else ""
        note = f"; {install.note}" if install.note else ""
        return f"the image ships with {install.what}{named}{by}{note}"
    if not named and not install.worked_over and install.operation.manager.name != "pip":
        return f"`{install.operation.token.text}` brings {install.what} along, if the project has any"
    if install.worked_over:
        return f"the image ships with {install.what}{named}; a Compose file lays the project over it, to work on"
    if install.base:
        return f"the image ships with {install.what}{named}, unless {install.base} sets a variable that leaves them out"
    return f"the image ships with {install.what}{named}, unless the script that it starts needs that"


def _advice(install: DevelopmentInstall) -> str:
    if install.pruned is not None:
        return "install, build and prune in one RUN, or build in another stage and copy the result"
    if install.copied:
        return f"copy from a stage that installs with {install.advice}"
    if install.build is not None:
        return f"build in another stage, and copy the result to one that installs with {install.advice}"
    return install.advice if install.advice.startswith("leave out") else f"install with {install.advice}"
