"""How package managers leave out what only development needs, and what tells that an image is for development.

Sources: the command line references of npm 11, Yarn 1 and 4, pnpm 10, bun 1.3, Poetry 2, uv 0.9, pipenv, Bundler 4 and Composer
2. Tried with npm 11, Yarn 1.22, pnpm 8.15, 9.15 and 10.34, bun 1.0, 1.1, 1.2, 1.3 and 1.4, uv 0.13, each with a project of one
dependency and one devDependency: `NODE_ENV=production` is heeded by npm, Yarn 1 and pnpm up to 9, and not by Yarn 4, pnpm 10
and bun; `npm_config_production` by npm, Yarn 1 and pnpm; `npm_config_only` by npm and pnpm; `npm_config_omit` by npm alone.
Bundler's deployment mode freezes the lockfile and leaves no group out (bundle-config(1)).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_YES = re.compile(r"(?!(?:0|false|no|off|)$).*", re.IGNORECASE)
_DEV = re.compile(r"(?:.*[\s,:])?(?:dev|develop|development)(?:[\s,:].*)?")
_PRODUCTION = re.compile(r"production")


@dataclass(frozen=True)
class LeftOut:
    """How a package manager is told to leave development dependencies out.

    Attributes:
        what: what it installs else, in words.
        advice: what to write.
        flags: options that leave them out; one with a value of false does not.
        values: options whose value decides.
        variables: environment variables whose value decides.
    """

    what: str
    advice: str
    flags: frozenset[str] = frozenset()
    values: dict[str, re.Pattern[str]] = field(default_factory=dict)
    variables: dict[str, re.Pattern[str]] = field(default_factory=dict)


def _flags(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ANY = re.compile(r".*", re.DOTALL)
_ONLY = re.compile(r"prod(?:uction)?")
_NPM_VARIABLES = {
    "NODE_ENV": _PRODUCTION,
    "npm_config_omit": _DEV, "NPM_CONFIG_OMIT": _DEV,
    "npm_config_production": _YES, "NPM_CONFIG_PRODUCTION": _YES,
    "npm_config_only": _ONLY, "NPM_CONFIG_ONLY": _ONLY,
}  # fmt: skip
_PNPM_VARIABLES = {name: value for name, value in _NPM_VARIABLES.items() if "omit" not in name.lower()}
_YARN_VARIABLES = {
    "NODE_ENV": _PRODUCTION, "npm_config_production": _YES, "NPM_CONFIG_PRODUCTION": _YES, "YARN_PRODUCTION": _YES,
}  # fmt: skip

LEFT_OUT: dict[str, LeftOut] = {
    "npm": LeftOut(
        "devDependencies", "--omit=dev",
        _flags("--production --prod --global -g --no-dev --package-lock-only"),
        {"--omit": _DEV, "--only": _ONLY}, _NPM_VARIABLES,
    ),
    "yarn": LeftOut(
        "devDependencies", "--production (Yarn 1) or `yarn workspaces focus --production` (Yarn 2 and later)",
        _flags("--production --prod --global"), {"--mode": re.compile("update-lockfile")}, _YARN_VARIABLES,
    ),
    "pnpm": LeftOut(
        "devDependencies", "--prod", _flags("--prod --production -P -g --global --lockfile-only"), {}, _PNPM_VARIABLES,
    ),
    "bun": LeftOut(
        "devDependencies", "--production", _flags("--production -p -g --global"), {"--omit": _DEV},
    ),
    "poetry": LeftOut(
        "the dev group", "--only main", _flags("--no-dev --only-root"), {"--only": _ANY, "--without": _DEV},
    ),
    "uv": LeftOut(
        "the dev group", "--no-dev (or set UV_NO_DEV=1, which `uv run` heeds as well)",
        _flags("--no-dev --no-default-groups"), {"--only-group": _ANY, "--no-group": _DEV},
        {"UV_NO_DEV": _YES, "UV_NO_DEFAULT_GROUPS": _YES, "UV_NO_GROUP": _DEV},
    ),
    "bundler": LeftOut(
        "the gems of the groups development and test", "`ENV BUNDLE_WITHOUT=development:test`", frozenset(),
        {"--without": _DEV}, {"BUNDLE_WITHOUT": _DEV, "BUNDLE_ONLY": _ANY},
    ),
    "composer": LeftOut("the packages of require-dev", "--no-dev", _flags("--no-dev"), {}, {"COMPOSER_NO_DEV": _YES}),
}  # fmt: skip
"""Package manager to how it leaves development dependencies out; by default all of these install them."""

HEED_NODE_ENV_BELOW = {"yarn": 2, "pnpm": 10, "bun": 0}
"""Package manager to the first version that no longer looks at NODE_ENV; npm always does, bun never."""

PRUNED = re.compile(
    r"\b(?:npm|pnpm|bun|yarn)\s+(?:\S+\s+)*?prune\b|--omit[= ]?dev\b|--production\b|--prod\b|--only[= ]prod|--no-dev\b|"
    r"rm\s+-\w+\s+(?:\S+\s+)*?\S*(?:node_modules|vendor)\b|\bnode-prune\b|\bpnpm\s+(?:\S+\s+)*?deploy\b|--without\s|--only main"
)
"""Commands that take development dependencies out again, or install anew without them."""

PRUNES = re.compile(r"(?:npm|pnpm)\s+(?:\S+\s+)*?prune\b(?!.*--dry-run)")
"""A command that does nothing but take development dependencies out again."""

BUILDS = re.compile(
    r"^\s*(?:npm|yarn|pnpm|bun)(?:\s+(?:--filter|-F|--workspace|-w|-C|--dir|--cwd|--prefix|workspace)[\s=]\S+|\s+--?\S+)*(?:\s+run)?"
    r"(?:\s+--?\S+)*\s+(?:build|compile|bundle|generate|prebuild|dist|prod|"
    r"production|webpack|assets|css|js)\b|^\s*(?:npx|yarn|pnpm|pnpm exec|bunx|\S*node_modules/\.bin/)?\s*"
    r"(?:tsc|webpack|vite build|next build|nuxt build|rollup|gulp|grunt|esbuild|ng build|nest build|turbo|nx|parcel build)\b|"
    r"assets:precompile|artisan|bin/console|npm --prefix \S+ run build"
)
"""Commands that build a project, mostly with what is among its development dependencies."""

DEVELOPMENT_REQUIREMENTS = re.compile(
    r"(?:.*[/_.-])?(?:dev|devel|develop|development|test|tests|testing|unittest|lint|ci)(?:[-_.]?(?:requirements|reqs?|deps))?"
    r"(?:[-_.][\w.-]+)?\.(?:txt|in|pip)"
)
"""Names of requirement files of tests and development: `requirements-dev.txt`, `requirements/test.txt`."""

DEVELOPMENT_EXTRAS = frozenset("dev devel develop development test tests testing lint".split())
"""Extras of a Python project that are for its development: `.[dev]`."""

_DEVELOPMENT_SCRIPTS = (
    r"(?:dev|develop|development|serve|watch|start[:-]dev\S*|dev[:-]\S+|storybook|test\S*|e2e\S*|cypress\S*|lint\S*|debug|"
    r"start[:-]debug|start[:-]watch)\b"
)

DEVELOPMENT_START = re.compile(
    rf"\b(?:npm|yarn|pnpm|bun|npx)(?:\s+--?[\w=/.-]+)*(?:\s+run)?(?:\s+--?[\w=/.-]+)*\s+{_DEVELOPMENT_SCRIPTS}|"
    # an option with a value or a workspace stands in between
    rf"\b(?:npm|yarn|pnpm|bun)(?:\s+[^\s;&|]+){{1,4}}?\s+run\s+{_DEVELOPMENT_SCRIPTS}|"
    r"\b(?:nodemon|ts-node(?:-dev)?|tsx|vite(?!\s+preview)|webpack(?:-dev-server)?|react-scripts|parcel|concurrently|cypress|"
    r"playwright|jest|vitest|mocha|karma|gulp|grunt|tsc|esbuild|rollup|browser-sync|live-server|vue-cli-service|electron|expo|"
    r"codecept(?:js)?|newman|renovate|storybook|swc|babel-node|esno|jiti|ng\s+serve|next\s+dev|nuxi?\s+dev|nuxt(?!\s+start)|astro\s+dev|"
    r"gatsby\s+develop|nest\s+start|nx|turbo|lerna|rushx?|meteor|jupyter(?:-?lab|-notebook|hub)?|notebook|"
    r"pytest|tox|nox|nosetests|coverage|behave|robot|locust|mypy|pylint|flake8|ruff|black|debugpy|watchmedo|ptw|"
    r"runserver(?:_plus)?|fastapi\s+dev|rspec|rubocop|guard|phpunit|phpstan|psalm|artisan\s+serve|artisan\s+test)\b|"
    r"--reload\b|--watch\b|--inspect\b|--debug\b|php\s+-S\b|manage\.py\s+test"
)
"""Commands of servers for development and of test runs."""

_DEVELOPMENT_VALUES = re.compile(r"(?:dev|develop|development|test|testing|local|debug)", re.IGNORECASE)
_ENVIRONMENT_NAMES = (
    "NODE_ENV", "APP_ENV", "RAILS_ENV", "RACK_ENV", "FLASK_ENV", "DJANGO_ENV", "ENVIRONMENT", "SYMFONY_ENV", "ENV",
    "PYTHON_ENV", "CI_ENV", "MIX_ENV",
)  # fmt: skip


def is_development_environment(values: Mapping[str, str | None]) -> bool:
    """Whether one of the variables that say what an application runs for says that it is development, or tests."""
    return any(_DEVELOPMENT_VALUES.fullmatch(values.get(name) or "") for name in _ENVIRONMENT_NAMES)


STARTS_NODE = re.compile(
    r"(?:^|[\s/'\"=])(?:node|nodejs|npm|npx|yarn|pnpm|bun|pm2|pm2-runtime|pm2-docker|next|nuxt|nest|forever|node-start)(?:$|[\s'\";])",
    re.MULTILINE,
)
"""Commands that run JavaScript."""

PROCESS_MANAGERS = frozenset(("pm2", "pm2-runtime", "pm2-docker"))
"""Programs that are told by a file what to run."""

PROCESS_FILES = (".config.js", ".config.cjs", ".json", ".yml", ".yaml", "ecosystem.js", "processes.js")
"""Endings of such files: pm2.keymetrics.io/docs/usage/application-declaration."""

DEVELOPMENT_PROCESS = re.compile(
    r"\b(?:script|args)[\"']?\s*:\s*\[?\s*[\"'](?:(?:npm|yarn|pnpm|bun)\s+)?(?:run\s+)?(?:start:)?dev\b"
)
"""An entry of such a file that starts a server for development."""

PROGRAMS_OF: dict[str, tuple[str, ...]] = {
    "@angular/cli": ("ng",), "@babel/cli": ("babel",), "@babel/node": ("babel-node",), "@nestjs/cli": ("nest",),
    "@swc/cli": ("swc",), "@vue/cli-service": ("vue-cli-service",), "dotenv-cli": ("dotenv",),
    "npm-run-all": ("run-s", "run-p", "npm-run-all"), "npm-run-all2": ("run-s", "run-p", "npm-run-all"),
    "ts-node": ("ts-node", "ts-node-esm", "ts-node/register", "ts-node/esm"), "ts-node-dev": ("ts-node-dev", "tsnd"),
    "typescript": ("tsc", "tsserver"), "webpack-cli": ("webpack", "webpack-cli"),
}  # fmt: skip
"""Package to its programs, where these have other names: the field `bin` of its package.json."""

NEXT_START = re.compile(r"(?:^|[\s/])next\s+start\b", re.MULTILINE)
"""The server of Next.js for production."""

NEXT_CONFIGURATIONS = ("next.config.ts", "next.config.mts")
"""Configurations that `next start` compiles with the package typescript, which it else tries to install: Next.js 15 and 16."""

COMPOSE_FILES = tuple(
    f"{stem}{middle}.{ending}"
    for stem in ("compose", "docker-compose")
    for middle in ("", ".override")
    for ending in ("yaml", "yml")
)
"""The Compose files that `docker compose` reads by itself: docs.docker.com/compose/how-tos/multiple-compose-files/merge."""

_PHP_SERVER = re.compile(r"fpm|apache|nginx|frankenphp|caddy|swoole|roadrunner|unit\b|openresty|litespeed")


def is_php_server(name: str, tag: str) -> bool:
    """Whether an image starts a server for PHP by itself, by its name and tag: `php:8.4-fpm` does, `php:8.4-cli` does not."""
    return _PHP_SERVER.search(f"{name}:{tag}") is not None
