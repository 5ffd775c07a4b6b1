"""`fairlead cache --history` on a monorepo of 100,000 files and 2,000 commits, against `git log --name-only`.

    python benchmarks/history.py [--files N] [--commits N] [--history N] [--directory DIRECTORY]

The repository is made with `git fast-import`, always the same, and packed as a clone is. Its shape is that of large
applications: of nine of them with 1,700 to 18,000 files (buildkit, moby, loki, istio, prometheus, renovate and others)
a file lies 3 to 6 directories deep, a directory holds 6 entries (one in a hundred 50, some many hundreds), and
a commit changes 3 files or more in half of all cases, 7 on average, most of them in one place. What is made is printed,
so that it can be compared.

Printed are the median and the least wall times, run in alternation, of `git log`, of Fairlead and of a Python that
does nothing, with their ratios; the processor time of Fairlead and of the git that it starts, since on a busy machine
the two don't run side by side; and the peak memory of Fairlead.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

DOCKERFILE = """\
FROM node:22 AS build
WORKDIR /repo
COPY package.json package-lock.json ./
RUN npm ci
COPY services/p00 services/p00
RUN npm run build
COPY . .
RUN npm test
FROM node:22-slim
COPY --from=build /repo/services/p00/dist /app
CMD ["node", "/app/main.js"]
"""
WORDS = (
    "api", "app", "auth", "build", "cache", "client", "common", "config", "core", "data", "db", "docs", "events",
    "fixtures", "handlers", "helpers", "http", "i18n", "images", "internal", "jobs", "lib", "locales", "mail", "main",
    "migrations", "models", "pages", "parser", "public", "queries", "reports", "routes", "schema", "scripts",
    "search", "server", "services", "shared", "store", "styles", "templates", "test", "tokens", "types", "users",
    "utils", "views", "widgets", "workers",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Make the repository, measure and print."""
    parser = argparse.ArgumentParser(description="fairlead cache --history on a large repository.")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--commits", type=int, default=2_000)
    parser.add_argument("--history", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--directory", type=Path, help="where the repository is or becomes")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        root = options.directory or Path(temporary) / "repository"
        if not (root / ".git").exists():
            make(root, options.files, options.commits)
        print(f"{options.files} files, {options.commits} commits, --history {options.history}; {shape(root)}")
        fairlead = [sys.executable, "-c", "from fairlead.cli.main import run; run()"]
        # compiled modules are there, as where Fairlead is installed
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        commands = {
            "git log": ["git", "-C", str(root), "log", "--name-only", f"-{options.history}"],
            "fairlead": [*fairlead, "cache", str(root / "Dockerfile"), "--history", str(options.history)],
            "python": [sys.executable, "-c", ""],
        }
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(options.rounds + 1):
            for name, command in commands.items():
                runs[name].append(run(command, environment))
    print("                wall, median         wall, least          processor, median")
    for name in commands:
        print(f"  {name:<10}", end="")
        # the first round fills the caches
        for value in (median_wall, least_wall, median_processor):
            own, log = value(runs[name][1:]), value(runs["git log"][1:])
            print(f"{own * 1000:8.0f} ms {own / log:5.2f} x", end="  ")
        print()
    print(f"  peak memory of Fairlead {max(one.memory for one in runs['fairlead']):.0f} MiB")
    return 0


class Run(NamedTuple):
    """What a process took: seconds by the clock, seconds of processor time with its children, and MiB at most."""

    wall: float
    processor: float
    memory: float


def median_wall(runs: Sequence[Run]) -> float:
    """By the clock, in the middle."""
    return statistics.median(one.wall for one in runs)


def least_wall(runs: Sequence[Run]) -> float:
    """By the clock, when nothing was in the way."""
    return min(one.wall for one in runs)


def median_processor(runs: Sequence[Run]) -> float:
    """On all cores together."""
    return statistics.median(one.processor for one in runs)


def run(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run a command."""
    start = time.perf_counter()
    # only the Dockerfile is checked out, of which a note is made
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed")
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def make(root: Path, files: int, commits: int) -> None:
    """A repository of services, applications and libraries, each a tree of directories."""
    root.mkdir(parents=True)
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "-q", "-b", "main", str(root)], check=True)
    choose = random.Random(1)
    paths = tree(choose, files)
    with subprocess.Popen([git, "-C", str(root), "fast-import", "--quiet"], stdin=subprocess.PIPE) as importer:
        assert importer.stdin is not None
        for number in range(commits):
            if number == 0:
                changed = {path: f"{path}\n" for path in paths}
                changed |= {"Dockerfile": DOCKERFILE, "package.json": "{}\n", "package-lock.json": "{}\n"}
            else:
                changed = dict.fromkeys(touched(choose, paths), f"{number}\n")
                if number % 50 == 0:
                    changed["package-lock.json"] = f"{number}\n"
            lines = [f"commit refs/heads/main\ncommitter A <a@example.com> {1_700_000_000 + number * 600} +0000\n"]
            message = f"change {number}"
            lines.append(f"data {len(message)}\n{message}\n")
            lines += [f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in changed.items()]
            importer.stdin.write("".join(lines).encode())
    subprocess.run([git, "-C", str(root), "checkout", "-q", "main", "--", "Dockerfile"], check=True)
    subprocess.run([git, "-C", str(root), "gc", "-q"], check=True)


def tree(choose: random.Random, count: int) -> list[str]:
    """The paths of all files, sorted, so that those of one directory are neighbours."""
    paths: list[str] = []
    for number in range(count):
        if len(paths) >= count:
            break
        parts = [choose.choice(("services", "apps", "libs")), f"p{number:02}"]
        wanted = min(count - len(paths), max(20, int(choose.lognormvariate(5.5, 1.0))))
        paths += project(choose, "/".join(parts), wanted)
    return sorted(paths)


def project(choose: random.Random, top: str, count: int) -> list[str]:
    """The files of a project: directories of all sizes, down to 6 below its own."""
    found: list[str] = []
    directories = [top]
    while len(found) < count:
        directory = choose.choice(directories)
        if directory.count("/") < 7:
            directory += f"/{choose.choice(WORDS)}"
            directories.append(directory)
        size = min(max(1, int(choose.lognormvariate(1.1, 1.2))), count - len(found))
        found += [f"{directory}/{choose.choice(WORDS)}{len(found) + at}.js" for at in range(size)]
    return found


def touched(choose: random.Random, paths: Sequence[str]) -> list[str]:
    """The files that a commit changes: most of them near each other."""
    count = max(1, int(choose.lognormvariate(1.2, 1.2)))
    start = choose.randrange(len(paths))
    near = paths[start : start + 4 * count]
    return [choose.choice(near) if choose.random() < 0.8 else choose.choice(paths) for _ in range(count)]


def shape(root: Path) -> str:
    """How deep and wide the tree is, and how much a commit changes."""
    git = ["git", "-C", str(root)]
    listed = subprocess.run([*git, "ls-tree", "-r", "--name-only", "HEAD"], capture_output=True, text=True, check=True)
    files = listed.stdout.splitlines()
    widths = sorted(Counter(path.rpartition("/")[0] for path in files).values())
    log = subprocess.run(
        [*git, "log", "-500", "--name-only", "--format=%x01"], capture_output=True, text=True, check=True
    )
    changed = sorted(len(commit.split()) for commit in log.stdout.split("\1")[1:])
    depth = sum(path.count("/") for path in files) / len(files)
    return (
        f"{depth:.1f} directories deep, {sum(widths) / len(widths):.1f} files in one "
        f"(1 % over {widths[len(widths) * 99 // 100]}, at most {widths[-1]}); "
        f"{statistics.mean(changed):.1f} files a commit, half of all {statistics.median(changed):.0f} or fewer"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
