"""What the layers of an image weigh, and what of it the image could do without."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from fairlead.analysis.contents import Change, Layer
from fairlead.knowledge.package_managers import MANAGERS


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of bytes, and how far it is known.

    Attributes:
        bytes: what is known.
        about: some of it is an estimate.
        unknown: there is more, of which nothing is known.
    """

    bytes: int = 0
    about: bool = False
    unknown: bool = False

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.bytes + other.bytes, self.about or other.about, self.unknown or other.unknown)


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a package manager leaves in an image: an index, or packages that it has installed already.

    Attributes:
        layer: the number of the layer that holds it.
        path: the directory, relative to the root.
        figure: its bytes.
    """

    layer: int
    path: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Weight:
    """What an image weighs.

    Attributes:
        total: all layers.
        dead: the dead weight that its own layers make, in themselves and in those of the base image.
        leftovers: what package managers leave in its own layers that a container still sees.
        inherited: the dead weight that the base image comes with.
    """

    total: Figure
    dead: Figure
    leftovers: tuple[Leftover, ...]
    inherited: Figure

    @property
    def left(self) -> Figure:
        """The sum of the leftovers."""
        return sum((leftover.figure for leftover in self.leftovers), Figure())

    @property
    def saving(self) -> Figure:
        """What a Dockerfile could save that has the same in the image: the dead weight and the leftovers."""
        return self.dead + self.left


def weigh_image(layers: Sequence[Layer], base: int = 0) -> Weight:
    """What the layers weigh together.

    Args:
        layers: the lowest first.
        base: how many of them are those of the base image.
    """
    return Weight(
        sum((adds(layer) for layer in layers), Figure()),
        sum((dead(layer, base if at < base else 0) for at, layer in enumerate(layers)), Figure()),
        tuple(leftover for at, layer in enumerate(layers) if at >= base for leftover in _leftovers(at, layer)),
        sum((dead(layer, 0, base) for layer in layers[:base]), Figure()),
    )


def adds(layer: Layer) -> Figure:
    """What a layer adds to the image."""
    about = layer.confidence == "about" or any(change.source and change.bytes for change in layer.changes)
    return Figure(layer.bytes or 0, about, layer.bytes is None or layer.confidence == "unknown")


def dead(layer: Layer, since: int = 0, before: int | None = None) -> Figure:
    """What of a layer no container will see, as far as the layers from one number to before another make it so."""
    made = [waste for waste in layer.wasted if since <= waste.by and (before is None or waste.by < before)]
    if not made:
        return Figure()
    estimates = estimated_paths(layer)
    return sum((Figure(waste.bytes or 0, waste.path in estimates, waste.bytes is None) for waste in made), Figure())


def estimated_paths(layer: Layer) -> frozenset[str]:
    """The paths of which the size is an estimate."""
    return frozenset(change.path for change in layer.changes if change.source and change.bytes)


def _leftovers(at: int, layer: Layer) -> Iterable[Leftover]:
    wasted = {waste.path for waste in layer.wasted}
    pattern = _cache_pattern()
    found: dict[str, Figure] = {}
    # conda and pnpm link the files of their caches into place: to delete the cache would free nothing of these
    linked = {change.target for change in layer.changes if change.type == "hardlink" and not pattern.match(change.path)}
    for change in layer.changes:
        if change.change == "deleted" or change.bytes == 0 or change.path in wasted or change.path in linked:
            continue
        match = pattern.match(change.path)
        if match is not None:
            found[match[1]] = found.get(match[1], Figure()) + _figure(change)
    return [Leftover(at, path, figure) for path, figure in sorted(found.items())]


def _figure(change: Change) -> Figure:
    return Figure(change.bytes or 0, bool(change.source and change.bytes), change.bytes is None)


@cache
def _cache_pattern() -> re.Pattern[str]:
    paths = {entry.path for manager in MANAGERS for entry in manager.caches}
    homes = r"(?:root|home/[^/]+)"
    known = (homes + re.escape(path[1:]) if path.startswith("~") else re.escape(path[1:]) for path in sorted(paths))
    return re.compile(rf"({'|'.join(known)})(?:/|$)")
