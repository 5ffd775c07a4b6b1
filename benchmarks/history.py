"""`fairlead cache --history` on a monorepo of 100,000 files and 2,000 commits, against `git log --name-only`.

    python benchmarks/history.py [--files N] [--commits N] [--history N] [--directory DIRECTORY]

The repository is made with `git fast-import`, always the same. Printed are the median wall times of both commands, run
in alternation, their ratio, and the peak memory of Fairlead.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

DOCKERFILE = """\
FROM node:22 AS build
WORKDIR /repo
COPY package.json package-lock.json ./
RUN npm ci
COPY services/s00 services/s00
RUN npm run build
COPY . .
RUN npm test
FROM node:22-slim
COPY --from=build /repo/services/s00/dist /app
CMD ["node", "/app/main.js"]
"""
FILES_IN_DIRECTORY = 50


def main(arguments: Sequence[str]) -> int:
    """Make the repository, measure and print."""
    parser = argparse.ArgumentParser(description="fairlead cache --history on a large repository.")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--commits", type=int, default=2_000)
    parser.add_argument("--history", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        root = options.directory or Path(temporary) / "repository"
        if not (root / ".git").exists():
            make(root, options.files, options.commits)
        fairlead = ["fairlead", "cache", str(root / "Dockerfile"), "--history", str(options.history)]
        log = ["git", "-C", str(root), "log", "--name-only", f"-{options.history}"]
        times: dict[str, list[float]] = {"fairlead": [], "git log": []}
        for _ in range(options.rounds):
            for name, command in (("git log", log), ("fairlead", fairlead)):
                start = time.perf_counter()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                times[name].append(time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    own, other = (statistics.median(times[name]) for name in ("fairlead", "git log"))
    print(f"{options.files} files, {options.commits} commits, --history {options.history}")
    print(f"  git log --name-only  {other * 1000:7.0f} ms")
    print(f"  fairlead             {own * 1000:7.0f} ms  {own / other:.2f} times as long")
    print(f"  peak memory of the largest process {peak:.0f} MiB")
    return 0


def make(root: Path, files: int, commits: int) -> None:
    """A repository of services, each with its directories of files; every commit changes one to five files."""
    root.mkdir(parents=True)
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "-q", "-b", "main", str(root)], check=True)
    choose = random.Random(1)
    paths = [f"services/s{at % 40:02}/d{at // FILES_IN_DIRECTORY // 40:03}/f{at}.js" for at in range(files)]
    with subprocess.Popen([git, "-C", str(root), "fast-import", "--quiet"], stdin=subprocess.PIPE) as importer:
        assert importer.stdin is not None
        for number in range(commits):
            if number == 0:
                changed = {path: f"{path}\n" for path in paths}
                changed |= {"Dockerfile": DOCKERFILE, "package.json": "{}\n", "package-lock.json": "{}\n"}
            else:
                changed = dict.fromkeys(choose.sample(paths, choose.randint(1, 5)), f"{number}\n")
                if number % 50 == 0:
                    changed["package-lock.json"] = f"{number}\n"
            lines = [f"commit refs/heads/main\ncommitter A <a@example.com> {1_700_000_000 + number * 600} +0000\n"]
            message = f"change {number}"
            lines.append(f"data {len(message)}\n{message}\n")
            lines += [f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in changed.items()]
            importer.stdin.write("".join(lines).encode())
    subprocess.run([git, "-C", str(root), "checkout", "-q", "main", "--", "Dockerfile"], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
