"""Channels from the configuration, and the delivery to them.

The modules of a channel (httpx) are imported only when it has a message to deliver.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache
from typing import Protocol

from auditor.config.settings import Settings
from auditor.config.tables.notification_settings import SlackSettings, WebhookSettings
from auditor.engine.incidents.notification import Notification
from auditor.notify.channel import (
    Attachment,
    Channel,
    DeliveryFailed,
    FailureKind,
    ReportUrl,
    Threads,
)
from auditor.notify.delivery import Delivered, Outbox, deliver_due
from auditor.rule.severity import Severity

SLACK = "slack"


class Deliveries(Protocol):
    """The part of a store that begins a delivery."""

    def delivery(
        self, targets: Collection[str], channels: Collection[str]
    ) -> AbstractContextManager[Outbox]:
        """Begin a delivery of the notifications of these targets on these channels."""


class DeliveryStore(Protocol):
    """The parts of a store that delivery needs."""

    @property
    def outbox(self) -> Deliveries:
        """Return the notifications to deliver."""

    @property
    def incidents(self) -> Threads:
        """Return the threads of the incidents."""


def channels_of(settings: Settings) -> tuple[str, ...]:
    """Return the names of the channels that receive every notification."""
    return (*((SLACK,) if settings.slack else ()), *(each.name for each in settings.webhooks))


def deliver(
    store: DeliveryStore,
    settings: Settings,
    now: Callable[[], datetime],
    *,
    target: str | None = None,
    of: Collection[str] | None = None,
    report_url: ReportUrl = lambda _: None,
    attachment: Attachment = lambda _: None,
) -> Delivered:
    """Deliver all due notifications. Failures are stored and counted, never raised.

    ``of``: the targets whose waiting messages are counted, as in :func:`deliver_due`.
    ``report_url`` and ``attachment`` return the address and the content of the report that belongs
    to a notification, or ``None``.
    """

    # Once for all messages: a channel keeps the ids that it found, and which places refused a
    # message.
    @cache
    def open_channel(name: str) -> Channel:
        if name == SLACK and settings.slack:
            return _slack(settings, settings.slack, store.incidents, report_url, attachment)
        for webhook in settings.webhooks:
            if webhook.name == name:
                return _webhook(webhook, now)
        message = (
            f"{name}: this configuration does not contain the channel; its messages wait "
            "(configure the channel again, or deliver with the configuration that has it)"
        )
        raise DeliveryFailed(message, FailureKind.NEEDS_FIX)

    targets = [each.name for each in settings.targets if target in {None, each.name}]
    with store.outbox.delivery(targets, channels_of(settings)) as delivery:
        return deliver_due(delivery, open_channel, now, of=of)


def _webhook(webhook: WebhookSettings, now: Callable[[], datetime]) -> Channel:
    from auditor.notify.webhook import Webhook

    return Webhook(webhook.name, webhook.address(), webhook.secret.read_line(), now)


def _slack(
    settings: Settings,
    slack: SlackSettings,
    threads: Threads,
    report_url: ReportUrl,
    attachment: Attachment,
) -> Channel:
    from auditor.notify.slack.message_style import MessageStyle

    mentions = {Severity(severity): names for severity, names in slack.mentions.items()}

    def style(notification: Notification) -> MessageStyle:
        return MessageStyle(
            mentions=mentions,
            report=report_url(notification),
            interactive=slack.is_interactive,
            deadlines=settings.deadlines(notification.target),
        )

    if url := slack.webhook_url():
        from auditor.notify.slack.incoming_webhook import SlackWebhook

        return SlackWebhook(url, style)
    from auditor.notify.slack.api import Slack
    from auditor.notify.slack.bot import SlackBot
    from auditor.notify.slack.routing import routes_of

    attached = attachment if slack.attaches_reports else lambda _: None
    return SlackBot(Slack.of(slack), routes_of(slack), threads, style, attached)
