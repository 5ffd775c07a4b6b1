"""Which package managers install documentation, and which images keep them from it.

Sources: dnf.conf(5) (`tsflags=nodocs`), dpkg(1) (`path-exclude`). The slim images of Debian come without documents
(hub.docker.com/_/debian), those of Ubuntu with /etc/dpkg/dpkg.cfg.d/excludes. The Dockerfiles of docker-library, nodejs and
rust-lang: python, node, ruby, golang and rust are made on buildpack-deps, and that on debian; php and nginx on the
slim one. UBI 8, 9 and 10 and Rocky Linux 8 have no `tsflags`, Rocky Linux 9 and 10 have (NVIDIA/gpu-driver-container, pull
request 897), Fedora has (fedora-cloud/docker-brew-fedora, issue 20). Of other images it is not known.
"""

from __future__ import annotations

import re

DOCUMENTED: dict[str, str] = {
    "apt-get": "write path-exclude=/usr/share/man/* and path-exclude=/usr/share/doc/* into a file of /etc/dpkg/dpkg.cfg.d, or take the slim image",
    "dnf": "add --setopt=tsflags=nodocs",
}
"""Package manager to what keeps documentation out."""

NO_DOCUMENTATION = re.compile(r"path-exclude|tsflags\s*=\s*nodocs\S*\s*(?:['\"]?\s*>>|.*dnf\.conf|.*yum\.conf)")
"""What in a RUN configures that documentation stays out."""

DELETED = re.compile(r"\brm\s[^;&|]*/usr/share/(?:doc|man)\b")
"""A deletion of documentation in the RUN that brings it."""

_OFFICIAL = re.compile(r"debian|buildpack-deps|python|node|ruby|golang|rust")
_UBI = re.compile(r"(?:.*/)?ubi(?:8|9|10)(?:/ubi(?:-init)?)?")
_ROCKY = re.compile(r"(?:.*/)?rockylinux")


def installs_documentation(manager: str, name: str, tag: str, *, is_debian: bool) -> bool:
    """Whether packages bring their documentation in an image: False where it is configured otherwise, or not known.

    Args:
        manager: the package manager.
        name: the image without tag.
        tag: its tag.
        is_debian: the image is one that is made on Debian unless its tag says otherwise.
    """
    if manager == "apt-get":
        return is_debian and _OFFICIAL.fullmatch(name) is not None and "slim" not in tag
    if manager != "dnf":
        return False
    return _UBI.fullmatch(name) is not None or (
        _ROCKY.fullmatch(name) is not None and re.match(r"8(?:\D|$)", tag) is not None
    )
