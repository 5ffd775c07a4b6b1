"""The language that a shell or interpreter reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum


class Dialect(StrEnum):
    """What a script is written in."""

    POSIX = "posix"
    BASH = "bash"
    POWERSHELL = "powershell"
    CMD = "cmd"
    OTHER = "other"


_NAMES = {
    "sh": Dialect.POSIX, "ash": Dialect.POSIX, "dash": Dialect.POSIX, "busybox": Dialect.POSIX,
    "bash": Dialect.BASH, "zsh": Dialect.BASH, "ksh": Dialect.BASH, "mksh": Dialect.BASH,
    "pwsh": Dialect.POWERSHELL, "powershell": Dialect.POWERSHELL, "cmd": Dialect.CMD,
}  # fmt: skip
_OPTIONS = {"e": "errexit", "u": "nounset", "x": "xtrace"}
_SEPARATOR = re.compile(r"[/\\]")


def base_name(program: str) -> str:
    """A program's name without its directory and without `.exe`, in lower case."""
    return _SEPARATOR.split(program)[-1].lower().removesuffix(".exe")


def dialect_of(program: str) -> Dialect:
    """The language that a program such as `/bin/bash`, `pwsh.exe` or `python3` reads."""
    return _NAMES.get(base_name(program), Dialect.OTHER)


def is_posix_like(dialect: Dialect) -> bool:
    """Whether the grammar of the Bourne shell fits."""
    return dialect in (Dialect.POSIX, Dialect.BASH)


def shell_options(arguments: Iterable[str], on: frozenset[str] = frozenset()) -> frozenset[str]:
    """What is on after `set ARGUMENTS`, or in a shell that is started with them: errexit, pipefail, nounset, xtrace.

    Args:
        arguments: the words behind `set` or behind the shell's name, up to its script or beyond.
        on: what is on before.
    """
    options = set(on)
    words = iter(arguments)
    for word in words:
        if word == "--" or word[:1] not in ("-", "+"):
            break
        if word.startswith("--"):
            continue
        names = {_OPTIONS[letter] for letter in word[1:] if letter in _OPTIONS}
        if "o" in word[1:]:
            names.add(next(words, ""))
        options = options | names if word[0] == "-" else options - names
    return frozenset(options - {""})
