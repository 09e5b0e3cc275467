"""From the configuration to channels, and through them to people.

What it takes to tell (slack_sdk, httpx) is imported only when there is something to tell.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import cache
from typing import Protocol

from auditor.config.settings import ReportSettings, Settings, SlackSettings, WebhookSettings
from auditor.engine.incidents.notification import Digest, Notification
from auditor.notify.channel import Attachment, Channel, DeliveryFailed, FailureKind, Threads
from auditor.notify.delivery import Delivered, Outbox, deliver_due
from auditor.rule.severity import Severity

SLACK = "slack"


class Store(Protocol):
    """The parts of a store that delivery needs."""

    @property
    def outbox(self) -> Outbox:
        """Return the notifications that wait."""

    @property
    def incidents(self) -> Threads:
        """Return where messages were posted."""


def channels_of(settings: Settings) -> tuple[str, ...]:
    """Name the channels that are told of everything."""
    return (*((SLACK,) if settings.slack else ()), *(each.name for each in settings.webhooks))


def deliver(
    store: Store,
    settings: Settings,
    now: Callable[[], datetime],
    *,
    target: str | None = None,
    of: Collection[str] | None = None,
    attachment: Attachment = lambda _: None,
) -> Delivered:
    """Tell what is due, of all targets or one; what fails is kept, counted and never raised.

    ``of``: whose messages count that failed before and still wait, as :func:`drain` says.
    ``attachment`` gives the report for announcements that want one.
    """

    @cache
    def open_channel(name: str) -> Channel:
        if name == SLACK and settings.slack:
            return _slack(settings.slack, settings.report, store.incidents, attachment)
        for webhook in settings.webhooks:
            if webhook.name == name:
                return _webhook(webhook, now)
        message = f"{name}: the configuration no longer names this channel"
        raise DeliveryFailed(message, FailureKind.NEVER)

    return deliver_due(store.outbox, open_channel, now, target=target, of=of)


def _webhook(webhook: WebhookSettings, now: Callable[[], datetime]) -> Channel:
    from auditor.notify.webhook import Webhook

    return Webhook(webhook.name, webhook.address(), webhook.secret.read_line(), now)


def _slack(
    slack: SlackSettings, report: ReportSettings, threads: Threads, attachment: Attachment
) -> Channel:
    from auditor.notify.slack.incident_message import MessageStyle

    mentions = {Severity(severity): whom for severity, whom in slack.mentions.items()}

    def manner(announcement: Notification) -> MessageStyle:
        return MessageStyle(mentions=mentions, report=report_address(report, announcement))

    if url := slack.webhook_url():
        from auditor.notify.slack.incoming_webhook import SlackWebhook

        return SlackWebhook(url, manner)
    from auditor.notify.slack.api import Slack
    from auditor.notify.slack.bot import SlackBot
    from auditor.notify.slack.routing import routes_of

    wanted = attachment if slack.attaches_reports else lambda _: None
    return SlackBot(Slack.of(slack), routes_of(slack), threads, manner, wanted)


def report_address(report: ReportSettings, announcement: Notification) -> str | None:
    """Return where the report is found, if anywhere: a digest is of one week, the rest of today."""
    if report.public_url is None:
        return None
    from auditor.publish.archive import LATEST, file_name

    weekly = isinstance(announcement.about, Digest)
    page = file_name(announcement.at) if weekly else LATEST
    return f"{report.public_url}/{announcement.target}/{page}"
