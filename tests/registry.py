"""A registry of its own for tests: Debian's docker-registry on a free port, with images pushed over its API."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

PROGRAM = "docker-registry"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"

# `reader` with the password `geheim`, by `htpasswd -nbB`
HTPASSWD = "reader:$2y$04$ROilXLZFBYEXgJoOzDT8oOo7WcG5Bs36yDVax3KhsDHSKN.3SB4iu\n"
LOGIN = "reader:geheim"


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Registry:
    """A running registry.

    Args:
        directory: for its files.
        auth: the `auth` section of its configuration, in YAML.
    """

    def __init__(self, directory: Path, auth: str = "") -> None:
        if shutil.which(PROGRAM) is None:
            pytest.skip(f"the program {PROGRAM} is not installed")
        self.host = f"127.0.0.1:{free_port()}"
        self.login = ""
        self.bearer = ""
        self._sizes: dict[str, int] = {}
        config = directory / "config.yml"
        config.write_text(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {inmemory: {}}\n"
            f"http: {{addr: '{self.host}', secret: x}}\n{auth}"
        )
        self._log = (directory / "log").open("wb")
        self._process = subprocess.Popen([PROGRAM, "serve", str(config)], stdout=self._log, stderr=self._log)
        for _ in range(1000):
            if self._process.poll() is not None:
                break
            try:
                self.request("GET", "/v2/", expect=(200, 401))
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        self.stop()
        pytest.fail(f"{PROGRAM} does not start: {(directory / 'log').read_text()}")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    def request(
        self, method: str, path: str, body: bytes = b"", kind: str = "", expect: tuple[int, ...] = (200, 201, 202)
    ) -> Any:
        url = path if "://" in path else f"http://{self.host}{path}"
        request = urllib.request.Request(url, body or None, method=method)
        if kind:
            request.add_header("Content-Type", kind)
        if self.login:
            request.add_header("Authorization", "Basic " + base64.b64encode(self.login.encode()).decode())
        if self.bearer:
            request.add_header("Authorization", f"Bearer {self.bearer}")
        try:
            with urllib.request.urlopen(request) as response:
                assert response.status in expect
                return response.headers
        except urllib.error.HTTPError as error:
            error.close()
            assert error.code in expect, error
            return error.headers

    def push_blob(self, repository: str, data: bytes) -> dict[str, object]:
        location = self.request("POST", f"/v2/{repository}/blobs/uploads/")["Location"]
        self.request("PUT", f"{location}&digest={sha256(data)}", data, "application/octet-stream")
        return {"digest": sha256(data), "size": len(data)}

    def push_manifest(self, repository: str, reference: str, kind: str, body: dict[str, object]) -> str:
        data = json.dumps({"schemaVersion": 2, "mediaType": kind, **body}).encode()
        self.request("PUT", f"/v2/{repository}/manifests/{reference}", data, kind)
        return sha256(data)

    def push_platform(self, repository: str, architecture: str, content: str, *, docker: bool = False) -> str:
        """An image for one platform, without a tag; its digest."""
        layer = self.push_blob(repository, content.encode())
        config = self.push_blob(repository, json.dumps({"architecture": architecture, "os": "linux"}).encode())
        image, tar = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"
        kind = OCI_MANIFEST
        if docker:
            image = "application/vnd.docker.container.image.v1+json"
            tar = "application/vnd.docker.image.rootfs.diff.tar.gzip"
            kind = DOCKER_MANIFEST
        body: dict[str, object] = {"config": {"mediaType": image, **config}, "layers": [{"mediaType": tar, **layer}]}
        data = json.dumps({"schemaVersion": 2, "mediaType": kind, **body}).encode()
        self._sizes[sha256(data)] = len(data)
        return self.push_manifest(repository, sha256(data), kind, body)

    def push(self, repository: str, tag: str, content: str = "x", *, docker: bool = False) -> str:
        """An image for two platforms; the digest of its index."""
        entries = []
        for architecture in ("amd64", "arm64"):
            digest = self.push_platform(repository, architecture, content + architecture, docker=docker)
            entries.append(
                {
                    "mediaType": DOCKER_MANIFEST if docker else OCI_MANIFEST,
                    "digest": digest,
                    "size": self._sizes[digest],
                    "platform": {"os": "linux", "architecture": architecture},
                }
            )
        return self.push_manifest(repository, tag, DOCKER_LIST if docker else OCI_INDEX, {"manifests": entries})
