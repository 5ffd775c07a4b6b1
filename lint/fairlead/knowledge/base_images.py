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


_NO_VERSION = frozenset(
    (
        "alpine", "canary", "current", "dev", "devel", "develop", "development", "edge", "experimental", "full", "head", "jdk",
        "jre", "labs", "latest", "lts", "main", "mainline", "master", "nightly", "nonroot", "debug", "rawhide", "rolling",
        "sid", "slim", "stable", "test", "testing", "unstable", "upstream", "next", "preview", "beta", "alpha", "rc", "release",
        "prod", "production", "default", "amd64", "arm64", "arm64v8", "x86", "root", "musl", "glibc", "fpm", "apache", "cli",
        "zts", "perl", "otel", "management", "community", "enterprise", "runtime", "builder", "headless", "minimal", "windows",
        "nanoserver", "windowsservercore", "dind", "rootless", "git", "onbuild", "tools", "client", "server", "cuda", "gpu", "cpu",
    )
)  # fmt: skip
# releases of Debian and Ubuntu: of an image of another thing they say what is below it, not which version it is
_CODENAMES = frozenset(
    (
        "wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "trusty", "xenial", "bionic",
        "focal", "jammy", "noble", "oracular", "plucky", "questing", "resolute",
    )
)  # fmt: skip
_DISTRIBUTIONS = frozenset(("debian", "ubuntu", "buildpack-deps"))


def floating_tag(name: str, tag: str) -> bool:
    """Whether a tag names no version, so that another release may be behind it tomorrow.

    Args:
        name: the image without registry and `library/`, such as `golang`.
        tag: the tag.
    """
    words = set(tag.lower().replace("_", "-").split("-"))
    if words <= _NO_VERSION or (words & {"latest", "nightly"} and not any(c.isdigit() for c in tag)):
        return True
    official = "/" not in name and name not in _DISTRIBUTIONS
    return official and bool(words & _CODENAMES) and words <= _NO_VERSION | _CODENAMES
