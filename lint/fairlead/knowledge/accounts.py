"""What useradd(8) of shadow writes beside the accounts.

Source: shadow's src/useradd.c. Up to 4.12.3 `faillog_reset` and `lastlog_reset` write an empty entry at the place of the user
id wherever the files exist, whatever their size; from 4.13 (November 2022, commit 3c0eafbe) only where the files reach that
far. Debian's adduser, as of 3.118 to 3.134, hands its `--uid` on to useradd, without -l. Debian's base-files makes the one file and its login the other, both empty; on Fedora there is no /var/log/faillog.
"""

from __future__ import annotations

import re

LASTLOG_ENTRY = 292
"""Bytes of a struct lastlog of glibc: the place of user N in /var/log/lastlog is N times that."""

FAILLOG_ENTRY = 32
"""Bytes of a struct faillog of shadow on 64-bit systems."""

HIGH_ID = 100_000
"""From here on the two files reach 32 MB."""

ACCOUNT_PROGRAMS = frozenset(("useradd", "adduser", "groupadd", "addgroup"))
"""Programs that make users and groups: of shadow, of Debian and of BusyBox."""

VALUED = frozenset(
    "-b --base-dir -c --comment -d --home-dir -e --expiredate -f --inactive -g --gid -G --groups -k --skel -K --key -p "
    "--password -P --prefix -R --root -s --shell -u --uid -Z --selinux-user".split()
)
"""Options of useradd with a value."""

_NEWER_TAG = re.compile(
    r"bookworm|trixie|forky|duke|\bsid\b|noble|oracular|plucky|questing|resolute|2[4-9]\.\d\d|alpine"
)
_OLDER_TAG = re.compile(
    r"bullseye|buster|stretch|jessie|wheezy|oldoldstable|trusty|xenial|bionic|focal|jammy|(?:1\d|2[0-2])\.04"
)
# no version of an application is called that
_OLDER_NAME = re.compile(
    r"(?:^|[^a-z])(?:bullseye|buster|stretch|jessie|xenial|bionic|focal|jammy)(?:$|[^a-z])|ubuntu-?(?:1\d|2[0-2])\.04"
)
_RELEASES: dict[str, tuple[int, int]] = {"debian": (11, 12), "ubuntu": (22, 24), "fedora": (0, 38)}
# images of Debian and Ubuntu themselves; the tags of others count their own versions
_DISTRIBUTIONS = ("debian", "ubuntu", "buildpack-deps")


def extends_logs(name: str, tag: str, *, is_debian: bool) -> bool | None:
    """Whether useradd in an image lengthens the login logs for a high number.

    Debian 11 has shadow 4.8.1 and Ubuntu 22.04 4.8.1, both images have both files; Debian 12 and Ubuntu 24.04 have 4.13
    (packages.debian.org/src:shadow, packages.ubuntu.com). Fedora has had the change since 4.12.3-2, before Fedora 38. Alpine's
    image has neither file.

    Args:
        name: the image without tag.
        tag: its tag.
        is_debian: the image is one that is made on Debian unless its tag says otherwise.

    Returns:
        None where it is not known.
    """
    base = name.rpartition("/")[2]
    if base == "alpine" or _NEWER_TAG.search(tag):
        return False
    bounds = _RELEASES.get(base)
    if bounds is not None and tag in ("", "latest", "stable", "rolling", "rawhide"):
        return False
    number = re.match(r"\d+", tag)
    if bounds is not None and number is not None:
        older, newer = bounds
        return False if int(number[0]) >= newer else True if int(number[0]) <= older else None
    if _OLDER_NAME.search(tag):
        return True
    if (base in _DISTRIBUTIONS or is_debian) and _OLDER_TAG.search(tag):
        return True
    # an official image without a release in its tag is made on a newer Debian
    return False if is_debian and base not in _DISTRIBUTIONS else None
