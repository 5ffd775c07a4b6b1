"""The program: reads its arguments, runs a command, and never ends in a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

_INTERRUPTED = 130
_FAILED = 2


def run() -> None:
    """Entry point of the program `fairlead`."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run a command line; give the exit status."""
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
        paths = plain_check(arguments)
        if paths is not None:
            from fairlead.cli.check import CheckOptions, check

            return check(CheckOptions(paths=paths))
    from fairlead.cli.app import parse_arguments

    command = parse_arguments(arguments)
    return command if isinstance(command, int) else command()


def plain_check(arguments: Sequence[str]) -> tuple[str, ...] | None:
    """The paths of a `check` without any option, None for every other command line.

    That is what the pre-commit hook runs. It needs none of typer, whose import takes longer than the check of a file.
    """
    if not arguments or arguments[0] != "check" or any(word.startswith("-") for word in arguments):
        return None
    return tuple(arguments[1:])
