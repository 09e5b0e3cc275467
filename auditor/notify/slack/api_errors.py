"""Slack's errors: what happens next to the message, and the remediation. Pure."""

import re

from auditor.notify.channel import DeliveryFailed, FailureKind

TOO_LONG_ERRORS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "too_long"}
)
"""Slack refuses the message as it is; a shorter one may pass."""

NO_CHANNEL_ERROR = "channel_not_found"
NO_SCOPE_ERROR = "missing_scope"

UNUSABLE_CHANNEL_ERRORS = frozenset(
    {NO_CHANNEL_ERROR, "is_archived", "channel_is_archived", "is_inactive"}
)
"""No message reaches the channel any more."""

_PERMANENT = TOO_LONG_ERRORS | {
    "no_text",
    "invalid_arguments",
    "metadata_too_large",
    "invalid_payload",
}
_TEMPORARY = {
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
_WORKSPACE = {
    "account_inactive",
    "ekm_access_denied",
    "invalid_auth",
    NO_SCOPE_ERROR,
    "no_service",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
"""These concern the token, so that no other channel can work either."""

NEXT_ATTEMPT = "temporary: the next attempt can succeed"
"""Stands in place of a remediation when no action is needed."""

CHECK_ADDRESS = "check that slack.base_url and the proxies lead to Slack"
"""The fix when an answer does not have the form of Slack's answers."""

_REMEDIATIONS = {
    "account_inactive": "the app was removed or disabled: install it again",
    "ekm_access_denied": "an admin of Slack suspended the app's access: ask them to restore it",
    "channel_is_archived": "unarchive the channel, or name another one in slack.channel",
    NO_CHANNEL_ERROR: "check slack.channel and the routes; invite the app into a private channel",
    "invalid_auth": "the token is wrong: copy the Bot User OAuth Token of the app again",
    "is_archived": "unarchive the channel, or name another one in slack.channel or its route",
    "is_inactive": "the channel is frozen: reactivate it, or name another one in slack.channel "
    "or its route",
    "missing_argument": "a token of a whole organization needs the id of the channel: "
    "write C… instead of its name",
    NO_SCOPE_ERROR: "add the scope to the app and install it again; `auditor slack test` names it",
    "no_service": "the webhook was removed: create a new one and store its URL",
    "not_authed": "no token was sent: store the bot token in the variable of slack.token_env, "
    "or in the file of slack.token_file",
    "org_login_required": "the workspace is being moved to an organization: wait until that ends",
    "ratelimited": f"Slack limits the requests; {NEXT_ATTEMPT}",
    "restricted_action": "a setting of the workspace does not let the app post there: ask an admin",
    "team_access_not_granted": "install the app in this workspace",
    "not_in_channel": "invite the app into the channel: /invite @app-name",
    "token_expired": "issue a new token",
    "token_revoked": "the token was revoked: install the app again",
}
_NAME = re.compile(r"[a-z][a-z0-9_]{1,60}")


class Refused(DeliveryFailed):
    """Slack understood the request and refused it."""

    def __init__(self, error: str, method: str, channel: str) -> None:
        destination = "" if error in _WORKSPACE else channel
        super().__init__(
            explain(error, method, channel), failure_kind(error), destination=destination
        )
        self.error = error


class NameUnresolved(DeliveryFailed):
    """The id of a channel is not known, and Slack does not list it."""

    def __init__(self, reason: str, channel: str) -> None:
        message = (
            f"Slack: {channel}: the id of the channel is not known: {reason} "
            "(write its id, C…, in slack.channel or its route)"
        )
        super().__init__(message, FailureKind.NEEDS_FIX, destination=channel)
        self.reason = reason


class ListTooLong(DeliveryFailed):
    """A list has more entries than are read, so that it proves no absence."""

    def __init__(self, entries: int, method: str, channel: str) -> None:
        fix = "name a channel with fewer messages in slack.channel or its route"
        message = explain(f"more than {entries:,} entries", method, channel, fix=fix)
        super().__init__(message, FailureKind.NEEDS_FIX, destination=channel)


def failure_kind(error: str) -> FailureKind:
    """Return what happens next to a message that Slack refused with ``error``."""
    if error in _PERMANENT:
        return FailureKind.PERMANENT
    # An error that is not listed may need a person. The message waits, and the reason is shown.
    return FailureKind.TEMPORARY if error in _TEMPORARY else FailureKind.NEEDS_FIX


def error_name(error: object) -> str:
    """Return the name of an error, empty if it is not one; answers are never quoted."""
    return error if isinstance(error, str) and _NAME.fullmatch(error) else ""


def explain(error: str, method: str, channel: str, *, fix: str | None = None) -> str:
    """Return one line: ``Slack: #alerts: chat.postMessage: not_in_channel (invite …)``.

    ``fix`` is for an error that Slack does not name; an empty one: ``error`` ends with its fix.
    """
    where = f" {channel}:" if channel else ""
    remediation = _remediation(error, method) if fix is None else fix
    return f"Slack:{where} {method}: {error}" + (f" ({remediation})" if remediation else "")


def _remediation(error: str, method: str) -> str:
    if error in _REMEDIATIONS:
        return _REMEDIATIONS[error]
    match failure_kind(error):
        case FailureKind.TEMPORARY:
            return NEXT_ATTEMPT
        case FailureKind.PERMANENT:
            return "the message is not sent again; report this as a fault of the auditor"
        case FailureKind.NEEDS_FIX:
            return f"find this error of {method} in Slack's documentation"
