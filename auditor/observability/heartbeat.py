"""The heartbeat: a request to an address that expects one after each batch."""

from auditor.config.tables.service_settings import HeartbeatSettings
from auditor.errors import DeliveryError

HEARTBEAT_TIMEOUT_SECONDS = 10
"""Seconds within which the address must answer."""


def ping(heartbeat: HeartbeatSettings, *, good: bool) -> None:
    """Request the address for success (``good``) or for failure.

    Raises :class:`~auditor.errors.DeliveryError` when there is no answer or the answer is an error.
    """
    import httpx

    from auditor.net.bounded_request import send_bounded
    from auditor.net.connection_errors import connection_error_message

    address = heartbeat.address(good=good).reveal()
    try:
        # The status is enough, and a body can be endless.
        answer = send_bounded("GET", address, timeout=HEARTBEAT_TIMEOUT_SECONDS, reads_body=False)
    except httpx.HTTPError as error:
        msg = f"heartbeat: {connection_error_message(error, address)}"
        raise DeliveryError(msg) from error
    if not answer.is_success:
        msg = (
            f"heartbeat: refused with status {answer.status} "
            "(check heartbeat.url and the service behind it)"
        )
        raise DeliveryError(msg)
