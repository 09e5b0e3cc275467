"""What Slack's errors mean, what becomes of the message, and what a person can do. Pure."""

import re

from auditor.notify.channel import DeliveryFailed, FailureKind

TOO_MUCH = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "too_long"}
)
"""Slack will not take the message as it is; a shorter one may pass."""

NO_CHANNEL = "channel_not_found"
NO_SCOPE = "missing_scope"

_HOPELESS = TOO_MUCH | {"no_text", "invalid_arguments", "metadata_too_large", "invalid_payload"}
_PASSING = {
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "accesslimited",
    "team_added_to_org",
    "rollup_error",
}
_REMEDIES = {
    "account_inactive": "the app was removed or disabled: install it again",
    "channel_is_archived": "unarchive the channel or name another one in slack.channel",
    NO_CHANNEL: "check slack.channel; a private channel must have the app as a member",
    "invalid_auth": "the token is wrong: copy the Bot User OAuth Token of the app again",
    "is_archived": "unarchive the channel or name another one in slack.channel",
    NO_SCOPE: "add the scope to the app and install it again; `auditor slack test` names it",
    "no_service": "the webhook was removed: make a new one and put its address where it is read",
    "not_authed": "no token was sent: put it where the configuration names it",
    "not_in_channel": "invite the app into the channel: /invite @its-name",
    "token_expired": "issue a new token",
    "token_revoked": "the token was revoked: install the app again",
}
_NAME = re.compile(r"[a-z][a-z0-9_]{1,60}")


class Refused(DeliveryFailed):
    """Slack understood, and said no."""

    def __init__(self, error: str, method: str, channel: str) -> None:
        super().__init__(explain(error, method, channel), failure_kind(error))
        self.error = error


def failure_kind(error: str) -> FailureKind:
    """Tell what becomes of a message that Slack refused with ``error``."""
    if error in _HOPELESS:
        return FailureKind.PERMANENT
    return FailureKind.TEMPORARY if error in _PASSING else FailureKind.NEEDS_FIX


def error_name(error: object) -> str:
    """Return an error's name if it is one; Slack's bodies are never quoted."""
    return error if isinstance(error, str) and _NAME.fullmatch(error) else ""


def explain(error: str, method: str, channel: str) -> str:
    """Say it in one line: ``Slack: #alerts: not_in_channel at chat.postMessage (invite …)``."""
    where = f" {channel}:" if channel else ""
    remediation = f" ({_REMEDIES[error]})" if error in _REMEDIES else ""
    return f"Slack:{where} {error} at {method}{remediation}"
