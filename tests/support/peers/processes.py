"""A real server as a child process: started, awaited, stopped."""

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.plain_http import plain_get

PATIENCE = 300
"""Seconds to wait for another process, until a test fails. A new Unleash, which runs all its
migrations first, needs a minute when other tests use the processors."""


class ServerDidNotStartError(Exception):
    """The server exited, or was not ready in time; the message ends with its log."""


@contextmanager
def serving(
    command: Sequence[str | os.PathLike[str]],
    *,
    ready: Callable[[], bool],
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stop_with: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Run `command` for the length of the block, which begins when `ready()` is true."""
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=env, cwd=cwd) as process,
    ):
        try:
            _wait_until(ready, process, log)
            yield
        finally:
            _stop(process, stop_with)


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None:
            outcome = f"exited with {process.returncode}"
        elif time.monotonic() > deadline:
            outcome = f"was not ready after {PATIENCE} s"
        else:
            time.sleep(0.1)
            continue
        msg = f"{process.args!r} {outcome}:\n{log.read_text(errors='replace')[-2000:]}"
        raise ServerDidNotStartError(msg)


def _stop(process: subprocess.Popen[bytes], stop_with: signal.Signals) -> None:
    process.send_signal(stop_with)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


NEVER_GIVEN = range(15_000, 30_000)


def free_port(side_by_side: int = 1) -> int:
    """Return a port of 127.0.0.1 on which, and on the ports after it, no process listens.

    It is none of those that systems give to outgoing connections: one of those could be taken
    again before it is listened on.
    """
    while True:
        port = random.choice(NEVER_GIVEN)
        if all(map(_is_free, range(port, port + side_by_side))):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def listens(port: int) -> bool:
    """Return whether a process accepts connections on a port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def answers(url: str) -> bool:
    """Return whether a GET of `url` succeeds."""
    try:
        return plain_get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False
