"""Layers on top of each other, against layers that are really unpacked."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given, reject
from hypothesis import strategies as st
from tests.image import archives, unpacking
from tests.image.archives import Member, Picture, directory, file, hardlink, opaque, symlink, tar, whiteout

from fairlead.analysis.contents import Layer
from fairlead.analysis.measured import measure

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.one_of(PATHS, st.sampled_from(["../a", "../b", ".", "../../c", "loop"]))
ENTRIES = st.one_of(
    st.builds(file, PATHS, st.integers(1, 40)),
    st.builds(file, PATHS, st.integers(1, 40)),
    st.builds(directory, PATHS),
    st.builds(symlink, PATHS, TARGETS),
    st.builds(hardlink, PATHS, PATHS),
    st.builds(whiteout, PATHS),
    st.builds(opaque, PATHS),
)
STACKS = st.lists(st.lists(ENTRIES, max_size=7), min_size=1, max_size=4)


def measured(tmp_path: Path, *layers: bytes) -> list[Layer]:
    path = archives.write_tar(tmp_path / "image.tar", archives.saved_formerly(Picture(layers)))
    return measure(path).layers


def changes(layer: Layer) -> list[tuple[str, str, str, int | None]]:
    return [(change.path, change.change, change.type, change.bytes) for change in layer.changes]


def keeps_linked_files(layer: list[Member]) -> bool:
    """Whether no file is replaced after a link was made to it: then the link alone would keep what is below."""
    linked: set[str] = set()
    for info, _ in layer:
        if any(path == info.name or path.startswith(info.name + "/") for path in linked):
            return False
        if info.islnk():
            linked.add(info.linkname)
    return True


@example([[file("a", 1), symlink("a", "."), hardlink("b", "a"), file("b/a", 1)]])
@example([[file("b/a", 1)], [file("b", 1), directory("b")]])
@given(STACKS)
def test_random_layers_are_as_if_unpacked(stack: list[list[Member]]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, "root").resolve()
        root.mkdir()
        layers = [tar(*members) for members in stack]
        try:
            expected = [unpacking.unpack(root, layer) for layer in layers]
        except unpacking.LeadsOut:
            reject()
        found = measured(Path(temporary), *layers)
        for layer, truth in zip(found, expected, strict=True):
            assert {c.path: c.change for c in layer.changes if c.change != "deleted"} == truth.changes
            assert {c.path for c in layer.changes if c.change == "deleted"} >= truth.deleted
            assert layer.bytes == truth.bytes
            assert [(c.path, c.change != "deleted") for c in layer.changes] == sorted(
                (c.path, c.change != "deleted") for c in layer.changes
            )
        if all(map(keeps_linked_files, stack)) and not any(info.issym() for layer in stack for info, _ in layer):
            kept = sum(unpacking.files(root).values())
            assert sum(layer.bytes or 0 for layer in found) - sum(layer.wasted_bytes for layer in found) == kept
