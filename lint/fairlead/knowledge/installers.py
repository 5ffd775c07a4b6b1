"""Scripts that install a well-known program, and how an image gets the same program in a version that is named.

From the pages of the programs: their images on Docker Hub and GHCR, and the options of their installers.
"""

from __future__ import annotations

import re

_INSTEAD = tuple(
    (re.compile(pattern), advice)
    for pattern, advice in (
        (r"^getcomposer\.org/", "COPY --from=composer:VERSION /usr/bin/composer /usr/local/bin/"),
        (r"^astral\.sh/uv(?!/\d)", "COPY --from=ghcr.io/astral-sh/uv:VERSION /uv /uvx /usr/local/bin/"),
        (r"^bun\.(?:sh|com)/", "COPY --from=oven/bun:VERSION /usr/local/bin/bun /usr/local/bin/"),
        (r"^deno\.land/", "COPY --from=denoland/deno:bin-VERSION /deno /usr/local/bin/"),
        (
            r"golangci-lint.*/install\.sh$",
            "COPY --from=golangci/golangci-lint:VERSION /usr/bin/golangci-lint /usr/bin/",
        ),
        (r"^(?:deb|rpm)\.nodesource\.com/", "begin with node:VERSION, or COPY --from=node:VERSION what is needed"),
        (r"^(?:sh|static)\.rustup\.rs", "begin with rust:VERSION, or give the script --default-toolchain VERSION"),
        (r"^bootstrap\.pypa\.io/", "install the distribution's python3-pip, or begin with python:VERSION"),
        (r"^install\.python-poetry\.org", "pip install poetry==VERSION, or give the script --version VERSION"),
        (r"^(?:www\.)?cpanmin\.us", "install the distribution's cpanminus (Alpine: perl-app-cpanminus)"),
        (r"^apt\.llvm\.org/", "write the repository of apt.llvm.org and its key into the image yourself"),
        (r"^install\.julialang\.org", "begin with julia:VERSION, or COPY --from=julia:VERSION /usr/local/julia ..."),
    )
)
_ONLY_NEWEST = re.compile(r"^raw\.githubusercontent\.com/Homebrew/install/|^get\.sdkman\.io(?:$|[/?])")

_GONE = re.compile(
    r"^[a-z]+://(?:(?:dl|jcenter)\.bintray\.com|central\.maven\.org|(?:[\w-]+\.)*(?:googlecode\.com|codehaus\.org))(?:$|[/:])",
    re.IGNORECASE,
)


def is_gone(url: str) -> bool:
    """Whether a server was shut down, so that no build fetches from it: Codehaus in 2015, Google Code, Bintray in 2021.

    Args:
        url: what is fetched.
    """
    return _GONE.match(url) is not None


def has_only_newest(url: str) -> bool:
    """Whether an installer is given in no version and without checksum by its makers: Homebrew's, SDKMAN's.

    Both are installed once and keep themselves at the newest version; what they install then has a version of its own.

    Args:
        url: where the script comes from.
    """
    return _ONLY_NEWEST.search(url.partition("://")[2]) is not None


def instead_of(url: str) -> str:
    """How to get what an installer's script installs, "" where that is not known.

    Args:
        url: where the script comes from.
    """
    path = url.partition("://")[2]
    return next((advice for pattern, advice in _INSTEAD if pattern.search(path)), "")
