"""Floods of a running service: wrong passwords and idle connections, and health checks."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx

from tests.support.peers.processes import PATIENCE
from tests.support.processes.service_process import eventually

WRONG_PASSWORDS = 90
"""Number of requests with a wrong password, sent at the same time."""

IDLE_CONNECTIONS = 300
"""Number of connections that are opened to each listener and send nothing."""

HEALTH_CHECKS = 20
"""Number of health checks during each flood, one after the other."""

REFUSED = {401, 429}


def flood(operations: str, reports: str) -> int:
    """Flood both listeners. Returns the number of requests without the expected answer."""
    missed = 0
    with ThreadPoolExecutor(WRONG_PASSWORDS) as pool:
        logins = [pool.submit(_sign_in, f"http://{reports}/") for _ in range(WRONG_PASSWORDS)]
        missed += _missed_health_checks(operations)
        missed += sum(login.result() not in REFUSED for login in logins)
    with _idle_connections(reports):
        missed += _missed_health_checks(operations)
    with _idle_connections(operations):
        pass
    eventually(lambda: _is_healthy(operations))
    return missed + _missed_health_checks(operations)


def _sign_in(url: str) -> int:
    return httpx.get(url, auth=("reader", "a wrong password"), timeout=PATIENCE).status_code


def _missed_health_checks(operations: str) -> int:
    return sum(not _is_healthy(operations) for _ in range(HEALTH_CHECKS))


def _is_healthy(operations: str) -> bool:
    try:
        return httpx.get(f"http://{operations}/healthz", timeout=PATIENCE).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def _idle_connections(address: str) -> Iterator[None]:
    host, _, port = address.rpartition(":")
    with ExitStack() as stack:
        for _ in range(IDLE_CONNECTIONS):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=PATIENCE))
        yield
