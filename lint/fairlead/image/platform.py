"""Platforms: operating system, architecture and its variant, as images name them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from fairlead.image.bounds import ImageError

_PART = re.compile(r"[A-Za-z0-9_.-]+")
# the same architecture under other names: containerd/platforms, database.go
_ARCHITECTURES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
_ARMS = {"armhf": "v7", "armel": "v6"}
_DEFAULT_VARIANTS = {"arm64": "v8", "arm": "v7", "amd64": "v1"}
_KNOWN = frozenset(
    "386 amd64 arm arm64 loong64 mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm".split()  # noqa: SIM905
)


class Platform(NamedTuple):
    """A platform.

    Attributes:
        os: such as `linux`; "" where it is not known.
        architecture: such as `arm64`; "" where it is not known.
        variant: such as `v7`; "" for the usual one.
    """

    os: str
    architecture: str
    variant: str

    def __str__(self) -> str:
        if not self.os and not self.architecture:
            return "an unknown platform"
        return "/".join(part for part in self if part)


DEFAULT = Platform("linux", "amd64", "")


def platform_of(os: str, architecture: str, variant: str = "") -> Platform:
    """A platform under its usual names."""
    os, architecture, variant = os.lower(), architecture.lower(), variant.lower()
    if architecture in _ARMS:
        architecture, variant = "arm", variant or _ARMS[architecture]
    architecture = _ARCHITECTURES.get(architecture, architecture)
    if architecture != "arm" and _DEFAULT_VARIANTS.get(architecture) == variant:
        variant = ""
    return Platform(os, architecture, variant)


def parse_platform(text: str) -> Platform:
    """A platform as people write it: `linux/arm64/v8`, `linux/amd64`, `arm64`.

    Raises:
        ImageError: where it is none.
    """
    parts = text.split("/")
    if len(parts) == 1:
        guess = platform_of("linux", parts[0])
        if guess.architecture in _KNOWN:
            return guess
    if not 2 <= len(parts) <= 3 or not all(_PART.fullmatch(part) for part in parts):
        raise ImageError(f"not a platform: {text!r}; write one as linux/arm64 or linux/arm/v7")
    return platform_of(*parts)


def best(wanted: Platform, offered: Iterable[Platform]) -> Platform | None:
    """The platform that an engine would take for the wanted one; None where none fits."""
    fitting = [one for one in offered if (one.os, one.architecture) == (wanted.os, wanted.architecture)]
    usual = _DEFAULT_VARIANTS.get(wanted.architecture, "") if wanted.architecture == "arm" else ""
    for variant in (wanted.variant, usual) if not wanted.variant else (wanted.variant,):
        for one in fitting:
            if one.variant == variant:
                return one
    if not wanted.variant and len(set(fitting)) == 1:
        return fitting[0]
    # an image for `arm` alone fits every variant
    return next((one for one in fitting if not one.variant), None)
