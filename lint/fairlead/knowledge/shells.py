"""Which program /bin/sh is in an image, and what is left of it when it has begun its last command.

`bash -c` and BusyBox's `sh -c` of 1.28 and newer (commit 1e3e2ccd5, 2017; Alpine 3.8) replace themselves by a single
command, so that it becomes the process that gets the signals; dash forks for it. Tried with dash 0.5.12, bash 5.2 and
BusyBox 1.35 of Debian 12.
"""

from __future__ import annotations

import re
from typing import Literal

from fairlead.knowledge.base_images import is_debian

Sh = Literal["dash", "bash", "busybox"]

_OLD_ALPINE = re.compile(r"alpine:?v?(?:2\.\d|3\.[0-7])(?!\d)")
_BUSYBOX = re.compile(r"alpine|busybox")
_DASH = re.compile(
    r"debian|ubuntu|\b(?:jessie|stretch|buster|bullseye|bookworm|trixie|trusty|xenial|bionic|focal|jammy|noble)\b|"
    r"^(?:(?:\S+/)?(?:playwright(?:/python)?|baseimage)|continuumio/\S+|mambaorg/micromamba|bitnami/\S+|cypress/\S+|selenium/\S+|"
    r"tensorflow/tensorflow|pytorch/pytorch|jupyter/\S+|rocker/\S+|eclipse-temurin|java|mcr\.microsoft\.com/dotnet/\S+):"
)
_BASH = re.compile(
    r"centos|fedora|rocky|\balt(?:linux)?\b|alma(?:linux)?|\bubi\d?|rhel|redhat|amazonlinux|amazoncorretto|oracle|\bol\d|lambda/|opensuse|\bleap|"
    r"tumbleweed|archlinux|mageia|photon|mariner|azurelinux|^openjdk:(?:1[2-9]|2\d)[\d.-]*(?:ea[\d-]*)?(?:-jdk)?$"
)
_MANAGERS: dict[str, Sh] = {
    "apt-get": "dash", "apk": "busybox", "yum": "bash", "dnf": "bash", "microdnf": "bash", "tdnf": "bash", "zypper": "bash",
    "pacman": "bash",
}  # fmt: skip


def sh_of_image(name: str, tag: str) -> Sh | None:
    """The program behind /bin/sh in an image; None where its name and tag do not tell.

    Args:
        name: the image without default registry and `library/`.
        tag: the tag.
    """
    text = f"{name}:{tag}".lower()
    if _BUSYBOX.search(text):
        return "busybox"
    if _BASH.search(text):
        return "bash"
    return "dash" if _DASH.search(text) or is_debian(name, tag) else None


def sh_beside(manager: str) -> Sh | None:
    """The program behind /bin/sh of the distribution that has a package manager; None for managers of languages."""
    return _MANAGERS.get(manager)


def hands_over(sh: Sh, name: str, tag: str) -> bool:
    """Whether `sh -c` of an image replaces itself by a single command.

    Args:
        sh: what /bin/sh is in it.
        name: the image, as of `sh_of_image`.
        tag: the tag.
    """
    return sh == "bash" or (sh == "busybox" and _OLD_ALPINE.search(f"{name}:{tag}") is None)
