"""The program: reads its arguments, runs a command, and never ends in a traceback."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from fairlead import __version__

if TYPE_CHECKING:
    from fairlead.cli.check import CheckOptions

_INTERRUPTED = 130
_FAILED = 2
_DEEPEST_CALLS = 10_000
_NEW_OBJECTS = 100_000


def run() -> NoReturn:
    """Entry point of the program `fairlead`."""
    # most of what is made lives until the end, and looking through it for garbage took a tenth of a short run
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
    status = main(sys.argv[1:])
    sys.stderr.flush()
    # the system takes back the memory faster than Python would, object by object
    os._exit(status)


def main(arguments: Sequence[str]) -> int:
    """Run a command line; give the exit status."""
    # a path has up to 2,048 directories, and those who walk along them go one call deeper with each
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _DEEPEST_CALLS))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # a path or an excerpt may hold what the terminal's encoding does not
            stream.reconfigure(errors="replace")
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader has gone; Python would complain once more when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        sys.stderr.write(f"error: internal error: {type(error).__name__}: {error}\n")
        return _FAILED
    return status


def _run(arguments: Sequence[str]) -> int:
    if "_FAIRLEAD_COMPLETE" not in os.environ:
        if list(arguments) in (["--version"], ["-V"]):
            print(f"fairlead {__version__}")
            return 0
        options = plain_check(arguments)
        if options is not None:
            from fairlead.cli.check import check

            return check(options)
    from fairlead.cli.app import parse_arguments

    command = parse_arguments(arguments)
    return command if isinstance(command, int) else command()


_SWITCHES = {
    "-q": "--quiet",
    **{name: name for name in ("--quiet", "--exit-zero", "--statistics", "--force-exclude")},
}
_CHOICES = {"--output-format": ("text", "json"), "--color": ("auto", "always", "never")}


def plain_check(arguments: Sequence[str]) -> CheckOptions | None:
    """The options of a simple `check`, None for every other command line.

    This is what hooks and CI steps mostly run. It needs none of typer, whose import takes longer than the check of a
    file; what it does not know goes the long way, and a test holds the two to the same answer.
    """
    if not arguments or arguments[0] != "check":
        return None
    from fairlead.cli.check import CheckOptions

    paths: list[str] = []
    switches: set[str] = set()
    choices = {"--output-format": "text", "--color": "auto"}
    rest = iter(arguments[1:])
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            paths.append(word)
        elif word in _SWITCHES:
            switches.add(_SWITCHES[word])
        elif name in _CHOICES:
            value = value if equals else next(rest, "")
            if value not in _CHOICES[name]:
                return None
            choices[name] = value
        else:
            return None
    return CheckOptions(
        paths=tuple(paths),
        output_format=choices["--output-format"],
        color=choices["--color"],
        quiet="--quiet" in switches,
        exit_zero="--exit-zero" in switches,
        statistics="--statistics" in switches,
        force_exclude="--force-exclude" in switches,
    )
