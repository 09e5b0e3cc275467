"""Set-up of Slack: the manifest of the app, the scopes of its token, and a test message."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from auditor.config.tables.notification_settings import SlackSettings
from auditor.notify.channel import DeliveryFailed
from auditor.notify.slack.blocks import Message, context, fallback, rich, run, section
from auditor.notify.slack.routing import routes_of
from auditor.text import format_time

REASONS_BY_SCOPE = {
    "chat:write": "post and edit its messages",
    "channels:read": "find a public channel by its name",
    "channels:history": "check whether a message arrived, so that none is sent twice",
    "groups:read": "find a private channel by its name",
    "groups:history": "check the same in a private channel",
    "files:write": "attach the report to its message",
}
"""Purpose of each scope; the first is required."""

REASONS_BY_INTERACTIVE_SCOPE = {
    "users:read": "check who clicked",
    "usergroups:read": "read the user groups among slack.operators",
}
"""Purpose of each scope that buttons need."""


def reasons_by_scope(slack: SlackSettings) -> dict[str, str]:
    """Return the scopes that a configuration needs, with their purpose."""
    more = REASONS_BY_INTERACTIVE_SCOPE if slack.is_interactive else {}
    return REASONS_BY_SCOPE | more


class Trial(Struct, frozen=True, kw_only=True):
    """Result of the test messages."""

    bot: str | None = None
    """Bot and workspace; ``None`` for a webhook, or if Slack did not answer."""

    posted: tuple[str, ...] = ()
    """Channels that contain the test message now."""

    missing: dict[str, str] = {}
    """Scopes that are missing, with their purpose."""

    errors: tuple[str, ...] = ()


def try_out(slack: SlackSettings, now: Callable[[], datetime]) -> Trial:
    """Post a test message to every configured channel, and list missing scopes."""
    from auditor.notify.slack.api import Slack
    from auditor.notify.slack.incoming_webhook import SlackWebhook

    at = now()
    sample = _sample(at)
    if url := slack.webhook_url():
        try:
            SlackWebhook(url).post(sample)
        except DeliveryFailed as failure:
            return Trial(errors=(str(failure),))
        return Trial(posted=("the webhook's channel",))
    client = Slack.of(slack)
    try:
        bot = client.bot
    except DeliveryFailed as failure:
        return Trial(errors=(str(failure),))
    posted, errors = [], []
    for channel in routes_of(slack).channels:
        try:
            client.post(channel, sample, key=f"sample@{at.isoformat()}")
        except DeliveryFailed as failure:
            errors.append(str(failure))
        else:
            posted.append(channel)
    return Trial(
        bot=str(bot),
        posted=tuple(posted),
        missing={
            scope: use for scope, use in reasons_by_scope(slack).items() if scope not in bot.scopes
        },
        errors=tuple(errors),
    )


def manifest(name: str = "Unleash Okta auditor", *, interactive: bool = False) -> dict[str, Any]:
    """Return the manifest of a Slack app that has the required scopes only.

    ``interactive``: with buttons, whose clicks arrive over Socket Mode.
    """
    scopes = [*REASONS_BY_SCOPE, *(REASONS_BY_INTERACTIVE_SCOPE if interactive else ())]
    return {
        "display_information": {
            "name": name,
            "description": "Reports when Okta's provisioning of Unleash differs from the guide.",
        },
        "features": {"bot_user": {"display_name": name, "always_online": False}},
        "oauth_config": {"scopes": {"bot": scopes}},
        "settings": {
            "org_deploy_enabled": False,
            "interactivity": {"is_enabled": interactive},
            "socket_mode_enabled": interactive,
            # The auditor reads a token that does not expire, and cannot renew one.
            "token_rotation_enabled": False,
        },
    }


def _sample(at: datetime) -> Message:
    title = "This is a test message of the auditor."
    body = (
        "A message in this channel reports when Okta's provisioning of Unleash differs from the "
        "guide: the problem, the affected users, the change and its author, and the remediation. "
        "No action is required."
    )
    return Message(
        text=fallback(f"{title} {body}"),
        blocks=[
            rich(section(run(f"{title} ", style="bold"), run(body))),
            context(f"Sent by auditor slack test at {format_time(at)}"),
        ],
    )
