"""Where output goes: colours, widths, files; and the one place that prints."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from fairlead.reading import RunError
from fairlead.report import text

MAX_WIDTH = 120
"""Longer lines of prose are hard to read."""


class Problem(Exception):
    """What keeps a command from giving its answer, in one line."""


def wants_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour: `always`, `never`, or `auto` by NO_COLOR, FORCE_COLOR, TERM and the stream."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def line_width(stream: TextIO) -> int:
    """Cells in a line: those of the terminal, at most `MAX_WIDTH`."""
    if not stream.isatty() and "COLUMNS" not in os.environ:
        return MAX_WIDTH
    import shutil

    return min(shutil.get_terminal_size((MAX_WIDTH, 24)).columns, MAX_WIDTH)


def list_width(stream: TextIO) -> int:
    """Cells in a line of a list: without end where no terminal shows it, so that a program finds one line for each."""
    return line_width(stream) if stream.isatty() or "COLUMNS" in os.environ else sys.maxsize


def print_lines(lines: Sequence[text.Line], *, color: bool) -> None:
    """Print the lines of a text report to standard output."""
    if not color:
        sys.stdout.write(text.plain(lines))
        return
    from rich.console import Console

    console = Console(force_terminal=True, no_color=False, legacy_windows=False, width=10_000)
    text.print_styled(lines, console)


def print_errors(errors: Sequence[RunError], notices: Sequence[str] = ()) -> None:
    """Print to standard error what went wrong and what is worth knowing."""
    sys.stdout.flush()
    for message in (*(f"error: {error}" for error in errors), *(f"note: {notice}" for notice in notices)):
        sys.stderr.write(_for_terminal(message) + "\n")


def _for_terminal(message: str) -> str:
    """A message in lines of a terminal's width; one line where a program may read it."""
    if not sys.stderr.isatty():
        return message
    import textwrap

    return textwrap.fill(
        message, line_width(sys.stderr), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def print_report(
    output_format: str,
    color: str,
    document: Callable[[], Iterable[str]],
    lines: Callable[[int], Sequence[text.Line]],
    notes: Sequence[str],
) -> None:
    """Print a report, and what is worth knowing to standard error.

    Args:
        output_format: `json` for the document, else the lines.
        color: `auto`, `always` or `never`.
        document: makes the document, in pieces.
        lines: makes the lines, for so many cells.
        notes: what is worth knowing.
    """
    if output_format == "json":
        sys.stdout.writelines(document())
    else:
        print_lines(lines(line_width(sys.stdout)), color=wants_color(color, sys.stdout))
    print_errors((), notes)


def write_page(path: str, page: str) -> None:
    """Write an HTML page.

    Raises:
        Problem: it can't be written.
    """
    try:
        write_file(path, page)
    except OSError as error:
        raise Problem(f"{path}: can't be written: {error.strerror or error}") from None


def write_file(path: str, content: str) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        OSError: it can't be written; what was there is left as it was.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        # a pipe or a device, such as /dev/stdout; a directory fails here
        target.write_text(content, "utf-8", "replace")
        return
    target = target.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(content, "utf-8", "replace")
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class ChangedMeanwhile(Exception):
    """A file is not what it was when it was read."""


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Replace the content of a file, its mode and owner kept, a symbolic link followed.

    A reader sees the old content or the new, never a part.

    Args:
        path: the file.
        before: what it must still hold.
        after: what it is to hold.

    Raises:
        ChangedMeanwhile: it holds something else; it is left as it is.
        OSError: it can't be written; what was there is left as it was.
    """
    import tempfile

    target = Path(path).resolve()
    status = target.stat()
    if not target.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(temporary, status.st_uid, status.st_gid)
        temporary.chmod(stat.S_IMODE(status.st_mode))
        if target.read_bytes() != before:
            raise ChangedMeanwhile
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error for who waits at a terminal; None where nobody does.

    Args:
        what: what is counted.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
