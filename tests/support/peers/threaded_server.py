"""A small server for one test, which answers in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer
from threading import Thread

QUICK = 0.02


@contextmanager
def served(server: TCPServer) -> Iterator[int]:
    """Serve ``server`` during the block; yield its port."""
    with server:
        thread = Thread(target=server.serve_forever, args=(QUICK,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
