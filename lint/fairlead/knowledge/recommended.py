"""What apt installs with often used packages only because it is recommended.

Measured with apt's `--simulate` on the index of Debian 12 in November 2026, from a minimal system: the packages that come
with recommendations and not without, by the `Installed-Size` that each tells.
"""

from __future__ import annotations

_LITTLE = frozenset(
    (
        "apt-transport-https automake ca-certificates jq libffi-dev libpq-dev libssl-dev locales make nano nginx "
        "php-cli pkg-config rsync sudo tzdata unzip vim zip"
    ).split()
)
"""Packages that bring less than 1 MB so."""

RECOMMENDED_SIZES: dict[str, int] = {
    **dict.fromkeys(_LITTLE, 0),
    "autoconf": 2_000_000, "build-essential": 79_100_000, "cmake": 265_300_000, "cron": 23_300_000, "curl": 3_800_000,
    "default-jdk": 73_300_000, "default-jre": 65_700_000, "ffmpeg": 157_100_000, "g++": 58_300_000, "gcc": 88_400_000,
    "git": 15_000_000, "gnupg": 6_600_000, "imagemagick": 118_900_000, "libcurl4-openssl-dev": 3_800_000,
    "libtool": 64_400_000, "libxml2-dev": 58_300_000, "nodejs": 18_300_000, "python3": 3_100_000,
    "python3-dev": 60_800_000, "python3-pip": 387_100_000, "software-properties-common": 23_400_000,
    "supervisor": 3_100_000, "wget": 9_300_000, "zlib1g-dev": 58_300_000,
}  # fmt: skip
"""Package to bytes, to the nearest tenth of a megabyte."""

MOSTLY_CERTIFICATES = frozenset(("curl", "libcurl4-openssl-dev"))
"""Packages of which most of what they recommend is ca-certificates, with openssl; the rest is less than 1 MB."""

WITH_CERTIFICATES = frozenset(
    "buildpack-deps eclipse-temurin golang gradle maven nginx openjdk php python ruby rust tomcat".split()
)
"""Official images that hold ca-certificates, the slim ones as well: the Dockerfiles of docker-library, November 2026."""

CERTIFICATES = "ca-certificates"

OFTEN_NEEDED: dict[str, str] = {
    "curl": CERTIFICATES, "gcc": "libc6-dev", "git": CERTIFICATES, "wget": CERTIFICATES,
}  # fmt: skip
"""Package to the one among those that it only recommends without which it is of little use."""

COMPILER_PACKAGES = frozenset(("build-essential", "clang", "g++", "gcc"))
"""Packages that bring a compiler."""

RECOMMENDS_A_COMPILER = frozenset(("cmake", "libtool", "python3-pip"))
"""Packages of which most of what they recommend is a compiler."""
