"""HTTP servers in a thread. They end at once."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

SECONDS_BETWEEN_DATES = 1
"""How often the servers renew the value of the header `Date`."""


class ServerThread(threading.Thread):
    """Serves apps, each on its listening socket, until it is stopped.

    ``chain`` and ``key``: the PEM files of a certificate and its key, for servers that use TLS.
    """

    def __init__(
        self,
        apps: Sequence[tuple[ASGIApp, socket.socket]],
        *,
        chain: Path | None = None,
        key: Path | None = None,
    ) -> None:
        super().__init__(name="sandbox", daemon=True)
        self._servers = [(_Server(_config(app, chain, key)), listener) for app, listener in apps]
        for _, listener in self._servers:
            # Accepted connections inherit it. asyncio does not set it, because the protocol of a
            # listener of create_server is 0. Without it each answer waits 40 ms for a delayed
            # acknowledgement.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop: asyncio.AbstractEventLoop
        self._stopped = asyncio.Event()

    def start(self) -> None:
        """Start the thread. It serves soon; a client that connects before waits for it."""
        self._loop = asyncio.new_event_loop()
        super().start()

    def run(self) -> None:
        """Serve."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        """Close the listening sockets and all connections; wait for the end of the thread."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self.join()

    async def _serve(self) -> None:
        await asyncio.gather(
            *(server.serve_until(self._stopped, listener) for server, listener in self._servers)
        )


class _Server(uvicorn.Server):
    """Ends without a pause.

    uvicorn's own loop checks every 0.1 s whether to end, pauses for 0.1 s, and then waits for the
    requests that are being answered. A fault can make such a request last for ever.
    """

    async def serve_until(self, stopped: asyncio.Event, listener: socket.socket) -> None:
        self._stopped = stopped
        await self.serve(sockets=[listener])

    async def main_loop(self) -> None:
        while not self._stopped.is_set():
            await self.on_tick(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(SECONDS_BETWEEN_DATES):
                    await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in self.server_state.connections:
            connection.transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _config(app: ASGIApp, chain: Path | None, key: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level="critical",  # a fault that closes the connection is expected
        access_log=False,
        ssl_certfile=chain,
        ssl_keyfile=str(key) if key else None,
    )
