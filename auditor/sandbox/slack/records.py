"""What a Slack workspace is made of."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]

TEAM = "T0SANDBOX"
WORKSPACE = "https://sandbox.slack.example/"
BOT_ID = "B0AUDITOR"
BOT_USER = "U0AUDITOR"
APP_ID = "A0AUDITOR"
INTERACTIVE_SCOPES = frozenset({"usergroups:read", "users:read"})
"""The scopes that interactivity needs."""
ALL_SCOPES = frozenset(
    {
        "channels:history",
        "channels:read",
        "chat:write",
        "files:write",
        "groups:history",
        "groups:read",
        "reactions:write",
    }
)


@dataclass(slots=True)
class Message:
    """A message as it stands now."""

    ts: str
    sent_at: datetime
    text: str
    blocks: list[Json]
    thread_ts: str | None = None
    """The root's ts, in a reply and in a root that has replies."""
    metadata: Json | None = None
    by_webhook: bool = False
    broadcast: bool = False
    files: tuple["File", ...] = ()
    edits: int = 0
    reactions: list[str] = field(default_factory=list)

    @property
    def is_reply(self) -> bool:
        """Return whether it is a reply in a thread."""
        return self.thread_ts not in {None, self.ts}


@dataclass(slots=True)
class Channel:
    """A channel, public or private; messages by ts, in the order of their posting."""

    id: str
    name: str
    private: bool = False
    joined: bool = True
    """The bot is a member."""
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)

    def roots(self) -> list[Message]:
        """List the messages outside threads, oldest first."""
        return [message for message in self.messages.values() if not message.is_reply]

    def replies(self, ts: str) -> list[Message]:
        """List the replies in a thread, oldest first."""
        return [
            message
            for message in self.messages.values()
            if message.is_reply and message.thread_ts == ts
        ]


@dataclass(slots=True)
class File:
    """An uploaded file; without content until the bytes have come."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A request: a Web API method, `webhook`, `upload` or `hook`, and what came with it."""

    method: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a generic webhook received, to the byte."""

    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(slots=True)
class Failure:
    """A scripted failure: an error's name, an HTTP status, or None for a cut connection."""

    answer: str | int | None
    times: int
    retry_after: int | None
    before_effect: bool
    after: int = 0
    """So many calls succeed first."""
