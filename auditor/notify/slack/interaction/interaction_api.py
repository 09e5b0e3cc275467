"""The methods of Slack's Web API that interactivity needs: users, modals, answers, connections."""

from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct

from auditor.config.secrets import Secret
from auditor.config.tables.notification_settings import SlackSettings
from auditor.errors import ConfigError
from auditor.notify.channel import DeliveryFailed, FailureKind
from auditor.notify.slack.api import AUTH_TEST, SLACK_API_URL
from auditor.notify.slack.api_errors import CHECK_ADDRESS, explain
from auditor.notify.slack.blocks import Json, Message
from auditor.notify.slack.interaction.operators import SlackUser
from auditor.notify.slack.web_api import (
    SLACK_HOSTS,
    WebApi,
    WebhookApi,
    unexpected_answer,
)

ANSWER_TIMEOUT_SECONDS = 5.0
"""Limit of each network operation: a trigger of Slack ends after three seconds."""

OPEN_CONNECTION = "apps.connections.open"
SECURE_PORT = 443


class AppIdentity(Struct, frozen=True, kw_only=True):
    """The app of the bot token, and its workspace."""

    app_id: str
    team_id: str


class InteractionApi:
    """One workspace, by a bot token. Methods raise :class:`DeliveryFailed`."""

    def __init__(self, token: Secret, base_url: str = SLACK_API_URL) -> None:
        self._base_url = base_url
        self._api = WebApi(token, base_url, ANSWER_TIMEOUT_SECONDS)

    @classmethod
    def of(cls, slack: SlackSettings) -> Self:
        """Open the workspace of a configured bot. Raises ConfigError without a bot token."""
        if slack.token is None:
            msg = "slack: there is no bot token (set token_env or token_file)"
            raise ConfigError(msg)
        token = slack.token.read_line()
        return cls(token, f"{slack.base_url}/") if slack.base_url else cls(token)

    def identity(self) -> AppIdentity:
        """Return app and workspace of the bot token."""
        answer, _ = self._api.call(AUTH_TEST, {})
        match answer:
            case {"team_id": str() as team_id, "bot_id": str() as bot_id}:
                pass
            case _:
                raise unexpected_answer(AUTH_TEST, "")
        method = "bots.info"
        answer, _ = self._api.call(method, {"bot": bot_id})
        match answer:
            case {"bot": {"app_id": str() as app_id}}:
                return AppIdentity(app_id=app_id, team_id=team_id)
        raise unexpected_answer(method, "")

    def user(self, user_id: str) -> SlackUser:
        """Return a user."""
        method = "users.info"
        answer, _ = self._api.call(method, {"user": user_id})
        match answer:
            case {"user": {"id": str() as found, "team_id": str() as team_id, **rest}}:
                name = rest.get("real_name") or found
                return SlackUser(
                    id=found,
                    name=str(name),
                    team_id=team_id,
                    # A flag that is missing proves nothing: `is_bot` is always documented.
                    is_bot=bool(rest.get("is_bot", True)),
                    is_guest=bool(rest.get("is_restricted") or rest.get("is_ultra_restricted")),
                    is_stranger=bool(rest.get("is_stranger")),
                    is_deactivated=bool(rest.get("deleted")),
                )
        raise unexpected_answer(method, "")

    def members(self, group_id: str) -> frozenset[str]:
        """Return the ids of the users of a user group."""
        method = "usergroups.users.list"
        answer, _ = self._api.call(method, {"usergroup": group_id})
        users = answer.get("users")
        if not isinstance(users, list) or not all(isinstance(each, str) for each in users):
            raise unexpected_answer(method, "")
        return frozenset(users)

    def open_modal(self, trigger_id: str, view: Json) -> None:
        """Open a modal for the user of a click."""
        arguments = {"trigger_id": trigger_id, "view": view}
        self._api.call("views.open", arguments, repeatable=False)

    def post_ephemeral(self, channel_id: str, user_id: str, message: Message) -> str:
        """Post a message that one user sees; return its timestamp."""
        method = "chat.postEphemeral"
        arguments = {
            "channel": channel_id,
            "user": user_id,
            "text": message.text,
            "blocks": message.blocks,
        }
        answer, _ = self._api.call(method, arguments, channel=channel_id, repeatable=False)
        match answer:
            case {"message_ts": str() as ts}:
                return ts
        raise unexpected_answer(method, channel_id)

    def replace(self, response_url: Secret, message: Message) -> None:
        """Replace the message of a click that only its user sees."""
        # The address comes from outside, and the message can contain the names of users.
        self._require_own_host(response_url.reveal())
        WebhookApi(response_url, ANSWER_TIMEOUT_SECONDS).post(
            {"replace_original": True, "text": message.text, "blocks": message.blocks}
        )

    def connection_address(self, app_token: Secret) -> str:
        """Return an address that opens one Socket Mode connection, checked."""
        api = WebApi(app_token, self._base_url, ANSWER_TIMEOUT_SECONDS)
        answer, _ = api.call(OPEN_CONNECTION, {}, repeatable=False)
        url = answer.get("url")
        if not isinstance(url, str):
            raise unexpected_answer(OPEN_CONNECTION, "")
        if not is_expected_address(url, self._base_url):
            what = "an address of a WebSocket outside Slack, or without TLS on port 443"
            message = explain(what, OPEN_CONNECTION, "", fix=CHECK_ADDRESS)
            raise DeliveryFailed(message, FailureKind.TEMPORARY)
        return url

    def _require_own_host(self, url: str) -> None:
        parts, base = urlsplit(url), urlsplit(self._base_url)
        is_own = (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
        is_slack = parts.scheme == "https" and (parts.hostname or "").endswith(SLACK_HOSTS)
        if not (is_own or (is_slack and self._base_url == SLACK_API_URL)):
            what = "an address outside Slack"
            message = explain(what, "the response", "", fix=CHECK_ADDRESS)
            raise DeliveryFailed(message, FailureKind.TEMPORARY)


def is_expected_address(url: str, base_url: str) -> bool:
    """Return whether a WebSocket address belongs to Slack, or to the configured API.

    slack-sdk uses plain TCP for any port but 443, even for ``wss``. So only ``wss`` on port 443 is
    accepted, unless ``base_url`` is a plain-text address itself: the sandbox on loopback.
    """
    parts, base = urlsplit(url), urlsplit(base_url)
    host = parts.hostname or ""
    if base.scheme == "http":
        return parts.scheme == "ws" and parts.netloc == base.netloc
    is_host = host.endswith(SLACK_HOSTS) if base_url == SLACK_API_URL else host == base.hostname
    return parts.scheme == "wss" and is_host and (parts.port or SECURE_PORT) == SECURE_PORT
