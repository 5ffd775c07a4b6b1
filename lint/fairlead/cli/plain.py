"""Simple command lines, read without typer, whose import takes longer than the check of a file.

This is what hooks and CI steps mostly run. What is not known here goes the long way, and a test holds the two to the
same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_COMMON = {"--output-format": ("text", "json"), "--color": ("auto", "always", "never")}
_CHECK = {
    "-q": "quiet",
    "--quiet": "quiet",
    "--exit-zero": "exit_zero",
    "--info": "info",
    "--statistics": "statistics",
    "--force-exclude": "force_exclude",
}
_CACHE = {**_COMMON, **dict.fromkeys(("--context", "--history", "--html", "--timings", "--target"), ())}


class _Words(NamedTuple):
    paths: tuple[str, ...]
    switches: dict[str, bool]
    values: dict[str, str]


def plain_check(arguments: Sequence[str]) -> dict[str, Any] | None:
    """The options of a simple `check`, as `CheckOptions` names them; None for every other command line."""
    words = _read("check", arguments, _CHECK, _COMMON)
    return None if words is None else {"paths": words.paths, **words.switches, **words.values}


def plain_cache(arguments: Sequence[str]) -> dict[str, Any] | None:
    """The options of a simple `cache`, as `CacheOptions` names them; None for every other command line."""
    words = _read("cache", arguments, {}, _CACHE)
    if words is None or len(words.paths) != 1 or words.paths[0] == "-":
        return None
    found: dict[str, Any] = {"dockerfile": words.paths[0], **words.values}
    if "history" in found:
        count = found["history"]
        if not (count.isascii() and count.isdigit() and int(count) > 0):
            return None
        found["history"] = int(count)
    elif "html" in found:
        return None
    return found


def _read(
    command: str, arguments: Sequence[str], switches: Mapping[str, str], options: Mapping[str, Sequence[str]]
) -> _Words | None:
    """The words of a command line, None where one of them is not simple.

    Args:
        command: the command.
        arguments: the command line.
        switches: the options without a value, with the names that they have in the program.
        options: those with one, each with the values that it may have; none for all.
    """
    if not arguments or arguments[0] != command:
        return None
    paths: list[str] = []
    found: dict[str, bool] = {}
    values: dict[str, str] = {}
    rest = iter(arguments[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            paths.append(word)
        elif word in switches:
            found[switches[word]] = True
        elif name in options:
            value = value if equals else next(rest, "")
            if not value or value.startswith("-") or (options[name] and value not in options[name]):
                return None
            values[name.removeprefix("--").replace("-", "_")] = value
        else:
            return None
    return _Words(tuple(paths), found, values)
