"""A server that answers byte by byte and never ends."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event

from tests.support.peers.threaded_server import served

SECONDS_BETWEEN_BYTES = 0.1


@contextmanager
def dripping_server(
    beginning: bytes, chain: Path | None = None, key: Path | None = None
) -> Iterator[str]:
    """Send ``beginning`` and then one byte after the other; yield the origin."""
    stopped = Event()

    class Dripping(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), self._connection() as connection:
                connection.recv(65_536)
                connection.sendall(beginning or b"H")
                while not stopped.wait(SECONDS_BETWEEN_BYTES):
                    connection.sendall(b"T")

        def _connection(self) -> socket.socket:
            if chain is None:
                connection: socket.socket = self.request
                return connection
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain, key)
            return context.wrap_socket(self.request, server_side=True)

    server = ThreadingTCPServer(("127.0.0.1", 0), Dripping)
    with served(server) as port:
        try:
            yield f"{'https' if chain else 'http'}://127.0.0.1:{port}"
        finally:
            stopped.set()
