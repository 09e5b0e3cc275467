"""An HTTP listener in its own thread and event loop, with limits that one client cannot exhaust."""

import asyncio
import math
import socket
import threading
from time import monotonic
from types import TracebackType
from typing import Any, Self, cast

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from auditor.config.tables.service_settings import Address
from auditor.errors import ConfigError

MAX_CONNECTIONS = 100
"""Open connections of one listener. Further ones are closed, so that file descriptors remain."""

HEADER_TIMEOUT_SECONDS = 10
"""How long a client may take to send the headers of a request."""

LOG_INTERVAL_SECONDS = 60
"""Errors of a listener, such as "too many open files", are logged at most this often."""

_log = structlog.get_logger("auditor")


class HttpServer:
    """Serves one app on one address while the ``with`` block lasts.

    Each server has its own thread and event loop: a flood of one listener does not delay another.
    """

    def __init__(self, address: Address, app: ASGIApp) -> None:
        """Open the address; raise :class:`~auditor.errors.ConfigError` when that fails."""
        self._socket = _listen(address)
        # The first error is logged at once, although the monotonic clock can begin at 0.
        self._logged_at = -float(LOG_INTERVAL_SECONDS)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=LimitedProtocol,
                lifespan="off",
                ws="none",
                # uvicorn's own handlers would write lines without masked secrets.
                log_config=None,
                access_log=False,
                server_header=False,
                # Headers of a proxy are not trusted here: the login needs the address of the peer.
                proxy_headers=False,
                # A slow client must not delay the end of the service.
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name=f"http {address}", daemon=True
        )

    @property
    def url(self) -> str:
        """Return the URL of the server."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{Address(host=host, port=port)}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    async def _serve(self) -> None:
        asyncio.get_running_loop().set_exception_handler(self._log_error)
        await self._server.serve(sockets=[self._socket])

    def _log_error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # asyncio reports each failed accept, up to 128 times a second.
        if monotonic() - self._logged_at >= LOG_INTERVAL_SECONDS:
            self._logged_at = monotonic()
            error = context.get("exception") or context["message"]
            _log.error("listener_failed", url=self.url, error=str(error))


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 with a limit of connections and a deadline for the headers of each request."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Accept the connection. Beyond the limit, close the one that has waited longest.

        So idle connections cannot keep out a health check, which sends its headers at once.
        """
        super().connection_made(transport)
        self._start_deadline()
        if len(self.connections) > MAX_CONNECTIONS:
            # this one waits, too: it is closed if all others are being answered
            known = (each for each in self.connections if isinstance(each, LimitedProtocol))
            longest = min(known, key=lambda each: each.waits_until)
            longest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read a part of a request."""
        # A further request on the same connection needs a deadline of its own.
        if self._deadline is None and self._waits_for_headers:
            self._start_deadline()
        super().data_received(data)
        if not self._waits_for_headers:
            self._stop_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the deadline with the connection."""
        self._stop_deadline()
        super().connection_lost(exc)

    @property
    def waits_until(self) -> float:
        """When the deadline for headers ends, on the clock of the loop; infinite: it has none."""
        return self._deadline.when() if self._deadline else math.inf

    @property
    def _waits_for_headers(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEADER_TIMEOUT_SECONDS, self._close_late)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close_late(self) -> None:
        self._deadline = None
        if self._waits_for_headers:
            self.transport.close()


def _listen(address: Address) -> socket.socket:
    is_ipv6 = ":" in address.host
    every_address = address.host == "::"
    # `::` stands for all IPv4 addresses too, where the system allows both on one socket.
    both = every_address and socket.has_dualstack_ipv6()
    if every_address and not both:
        _log.warning("listens_on_ipv6_only", address=str(address), remediation="use 0.0.0.0")
    try:
        listener = socket.create_server(
            (address.host, address.port),
            family=socket.AF_INET6 if is_ipv6 else socket.AF_INET,
            backlog=128,
            dualstack_ipv6=both,
        )
    except OSError as error:
        # Python appends the address to the text of the system.
        reason = str(error.strerror).partition(" (while attempting")[0]
        msg = f"serve: cannot listen on {address}: {reason} (use another address)"
        raise ConfigError(msg) from error
    # Accepted connections inherit it. asyncio does not set it, because the protocol of a listener
    # of create_server is 0. Without it an answer can wait 40 ms for a delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
