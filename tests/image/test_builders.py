"""Images by umoci and skopeo: the same totals as tar and du."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead.analysis.contents import Layer
from fairlead.analysis.image_history import join
from fairlead.analysis.measured import measure
from fairlead.build.builder import build
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

DOCKERFILE = """\
FROM debian
COPY tree /data
RUN rm -r /data/sub
COPY other /data/more
"""


def run(*command: str | Path, given: bytes = b"") -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, input=given, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An OCI layout of four layers, made by umoci."""
    if shutil.which("umoci") is None:
        pytest.skip("needs umoci")
    root = tmp_path_factory.mktemp("umoci")
    tree, other, layout = root / "tree", root / "other", root / "layout"
    (tree / "sub").mkdir(parents=True)
    (tree / "a").write_bytes(b"a" * 1234)
    (tree / "again").hardlink_to(tree / "a")
    (tree / "link").symlink_to("a")
    (tree / ("n" * 200)).write_bytes(b"n" * 17)
    for number in range(50):
        (tree / "sub" / f"{number}.txt").write_bytes(b"s" * number * 100)
    other.mkdir()
    (other / "ü").write_bytes(b"o" * 999)
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:app")
    insert = ("umoci", "insert", "--rootless", "--image", f"{layout}:app", "--history.created_by")
    run(*insert, "/bin/sh -c #(nop) ADD file:1 in / ", other, "/base")
    run(*insert, "COPY tree /data # buildkit", tree, "/data")
    run(*insert, "RUN /bin/sh -c rm -r /data/sub # buildkit", "--whiteout", "/data/sub")
    run(*insert, "COPY other /data/more # buildkit", "--opaque", other, "/data/more")
    return layout


def by_tar(layout: Path) -> list[int]:
    """The bytes of each layer: the sum of the sizes that `tar -tv` lists."""
    index = json.loads((layout / "index.json").read_bytes())
    manifest = json.loads(blob(layout, index["manifests"][0]).read_bytes())
    sums = []
    for layer in manifest["layers"]:
        # umoci leaves out the mark of the end, which tar does not forgive
        data = gzip.decompress(blob(layout, layer).read_bytes()) + bytes(1024)
        listing = run("tar", "--numeric-owner", "-tvf", "-", given=data)
        sums.append(sum(int(line.split()[2]) for line in listing.splitlines() if line.startswith("-")))
    return sums


def blob(layout: Path, descriptor: dict[str, str]) -> Path:
    return layout / "blobs" / descriptor["digest"].replace(":", "/")


def test_totals(image: Path, tmp_path: Path) -> None:
    found = measure(image)
    assert (found.names, found.platform, found.notes) == (("app",), "linux/amd64", ())
    assert [layer.bytes for layer in found.layers] == by_tar(image)
    assert {layer.confidence for layer in found.layers} == {"exact"}
    assert not any(layer.notes for layer in found.layers)
    assert found.layers[1].wasted_bytes == sum(number * 100 for number in range(50))
    run("umoci", "unpack", "--rootless", "--image", f"{image}:app", tmp_path / "bundle")
    listing = run("du", "--apparent-size", "--block-size=1", "--all", tmp_path / "bundle" / "rootfs")
    sizes = [line.split("\t") for line in listing.splitlines()]
    files = sum(int(size) for size, path in sizes if Path(path).is_file() and not Path(path).is_symlink())
    assert found.bytes - found.wasted_bytes == files


def test_lines(image: Path) -> None:
    model = build(parse(Source("Dockerfile", DOCKERFILE.encode())))
    assert [(layer.line, layer.stage) for layer in join(measure(image).layers, model)] == [
        (None, ""),
        (2, "0"),
        (3, "0"),
        (4, "0"),
    ]


@pytest.mark.parametrize(
    ("to", "options"),
    [
        ("docker-archive:{}:app:1", ()),
        ("oci-archive:{}:app", ()),
        ("oci:{}:app", ("--dest-compress-format", "zstd")),
    ],
)
def test_formats_of_skopeo(image: Path, tmp_path: Path, to: str, options: tuple[str, ...]) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("needs skopeo")
    path = tmp_path / "copy"
    run("skopeo", "--insecure-policy", "copy", *options, f"oci:{image}:app", to.format(path))
    found = measure(path)
    assert list(map(seen, found.layers)) == list(map(seen, measure(image).layers))
    assert found.notes == ()


def seen(layer: Layer) -> tuple[object, ...]:
    return layer.instruction, layer.bytes, layer.confidence, layer.changes, layer.wasted, layer.notes
