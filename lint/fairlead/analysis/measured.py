"""The layers of a built image, measured."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fairlead.analysis.contents import Layer, with_waste
from fairlead.analysis.image_history import instructions
from fairlead.analysis.overlay import Overlay
from fairlead.image import Image, ImageError, LayerEntries, open_image


@dataclass(eq=False)
class Measured:
    """A built image.

    Attributes:
        path: the archive or directory.
        names: its names with tags, such as `app:1.0`; () where it has none.
        platform: such as `linux/arm64/v8`.
        layers: lowest first.
        notes: what is odd about the image, for people; what is about one layer stands there.
    """

    path: Path
    names: tuple[str, ...]
    platform: str
    layers: list[Layer]
    notes: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """The sum of the sizes of the files of all layers, as far as it is known."""
        return sum(layer.bytes or 0 for layer in self.layers)

    @property
    def wasted_bytes(self) -> int:
        """The dead weight of all layers, as far as it is known, bytes."""
        return sum(layer.wasted_bytes for layer in self.layers)


def measure(path: Path, platform: str | None = None, name: str = "") -> Measured:
    """The layers of the image in an archive or directory, with what of them is dead weight.

    Nothing is unpacked to disk, whatever the archive holds.

    Args:
        path: a tar archive of `docker save`, plain or compressed; an OCI layout, as a directory or a tar archive. With
            several images in it, `PATH:NAME` names one, too.
        platform: such as `linux/arm64/v8`; by default linux/amd64, or the only one that there is.
        name: a name or tag, where it holds several images.

    Raises:
        fairlead.image.ImageError: where it is no image, it is damaged, or the arguments name none or several; the
            message is one line.
    """
    if not name:
        path, name = _split(path)
    image = open_image(path, platform, name)
    manifest = image.manifest
    notes = list(manifest.notes)
    texts = instructions(manifest.history, len(manifest.layers), notes)
    with _collector_at_rest():
        layers = with_waste(_layers(image, texts))
    return Measured(path, manifest.names, str(manifest.platform), layers, tuple(notes))


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Nothing that is made here has cycles: to look for them takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _split(path: Path) -> tuple[Path, str]:
    """A path and the name behind a colon; a file that has the colon in its name comes first."""
    text = str(path)
    at = text.find(":")
    while at > 0 and not path.exists():
        if (found := Path(text[:at])).exists():
            return found, text[at + 1 :]
        at = text.find(":", at + 1)
    return path, ""


def _layers(image: Image, texts: list[str]) -> list[Layer]:
    overlay = Overlay()
    return [_layer(overlay, entries, text) for entries, text in zip(image.layers(), texts, strict=True)]


def _layer(overlay: Overlay, held: LayerEntries, instruction: str) -> Layer:
    added = overlay.add(held.entries)
    return Layer(
        instruction,
        None,
        "",
        added.bytes if held.present else None,
        "exact" if held.complete else "unknown",
        added.changes,
        notes=(*held.notes, *added.notes),
    )


__all__ = ["ImageError", "Measured", "measure"]
