"""One Socket Mode session with slack-sdk's own client, unmodified.

The client has a reconnection of its own, without a back-off. It is switched off: the caller opens
a new session. Only a `disconnect` message of Slack makes the client replace its connection itself.
"""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from auditor.config.secrets import Secret
from auditor.errors import AuditorError
from auditor.net.proxies import client_options
from auditor.net.tls import trusted
from auditor.notify.slack.interaction.interaction_api import InteractionApi
from auditor.serialization import from_json
from auditor.serve.slack.click_receiver import ClickReceiver

PING_SECONDS = 5.0
"""A connection that does not answer several pings is closed."""

REPLACED_READ_SECONDS = 0.2
"""The longest read from a connection that Slack replaces."""

_log = structlog.get_logger("auditor")

# The client logs whole messages and addresses with tickets. The auditor logs what happens itself.
_SILENT = logging.getLogger("auditor.slack_sdk")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
_SILENT.setLevel(logging.CRITICAL)


class Greeting(Struct, frozen=True, kw_only=True):
    """What Slack states at the beginning of a connection."""

    app_id: str
    connections: int
    """All connections of the app, this one included."""

    own: int
    """The connections of this session: two while one replaces the other."""


class CheckedWebClient(WebClient):
    """slack-sdk's client, whose address of a connection is requested and checked by our own.

    ``issue`` returns the address. It follows no redirect, and it accepts Slack's hosts with TLS
    only: slack-sdk uses plain TCP for any port but 443.
    """

    def __init__(self, issue: Callable[[], str]) -> None:
        super().__init__(ssl=trusted(), logger=_SILENT)
        self._issue = issue

    def apps_connections_open(self, *, app_token: str, **_: Any) -> Any:  # noqa: ANN401  (as in slack-sdk)
        """Return the address of a new connection. Raises SlackClientError."""
        del app_token
        try:
            return {"url": self._issue()}
        except AuditorError as error:
            raise SlackClientError(str(error)) from error


@contextmanager
def socket_session(
    api: InteractionApi,
    app_token: Secret,
    receiver: ClickReceiver,
    greeted: Callable[[Greeting], None],
) -> Iterator[SocketModeClient]:
    """Connect, and pass clicks to ``receiver`` until the block ends.

    ``greeted`` is called for each new connection. Raises SlackClientError or OSError when no
    connection can be opened. The caller checks ``is_connected``.
    """
    # Requested before the client exists, because the proxy depends on its host.
    first = api.connection_address(app_token)
    addresses = [first]
    client = SocketModeClient(
        app_token="",  # the token is sent by the API above
        logger=_SILENT,
        web_client=CheckedWebClient(
            lambda: addresses.pop() if addresses else api.connection_address(app_token)
        ),
        auto_reconnect_enabled=False,
        ping_interval=PING_SECONDS,
    )
    # The client would read HTTPS_PROXY, but not NO_PROXY.
    secure = first.replace("wss://", "https://", 1).replace("ws://", "http://", 1)
    client.proxy = client_options(secure)["proxy"]
    session = _Session(client, receiver, greeted)
    client.on_message_listeners.append(session.read_message)
    client.socket_mode_request_listeners.append(session.answer)
    try:
        client.connect()
        yield client
    finally:
        close_at_once(client)


def close_at_once(client: SocketModeClient) -> None:
    """Close a session at once.

    The client's own ``close`` waits until a read of three seconds and a wait of one second end.
    """
    client.closed = True
    client.message_queue.put(None)
    connection = client.current_session
    if connection and connection.sock:
        with suppress(OSError):  # closed by now
            connection.sock.shutdown(socket.SHUT_RDWR)
    client.close()


class _Session:
    def __init__(
        self,
        client: SocketModeClient,
        receiver: ClickReceiver,
        greeted: Callable[[Greeting], None],
    ) -> None:
        self._client = client
        self._receiver = receiver
        self._greeted = greeted
        self._is_replacing = False

    def read_message(self, text: str) -> None:
        """Report each greeting, and log that Slack ends the connection."""
        try:
            match from_json(text, object):
                case {
                    "type": "hello",
                    "num_connections": int() as connections,
                    "connection_info": {"app_id": str() as app_id},
                }:
                    own = 2 if self._is_replacing else 1
                    self._is_replacing = False
                    self._greeted(Greeting(app_id=app_id, connections=connections, own=own))
                case {"type": "disconnect", "reason": str() as reason}:
                    self._is_replacing = True
                    self._shorten_reads()
                    _log.info("slack_disconnects", reason=reason[:60])
        except (msgspec.DecodeError, AuditorError) as error:
            _log.warning("slack_message_unreadable", error=str(error)[:200])

    def _shorten_reads(self) -> None:
        """Let the client close its connection soon after it opened the next one.

        It waits for the current read, three seconds at most, and processes no click meanwhile.
        Slack waits three seconds for an acknowledgement.
        """
        connection = self._client.current_session
        if connection and connection.sock:
            with suppress(OSError):  # closed by now
                connection.sock.settimeout(REPLACED_READ_SECONDS)

    def answer(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Store the click, acknowledge the envelope, then show the result to the user."""
        try:
            follow_up = (
                self._receiver.receive(request.payload) if request.type == "interactive" else None
            )
        except Exception as error:  # noqa: BLE001  (not acknowledged: Slack shows the user that it failed)
            _log.error("click_not_stored", error=str(error), exc_info=not _is_ours(error))
            return
        try:
            # First the acknowledgement: Slack waits three seconds for it, and the result needs
            # requests.
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
            if follow_up:
                follow_up()
        except Exception as error:  # noqa: BLE001  (the stored action is applied all the same)
            _log.error("click_not_answered", error=str(error), exc_info=not _is_ours(error))


def _is_ours(error: Exception) -> bool:
    return isinstance(error, AuditorError | OSError | SlackClientError)
