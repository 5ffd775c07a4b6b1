"""The checksum of what a URL gives now."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple
from urllib.parse import unquote

from fairlead.pinning.problem import Problem, Unreachable
from fairlead.pinning.transport import MAX_REDIRECTS, Client, host_of, origin_of, split

ALGORITHMS = ("sha256", "sha384", "sha512")
_PATIENCE = 10
"""A download may take so many times as long as another question."""


class Download(NamedTuple):
    """A file of the web.

    Attributes:
        url: an http or https URL.
        algorithm: the checksum to work out.
    """

    url: str
    algorithm: str = "sha256"


def checksum(client: Client, download: Download, limit: int) -> str:
    """Fetch a file and give its checksum, such as `sha256:...`; it is not kept.

    Args:
        client: sends the requests.
        download: the file.
        limit: the most bytes that it may have.

    Raises:
        Problem: the server does not give it, or it is larger.
    """
    try:
        parts = split(download.url)
        origin = origin_of(download.url)
    except ValueError:
        parts = None
    if parts is None or not parts.hostname:
        raise Problem("no URL that can be fetched")
    url = parts._replace(netloc=host_of(download.url), fragment="").geturl()
    headers = {}
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    for _ in range(MAX_REDIRECTS + 1):
        digest = hashlib.new(download.algorithm)
        answer = client.request(
            "GET", url, headers if origin_of(url) == origin else {},
            limit=limit, sink=digest.update, seconds=client.seconds * _PATIENCE,
        )  # fmt: skip
        target = answer.redirect
        if target is None:
            break
        url = target
    else:
        raise Problem(f"{host_of(origin)}: sends us on more than {MAX_REDIRECTS} times")
    if answer.status != 200:
        problem = answer.failure("the file")
        if isinstance(problem, Unreachable):
            client.leave_alone(answer.url, problem)
        raise problem
    return f"{download.algorithm}:{digest.hexdigest()}"
