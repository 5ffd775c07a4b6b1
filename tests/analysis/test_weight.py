"""What an image weighs, and what it could do without."""

from __future__ import annotations

from fairlead.analysis.contents import Change, Layer, with_waste
from fairlead.analysis.weight import Figure, adds, dead, weigh_image


def file(path: str, count: int | None, source: str = "") -> Change:
    return Change(path, "added", "file", count, source=source)


def layer(*changes: Change) -> Layer:
    return Layer("RUN x", 1, "0", sum(change.bytes or 0 for change in changes), "exact", changes)


def test_figures_add_up_with_how_far_they_are_known() -> None:
    assert Figure(1) + Figure(2, about=True) == Figure(3, about=True)
    assert Figure(1, about=True) + Figure(0, unknown=True) == Figure(1, about=True, unknown=True)
    assert adds(Layer("RUN x", 1, "0", None, "unknown", ())) == Figure(0, unknown=True)
    part = Layer("RUN x", 1, "0", 5, "unknown", (file("a", 5, "a guess"), file("b", None)))
    assert adds(part) == Figure(5, about=True, unknown=True)


def test_dead_weight_is_as_certain_as_what_is_dead() -> None:
    layers = with_waste(
        [
            layer(file("a", 5), file("b", 7, "a guess"), file("c", None)),
            layer(Change("a", "deleted")),
            layer(Change("b", "deleted")),
            layer(Change("c", "deleted")),
        ]
    )
    assert dead(layers[0]) == Figure(12, about=True, unknown=True)
    assert dead(layers[0], 0, 2) == Figure(5)
    assert dead(layers[0], 2, 3) == Figure(7, about=True)
    assert dead(layers[1]) == Figure()


def test_what_the_base_image_wastes_is_its_own_matter() -> None:
    layers = with_waste(
        [
            layer(file("a", 5), file("b", 7)),
            layer(Change("a", "deleted"), file("var/lib/apt/lists/x", 3)),
            layer(Change("b", "deleted"), file("var/lib/apt/lists/y", 4)),
        ]
    )
    weight = weigh_image(layers, base=2)
    assert (weight.total, weight.dead, weight.inherited) == (Figure(19), Figure(7), Figure(5))
    assert [(leftover.layer, leftover.path, leftover.figure.bytes) for leftover in weight.leftovers] == [
        (2, "var/lib/apt/lists", 4)
    ]
    assert weight.saving == Figure(11)
    assert weigh_image(layers).dead == Figure(12)


def test_what_package_managers_leave() -> None:
    layers = with_waste(
        [
            layer(
                file("home/node/.npm/_cacache/x", 10),
                file("root/.cache/pip/http/y", 20, "a guess"),
                file("root/.cache/pipenv", 1),
                file("root/.cache/pip-tools/z", 40),
                file("srv/root/.cache/pip/z", 80),
                file("var/lib/apt/lists/a", 160),
                Change("var/lib/apt/lists/partial", "added", "dir"),
            ),
            layer(Change("var/lib/apt/lists", "deleted", "dir")),
        ]
    )
    weight = weigh_image(layers)
    assert [(leftover.path, leftover.figure) for leftover in weight.leftovers] == [
        ("home/node/.npm", Figure(10)),
        ("root/.cache/pip", Figure(20, about=True)),
        ("root/.cache/pipenv", Figure(1)),
    ]
    assert weight.dead == Figure(160), "nothing counts twice"
    assert weight.saving == Figure(191, about=True)


def test_a_cache_that_is_linked_into_place_costs_nothing() -> None:
    linked = Change("opt/conda/lib/x.so", "added", "hardlink", 0, target="opt/conda/pkgs/x/lib/x.so")
    weight = weigh_image([layer(file("opt/conda/pkgs/x/lib/x.so", 900), file("opt/conda/pkgs/x.conda", 50), linked)])
    assert [leftover.figure.bytes for leftover in weight.leftovers] == [50]
