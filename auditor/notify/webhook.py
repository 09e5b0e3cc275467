"""The generic webhook: each notification as signed JSON.

The body is a :class:`WebhookPayload`; :func:`webhook_schema` documents it. The receiver checks
``X-Auditor-Signature``: ``v1=`` and the hex HMAC-SHA256 of ``{timestamp}.{body}`` under the shared
secret. The timestamp is ``X-Auditor-Timestamp``. The receiver drops keys that it has received
before. Each notification is complete, so the receiver also ignores one that is older
(``notification.at``) than the last one of the same ``notification.thread``.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

import httpx
import msgspec
from msgspec import Struct

from auditor import __version__
from auditor.config.secrets import Secret
from auditor.engine.incidents.incident import IncidentStatus
from auditor.engine.incidents.notification import Incidents, Notification
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.net.bounded_request import Answer, send_bounded
from auditor.net.connection_errors import connection_error_message
from auditor.net.retry_after import read_retry_after
from auditor.notify.channel import DeliveryFailed, FailureKind, OutboxPart, Receipt, ThreadBatch
from auditor.rule.severity import Severity

WEBHOOK_SCHEMA_VERSION = 1
WEBHOOK_TIMEOUT_SECONDS = 15.0


class CauseEvent(StrEnum):
    """What happened to a cause, as a ticket tool follows it."""

    CREATED = "created"
    UPDATED = "updated"
    """It is still open, or open again, or a waiver accepts it: see its status."""

    CLOSED = "closed"


class WebhookCause(Struct, frozen=True, kw_only=True):
    """A cause that the notification is about."""

    id: str
    """The same in every notification about this cause, also after it was reopened."""

    event: CauseEvent
    status: IncidentStatus
    title: str
    severity: Severity
    affected: int
    """Distinct affected users."""


class WebhookPayload(Struct, frozen=True, kw_only=True):
    """The body of a request."""

    schema: int = WEBHOOK_SCHEMA_VERSION
    """Rises when a field is removed or changes its meaning; new fields may appear."""

    key: str
    """The same key is the same notification, sent again because the answer was lost."""

    sent_by: str = f"unleash-okta-auditor {__version__}"
    causes: tuple[WebhookCause, ...] = ()
    """The causes that changed; the notification holds the state of each cause of its message."""

    notification: Notification

    @classmethod
    def of(cls, key: str, notification: Notification) -> Self:
        """Return the body for a notification."""
        return cls(key=key, causes=tuple(_causes(notification)), notification=notification)


class Webhook:
    """Posts JSON to one URL."""

    def __init__(self, name: str, url: Secret, secret: Secret, now: Callable[[], datetime]) -> None:
        self._name = name
        self._url = url
        self._secret = secret
        self._now = now

    def send(self, batch: ThreadBatch) -> Receipt:
        """Send each part, oldest first; after a failure, parts that arrived are sent again."""
        for part in batch.parts:
            self._send(part)
        return {"sent": str(len(batch.parts))}

    def _send(self, part: OutboxPart) -> None:
        body = msgspec.json.encode(WebhookPayload.of(part.key, part.notification))
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "content-type": "application/json",
            "user-agent": f"unleash-okta-auditor/{__version__}",
            "x-auditor-key": part.key,
            "x-auditor-timestamp": timestamp,
            "x-auditor-signature": sign(self._secret, timestamp, body),
        }
        try:
            answer = send_bounded(
                "POST",
                self._url.reveal(),
                timeout=WEBHOOK_TIMEOUT_SECONDS,
                reads_body=False,
                content=body,
                headers=headers,
            )
        except httpx.HTTPError as error:
            # Only a failed connection proves that nothing arrived.
            never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            message = f"webhook {self._name}: {connection_error_message(error, self._url.reveal())}"
            raise DeliveryFailed(
                message, FailureKind.TEMPORARY, uncertain=not never_sent
            ) from error
        if not answer.is_success:
            raise self._refused(answer)

    def _refused(self, answer: Answer) -> DeliveryFailed:
        what = f"webhook {self._name}: answered {answer.status}"
        again = f"{what} (temporary: the next attempt can succeed)"
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            return DeliveryFailed(
                again,
                FailureKind.TEMPORARY,
                retry_after=read_retry_after(answer.headers, received_at=self._now()),
            )
        if httpx.codes.is_server_error(answer.status):
            # A server can fail after it has stored the notification.
            return DeliveryFailed(again, FailureKind.TEMPORARY, uncertain=True)
        return DeliveryFailed(f"{what} (check its URL and its secret)", FailureKind.NEEDS_FIX)


def _causes(notification: Notification) -> Iterator[WebhookCause]:
    """Yield the causes that were updated; without updates, all of the message."""
    about = notification.about
    if not isinstance(about, Incidents):
        return
    updated = {(each.cause, each.rule) for each in about.updates}
    new = {(each.cause, each.rule) for each in about.updates if each.reason is NotifyReason.NEW}
    for state in about.states:
        key = (state.cause, state.rule)
        if updated and key not in updated:
            continue
        if state.status is IncidentStatus.RESOLVED:
            event = CauseEvent.CLOSED
        else:
            event = CauseEvent.CREATED if key in new else CauseEvent.UPDATED
        yield WebhookCause(
            id=state.cause or state.rule,
            event=event,
            status=state.status,
            title=state.title,
            severity=state.severity,
            affected=state.affected,
        )


def sign(secret: Secret, timestamp: str, body: bytes) -> str:
    """Return the signature of a body: ``v1=`` and 64 hex digits."""
    # The timestamp is signed too, so that a receiver can refuse an old request.
    signed = timestamp.encode() + b"." + body
    return f"v1={hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()}"


def webhook_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body."""
    return msgspec.json.schema(WebhookPayload)
