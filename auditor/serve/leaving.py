"""Signs of life that a single round leaves behind: metrics in a file or pushed, and a ping."""

import re
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest, write_to_textfile

from auditor.config.service_settings import HeartbeatSettings
from auditor.errors import DeliveryError
from auditor.net.tls import trusted
from auditor.serve.metrics import Remembered
from auditor.serve.standing import Standing

PATIENCE = 10
"""Seconds that somebody has to answer."""

_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def round_registry(now: Standing, at: datetime, exit_code: int) -> CollectorRegistry:
    """Put together what a round has to show."""
    registry = CollectorRegistry()
    registry.register(Remembered(now, at))
    ended = Gauge("auditor_round_timestamp_seconds", "When a round ended.", registry=registry)
    ended.set(at.timestamp())
    code = Gauge("auditor_round_exit_code", "How it ended; see --help.", registry=registry)
    code.set(exit_code)
    return registry


def write_metrics(registry: CollectorRegistry, path: str) -> None:
    """Write the file in one go; raise :class:`~auditor.errors.DeliveryError`."""
    try:
        write_to_textfile(path, registry)
    except OSError as error:
        msg = f"{path}: metrics cannot be written: {error.strerror}"
        raise DeliveryError(msg) from error


def push_metrics(registry: CollectorRegistry, url: str) -> None:
    """Add the metrics to what the Pushgateway has; raise :class:`~auditor.errors.DeliveryError`.

    The client library would follow a redirect and take its end for the gateway's yes.
    """
    import httpx

    from auditor.net.connection_errors import connection_error_message

    gateway = url if "://" in url else f"http://{url}"
    named = re.sub(r"//[^/]*@", "//", gateway)  # without a password
    try:
        answer = httpx.post(
            f"{gateway.rstrip('/')}/metrics/job/auditor",
            content=generate_latest(registry),
            headers={"content-type": _TEXT_FORMAT},
            verify=trusted(),
            timeout=PATIENCE,
            follow_redirects=False,
        )
    except httpx.InvalidURL as error:
        msg = f"{named}: metrics cannot be pushed: this is no address"
        raise DeliveryError(msg) from error
    except httpx.HTTPError as error:
        msg = f"{named}: metrics cannot be pushed: {connection_error_message(error, gateway)}"
        raise DeliveryError(msg) from error
    if not answer.is_success:
        msg = f"{named}: metrics cannot be pushed: refused with status {answer.status_code}"
        raise DeliveryError(msg)


def ping(heartbeat: HeartbeatSettings, *, good: bool) -> None:
    """Ask the address that waits for it; raise :class:`~auditor.errors.DeliveryError`."""
    import httpx

    from auditor.net.connection_errors import connection_error_message

    address = heartbeat.address(good=good).reveal()
    try:
        answer = httpx.get(address, verify=trusted(), timeout=PATIENCE, follow_redirects=False)
    except httpx.HTTPError as error:
        msg = f"heartbeat: {connection_error_message(error, address)}"
        raise DeliveryError(msg) from error
    if not answer.is_success:
        msg = f"heartbeat: refused with status {answer.status_code}"
        raise DeliveryError(msg)
