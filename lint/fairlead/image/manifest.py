"""From the parts of an archive to one image of it: which manifest, and which layers.

Follows the OCI image layout and index, Docker's manifest lists, and the `manifest.json` of `docker save`, whose two
formats differ in where the layers lie. Sources: opencontainers/image-spec, image-layout.md and image-index.md;
moby/moby, image/tarexport/save.go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fairlead.image.bounds import INDEX_DEPTH, LAYERS, MANIFESTS, ImageError, shown
from fairlead.image.documents import (
    Descriptor,
    Json,
    descriptor,
    mapping,
    read_described,
    read_document,
    sequence,
    text,
    texts,
)
from fairlead.image.platform import DEFAULT, Platform, best, parse_platform, platform_of
from fairlead.image.store import Store

_INDEX = "index.json"
_SAVED = "manifest.json"
_FULL_NAME = "io.containerd.image.name"
_REFERENCE = "org.opencontainers.image.ref.name"
_ATTESTATION = "vnd.docker.reference.type"
_NO_PLATFORM = Platform("", "", "")


class HistoryItem(NamedTuple):
    """What an image says of one step of its making.

    Attributes:
        created_by: the text, as the builder wrote it.
        empty: whether the step made no layer.
    """

    created_by: str
    empty: bool


class LayerPart(NamedTuple):
    """Where a layer lies.

    Attributes:
        part: the path of its part, links followed; "" where the archive leaves it out.
        label: what people may know it by.
        described: what the manifest says of it.
        stored: its size as stored, bytes.
    """

    part: str
    label: str
    described: Descriptor
    stored: int


@dataclass(eq=False)
class Manifest:
    """One image of an archive.

    Attributes:
        names: its names with tags.
        platform: what it is for.
        layers: lowest first.
        history: in the order in which it was made; the items that are not empty correspond to the layers.
        notes: what is odd about it, for people.
    """

    names: tuple[str, ...]
    platform: Platform
    layers: tuple[LayerPart, ...]
    history: tuple[HistoryItem, ...]
    notes: list[str] = field(default_factory=list)


@dataclass(eq=False)
class _Candidate:
    """An image that may be the one.

    Attributes:
        names: its names with tags.
        platform: what it is for.
        manifest: an OCI manifest or an item of `docker save`; None where the archive leaves it out.
        config: its configuration.
        key: equal for equal images.
    """

    names: list[str]
    platform: Platform
    manifest: Mapping[str, Json] | None
    config: Mapping[str, Json]
    key: str


def choose(store: Store, platform: str | None = None, name: str = "") -> Manifest:
    """The image of an archive that is meant.

    Args:
        store: the parts.
        platform: such as `linux/arm64`; by default linux/amd64, or the only one that there is.
        name: a name or tag, where the archive holds several images.

    Raises:
        ImageError: where there is none, or the arguments name none or several.
    """
    wanted = None if platform is None else parse_platform(platform)
    notes: list[str] = []
    candidates = _candidates(store, notes)
    chosen = _chosen(store, candidates, wanted, name, notes)
    if chosen.manifest is None:
        raise ImageError(f"{store.path}: the image for {chosen.platform} is named, but left out of the archive")
    layers = tuple(_layers(store, chosen.manifest, chosen.config))
    history = tuple(
        HistoryItem(text(item.get("created_by")), item.get("empty_layer") is True)
        for item in map(mapping, sequence(chosen.config.get("history")))
    )
    return Manifest(tuple(dict.fromkeys(chosen.names)), chosen.platform, layers, history, notes)


def _candidates(store: Store, notes: list[str]) -> list[_Candidate]:
    index = read_document(store, _INDEX)
    saved = read_document(store, _SAVED)
    if index is None and saved is None:
        raise ImageError(
            f"{store.path}: holds neither {_INDEX} nor {_SAVED}: not an image as `docker save` or an OCI layout has it"
        )
    found = list(_Walk(store, notes).images(mapping(index))) if index is not None else []
    by_save = list(_saved(store, saved))
    if not any(candidate.manifest is not None for candidate in found):
        return by_save or found
    aliases = {candidate.key: candidate.names for candidate in by_save}
    for candidate in found:
        # the names of `docker save` are those that people type
        candidate.names = aliases.get(candidate.key) or candidate.names
    return found


class _Walk:
    """The way through an index and the indexes within it."""

    def __init__(self, store: Store, notes: list[str]) -> None:
        self._store = store
        self._notes = notes
        self._read = 0
        self._seen: dict[str, _Candidate | None] = {}

    def images(self, index: Mapping[str, Json], names: Sequence[str] = (), depth: int = 0) -> Iterator[_Candidate]:
        """The images that an index names; attestations are none."""
        if depth > INDEX_DEPTH:
            raise ImageError(f"{self._store.path}: indexes within indexes, more than {INDEX_DEPTH} deep")
        for item in map(mapping, sequence(index.get("manifests"))):
            annotations = mapping(item.get("annotations"))
            own = text(annotations.get(_FULL_NAME)) or text(annotations.get(_REFERENCE))
            all_names = [*names, own] if own else list(names)
            described = mapping(item.get("platform"))
            platform = _platform(described)
            if platform == Platform("unknown", "unknown", "") or text(annotations.get(_ATTESTATION)):
                continue
            target = descriptor(item)
            if target.digest in self._seen:
                again = self._seen[target.digest]
                if again is not None:
                    again.names.extend(all_names)
                continue
            self._seen[target.digest] = None
            yield from self._follow(target, platform, all_names, depth)

    def _follow(self, target: Descriptor, platform: Platform, names: list[str], depth: int) -> Iterator[_Candidate]:
        self._read += 1
        if self._read > MANIFESTS:
            raise ImageError(f"{self._store.path}: names more than {MANIFESTS:,} manifests")
        document = read_described(self._store, target, self._notes)
        if document is None:
            # `docker save` names the platforms that were never pulled
            yield self._remember(target, _Candidate(names, platform, None, {}, target.digest))
        elif "manifests" in document:
            yield from self.images(document, names, depth + 1)
        elif "config" in document and "layers" in document:
            described = descriptor(document["config"])
            config = read_described(self._store, described, self._notes)
            if config is None:
                raise ImageError(f"{self._store.path}: the configuration {described.short} of an image is missing")
            if _is_image(config):
                own = _platform(config)
                found = own if platform == _NO_PLATFORM else platform
                yield self._remember(target, _Candidate(names, found, document, config, described.part))

    def _remember(self, target: Descriptor, candidate: _Candidate) -> _Candidate:
        self._seen[target.digest] = candidate
        return candidate


def _is_image(config: Mapping[str, Json]) -> bool:
    """Whether a configuration is an image's: charts, policies and the like are kept in layouts too."""
    return "rootfs" in config or "history" in config or "architecture" in config


def _platform(fields: Mapping[str, Json]) -> Platform:
    return platform_of(text(fields.get("os")), text(fields.get("architecture")), text(fields.get("variant")))


def _saved(store: Store, saved: Json) -> Iterator[_Candidate]:
    """The images of the `manifest.json` of `docker save`."""
    for item in list(map(mapping, sequence(saved)))[:MANIFESTS]:
        name = _path(text(item.get("Config")))
        config = read_document(store, name) if name else None
        if not isinstance(config, dict):
            raise ImageError(f"{store.path}: {_SAVED} names the configuration {shown(name)!r}, which is missing")
        yield _Candidate(texts(item.get("RepoTags")), _platform(config), item, config, name)


def _chosen(
    store: Store, candidates: list[_Candidate], wanted: Platform | None, name: str, notes: list[str]
) -> _Candidate:
    if not candidates:
        raise ImageError(f"{store.path}: holds no image")
    if name:
        named = [candidate for candidate in candidates if _has_name(candidate, name)]
        if not named:
            raise ImageError(f"{store.path}: holds no image {shown(name)}, but {_listed(_names(candidates))}")
        candidates = named
    platform = _chosen_platform(store, candidates, wanted)
    fitting = [candidate for candidate in candidates if candidate.platform == platform]
    present = [candidate for candidate in fitting if candidate.manifest is not None] or fitting
    distinct = {candidate.key: candidate for candidate in reversed(present)}
    if len(distinct) > 1:
        names = _names(present)
        if len(names) > 1:
            raise ImageError(
                f"{store.path}: holds several images for {platform}: {_listed(names)}; "
                f"name one as in {store.path}:{shown(names[0])}"
            )
        notes.append(f"{len(distinct)} images for {platform}: this is the first")
    return present[0]


def _chosen_platform(store: Store, candidates: list[_Candidate], wanted: Platform | None) -> Platform:
    offered = list(dict.fromkeys(candidate.platform for candidate in candidates if candidate.manifest is not None))
    offered = offered or list(dict.fromkeys(candidate.platform for candidate in candidates))
    found = best(wanted or DEFAULT, offered)
    if found is not None:
        return found
    known = [platform for platform in offered if platform != _NO_PLATFORM] or offered
    if wanted is None and len(known) == 1:
        return known[0]
    what = "no image for " + (str(wanted) if wanted else f"{DEFAULT}, and no platform is chosen")
    raise ImageError(f"{store.path}: holds {what}; there is {_listed([str(platform) for platform in known])}")


def _has_name(candidate: _Candidate, name: str) -> bool:
    return any(
        name == own or own.endswith((f"/{name}", f":{name}")) or name.endswith(f"/{own}") for own in candidate.names
    )


def _names(candidates: list[_Candidate]) -> list[str]:
    return list(dict.fromkeys(candidate.names[0] for candidate in candidates if candidate.names))


def _listed(names: list[str]) -> str:
    listed = ", ".join(shown(name) for name in names[:20])
    return (listed or "none with a name") + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _layers(store: Store, manifest: Mapping[str, Json], config: Mapping[str, Json]) -> Iterator[LayerPart]:
    saved = "Layers" in manifest
    listed = sequence(manifest.get("Layers" if saved else "layers"))
    if len(listed) > LAYERS:
        raise ImageError(f"{store.path}: the image has more than {LAYERS:,} layers")
    diff_ids = texts(mapping(config.get("rootfs")).get("diff_ids"))
    sources = mapping(manifest.get("LayerSources"))
    for number, item in enumerate(listed, start=1):
        if saved:
            name = _path(text(item))
            diff_id = diff_ids[number - 1] if len(diff_ids) == len(listed) else ""
            described = descriptor(sources.get(diff_id))
            # the description is of the layer in its registry, not of this file
            described = Descriptor("", None, described.media_type)
            label, left_out = name, diff_id in sources
        else:
            described = descriptor(item)
            name, label = described.part, described.short
            left_out = bool(sequence(mapping(item).get("urls"))) or "foreign" in described.media_type
            left_out = left_out or "nondistributable" in described.media_type
        found = store.find(name) if name else None
        if found is not None:
            yield LayerPart(found.name, label, described, found.size)
        elif left_out:
            yield LayerPart("", label, described, 0)
        else:
            raise ImageError(f"{store.path}: layer {number} ({shown(label) or 'without a name'}) is missing")


def _path(name: str) -> str:
    """A path of `docker save`; one that leads out of the archive is none."""
    cleaned = posixpath.normpath(name) if name and "\0" not in name else ""
    return "" if cleaned.startswith(("/", "..")) else cleaned
