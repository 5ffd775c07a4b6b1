"""Every format in which an image comes gives the same layers."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from tests.image import archives, unpacking
from tests.image.archives import (
    PACKINGS,
    Picture,
    directory,
    file,
    hardlink,
    history,
    layout,
    opaque,
    saved,
    saved_formerly,
    symlink,
    tar,
    whiteout,
    write_directory,
    write_tar,
)

from fairlead.analysis.contents import Layer
from fairlead.analysis.measured import Measured, measure
from fairlead.image import ImageError

BASE = tar(
    directory("etc"),
    file("etc/passwd", 900),
    directory("data", mode=0o700, uid=7, gid=8),
    file("data/big", 5000),
    file("data/small", 30),
    directory("old"),
    file("old/a", 60),
    file("old/b", 70),
    symlink("lib", "usr/lib"),
    hardlink("data/again", "data/big"),
)
MIDDLE = tar(
    file("data/small", 30, mode=0o600), whiteout("data/big"), directory("old"), opaque("old"), file("old/c", 5)
)
TOP = tar(file("app/main.py", 400, uid=1000, gid=1000), file("app/" + "n" * 150, 8), whiteout("etc/passwd"))
LAYERS = (BASE, MIDDLE, TOP)
HISTORY = history(
    "/bin/sh -c #(nop) ADD file:0b in / ", "-CMD x", "RUN /bin/sh -c make # buildkit", "COPY . /app # buildkit"
)
WRITERS = {"formerly": saved_formerly, "saved": saved, "layout": layout}


def seen(layer: Layer) -> tuple[object, ...]:
    return layer.instruction, layer.bytes, layer.confidence, layer.changes, layer.wasted, layer.notes


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    path = tmp_path_factory.mktemp("expected") / "image.tar"
    return measure(write_tar(path, saved_formerly(Picture(LAYERS, history=HISTORY))))


def test_what_the_layers_hold(expected: Measured) -> None:
    base, middle, top = expected.layers
    assert expected.names == ("app:1.0",)
    assert (expected.platform, expected.notes) == ("linux/amd64", ())
    assert [layer.instruction for layer in expected.layers] == ["ADD file:0b in /", "RUN make", "COPY . /app"]
    assert [(layer.bytes, layer.confidence) for layer in expected.layers] == [
        (6060, "exact"),
        (35, "exact"),
        (408, "exact"),
    ]
    paths = {change.path: change for change in base.changes}
    assert (paths["data"].type, paths["data"].mode, paths["data"].uid, paths["data"].gid) == ("dir", 0o700, 7, 8)
    assert (paths["lib"].type, paths["lib"].target, paths["lib"].bytes) == ("symlink", "usr/lib", 0)
    assert (paths["data/again"].type, paths["data/again"].target, paths["data/again"].bytes) == (
        "hardlink",
        "data/big",
        0,
    )
    assert [(change.path, change.change, change.type) for change in middle.changes] == [
        ("data/big", "deleted", "file"),
        ("data/small", "modified", "file"),
        ("old", "deleted", "dir"),
        ("old", "added", "dir"),
        ("old/c", "added", "file"),
    ]
    assert top.changes[0].path == "app/main.py"
    assert top.changes[1].path == "app/" + "n" * 150
    # the other name of data/big is still there
    assert {(waste.path, waste.bytes, waste.by, waste.how) for waste in base.wasted} == {
        ("data/small", 30, 1, "changed"),
        ("old/a", 60, 1, "deleted"),
        ("old/b", 70, 1, "deleted"),
        ("etc/passwd", 900, 2, "deleted"),
    }


def test_totals_are_those_of_tarfile_and_of_the_unpacked_files(expected: Measured, tmp_path: Path) -> None:
    for layer in LAYERS:
        unpacking.unpack(tmp_path, layer)
    assert expected.bytes == archives.listed(LAYERS)
    assert expected.bytes - expected.wasted_bytes == sum(unpacking.files(tmp_path).values())


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("writer", WRITERS)
def test_archives(expected: Measured, tmp_path: Path, writer: str, packing: str) -> None:
    files = WRITERS[writer](Picture(LAYERS, history=HISTORY, packing=packing))
    found = measure(write_tar(tmp_path / "image.tar", files))
    assert list(map(seen, found.layers)) == list(map(seen, expected.layers))
    assert (found.names, found.platform, found.notes) == (("app:1.0",), "linux/amd64", ())


@pytest.mark.parametrize("whole", ["gzip", "gzip members", "zstd", "zstd frames"])
@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("writer", WRITERS)
def test_archives_compressed_as_a_whole(
    expected: Measured, tmp_path: Path, writer: str, packing: str, whole: str
) -> None:
    files = WRITERS[writer](Picture(LAYERS, history=HISTORY, packing=packing))
    found = measure(write_tar(tmp_path / "image", files, whole))
    assert list(map(seen, found.layers)) == list(map(seen, expected.layers))


@pytest.mark.parametrize("writer", WRITERS)
def test_directories(expected: Measured, tmp_path: Path, writer: str) -> None:
    found = measure(write_directory(tmp_path, WRITERS[writer](Picture(LAYERS, history=HISTORY, packing="gzip"))))
    assert list(map(seen, found.layers)) == list(map(seen, expected.layers))


@pytest.mark.parametrize("prefix", ["./", "/"])
def test_names_of_members_with_a_prefix(expected: Measured, tmp_path: Path, prefix: str) -> None:
    found = measure(write_tar(tmp_path / "image.tar", layout(Picture(LAYERS, history=HISTORY)), prefix=prefix))
    assert list(map(seen, found.layers)) == list(map(seen, expected.layers))


@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_a_layer_that_is_shared_stands_there_as_a_link(tmp_path: Path, packing: str) -> None:
    """`docker save` before version 25: the second folder has a link to the first one's layer."""
    files = saved_formerly(Picture([BASE, BASE]))
    first, second = [name for name in files if name.endswith("layer.tar")]
    members = [symlink(name, "../" + first) if name == second else file(name, data) for name, data in files.items()]
    path = tmp_path / "image.tar"
    path.write_bytes(PACKINGS[packing](tar(*members)))
    below, above = measure(path).layers
    assert below.bytes == above.bytes == 6060
    assert {change.change for change in above.changes if change.type != "dir"} == {"modified"}
    assert below.wasted_bytes == 6060


@pytest.mark.parametrize("variant", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_formats_of_tar(tmp_path: Path, variant: int) -> None:
    long = "/".join(["directory"] * 12) + "/" + "f" * 60
    members = [file(long, 3), file("a" * 99, 4), directory("d" * 60 + "/" + "e" * 60), symlink("l", "t" * 90)]
    if variant != tarfile.USTAR_FORMAT:
        members += [file("x" * 300, 5), symlink("s", "y" * 300), file("ü/日本", 6, uid=3_000_000, gid=2**31)]
    (layer,) = measure(write_tar(tmp_path / "i.tar", layout(Picture([tar(*members, variant=variant)])))).layers
    found = {change.path: change for change in layer.changes}
    assert {path: change.bytes for path, change in found.items() if change.type == "file"} == {
        info.name: info.size for info, _ in members if info.isreg()
    }
    assert {change.target for change in found.values() if change.type == "symlink"} == {
        info.linkname for info, _ in members if info.issym()
    }
    assert "d" * 60 + "/" + "e" * 60 in found
    if variant != tarfile.USTAR_FORMAT:
        assert (found["ü/日本"].uid, found["ü/日本"].gid) == (3_000_000, 2**31)


def test_undecodable_names_are_kept(tmp_path: Path) -> None:
    layer = tar(file("caf\udce9", 3), variant=tarfile.GNU_FORMAT)
    (found,) = measure(write_tar(tmp_path / "i.tar", layout(Picture([layer])))).layers
    assert [change.path for change in found.changes] == ["caf\udce9"]


def test_sparse_files_count_with_their_holes(tmp_path: Path) -> None:
    """GNU's own sparse format, and the three of PAX, as GNU tar writes them."""
    content = tmp_path / "content"
    content.mkdir()
    with (content / "sparse").open("wb") as out:
        out.write(b"a" * 5000)
        out.truncate(3_000_000)
        for at in range(100_000, 2_000_000, 100_000):
            out.seek(at)
            out.write(b"b" * 100)
    (content / "z").write_bytes(b"c" * 77)
    if shutil.which("tar") is None:
        pytest.skip("needs tar")
    for number, options in enumerate(
        ["--format=gnu", *(f"--format=pax --sparse-version={version}" for version in ("0.0", "0.1", "1.0"))]
    ):
        command = ["tar", "-C", str(content), *options.split(), "--sparse", "-cf", "-", "sparse", "z"]
        made = subprocess.run(command, capture_output=True, check=False)
        if made.returncode:
            pytest.skip("needs GNU tar: " + made.stderr.decode())
        (layer,) = measure(write_tar(tmp_path / f"{number}.tar", layout(Picture([made.stdout])))).layers
        assert {change.path: change.bytes for change in layer.changes} == {"sparse": 3_000_000, "z": 77}


ARM = tar(file("arm", 10))
AMD = tar(file("amd", 20))
RISC = tar(file("risc", 30))


def platforms(*names: str) -> list[Picture]:
    layers = {"linux/amd64": AMD, "linux/arm64": ARM}
    return [Picture([layers.get(name, RISC)], platform=name) for name in names]


@pytest.mark.parametrize("nested", [0, 1, 3])
@pytest.mark.parametrize(
    ("asked", "found", "size"),
    [
        (None, "linux/amd64", 20),
        ("linux/amd64", "linux/amd64", 20),
        ("linux/x86_64", "linux/amd64", 20),
        ("linux/arm64", "linux/arm64", 10),
        ("linux/arm64/v8", "linux/arm64", 10),
        ("aarch64", "linux/arm64", 10),
        ("linux/arm/v7", "linux/arm/v7", 30),
        ("linux/arm", "linux/arm/v7", 30),
    ],
)
def test_platforms(tmp_path: Path, nested: int, asked: str | None, found: str, size: int) -> None:
    files = layout(*platforms("linux/arm64", "linux/arm/v7", "linux/amd64"), nested=nested)
    measured = measure(write_tar(tmp_path / "image.tar", files), asked)
    assert (measured.platform, measured.bytes) == (found, size)


def test_the_only_platform_is_the_default(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "image.tar", layout(*platforms("linux/riscv64")))
    assert measure(path).platform == "linux/riscv64"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("linux/s390x", "holds no image for linux/s390x; there is linux/arm64, linux/riscv64"),
        ("linux/arm/v5", "holds no image for linux/arm/v5; there is linux/arm64, linux/riscv64"),
        (None, "holds no image for linux/amd64, and no platform is chosen; there is linux/arm64, linux/riscv64"),
    ],
)
def test_a_platform_that_is_not_there(tmp_path: Path, asked: str | None, message: str) -> None:
    path = write_tar(tmp_path / "image.tar", layout(*platforms("linux/arm64", "linux/riscv64")))
    with pytest.raises(ImageError) as caught:
        measure(path, asked)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize("asked", ["", "amiga", "linux/", "a/b/c/d", "linux/arm 64"])
def test_what_is_no_platform(tmp_path: Path, asked: str) -> None:
    path = write_tar(tmp_path / "image.tar", layout(*platforms("linux/amd64")))
    with pytest.raises(ImageError, match="not a platform"):
        measure(path, asked)


def test_attestations_are_no_image(tmp_path: Path) -> None:
    files = layout(*platforms("linux/arm64", "unknown/unknown"))
    assert measure(write_tar(tmp_path / "image.tar", files)).platform == "linux/arm64"


def test_platforms_that_were_never_pulled(tmp_path: Path) -> None:
    """`docker save` of one platform of many: the index names them all."""
    files = layout(*platforms("linux/amd64", "linux/arm64"), nested=1)
    arm = archives.manifest({}, platforms("linux/arm64")[0])
    del files[archives.blob(arm)]
    path = write_tar(tmp_path / "image.tar", files)
    assert measure(path).platform == "linux/amd64"
    with pytest.raises(ImageError, match=r"no image for linux/arm64; there is linux/amd64"):
        measure(path, "linux/arm64")


@pytest.mark.parametrize("writer", WRITERS)
def test_several_images(tmp_path: Path, writer: str) -> None:
    pictures = [Picture([AMD], tags=["a:1", "a:latest"]), Picture([ARM], tags=["registry.example:5000/b:1"])]
    path = write_tar(tmp_path / "image.tar", WRITERS[writer](*pictures))
    with pytest.raises(ImageError) as caught:
        measure(path)
    assert str(caught.value) == (
        f"{path}: holds several images for linux/amd64: a:1, registry.example:5000/b:1; name one as in {path}:a:1"
    )
    assert measure(path, name="a:latest").bytes == 20
    assert measure(path, name="b:1").names == ("registry.example:5000/b:1",)
    assert measure(Path(f"{path}:b:1")).bytes == 10
    with pytest.raises(ImageError, match=r"holds no image c:1, but a:1, registry.example:5000/b:1"):
        measure(path, name="c:1")


def test_several_tags_of_one_image(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "image.tar", layout(Picture([AMD], tags=["a:1", "a:latest"])))
    assert measure(path).names == ("a:1", "a:latest")


@pytest.mark.parametrize("build", [saved, layout])
def test_names_of_containerd(tmp_path: Path, build: Callable[[Picture], archives.Files]) -> None:
    """It writes the name in full beside the tag; `docker save` has the name that people type, too."""
    files = build(Picture([AMD]))
    index = json.loads(files["index.json"])
    index["manifests"][0]["annotations"] = {
        "io.containerd.image.name": "docker.io/library/app:1.0",
        "org.opencontainers.image.ref.name": "1.0",
    }
    files["index.json"] = json.dumps(index).encode()
    path = write_tar(tmp_path / "image.tar", files)
    assert measure(path).names == (("app:1.0",) if build is saved else ("docker.io/library/app:1.0",))
    for name in ("1.0", "app:1.0", "docker.io/library/app:1.0"):
        assert measure(path, name=name).bytes == 20


def test_names_of_an_index_within_an_index(tmp_path: Path) -> None:
    files = layout(*platforms("linux/amd64", "linux/arm64"), nested=1)
    assert measure(write_tar(tmp_path / "image.tar", files)).names == ("app:1.0",)


@pytest.mark.parametrize("layers", [0, 1])
def test_images_of_nothing(tmp_path: Path, layers: int) -> None:
    found = measure(write_tar(tmp_path / "image.tar", saved(Picture([tar()] * layers))))
    assert [(layer.bytes, layer.changes) for layer in found.layers] == [(0, ())] * layers
    assert found.bytes == 0


def test_a_history_that_does_not_fit(tmp_path: Path) -> None:
    found = measure(write_tar(tmp_path / "image.tar", saved(Picture([AMD, ARM], history=history("RUN one")))))
    assert [layer.instruction for layer in found.layers] == ["", ""]
    assert found.notes == ("the history tells of 1 layers, the image has 2: no instruction is known",)


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_wrong_digest_is_noted(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    files = layout(Picture([AMD], packing="gzip"))
    name = next(name for name, data in files.items() if data[:2] == b"\x1f\x8b")
    files[name] = compress(ARM)
    (layer,) = measure(write_tar(tmp_path / "image.tar", files)).layers
    assert layer.bytes == 10
    assert "the layer does not have the digest that the manifest says" in layer.notes
    assert layer.confidence == "exact"


def test_a_document_with_a_wrong_digest_is_noted(tmp_path: Path) -> None:
    picture = Picture([AMD])
    files = layout(picture)
    files[archives.blob(picture.config)] = Picture([AMD], history=history("RUN x")).config
    found = measure(write_tar(tmp_path / "image.tar", files))
    assert len(found.notes) == 1
    assert found.notes[0].endswith("does not have that digest")


@pytest.mark.parametrize("writer", [saved, layout])
def test_foreign_layers_are_left_out(tmp_path: Path, writer: Callable[[Picture], archives.Files]) -> None:
    """Windows base layers may not be passed on: the archive names them only."""
    picture = Picture([AMD, ARM], platform="windows/amd64")
    files = writer(picture)
    del files[archives.blob(AMD)]
    foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    for name, data in list(files.items()):
        if not data.startswith((b"{", b"[")):
            continue
        document = json.loads(data)
        if isinstance(document, dict) and "layers" in document:
            document["layers"][0] |= {"mediaType": foreign, "urls": ["https://example.com/layer"]}
        elif isinstance(document, list):
            document[0]["LayerSources"] = {archives.digest(AMD): {"mediaType": foreign, "size": 5, "digest": "x"}}
        files[name] = json.dumps(document).encode()
    found = measure(write_tar(tmp_path / "image.tar", files), "windows/amd64")
    below, above = found.layers
    assert (below.bytes, below.confidence, below.changes) == (None, "unknown", ())
    assert below.notes == (f"the layer is not in the archive: {foreign}",)
    assert (above.bytes, above.confidence) == (10, "exact")
    assert found.bytes == 10


def test_without_isal(tmp_path: Path, expected: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no wheel of it, zlib does the same."""
    monkeypatch.setitem(sys.modules, "isal", None)
    for packing in ("gzip", "gzip members"):
        path = write_tar(tmp_path / "image.tar", layout(Picture(LAYERS, history=HISTORY, packing=packing)), packing)
        assert list(map(seen, measure(path).layers)) == list(map(seen, expected.layers))
