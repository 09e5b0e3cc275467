"""What users do in Slack: they click in messages and submit modals.

The payloads follow Slack's documentation of `block_actions` and `view_submission`. Inferred: the
container of a click in an ephemeral message has the `message_ts` that `chat.postEphemeral`
returned.
"""

from collections.abc import Mapping
from typing import Any

from auditor.sandbox.slack.people import EphemeralMessage, View
from auditor.sandbox.slack.records import TEAM, Message
from auditor.sandbox.slack.socket_mode import Envelope
from auditor.sandbox.slack.state import SlackState

Json = dict[str, Any]


class Clicker:
    """One user who clicks. Each click is sent over the app's Socket Mode connection."""

    def __init__(self, slack: SlackState, user: str, origin: str, *, team: str = TEAM) -> None:
        """Act as the user with this id. `origin` is where the sandbox's Slack is served."""
        self.user = user
        self._slack = slack
        self._origin = origin
        self._team = team

    def click(
        self,
        message: Message | EphemeralMessage,
        action_id: str,
        choice: str = "",
        **changes: object,
    ) -> Envelope:
        """Click a button, or choose the option of a menu whose text contains `choice`."""
        payload = self.payload(message, action_id, choice) | changes
        return self._slack.socket_mode.send(payload)

    def payload(
        self, message: Message | EphemeralMessage, action_id: str, choice: str = ""
    ) -> Json:
        """Return what Slack sends about a click."""
        block, element = _find(message.blocks, action_id, choice)
        channel = self._channel_of(message)
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel}
        if isinstance(message, EphemeralMessage):
            container["is_ephemeral"] = True
        action: Json = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block.get("block_id", ""),
            "action_ts": self._slack.next_ts(),
        }
        if element["type"] == "button":
            action |= {"text": element["text"], "value": element.get("value", "")}
        else:
            (option,) = (each for each in element["options"] if choice in each["text"]["text"])
            action["selected_option"] = option
        return {
            **self._who("block_actions"),
            "container": container,
            "channel": {"id": channel, "name": ""},
            "trigger_id": self._trigger(),
            "response_url": self._response_url(message, channel),
            "actions": [action],
        }

    def submit(self, view: View, values: Mapping[str, Any], **changes: object) -> Envelope:
        """Submit a modal; `values` are by the action id of each input.

        The value of a text is a text; the value of a list of options is a list of what the texts
        of the chosen ones contain.
        """
        state = {
            block["block_id"]: {element["action_id"]: _filled_in(element, values)}
            for block in view.view["blocks"]
            if block["type"] == "input"
            for element in [block["element"]]
        }
        shown = {**view.view, "id": view.id, "state": {"values": state}, "hash": "1.a"}
        payload = {
            **self._who("view_submission"),
            "trigger_id": self._trigger(),
            "view": shown,
            "response_urls": [],
        }
        return self._slack.socket_mode.send(payload | changes)

    def _who(self, kind: str) -> Json:
        return {
            "type": kind,
            "user": {"id": self.user, "username": "", "team_id": self._team},
            "api_app_id": self._slack.socket_mode.app_id,
            "team": {"id": self._team, "domain": "sandbox"},
            "is_enterprise_install": False,
            "enterprise": None,
        }

    def _trigger(self) -> str:
        trigger = f"trigger.{self._slack.next_ts()}"
        self._slack.people.triggers[trigger] = self.user
        return trigger

    def _response_url(self, message: Message | EphemeralMessage, channel: str) -> str:
        path = f"/actions/{TEAM}/{self._slack.next_ts().replace('.', '')}/sandbox"
        people = self._slack.people
        people.response_urls[path] = message if isinstance(message, EphemeralMessage) else None
        people.responders[path] = (channel, self.user)
        return f"{self._origin}{path}"

    def _channel_of(self, message: Message | EphemeralMessage) -> str:
        if isinstance(message, EphemeralMessage):
            return message.channel_id
        return next(
            channel.id
            for channel in self._slack.channels.values()
            if channel.messages.get(message.ts) is message
        )


def _filled_in(element: Json, values: Mapping[str, Any]) -> Json:
    """Return the state of an input. Raises LookupError for an option that does not exist."""
    value = values.get(element["action_id"])
    if "options" not in element:
        return {"type": element["type"], "value": value}
    chosen = [
        option
        for option in element["options"]
        if any(part in option["text"]["text"] for part in value or ())
    ]
    if len(chosen) < len(value or ()):
        msg = f"no such option: {value}"
        raise LookupError(msg)
    if element["type"] == "checkboxes":
        return {"type": element["type"], "selected_options": chosen}
    return {"type": element["type"], "selected_option": next(iter(chosen), None)}


def _find(blocks: list[Json], action_id: str, choice: str) -> tuple[Json, Json]:
    """Return the element with this id, and its block. Raises LookupError."""
    for block in blocks:
        for element in block.get("elements", ()):
            if element.get("action_id") == action_id:
                options = element.get("options")
                if options is None or any(choice in each["text"]["text"] for each in options):
                    return block, element
    msg = f"no {action_id} {choice} in the message"
    raise LookupError(msg)
