"""Requests whose answer is bounded in size and time. No redirect is followed."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from msgspec import Struct

from auditor.net.proxies import client_options
from auditor.net.tls import trusted_for

MAX_ANSWER_SECONDS = 60.0
"""Limit of a whole answer, headers included."""

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Largest answer that is read, decompressed. 1,000 Slack channels are about 2 MB."""

BOUNDED_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
"""Their output is at most about 1,000 times their input: 64 MiB for one read of 64 KiB."""


class Answer(Struct, frozen=True):
    """An HTTP answer, read completely."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""

    body: bytes

    @property
    def is_success(self) -> bool:
        """Return whether the status is 200 to 299."""
        return httpx.codes.is_success(self.status)


def send_bounded(
    method: str,
    url: str,
    *,
    timeout: float,
    reads_body: bool = True,
    **request: Any,  # noqa: ANN401  (httpx's own)
) -> Answer:
    """Send a request over a connection of its own, and read the answer to its end.

    ``timeout``: seconds of each network operation. ``reads_body``: ``False`` leaves the body unread
    where the status is enough. Raises :class:`httpx.HTTPError`, also for an answer that exceeds a
    limit, and :class:`httpx.InvalidURL`.
    """
    with (
        _ended_after(max(MAX_ANSWER_SECONDS, timeout)) as extensions,
        # A client for each request: _ended_after knows only connections that are made under its
        # trace.
        httpx.Client(
            verify=trusted_for(url), timeout=timeout, follow_redirects=False, **client_options(url)
        ) as client,
        client.stream(method, url, extensions=extensions, **request) as response,
    ):
        body = bytearray()
        for part in body_parts(response) if reads_body else ():
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                msg = "the answer is too large"
                raise httpx.DecodingError(msg)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, bytes(body))


@contextmanager
def _ended_after(seconds: float) -> Iterator[dict[str, Any]]:
    """Yield the extensions of a request whose connection ends after ``seconds``.

    A read time-out begins again with each byte, so it does not end an answer that arrives byte by
    byte. Raises :class:`httpx.ReadTimeout` when the time is up.
    """
    connections: list[socket.socket] = []
    is_over = threading.Event()

    def remember(event: str, facts: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            # A connection through a proxy has another event prefix, and TLS replaces the socket:
            # all are kept.
            connections.append(facts["return_value"].get_extra_info("socket"))
            # The time can end while the connection is being made, when there was no socket to close
            # yet.
            if is_over.is_set():
                end()

    def end() -> None:
        is_over.set()
        for each in connections:
            with suppress(OSError):  # the socket was replaced by its TLS connection, or closed
                # Not the method of an SSL socket: it changes what the reading thread uses.
                socket.socket.shutdown(each, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    # A process that ends must not wait for the timer of a request in another thread.
    timer.daemon = True
    timer.start()
    try:
        yield {"trace": remember}
    except httpx.TransportError as error:
        # The same error is raised when the server ends the connection, so only the flag shows the
        # reason.
        if not is_over.is_set():
            raise
        msg = "the answer takes too long"
        raise httpx.ReadTimeout(msg) from error
    finally:
        timer.cancel()


def body_parts(response: httpx.Response) -> Iterator[bytes]:
    """Yield the body of a streamed response, decompressed.

    Raises :class:`httpx.DecodingError` for an encoding that was not asked for. The client would
    decode a gzip inside a gzip too, where 5 kB become 3 GB in one part, before any part is counted.
    """
    encodings = response.headers.get_list("content-encoding", split_commas=True)
    # One read is bounded only for these encodings, so the check of the size comes too late for
    # others.
    if len(encodings) > 1 or not BOUNDED_ENCODINGS.issuperset(
        each.strip().lower() for each in encodings
    ):
        msg = "the encoding of the answer is not gzip"
        raise httpx.DecodingError(msg)
    yield from response.iter_bytes()
