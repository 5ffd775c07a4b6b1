"""Everything in a file that can be pinned."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from fairlead.build.image import parse_image_reference
from fairlead.build.model import Build
from fairlead.pinning.images import images
from fairlead.pinning.pinnable import Pinnable
from fairlead.pinning.remote_sources import remote_sources


def find_inputs(build: Build, contexts: Collection[str] = ()) -> list[Pinnable]:
    """Everything that can be pinned, in the order of the file.

    Args:
        build: a file without problems.
        contexts: names of named contexts, which are no images.
    """
    found = [*images(build, {parse_image_reference(name).context_name for name in contexts}), *remote_sources(build)]
    return sorted(found, key=lambda entry: entry.token.spans[0].start)


def sources_changed(before: Sequence[Pinnable], after: Sequence[Pinnable]) -> bool:
    """Whether two readings of a file differ in more than in pins: what edits must never bring about."""
    return [(entry.kind, _unpinned_name(entry)) for entry in before] != [
        (entry.kind, _unpinned_name(entry)) for entry in after
    ]


def _unpinned_name(entry: Pinnable) -> str:
    """The name without what a pin may add to it or take from it."""
    if entry.kind == "repository":
        return entry.name.partition("#")[0]
    return re.sub(r":latest$", "", entry.name)
