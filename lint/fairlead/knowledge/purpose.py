"""What tells that an image is for those who develop, test and build with it: names of files, directories and stages.

The commands that a container starts with tell it, too: is_development_command() in startup.py, DEVELOPMENT_START in
development.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_DEVELOPMENT = (
    "dev|devel|develop|development|devcontainer|local|localdev|test|tests|testing|coverage|e2e|ci|debug|playground|"
    "dev(?:el|elop|eloper|elopment)?[-_]?(?:setup|env|environment|tools?|image)|sandbox|gitpod|codespaces?|tilt|cypress|test[-_]?(?:data|files|cases?|runners?)|_+fixtures_+|vuln|vulnerable"
)
_BUILDING = (
    "tester|unittests?|cicd|lint|linter|linting|build|builder|buildbox|buildenv|building|compile|compiler|sdk|toolchain|"
    "toolbox|workspace|cross|fuzz"
)
_TESTS = "test|tests|testing|unittests?|e2e|lint"
_BESIDE_PRODUCT = re.compile(
    r"tests?|testing|test[-_]?(?:data|files?|cases?|suites?)(?:[-_].*)?|_+fixtures_+|_+tests_+|e2e|vendor(?:ed)?|third_?party|"
    r"node_modules|\.?dev(?:el|elop|elopment|containers?)?(?:[-_]?env)?|.+[-_]dev|playground|testbeds?|sandbox|.*testers?|hack|benchmarks?|"
    r"[._-]*(?:archived?|archives|attic|deprecated|obsolete|unmaintained|unsupported.*|not[-_ ]maintained.*|retired|abandoned|disabled|eol|old|legacy|"
    r"bak|backups?)|\.(?:agents|claude|codex|cursor)"
)
_EXAMPLE = re.compile(
    r"examples?|samples?|demos?|snippets?|recipes?|recipe_code|tutorials?|quickstarts?|hello-?world|courses?|lessons?|guides?|days|bootcamps?|katas?|"
    r"playgrounds?|workshops?|exercises?|homeworks?|codelabs?|hello[-_].+|.+[-_]hello"
)
_SET_ASIDE = re.compile(r".*(?:[._-](?:old|bak|back|backup|orig|save|deprecated|obsolete|unused)|~)", re.IGNORECASE)
_UNRELEASED = re.compile(r"nightly|unstable|preview|insiders?|canary")
# `Dockerfile.latest`, `tool/latest/Dockerfile`, `tool/master-2024/Dockerfile`
_OF_NEWEST = re.compile(
    r"nightly|(?:^|[./_-])(?:latest|edge|bleeding)$|(?:^|/)(?:master[-_](?:\d|branch|snapshot)|latest/[^/]*$)"
)
_WORKSHOP = re.compile(
    r"code-?server|vscode|cloud9|dev-?containers?|workspaces?|workstations?|gitpod|codespaces?|jupyter|notebook|rstudio|[-_]dev$|"
    r"benchmarks?$|(?:build|ci)[-_]?(?:images?|env|box|tools|docker|containers?)$|docker[-_](?:build|builders?|ci|dev)$"
)

SYSTEM_TREE = re.compile(r"(?:\./)?(?:.+/)?(?:rootfs|root|overlay|s6|services\.d|cont-init\.d)(?:/[*.]?)?")
"""Directories that by convention hold settings and scripts, laid out as they lie in the image."""

RUNS_LANGUAGE = re.compile(r"php|node|python|ruby|golang|perl|openjdk|eclipse-temurin|elixir|rust|maven|gradle")
"""Official images that run, or compile, a project's code and hold none of it."""

WORKPLACES = re.compile(
    r"mcr\.microsoft\.com/(?:vscode/)?devcontainers/.+|gitpod/workspace-.+|codercom/.+|(?:circleci|cimg)/.+|"
    r"(?:.+/)?(?:github|actions|gitlab|gitea|act|drone)[-_]runner(?:-.+)?|buildkite/agent|jenkins(?:ci)?(?:/(?:jenkins|.*agent|(?:jnlp-|ssh-)?slave))?|"
    r"eclipse/.+|cypress/.+|rocker/(?:rstudio|tidyverse|verse|geospatial)|(?:quay\.io/)?jupyter/.+|(?:.+/)?ddev-webserver"
)
"""Images for developers to work in, and for the agents of CI services."""

FOR_BUILDERS = re.compile(
    r"crossbuild-essential-\S+|(?:gcc|g\+\+|binutils)-\S+-(?:linux|mingw)\S*|mingw-?w64\S*|gdb|gdb-multiarch|gdbserver|valgrind|"
    r"cppcheck|clang-(?:tidy|format)\S*|lcov|gcovr"
)
"""Packages of those who compile for other machines, or look into what they have compiled."""

NOTEBOOKS = re.compile(r"jupyter\S*|notebook|ipykernel|r-irkernel|nbconvert")
"""Packages of notebooks."""

NOTEBOOK_USER = re.compile(r"\bNB_(?:UID|USER|GID)\b|/home/jovyan\b")
"""The user of the Jupyter Docker Stacks, which images that are built on these hand back to."""


def is_for_development(name: str) -> bool:
    """Whether a file, a directory, a stage or an image is by its name for developers or tests and not for production."""
    return _is_named(_DEVELOPMENT, name)


def is_to_work_in(name: str) -> bool:
    """Whether a file, a directory or a stage is by its name for developers or tests, or there to build others."""
    return _is_named(f"{_DEVELOPMENT}|{_BUILDING}", name)


def is_build_environment(name: str) -> bool:
    """Whether a directory or an image has a name that says that it is there to build others in."""
    named = re.fullmatch(
        r"builders?|build[-_]?(?:env|box|image|images|base)|.+[-_]build(?:[-_]?env)?|toolchain|cross|manylinux.*|musllinux.*",
        name,
        re.IGNORECASE,
    )
    return named is not None


def is_for_tests(name: str) -> bool:
    """Whether a stage is by its name there to check the one below; by convention such stages are never pushed."""
    return _is_named(_TESTS, name)


def is_work_name(name: str) -> bool:
    """Whether a directory or an image has a name that says, as a whole, that it is for developers and tests."""
    return re.fullmatch(rf"\.?(?:{_DEVELOPMENT})", name, re.IGNORECASE) is not None


def is_set_aside(name: str) -> bool:
    """Whether a file is by its name kept and no longer built: `Dockerfile.old`."""
    return _SET_ASIDE.fullmatch(name) is not None


def is_for_production(name: str) -> bool:
    """Whether a file is by its name the Dockerfile of what is deployed, so that one beside it, `Dockerfile`, is not."""
    return re.fullmatch(r"Dockerfile[._-]prod(?:uction)?|prod(?:uction)?\.Dockerfile", name, re.IGNORECASE) is not None


def is_beside_product(path: str) -> bool:
    """Whether a file is below a directory of tests, of what is not released or no longer used, or of the code of others.

    Args:
        path: the file, from the top of the repository on; an absolute one, of a file in none, says nothing.
    """
    return any(_BESIDE_PRODUCT.fullmatch(name) or _UNRELEASED.fullmatch(name) for name in _directories(path))


def is_of_newest(path: str) -> bool:
    """Whether a file, or a directory that it is in, is named for what is newest.

    Args:
        path: the file, from the top of the repository on.
    """
    return _OF_NEWEST.search(path.lower()) is not None


def is_example(path: str) -> bool:
    """Whether a file is below a directory of examples.

    Args:
        path: as of `is_beside_product`.
    """
    return any(_EXAMPLE.fullmatch(name) for name in _directories(path))


def names_examples(word: str) -> bool:
    """Whether a word of the name of a repository says that it holds examples: `docker-react-example`."""
    return _EXAMPLE.fullmatch(word.lower()) is not None


def is_workshop(name: str) -> bool:
    """Whether a repository or directory holds images for developers or analysts to work in, by its name."""
    return _WORKSHOP.search(name.lower()) is not None


def _directories(path: str) -> list[str]:
    parts = path.lower().replace("\\", "/").split("/")
    return [] if not parts[0] or parts[0].endswith(":") else parts[:-1]


def _is_named(words: str, name: str) -> bool:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name)
    return re.search(rf"(?:^|[._-])(?:{words})(?:$|[._-])", apart, re.IGNORECASE) is not None


_EQUIPMENT = re.compile(r"(?:.*/)?(?:\.?(?:oh-my-zsh|ohmyzsh|powerlevel10k)|\.vim)(?:[./].*)?")
_DEBUGGERS = re.compile(r"(?:php\S*-)?(?:pecl-)?xdebug(?:[-=]\S*)?")
_INSTALLS_EXTENSION = frozenset(
    "pecl pickle docker-php-ext-enable install-php-extensions apt-get apt apk dnf yum".split()
)


def is_for_people(name: str | None, words: Sequence[str]) -> bool:
    """Whether a command brings what only someone needs who works in a container: a debugger, a shell made beautiful.

    Xdebug slows every request down; its documentation advises against it in production, as PHP's does against the
    settings of `php.ini-development`.

    Args:
        name: the program without directory, None where it is not known.
        words: its arguments.
    """
    if any(_EQUIPMENT.fullmatch(word) for word in words):
        return True
    if name in ("cp", "ln", "mv") and any(word.endswith("php.ini-development") for word in words):
        return True
    return name in _INSTALLS_EXTENSION and any(_DEBUGGERS.fullmatch(word) for word in words)
