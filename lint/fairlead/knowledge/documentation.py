"""Which package managers install documentation, and which images keep them from it.

Sources: dnf.conf(5) (`tsflags=nodocs`), dpkg(1) (`path-exclude`). The images of Fedora, CentOS and UBI come with `tsflags=nodocs`,
those of Ubuntu and the slim ones of Debian with `path-exclude` for manual pages and documents.
"""

from __future__ import annotations

import re

DOCUMENTED: dict[str, str] = {
    "apt-get": "write path-exclude=/usr/share/man/* and path-exclude=/usr/share/doc/* into a file of /etc/dpkg/dpkg.cfg.d, or take the slim image",
    "dnf": "add --setopt=tsflags=nodocs",
    "microdnf": "add --nodocs",
}
"""Package manager to what keeps documentation out."""

NO_DOCUMENTATION = re.compile(r"path-exclude|tsflags\s*=\s*nodocs\S*\s*(?:['\"]?\s*>>|.*dnf\.conf|.*yum\.conf)")
"""What in a RUN configures that documentation stays out."""

DELETED = re.compile(r"\brm\s[^;&|]*/usr/share/(?:doc|man)\b")
"""A deletion of documentation in the RUN that brings it."""

_WITH_DOCUMENTATION = re.compile(r"debian|buildpack-deps|python|node|ruby|golang|rust|perl|php|nginx|httpd|openjdk")
_WITHOUT = re.compile(r"(?:.*/)?(?:fedora|fedora-minimal|centos|stream\d+|ubi\d*(?:-minimal|-init)?|ubi\d+/\S+)")


def skips_documentation(manager: str, name: str, tag: str) -> bool:
    """Whether an image is configured to leave documentation out; True where it is not known for apt."""
    if manager == "apt-get":
        return _WITH_DOCUMENTATION.fullmatch(name) is None or "slim" in tag
    return _WITHOUT.fullmatch(name) is not None
