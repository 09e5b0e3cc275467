"""Slack by an incoming webhook: new messages in one channel; nothing can be edited.

A message whose answer was lost is posted again, because a webhook cannot read messages.
"""

from collections.abc import Callable

from auditor.config.secrets import Secret
from auditor.engine.incidents.notification import Incidents, Notification
from auditor.notify.channel import Receipt, ThreadBatch
from auditor.notify.slack.api_errors import TOO_LONG_ERRORS, Refused
from auditor.notify.slack.blocks import Message
from auditor.notify.slack.incident_message import root, with_mentions
from auditor.notify.slack.message_style import MessageStyle
from auditor.notify.slack.thread_reply import reply
from auditor.notify.slack.web_api import WebhookApi


class SlackWebhook:
    """Posts each update as a message of its own."""

    def __init__(
        self, url: Secret, style: Callable[[Notification], MessageStyle] = lambda _: MessageStyle()
    ) -> None:
        self._api = WebhookApi(url)
        self._style = style

    def send(self, batch: ThreadBatch) -> Receipt:
        """Post the present state of a new incident, otherwise its updates."""
        notification = batch.latest.notification
        style = self._style(notification)
        updates = [
            update
            for part in batch.parts
            if isinstance(about := part.notification.about, Incidents)
            for update in about.updates
        ]
        if not isinstance(notification.about, Incidents) or any(each.begins for each in updates):
            message = with_mentions(root(notification, style), notification, style)
        elif updates:
            message = reply(updates, notification, style)
        else:
            return {"posted": "nothing: a webhook cannot edit a message"}
        try:
            self.post(message)
        except Refused as refusal:
            # Slack does not document its limit for all blocks together, so it is not checked
            # before.
            if refusal.error not in TOO_LONG_ERRORS:
                raise
            self.post(message.brief)
        return {"posted": message.text}

    def post(self, message: Message) -> None:
        """Post a message; raise :class:`~auditor.notify.channel.DeliveryFailed` otherwise."""
        self._api.post(
            {
                "text": message.text,
                "blocks": message.blocks,
                "unfurl_links": False,
                "unfurl_media": False,
            }
        )
