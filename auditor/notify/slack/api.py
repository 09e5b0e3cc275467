"""Slack's Web API, as much of it as is needed, in our own words.

A post whose answer is lost is looked for by its key before it is repeated: reading the channel's
history is what makes "not twice" possible.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from slack_sdk import WebClient
from slack_sdk.http_retry import RetryHandler
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.web import SlackResponse

from auditor.config.notification_settings import SlackSettings
from auditor.config.secrets import Secret
from auditor.errors import ConfigError
from auditor.net.tls import trusted
from auditor.notify.channel import DeliveryFailed, FailureKind
from auditor.notify.slack.api_errors import NO_CHANNEL, Refused, explain
from auditor.notify.slack.blocks import Json, Message
from auditor.notify.slack.slack_transport import (
    QUIET,
    TIMEOUT,
    ShortWaits,
    Staying,
    translated_errors,
)

EVENT = "unleash_okta_auditor"
"""The type of our messages' metadata; its payload is ``{"key": …}``."""

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")
_PAGES = 10
_SKEW = timedelta(hours=1)
"""So far may Slack's clock and ours disagree."""


class Posted(NamedTuple):
    """Where a message is."""

    channel_id: str
    ts: str


class Slack:
    """One workspace, by a bot token."""

    def __init__(
        self, token: Secret, base_url: str = WebClient.BASE_URL, timeout: int = TIMEOUT
    ) -> None:
        self._timeout = timeout
        self._authorities = trusted()
        waiting = ShortWaits(max_retry_count=3)
        # a post may have arrived although its answer did not: only what is certain is repeated
        self._once = self._client(token, base_url, [waiting])
        self._again = self._client(
            token,
            base_url,
            [waiting, ConnectionErrorRetryHandler(2), ServerErrorRetryHandler(2)],
        )
        self._ids: dict[str, str] = {}

    @classmethod
    def of(cls, slack: SlackSettings) -> Self:
        """Open what the configuration of a bot names."""
        if slack.token is None:
            msg = "slack: there is no bot token (name token_env or token_file)"
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
        loud: bool = False,
    ) -> Posted:
        """Post a message, or a reply; ``loud``: a reply that the channel sees, too."""
        with translated_errors("chat.postMessage", channel, writes=True):
            answer = self._once.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=message.blocks,
                thread_ts=thread_ts,
                reply_broadcast=loud or None,
                metadata={"event_type": EVENT, "event_payload": {"key": key}},
                unfurl_links=False,
                unfurl_media=False,
                mrkdwn=False,
            )
        where = answer.get("channel"), answer.get("ts")
        if not all(where):
            what = explain("an answer that does not say where", "chat.postMessage", channel)
            raise DeliveryFailed(what, FailureKind.TEMPORARY, uncertain=True)
        return Posted(*map(str, where))

    def edit(self, where: Posted, message: Message) -> None:
        """Let a message show something else; the same edit twice is one."""
        with translated_errors("chat.update", where.channel_id):
            self._again.chat_update(
                channel=where.channel_id, ts=where.ts, text=message.text, blocks=message.blocks
            )

    def find(
        self, channel: str, key: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Look for the message of ``key``, in the channel or in a thread of it."""
        channel_id = self._id_of(channel)
        oldest = str((since - _SKEW).timestamp())
        asked: Json = {"channel": channel_id, "oldest": oldest, "include_all_metadata": True}
        method: Callable[..., SlackResponse] = self._again.conversations_history
        if thread_ts:
            method, asked["ts"] = self._again.conversations_replies, thread_ts
        for page in _pages(method, channel, limit=200, **asked):
            for said in page["messages"]:
                is_reply = said.get("thread_ts", said["ts"]) != said["ts"]
                if is_reply == bool(thread_ts) and _key_of(said) == key:
                    return Posted(channel_id, str(said["ts"]))
        return None

    def upload(self, where: Posted, name: str, content: bytes) -> None:
        """Put a file into a message's thread."""
        with translated_errors("files.upload", where.channel_id, writes=True):
            self._once.files_upload_v2(
                filename=name,
                initial_comment="The report, as it stands now.",
                content=content,
                channel=where.channel_id,
                thread_ts=where.ts,
            )

    def whoami(self) -> tuple[str, frozenset[str]]:
        """Return the bot's and the workspace's name, and the scopes that the token has."""
        with translated_errors("auth.test", ""):
            answer = self._again.auth_test()
        scopes = answer.headers.get("x-oauth-scopes") or ""
        return f"{answer['user']} in {answer['team']}", frozenset(scopes.split(",")) - {""}

    def look_up(self, channel: str) -> None:
        """See that messages can go to a channel; raise :class:`Untold` if they cannot."""
        asked = "conversations.info"
        try:
            channel_id = self._id_of(channel)
            with translated_errors(asked, channel):
                found = self._again.conversations_info(channel=channel_id)["channel"]
            faults = {
                "is_archived": found.get("is_archived"),
                "not_in_channel": found.get("is_member") is False,  # a talk of two has no members
            }
        except (KeyError, TypeError, AttributeError) as error:
            raise DeliveryFailed(
                explain("an odd answer", asked, channel), FailureKind.TEMPORARY
            ) from error
        for fault, holds in faults.items():
            if holds:
                raise Refused(fault, asked, channel)

    def _id_of(self, channel: str) -> str:
        """Find a channel's id by its name; history is read by id only."""
        name = channel.removeprefix("#")
        if _CHANNEL_ID.fullmatch(name):
            return name
        for kind in ("public_channel", "private_channel"):  # each needs a scope of its own
            if name not in self._ids:
                list_all = self._again.conversations_list
                for page in _pages(list_all, channel, limit=1000, types=kind):
                    self._ids.update({each["name"]: each["id"] for each in page["channels"]})
        if name not in self._ids:
            raise Refused(NO_CHANNEL, "conversations.list", channel)
        return self._ids[name]

    def _client(self, token: Secret, base_url: str, handlers: list[RetryHandler]) -> WebClient:
        return Staying(
            token.reveal(),
            base_url=base_url,
            timeout=self._timeout,
            ssl=self._authorities,
            retry_handlers=handlers,
            logger=QUIET,
        )


def _key_of(said: Json) -> str | None:
    metadata = said.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload.get("key") if metadata.get("event_type") == EVENT else None


def _pages(
    method: Callable[..., SlackResponse], named: str, **asked: object
) -> Iterator[SlackResponse]:
    cursor = ""
    for _ in range(_PAGES):
        with translated_errors(method.__name__.replace("_", ".", 1), named):
            page = method(cursor=cursor or None, **asked)
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return
