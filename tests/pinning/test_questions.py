"""Which server is asked what, and with whose name; no network: the client is a stand-in."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fairlead.build.image import parse_image_reference
from fairlead.pinning.credentials import Credential, Credentials
from fairlead.pinning.problem import Problem
from fairlead.pinning.registry import INDEXES, Registries, is_valid, parse_challenges
from fairlead.pinning.transport import Answer, Client, is_loopback

DIGEST = "sha256:" + "1" * 64
FOUND = {"content-type": INDEXES[0], "docker-content-digest": DIGEST}
LOGIN = {"auth": base64.b64encode(b"me:s3cret").decode()}


class StandIn(Client):
    """Answers by a function; keeps what it is asked."""

    def __init__(self, answer: Callable[[str, Mapping[str, str]], tuple[int, Mapping[str, str], bytes]]) -> None:
        super().__init__(1)
        self.answer = answer
        self.asked: list[tuple[str, str, str]] = []

    def request(self, method: str, url: str, headers: Mapping[str, str], **_: Any) -> Answer:
        self.asked.append((method, url, headers.get("Authorization", "")))
        return Answer(url, *self.answer(url, headers))


def docker_hub(url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    if url.startswith("https://auth.docker.io/token?"):
        return 200, {}, b'{"token": "t"}'
    if headers.get("Authorization") == "Bearer t":
        return 200, FOUND, b""
    challenge = (
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
        'scope="repository:library/debian:pull"'
    )
    return 401, {"www-authenticate": challenge}, b""


@pytest.mark.parametrize("name", ["debian:12", "docker.io/debian:12", "index.docker.io/library/debian:12"])
@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "index.docker.io"])
def test_docker_hub(name: str, key: str) -> None:
    client = StandIn(docker_hub)
    registries = Registries(client, Credentials({"auths": {key: LOGIN, "other.io": {"auth": "eDp5"}}}, 1))
    assert registries.resolve(parse_image_reference(name)).digest == DIGEST
    manifest = "https://registry-1.docker.io/v2/library/debian/manifests/12"
    token = "https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Alibrary%2Fdebian%3Apull"
    assert client.asked == [
        ("HEAD", manifest, ""),
        ("GET", token, f"Basic {LOGIN['auth']}"),
        ("HEAD", manifest, "Bearer t"),
    ]
    # the token is good for the next tag as well
    registries.resolve(parse_image_reference("debian:13"))
    assert [method for method, _, _ in client.asked[3:]] == ["HEAD", "HEAD"]


def test_a_token_server_without_tls_is_not_told_the_login() -> None:
    challenge = {"www-authenticate": 'Bearer realm="http://tokens.example/t"'}
    client = StandIn(lambda url, headers: (401, challenge, b""))
    registries = Registries(client, Credentials({"auths": {"ghcr.io": LOGIN}}, 1))
    with pytest.raises(Problem, match=r"its token server tokens\.example is not reached by https"):
        registries.resolve(parse_image_reference("ghcr.io/a/b:1"))
    assert [url for _, url, _ in client.asked] == ["https://ghcr.io/v2/a/b/manifests/1"]


def test_a_redirect_to_plain_http_is_not_followed() -> None:
    client = StandIn(lambda url, headers: (307, {"location": "http://elsewhere.example/x"}, b""))
    with pytest.raises(Problem, match="redirects from https to http"):
        Registries(client, Credentials({}, 1)).resolve(parse_image_reference("quay.io/a/b"))
    assert len(client.asked) == 1


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", {}),
        ("Basic", {"basic": {}}),
        ('Basic realm="a, Bearer b=c"', {"basic": {"realm": "a, Bearer b=c"}}),
        (
            'Bearer realm="https://x/y?z",service="s",scope="repository:a:pull,push"',
            {"bearer": {"realm": "https://x/y?z", "service": "s", "scope": "repository:a:pull,push"}},
        ),
        (
            'Negotiate, BASIC realm=x, bearer Realm="q\\"q", error = "invalid_token"',
            {"negotiate": {}, "basic": {"realm": "x"}, "bearer": {"realm": 'q"q', "error": "invalid_token"}},
        ),
        ('"""', {}),
        # what would take minutes to read in full
        ('Basic realm="' + '\\"' * 30_000, {"basic": {}}),
    ],
)
def test_challenges(header: str, expected: dict[str, dict[str, str]]) -> None:
    assert parse_challenges(header) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True), ("localhost:5000", True), ("127.0.0.1:1", True), ("127.8.9.1", True), ("[::1]:5000", True),
        ("::1", True), ("10.0.0.1", False), ("localhost.example", False), ("example:5000", False), ("1.2.7.0:1", False),
    ],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("debian", True), ("a/b/c__d.e-f", True), ("localhost:5000/a", True), ("[::1]:5000/a", True), ("r.io/a", True),
        ("A", False), ("a//b", False), ("-a", False), ("a_-b", False), ("r.io:0/a", False), ("r.io:99999/a", False),
        ("r..io-/a", False), ("é/a", False), ("a" * 256, False),
    ],
)  # fmt: skip
def test_names(name: str, expected: bool) -> None:
    assert is_valid(parse_image_reference(name)) is expected


@pytest.mark.parametrize(
    ("auths", "expected"),
    [
        ({"ghcr.io": LOGIN}, Credential("me", "s3cret")),
        ({"https://ghcr.io": LOGIN}, Credential("me", "s3cret")),
        ({"https://ghcr.io/v2/": LOGIN}, Credential("me", "s3cret")),
        ({"ghcr.io": {"username": "u", "password": "p:q"}}, Credential("u", "p:q")),
        ({"ghcr.io": {"auth": base64.b64encode(b"u:p:q\0").decode()}}, Credential("u", "p:q")),
        ({"ghcr.io": {"identitytoken": "i"}}, Credential(identity_token="i")),
        ({"ghcr.io": {"registrytoken": "r"}}, Credential(registry_token="r")),
        ({"ghcr.io": {}}, None),
        ({"ghcr.io": 5}, None),
        ({"ghcr.io/team": LOGIN, "evil.example/ghcr.io": LOGIN, "ghcr.io.example": LOGIN}, None),
    ],
)
def test_credentials_of_the_configuration(auths: dict[str, object], expected: Credential | None) -> None:
    found = Credentials({"auths": auths}, 1).get("ghcr.io")
    assert found == expected
    assert "s3cret" not in repr(found)
