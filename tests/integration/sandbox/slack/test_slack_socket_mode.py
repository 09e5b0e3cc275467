"""The sandbox's Socket Mode, with slack_sdk's own client."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from auditor.sandbox.slack import SlackState, slack_app
from auditor.sandbox.slack.clicks import Clicker
from auditor.sandbox.slack.socket_mode import NoConnectionError
from auditor.serve.slack.socket_session import close_at_once
from tests.support.peers.sandbox_app import serve
from tests.support.plain_http import plain_post
from tests.support.processes.service_process import eventually

BUTTONS = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {
                "type": "button",
                "action_id": "press",
                "value": "7",
                "text": {"type": "plain_text", "text": "Press"},
            },
            {
                "type": "static_select",
                "action_id": "choose",
                "placeholder": {"type": "plain_text", "text": "Choose"},
                "options": [
                    {"text": {"type": "plain_text", "text": text}, "value": text}
                    for text in ("one", "two")
                ],
            },
        ],
    }
]
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Title"},
    "submit": {"type": "plain_text", "text": "Submit"},
    "private_metadata": "kept",
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


class Client:
    """slack_sdk's client; it acknowledges each request at once."""

    def __init__(self, origin: str, token: str) -> None:
        self.web = WebClient(token="xoxb-sandbox", base_url=f"{origin}/api/")
        self.received: SimpleQueue[SocketModeRequest] = SimpleQueue()
        self.socket = SocketModeClient(app_token=token, web_client=self.web)
        self.socket.proxy = None
        self.socket.socket_mode_request_listeners.append(self._answer)

    def _answer(self, client, request):
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        self.received.put(request)


@pytest.fixture(scope="module")
def slack():
    state = SlackState()
    state.add_user("U0ADA0001", "Ada Byron")
    return state


@pytest.fixture(scope="module")
def origin(slack):
    with serve(slack_app(slack)) as origin:
        yield origin


@contextmanager
def connected(slack, origin) -> Iterator[Client]:
    client = Client(origin, slack.enable_socket_mode())
    client.socket.connect()
    try:
        yield client
    finally:
        close_at_once(client.socket)


def test_a_click_reaches_the_client_and_is_acknowledged(slack, origin):
    with connected(slack, origin) as client:
        message = slack.post(slack.channel, "text", BUTTONS)
        envelope = Clicker(slack, "U0ADA0001", origin).click(message, "choose", "two")
        request = client.received.get(timeout=60)
        assert envelope.wait()
    assert request.type == "interactive"
    assert request.payload["container"]["message_ts"] == message.ts
    assert request.payload["user"]["id"] == "U0ADA0001"
    (action,) = request.payload["actions"]
    assert (action["action_id"], action["selected_option"]["value"]) == ("choose", "two")


def test_a_trigger_opens_one_modal_which_can_be_submitted(slack, origin):
    ada = Clicker(slack, "U0ADA0001", origin)
    with connected(slack, origin) as client:
        ada.click(slack.post(slack.channel, "text", BUTTONS), "press")
        trigger = client.received.get(timeout=60).payload["trigger_id"]
        client.web.views_open(trigger_id=trigger, view=MODAL)
        with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
            client.web.views_open(trigger_id=trigger, view=MODAL)
        ada.submit(slack.people.views[-1], {"text": "ticket 7"})
        view = client.received.get(timeout=60).payload["view"]
    assert view["state"]["values"]["reason"]["text"]["value"] == "ticket 7"
    assert view["private_metadata"] == "kept"


def test_a_client_connects_again_after_a_disconnect(slack, origin):
    before = slack.socket_mode.opened
    with connected(slack, origin) as client:
        message = slack.post(slack.channel, "text", BUTTONS)
        slack.socket_mode.disconnect()
        eventually(lambda: slack.socket_mode.opened >= before + 2)
        Clicker(slack, "U0ADA0001", origin).click(message, "press")
        assert client.received.get(timeout=60).payload["actions"][0]["value"] == "7"


def test_a_click_without_a_connection_fails(slack, origin):
    eventually(lambda: not slack.socket_mode.connections)
    message = slack.post(slack.channel, "text", BUTTONS)
    with pytest.raises(NoConnectionError):
        Clicker(slack, "U0ADA0001", origin).click(message, "press")


def test_an_ephemeral_message_is_seen_by_one_user_and_can_be_replaced(slack, origin):
    ada = Clicker(slack, "U0ADA0001", origin)
    with connected(slack, origin) as client:
        posted = client.web.chat_postEphemeral(
            channel=slack.channel.id, user="U0ADA0001", text="first", blocks=BUTTONS
        )
        (shown,) = slack.people.ephemerals
        ada.click(shown, "press")
        payload = client.received.get(timeout=60).payload
    assert payload["container"]["message_ts"] == posted["message_ts"]
    assert payload["container"]["is_ephemeral"]
    url = payload["response_url"]
    answer = plain_post(url, json={"replace_original": True, "text": "second"})
    assert (answer.text, slack.people.seen_by("U0ADA0001")) == ("ok", ["second"])
    plain_post(url, json={"text": "third"})
    assert slack.people.seen_by("U0ADA0001") == ["second", "third"]


def test_users_groups_and_the_app_are_shown(slack, origin):
    web = Client(origin, slack.enable_socket_mode()).web
    slack.people.groups["S0IAM0001"] = ["U0ADA0001"]
    assert web.users_info(user="U0ADA0001")["user"]["real_name"] == "Ada Byron"
    assert web.usergroups_users_list(usergroup="S0IAM0001")["users"] == ["U0ADA0001"]
    assert web.bots_info(bot="B0AUDITOR")["bot"]["app_id"] == "A0AUDITOR"
    for call, error in (
        (lambda: web.users_info(user="U0NONE"), "user_not_found"),
        (lambda: web.usergroups_users_list(usergroup="S0NONE"), "no_such_subteam"),
        (lambda: web.apps_connections_open(app_token="xoxb-sandbox"), "missing_scope"),
    ):
        with pytest.raises(SlackApiError, match=error):
            call()
