"""Which sources of an ADD are fetched from a server."""

from __future__ import annotations

import pytest

from fairlead.build.remote import RemoteReference, parse_remote

COMMIT = "0a" * 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://e.com/a.txt", RemoteReference("file", "https://e.com/a.txt")),
        ("http://e.com/a.git/b.tar", RemoteReference("file", "http://e.com/a.git/b.tar")),
        ("https://e.com/a.git", RemoteReference("repository", "https://e.com/a.git")),
        ("HTTPS://e.com/a.git#v1:d", RemoteReference("repository", "HTTPS://e.com/a.git", "v1")),
        ("git://e.com/a", RemoteReference("repository", "git://e.com/a")),
        ("ssh://git@e.com/a#main", RemoteReference("repository", "ssh://git@e.com/a", "main")),
        ("git@e.com:t/a.git#main:cmd", RemoteReference("repository", "git@e.com:t/a.git", "main")),
        ("https://e.com/a.git?ref=x", RemoteReference("repository", "https://e.com/a.git", "x")),
        ("https://e.com/a.git?tag=v1", RemoteReference("repository", "https://e.com/a.git", "refs/tags/v1")),
        (
            "https://e.com/a.git?branch=b&checksum=0a0a",
            RemoteReference("repository", "https://e.com/a.git", "refs/heads/b", "0a0a"),
        ),
        ("https://e.com/a.git?commit=0a0a", RemoteReference("repository", "https://e.com/a.git", "0a0a", "0a0a")),
    ],
)
def test_what_is_fetched(text: str, expected: RemoteReference) -> None:
    assert parse_remote(text) == expected


@pytest.mark.parametrize(
    "text", ["a.git", "./a.git", "github.com/a/b", "ftp://e.com/a", "HTTP://e.com/a", "a/b@c", "@e.com:a", "."]
)
def test_paths_of_the_build_context(text: str) -> None:
    assert parse_remote(text) is None


@pytest.mark.parametrize(("ref", "expected"), [(COMMIT, True), ("0a" * 32, True), ("0a0a", False), ("main", False)])
def test_a_full_commit_asks_nobody(ref: str, expected: bool) -> None:
    remote = parse_remote(f"https://e.com/a.git#{ref}:sub")
    assert remote is not None
    assert remote.is_commit is expected
