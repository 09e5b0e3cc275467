"""One call of a Web API method, and how it is refused."""

from dataclasses import dataclass

from auditor.sandbox.slack.records import Channel, Json, Message
from auditor.sandbox.slack.state import SlackState


class Refusal(Exception):  # noqa: N818  an answer of Slack's, not a fault of ours
    """An `ok: false`, with the name of the error and more fields."""

    def __init__(self, *, error: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass(frozen=True, slots=True)
class MethodCall:
    """A call: the workspace, its arguments and its scopes."""

    state: SlackState
    arguments: Json
    scopes: frozenset[str]
    origin: str
    """Where this Slack is served, for upload addresses."""

    def argument(self, name: str) -> str:
        """Give an argument as text; empty when it is absent or null."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def affirms(self, name: str) -> bool:
        """Return whether an argument is true, in JSON or in a form."""
        return self.arguments.get(name) in (True, "1", "true")

    def channel(self) -> Channel:
        """Find the channel that is meant, among those that the bot can see."""
        found = self.state.find_channel(self.argument("channel"))
        # Slack hides a private channel from an app that is no member.
        if found is None or (found.private and not found.joined):
            raise Refusal(error="channel_not_found")
        return found

    def message(self, channel: Channel, argument: str) -> Message:
        """Find the message whose ts an argument names."""
        found = channel.messages.get(self.argument(argument))
        if found is None:
            raise Refusal(error="message_not_found")
        return found
