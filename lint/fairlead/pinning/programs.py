"""Running a program that may hang or print without end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

_MAX_ERRORS = 64 * 1024
_running: set[subprocess.Popen[bytes]] = set()


class Done(NamedTuple):
    """What a program did.

    Attributes:
        status: its exit status.
        out: what it printed.
        err: what it printed to standard error.
        late: it was ended because it took too long.
        cut: it was ended because it printed too much.
    """

    status: int
    out: bytes
    err: bytes
    late: bool
    cut: bool


def run(
    argv: Sequence[str],
    *,
    given: bytes = b"",
    seconds: float,
    limit: int,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Done:
    """Run a program with everything that it starts, for a bounded time and output.

    Args:
        argv: the program and its arguments; no shell reads them.
        given: its standard input.
        seconds: how long it may take.
        limit: the most bytes of output to take.
        env: its environment, None for ours.
        cwd: its working directory, None for ours.

    Raises:
        OSError: it can't be started.
    """
    process = subprocess.Popen(  # noqa: S603  # the caller's arguments are no shell's
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if env is None else dict(env),
        cwd=cwd,
        start_new_session=True,
    )
    _running.add(process)
    late = threading.Event()

    def end() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    errors: list[bytes] = []
    reader = threading.Thread(target=_read_errors, args=(process, errors), daemon=True)
    timer.start()
    reader.start()
    try:
        out = _talk(process, given, limit)
        cut = len(out) > limit
        if cut:
            _kill(process)
        status = process.wait()
        reader.join()
    finally:
        timer.cancel()
        _running.discard(process)
        if process.poll() is None:
            _kill(process)
            process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
    return Done(status, out[:limit], b"".join(errors), late.is_set(), cut)


def end_all() -> None:
    """End every program that is still running."""
    for process in list(_running):
        _kill(process)


def _talk(process: subprocess.Popen[bytes], given: bytes, limit: int) -> bytes:
    assert process.stdin is not None  # noqa: S101  # it was asked for
    assert process.stdout is not None  # noqa: S101
    with suppress(OSError):
        # a program that does not read its input is no reason to fail
        process.stdin.write(given)
        process.stdin.close()
    return process.stdout.read(limit + 1)


def _read_errors(process: subprocess.Popen[bytes], errors: list[bytes]) -> None:
    assert process.stderr is not None  # noqa: S101
    errors.append(process.stderr.read(_MAX_ERRORS))
    while process.stderr.read(_MAX_ERRORS):
        pass


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it and its children, which would keep its pipes open."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
