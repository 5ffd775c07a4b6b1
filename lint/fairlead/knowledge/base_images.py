"""What is known of base images by their names."""

from __future__ import annotations

import re

_WINDOWS = re.compile(
    r"(?:^|[/:._-])(?:nanoserver|windowsservercore|servercore|windows|iis|dotnet/framework)(?:$|[/:._-])"
)


def is_windows_image(registry: str, repository: str, tag: str, digest: str = "") -> bool:  # noqa: ARG001 - one signature
    """Whether an image is a Windows image, judging by its name.

    Microsoft's own images say so in the repository (`windows/servercore`, `dotnet/framework/runtime`) or in the tag
    (`8.0-nanoserver-ltsc2022`).
    """
    return _WINDOWS.search(f"{repository}:{tag}".lower()) is not None


_DEBIAN = frozenset(
    "buildpack-deps couchdb debian golang gradle haproxy httpd influxdb kong mariadb maven memcached mysql nginx node openjdk "
    "perl php postgres pypy python rabbitmq redis rethinkdb ruby rust solr tomcat wordpress".split()
)
_OF_ANOTHER_SYSTEM = re.compile(
    r"alpine|ubuntu|noble|jammy|focal|bionic|oracle|ubi|almalinux|amazon|al2|fedora|windows|nanoserver|trusty|xenial|ol\d"
)


def is_debian(name: str, tag: str) -> bool:
    """Whether an official image is made on Debian, by its name and tag; their tags say so where it is something else."""
    return name in _DEBIAN and _OF_ANOTHER_SYSTEM.search(tag) is None
