"""Send one request to one origin and read one answer, within the limits."""

import re
import ssl
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from queue import Empty, LifoQueue
from typing import Final, Self

import httpx
from msgspec import Struct

from auditor import __version__
from auditor.collect.http.collect_error import CollectError, TransientError
from auditor.collect.http.limits import (
    MAX_BYTES_OF_ANY_RATIO,
    MAX_COMPRESSION_RATIO,
    OUT_OF_TIME,
    Deadline,
    Limits,
)
from auditor.config.secrets import Secret
from auditor.domain.collections import MissingReason
from auditor.errors import ConfigError
from auditor.net.bounded_request import body_parts
from auditor.net.connection_errors import connection_error_message
from auditor.net.proxies import client_options
from auditor.net.tls import trusted_for

_ACCEPT_JSON: Final = {"accept": "application/json"}
_REQUEST_IDS: Final = ("x-okta-request-id", "x-request-id")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.:=@/+-]{1,64}")


class HttpResponse(Struct, frozen=True):
    """An answer, read completely."""

    name: str
    """Method and path of the request: ``GET /api/v1/mappings``."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytearray
    is_utf8: bool = True
    """Whether every byte of the body is valid UTF-8. The JSON decoder checks only what it keeps."""

    tls: str = ""
    """``TLSv1.3``; empty over plain http."""

    @property
    def request_id(self) -> str:
        """Return the id of the request in the service's own logs; empty: it sends none."""
        ids = (self.headers.get(name, "") for name in _REQUEST_IDS)
        return next((each for each in ids if _REQUEST_ID.fullmatch(each)), "")


class Transport:
    """The connections to one origin. Follows no redirect, keeps no cookie. Closed at the deadline.

    Raises :class:`~auditor.errors.ConfigError` where the environment names authorities or a proxy
    that cannot be used.
    """

    def __init__(self, base_url: str, limits: Limits, deadline: Deadline) -> None:
        self._base = base_url.rstrip("/")
        self._limits = limits
        self._deadline = deadline
        # all other connections can be held by threads that wait for a token
        self._token_client, *clients = _clients(base_url, 1 + limits.connections)
        self._clients = clients
        # Last in, first out: an open connection is used again, and one that is not needed is never
        # opened.
        self._free: LifoQueue[httpx.Client] = LifoQueue()
        for client in clients:
            self._free.put(client)
        # A read time-out begins again with each byte: headers can arrive byte by byte for ever.
        self._end = threading.Timer(deadline.remaining, self._close_clients)
        self._end.daemon = True

    def __enter__(self) -> Self:
        self._end.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._end.cancel()
        self._close_clients()

    def _close_clients(self) -> None:
        for client in (*self._clients, self._token_client):
            client.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        auth: httpx.Auth | None,
        cap: int,
        headers: Mapping[str, str] = _ACCEPT_JSON,
    ) -> HttpResponse:
        """Send a GET request. Raises CollectError, or TransientError if a retry can succeed."""
        name = f"GET {path}"
        with self._borrowed(name) as client:
            request = client.build_request(
                "GET", self._base + path, params=params, headers=dict(headers)
            )
            return self._send(client, request, name, auth, cap)

    def post_form(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str], *, cap: int
    ) -> HttpResponse:
        """Send a form once: the token request, the only thing that is not a GET."""
        request = self._token_client.build_request(
            "POST", self._base + path, data=dict(form), headers=dict(headers)
        )
        return self._send(self._token_client, request, f"POST {path}", None, cap)

    @contextmanager
    def _borrowed(self, name: str) -> Iterator[httpx.Client]:
        """Take a free connection for this thread; wait until there is one."""
        try:
            client = self._free.get(timeout=self._deadline.remaining)
        except Empty as error:
            raise CollectError(MissingReason.TIMEOUT, name, OUT_OF_TIME) from error
        try:
            yield client
        finally:
            self._free.put(client)

    @contextmanager
    def _within_deadline(self, name: str) -> Iterator[None]:
        try:
            yield
        # At the deadline the connections are closed, which raises the error of a broken connection.
        except TransientError as error:
            if self._deadline.remaining:
                raise
            raise CollectError(MissingReason.TIMEOUT, name, OUT_OF_TIME) from error

    def _send(
        self,
        client: httpx.Client,
        request: httpx.Request,
        name: str,
        auth: httpx.Auth | None,
        cap: int,
    ) -> HttpResponse:
        patience = min(self._limits.request, self._deadline.remaining)
        if not patience:
            raise CollectError(MissingReason.TIMEOUT, name, OUT_OF_TIME)
        silence = min(self._limits.silence, patience)
        request.extensions["timeout"] = httpx.Timeout(silence).as_dict()
        # In this order: the first one receives the errors that the second one has translated.
        with self._within_deadline(name), _translated(name, self._base):
            # A redirect could lead to another address, and the request carries a credential.
            response = client.send(request, auth=auth, stream=True, follow_redirects=False)
            try:
                body, is_utf8 = _read(response, name, cap, time.monotonic() + patience)
                tls = _tls_of(response)
            finally:
                response.close()
        return HttpResponse(
            name, response.url, response.status_code, response.headers, body, is_utf8, tls
        )


def _clients(base_url: str, count: int) -> list[httpx.Client]:
    """Return clients with one connection each.

    A shared pool could close a connection that is being read.
    """
    authorities = trusted_for(base_url)
    try:
        options = client_options(base_url)
        return [
            httpx.Client(
                verify=authorities,
                **options,
                limits=httpx.Limits(max_connections=1),
                # It accepts no cookie: each request carries its credential and needs no session.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                headers={
                    # Nothing else is offered: httpx adds br and zstd where they are installed, and
                    # their output has no bound.
                    "accept-encoding": "gzip",
                    "user-agent": f"unleash-okta-auditor/{__version__}",
                },
            )
            for _ in range(count)
        ]
    # ImportError: the proxy is a SOCKS proxy, and the package for it is not installed.
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        msg = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names no proxy (write http://HOST:PORT)"
        raise ConfigError(msg) from error


def _tls_of(response: httpx.Response) -> str:
    secured = response.extensions["network_stream"].get_extra_info("ssl_object")
    return str(secured.version()) if secured else ""


def _read(response: httpx.Response, name: str, cap: int, ends_at: float) -> tuple[bytearray, bool]:
    """Read a body, decompressed, and return it with whether it is UTF-8.

    Raises CollectError for a body beyond ``cap`` bytes or :data:`MAX_COMPRESSION_RATIO`, and at
    ``ends_at``.
    """
    body, utf8 = bytearray(), Utf8Validator()
    for part in body_parts(response):
        body += part
        utf8.feed(part)
        if len(body) > cap:
            raise _truncated(name, response, f"larger than {cap} bytes")
        if len(body) > max(
            MAX_BYTES_OF_ANY_RATIO, MAX_COMPRESSION_RATIO * response.num_bytes_downloaded
        ):
            raise _truncated(
                name, response, f"more than {MAX_COMPRESSION_RATIO} times its compressed size"
            )
        if time.monotonic() > ends_at:
            raise CollectError(
                MissingReason.TIMEOUT, name, "the answer did not end", response.status_code
            )
    return body, utf8.finish()


def _truncated(name: str, response: httpx.Response, words: str) -> CollectError:
    return CollectError(MissingReason.TRUNCATED, name, words, response.status_code)


class Utf8Validator:
    """Validates bytes as they arrive, so that no second copy of a body is made."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")()
        self._is_valid = True

    def feed(self, part: bytes, *, is_last: bool = False) -> None:
        """Validate the next bytes."""
        if self._is_valid:
            try:
                self._decoder.decode(part, is_last)
            except UnicodeDecodeError:
                self._is_valid = False

    def finish(self) -> bool:
        """Return whether all bytes were valid, with a complete last character."""
        self.feed(b"", is_last=True)
        return self._is_valid


@contextmanager
def _translated(name: str, url: str) -> Iterator[None]:
    """Translate errors below HTTP into CollectError."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise TransientError(
            MissingReason.TIMEOUT, name, connection_error_message(error, url)
        ) from error
    except httpx.DecodingError as error:
        raise CollectError(MissingReason.BAD_PAYLOAD, name, "cannot be decompressed") from error
    except (httpx.TransportError, ssl.SSLError) as error:
        raise TransientError(
            MissingReason.NETWORK, name, connection_error_message(error, url)
        ) from error


class HeaderAuth(httpx.Auth):
    """Sends a token with every request."""

    def __init__(self, token: Secret, scheme: str = "") -> None:
        self._token = token
        self._scheme = scheme

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Set the header."""
        value = f"{self._scheme} {self._token.reveal()}".strip()
        request.headers["authorization"] = value
        yield request
