"""The methods of Slack's Web API that the auditor uses.

After a lost answer, the channel's history is searched for the key of the message before the post
is repeated. History is read for this purpose only.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, Self

from msgspec import Struct

from auditor.config.secrets import Secret
from auditor.config.tables.notification_settings import SlackSettings
from auditor.errors import ConfigError
from auditor.notify.channel import FailureKind
from auditor.notify.slack.api_errors import (
    NO_CHANNEL_ERROR,
    ListTooLong,
    NameUnresolved,
    Refused,
)
from auditor.notify.slack.blocks import Json, Message
from auditor.notify.slack.web_api import SLACK_TIMEOUT_SECONDS, WebApi, unexpected_answer

SLACK_API_URL = "https://slack.com/api/"
AUTH_TEST = "auth.test"
GET_UPLOAD_URL = "files.getUploadURLExternal"

METADATA_EVENT_TYPE = "unleash_okta_auditor"
"""The type of our messages' metadata; its payload is ``{"key": …}``."""

CHANNELS_PER_PAGE = 1_000
MESSAGES_PER_PAGE = 200
MAX_CHANNEL_PAGES = 10
MAX_HISTORY_PAGES = 50
MAX_SLACK_CLOCK_SKEW = timedelta(hours=1)
"""Largest difference between Slack's clock and ours that a search tolerates."""

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")


class Posted(NamedTuple):
    """The place of a message: its channel and its timestamp."""

    channel_id: str
    ts: str


class Bot(Struct, frozen=True, kw_only=True):
    """The owner of the token, as ``auth.test`` returns it."""

    name: str
    team: str
    user_id: str | None
    bot_id: str | None
    scopes: frozenset[str]
    """Empty when Slack does not state them."""

    def __str__(self) -> str:
        """Return bot and workspace."""
        return f"{self.name} in {self.team}"

    def wrote(self, message: Json) -> bool:
        """Return whether a message of a channel's history is this bot's own."""
        by_bot = self.bot_id is not None and message.get("bot_id") == self.bot_id
        return by_bot or (self.user_id is not None and message.get("user") == self.user_id)


class Slack:
    """One workspace, by a bot token. Methods raise :class:`DeliveryFailed`."""

    def __init__(
        self, token: Secret, base_url: str = SLACK_API_URL, timeout: float = SLACK_TIMEOUT_SECONDS
    ) -> None:
        self._api = WebApi(token, base_url, timeout)
        self._ids: dict[str, str] = {}

    @classmethod
    def of(cls, slack: SlackSettings) -> Self:
        """Open the workspace of a configured bot."""
        if slack.token is None:
            msg = "slack: there is no bot token (set token_env or token_file)"
            raise ConfigError(msg)
        token = slack.token.read_line()
        return cls(token, f"{slack.base_url}/") if slack.base_url else cls(token)

    def post(
        self,
        channel: str,
        message: Message,
        *,
        key: str,
        thread_ts: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        """Post a message, or a reply; ``broadcast``: a reply that the channel shows, too."""
        method = "chat.postMessage"
        arguments = {
            "channel": channel,
            "text": message.text,
            "blocks": message.blocks,
            "thread_ts": thread_ts,
            "reply_broadcast": broadcast or None,
            "metadata": {"event_type": METADATA_EVENT_TYPE, "event_payload": {"key": key}},
            # No previews: Slack would request the linked pages.
            "unfurl_links": False,
            "unfurl_media": False,
            # The text contains names from outside, which must not become markup.
            "mrkdwn": False,
        }
        answer, _ = self._api.call(method, arguments, channel=channel, repeatable=False)
        match answer:
            case {"channel": str() as channel_id, "ts": str() as ts}:
                # The answer names the id, also without the scope to list channels.
                self._ids[_bare(channel)] = channel_id
                return Posted(channel_id, ts)
        raise unexpected_answer(method, channel, uncertain=True)

    def edit(self, where: Posted, message: Message) -> None:
        """Replace the content of a message."""
        arguments = {
            "channel": where.channel_id,
            "ts": where.ts,
            "text": message.text,
            "blocks": message.blocks,
        }
        self._api.call("chat.update", arguments, channel=where.channel_id)

    def find(
        self, channel_id: str, key: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Find our own message of ``key``, in the channel or in one of its threads."""
        method = "conversations.replies" if thread_ts else "conversations.history"
        arguments = {
            "channel": channel_id,
            "oldest": str((since - MAX_SLACK_CLOCK_SKEW).timestamp()),
            "include_all_metadata": True,
            "limit": MESSAGES_PER_PAGE,
            "ts": thread_ts,
        }
        for page in self._pages(method, channel_id, arguments, MAX_HISTORY_PAGES):
            for message in _list_of(page, "messages", method, channel_id):
                ts = message.get("ts")
                # The history also has replies that the channel shows, and a thread begins with its
                # root message.
                is_reply = message.get("thread_ts", ts) != ts
                own = is_reply == bool(thread_ts) and _key_of(message) == key
                # Any app can write metadata with this key.
                if own and self.bot.wrote(message):
                    return Posted(channel_id, str(ts))
        return None

    def upload(self, where: Posted, name: str, content: bytes) -> None:
        """Share a file in the thread of a message."""
        asked = {"filename": name, "length": len(content)}
        channel = where.channel_id
        answer, _ = self._api.call(GET_UPLOAD_URL, asked, channel=channel)
        match answer:
            case {"upload_url": str() as url, "file_id": str() as file_id}:
                pass
            case _:
                raise unexpected_answer(GET_UPLOAD_URL, channel)
        self._api.upload(url, content, channel=channel)
        shared = {
            "files": [{"id": file_id, "title": name}],
            "channel_id": channel,
            "thread_ts": where.ts,
            "initial_comment": "The report of this audit.",
        }
        self._api.call("files.completeUploadExternal", shared, channel=channel, repeatable=False)

    @cached_property
    def bot(self) -> Bot:
        """The owner of the token."""
        answer, headers = self._api.call(AUTH_TEST, {})
        match answer:
            case {"user": str() as name, "team": str() as team}:
                scopes = frozenset(headers.get("x-oauth-scopes", "").split(",")) - {""}
                return Bot(
                    name=name,
                    team=team,
                    user_id=answer.get("user_id"),
                    bot_id=answer.get("bot_id"),
                    scopes=scopes,
                )
        raise unexpected_answer(AUTH_TEST, "")

    def check_channel(self, channel: str) -> None:
        """Raise :class:`DeliveryFailed` if no message can be posted to a channel."""
        method = "conversations.info"
        answer, _ = self._api.call(method, {"channel": self.id_of(channel)}, channel=channel)
        found = answer.get("channel")
        if not isinstance(found, dict):
            raise unexpected_answer(method, channel)
        faults = {
            "is_archived": found.get("is_archived"),
            "is_inactive": found.get("is_frozen"),
            "not_in_channel": found.get("is_member") is False,  # a direct message has no members
        }
        for error, holds in faults.items():
            if holds:
                raise Refused(error, method, channel)

    def known_id(self, channel: str) -> str | None:
        """Return the id of a channel if it is an id, or if an earlier answer contained it."""
        name = _bare(channel)
        return name if _CHANNEL_ID.fullmatch(name) else self._ids.get(name)

    def id_of(self, channel: str) -> str:
        """Return the id of a channel, from Slack's list if need be.

        Raises :class:`NameUnresolved` if the list is refused or longer than 10,000 channels.
        """
        if known := self.known_id(channel):
            return known
        method, name = "conversations.list", _bare(channel)
        for kind in ("public_channel", "private_channel"):  # each kind needs its own scope
            arguments = {"types": kind, "limit": CHANNELS_PER_PAGE}
            try:
                for page in self._pages(method, channel, arguments, MAX_CHANNEL_PAGES):
                    for each in _list_of(page, "channels", method, channel):
                        match each:
                            case {"name": str() as found, "id": str() as id_}:
                                self._ids.setdefault(found, id_)
                            case _:
                                raise unexpected_answer(method, channel)
            except Refused as refusal:
                if refusal.kind is FailureKind.TEMPORARY:
                    raise
                raise NameUnresolved(refusal.error, channel) from refusal
            except ListTooLong as failure:
                reason = f"more than {MAX_CHANNEL_PAGES * CHANNELS_PER_PAGE:,} channels"
                raise NameUnresolved(reason, channel) from failure
            if name in self._ids:
                return self._ids[name]
        raise Refused(NO_CHANNEL_ERROR, method, channel)

    def _pages(
        self, method: str, channel: str, arguments: Json, most: int
    ) -> Iterator[dict[str, Any]]:
        """Yield pages; a list with more pages than ``most`` proves no absence and is an error."""
        cursor = None
        for _ in range(most):
            page, _ = self._api.call(method, {**arguments, "cursor": cursor}, channel=channel)
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return
        size = most * int(arguments["limit"])
        raise ListTooLong(size, method, channel)


def _bare(channel: str) -> str:
    return channel.removeprefix("#")


def _key_of(message: Json) -> str | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload.get("key") if metadata.get("event_type") == METADATA_EVENT_TYPE else None


def _list_of(page: Json, name: str, method: str, channel: str) -> list[Json]:
    """Return a list of objects; an answer without it proves no absence."""
    found = page.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise unexpected_answer(method, channel)
    return found
