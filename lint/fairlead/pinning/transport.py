"""HTTP for questions to servers that may do anything: every request has an end and a size, none is redirected.

Redirects are the caller's business, who knows what may be told to whom. Certificates are checked against the system's
own store; proxies are those of the environment.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import truststore
import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import make_headers

from fairlead.pinning.problem import Problem, Unreachable, readable

MAX_REDIRECTS = 5
REDIRECTS = frozenset((301, 302, 303, 307, 308))
_CHUNK = 64 * 1024
_USER_AGENT = "fairlead"
_PLAIN_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?")
AUTHORITIES = (Path("/etc/docker/certs.d"), Path("~/.docker/certs.d"))
"""Where Docker looks for the certificates of private registries, in a directory for each host."""

Sink = Callable[[bytes], object]


@dataclass(frozen=True)
class Answer:
    """What a server answers.

    Attributes:
        url: what was asked for.
        status: the HTTP status.
        headers: names in lower case.
        body: the content; empty where it went to a sink.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def host(self) -> str:
        """The server, with its port where one is given."""
        return host_of(self.url)

    @property
    def redirect(self) -> str | None:
        """Where it sends us: an absolute http or https URL; None where it does not.

        Raises:
            Problem: to no such URL, or from https to http.
        """
        location = self.headers.get("location")
        if self.status not in REDIRECTS or not location:
            return None
        try:
            target = urljoin(self.url, location)
            scheme, host = split(target).scheme, split(target).hostname
        except ValueError:
            scheme, host = "", None
        if scheme not in ("http", "https") or not host:
            raise Problem(f"{self.host}: redirects to what is no address: {readable(location, 60)}")
        if scheme == "http" and self.url.startswith("https:"):
            raise Problem(f"{self.host}: redirects from https to http, which is not followed")
        return target

    def failure(self, what: str) -> Problem:
        """Why a status other than 2xx is no answer.

        Args:
            what: what was asked for, such as `the manifest`.
        """
        if self.status == 429:
            return Unreachable(f"{self.host}: too many requests (429){self._when()}")
        if self.status >= 500:
            return Problem(f"{self.host}: server error ({self.status})")
        if self.status == 404:
            return Problem(f"{self.host}: {what} is not there (404)")
        if self.status in (401, 403):
            return Problem(f"{self.host}: refuses {what} ({self.status})")
        if self.status == 407:
            return Unreachable(f"{self.host}: through the proxy: it takes a login (407)")
        return Problem(f"{self.host}: answers {what} with status {self.status}")

    def _when(self) -> str:
        """What Retry-After says: seconds, or a date."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit() and len(value) < 9:
            return f", try again in {int(value)} s"
        with suppress(ValueError, OverflowError):
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
            return f", try again in {max(0, round(seconds))} s"
        return ", try again later"


class Client:
    """Asks servers.

    Args:
        seconds: how long one request may take from its beginning to its end.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._proxies = getproxies()
        self._lock = threading.Lock()
        self._managers: dict[tuple[str, tuple[Path, ...]], urllib3.PoolManager] = {}
        self._down: dict[str, Unreachable] = {}
        self._watches: set[_Watch] = set()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        limit: int,
        body: bytes | None = None,
        sink: Sink | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Ask once.

        Args:
            method: HEAD, GET or POST.
            url: an http or https URL.
            headers: sent as they are.
            limit: the most bytes of content to take.
            body: what to send.
            sink: takes the content of a 200 in pieces, so that it need not fit into memory.
            seconds: how long it may take, where that is not what the client was made with.

        Raises:
            Problem: there is no answer, not in time, or a longer one than `limit`.
        """
        origin = origin_of(url)
        known = self._down.get(origin)
        if known is not None:
            raise known
        try:
            return self._request(method, url, headers, limit, body, sink, self.seconds if seconds is None else seconds)
        except Unreachable as problem:
            self._down.setdefault(origin, problem)
            raise

    def leave_alone(self, url: str, problem: Unreachable) -> None:
        """Ask the server of a URL nothing more."""
        self._down.setdefault(origin_of(url), problem)

    def abort(self) -> None:
        """End all requests that are under way."""
        with self._lock:
            watches = list(self._watches)
        for watch in watches:
            watch.end()

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        limit: int,
        body: bytes | None,
        sink: Sink | None,
        seconds: float,
    ) -> Answer:
        host = host_of(url)
        sent = {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity", **headers}
        manager = self._manager(url)
        with self._watched(seconds) as watch:
            try:
                response = manager.urlopen(
                    method, url, headers=sent, body=body, redirect=False, retries=False, preload_content=False,
                    decode_content=False, timeout=urllib3.Timeout(connect=seconds, read=seconds),
                )  # fmt: skip
                try:
                    found = {name.lower(): value for name, value in response.headers.items()}
                    content = _content(response, host, limit, sink, watch)
                finally:
                    response.close()
                return Answer(url, response.status, found, content)
            except (exceptions.HTTPError, OSError, ValueError) as error:
                if watch.expired:
                    raise Unreachable(f"{host}: no answer within {seconds:g} s") from None
                raise _explained(error, host, seconds) from None

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[_Watch]:
        with _Watch(seconds) as watch:
            with self._lock:
                self._watches.add(watch)
            try:
                yield watch
            finally:
                with self._lock:
                    self._watches.discard(watch)

    def _manager(self, url: str) -> urllib3.PoolManager:
        """What keeps the connections: one for all that is asked directly, one for each proxy and each own authority."""
        parts = split(url)
        host = parts.hostname or ""
        proxy = self._proxies.get(parts.scheme) or self._proxies.get("all") or ""
        if proxy and (is_loopback(host) or _is_asked_directly(host, origin_of(url).rpartition(":")[2])):
            proxy = ""
        authorities = _authorities(parts.netloc.rpartition("@")[2]) if parts.scheme == "https" else ()
        with self._lock:
            if (proxy, authorities) not in self._managers:
                self._managers[proxy, authorities] = _make_manager(proxy, authorities)
            return self._managers[proxy, authorities]


def _is_asked_directly(host: str, port: str) -> bool:
    """Whether NO_PROXY names a host: by name, with its port, or as one of a network, as Docker understands it."""
    if proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return True
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        for name in getproxies().get("no", "").split(","):
            with suppress(ValueError):
                if address in ipaddress.ip_network(name.strip(), strict=False):
                    return True
    return False


def _authorities(host: str) -> tuple[Path, ...]:
    """The certificates that Docker trusts for a registry beside those of the system."""
    if not _PLAIN_HOST.fullmatch(host):
        return ()
    return tuple(path for root in AUTHORITIES for path in sorted((root.expanduser() / host).glob("*.crt")))


def _make_manager(proxy: str, authorities: Sequence[Path]) -> urllib3.PoolManager:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for path in authorities:
        try:
            context.load_verify_locations(path)
        except OSError as error:
            raise Unreachable(f"{path}: can't be used as a certificate: {error.strerror or error}") from None
    options: dict[str, Any] = {"num_pools": 32, "ssl_context": context}
    if not proxy:
        return _watched_pools(urllib3.PoolManager(**options))
    try:
        parts = split(proxy if "://" in proxy else f"http://{proxy}")
        login = None
        if parts.username is not None:
            login = make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        return _watched_pools(urllib3.ProxyManager(address, proxy_headers=login, **options))
    except (exceptions.HTTPError, ValueError):
        raise Unreachable("the proxy of the environment can't be used") from None


def _watched_pools(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return manager


def _content(response: urllib3.BaseHTTPResponse, host: str, limit: int, sink: Sink | None, watch: _Watch) -> bytes:
    if response.status != 200:
        # what a server says beside an error or a redirect is not read in full
        return b"" if watch.expired else response.read1(_CHUNK)
    length = response.headers.get("Content-Length", "")
    if sink is not None and length.isdecimal() and int(length) > limit:
        raise Problem(f"{host}: larger than the limit of {size(limit)}")
    # the builder unpacks what a server packs for the way, and takes the checksum of what comes out
    packed = response.headers.get("Content-Encoding", "").lower() == "gzip"
    pieces: list[bytes] = []
    taken = 0
    while not watch.expired:
        piece = response.read1(_CHUNK, decode_content=packed)
        if not piece:
            break
        taken += len(piece)
        if taken > limit:
            raise Problem(f"{host}: the answer is larger than {size(limit)}")
        (sink or pieces.append)(piece)
    if watch.expired:
        raise TimeoutError
    if sink is not None and not packed and length.isdecimal() and taken != int(length):
        raise Problem(f"{host}: the connection broke off after {taken} of {int(length)} bytes")
    return b"".join(pieces)


def _explained(error: Exception, host: str, seconds: float) -> Problem:
    """What an error of the library says, in one line."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    through = "through the proxy: " if any(isinstance(cause, exceptions.ProxyError) for cause in causes) else ""
    for kind in _KINDS:
        for cause in causes:
            # for the library a refused connection is a timeout as well
            if isinstance(cause, kind) and not isinstance(cause, exceptions.NewConnectionError):
                return Unreachable(f"{host}: {through}{_said(cause, seconds)}")
    if isinstance(error, exceptions.ProtocolError | exceptions.InvalidHeader):
        return Problem(f"{host}: the connection broke off, or what came is not HTTP")
    reason = next(
        (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), str(causes[-1])
    )
    return Unreachable(f"{host}: {through}can't be reached: {readable(reason, 80)}")


# what is told first where one error has several causes
_KINDS: tuple[type[BaseException] | tuple[type[BaseException], ...], ...] = (
    ssl.SSLError,
    ConnectionRefusedError,
    socket.gaierror,
    (exceptions.TimeoutError, TimeoutError),
)


def _said(cause: BaseException, seconds: float) -> str:
    match cause:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {readable(cause.verify_message, 80)}"
        case ssl.SSLError():
            return f"no secure connection: {readable(cause.reason or str(cause), 80).replace('_', ' ').lower()}"
        case ConnectionRefusedError():
            return "connection refused"
        case socket.gaierror():
            return "no address is known for this name"
    return f"no answer within {seconds:g} s"


class _Watch:
    """Ends a request that takes too long: a server that sends a byte now and then never times out by itself."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self.socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _current.watch = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _current.watch = None

    def end(self) -> None:
        """Let the thread that waits for the server fail."""
        self.expired = True
        if self.socket is not None:
            with suppress(OSError):
                # not the method of an SSL socket, which would go on in clear text
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class _Current(threading.local):
    """The watch over the request of this thread."""

    watch: _Watch | None = None


_current = _Current()


def _watch_socket(opened: socket.socket | None) -> None:
    watch = _current.watch
    if watch is not None:
        watch.socket = opened
        if watch.expired:
            watch.end()


def _opened(opened: socket.socket) -> socket.socket:
    _watch_socket(opened)
    return opened


class _HttpConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _opened(super()._new_conn())

    def getresponse(self) -> Any:
        _watch_socket(self.sock)
        return super().getresponse()


class _HttpsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        # a proxy may take its time before there is TLS
        return _opened(super()._new_conn())

    def _tunnel(self) -> None:
        super()._tunnel()
        if _current.watch is not None and _current.watch.expired:
            # the end of the connection looks like that of the answer
            raise TimeoutError

    def getresponse(self) -> Any:
        _watch_socket(self.sock)
        return super().getresponse()


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def split(url: str) -> SplitResult:
    """A URL in its parts. Raises ValueError for a host or a port that can't be one."""
    parts = urlsplit(url)
    if parts.port == 0:
        raise ValueError("no such port")
    return parts


def host_of(url: str) -> str:
    """The host of a URL with its port, as written, without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def origin_of(url: str) -> str:
    """Scheme, host and port: who is asked."""
    parts = split(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def is_loopback(registry: str) -> bool:
    """Whether a host, with or without a port, is this machine: it is asked by plain http and without a proxy."""
    host = registry.rpartition(":")[0] if re.search(r"[^:]:\d+$|\]:\d+$", registry) else registry
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def size(count: int) -> str:
    """A number of bytes for people."""
    return f"{count // 1024**2} MiB" if count >= 1024**2 else f"{count // 1024} KiB"
