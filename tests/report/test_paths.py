"""The tree of the biggest paths."""

from __future__ import annotations

from fairlead.analysis.contents import Change, Layer, with_waste
from fairlead.report.paths import Row, biggest, tree

from .layers import deleted, file, layer


def rows(count: int, *layers: Layer) -> list[Row]:
    return biggest(tree(enumerate(with_waste(layers))), count)


def shown(count: int, *layers: Layer) -> list[tuple[int, str, int]]:
    return [(row.depth, row.name, row.figure.bytes) for row in rows(count, *layers)]


def test_directories_that_hold_one_thing_are_passed_over() -> None:
    assert shown(9, layer(1, "COPY", file("a/b/c/x", 5), file("a/b/d/y", 7))) == [
        (0, "a/b", 12),
        (1, "d/y", 7),
        (1, "c/x", 5),
    ]


def test_the_biggest_come_first_and_the_rest_is_summed_up() -> None:
    files = [file(f"a/{number}", 10 * number) for number in range(1, 6)]
    assert shown(3, layer(1, "COPY", *files, file("b", 45))) == [
        (0, "a", 150),
        (1, "5", 50),
        (1, "", 100),
        (0, "b", 45),
    ]


def test_a_path_that_several_layers_store() -> None:
    (row,) = rows(
        5,
        layer(1, "COPY", file("x", 5)),
        layer(2, "RUN", Change("x", "modified", "file", 6)),
        layer(3, "COPY", file("x", 7)),
    )
    assert row.node is not None
    assert (row.figure.bytes, row.dead, row.node.layers) == (18, 11, [0, 1, 2])
    assert [(waste.how, waste.by) for waste in row.node.wasted] == [("changed", 1), ("replaced", 2)]


def test_a_directory_that_is_deleted_keeps_its_mark() -> None:
    found = rows(
        2,
        layer(1, "COPY", file("a/.git/objects/1", 5), file("a/.git/objects/2", 7)),
        layer(2, "RUN", deleted("a/.git")),
    )
    assert found[0].node is not None
    assert (found[0].name, found[0].node.deleted_by) == ("a/.git", [1])
    (lone,) = rows(2, layer(1, "COPY", file("a/b/x", 5)), layer(2, "RUN", deleted("a/b")))
    assert lone.node is not None
    assert (lone.name, [waste.by for waste in lone.node.wasted]) == ("a/b/x", [1])


def test_deletions_of_what_the_base_image_holds_come_last() -> None:
    found = rows(2, layer(1, "RUN", deleted("usr/share/doc"), file("x", 1)))
    assert [(row.name, row.node is not None and row.node.deleted_by) for row in found] == [
        ("x", []),
        ("usr/share/doc", [0]),
    ]


def test_directories_and_links_hold_nothing_of_their_own() -> None:
    changes = (Change("a", "added", "dir"), Change("a/l", "added", "symlink", target="x"), file("a/f", 3))
    assert shown(9, layer(1, "COPY", *changes, file("a/g", 2))) == [(0, "a", 5), (1, "f", 3), (1, "g", 2)]
