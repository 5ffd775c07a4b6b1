"""The layers that are predicted for random steps are those of a shell that really carries them out in a directory."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.analysis.prediction import predict
from fairlead.build.builder import build
from fairlead.build.context import directory_context
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

SEQUENCES = 1000
_NAMES = ("a", "b", "c", "d.txt", ".e")
_RECENT = 10**18
Layer = list[tuple[str, str, int, int]]


class Shell:
    """A shell that runs one script after another below a directory."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def run(self, root: Path, script: str) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"(umask 022; cd '{root}' && {script})\necho done\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class Reference:
    """Carries out steps in a directory and tells what lies between two of its states, as the builder's differ does."""

    def __init__(self, root: Path, context: Path, shell: Shell) -> None:
        self.root = root
        self._context = context
        self._shell = shell
        self._clock = 0
        self._before: dict[str, os.stat_result] = {}

    def copy(self, source: str, destination: str) -> None:
        taken = self._context / source
        target = self.root / destination.strip("/")
        if taken.is_dir():
            self._copy_directory(taken, target)
            return
        if destination.endswith("/") or target.is_dir():
            target = target / taken.name
        self._copy_file(taken, target)

    def _copy_directory(self, source: Path, target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        for entry in sorted(source.iterdir()):
            if entry.is_dir():
                self._copy_directory(entry, target / entry.name)
            else:
                self._copy_file(entry, target / entry.name)

    def _copy_file(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            target.unlink()
        shutil.copy2(source, target)

    def run(self, script: str) -> None:
        self._shell.run(self.root, script)

    def layer(self) -> Layer:
        after = dict(self._states())
        found: Layer = []
        hidden: str | None = None
        for path in sorted({*self._before, *after}):
            old, new = self._before.get(path), after.get(path)
            if old is not None and new is None:
                if hidden is None or not path.startswith(hidden):
                    found.append((path, "deleted", 0, 0))
                    hidden = path + "/"
                continue
            if new is None:
                continue
            if old is not None and stat.S_ISDIR(old.st_mode) and not stat.S_ISDIR(new.st_mode):
                hidden = path + "/"
            if stat.S_ISDIR(new.st_mode) or (old is not None and self._same(old, new)):
                continue
            size = new.st_size if stat.S_ISREG(new.st_mode) else 0
            found.append((path, "kept", size, stat.S_IMODE(new.st_mode)))
        self._before = dict(self._states(settle=True))
        return sorted(found)

    def _same(self, old: os.stat_result, new: os.stat_result) -> bool:
        return (old.st_mode, old.st_size, old.st_mtime_ns) == (new.st_mode, new.st_size, new.st_mtime_ns)

    def _states(self, *, settle: bool = False) -> Iterator[tuple[str, os.stat_result]]:
        for path in sorted(self.root.rglob("*")):
            found = path.lstat()
            if settle and found.st_mtime_ns > _RECENT:
                # the clock of a file system is too coarse to tell two writes apart
                self._clock += 1
                os.utime(path, ns=(self._clock, self._clock), follow_symlinks=False)
                found = path.lstat()
            yield str(path.relative_to(self.root)), found


def predicted(dockerfile: str, context: Path) -> list[Layer]:
    layers = predict(build(parse(Source("Dockerfile", dockerfile.encode()))), directory_context(context))
    assert [layer.confidence for layer in layers] == ["exact"] * len(layers), [layer.notes for layer in layers]
    found = []
    for layer in layers:
        assert layer.bytes == sum(change.bytes or 0 for change in layer.changes)
        found.append(
            sorted(
                (c.path, "deleted", 0, 0) if c.change == "deleted" else (c.path, "kept", c.bytes or 0, c.mode or 0)
                for c in layer.changes
                if c.type != "dir" or c.change == "deleted"
            )
        )
    return found


class Generator:
    """Makes steps from the paths that there may be."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def path(self) -> str:
        return "/".join(self.random.choices(_NAMES, k=self.random.choice((1, 1, 2, 2, 3))))

    def command(self) -> str:
        pick = self.random.choice
        one, two = self.path(), self.path()
        while one.startswith(two + "/") or two.startswith(one + "/") or one == two:
            one, two = self.path(), self.path()
        slash = pick(("", "", "/"))
        return pick(
            (
                f"rm -rf {one}",
                f"rm -f {one}",
                f"rm -rf {one}/*",
                f"rm -rf {one} {two}",
                f"mv {one} {two}",
                f"mv {one} {two}{slash}",
                f"mv {one}/* {two}/",
                f"cp {one} {two}",
                f"cp -r {one} {two}{slash}",
                f"cp -r {one}/. {two}/",
                f"cp -a {one} {two}",
                f"cp -p {one} {two}",
                f"chmod {pick(('644', '755', '600', 'u+x', 'go-r', 'a+rX', '+x', 'g=u'))} {one}",
                f"chmod -R {pick(('755', '700', 'a+rX', 'u+w,go-w', 'o='))} {one}",
                f"mkdir -p {one}",
                f"mkdir {one}",
                f"touch {one}",
                f"ln -s {pick(_NAMES)} {one}",
                f"ln -sf {pick(_NAMES)} {one}",
                f"echo {pick(('x', 'yy zz'))} > {one}",
                f"echo more >> {one}",
                f"printf '%s\\n' 1 22 | tee {one} {two} > /dev/null",
                f"find {one} -name '*.txt' -delete",
                f"find {one} -type f -exec chmod 640 {{}} +",
                f"install -m 600 {one} {two}",
                f"install -D {one} {two}",
                f"rmdir {one}",
                f"for f in {pick(_NAMES)} {pick(_NAMES)}; do rm -rf {one}/$f; done",
                f"head -c 77 /dev/zero > {one}",
                f"sed -i s/x/yyy/ {one}",
                f"(cd {one} && rm -rf {pick(_NAMES)})",
            )
        )

    def tree(self, root: Path) -> None:
        root.mkdir()
        for count in range(self.random.randint(2, 7)):
            path = root / self.path()
            if os.path.lexists(path) or any(parent.is_file() for parent in path.parents):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * self.random.randint(0, 300))
            path.chmod(self.random.choice((0o644, 0o755, 0o600)))
            os.utime(path, ns=(500 + count, 500 + count))


@pytest.mark.parametrize("block", range(4))
def test_random_steps(block: int, tmp_path: Path) -> None:
    shell = Shell()
    try:
        for seed in range(block, SEQUENCES, 4):
            generator = Generator(seed)
            place = tmp_path / str(seed)
            place.mkdir()
            context = place / "context"
            generator.tree(context)
            (place / "root").mkdir()
            reference = Reference(place / "root", context, shell)
            steps: list[str] = []
            expected: list[Layer] = []
            for count in range(generator.random.randint(2, 5)):
                entries = sorted(path.name for path in context.iterdir())
                if count == 0 or generator.random.random() < 0.2:
                    source = generator.random.choice([".", *entries])
                    destination = generator.random.choice(("/", f"/{generator.path()}/", f"/{generator.path()}"))
                    if blocked(reference.root, destination, context / source):
                        continue
                    reference.copy(source, destination)
                    steps.append(f"COPY {source} {destination}")
                else:
                    commands = [generator.command() for _ in range(generator.random.randint(1, 3))]
                    script = "; ".join([*commands, "true"])
                    reference.run(script)
                    steps.append(f"RUN {script}")
                expected.append(reference.layer())
            dockerfile = "\n".join(["FROM scratch", *steps, ""])
            assert predicted(dockerfile, context) == expected, f"seed {seed}:\n{dockerfile}"
            shutil.rmtree(place)
    finally:
        shell.close()


def blocked(root: Path, destination: str, source: Path) -> bool:
    """Whether a file or a link stands where the copy needs a directory, or the other way: such a build fails."""
    target = root / destination.strip("/")
    for path in (target, *target.parents):
        if path == root:
            break
        if path.is_symlink() or (path.is_file() and (path != target or source.is_dir() or destination.endswith("/"))):
            return True
    if source.is_dir():
        pairs = [(path, target / path.relative_to(source)) for path in source.rglob("*")]
    else:
        into = destination.endswith("/") or target.is_dir()
        pairs = [(source, target / source.name if into else target)]
    return any(there.is_symlink() or (there.exists() and there.is_dir() != path.is_dir()) for path, there in pairs)
