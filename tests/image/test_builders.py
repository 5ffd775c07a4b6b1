"""Images by umoci, skopeo and buildah: the same totals as tar and du, and every layer at its line."""

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


BUILT = """\
FROM scratch AS base
COPY busybox /bin/sh
FROM base
WORKDIR /srv
COPY --chown=1000:1000 app ./app
RUN ["/bin/sh", "-c", "rm app/a.bin"]
ADD app/b /srv/
CMD ["sh"]
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An OCI layout that buildah made from a Dockerfile."""
    busybox = shutil.which("busybox")
    if shutil.which("buildah") is None or busybox is None:
        pytest.skip("needs buildah and busybox")
    root = tmp_path_factory.mktemp("buildah")
    context = root / "context"
    (context / "app").mkdir(parents=True)
    (context / "app" / "a.bin").write_bytes(b"a" * 30_000)
    (context / "app" / "b").write_bytes(b"b" * 21)
    shutil.copy(busybox, context / "busybox")
    (context / "Dockerfile").write_text(BUILT)
    buildah: list[str | Path] = [
        "buildah",
        "--root",
        root / "storage",
        "--runroot",
        root / "run",
        "--storage-driver",
        "vfs",
    ]
    words = [*buildah, "bud", "--isolation", "chroot", "--layers", "--tag", "app:1", context]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"buildah does not run here: {done.stderr[-300:]}")
    run(*buildah, "push", "app:1", f"oci:{root / 'layout'}:app:1")
    return root / "layout"


def test_buildah(built: Path) -> None:
    found = measure(built)
    model = build(parse(Source("Dockerfile", BUILT.encode())))
    layers = join(found.layers, model)
    busybox = Path(shutil.which("busybox") or "").stat().st_size
    assert [(layer.line, layer.stage, layer.bytes, layer.notes) for layer in layers] == [
        (2, "base", busybox, ()),
        (5, "1", 30_021, ()),
        (6, "1", 0, ()),
        (7, "1", 21, ()),
    ]
    assert [layer.bytes for layer in layers] == by_tar(built)
    assert [(change.uid, change.gid) for change in layers[1].changes if change.type == "file"] == [(1000, 1000)] * 2
    assert [(waste.path, waste.bytes, waste.by, waste.how) for waste in layers[1].wasted] == [
        ("srv/app/a.bin", 30_000, 2, "deleted")
    ]
    assert [change.path for change in layers[2].changes if change.change == "deleted"] == ["srv/app/a.bin"]
