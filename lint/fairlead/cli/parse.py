"""`fairlead parse`: the builder's view of a file, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from fairlead.cli.terminal import print_errors
from fairlead.reading import RunError
from fairlead.syntax.dump import dump
from fairlead.syntax.parser import parse as parse_source
from fairlead.syntax.source import Source


def parse(paths: Sequence[str]) -> int:
    """Print one JSON object for each file, each on its own line; give the exit status."""
    status = 0
    for path in paths:
        try:
            data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            print_errors([RunError(f"can't be read: {reason}", path)])
            status = 2
            continue
        sys.stdout.write(json.dumps(dump(parse_source(Source(path, data)))) + "\n")
    return status
