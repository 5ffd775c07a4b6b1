"""Which bytes of a layer a later one makes dead weight."""

from __future__ import annotations

from fairlead.analysis.contents import Change, Layer, with_waste


def wasted(*layers: tuple[Change, ...]) -> list[list[tuple[str, int | None, int, str]]]:
    made = [Layer("x", None, "", 0, "exact", changes) for changes in layers]
    return [[(w.path, w.bytes, w.by, w.how) for w in layer.wasted] for layer in with_waste(made)]


def test_a_deletion_hides_what_is_below() -> None:
    below = (Change("a/b", "added", bytes=5), Change("a/c/d", "added", bytes=7), Change("ab", "added", bytes=1))
    assert wasted(below, (Change("a", "deleted", "dir"),)) == [
        [("a/b", 5, 1, "deleted"), ("a/c/d", 7, 1, "deleted")],
        [],
    ]


def test_a_deletion_and_an_addition_of_one_layer() -> None:
    again = (Change("a", "deleted", "dir"), Change("a/b", "added", bytes=2))
    assert wasted((Change("a/b", "added", bytes=5),), again, (Change("a/b", "modified", bytes=3),)) == [
        [("a/b", 5, 1, "deleted")],
        [("a/b", 2, 2, "changed")],
        [],
    ]


def test_a_file_in_place_of_a_directory() -> None:
    assert wasted((Change("a/b", "added", bytes=5),), (Change("a", "modified", bytes=1),)) == [
        [("a/b", 5, 1, "changed")],
        [],
    ]


def test_bytes_with_several_names_are_wasted_when_the_last_is_gone() -> None:
    linked = (Change("z", "added", bytes=5), Change("a", "added", "hardlink", target="z"))
    assert wasted(linked, (Change("z", "deleted"),), (Change("a", "deleted"),)) == [[("z", 5, 2, "deleted")], [], []]


def test_a_further_name_stores_the_file_again() -> None:
    linked = (Change("a", "modified", "hardlink", target="h"), Change("h", "added", bytes=5))
    assert wasted((Change("a", "added", bytes=5),), linked) == [[("a", 5, 1, "changed")], []]


def test_empty_files_links_and_unknown_sizes() -> None:
    first = (
        Change("empty", "added", bytes=0),
        Change("link", "added", "symlink", target="x"),
        Change("unknown", "added", bytes=None),
    )
    gone = tuple(Change(path, "deleted") for path in ("empty", "link", "unknown"))
    assert wasted(first, gone) == [[("unknown", None, 1, "deleted")], []]


def test_a_directory_that_changes_keeps_what_is_in_it() -> None:
    assert wasted((Change("a/b", "added", bytes=5),), (Change("a", "modified", "dir", mode=0o700),)) == [[], []]
