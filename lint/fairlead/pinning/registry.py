"""What a tag gives: questions to registries by the OCI distribution API.

Sources: the distribution specification (pulling manifests), the token authentication of the distribution registry, and
what the Docker command line does where they are silent.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fairlead.build.image import ImageReference
from fairlead.pinning.credentials import Credential, Credentials
from fairlead.pinning.problem import Problem, Unreachable, readable
from fairlead.pinning.transport import MAX_REDIRECTS, Answer, Client, host_of, is_loopback, origin_of

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
"""Media types of what holds one manifest for each platform. Asked for first: the pin must hold on every platform."""

MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
"""Media types of an image for one platform."""

_ACCEPT = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_MAX_NAME, _MAX_PORT = 255, 65_535
_MAX_MANIFEST = 4 * 1024**2
_MAX_TOKEN = 1024**2
_MAX_CHALLENGE = 4096
_CHALLENGE = re.compile(r"(?:^|,)\s*(?P<scheme>[A-Za-z]+)(?=\s+[A-Za-z_]+\s*=|\s*$|\s*,)")
_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?")


class Manifest(NamedTuple):
    """What a tag gives.

    Attributes:
        digest: of the index or, where the image is for one platform only, of its manifest.
        media_type: the kind of manifest that it is.
        platform: where an earlier pin was asked about and is one platform's manifest in the index: that platform.
    """

    digest: str
    media_type: str
    platform: str = ""

    @property
    def is_index(self) -> bool:
        """Whether it stands for the image on every platform that it is made for."""
        return self.media_type in INDEXES


def is_valid(image: ImageReference) -> bool:
    """Whether a registry can have an image of that name."""
    if _REPOSITORY.fullmatch(image.repository) is None or len(image.repository) > _MAX_NAME:
        return False
    host = _HOST.fullmatch(image.registry or "docker.io")
    return host is not None and 0 < int(host[1] or "443") <= _MAX_PORT


def server_of(image: ImageReference) -> str:
    """The registry that has an image, with its port where one is given."""
    return "registry-1.docker.io" if image.name.startswith("docker.io/") else image.registry


@dataclass
class _Question:
    """One question with what has been found out on the way.

    Attributes:
        image: what it is about.
        registry: the host that knows.
        path: the part of the URL before the tag or digest.
        authorization: the header for each server that wants one.
        asked: the servers whose challenge was taken up.
        credential: what was shown.
    """

    image: ImageReference
    registry: str
    path: str
    authorization: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    credential: Credential | None = None


class Registries:
    """Asks registries.

    Args:
        client: sends the requests.
        credentials: what to show to a registry that wants to know who asks.
        insecure: registries to ask by plain http: `host` or `host:port`.
    """

    def __init__(self, client: Client, credentials: Credentials, insecure: Collection[str] = ()) -> None:
        self._client = client
        self._credentials = credentials
        self._insecure = frozenset(insecure)
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str, str], str] = {}

    def resolve(self, image: ImageReference, pinned: str = "") -> Manifest:
        """What a tag gives now.

        Args:
            image: with its tag; without one it is `latest`.
            pinned: a digest it was pinned to before: where the tag gives another one, it may be a part of that.

        Raises:
            Problem: the registry does not say.
        """
        question = self._question(image)
        tag = image.tag or "latest"
        answer = self._ask("HEAD", question, tag)
        found = _from_headers(answer) if answer.status == 200 else None
        if found is None:
            if answer.status not in (200, 400, 405, 501):
                raise self._failure(answer, question)
            found, _ = self._get(question, tag)
        if pinned and pinned != found.digest and found.is_index:
            _, body = self._get(question, found.digest)
            found = found._replace(platform=_platform_of(body, pinned))
        return found

    def _question(self, image: ImageReference) -> _Question:
        registry = server_of(image)
        plain = is_loopback(registry) or registry in self._insecure or registry.rpartition(":")[0] in self._insecure
        repository = image.name.partition("/")[2]
        return _Question(image, registry, f"{'http' if plain else 'https'}://{registry}/v2/{repository}/manifests/")

    def _get(self, question: _Question, reference: str) -> tuple[Manifest, Mapping[str, Any]]:
        """A manifest with its content, whose digest is worked out and compared with what the registry says."""
        answer = self._ask("GET", question, reference)
        if answer.status != 200:
            raise self._failure(answer, question)
        said = answer.headers.get("docker-content-digest", "")
        wanted = reference if ":" in reference else said
        algorithm = wanted.partition(":")[0] if _DIGEST.fullmatch(wanted) else "sha256"
        digest = f"{algorithm}:{hashlib.new(algorithm, answer.body).hexdigest()}"
        if wanted and wanted != digest:
            raise Problem(f"{answer.host}: the manifest that it sends is not the one of the digest that it names")
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Problem(f"{answer.host}: what it sends is no manifest: is it a registry?")
        media_type = _media_type(answer, body)
        _refuse_schema_1(media_type or ("" if body.get("schemaVersion") != 1 else _SCHEMA_1), answer)
        if media_type not in (*INDEXES, *MANIFESTS):
            raise Problem(f"{answer.host}: what it sends is no manifest: is it a registry?")
        return Manifest(digest, media_type), body

    def _ask(self, method: str, question: _Question, reference: str) -> Answer:
        url = question.path + reference
        own = origin_of(url)
        redirects = 0
        while True:
            origin = origin_of(url)
            headers = dict(_ACCEPT)
            if origin in question.authorization:
                headers["Authorization"] = question.authorization[origin]
            answer = self._client.request(method, url, headers, limit=_MAX_MANIFEST)
            if answer.status == 401 and origin not in question.asked:
                question.asked.add(origin)
                # what is known of the user is for the registry alone, not for where it sends us
                credential = self._credentials.get(question.registry) if origin == own else None
                header = self._authorize(answer, question, credential)
                if header:
                    question.credential = credential
                    question.authorization[origin] = header
                    continue
            target = answer.redirect
            if target is None:
                return answer
            redirects += 1
            if redirects > MAX_REDIRECTS:
                raise Problem(f"{host_of(own)}: sends us on more than {MAX_REDIRECTS} times")
            url = target

    def _authorize(self, answer: Answer, question: _Question, credential: Credential | None) -> str:
        """The header that a server asks for; "" where there is nothing to show."""
        challenges = parse_challenges(answer.headers.get("www-authenticate", ""))
        if "bearer" in challenges:
            if credential is not None and credential.registry_token:
                return f"Bearer {credential.registry_token}"
            return f"Bearer {self._token(answer, challenges['bearer'], question, credential)}"
        if "basic" in challenges and credential is not None:
            return credential.basic
        return ""

    def _token(
        self, answer: Answer, challenge: Mapping[str, str], question: _Question, credential: Credential | None
    ) -> str:
        realm, service = challenge.get("realm", ""), challenge.get("service", "")
        repository = question.image.name.partition("/")[2]
        scope = challenge.get("scope") or f"repository:{repository}:pull"
        try:
            origin = origin_of(realm)
        except ValueError:
            origin = ""
        if not origin.startswith(("http://", "https://")) or not host_of(realm):
            raise Problem(f"{answer.host}: names no token server that can be asked: {readable(realm, 80)}")
        if origin.startswith("http://") and answer.url.startswith("https:"):
            raise Problem(f"{answer.host}: its token server {host_of(realm)} is not reached by https")
        key = (origin_of(answer.url), realm, scope if credential is None else f"{scope} ({question.registry})")
        with self._lock:
            known = self._tokens.get(key)
        if known is None:
            known = self._new_token(realm, service, scope, credential)
            with self._lock:
                self._tokens[key] = known
        return known

    def _new_token(self, realm: str, service: str, scope: str, credential: Credential | None) -> str:
        fields = {"service": service, "scope": scope} if service else {"scope": scope}
        if credential is not None and credential.identity_token:
            fields |= {
                "grant_type": "refresh_token", "client_id": "fairlead", "refresh_token": credential.identity_token,
            }  # fmt: skip
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._client.request("POST", realm, form, limit=_MAX_TOKEN, body=urlencode(fields).encode())
        else:
            answer = self._get_token(f"{realm}{'&' if '?' in realm else '?'}{urlencode(fields)}", credential)
        if answer.status in (401, 403):
            raise Problem(f"{answer.host}: {_refusal(answer, credential)}")
        if answer.status != 200:
            raise self._noted(answer, answer.failure("a token"))
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = None
        token = (body.get("token") or body.get("access_token")) if isinstance(body, dict) else None
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise Problem(f"{answer.host}: the token server sends no token")
        return token

    def _get_token(self, url: str, credential: Credential | None) -> Answer:
        origin = origin_of(url)
        for _ in range(MAX_REDIRECTS + 1):
            headers = {}
            if credential is not None and credential.basic and origin_of(url) == origin:
                headers["Authorization"] = credential.basic
            answer = self._client.request("GET", url, headers, limit=_MAX_TOKEN)
            target = answer.redirect
            if target is None:
                return answer
            url = target
        raise Problem(f"{host_of(origin)}: sends us on more than {MAX_REDIRECTS} times")

    def _failure(self, answer: Answer, question: _Question) -> Problem:
        if answer.status == 404:
            return Problem(f"{answer.host}: no such image, or no such tag of it (404)")
        if answer.status in (401, 403):
            return Problem(f"{answer.host}: {_refusal(answer, question.credential)}")
        return self._noted(answer, answer.failure("the manifest"))

    def _noted(self, answer: Answer, problem: Problem) -> Problem:
        if isinstance(problem, Unreachable):
            self._client.leave_alone(answer.url, problem)
        return problem


def _refusal(answer: Answer, credential: Credential | None) -> str:
    if credential is None:
        return f"no such image, or it takes a login ({answer.status})"
    return f"refuses the credentials that Docker keeps for it, or they don't allow this ({answer.status})"


def _from_headers(answer: Answer) -> Manifest | None:
    """What the answer to a HEAD says; None where the manifest itself must be looked at."""
    media_type = _media_type(answer, {})
    _refuse_schema_1(media_type, answer)
    digest = answer.headers.get("docker-content-digest", "")
    if media_type not in (*INDEXES, *MANIFESTS) or not _DIGEST.fullmatch(digest):
        return None
    return Manifest(digest, media_type)


def _media_type(answer: Answer, body: Mapping[str, Any]) -> str:
    """The kind of manifest: what the registry says, else what the manifest says of itself."""
    said = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in (*INDEXES, *MANIFESTS) and not said.startswith(_SCHEMA_1):
        named = body.get("mediaType")
        said = named if isinstance(named, str) else ""
    return said


def _refuse_schema_1(media_type: str, answer: Answer) -> None:
    if media_type.startswith(_SCHEMA_1):
        raise Problem(f"{answer.host}: the image has the old format (schema 1), whose digest builders don't take")


def _platform_of(index: Mapping[str, Any], digest: str) -> str:
    """The platform whose manifest has a digest; "" where none in the index has it."""
    manifests = index.get("manifests")
    for entry in manifests if isinstance(manifests, list) else ():
        if not isinstance(entry, dict) or entry.get("digest") != digest:
            continue
        platform = entry.get("platform")
        parts = platform if isinstance(platform, dict) else {}
        names = [str(parts[key]) for key in ("os", "architecture", "variant") if parts.get(key)]
        return readable("/".join(names) or "one platform", 60)
    return ""


def parse_challenges(header: str) -> dict[str, dict[str, str]]:
    """The ways of authentication that a WWW-Authenticate header offers: scheme in lower case to its parameters."""
    found: dict[str, dict[str, str]] = {}
    # a server may send what takes long to read
    header = header[:_MAX_CHALLENGE]
    # commas and words inside quotes look like further schemes
    masked = re.sub(r'"(?:[^"\\]|\\.)*"', lambda quoted: '"' + "x" * (len(quoted[0]) - 2) + '"', header)
    starts = [match for match in _CHALLENGE.finditer(masked) if match["scheme"]]
    for at, match in enumerate(starts):
        end = starts[at + 1].start() if at + 1 < len(starts) else len(header)
        parameters = {
            name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
            for name, quoted, plain in _PARAMETER.findall(header[match.end() : end])
        }
        found.setdefault(match["scheme"].lower(), parameters)
    return found
