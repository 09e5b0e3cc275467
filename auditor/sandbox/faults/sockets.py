"""Faults below HTTP: a port that refuses, a server without TLS."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LOOPBACK = ("127.0.0.1", 0)


@contextmanager
def refusing_port() -> Iterator[int]:
    """Reserve a port on 127.0.0.1 that refuses every connection."""
    with socket.socket() as held:
        # Bound, but not listening: the kernel refuses, and no other program can take the port.
        held.bind(_LOOPBACK)
        yield held.getsockname()[1]


@contextmanager
def tls_garbage_server() -> Iterator[int]:
    """Answer each TLS handshake on a port of 127.0.0.1 with bytes that are not TLS."""
    with socket.create_server(_LOOPBACK) as listener:
        sender = threading.Thread(target=_send_garbage, args=(listener,))
        sender.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            sender.join()


def _send_garbage(listener: socket.socket) -> None:
    with suppress(OSError):  # closing the listener ends the thread
        while True:
            connection, _ = listener.accept()
            with connection, suppress(ConnectionError):
                connection.recv(4096)
                connection.sendall(b"this is no TLS at all\r\n" * 8)
