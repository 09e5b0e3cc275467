"""What it takes to set Slack up: the app's manifest, the token's scopes, a message to try."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from auditor.config.notification_settings import SlackSettings
from auditor.notify.channel import DeliveryFailed
from auditor.notify.slack.api import Slack
from auditor.notify.slack.blocks import Message, context, fallback, rich, run, section
from auditor.notify.slack.incoming_webhook import SlackWebhook
from auditor.notify.slack.routing import routes_of
from auditor.text import format_time

SCOPES = {
    "chat:write": "post and edit its messages",
    "channels:read": "find a public channel by its name",
    "channels:history": "look up whether a message arrived, so that none is sent twice",
    "groups:read": "find a private channel by its name",
    "groups:history": "look up the same in a private channel",
    "files:write": "attach the report to its message",
}
"""What each scope is for; without the first nothing works."""


class Trial(Struct, frozen=True, kw_only=True):
    """How trying Slack out went."""

    bot: str | None = None
    """The bot and its workspace; ``None``: a webhook, or it did not answer."""

    posted: tuple[str, ...] = ()
    """Channels in which the sample now stands."""

    missing: dict[str, str] = {}
    """Scopes that the token lacks, and what each is for."""

    errors: tuple[str, ...] = ()


def try_out(slack: SlackSettings, now: Callable[[], datetime]) -> Trial:
    """Post a sample into every channel that is named, and see what the token may not do."""
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
        bot, scopes = client.whoami()
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
        bot=bot,
        posted=tuple(posted),
        missing={scope: use for scope, use in SCOPES.items() if scope not in scopes},
        errors=tuple(errors),
    )


def manifest(name: str = "Unleash Okta auditor") -> dict[str, Any]:
    """Return the manifest of a Slack app that may do what is needed and nothing else."""
    return {
        "display_information": {
            "name": name,
            "description": "Tells when Okta's provisioning of Unleash drifts from the guide.",
        },
        "features": {"bot_user": {"display_name": name, "always_online": False}},
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "org_deploy_enabled": False,
            "socket_mode_enabled": False,
            "token_rotation_enabled": False,
        },
    }


def _sample(at: datetime) -> Message:
    title = "This is how the auditor speaks."
    body = (
        "When Okta's provisioning of Unleash drifts from the guide, a message here says what is "
        "wrong, since when, whom it hurts, who changed it and how it is put back."
    )
    return Message(
        text=fallback(f"{title} {body}"),
        blocks=[
            rich(section(run(f"{title} ", style="bold"), run(body))),
            context(f"Sent by auditor slack test at {format_time(at)}"),
        ],
    )
