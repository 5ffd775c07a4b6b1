"""Names and passwords for registries, from where `docker login` keeps them.

Follows the Docker command line: `config.json` below DOCKER_CONFIG or ~/.docker, in it `credHelpers` by registry, else
`credsStore`, else `auths`. Helper programs speak the protocol of docker-credential-helpers.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.pinning.problem import readable
from fairlead.pinning.programs import run

DOCKER_HUB = "https://index.docker.io/v1/"
"""The name under which credentials for Docker Hub are kept."""

_HUB_HOSTS = frozenset(("docker.io", "index.docker.io", "registry-1.docker.io"))
_PROGRAM = re.compile(r"docker-credential-[\w.-]+", re.ASCII)
_MAX_CONFIG = 4 * 1024**2
_MAX_ANSWER = 1024**2
_NOT_FOUND = b"credentials not found"


@dataclass(frozen=True)
class Credential:
    """What proves to a registry who asks. Never printed.

    Attributes:
        username: with `password`, for Basic authentication.
        password: see `username`.
        identity_token: to be changed for a token at the registry's token server.
        registry_token: a token that the registry takes as it is.
    """

    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header; "" without name and password."""
        if not self.username:
            return ""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class Credentials:
    """The credentials of this user.

    Args:
        config: the content of Docker's config.json.
        seconds: how long a helper program may take.

    Attributes:
        notes: what went wrong on the way, one line each, without secrets.
    """

    def __init__(self, config: Mapping[str, Any], seconds: float) -> None:
        self._config = config
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: dict[str, Credential | None] = {}
        self.notes: list[str] = []

    @classmethod
    def load(cls, seconds: float) -> Credentials:
        """Those of the environment. A file that can't be read or understood is a note, and there are none."""
        directory = os.environ.get("DOCKER_CONFIG")
        path = Path(directory) / "config.json" if directory else Path("~/.docker/config.json").expanduser()
        config: object = {}
        note = ""
        try:
            with path.open("rb") as file:
                config = json.loads(file.read(_MAX_CONFIG))
        except FileNotFoundError:
            pass
        except OSError as error:
            note = f"{path}: can't be read: {error.strerror or error}: registries are asked without credentials"
        except (ValueError, RecursionError):
            note = f"{path}: is not JSON: registries are asked without credentials"
        if not isinstance(config, dict):
            note = f"{path}: holds no JSON object: registries are asked without credentials"
            config = {}
        found = cls(config, seconds)
        if note:
            found.notes.append(note)
        return found

    def get(self, host: str) -> Credential | None:
        """The credential for a registry; None where there is none. Asked for once in a run."""
        with self._lock:
            if host not in self._known:
                self._known[host] = self._find(host)
            return self._known[host]

    def _find(self, host: str) -> Credential | None:
        server = DOCKER_HUB if host in _HUB_HOSTS else host
        helpers = _object(self._config.get("credHelpers"))
        helper = helpers.get(server) or helpers.get(host) or self._config.get("credsStore")
        if isinstance(helper, str) and helper:
            return self._from_helper(helper, server)
        for name, entry in _object(self._config.get("auths")).items():
            if name == server or _host(name) == _host(server):
                return self._from_entry(name, _object(entry))
        return None

    def _from_entry(self, name: str, entry: Mapping[str, Any]) -> Credential | None:
        texts = {key: value for key, value in entry.items() if isinstance(value, str)}
        username, password = texts.get("username", ""), texts.get("password", "")
        if texts.get("auth"):
            try:
                decoded = base64.b64decode(texts["auth"], validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                decoded = ""
            username, colon, password = decoded.partition(":")
            password = password.strip("\0")
            if not colon:
                self.notes.append(f"Docker's config.json: the entry for {readable(name, 80)} holds no credentials")
        found = Credential(username, password, texts.get("identitytoken", ""), texts.get("registrytoken", ""))
        return None if found == Credential() else found

    def _from_helper(self, helper: str, server: str) -> Credential | None:
        try:
            return _ask_helper(f"docker-credential-{helper}", server, self._seconds)
        except _HelperFailed as failed:
            self.notes.append(f"{failed}: {_host(server)} is asked without credentials")
            return None


class _HelperFailed(Exception):
    """A helper program gives no credentials, and does not say that it has none."""


def _ask_helper(program: str, server: str, seconds: float) -> Credential | None:
    if not _PROGRAM.fullmatch(program):
        raise _HelperFailed(f"{readable(program, 80)} is no name of a program")
    try:
        done = run([program, "get"], given=server.encode(), seconds=seconds, limit=_MAX_ANSWER)
    except FileNotFoundError:
        raise _HelperFailed(f"{program} is not installed") from None
    except OSError as error:
        raise _HelperFailed(f"{program} can't be run: {error.strerror or error}") from None
    if done.late:
        raise _HelperFailed(f"{program} has not answered within {seconds:g} s")
    if done.status:
        if _NOT_FOUND in done.out or _NOT_FOUND in done.err:
            return None
        raise _HelperFailed(f"{program} failed with status {done.status}")
    try:
        answer = _object(json.loads(done.out))
    except (ValueError, RecursionError):
        answer = {}
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str):
        raise _HelperFailed(f"{program} gave no credentials that can be read")
    if username == "<token>":
        return Credential(identity_token=secret)
    return Credential(username, secret) if username and secret else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _host(name: str) -> str:
    """The host that an entry is for, by name or, as older versions wrote it, by URL; "" for a path in a host."""
    host, _, path = name.removeprefix("https://").removeprefix("http://").partition("/")
    return host if path.strip("/") in ("", "v1", "v2") else ""
