"""Built images: archives and layouts, read as streams.

Knows nothing of Dockerfiles and of what layers do to each other; that is `fairlead.analysis.measured`.
"""

from fairlead.image.bounds import PATH_LENGTH, ImageError, shown
from fairlead.image.manifest import HistoryItem, Manifest
from fairlead.image.reading import Image, LayerEntries, open_image
from fairlead.image.tar import Entry

__all__ = [
    "PATH_LENGTH",
    "Entry",
    "HistoryItem",
    "Image",
    "ImageError",
    "LayerEntries",
    "Manifest",
    "open_image",
    "shown",
]
