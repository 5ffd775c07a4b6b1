"""Archives that are damaged or made to harm: one clear line or a note, never a traceback, never without end."""

from __future__ import annotations

import gzip
import json
import os
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from tests.image import archives
from tests.image.archives import (
    MANIFEST,
    Files,
    Picture,
    described,
    directory,
    encoded,
    file,
    hardlink,
    layout,
    manifest,
    member,
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
from fairlead.image import ImageError, bounds, reading, store
from fairlead.image import tar as tar_module

AMD = tar(file("amd", 20))


def measured(tmp_path: Path, *layers: bytes, packing: str = "plain") -> Measured:
    return measure(write_tar(tmp_path / "image.tar", layout(Picture(layers, packing=packing))))


def only(tmp_path: Path, *members: archives.Member) -> Layer:
    return measured(tmp_path, tar(*members)).layers[0]


def refused(path: Path, platform: str | None = None) -> str:
    """The one line that is said of an image that cannot be read."""
    with pytest.raises(ImageError) as caught:
        measure(path, platform)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert text.isprintable()
    return text.removeprefix(str(path))


def refused_layer(tmp_path: Path, layer: bytes) -> str:
    path = write_tar(tmp_path / "image.tar", layout(Picture([layer])))
    text = refused(path)
    start = f": layer 1 ({archives.digest(layer)[:19]}) "
    assert text.startswith(start)
    return text.removeprefix(start)


def paths(layer: Layer) -> dict[str, int | None]:
    return {change.path: change.bytes for change in layer.changes}


# what an entry may claim


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/../../b", "/../x", "./../y"])
def test_paths_that_lead_out(tmp_path: Path, name: str) -> None:
    layer = only(tmp_path, file(name, 10), file("ok", 3))
    assert paths(layer) == {"ok": 3} or name == "/../x"
    if name != "/../x":
        assert layer.notes == (f"an entry whose path leads out of the image, left out: {name}",)


@pytest.mark.parametrize("name", ["/etc/x", "//etc//x", "./etc/x", "etc/./x", "a/../etc/x", "etc/y/../x"])
def test_paths_are_cleaned(tmp_path: Path, name: str) -> None:
    assert paths(only(tmp_path, file(name, 10))) == {"etc/x": 10}


def test_the_root_itself_is_no_change(tmp_path: Path) -> None:
    assert paths(only(tmp_path, directory("./"), directory("/"), directory("."), file("a", 1))) == {"a": 1}


def test_links_that_lead_out_stay_inside(tmp_path: Path) -> None:
    """As in a container: nothing is above the root."""
    layer = only(
        tmp_path,
        directory("etc"),
        symlink("up", "../../../../etc"),
        symlink("abs", "/etc"),
        file("up/a", 1),
        file("abs/b", 2),
        symlink("f", "/etc/shadow"),
        hardlink("g", "../../etc/a"),
        hardlink("h", "/etc/a"),
    )
    found = paths(layer)
    assert (found["etc/a"], found["etc/b"], found["f"], found["h"]) == (1, 2, 0, 0)
    assert "g" not in found
    assert layer.notes == ("an entry that links out of the image, left out: g",)


def test_loops_of_links(tmp_path: Path) -> None:
    layer = only(tmp_path, symlink("a", "b"), symlink("b", "a"), symlink("c", "c/c"), file("a/x", 1), file("c/y", 2))
    assert set(paths(layer)) == {"a", "b", "c"}
    assert layer.notes == ("2 entries below what is no directory, or cannot be followed, left out: a/x, ...",)


def test_a_chain_of_links_that_doubles_ends(tmp_path: Path) -> None:
    """Each link leads twice through the next: 2 to the power of 60 steps."""
    links = [symlink(f"l{at}", f"l{at + 1}/../l{at + 1}") for at in range(60)]
    layer = only(tmp_path, directory("l60"), *links, file("l0/x", 1))
    assert "left out: l0/x" in layer.notes[0]


def test_steps_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fairlead.analysis import overlay

    monkeypatch.setattr(overlay, "_STEPS", 1000)
    monkeypatch.setattr(overlay, "_IMPLIED", 50)
    layer = only(tmp_path, file("/".join("d" * 60), 1), *(file(f"{at}/" + "a/b/c/d/e/f/g/h", 1) for at in range(300)))
    assert "cannot be followed" in layer.notes[0]
    assert len(layer.changes) < 200


def test_devices_and_pipes(tmp_path: Path) -> None:
    kinds = [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
    layer = only(tmp_path, *(member(f"dev/{at}", kind) for at, kind in enumerate(kinds)))
    assert [(change.type, change.bytes) for change in layer.changes] == [("other", 0)] * 3
    assert layer.bytes == 0


def test_an_entry_that_comes_twice(tmp_path: Path) -> None:
    layer = only(tmp_path, file("a", 10), file("b", 1), file("a", 4), directory("d"), directory("d", mode=0o700))
    assert paths(layer) == {"a": 4, "b": 1, "d": 0}
    assert layer.bytes == 5
    assert layer.changes[2].mode == 0o700
    assert layer.notes == ("an entry that a later one of the same path replaces, left out: a",)


def test_the_first_of_two_names_comes_twice(tmp_path: Path) -> None:
    """The other name keeps the former content."""
    layer = only(tmp_path, file("a", 10), hardlink("b", "a"), hardlink("c", "b"), file("a", 4))
    assert {change.path: (change.type, change.bytes, change.target) for change in layer.changes} == {
        "a": ("file", 4, ""),
        "b": ("file", 10, ""),
        "c": ("hardlink", 0, "b"),
    }
    assert layer.bytes == 14


def test_a_file_in_place_of_a_directory_of_the_same_layer(tmp_path: Path) -> None:
    layer = only(tmp_path, file("a/b/c", 10), hardlink("z", "a/b/c"), file("a", 1), file("a/d", 2))
    assert paths(layer) == {"a": 1, "z": 10}
    assert layer.notes == ("an entry below what is no directory, or cannot be followed, left out: a/d",)


def test_links_to_nothing_and_to_oneself(tmp_path: Path) -> None:
    layer = only(
        tmp_path, hardlink("a", "missing"), hardlink("b", "b"), directory("d"), hardlink("e", "d"), hardlink("f", "")
    )
    assert paths(layer) == {"d": 0}
    assert len(layer.notes) == 3


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", "d/.wh..."])
def test_whiteouts_of_nothing(tmp_path: Path, name: str) -> None:
    layer = measured(tmp_path, tar(file("d/x", 5)), tar(file(name))).layers[1]
    assert layer.changes == ()
    assert layer.notes == (f"an entry that hides nothing, left out: {name}",)


def test_a_whiteout_hides_nothing_of_its_own_layer(tmp_path: Path) -> None:
    below, above = measured(
        tmp_path, tar(file("a", 10), file("d/x", 20)), tar(file("a", 3), file("d/y", 4), whiteout("a"), opaque("d"))
    ).layers
    assert [(change.path, change.change) for change in above.changes] == [
        ("a", "deleted"),
        ("a", "added"),
        ("d", "deleted"),
        ("d", "added"),
        ("d/y", "added"),
    ]
    assert below.wasted_bytes == 30


def test_an_opaque_root(tmp_path: Path) -> None:
    below, above = measured(tmp_path, tar(file("a", 10), file("d/x", 20)), tar(opaque(""), file("n", 1))).layers
    assert [(change.path, change.change, change.type) for change in above.changes] == [
        ("a", "deleted", "file"),
        ("d", "deleted", "dir"),
        ("n", "added", "file"),
    ]
    assert below.wasted_bytes == 30


def test_an_opaque_directory_that_is_new(tmp_path: Path) -> None:
    layer = only(tmp_path, directory("d", mode=0o711), opaque("d"), file("d/x", 1), opaque("e"))
    assert [(change.path, change.change, change.mode) for change in layer.changes] == [
        ("d", "added", 0o711),
        ("d/x", "added", 0o644),
    ]


def test_what_aufs_leaves(tmp_path: Path) -> None:
    """Its own files do not count, but a file may have its only content there."""
    layer = only(
        tmp_path,
        directory(".wh..wh.aufs"),
        directory(".wh..wh.plnk"),
        file(".wh..wh.plnk/12.34", 50),
        hardlink("a", ".wh..wh.plnk/12.34"),
        hardlink("b", ".wh..wh.plnk/12.34"),
    )
    assert {change.path: (change.type, change.bytes, change.target) for change in layer.changes} == {
        "a": ("file", 50, ""),
        "b": ("hardlink", 0, "a"),
    }


def test_a_link_to_a_file_of_a_lower_layer(tmp_path: Path) -> None:
    below, above, top = measured(tmp_path, tar(file("z/f", 100)), tar(hardlink("a", "z/f")), tar(whiteout("z"))).layers
    assert [(change.path, change.type, change.bytes, change.target) for change in above.changes] == [
        ("a", "hardlink", 0, "z/f")
    ]
    assert above.bytes == 0
    assert below.wasted == ()
    assert [(change.path, change.type) for change in top.changes] == [("z", "dir")]


def test_a_link_that_sorts_before_its_file(tmp_path: Path) -> None:
    below, _ = measured(tmp_path, tar(file("z", 100), hardlink("a", "z")), tar(whiteout("z"))).layers
    assert below.wasted == ()
    below, *_ = measured(tmp_path, tar(file("z", 100), hardlink("a", "z")), tar(whiteout("z"), whiteout("a"))).layers
    assert below.wasted_bytes == 100


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (file("p", 9), directory("p"), "dir"),
        (file("p/q", 9), file("p", 1), "file"),
        (file("p", 9), symlink("p", "x"), "symlink"),
        (symlink("p", "x"), directory("p"), "dir"),
    ],
)
def test_a_path_of_another_type(tmp_path: Path, before: archives.Member, after: archives.Member, kind: str) -> None:
    below, above = measured(tmp_path, tar(before), tar(after)).layers
    assert [(change.path, change.change, change.type) for change in above.changes] == [("p", "modified", kind)]
    assert below.wasted_bytes == below.bytes


def test_names_with_control_characters_and_without_end(tmp_path: Path) -> None:
    layer = only(tmp_path, file("../\x1b[31m\n" + "x" * 3000), file("y" * 5000, 1), file("k\nl", 2))
    assert paths(layer) == {"k\nl": 2}
    assert all(note.isprintable() and len(note) < 250 for note in layer.notes)
    assert len(layer.notes) == 2


# damaged archives


def header(name: bytes = b"f", size: bytes = b"00000000012\0", kind: bytes = b"0", **fields: bytes) -> bytes:
    """A ustar header with a right checksum, whatever else is wrong."""
    block = bytearray(512)
    block[0 : len(name)] = name
    block[100:108] = fields.get("mode", b"0000644\0")
    block[108:124] = b"0000000\0" * 2
    block[124:136] = size
    block[136:148] = b"00000000000\0"
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def base256(number: int, width: int = 12) -> bytes:
    data = bytearray(number.to_bytes(width, "big", signed=True))
    data[0] |= 0x80
    return bytes(data)


def pax(records: bytes, kind: bytes = b"x") -> bytes:
    return header(size=b"%011o\0" % len(records), kind=kind) + records.ljust(-(-len(records) // 512) * 512, b"\0")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (b"no archive" * 100, "is not a tar archive"),
        (b"{}", "is not a tar archive"),
        (AMD[:1024] + b"short", "ends in the middle of a header"),
        (AMD[:520], "ends in the middle of a file"),
        (tar(file("f", 5000))[:2000], "ends in the middle of a file"),
        (AMD[:1024] + b"damage" * 200, "has a damaged header at byte 1,024"),
        (header(size=base256(-512)), "has an entry of -512 bytes"),
        (header(size=base256(-(2**90))), f"has an entry of {-(2**90)} bytes"),
        (header(size=base256(2**80)), f"has an entry of {2**80} bytes"),
        (header(size=b"-0000000777\0"), "has an entry of -511 bytes"),
        (header(size=b"zzzzzzzzzzz\0"), "has a number that is none in a header: b'zzzzzzzzzzz'"),
        (header(size=b"77777777777\0"), "ends in the middle of a file"),
        (header(size=base256(2**61)), "ends in the middle of a file"),
        (header(kind=b"L", size=base256(2**40)), f"has an extended header of {2**40} bytes"),
        (header(kind=b"x", size=base256(-5)), "has an extended header of -5 bytes"),
        (header(kind=b"x", size=b"00000001000\0"), "ends in the middle of an extended header"),
        (pax(b"11 path=ab\n"), "ends after an extended header"),
        (pax(b"99 path=a\n"), "has a damaged extended header"),
        (pax(b"0 path=a\n"), "has a damaged extended header"),
        (pax(b"-9 path=a\n"), "has a damaged extended header"),
        (pax(b"path"), "has a damaged extended header"),
        (pax(b"12 size=-5\n\n") + header(), "has an extended header with size='-5\\n'"),
        (pax(b"11 size=-5\n") + header(), "has an extended header with size='-5'"),
        (
            pax(b"31 size=1000000000000000000000\n") + header(),
            "has an extended header with size='1000000000000000000000'",
        ),
        (pax(b"27 GNU.sparse.realsize=-1\n"), "has a damaged extended header"),
        (gzip.compress(AMD)[:-20], "ends in the middle of gzip data"),
        (gzip.compress(AMD)[:30], "ends in the middle of gzip data"),
        (gzip.compress(os.urandom(9000))[:3000], "is not a tar archive"),
        (b"\x1f\x8b" + b"\xff" * 50, "damaged gzip data: "),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 50, "damaged zstd data: "),
        (b"BZh91AY&SY", "is compressed with bzip2: only gzip and zstd are read"),
        (b"\xfd7zXZ\x00\x00", "is compressed with xz: only gzip and zstd are read"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_damaged_layers(tmp_path: Path, layer: bytes, message: str) -> None:
    assert refused_layer(tmp_path, layer).startswith(message)


@pytest.mark.parametrize("packing", ["plain", "gzip", "zstd"])
def test_layers_cut_at_every_place(tmp_path: Path, packing: str) -> None:
    """What is missing is noticed."""
    whole = tar(file("a", 700), symlink("b", "x" * 200), file("c" * 120, 3))
    packed = archives.PACKINGS[packing](whole)
    picture = Picture([whole], packing=packing)
    files = layout(picture)
    for end in range(0, len(packed), 89 if packing == "plain" else 7):
        files[archives.blob(picture.blobs[0])] = packed[:end]
        try:
            (layer,) = measure(write_tar(tmp_path / "image.tar", files)).layers
        except ImageError as error:
            assert str(error).isprintable()
        else:
            assert layer.notes[0] == f"the layer is {end:,} bytes, not {len(packed):,} as the manifest says"


def test_every_changed_byte_is_harmless(tmp_path: Path) -> None:
    whole = bytearray(write_tar(tmp_path / "image.tar", saved(Picture([AMD], packing="gzip"))).read_bytes())
    path = tmp_path / "changed.tar"
    for at in range(0, len(whole), 61):
        before = whole[at]
        whole[at] ^= 0x55
        path.write_bytes(whole)
        whole[at] = before
        try:
            measure(path)
        except ImageError as error:
            assert str(error).isprintable()


@pytest.mark.parametrize("whole", ["plain", "gzip", "zstd"])
def test_archives_cut_at_many_places(tmp_path: Path, whole: str) -> None:
    files = saved_formerly(Picture([AMD], packing="gzip"))
    del files["repositories"]
    data = write_tar(tmp_path / "image.tar", files, whole).read_bytes()
    path = tmp_path / "cut.tar"
    # the end of a tar archive, and of what zstd makes of it, may be left out; a gzip stream ends with its checksum
    ends = len(data) if whole == "gzip" else len(data.rstrip(b"\0")) - 20
    for end in [*range(0, ends, 97), *range(ends - 60, ends)]:
        path.write_bytes(data[:end])
        refused(path)


def test_old_archives_without_an_end(tmp_path: Path) -> None:
    """Some writers leave out the zeros at the end, and sum signed bytes."""
    name = "\udcff\udce9".encode("utf-8", "surrogateescape")
    block = bytearray(header(name, size=b"00000000000\0"))
    signed = sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:]) + 256
    block[148:156] = b"%06o\0 " % signed
    (layer,) = measured(tmp_path, bytes(block)).layers
    assert paths(layer) == {"\udcff\udce9": 0}


def test_a_sparse_map_without_end(tmp_path: Path) -> None:
    block = bytearray(header(kind=b"S"))
    block[482] = 1
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert "endless map" in refused_layer(tmp_path, bytes(block) + b"\1" * 512 * 5)


def test_global_headers_count_for_nothing(tmp_path: Path) -> None:
    """As with the engines: what `git archive` writes at the start is not a file."""
    layer = pax(b"13 path=evil\n", kind=b"g") + AMD
    assert paths(measured(tmp_path, layer).layers[0]) == {"amd": 20}


# bombs


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds, small enough to be reached at once."""
    monkeypatch.setattr(bounds, "_LAYER_FLOOR", 1 << 20)
    monkeypatch.setattr(bounds, "_IMAGE_FLOOR", 2 << 20)
    monkeypatch.setattr(reading, "ENTRIES", 500)
    monkeypatch.setattr(reading, "NAMES_BYTES", 50_000)
    monkeypatch.setattr(tar_module, "HEADERS", 800)
    monkeypatch.setattr(store, "MEMBERS", 300)
    monkeypatch.setattr(store, "DOCUMENTS_BYTES", 30_000)


def bomb(size: int, *before: archives.Member) -> bytes:
    """A layer whose last file is all zeros."""
    return tar(*before, file("zeros", bytes(size)), file("behind", 1))


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_layer_that_unpacks_to_far_more(tmp_path: Path, small_bounds: None, packing: str) -> None:
    (layer,) = measured(tmp_path, bomb(3 << 20, file("a", 5)), packing=packing).layers
    # the header says how large the file is, though it is not read to its end
    assert paths(layer) == {"a": 5, "zeros": 3 << 20}
    assert layer.confidence == "unknown"
    assert layer.notes[0].startswith("the layer unpacks to more than 1,048,576 bytes, far more than what is stored; ")


@pytest.mark.parametrize("whole", ["plain", "gzip"])
def test_layers_that_unpack_to_far_more_together(tmp_path: Path, small_bounds: None, whole: str) -> None:
    bombs = [bomb(900_000, file(f"n{at}")) for at in range(6)]
    path = write_tar(tmp_path / "image", layout(Picture(bombs, packing="gzip")), whole)
    layers = measure(path).layers
    assert [layer.confidence for layer in layers] == ["exact"] * 3 + ["unknown"] * 3
    assert layers[5].notes == ("the layer is not read: those below it hold too much",)


def test_an_archive_that_unpacks_to_far_more(tmp_path: Path, small_bounds: None) -> None:
    path = write_tar(tmp_path / "image.tgz", {"zeros": bytes(3 << 20)}, "gzip")
    assert refused(path).startswith(" unpacks to more than 1,048,576 bytes, far more than what is stored")


def test_a_bomb_in_a_bomb(tmp_path: Path, small_bounds: None) -> None:
    """A layer may not unpack to more for being packed once more."""
    layer = gzip.compress(bomb(100 << 20))
    path = write_tar(tmp_path / "image.tgz", layout(Picture([layer])), "gzip")
    assert path.stat().st_size < 10_000
    (found,) = measure(path).layers
    assert found.notes[0].startswith("the layer unpacks to more than 2,097,152 bytes, ")


def test_layers_of_too_many_entries(tmp_path: Path, small_bounds: None) -> None:
    layers = measured(tmp_path, tar(*(file(str(at)) for at in range(600))), tar(file("more"))).layers
    assert [len(layer.changes) for layer in layers] == [501, 0]
    assert layers[0].notes[0].startswith("the layer has more than 500 entries, or too long names; ")


def test_layers_of_too_many_names(tmp_path: Path, small_bounds: None) -> None:
    (layer,) = measured(tmp_path, tar(*(file(f"{at:03}" * 300) for at in range(100)))).layers
    assert layer.confidence == "unknown"
    assert len(layer.changes) == 56


def test_layers_of_headers_alone(tmp_path: Path, small_bounds: None) -> None:
    (layer,) = measured(tmp_path, pax(b"11 path=ab\n") * 900).layers
    assert layer.notes[0].startswith("the layer has more than 800 headers; ")


def test_archives_of_too_many_files(tmp_path: Path, small_bounds: None) -> None:
    path = write_tar(tmp_path / "image.tar", {str(at): b"" for at in range(400)})
    assert refused(path) == " holds more than 300 files: not an image"


def test_documents_of_too_many_bytes(tmp_path: Path, small_bounds: None) -> None:
    path = write_tar(tmp_path / "image.tgz", {str(at): b"{" + bytes([65 + at]) * 9000 for at in range(9)}, "gzip")
    assert refused(path) == " holds more than 30,000 bytes of documents: not an image"


def test_a_document_that_is_too_large(tmp_path: Path) -> None:
    files = layout(Picture([AMD])) | {"index.json": b"[" + b" " * bounds.DOCUMENT_BYTES}
    assert refused(write_tar(tmp_path / "a.tar", files)).startswith(": index.json is too large for a document: ")
    assert refused(write_tar(tmp_path / "a.tgz", files, "gzip")).startswith(": index.json is too large")


def test_a_layer_that_is_named_thousands_of_times(tmp_path: Path) -> None:
    picture = Picture([AMD])
    files: Files = {}
    document = json.loads(manifest(files, picture))
    document["layers"] *= bounds.LAYERS + 1
    data = encoded(document)
    files |= {archives.blob(data): data, "index.json": encoded({"manifests": [described(data, MANIFEST)]})}
    assert refused(write_tar(tmp_path / "image.tar", files)) == ": the image has more than 4,096 layers"


def test_what_zstd_may_look_back_on_is_bounded(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = compressor.compress(AMD) + compressor.flush()
    assert refused_layer(tmp_path, data).startswith("damaged zstd data: ")


# documents


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (b"", ": index.json is not JSON: "),
        (b"nonsense", ": index.json is not JSON: "),
        (b"\xff\xfe", ": index.json is not JSON: "),
        (b"[" * 100_000, ": index.json is not JSON: nested too deeply"),
        (b'{"manifests": ' + b"9" * 5000 + b"}", ": index.json is not JSON: "),
        (b"[]", ": holds no image"),
        (b"{}", ": holds no image"),
        (b'{"manifests": {}}', ": holds no image"),
        (b'{"manifests": [1, null, "x"]}', ": '' is not a digest"),
        (b'{"manifests": [{"digest": "sha256:../../etc/passwd"}]}', ": 'sha256:../../etc/passwd' is not a digest"),
        (b'{"manifests": [{"digest": "sha1:' + b"0" * 64 + b'"}]}', ": 'sha1:"),
        (
            b'{"manifests": [{"digest": "sha256:' + b"0" * 64 + b'"}]}',
            ": the image for an unknown platform is named, but left out of the archive",
        ),
    ],
)
@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_indexes_that_are_none(tmp_path: Path, index: bytes, message: str, packing: str) -> None:
    path = write_tar(tmp_path / "image.tar", {"oci-layout": b"{}", "index.json": index}, packing)
    assert refused(path).startswith(message)


def test_indexes_in_a_circle(tmp_path: Path) -> None:
    """Without right digests an index can name itself."""
    first, second = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    files = {
        "index.json": encoded({"manifests": [{"digest": first}]}),
        "blobs/sha256/" + "1" * 64: encoded({"manifests": [{"digest": second}, {"digest": first}]}),
        "blobs/sha256/" + "2" * 64: encoded({"manifests": [{"digest": first}]}),
    }
    assert refused(write_tar(tmp_path / "image.tar", files)) == ": holds no image"


def test_indexes_within_indexes(tmp_path: Path) -> None:
    files = layout(Picture([AMD]), nested=20)
    assert refused(write_tar(tmp_path / "image.tar", files)) == ": indexes within indexes, more than 8 deep"


def test_indexes_that_name_thousands(tmp_path: Path) -> None:
    items = [{"digest": f"sha256:{at:064x}"} for at in range(2000)]
    path = write_tar(tmp_path / "image.tar", {"index.json": encoded({"manifests": items})})
    assert refused(path) == ": names more than 1,000 manifests"


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (3, ": holds no image"),
        ({}, ": holds no image"),
        ([{}], ": manifest.json names the configuration '', which is missing"),
        ([{"Config": "../c.json"}], ": manifest.json names the configuration '', which is missing"),
        ([{"Config": "/etc/passwd"}], ": manifest.json names the configuration '', which is missing"),
        ([{"Config": "n.json"}], ": manifest.json names the configuration 'n.json', which is missing"),
        ([{"Config": "c.json", "Layers": ["x/layer.tar"]}], ": layer 1 (x/layer.tar) is missing"),
        ([{"Config": "c.json", "Layers": ["../../x"]}], ": layer 1 (without a name) is missing"),
        ([{"Config": "c.json", "Layers": [None]}], ": layer 1 (without a name) is missing"),
        ([{"Config": "c.json", "Layers": ["a\0b"]}], ": layer 1 (without a name) is missing"),
    ],
)
def test_manifests_of_docker_save_that_are_none(tmp_path: Path, items: object, message: str) -> None:
    files = {"c.json": encoded({"os": "linux", "architecture": "amd64"}), "manifest.json": encoded(items)}
    assert refused(write_tar(tmp_path / "image.tar", files)) == message


def test_a_layer_that_is_missing(tmp_path: Path) -> None:
    files = layout(Picture([AMD]))
    del files[archives.blob(AMD)]
    assert refused(write_tar(tmp_path / "image.tar", files)).endswith(") is missing")
    assert refused(write_directory(tmp_path / "image", files)).endswith(") is missing")


def test_a_configuration_that_is_missing_or_none(tmp_path: Path) -> None:
    picture = Picture([AMD])
    files = layout(picture)
    config = archives.blob(picture.config)
    assert "is not a JSON object" in refused(write_tar(tmp_path / "i.tar", files | {config: b"[1]"}))
    del files[config]
    assert refused(write_tar(tmp_path / "image.tar", files)).endswith(" of an image is missing")


@pytest.mark.parametrize(
    "change",
    [
        {"history": 3},
        {"history": [3, None, {"created_by": 5, "empty_layer": "yes"}]},
        {"rootfs": []},
        {"rootfs": {"diff_ids": {}}},
        {"os": 3, "architecture": None},
        {"variant": ["x"]},
    ],
)
def test_configurations_with_nonsense(tmp_path: Path, change: dict[str, object]) -> None:
    picture = Picture([AMD], extra=change)
    assert measure(write_tar(tmp_path / "image.tar", saved_formerly(picture))).bytes == 20


def test_what_is_kept_in_layouts_but_is_no_image(tmp_path: Path) -> None:
    """A chart, say."""
    chart = Picture([AMD])
    files = layout(chart)
    config = encoded({"name": "chart"})
    document = encoded({"config": described(config, "application/vnd.example+json"), "layers": []})
    index = {"manifests": [described(document, MANIFEST)]}
    files |= {archives.blob(config): config, archives.blob(document): document, "index.json": encoded(index)}
    assert refused(write_tar(tmp_path / "image.tar", files)) == ": holds no image"


# what is no image


def test_what_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert refused(path) == ": no such file or directory"
    path.write_bytes(b"")
    assert refused(path) == " is empty"
    path.write_text("FROM debian\n" * 100)
    assert refused(path) == " is not a tar archive"
    path.write_bytes(b"short")
    assert refused(path) == " is not a tar archive"
    path.write_bytes(gzip.compress(b"FROM debian\n" * 100))
    assert refused(path) == " is not a tar archive"
    path.write_bytes(b"\xfd7zXZ\x00\x00" + bytes(40))
    assert refused(path) == " is compressed with xz: only gzip and zstd are read"
    path.write_bytes(tar(file("etc/passwd", 5)))
    assert refused(path).startswith(": holds neither index.json nor manifest.json: not an image")
    path.write_bytes(bytes(10240))
    assert refused(path).startswith(": holds neither index.json nor manifest.json: not an image")
    (tmp_path / "directory").mkdir()
    assert refused(tmp_path / "directory").startswith(": holds neither")


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert refused(path) == ": not a file or a directory"
    files = layout(Picture([AMD]))
    write_directory(tmp_path / "layout", files)
    part = tmp_path / "layout" / archives.blob(AMD)
    part.unlink()
    os.mkfifo(part)
    assert refused(tmp_path / "layout").endswith(") is missing")


def test_links_of_a_layout(tmp_path: Path) -> None:
    path = write_directory(tmp_path / "layout", layout(Picture([AMD])))
    part = path / archives.blob(AMD)
    part.rename(path / "layer")
    part.symlink_to("../../layer")
    assert measure(path).bytes == 20
    (path / "layer").rename(tmp_path / "outside")
    part.unlink()
    part.symlink_to(tmp_path / "outside")
    assert refused(path).endswith(" is a link that leads out of the directory")
    part.unlink()
    part.symlink_to(part.name)
    assert refused(path).endswith(") is missing")


def test_links_within_an_archive(tmp_path: Path) -> None:
    config = encoded({"os": "linux", "architecture": "amd64"})
    items = encoded([{"Config": "c.json", "RepoTags": None, "Layers": ["l"]}])
    for target in ("l", "m", "/etc/passwd", "../../../etc/passwd"):
        path = tmp_path / "image.tar"
        path.write_bytes(
            tar(file("c.json", config), file("manifest.json", items), symlink("l", target), symlink("m", "l"))
        )
        assert refused(path) == ": layer 1 (l) is missing"


def test_a_member_beyond_the_end(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(header(b"index.json", base256(2**61)) + b"{}")
    assert refused(path) == " ends in the middle of index.json"


@pytest.mark.parametrize("build", [saved, saved_formerly, layout])
def test_a_size_that_the_manifest_does_not_say(tmp_path: Path, build: Callable[[Picture], Files]) -> None:
    files = build(Picture([AMD]))
    name = next(name for name, data in files.items() if data == AMD)
    files[name] = AMD + bytes(512)
    (layer,) = measure(write_tar(tmp_path / "image.tar", files)).layers
    assert layer.bytes == 20
    assert bool(layer.notes) == (build is not saved_formerly)


def test_mode_bits_above_those_of_files(tmp_path: Path) -> None:
    """Old archives have the type in the mode, too."""
    (layer,) = measured(tmp_path, header(mode=b"0100755\0", size=b"00000000000\0")).layers
    assert layer.changes[0].mode == 0o755


def test_numbers_as_gnu_writes_large_ones(tmp_path: Path) -> None:
    block = bytearray(header(size=b"00000000000\0"))
    block[108:116] = base256(3_000_000_000, 8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert struct.unpack(">Q", block[108:116])[0] >> 63
    (layer,) = measured(tmp_path, bytes(block)).layers
    assert layer.changes[0].uid == 3_000_000_000
