"""Servers in a thread of their own, on sockets that are open before anything begins."""

import asyncio
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from auditor.config.service_settings import Address
from auditor.errors import ConfigError


class HttpServer:
    """Serves while the ``with`` block lasts."""

    def __init__(self, apps: Mapping[Address, ASGIApp]) -> None:
        """Take the addresses; raise :class:`~auditor.errors.ConfigError` if one is not free."""
        with ExitStack() as opened:
            self._sockets = [opened.enter_context(_listen(address)) for address in apps]
            opened.pop_all()
        self._servers = [
            uvicorn.Server(
                uvicorn.Config(
                    app,
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    proxy_headers=False,
                    timeout_graceful_shutdown=1,
                )
            )
            for app in apps.values()
        ]
        self._thread = threading.Thread(target=self._serve, name="listening", daemon=True)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where it is reached, in the order of the addresses."""
        names = (each.getsockname()[:2] for each in self._sockets)
        return tuple(f"http://{Address(host=host, port=port)}" for host, port in names)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.should_exit = True
        self._thread.join()

    def _serve(self) -> None:
        asyncio.run(self._serve_all())

    async def _serve_all(self) -> None:
        pairs = zip(self._servers, self._sockets, strict=True)
        await asyncio.gather(*(server.serve(sockets=[one]) for server, one in pairs))


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=128)
    except OSError as error:
        # what Python adds to the system's words repeats the address
        why = str(error.strerror).partition(" (while attempting")[0]
        msg = f"serve: cannot listen on {address}: {why} (name another address)"
        raise ConfigError(msg) from error
