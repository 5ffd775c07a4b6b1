"""`fairlead pin` against a real registry, and against servers that misbehave."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.registry import DOCKER_MANIFEST, HTPASSWD, LOGIN, OCI_INDEX, Registry, free_port, sha256
from tests.repository import Repo
from tests.servers import RawServer, Reply, Request, Server, endless_body, endless_headers, never, no_http

from fairlead.pinning.programs import run as start
from fairlead.pinning.transport import Client

from .conftest import Result, Run

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    running = Registry(tmp_path_factory.mktemp("registry"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def locked_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One that wants a name and a password."""
    directory = tmp_path_factory.mktemp("locked")
    (directory / "htpasswd").write_text(HTPASSWD)
    auth = f"auth: {{htpasswd: {{realm: here, path: '{directory / 'htpasswd'}'}}}}\n"
    running = Registry(directory, auth)
    running.login = LOGIN
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration, empty; no proxy."""
    directory = tmp_path / "docker"
    directory.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(directory))
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return directory


Write = Callable[..., Path]


@pytest.fixture
def write(project: Path) -> Write:
    def write_(text: str | bytes, name: str = "Dockerfile") -> Path:
        path = project / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_


def as_json(result: Result) -> list[dict[str, Any]]:
    (file,) = json.loads(result.out)["files"]
    found: list[dict[str, Any]] = file["inputs"]
    return found


def test_the_digest_of_the_index_is_written(run: Run, write: Write, registry: Registry) -> None:
    """Not that of the manifest for the platform that we happen to be on."""
    oci = registry.push("team/app", "1.0")
    docker = registry.push("team/old", "1.0", docker=True)
    single = registry.push_platform("team/single", "amd64", "x", docker=True)
    registry.request(
        "PUT", "/v2/team/single/manifests/latest",
        _manifest(registry, "team/single", single), DOCKER_MANIFEST,
    )  # fmt: skip
    host = registry.host
    file = write(
        f"# syntax={host}/team/app:1.0\n"
        f"FROM {host}/team/app:1.0 AS build\n"
        f"FROM {host}/team/single\n"
        "COPY --from=build / /\n"
        f"COPY --from={host}/team/old:1.0 / /old\n"
        f"RUN --mount=type=bind,from={host}/team/old:1.0,target=/x ls\n"
    )
    status, out, err = run("pin", "Dockerfile")
    assert (status, err) == (0, "")
    assert file.read_text() == (
        f"# syntax={host}/team/app:1.0@{oci}\n"
        f"FROM {host}/team/app:1.0@{oci} AS build\n"
        f"FROM {host}/team/single:latest@{single}\n"
        "COPY --from=build / /\n"
        f"COPY --from={host}/team/old:1.0@{docker} / /old\n"
        f"RUN --mount=type=bind,from={host}/team/old:1.0@{docker},target=/x ls\n"
    )
    assert out == (
        f"Dockerfile:1  pinned    {host}/team/app:1.0  {oci[:19]}\n"
        f"Dockerfile:2  pinned    {host}/team/app:1.0  {oci[:19]}\n"
        f"Dockerfile:3  pinned    {host}/team/single  {single[:19]}\n"
        f"Dockerfile:5  pinned    {host}/team/old:1.0  {docker[:19]}\n"
        f"Dockerfile:6  pinned    {host}/team/old:1.0  {docker[:19]}\n"
        "\n"
        "5 pinned. 1 file written.\n"
    )
    assert run("pin", "--check", "Dockerfile").status == 0


def _manifest(registry: Registry, repository: str, digest: str) -> bytes:
    import urllib.request

    request = urllib.request.Request(
        f"http://{registry.host}/v2/{repository}/manifests/{digest}", headers={"Accept": DOCKER_MANIFEST}
    )
    with urllib.request.urlopen(request) as response:
        data: bytes = response.read()
        return data


def test_a_tag_that_moves(run: Run, write: Write, registry: Registry) -> None:
    old = registry.push("moving", "1", "old")
    file = write(f"FROM {registry.host}/moving:1\n")
    assert run("pin", "Dockerfile").status == 0
    assert run("pin", "--check", "Dockerfile").out == (
        f"Dockerfile:1  current   {registry.host}/moving:1  {old[:19]}\n\n1 current.\n"
    )
    new = registry.push("moving", "1", "new")
    before = file.read_bytes()
    status, out, err = run("pin", "--check", "Dockerfile")
    assert (status, err) == (1, "")
    assert out == f"Dockerfile:1  moved     {registry.host}/moving:1  {old[:19]} -> {new[:19]}\n\n1 moved.\n"
    assert run("pin", "Dockerfile").out == (
        f"Dockerfile:1  kept      {registry.host}/moving:1  {old[:19]}\n\n1 kept. Nothing is written.\n"
    )
    assert file.read_bytes() == before
    status, out, err = run("pin", "--update", "Dockerfile")
    assert (status, err) == (0, "")
    assert file.read_text() == f"FROM {registry.host}/moving:1@{new}\n"


def test_the_manifest_of_one_platform_is_told_from_a_tag_that_moved(run: Run, write: Write, registry: Registry) -> None:
    registry.push("platforms", "1")
    arm = registry.push_platform("platforms", "arm64", "xarm64")
    write(f"FROM {registry.host}/platforms:1@{arm}\n")
    status, out, _ = run("pin", "--check", "Dockerfile")
    assert status == 0
    assert "the pin is the manifest of linux/arm64 alone" in out


def test_what_is_unpinned_fails_the_check(run: Run, write: Write, registry: Registry) -> None:
    write(f"ARG V=1\nFROM {registry.host}/app:1\nFROM {registry.host}/app:${{V}}-slim\nFROM scratch\n")
    status, out, err = run("pin", "--check", "Dockerfile")
    assert (status, err) == (1, "")
    assert out == (
        f"Dockerfile:2  unpinned  {registry.host}/app:1\n"
        f"Dockerfile:3  unpinned  {registry.host}/app:1-slim\n"
        "                        V decides a part of the name: a digest would hold for one value only\n"
        "\n"
        "2 unpinned.\n"
    )


def test_a_diff_writes_nothing(run: Run, write: Write, registry: Registry) -> None:
    digest = registry.push("diffed", "1")
    file = write(f"FROM {registry.host}/diffed:1")
    status, out, err = run("pin", "--diff", "Dockerfile")
    assert (status, err) == (0, "")
    assert out == (
        "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1 +1 @@\n"
        f"-FROM {registry.host}/diffed:1\n\\ No newline at end of file\n"
        f"+FROM {registry.host}/diffed:1@{digest}\n\\ No newline at end of file\n"
    )
    assert file.read_text() == f"FROM {registry.host}/diffed:1"


@needs_git
def test_a_diff_can_be_applied(run: Run, write: Write, project: Path, registry: Registry) -> None:
    digest = registry.push("applied", "1")
    text = b"FROM %s/applied:1\r\nRUN echo \xff\r\nRUN true" % registry.host.encode()
    file = write(text)
    (project / "change.diff").write_bytes(
        run("pin", "--diff", "Dockerfile").out.encode("utf-8", "surrogateescape").replace(b"\xef\xbf\xbd", b"\xff")
    )
    subprocess.run(["git", "apply", "change.diff"], check=True, cwd=project)
    assert b"applied:1@" + digest.encode() + b"\r\n" in file.read_bytes()


def test_a_reference_is_asked_for_once(run: Run, write: Write, no_credentials: Path) -> None:
    with Server(lambda request: _image_reply()) as server:
        write(f"FROM {server.host}/app:1\nFROM {server.host}/app:1\n", "one.Dockerfile")
        write(f"FROM {server.host}/app:1\nCOPY --from={server.host}/app:2 / /\n", "two.Dockerfile")
        assert run("pin", "one.Dockerfile", "two.Dockerfile", "./one.Dockerfile").status == 0
        assert sorted(server.paths("HEAD")) == ["/v2/app/manifests/1", "/v2/app/manifests/2"]
        assert server.paths("GET") == []


INDEX = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).encode()


def _image_reply(**headers: str) -> Reply:
    return Reply(200, {"Content-Type": OCI_INDEX, "Docker-Content-Digest": sha256(INDEX), **headers}, INDEX)


def test_offline_asks_nobody(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network is used")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    digest = "sha256:" + "0" * 64
    write(f"FROM debian:12\nFROM debian:12@{digest}\nADD https://example.com/x.tgz /\nARG X\nFROM $BASE\n")
    status, out, err = run("pin", "--offline", "Dockerfile")
    assert (status, err) == (0, "")
    assert out == (
        "Dockerfile:1  unpinned  debian:12\n"
        "                        would be asked: registry-1.docker.io\n"
        "Dockerfile:2  kept      debian:12  sha256:000000000000\n"
        "Dockerfile:3  unpinned  https://example.com/x.tgz\n"
        "                        would be asked: example.com\n"
        "Dockerfile:5  unknown   $BASE\n"
        "                        BASE has no value before the build\n"
        "\n"
        "2 unpinned, 1 kept, 1 unknown. Offline: nobody was asked.\n"
    )
    assert run("pin", "--offline", "--check", "Dockerfile").status == 1


# what can go wrong with servers


Wrong = Callable[[Run, Write, Registry, str], Result]


def mixed(run: Run, write: Write, registry: Registry, host: str) -> Result:
    """A file with one image of a server that misbehaves and one of a good one, which is pinned all the same."""
    digest = registry.push("good", "1")
    file = write(f"FROM {host}/bad:1 AS bad\nFROM {registry.host}/good:1\n")
    result = run("pin", "Dockerfile")
    assert file.read_text() == f"FROM {host}/bad:1 AS bad\nFROM {registry.host}/good:1@{digest}\n"
    assert result.status == 2
    assert result.err.startswith(f"error: Dockerfile:1: {host}/bad:1: ")
    assert result.err.count("\n") == 1
    return result


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(429, {"Retry-After": "60"}), "too many requests (429), try again in 60 s"),
        (Reply(429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), "too many requests (429), try again in 0 s"),
        (Reply(429), "too many requests (429), try again later"),
        (Reply(500), "server error (500)"),
        (Reply(503), "server error (503)"),
        (Reply(401), "no such image, or it takes a login (401)"),
        (Reply(403), "no such image, or it takes a login (403)"),
        (Reply(404), "no such image, or no such tag of it (404)"),
        (Reply(418), "answers the manifest with status 418"),
        (Reply(200, {"Content-Type": "text/html"}, b"<html>hello"), "what it sends is no manifest: is it a registry?"),
        (Reply(200, {"Content-Type": "application/json"}, b"[1"), "what it sends is no manifest: is it a registry?"),
        (Reply(200, {"Content-Type": OCI_INDEX}, b"[" * 100000), "what it sends is no manifest: is it a registry?"),
        (
            Reply(200, {"Docker-Content-Digest": "sha256:" + "1" * 64}, INDEX),
            "the manifest that it sends is not the one of the digest that it names",
        ),
        (
            Reply(200, {"Content-Type": "application/vnd.docker.distribution.manifest.v1+prettyjws"}, b"{}"),
            "the image has the old format (schema 1), whose digest builders don't take",
        ),
        (Reply(307, {"Location": "/v2/bad/manifests/1"}), "sends us on more than 5 times"),
        (Reply(302, {"Location": "ftp://elsewhere/x"}), "redirects to what is no address: ftp://elsewhere/x"),
        (Reply(302, {"Location": "http://[::1"}), "redirects to what is no address: http://[::1"),
        (
            Reply(401, {"WWW-Authenticate": 'Bearer realm="file:///etc/passwd"'}),
            "names no token server that can be asked: file:///etc/passwd",
        ),
        (Reply(401, {"WWW-Authenticate": 'Bearer realm="http://{host}/x"'}), "no such image, or it takes a login (401)"),
    ],
)  # fmt: skip
def test_answers_that_are_none(run: Run, write: Write, registry: Registry, reply: Reply, said: str) -> None:
    def answer(_: Request) -> Reply:
        return reply._replace(headers={key: value.format(host=server.host) for key, value in reply.headers.items()})

    with Server(answer) as server:
        result = mixed(run, write, registry, server.host)
        assert result.err == f"error: Dockerfile:1: {server.host}/bad:1: {server.host}: {said}\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets one server have 0.3 seconds; the others have their time, however busy the machine is."""
    plain = Client.request

    def impatient_(host: str) -> None:
        def request(client: Client, method: str, url: str, *rest: Any, **options: Any) -> Any:
            return plain(client, method, url, *rest, **(options | ({"seconds": 0.3} if host in url else {})))

        monkeypatch.setattr(Client, "request", request)

    return impatient_


@pytest.mark.parametrize("serve", [never, endless_headers])
def test_a_registry_that_hangs(
    run: Run, write: Write, registry: Registry, serve: Any, impatient: Callable[[str], None]
) -> None:
    with RawServer(serve) as server:
        impatient(server.host)
        result = mixed(run, write, registry, server.host)
        assert result.err.endswith(f"{server.host}: no answer within 0.3 s\n")


def test_a_registry_that_sends_without_end(run: Run, write: Write, registry: Registry) -> None:
    with RawServer(endless_body) as server:
        assert mixed(run, write, registry, server.host).err.endswith("the answer is larger than 4 MiB\n")


def test_a_server_that_is_no_web_server(run: Run, write: Write, registry: Registry) -> None:
    with RawServer(no_http) as server:
        assert "what came is not HTTP" in mixed(run, write, registry, server.host).err


def test_a_registry_that_is_down(run: Run, write: Write, registry: Registry) -> None:
    host = f"127.0.0.1:{free_port()}"
    assert mixed(run, write, registry, host).err.endswith(f": {host}: connection refused\n")


def test_a_name_without_address(run: Run, write: Write, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = socket.getaddrinfo

    def lookup(host: Any, *rest: Any, **options: Any) -> Any:
        if host == "nowhere.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return plain(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    result = mixed(run, write, registry, "nowhere.example")
    assert result.err.endswith(": nowhere.example: no address is known for this name\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key with a certificate that nobody has signed."""
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=registry.example", "-addext", "subjectAltName=DNS:registry.example,IP:127.0.0.1",
         "-keyout", "key.pem", "-out", "cert.pem"],
        check=True, capture_output=True, cwd=directory,
    )  # fmt: skip
    both = directory / "both.pem"
    both.write_text((directory / "key.pem").read_text() + (directory / "cert.pem").read_text())
    return both


@pytest.fixture
def by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names below .example are this machine."""
    plain = socket.getaddrinfo

    def lookup(host: Any, *rest: Any, **options: Any) -> Any:
        return plain("127.0.0.1" if str(host).endswith(".example") else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@needs_openssl
def test_a_certificate_that_is_not_trusted(
    run: Run, write: Write, registry: Registry, certificate: Path, by_name: None
) -> None:
    with Server(lambda request: _image_reply(), certificate) as server:
        host = f"registry.example:{server.port}"
        result = mixed(run, write, registry, host)
        assert f": {host}: its certificate is not trusted: self" in result.err
        assert server.requests == []


@needs_openssl
def test_a_certificate_that_is_trusted(
    run: Run, write: Write, certificate: Path, by_name: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(lambda request: _image_reply(), certificate) as server:
        file = write(f"FROM registry.example:{server.port}/app:1\n")
        assert run("pin", "Dockerfile").err == ""
        assert sha256(INDEX) in file.read_text()


@needs_openssl
def test_a_certificate_that_docker_trusts(
    run: Run, write: Write, certificate: Path, by_name: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(lambda request: _image_reply(), certificate) as server:
        host = f"registry.example:{server.port}"
        monkeypatch.setattr("fairlead.pinning.transport.AUTHORITIES", (tmp_path / "certs.d",))
        directory = tmp_path / "certs.d" / host
        directory.mkdir(parents=True)
        file = write(f"FROM {host}/app:1\n")
        (directory / "ca.crt").write_text("nothing")
        assert "can't be used as a certificate" in run("pin", "Dockerfile").err
        (directory / "ca.crt").write_bytes(certificate.read_bytes())
        assert run("pin", "Dockerfile").err == ""
        assert sha256(INDEX) in file.read_text()


@pytest.mark.parametrize("proxy", ["http://{host}", "{host}", "http://me:s3cret@{host}"])
def test_a_proxy(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    with Server(lambda request: _image_reply()) as server:
        monkeypatch.setenv("http_proxy", proxy.format(host=server.host))
        file = write("FROM registry.invalid/app:1\n")
        assert run("pin", "--insecure-registry", "registry.invalid", "Dockerfile").err == ""
        assert sha256(INDEX) in file.read_text()
        assert server.paths("HEAD") == ["http://registry.invalid/v2/app/manifests/1"]
        login = server.requests[0].headers.get("proxy-authorization", "")
        assert login == ("Basic " + base64.b64encode(b"me:s3cret").decode() if "@" in proxy else "")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_takes_a_login(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with Server(lambda request: Reply(407)) as server:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://{server.host}")
        write("FROM registry.invalid/app:1\n")
        options = ["--insecure-registry", "registry.invalid"] if scheme == "http" else []
        status, _, err = run("pin", *options, "Dockerfile")
        assert (status, err.count("\n")) == (2, 1)
        assert "registry.invalid: through the proxy: " in err
        assert "407" in err


@pytest.mark.parametrize("serve", [never, endless_headers])
def test_a_proxy_that_hangs(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, serve: Any) -> None:
    with RawServer(serve) as server:
        monkeypatch.setenv("https_proxy", f"http://{server.host}")
        write("FROM registry.invalid/app:1\n")
        status, _, err = run("pin", "--timeout", "0.3", "Dockerfile")
    assert (status, err.endswith("registry.invalid: no answer within 0.3 s\n")) == (2, True)


@pytest.mark.parametrize("direct", ["*", "registry.example", ".example", "x,registry.example:{port}"])
def test_no_proxy(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, by_name: None, direct: str) -> None:
    with Server(lambda request: _image_reply()) as server:
        host = f"registry.example:{server.port}"
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
        monkeypatch.setenv("NO_PROXY", direct.format(port=server.port))
        file = write(f"FROM {host}/app:1\n")
        assert run("pin", "--insecure-registry", host, "Dockerfile").err == ""
        assert sha256(INDEX) in file.read_text()
        monkeypatch.setenv("NO_PROXY", "elsewhere.example,registry.example:1")
        assert (
            f"{host}: through the proxy: connection refused"
            in run("pin", "--check", "--insecure-registry", host, file).err
        )


@pytest.mark.parametrize("proxy", ["ftp://x:s3cret@y", "http://[::1", "socks5://a:b@c:99999"])
def test_a_proxy_that_is_none(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    write("FROM registry.invalid/app:1\n")
    assert run("pin", "Dockerfile") == (
        2,
        "1 failed. Nothing is written.\n",
        "error: Dockerfile:1: registry.invalid/app:1: the proxy of the environment can't be used\n",
    )


def test_plain_http_is_for_this_machine_and_where_asked_for(run: Run, write: Write, by_name: None) -> None:
    with Server(lambda request: _image_reply()) as server:
        host = f"registry.example:{server.port}"
        file = write(f"FROM {host}/app:1\n")
        status, _, err = run("pin", "Dockerfile")
        assert status == 2
        assert f"error: Dockerfile:1: {host}/app:1: {host}: no secure connection: " in err
        assert run("pin", "--insecure-registry", host, "Dockerfile").status == 0
        assert sha256(INDEX) in file.read_text()


def test_a_digest_that_the_registry_does_not_name_is_worked_out(run: Run, write: Write) -> None:
    def answer(request: Request) -> Reply:
        if request.method == "HEAD":
            return Reply(405)
        return Reply(200, {"Content-Type": OCI_INDEX}, INDEX)

    with Server(answer) as server:
        file = write(f"FROM {server.host}/app:1\n")
        assert run("pin", "Dockerfile").status == 0
        assert file.read_text() == f"FROM {server.host}/app:1@{sha256(INDEX)}\n"


def test_a_server_that_wants_to_be_left_alone_is(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.pinning.plan.MAX_PARALLEL", 1)
    with Server(lambda request: Reply(429, {"Retry-After": "5"})) as server:
        write("".join(f"FROM {server.host}/app:{number}\n" for number in range(4)))
        assert run("pin", "Dockerfile").err.count("too many requests (429), try again in 5 s\n") == 4
        assert len(server.requests) == 1


# who may see what


def login(directory: Path, host: str, **entry: str) -> None:
    content = entry or {"auth": base64.b64encode(LOGIN.encode()).decode()}
    (directory / "config.json").write_text(json.dumps({"auths": {host: content}}))


def test_a_registry_that_wants_a_password(
    run: Run, write: Write, locked_registry: Registry, no_credentials: Path
) -> None:
    host = locked_registry.host
    digest = locked_registry.push("secret/app", "1")
    file = write(f"FROM {host}/secret/app:1\n")
    status, _, err = run("pin", "Dockerfile")
    assert (status, err) == (
        2, f"error: Dockerfile:1: {host}/secret/app:1: {host}: no such image, or it takes a login (401)\n",
    )  # fmt: skip
    login(no_credentials, host, username="reader", password="falsch")
    _, _, err = run("pin", "Dockerfile")
    assert "refuses the credentials that Docker keeps for it" in err
    assert "falsch" not in err
    login(no_credentials, host)
    assert run("pin", "Dockerfile").status == 0
    assert file.read_text() == f"FROM {host}/secret/app:1@{digest}\n"


@needs_openssl
def test_a_registry_that_wants_a_token(
    run: Run, write: Write, tmp_path: Path, no_credentials: Path, certificate: Path
) -> None:
    """The whole way: the registry sends us to the token server, which sees the login and gives a signed token."""
    issued: list[Request] = []

    def token_server(request: Request) -> Reply:
        issued.append(request)
        allowed = request.headers.get("authorization") == "Basic " + base64.b64encode(LOGIN.encode()).decode()
        actions = ["pull", "push"] if allowed else []
        return Reply(200, {}, json.dumps({"token": sign(actions)}).encode())

    def sign(actions: list[str]) -> str:
        pem = certificate.read_text()
        chain = pem.partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END")[0]
        access = [{"type": "repository", "name": "secret/app", "actions": actions}]
        claims = {"iss": "test", "sub": "", "aud": "here", "exp": 4_000_000_000, "nbf": 0, "iat": 0, "jti": "x",
                  "access": access}  # fmt: skip
        head = {"typ": "JWT", "alg": "ES256", "x5c": ["".join(chain.split())]}
        text = b".".join(_base64(json.dumps(part).encode()) for part in (head, claims))
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", str(certificate)], input=text, check=True, capture_output=True
        )
        return (text + b"." + _base64(_raw_signature(done.stdout))).decode()

    bundle = tmp_path / "bundle.pem"
    bundle.write_text(
        "-----BEGIN CERTIFICATE-----" + certificate.read_text().partition("-----BEGIN CERTIFICATE-----")[2]
    )
    directory = tmp_path / "registry"
    directory.mkdir()
    with Server(token_server) as server:
        realm = f"http://{server.host}/token"
        auth = f"{{realm: '{realm}', service: here, issuer: test, rootcertbundle: '{bundle}'}}"
        registry = Registry(directory, f"auth: {{token: {auth}}}\n")
        try:
            registry.bearer = sign(["pull", "push"])
            digest = registry.push("secret/app", "1")
            file = write(f"FROM {registry.host}/secret/app:1\n")
            status, _, err = run("pin", "Dockerfile")
            assert (status, "no such image, or it takes a login (401)" in err) == (2, True)
            assert "authorization" not in issued[0].headers
            assert issued[0].path == "/token?service=here&scope=repository%3Asecret%2Fapp%3Apull"
            login(no_credentials, registry.host)
            assert run("pin", "Dockerfile").err == ""
            assert file.read_text() == f"FROM {registry.host}/secret/app:1@{digest}\n"
        finally:
            registry.stop()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _raw_signature(der: bytes) -> bytes:
    """An ECDSA signature as JSON web tokens have it: the two numbers of the DER sequence, 32 bytes each."""
    numbers = []
    at = 2
    while at < len(der):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2 : at + 2 + length], "big").to_bytes(32, "big"))
        at += 2 + length
    return b"".join(numbers)


def test_an_anonymous_token_and_an_identity_token(run: Run, write: Write, no_credentials: Path) -> None:
    def answer(request: Request) -> Reply:
        if request.path.startswith("/token"):
            token = "refreshed" if request.method == "POST" else "anonymous"
            return Reply(200, {}, json.dumps({"access_token": token}).encode())
        if request.headers.get("authorization") in ("Bearer anonymous", "Bearer refreshed"):
            return _image_reply()
        challenge = f'Basic realm="a, b", Bearer realm="http://{server.host}/token",service="reg",scope="aws"'
        return Reply(401, {"WWW-Authenticate": challenge})

    with Server(answer) as server:
        write(f"FROM {server.host}/app:1\n")
        assert run("pin", "--diff", "Dockerfile").status == 0
        assert [request.path for request in server.requests if "token" in request.path] == [
            "/token?service=reg&scope=aws"
        ]
        login(no_credentials, server.host, identitytoken="s3cret")
        assert run("pin", "--diff", "Dockerfile").status == 0
        (form,) = [request.body for request in server.requests if request.method == "POST"]
        assert b"grant_type=refresh_token" in form
        assert b"refresh_token=s3cret" in form


def test_credentials_go_nowhere_else(run: Run, write: Write, no_credentials: Path) -> None:
    """Neither where the registry nor where its token server sends us."""
    with Server(lambda request: _other(request, elsewhere)) as elsewhere:

        def answer(request: Request) -> Reply:
            if request.path.startswith("/token"):
                return Reply(302, {"Location": f"http://{elsewhere.host}/token"})
            if "authorization" not in request.headers:
                return Reply(401, {"WWW-Authenticate": f'Bearer realm="http://{server.host}/token"'})
            return Reply(307, {"Location": f"http://{elsewhere.host}{request.path}"})

        with Server(answer) as server:
            login(no_credentials, server.host)
            file = write(f"FROM {server.host}/app:1\n")
            assert run("pin", "Dockerfile").err == ""
            assert sha256(INDEX) in file.read_text()
            (first,) = [request for request in server.requests if request.path.startswith("/token")]
            assert first.headers["authorization"].startswith("Basic ")
    assert [request.path for request in elsewhere.requests] == ["/token", "/v2/app/manifests/1"]
    assert all("authorization" not in request.headers for request in elsewhere.requests)


def _other(request: Request, server: Server) -> Reply:
    return Reply(200, {}, b'{"token": "t"}') if request.path == "/token" else _image_reply()


def test_a_login_is_not_for_another_server_that_asks_for_one(run: Run, write: Write, no_credentials: Path) -> None:
    with Server(lambda request: Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})) as elsewhere:
        moved = f"http://{elsewhere.host}/v2/app/manifests/1"
        with Server(lambda request: Reply(307, {"Location": moved})) as server:
            login(no_credentials, server.host)
            write(f"FROM {server.host}/app:1\n")
            assert "no such image, or it takes a login (401)" in run("pin", "Dockerfile").err
    assert all("authorization" not in request.headers for request in elsewhere.requests)


HELPER = """\
#!/bin/sh
read server
echo "$1 $server" >> "{log}"
{body}
"""


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Installs docker-credential-test."""
    if os.name == "nt":
        pytest.skip("a shell script stands for the helper")
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")

    def install(body: str) -> Path:
        program = directory / "docker-credential-test"
        program.write_text(HELPER.format(log=tmp_path / "asked", body=body))
        program.chmod(0o755)
        return tmp_path / "asked"

    return install


def test_a_credential_helper(
    run: Run, write: Write, locked_registry: Registry, no_credentials: Path, helper: Callable[[str], Path]
) -> None:
    host = locked_registry.host
    asked = helper('echo \'{"ServerURL": "x", "Username": "reader", "Secret": "geheim"}\'')
    (no_credentials / "config.json").write_text(json.dumps({"credHelpers": {host: "test"}, "auths": {host: {}}}))
    digest = locked_registry.push("helped", "1")
    locked_registry.push("helped", "2")
    file = write(f"FROM {host}/helped:1\nFROM {host}/helped:2\n")
    assert run("pin", "Dockerfile").err == ""
    assert f"helped:1@{digest}" in file.read_text()
    assert asked.read_text() == f"get {host}\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sleep 60", "docker-credential-test has not answered within"),
        ("echo s3cret; exit 3", "docker-credential-test failed with status 3"),
        ("echo s3cret", "docker-credential-test gave no credentials that can be read"),
        ("yes s3cret", "docker-credential-test "),
        ("echo credentials not found in native keychain; exit 1", ""),
    ],
)
def test_a_credential_helper_that_fails(
    run: Run,
    write: Write,
    no_credentials: Path,
    helper: Callable[[str], Path],
    body: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    helper(body)
    if body.startswith("sleep"):
        monkeypatch.setattr(
            "fairlead.pinning.credentials.run", lambda argv, **options: start(argv, **(options | {"seconds": 0.3}))
        )
    (no_credentials / "config.json").write_text(json.dumps({"credsStore": "test"}))

    def answer(request: Request) -> Reply:
        if request.path == "/token?scope=repository%3Aapp%3Apull":
            return Reply(200, {}, b'{"token": "t"}')
        if request.headers.get("authorization") == "Bearer t":
            return _image_reply()
        return Reply(401, {"WWW-Authenticate": f'Bearer realm="http://{server.host}/token"'})

    with Server(answer) as server:
        write(f"FROM {server.host}/app:1\n")
        status, out, err = run("pin", "Dockerfile")
        assert (status, err.count("\n")) == (0, 1 if said else 0)
        assert err.startswith(f"note: {said}" if said else "")
        assert "s3cret" not in out + err


@pytest.mark.parametrize(
    "config", ["{", "[]", '{"auths": {"HOST": {"auth": "!"}}}', '{"credsStore": "../evil"}', "[" * 9999]
)
def test_a_docker_configuration_that_is_none(run: Run, write: Write, no_credentials: Path, config: str) -> None:
    with Server(lambda request: Reply(401, {"WWW-Authenticate": "Basic"})) as server:
        (no_credentials / "config.json").write_text(config.replace("HOST", server.host))
        write(f"FROM {server.host}/app:1\n")
        status, _, err = run("pin", "Dockerfile")
        assert (status, err.count("\n"), err.count("note: ")) == (2, 2, 1)


# downloads and repositories


def test_a_checksum(run: Run, write: Write) -> None:
    data = os.urandom(300_000)

    def answer(request: Request) -> Reply:
        if request.path == "/gone.tgz":
            return Reply(404)
        return Reply(302, {"Location": "/y.tgz"}) if request.path == "/x.tgz" else Reply(200, {}, data)

    with Server(answer) as server:
        url = f"http://{server.host}/x.tgz"
        file = write(
            f'FROM scratch\nADD --link {url} /\nADD \\\n  ["{url}", "/a b"]\n'
            f"ADD http://{server.host}/gone.tgz /\nADD {url} {url}?2 /\nADD local /\n"
        )
        status, out, err = run("pin", "Dockerfile")
        assert (status, err) == (
            2, f"error: Dockerfile:5: http://{server.host}/gone.tgz: {server.host}: the file is not there (404)\n",
        )  # fmt: skip
        assert file.read_text() == (
            f"FROM scratch\nADD --link --checksum={sha256(data)} {url} /\n"
            f'ADD \\\n  --checksum={sha256(data)} ["{url}", "/a b"]\n'
            f"ADD http://{server.host}/gone.tgz /\nADD {url} {url}?2 /\nADD local /\n"
        )
        assert out.count("has other sources beside it, and --checksum takes one only") == 2
        assert "2 pinned, 2 unpinned, 1 failed. 1 file written.\n" in out
        write(f"FROM scratch\nADD --checksum={sha256(data)} {url} /\nADD --checksum=sha256:{'0' * 64} {url} /\n")
        assert [entry["status"] for entry in as_json(run("pin", "--check", "--output-format", "json", "Dockerfile"))] == [
            "current", "moved",
        ]  # fmt: skip
        assert server.paths("GET").count("/y.tgz") == 2


def test_what_is_packed_for_the_way_is_unpacked(run: Run, write: Write) -> None:
    """As the builder does before it compares the checksum."""
    packed = gzip.compress(b"text" * 1000)
    with Server(lambda request: Reply(200, {"Content-Encoding": "gzip"}, packed)) as server:
        file = write(f"FROM scratch\nADD http://{server.host}/x /\n")
        assert run("pin", "Dockerfile").err == ""
        assert f"--checksum={sha256(b'text' * 1000)} " in file.read_text()
        assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_download_that_is_too_large_or_breaks_off(run: Run, write: Write) -> None:
    def breaks_off(connection: socket.socket, stop: Any) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        connection.close()

    with (
        Server(lambda request: Reply(200, {}, b"x" * (1024**2 + 1))) as large,
        RawServer(endless_body) as endless,
        RawServer(breaks_off) as short,
    ):
        hosts = large.host, endless.host, short.host
        write("FROM scratch\n" + "".join(f"ADD http://{host}/f.tar /\n" for host in hosts))
        status, _, err = run("pin", "--max-download", "1", "Dockerfile")
        assert status == 2
        assert err.splitlines() == [
            f"error: Dockerfile:2: http://{large.host}/f.tar: {large.host}: larger than the limit of 1 MiB",
            f"error: Dockerfile:3: http://{endless.host}/f.tar: {endless.host}: the answer is larger than 1 MiB",
            f"error: Dockerfile:4: http://{short.host}/f.tar: {short.host}: the connection broke off, or what came is not "
            "HTTP",
        ]


def test_the_password_of_a_url_is_not_printed(run: Run, write: Write) -> None:
    def answer(request: Request) -> Reply:
        wanted = "Basic " + base64.b64encode(b"me:s3cret").decode()
        return Reply(200, {}, b"x") if request.headers.get("authorization") == wanted else Reply(403)

    with Server(answer) as server:
        write(f"FROM scratch\nADD http://me:s3cret@{server.host}/x /\nADD http://me:p@s3cret2@{server.host}/x /\n")
        status, out, err = run("pin", "Dockerfile")
        assert status == 2
        assert "s3cret" not in out + err
        assert f"error: Dockerfile:3: http://{server.host}/x: {server.host}: refuses the file (403)\n" == err


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Server, Repo]]:
    """A git repository behind plain HTTP, with the branches `main` and `next`, and the annotated tag v1.0."""
    root = tmp_path / "repository"
    root.mkdir()
    repo = Repo(root)
    repo.commit({"a": "1"})
    repo.git("tag", "-a", "-m", "x", "v1.0")
    repo.git("branch", "next")
    repo.commit({"a": "2"})

    def answer(request: Request) -> Reply:
        repo.git("update-server-info")
        file = root / ".git" / request.path.removeprefix("/r.git/").partition("?")[0]
        return Reply(200, {}, file.read_bytes()) if file.is_file() else Reply(404)

    with Server(answer) as server:
        yield server, repo


@needs_git
def test_commits(run: Run, write: Write, served: tuple[Server, Repo]) -> None:
    server, repo = served
    main, old = repo.git("rev-parse", "main").strip(), repo.git("rev-parse", "next").strip()
    url = f"http://{server.host}/r.git"
    text = (
        "FROM scratch\n"
        "ADD {url}{default} /a\n"
        "ADD {url}{branch}:sub/dir /b\n"
        "ADD --keep-git-dir {tag_flag}{url}{tag} /c\n"
        "ADD {url}?{query}&subdir=x /d\n"
        "ADD {url}#" + old + " /e\n"
        "ADD {url}{branch} {url}{default} /g/\n"
        "ADD {url}#missing /f\n"
    )
    before = {"default": "", "branch": "#next", "tag_flag": "", "tag": "#v1.0", "query": "branch=next"}
    after = {"default": f"#{main}", "branch": f"#{old}", "tag": f"#{old}", "tag_flag": "", "query": f"commit={old}"}
    file = write(text.format(url=url, **before))
    status, _, err = run("pin", "Dockerfile")
    assert (status, err) == (2, f"error: Dockerfile:8: {url}#missing: the repository has no branch or tag missing\n")
    assert file.read_text() == text.format(url=url, **after)

    # a frontend that knows --checksum for repositories keeps the tag readable
    text = "# syntax=docker/dockerfile:1\n" + text.partition("ADD {url}?")[0]
    after |= {"tag": "#v1.0", "tag_flag": f"--checksum={old} "}
    file = write(text.format(url=url, **before))
    assert run("pin", "--skip", "frontend", "Dockerfile").err == ""
    assert file.read_text() == text.format(url=url, **after)
    check = as_json(run("pin", "--check", "--skip", "frontend", "--output-format", "json", "Dockerfile"))
    assert [entry["status"] for entry in check] == ["kept", "kept", "current"]
    repo.git("tag", "-f", "-a", "-m", "x", "v1.0")
    assert run("pin", "--update", "--skip", "frontend", "Dockerfile").err == ""
    assert file.read_text() == text.format(url=url, **(after | {"tag_flag": f"--checksum={main} "}))


@needs_git
def test_repositories_that_do_not_answer(run: Run, write: Write) -> None:
    down = f"127.0.0.1:{free_port()}"
    with RawServer(never) as server:
        write(f"FROM scratch\nADD http://{server.host}/r.git /\n")
        status, _, err = run("pin", "--timeout", "0.5", "Dockerfile")
    assert (status, err) == (
        2, f"error: Dockerfile:2: http://{server.host}/r.git: git ls-remote: no answer within 0.5 s\n",
    )  # fmt: skip
    write(f"FROM scratch\nADD http://x:s3cret@{down}/r.git /\n")
    status, out, err = run("pin", "Dockerfile")
    assert (status, "s3cret" in out + err) == (2, False)
    assert err.startswith(f"error: Dockerfile:2: http://{down}/r.git: git ls-remote: unable to access")


# files


def test_mode_and_link_are_kept(run: Run, write: Write, project: Path, registry: Registry) -> None:
    registry.push("files", "1")
    file = write(f"FROM {registry.host}/files:1\n", "real.Dockerfile")
    file.chmod(0o640)
    (project / "Dockerfile").symlink_to("real.Dockerfile")
    assert run("pin", "Dockerfile", "real.Dockerfile").err == ""
    assert (project / "Dockerfile").is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert "@sha256:" in file.read_text()
    assert sorted(path.name for path in project.iterdir() if path.is_file()) == ["Dockerfile", "real.Dockerfile"]


def test_a_file_that_changes_meanwhile_is_left_alone(run: Run, write: Write, project: Path) -> None:
    def answer(request: Request) -> Reply:
        file.write_text("FROM mine\n")
        return _image_reply()

    with Server(answer) as server:
        file = write(f"FROM {server.host}/app:1\n")
        status, out, err = run("pin", "Dockerfile")
    assert (status, err) == (2, "error: Dockerfile: has changed since it was read: not written\n")
    assert "Nothing is written." in out
    assert file.read_text() == "FROM mine\n"
    assert [path.name for path in project.iterdir() if path.is_file()] == ["Dockerfile"]


def test_a_file_that_cannot_be_written(run: Run, write: Write, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with Server(lambda request: _image_reply()) as server:
        text = f"FROM {server.host}/app:1\n"
        file = write(text)
        status, _, err = run("pin", "Dockerfile")
    assert (status, err) == (2, "error: Dockerfile: can't be written: No space left on device\n")
    assert file.read_text() == text
    assert [path.name for path in project.iterdir() if path.is_file()] == ["Dockerfile"]


def test_files_that_are_none(run: Run, write: Write, registry: Registry) -> None:
    digest = registry.push("others", "1")
    write("RUN x\n", "bad.Dockerfile")
    file = write(f"FROM {registry.host}/others:1\n")
    (file.parent / "loop").symlink_to("loop")
    status, _, err = run("pin", "missing", "bad.Dockerfile", ".", "loop", "Dockerfile")
    assert status == 2
    assert err.splitlines()[:2] == [
        "error: missing: can't be read: No such file or directory",
        "error: bad.Dockerfile:1: the builder refuses the file: no build stage in current context",
    ]
    assert err.count("\n") == 4
    assert digest in file.read_text()


@pytest.mark.parametrize(
    "options",
    [("--check", "--diff"), ("--check", "--update"), ("--offline", "--update"), ("--skip", "x"), ("--timeout", "0")],
)
def test_options_that_do_not_fit(run: Run, write: Write, options: tuple[str, ...]) -> None:
    write("FROM scratch\n")
    assert run("pin", *options, "Dockerfile").status == 2


def test_nothing_to_pin(run: Run, write: Write) -> None:
    write("FROM scratch\nCOPY a b\n")
    assert run("pin", "Dockerfile") == (0, "Nothing that can be pinned.\n", "")
