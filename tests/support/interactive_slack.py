"""A service with Socket Mode on a sandbox, and users who click."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from auditor.engine.incidents.incident_action import IncidentAction
from auditor.pipeline.audit import audit_target
from auditor.sandbox.slack.clicks import Clicker
from auditor.sandbox.slack.records import Message
from auditor.serve.service import Service
from auditor.store import open_store
from tests.support.notified_target import updates_of
from tests.support.peers.processes import free_port
from tests.support.plain_http import plain_get
from tests.support.processes.service_process import Installation, eventually

OPERATOR, MEMBER, OUTSIDER = "U0OPERATOR", "U0MEMBER01", "U0OUTSIDER"
GROUP = "S0OPERATORS"
SLACK_KEYS = f'app_token_env = "SANDBOX_APP_TOKEN"\noperators = ["{OPERATOR}", "{GROUP}"]\n'


class InteractiveInstallation:
    """A service, its sandbox, and one incident: a push flag was switched off."""

    def __init__(self, installation: Installation, monkeypatch: Any) -> None:
        self.installation = installation
        self.world = installation.world
        self.slack = installation.sandbox.slack
        monkeypatch.setenv("SANDBOX_APP_TOKEN", self.slack.enable_socket_mode())
        for user, name in ((OPERATOR, "Jo Vance"), (MEMBER, "Mira Torres"), (OUTSIDER, "Bo Ott")):
            self.slack.add_user(user, name)
        self.slack.people.groups[GROUP] = [MEMBER]
        text = installation.path.read_text()
        installation.path.write_text(text.replace("[slack]\n", f"[slack]\n{SLACK_KEYS}"))

    def configure(self, tables: str) -> None:
        """Add tables to the configuration."""
        self.installation.path.write_text(f"{self.installation.path.read_text()}\n{tables}\n")

    def audit(self) -> None:
        settings = self.installation.settings()
        (target,) = settings.targets
        audit_target(settings, target, lambda: self.world.now)

    def break_push(self) -> Message:
        """Audit, switch a push flag off, audit again; return the message of the incident."""
        self.audit()
        self.world.switch_push("PUSH_NEW_USERS", on=False)
        self.audit()
        return self.root()

    def break_email(self) -> Message:
        """The same with a critical incident that affects all users."""
        self.audit()
        self.world.map_attribute("user", "email", "user.email")
        self.audit()
        return self.root()

    def root(self) -> Message:
        """Return the last message that has controls."""
        return [
            each
            for each in self.slack.channel.roots()
            if any(block["type"] == "actions" for block in each.blocks)
        ][-1]

    def clicker(self, user: str = OPERATOR, **more: Any) -> Clicker:
        return Clicker(self.slack, user, self.installation.sandbox.slack_url, **more)

    @contextmanager
    def serving(self, **options: Any) -> Iterator[Service]:
        with self.installation.serving(**options) as service:
            eventually(lambda: self.slack.socket_mode.connections)
            yield service

    def actions(self) -> list[IncidentAction]:
        """Return the stored actions, oldest first."""
        with open_store(self.installation.settings().store.database_url().reveal()) as store:
            return list(store.actions.of("sandbox"))

    def outcomes(self) -> list[tuple[str, str | None]]:
        return [(each.kind.value, each.outcome) for each in self.actions()]

    def replies(self, message: Message) -> list[str]:
        """Return the texts of the replies to a message, without its details."""
        return updates_of(self.slack.channel, message)


@contextmanager
def serving_process(
    home: InteractiveInstallation, *, connects: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `auditor serve` as a process of its own, on other ports and the same database.

    ``connects``: wait until it is connected to Slack; otherwise until it is healthy.
    """
    config = home.installation.path.with_name("replica.toml")
    port = free_port(side_by_side=2)
    text = home.installation.path.read_text()
    text = text.replace(home.installation.operations, f"127.0.0.1:{port}")
    config.write_text(text.replace(home.installation.reports, f"127.0.0.1:{port + 1}"))
    command = [sys.executable, "-m", "auditor", "serve", "-c", str(config)]
    opened = home.slack.socket_mode.opened
    with subprocess.Popen(
        command, env=home.installation.environ, stderr=subprocess.DEVNULL
    ) as process:
        try:
            if connects:
                eventually(lambda: home.slack.socket_mode.opened > opened)
            else:
                url = f"http://127.0.0.1:{port}/healthz"
                eventually(lambda: plain_get(url).is_success)
            yield process
        finally:
            process.kill()
