"""A Slack workspace: its content, its calls, and the failures that it simulates."""

from collections.abc import Callable
from datetime import UTC, datetime

from auditor.sandbox.slack.people import People, User
from auditor.sandbox.slack.records import (
    ALL_SCOPES,
    APP_ID,
    BOT_USER,
    INTERACTIVE_SCOPES,
    TEAM,
    Call,
    Channel,
    Delivery,
    Failure,
    File,
    Json,
    Message,
)
from auditor.sandbox.slack.socket_mode import SocketMode
from auditor.sandbox.slack.transcript import write_transcript


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SlackState:
    """A workspace with one channel, one bot token with all scopes and one incoming webhook.

    A ts is the second of `now` and a counter, so it only depends on the clock and the order.
    """

    def __init__(self, now: Callable[[], datetime] = _utc_now) -> None:
        self.channels: dict[str, Channel] = {}
        self.names = {BOT_USER: "auditor"}
        """Names of users and user groups, by id."""
        self.tokens: dict[str, set[str]] = {}
        """Accepted bot tokens, with their scopes."""
        self.webhooks: dict[str, str] = {}
        """Path of an incoming webhook to the id of its channel."""
        self.files: dict[str, File] = {}
        self.calls: list[Call] = []
        self.deliveries: dict[str, list[Delivery]] = {}
        """What the generic webhooks received, by the name in their path."""
        self.people = People()
        self.socket_mode = SocketMode(APP_ID)
        self.bot_app_id = APP_ID
        """The app of the bot token."""
        self._now = now
        self._count = 0
        self._last_second = 0
        self._failures: dict[str, list[Failure]] = {}
        self.token = self.add_token("xoxb-sandbox")
        self.app_token = self.add_token("xapp-sandbox", frozenset({"connections:write"}))
        self.channel = self.add_channel("provisioning-drift")
        self.webhook_path = self.add_webhook(self.channel)

    def add_token(self, token: str, scopes: frozenset[str] = ALL_SCOPES) -> str:
        """Accept a bot token with those scopes."""
        self.tokens[token] = set(scopes)
        return token

    def add_channel(self, name: str, *, private: bool = False, joined: bool = True) -> Channel:
        """Open a channel."""
        channel = Channel(f"C{len(self.channels) + 1:08}", name, private, joined)
        self.channels[channel.id] = channel
        return channel

    def add_webhook(self, channel: Channel) -> str:
        """Make an incoming webhook for a channel and give its path."""
        path = f"/services/{TEAM}/B{len(self.webhooks) + 1:08}/sandbox"
        self.webhooks[path] = channel.id
        return path

    def fail(
        self,
        method: str,
        answer: str | int | None = None,
        *,
        times: int = 1,
        retry_after: int | None = None,
        before_effect: bool = True,
        after: int = 0,
    ) -> None:
        """Let the next calls of a method (see `Call.method`) fail, once `after` calls succeeded.

        `answer`: an error's name (`ratelimited` comes as 429), an HTTP status, or None to cut the
        connection. With `before_effect=False`, the call has its effect and only the answer is lost.
        """
        failure = Failure(answer, times, retry_after, before_effect, after)
        self._failures.setdefault(method, []).append(failure)

    def recover(self) -> None:
        """Forget the scripted failures."""
        self._failures.clear()

    def take_failure(self, method: str) -> Failure | None:
        """Use up one time of the first failure that is scripted for a method."""
        for failure in self._failures.get(method, ()):
            if failure.after:
                failure.after -= 1
                return None
            if failure.times:
                failure.times -= 1
                return failure
        return None

    def post(
        self,
        channel: Channel,
        text: str,
        blocks: list[Json],
        *,
        thread_ts: str | None = None,
        metadata: Json | None = None,
        files: tuple[File, ...] = (),
        broadcast: bool = False,
        by_webhook: bool = False,
    ) -> Message:
        """Put a message into a channel; a reply marks its root as a thread."""
        sent_at = self._now()
        message = Message(
            self._next_ts(sent_at),
            sent_at,
            text,
            blocks,
            thread_ts=thread_ts,
            metadata=metadata,
            files=files,
            broadcast=broadcast,
            by_webhook=by_webhook,
        )
        channel.messages[message.ts] = message
        if thread_ts:
            channel.messages[thread_ts].thread_ts = thread_ts
        return message

    def add_file(self, name: str, length: int) -> File:
        """Announce a file."""
        file = File(f"F{len(self.files) + 1:08}", name, length)
        self.files[file.id] = file
        return file

    def transcript(self, channel: str | None = None) -> str:
        """Write a channel (by id or name; the first one by default) as a person reads it."""
        found = self.find_channel(channel) if channel else self.channel
        if found is None:
            raise KeyError(channel)
        return write_transcript(found, self.names)

    def find_channel(self, name: str) -> Channel | None:
        """Find a channel by id, name or #name."""
        by_name = {channel.name: channel for channel in self.channels.values()}
        return self.channels.get(name) or by_name.get(name.removeprefix("#"))

    def enable_socket_mode(self) -> str:
        """Grant the bot token the scopes of interactivity; return the app token."""
        self.tokens[self.token] |= INTERACTIVE_SCOPES
        return self.app_token

    def add_user(self, id_: str, name: str, *, team: str = TEAM, **flags: bool) -> User:
        """Add a user; `flags` are those of Slack, such as `is_bot`."""
        user = User(id_, name, team, **flags)
        self.people.users[id_] = user
        self.names[id_] = name
        return user

    def next_ts(self) -> str:
        """Return a timestamp that no message has."""
        return self._next_ts(self._now())

    def _next_ts(self, sent_at: datetime) -> str:
        self._count += 1
        # The clock of a world can be set back, but Slack's timestamps only grow.
        self._last_second = max(self._last_second, int(sent_at.timestamp()))
        return f"{self._last_second}.{self._count:06}"
