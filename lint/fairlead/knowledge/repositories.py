"""Package repositories of which releases move on by themselves.

From Alpine's "Repositories", Debian's "DebianUnstable" and "DebianTesting", Fedora's "Rawhide", openSUSE's "Tumbleweed",
and Launchpad's help on PPAs, which keep the newest version of a package alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Channel(NamedTuple):
    """A repository that is no fixed release.

    Attributes:
        name: as people call it.
        word: the word of an image's tag that stands for the same.
        effect: what it does to a build.
        advice: what to do instead.
        sure: whether it is a distribution in development, which does not fit a release.
    """

    name: str
    word: str
    effect: str
    advice: str
    sure: bool


_RELEASE = "take the package from the release of the base image, or a base image that has it"
# gitlab.alpinelinux.org/alpine/aports: no release has the repository testing
_TESTING = "build it in a stage of its own, or take a base image that has it, for testing is in no release of Alpine"
_ALPINE = re.compile(r"/(?P<word>edge|latest-stable)(?:/|$)")
_DEBIAN = re.compile(
    r"(?:debian\.org|/debian)/?\s+['\"]?(?P<word>sid|unstable|testing|experimental|rc-buggy)(?=[\s/'\"]|$)"
)
_THIRD_PARTY = re.compile(r"[/_-](?P<word>nightly|testing|unstable|rawhide|tumbleweed|experimental)(?:[/\s_-]|$)")
_WORDS = re.compile(
    r"ppa:|edge|latest-stable|\bsid\b|unstable|testing|experimental|rc-buggy|nightly|rawhide|tumbleweed"
)
_REBUILT_DAILY = re.compile(r"/(?:oss-fuzz-base/|aixcc-finals/base-)|/base-(?:builder|runner)(?:-\w+)?$")


def may_name_channel(text: str) -> bool:
    """Whether a text has a word of a repository that moves on; most Dockerfiles have none."""
    return _WORDS.search(text) is not None


def floating_repository(url: str, text: str) -> Channel | None:
    """What is known of a repository that moves on; None for one that is, or may be, a fixed release.

    Args:
        url: its address, or `ppa:OWNER/NAME`.
        text: the words that add it, which may name a suite behind the address.
    """
    if url.startswith("ppa:"):
        effect = "it keeps only the newest version of each package, which its owner may replace at any time"
        return Channel(
            f"the PPA {url.removeprefix('ppa:')}", "", effect, "pin the version, or take it elsewhere", False
        )
    if "alpine" in url and (match := _ALPINE.search(url)):
        word = match["word"]
        effect = "its packages are made for other libraries than this release has, and move on"
        if word == "latest-stable":
            effect = "it becomes the next release of Alpine one day, while the base image stays"
        advice = _TESTING if "/edge/testing" in url else _RELEASE
        return Channel(f"Alpine's {word}", word.removesuffix("-stable"), effect, advice, True)
    if "debian" in url and (match := _DEBIAN.search(text)):
        effect = "its packages are made for other libraries than this release has, and move on"
        return Channel(f"Debian's {match['word']}", match["word"], effect, _RELEASE, True)
    if match := _THIRD_PARTY.search(f"{url} "):
        effect = f"{match['word']} holds what is newest on the day the step runs"
        return Channel(url, match["word"], effect, "take a release", False)
    return None


def is_of_channel(tag: str, channel: Channel) -> bool:
    """Whether an image's tag says that it is of the same release in development: `debian:sid-slim`, `alpine:20250108`."""
    words = set(re.split(r"[-_]", tag))
    if channel.word == "edge":
        # Alpine names the snapshots of edge by their dates
        return "edge" in words or re.fullmatch(r"\d{8}", tag) is not None
    # testing is made of unstable, and takes some of its packages before they are in it
    same = {"sid", "unstable", "experimental", "rc-buggy"}
    return channel.word in words or (channel.word in same and bool(words & {*same, "testing"}))


def is_rebuilt_daily(image: str) -> bool:
    """Whether images on this base are built anew each day on purpose, to look at the newest source.

    Args:
        image: the full name of the base image: OSS-Fuzz builds each project every day.
    """
    return _REBUILT_DAILY.search(image) is not None
