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
        (r"^bun\.sh/", "COPY --from=oven/bun:VERSION /usr/local/bin/bun /usr/local/bin/"),
        (r"^deno\.land/", "COPY --from=denoland/deno:bin-VERSION /deno /usr/local/bin/"),
        (
            r"golangci-lint.*/install\.sh$",
            "COPY --from=golangci/golangci-lint:VERSION /usr/bin/golangci-lint /usr/bin/",
        ),
        (r"^(?:deb|rpm)\.nodesource\.com/", "begin with node:VERSION, or COPY --from=node:VERSION what is needed"),
        (r"^(?:sh|static)\.rustup\.rs", "begin with rust:VERSION, or give the script --default-toolchain VERSION"),
        (r"^bootstrap\.pypa\.io/", "install the distribution's python3-pip, or begin with python:VERSION"),
        (r"^install\.python-poetry\.org", "pip install poetry==VERSION, or give the script --version VERSION"),
        (r"^apt\.llvm\.org/", "write the repository of apt.llvm.org and its key into the image yourself"),
        (r"^install\.julialang\.org", "begin with julia:VERSION, or COPY --from=julia:VERSION /usr/local/julia ..."),
    )
)


def instead_of(url: str) -> str:
    """How to get what an installer's script installs, "" where that is not known.

    Args:
        url: where the script comes from.
    """
    path = url.partition("://")[2]
    return next((advice for pattern, advice in _INSTEAD if pattern.search(path)), "")
