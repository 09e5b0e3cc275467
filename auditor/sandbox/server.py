"""The servers of the sandbox on loopback: Okta, Unleash, Slack, and the control interface."""

import socket
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp

from auditor.sandbox.control import control_app
from auditor.sandbox.faults.middleware import Faults
from auditor.sandbox.okta.app import okta_app
from auditor.sandbox.recorder import RecordedRequest, Recorder
from auditor.sandbox.server_thread import ServerThread
from auditor.sandbox.slack.app import slack_app
from auditor.sandbox.slack.state import SlackState
from auditor.sandbox.unleash.app import unleash_app
from auditor.sandbox.worlds.world import World


class Sandbox:
    """Serves a world in a thread of its own while the `with` block lasts."""

    def __init__(self, world: World, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen on four ports from `port` on, or on any four."""
        self.world = world
        self.slack = SlackState(lambda: world.now)
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        """Every request that came, oldest first."""
        self.refused: list[RecordedRequest] = []
        """Requests to Okta or Unleash that would have written data."""
        with ExitStack() as opened:
            self._sockets = {
                name: opened.enter_context(_listen(host, port + offset if port else 0))
                for offset, name in enumerate(("okta", "unleash", "slack", "control"))
            }
            # Only now: if one port is taken, the sockets that are open already are closed.
            opened.pop_all()
        self.okta_url = world.okta.url = self._url("okta")
        self.unleash_url = world.unleash.url = self._url("unleash")
        self.slack_url = self._url("slack")
        self.control_url = self._url("control")
        apps = {
            "okta": okta_app(world),
            "unleash": unleash_app(world),
            "slack": slack_app(self.slack),
            "control": control_app(world, self.requests, self.slack),
        }
        self._thread = ServerThread(
            [(self._served(name, app), self._sockets[name]) for name, app in apps.items()]
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.stop()

    def join(self) -> None:
        """Wait without an end; a signal to the main thread interrupts it."""
        self._thread.join()

    def _served(self, name: str, app: ASGIApp) -> ASGIApp:
        """Record each request, and apply the faults to its answer."""
        return Recorder(name, self.faults.wrap(name, app), seen=self.requests, refused=self.refused)

    def _url(self, name: str) -> str:
        host, port = self._sockets[name].getsockname()
        return f"http://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that a client can connect before the server has started."""
    return socket.create_server((host, port), backlog=128)
