"""Slack by an incoming webhook: new messages only, one channel, and nothing can be looked up.

A message whose answer was lost is said again: that is the price of the webhook.
"""

from collections.abc import Callable

from auditor.clock import utc_now
from auditor.config.secrets import Secret
from auditor.engine.incidents.notification import Incidents, Notification
from auditor.net.retry_after import read_retry_after
from auditor.net.tls import trusted
from auditor.notify.channel import DeliveryFailed, FailureKind, Receipt, ThreadBatch
from auditor.notify.slack.api_errors import TOO_MUCH, Refused, error_name, explain
from auditor.notify.slack.blocks import Message
from auditor.notify.slack.incident_message import MessageStyle, root, with_mentions
from auditor.notify.slack.slack_transport import (
    QUIET,
    TIMEOUT,
    NoAnswer,
    ShortWaits,
    StayingHook,
    demand_no_redirect,
)
from auditor.notify.slack.thread_reply import reply

_METHOD = "the webhook"


class SlackWebhook:
    """Says what happened, each time in a message of its own."""

    def __init__(
        self, url: Secret, style: Callable[[Notification], MessageStyle] = lambda _: MessageStyle()
    ) -> None:
        self._client = StayingHook(
            url.reveal(),
            timeout=TIMEOUT,
            ssl=trusted(),
            retry_handlers=[ShortWaits(3)],
            logger=QUIET,
        )
        self._manner = style

    def send(self, letter: ThreadBatch) -> Receipt:
        """Post the whole state when something begins, else what happened to it."""
        notification = letter.latest.notification
        style = self._manner(notification)
        abouts = [part.notification.about for part in letter.parts]
        updates = [
            each for about in abouts if isinstance(about, Incidents) for each in about.updates
        ]
        if not isinstance(notification.about, Incidents) or any(each.begins for each in updates):
            message = with_mentions(root(notification, style), notification, style)
        elif updates:
            message = reply(updates, notification, style)
        else:
            return {"said": "nothing: only what is shown changed, and a webhook cannot edit"}
        try:
            self.post(message)
        except Refused as refusal:
            if refusal.error not in TOO_MUCH:
                raise
            self.post(message.brief)
        return {"said": message.text}

    def post(self, message: Message) -> None:
        """Post a message; raise :class:`Untold` if that did not come about."""
        try:
            answer = self._client.send(
                text=message.text,
                blocks=message.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
        except NoAnswer as error:
            what = explain(error.why, _METHOD, "")
            raise DeliveryFailed(
                what, FailureKind.TEMPORARY, uncertain=error.may_have_arrived
            ) from error
        demand_no_redirect(answer.status_code, _METHOD, "")
        if answer.status_code == 429:  # noqa: PLR2004  (HTTP)
            what = explain("ratelimited", _METHOD, "")
            raise DeliveryFailed(
                what,
                FailureKind.TEMPORARY,
                wait=read_retry_after(answer.headers, received_at=utc_now()),
            )
        if answer.status_code >= 500:  # noqa: PLR2004  (HTTP)
            what = f"status {answer.status_code}"
            raise DeliveryFailed(explain(what, _METHOD, ""), FailureKind.TEMPORARY, uncertain=True)
        if answer.status_code != 200:  # noqa: PLR2004  (HTTP)
            code = error_name(answer.body.strip()) or f"status {answer.status_code}"
            raise Refused(code, _METHOD, "")
