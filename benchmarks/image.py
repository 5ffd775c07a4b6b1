"""`measure` on a built image of 2 GB, against `tar -tf` and `sha256sum` of it.

    python benchmarks/image.py [--bytes N] [--rounds N] [--directory DIRECTORY] [--packing plain|gzip|mixed|zstd]...

The archives are as `docker save` writes them, always the same: six layers of files as distributions, node_modules and
data sets have them, the sizes log-normal with some big ones, the content as compressible as compiled code. With
`mixed` every second layer is compressed. Printed are the median times, run in alternation, their ratio, and the peak
memory of Fairlead; `tar -t` of the layers themselves is given for comparison. Needs Linux.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import random
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

LAYERS = 6
SAMPLE = 4 << 20
MEASURE = """\
import sys
from pathlib import Path
from fairlead.analysis.measured import measure
found = measure(Path(sys.argv[1]))
# getrusage would count what this script holds before it becomes the child
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(sum(len(layer.changes) for layer in found.layers), found.bytes, found.wasted_bytes, peak)
"""
HASH = """\
import hashlib, sys
with open(sys.argv[1], "rb", buffering=0) as file:
    print(hashlib.file_digest(file, "sha256").hexdigest())
"""


def main(arguments: Sequence[str]) -> int:
    """Make the archives, measure and print."""
    parser = argparse.ArgumentParser(description="Measuring a built image.")
    parser.add_argument("--bytes", type=int, default=2_000_000_000, help="of each archive, about")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--packing", action="append", choices=("plain", "gzip", "mixed", "zstd"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.directory or Path(temporary)
        for packing in options.packing or ("plain", "mixed", "gzip"):
            path = directory / f"{packing}-{options.bytes}.tar"
            if not path.exists():
                make(path, packing, options.bytes)
            report(path, packing, options.rounds)
    return 0


def report(path: Path, packing: str, rounds: int) -> None:
    """Measure one archive and print."""
    walls: dict[str, list[float]] = {}
    processors: dict[str, list[float]] = {}
    commands = {
        "tar": ["tar", "-tf", str(path)],
        "sha256sum": ["sha256sum", str(path)],
        "OpenSSL": [sys.executable, "-c", HASH, str(path)],
        "fairlead": [sys.executable, "-c", MEASURE, str(path)],
    }
    for _ in range(rounds):
        for name, command in commands.items():
            start, used = time.perf_counter(), processor_time()
            out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            walls.setdefault(name, []).append(time.perf_counter() - start)
            processors.setdefault(name, []).append(processor_time() - used)
    entries, total, wasted, peak = map(int, out.split())
    start = time.perf_counter()
    list_layers(path)
    layers = time.perf_counter() - start
    print(f"{packing}: {path.stat().st_size:,} bytes, {entries:,} paths, {total:,} bytes of files, {wasted:,} wasted")
    for what, times in (("wall", walls), ("processor", processors)):
        tar, digest, openssl, fairlead = (statistics.median(taken) for taken in times.values())
        print(
            f"  {what} time: tar -tf {tar:.2f} s + sha256sum {digest:.2f} s (OpenSSL's SHA-256 {openssl:.2f} s);",
            end="",
        )
        print(f" fairlead {fairlead:.2f} s, {fairlead / (tar + digest):.2f} times ({fairlead / (tar + openssl):.2f})")
    print(f"  peak memory {peak / 1024:.0f} MiB; wall time of tar -t of each layer {layers:.2f} s", flush=True)


def processor_time() -> float:
    """What the children have used until now, seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def list_layers(path: Path) -> None:
    """What a person would do to see the paths of the layers."""
    with tarfile.open(path) as archive:
        names = [info.name for info in archive if info.name.endswith("/layer.tar")]
    for name in names:
        take = subprocess.Popen(["tar", "-xOf", str(path), name], stdout=subprocess.PIPE)
        packed = magic(path, name)
        flags = {b"\x1f\x8b": "-tzf", b"\x28\xb5": "--zstd -tf"}.get(packed, "-tf")
        subprocess.run(["tar", *flags.split(), "-"], stdin=take.stdout, stdout=subprocess.DEVNULL, check=True)
        take.wait()


def magic(path: Path, name: str) -> bytes:
    """The first two bytes of a member."""
    with tarfile.open(path) as archive:
        member = archive.extractfile(name)
        assert member is not None
        return member.read(2)


def make(path: Path, packing: str, size: int) -> None:
    """Write the image of about so many bytes."""
    chance = random.Random(4)
    sample = compiled_code(chance)
    names: list[str] = []
    diff_ids: list[str] = []
    with tarfile.open(path, "w") as image:
        for number in range(LAYERS):
            name = f"{number:064x}/layer.tar"
            packed = {"plain": "", "mixed": ("", "gzip")[number % 2]}.get(packing, packing)
            with tempfile.TemporaryFile(dir=path.parent) as layer:
                diff_ids.append(write_layer(layer, chance, sample, size // LAYERS, number, packed))
                info = tarfile.TarInfo(name)
                info.size = layer.tell()
                layer.seek(0)
                image.addfile(info, layer)
            names.append(name)
        config = {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": f"RUN /bin/sh -c make step-{number} # buildkit"} for number in range(LAYERS)],
        }
        documents = {
            "config.json": config,
            "manifest.json": [{"Config": "config.json", "RepoTags": ["bench:1"], "Layers": names}],
        }
        for name, document in documents.items():
            data = json.dumps(document).encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            image.addfile(info, io.BytesIO(data))


def compiled_code(chance: random.Random) -> bytes:
    """Bytes that gzip makes about 2.6 times smaller, as it does with what is in /usr of a distribution."""
    words = [chance.randbytes(chance.randint(4, 20)) for _ in range(4_000)]
    parts = []
    have = 0
    while have < SAMPLE:
        known = chance.random() < 0.85
        part = words[min(int(chance.expovariate(1 / 400)), len(words) - 1)] if known else chance.randbytes(3)
        parts.append(part)
        have += len(part)
    return b"".join(parts)


def write_layer(
    out: io.BufferedRandom, chance: random.Random, sample: bytes, size: int, number: int, packing: str
) -> str:
    """Write a layer until it has so many bytes as stored; its diff ID."""
    digest = hashlib.sha256()

    class Tee:
        """Takes the archive in."""

        def __init__(self, to: object) -> None:
            self.to = to

        def write(self, data: bytes) -> int:
            digest.update(data)
            self.to.write(data)  # type: ignore[attr-defined]
            return len(data)

    if packing == "gzip":
        to: object = gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0)
    elif packing == "zstd":
        import zstandard

        to = zstandard.ZstdCompressor(level=3).stream_writer(out, closefd=False)
    else:
        to = out
    with tarfile.open(fileobj=Tee(to), mode="w|") as archive:  # type: ignore[call-overload]
        for path, length in paths(chance, number):
            if out.tell() >= size:
                break
            info = tarfile.TarInfo(path)
            if length < 0:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
                continue
            info.size = length
            archive.addfile(info, io.BytesIO(content(chance, sample, length)))
    if to is not out:
        to.close()  # type: ignore[attr-defined]
    return "sha256:" + digest.hexdigest()


def paths(chance: random.Random, number: int) -> Iterator[tuple[str, int]]:
    """Paths with their sizes, -1 for a directory; some are those of the layer below, some are deleted from it."""
    for at in range(10_000_000):
        directory = f"usr/lib/package-{at // 40 % 3_000:04d}/module-{number - at % 7 // 6}"
        if at % 40 == 0:
            yield directory, -1
        if at % 500 == 1 and number:
            yield f"usr/lib/package-{at // 40 % 3_000:04d}/module-{number - 1}/.wh.file-{at % 40 - 1:02d}.py", 0
        length = int(chance.lognormvariate(8.3, 1.6))
        if at % 1_500 == 7:
            length = chance.randint(1 << 20, 40 << 20)
        yield f"{directory}/file-{at % 40:02d}.py", length


def content(chance: random.Random, sample: bytes, length: int) -> bytes:
    """So many bytes from anywhere in the sample."""
    parts = []
    while length > 0:
        start = chance.randrange(len(sample) - 1)
        part = sample[start : start + length]
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
