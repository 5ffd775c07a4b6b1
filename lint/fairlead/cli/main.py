"""The program: reads its arguments, runs a command, and never ends in a traceback."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from fairlead import __version__
from fairlead.cli.plain import plain_cache, plain_check

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
        checked = plain_check(arguments)
        if checked is not None:
            from fairlead.cli.check import CheckOptions, check

            return check(CheckOptions(**checked))
        cached = plain_cache(arguments)
        if cached is not None:
            return _cache(**cached)
    from fairlead.cli.app import parse_arguments

    command = parse_arguments(arguments)
    return command if isinstance(command, int) else command()


def _cache(dockerfile: str, context: str | None = None, history: int | None = None, **others: str) -> int:
    """`fairlead cache`: git writes its log while what reads it is loaded."""
    early = None
    if history is not None:
        from fairlead.build.early_log import EarlyLog

        early = EarlyLog(context or os.path.dirname(dockerfile) or ".", history + 1)  # noqa: PTH120  # pathlib is loaded later
    try:
        from fairlead.cli.cache import CacheOptions, cache

        options = CacheOptions(dockerfile=dockerfile, context=context, history=history, **others)  # type: ignore[arg-type]
        return cache(options, early)
    finally:
        if early is not None:
            early.close()
