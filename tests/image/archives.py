"""Image archives in every format that is read, written with what is at hand: no engine needed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zstandard

Member = tuple[tarfile.TarInfo, bytes]

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def file(path: str, content: bytes | int = 0, *, mode: int = 0o644, uid: int = 0, gid: int = 0) -> Member:
    data = b"x" * content if isinstance(content, int) else content
    return member(path, tarfile.REGTYPE, data, mode=mode, uid=uid, gid=gid)


def directory(path: str, *, mode: int = 0o755, uid: int = 0, gid: int = 0) -> Member:
    return member(path, tarfile.DIRTYPE, mode=mode, uid=uid, gid=gid)


def symlink(path: str, target: str) -> Member:
    return member(path, tarfile.SYMTYPE, target=target, mode=0o777)


def hardlink(path: str, target: str) -> Member:
    return member(path, tarfile.LNKTYPE, target=target)


def whiteout(path: str) -> Member:
    head, slash, name = path.rpartition("/")
    return file(f"{head}{slash}.wh.{name}")


def opaque(path: str) -> Member:
    return file(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq")


def member(
    path: str, kind: bytes, data: bytes = b"", *, target: str = "", mode: int = 0o644, uid: int = 0, gid: int = 0
) -> Member:
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode, info.uid, info.gid, info.size = kind, target, mode, uid, gid, len(data)
    return info, data


def tar(*members: Member, variant: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=variant) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def in_members(data: bytes) -> bytes:
    """Compressed as several gzip members, with some padding behind them."""
    pieces = [data[at : at + 700] for at in range(0, len(data), 700)] or [b""]
    return b"".join(map(gzip.compress, pieces)) + bytes(16)


def in_frames(data: bytes) -> bytes:
    """Compressed as several zstd frames, one of which is skipped, as zstd:chunked has them."""
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"
    half = len(data) // 2
    return zstandard.compress(data[:half]) + skipped + zstandard.compress(data[half:])


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip members": in_members,
    "zstd": zstandard.compress,
    "zstd frames": in_frames,
}


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def history(*created_by: str) -> list[dict[str, Any]]:
    """A text with a leading `-` made no layer."""
    return [
        {"created_by": text[1:], "empty_layer": True} if text.startswith("-") else {"created_by": text}
        for text in created_by
    ]


@dataclass
class Picture:
    """An image.

    Attributes:
        layers: each a tar archive, not compressed.
        tags: its names.
        platform: os/architecture[/variant].
        history: as in the configuration.
        packing: how its layers are compressed.
        extra: further keys of the configuration.
    """

    layers: Sequence[bytes]
    tags: Sequence[str] = ("app:1.0",)
    platform: str = "linux/amd64"
    history: Sequence[Mapping[str, Any]] = ()
    packing: str = "plain"
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> bytes:
        config: dict[str, Any] = platform_fields(self.platform)
        config["rootfs"] = {"type": "layers", "diff_ids": [digest(layer) for layer in self.layers]}
        config["history"] = list(self.history)
        return encoded(config | dict(self.extra))

    @property
    def blobs(self) -> list[bytes]:
        return [PACKINGS[self.packing](layer) for layer in self.layers]


def platform_fields(platform: str) -> dict[str, Any]:
    return dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def described(data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def blob(data: bytes) -> str:
    return "blobs/" + digest(data).replace(":", "/")


Files = dict[str, bytes]


def saved_formerly(*pictures: Picture) -> Files:
    """What `docker save` wrote before version 25: a folder for each layer, manifest.json at the end."""
    files: Files = {}
    items = []
    for picture in pictures:
        names = []
        for number, data in enumerate(picture.blobs):
            folder = digest(data + bytes([number]))[7:]
            files[f"{folder}/VERSION"] = b"1.0"
            files[f"{folder}/json"] = encoded({"id": folder})
            files[f"{folder}/layer.tar"] = data
            names.append(f"{folder}/layer.tar")
        config = digest(picture.config)[7:] + ".json"
        files[config] = picture.config
        items.append({"Config": config, "RepoTags": list(picture.tags), "Layers": names})
    return files | {"manifest.json": encoded(items), "repositories": b"{}"}


def manifest(files: Files, picture: Picture, **more: Any) -> bytes:
    """Write the blobs of an image; its manifest."""
    layers = []
    for data in picture.blobs:
        files[blob(data)] = data
        layers.append(described(data, LAYER))
    files[blob(picture.config)] = picture.config
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": described(picture.config, CONFIG),
        "layers": layers,
        **more,
    }
    return encoded(document)


def layout(*pictures: Picture, nested: int = 0) -> Files:
    """An OCI layout: an index with a platform for each image, within so many others."""
    files: Files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    items = []
    for picture in pictures:
        document = manifest(files, picture)
        files[blob(document)] = document
        for tag in picture.tags or ("",):
            item = described(document, MANIFEST, platform=platform_fields(picture.platform))
            if tag:
                item["annotations"] = {"org.opencontainers.image.ref.name": tag}
            items.append(item)
    for _ in range(nested):
        index = encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": items})
        files[blob(index)] = index
        items = [described(index, INDEX, annotations={"org.opencontainers.image.ref.name": pictures[0].tags[0]})]
    return files | {"index.json": encoded({"schemaVersion": 2, "manifests": items})}


def saved(*pictures: Picture) -> Files:
    """What `docker save` writes today: an OCI layout that has a manifest.json, too."""
    files = layout(*pictures)
    items = [
        {
            "Config": blob(picture.config),
            "RepoTags": list(picture.tags),
            "Layers": [blob(data) for data in picture.blobs],
        }
        for picture in pictures
    ]
    return files | {"manifest.json": encoded(items)}


def write_tar(path: Path, files: Mapping[str, bytes], packing: str = "plain", prefix: str = "") -> Path:
    members = [file(prefix + name, data) for name, data in files.items()]
    path.write_bytes(PACKINGS[packing](tar(*members)))
    return path


def write_directory(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        at = path / name
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(data)
    return path


def listed(layers: Iterable[bytes]) -> int:
    """The sum of the sizes of all files in tar archives, as tarfile reads them."""
    total = 0
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
            total += sum(info.size for info in archive if info.isreg())
    return total
