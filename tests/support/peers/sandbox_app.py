"""An ASGI app on a loopback port, in a thread."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from auditor.sandbox.server_thread import ServerThread


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Serve an app and give its origin; the socket listens before the server runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = ServerThread([(app, listener)])
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            thread.stop()
