"""What useradd(8) of shadow writes beside the accounts.

Source: shadow's src/useradd.c. Up to 4.11.1 `faillog_reset` and `lastlog_reset` write an empty entry at the place of the user
id, whatever the size of the files; from 4.12 (August 2022, commit 3c0eafbe) only where the files reach that far.
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

_NEWER_TAG = re.compile(r"bookworm|trixie|forky|duke|sid|noble|oracular|plucky|questing|resolute|2[4-9]\.\d\d|alpine")
_NEWER = {"debian": 12, "ubuntu": 23, "fedora": 38, "alpine": 0}


OLDER_TAG = re.compile(r"bullseye|buster|stretch|jessie|wheezy|oldoldstable")
"""Tags of images that are made on Debian 11 or older; those that name no release are made on a newer one."""


def writes_no_hole(name: str, tag: str) -> bool:
    """Whether an image is known to have a useradd that leaves the logs as they are, or none of the logs.

    Debian 12 and Ubuntu 23.04 have shadow 4.13; Alpine's image has neither file.
    """
    first = _NEWER.get(name.rpartition("/")[2])
    if first is not None and tag in ("", "latest"):
        return True
    number = re.match(r"\d+", tag)
    if first is not None and number is not None and not _NEWER_TAG.search(tag):
        return int(number[0]) >= first
    return name == "alpine" or _NEWER_TAG.search(tag) is not None
