"""Rectangles in proportion to bytes."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.analysis.contents import Layer, with_waste
from fairlead.report.paths import tree
from fairlead.report.treemap import Box, boxes

from .layers import deleted, file, layer

NAMES = st.sampled_from(["a", "b", "c", "d"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
SIZES = st.one_of(st.integers(0, 50), st.integers(0, 10**9))


WIDTH, HEIGHT = 800, 200


def laid_out(*layers: Layer, width: float = WIDTH, height: float = HEIGHT) -> list[Box]:
    found = boxes(tree(enumerate(with_waste(layers))), width, height)
    return [box for box in found if box.kind != "frame"]


@given(st.dictionaries(PATHS, SIZES, max_size=20))
def test_areas_are_in_proportion_and_fill_the_whole(files: dict[str, int]) -> None:
    given_layer = layer(1, "COPY . /", *(file(f"f/{path}/x", count) for path, count in files.items()))
    total = sum(files.values())
    found = laid_out(given_layer)
    if not total:
        assert found == []
        return
    assert sum(box.figure.bytes for box in found) == pytest.approx(total, rel=1e-6), "but for what no screen shows"
    for box in found:
        assert box.width * box.height == pytest.approx(WIDTH * HEIGHT * box.figure.bytes / total, rel=1e-4)
        assert -1e-6 <= box.x <= box.x + box.width <= WIDTH + 1e-3
        assert -1e-6 <= box.y <= box.y + box.height <= HEIGHT + 1e-3
    for one, other in combinations(found, 2):
        across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert across < 1e-3 or down < 1e-3, "no two overlap"


def test_a_directory_too_small_to_see_is_one_rectangle() -> None:
    small = [file(f"etc/{number}", 10) for number in range(50)]
    found = laid_out(layer(1, "COPY . /", file("data.bin", 1_000_000), *small))
    assert [(box.path, box.kind, box.files) for box in found] == [("data.bin", "path", 1), ("", "rest", 50)]


def test_directories_are_divided_while_their_parts_can_be_seen() -> None:
    found = laid_out(layer(1, "COPY . /", file("a/b/one", 600), file("a/b/two", 300), file("c", 100)))
    assert [box.path for box in found] == ["a/b/one", "a/b/two", "c"]
    framed = boxes(
        tree([(0, layer(1, "COPY . /", file("a/b/one", 600), file("a/b/two", 300), file("c", 100)))]), 800, 80
    )
    assert [box.path for box in framed if box.kind == "frame"] == ["a/b"]


def test_thousands_of_files_make_hundreds_of_rectangles() -> None:
    many = [file(f"usr/{number % 37}/{number}", 1 + number % 991) for number in range(30_000)]
    found = laid_out(layer(1, "COPY . /", *many))
    assert len(found) <= WIDTH * HEIGHT / 120
    assert sum(box.files or 0 for box in found) == 30_000


def test_a_path_deeper_than_any_stack() -> None:
    deep = "/".join("a" * 1200)
    found = laid_out(layer(1, "COPY . /", *(file(f"{deep[: 2 * at]}x{at}", 100) for at in range(1, 1200))))
    assert sum(box.files or 0 for box in found) == 1199


def test_sizes_of_every_magnitude() -> None:
    found = laid_out(layer(1, "COPY . /", *(file(f"f{power}", 10**power) for power in range(16))))
    assert found[0].path == "f15"
    assert found[-1].kind == "rest"


def test_dead_weight() -> None:
    found = laid_out(layer(1, "COPY . /", file("a/x", 60), file("b", 40)), layer(2, "RUN rm -r /a", deleted("a")))
    assert [(box.path, box.dead) for box in found] == [("a/x", 60), ("b", 0)]


def test_what_a_directory_holds_without_a_path() -> None:
    """An estimate may be of a directory as a whole, beside files that are known."""
    found = laid_out(layer(1, "RUN x", file("usr/lib", 900, "a guess"), file("usr/lib/known", 100)))
    assert [(box.path, box.figure.bytes) for box in found] == [("usr/lib", 900), ("usr/lib/known", 100)]
