"""A target whose audits are evaluated, recorded and delivered by the public functions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.types import ASGIApp

from auditor.config.loading import load_settings
from auditor.config.settings import Settings
from auditor.domain.collections import MissingData
from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Waiver
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.changes.diff import Change, ConfigurationRead
from auditor.engine.evaluation.verdicts import Evaluated, Finding
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.incidents.notification_decision import decide_notifications
from auditor.notify.delivery import Delivered
from auditor.notify.dispatch import channels_of, deliver
from auditor.pipeline.reports import report_url
from auditor.sandbox.slack.app import slack_app
from auditor.sandbox.slack.state import SlackState
from auditor.store import AuditRecord, open_store
from tests.support.builders.contexts import TARGET
from tests.support.builders.findings import START, evaluated
from tests.support.peers.sandbox_app import serve
from tests.support.stores import create_empty_store

TITLES = {
    "email-not-login": "Okta sends the login as the email.",
    "extra-attribute": "Okta sends only the six required attributes.",
    "push-flag-off": "Okta creates, updates and deactivates users, and pushes groups.",
    "login-mismatch": "Every user's Unleash email is the Okta login.",
    "admin-unreachable": "An admin can always sign in to Unleash.",
}


class TargetAudits:
    """One target, audited when a test calls `audit` or `run`."""

    def __init__(
        self,
        store,
        clock: list[datetime],
        settings: Settings,
        titles: Mapping[str, str] = TITLES,
    ) -> None:
        self.store = store
        self.clock = clock
        self.settings = settings
        self.titles = titles

    def audit(
        self,
        *findings: Finding,
        seen: Evaluated | None = None,
        changes: tuple[Change, ...] = (),
        missing: dict[str, MissingData] | None = None,
        waivers: tuple[Waiver, ...] = (),
        world: dict[str, Any] | None = None,
        reads: dict[str, ConfigurationRead] | None = None,
        **more,
    ) -> None:
        """Evaluate and record one audit. Deliver nothing yet."""
        at = self.clock[-1]
        seen = seen or evaluated(*findings, rules=tuple(self.titles), **more)
        snapshot = Snapshot(target=TARGET, taken_at=at, read=world or {}, missing=missing or {})
        memory = self.store.audits.with_found_again(self.store.audits.recall(TARGET.name), seen)
        memory = replace(memory, configuration_reads=reads or memory.configuration_reads)
        reconciled = reconcile(
            memory.known, seen, memory.configurations, target=TARGET.name, at=at, waivers=waivers
        )
        known = memory.notified_state.causes if memory.notified_state else {}
        reconciled, causes = assign_causes(reconciled, seen, changes, known, at=at)
        decided = decide_notifications(
            reconciled,
            changes,
            snapshot,
            before=memory.notified_state,
            is_first_audit=memory.configurations is None,
            read_before=memory.collections_read,
            titles=self.titles,
            causes=causes,
            alerts=self.settings.alerts,
        )
        record = AuditRecord(
            target=TARGET.name,
            at=at,
            follows=memory.last_audit,
            version="1.0",
            rules=seen.configurations,
            reconciled=reconciled,
            changes=changes,
            notifications=decided.notifications,
            notified_state=decided.notified_state,
        )
        self.store.audits.record(record, channels_of(self.settings))

    def deliver(self, **more) -> Delivered:
        more.setdefault("report_url", partial(report_url, self.settings.report))
        return deliver(self.store, self.settings, lambda: self.clock[-1], **more)

    def run(self, *findings: Finding, **more) -> Delivered:
        """Audit and deliver the notifications."""
        self.audit(*findings, **more)
        return self.deliver()

    def wait(self, **span: float) -> None:
        self.clock.append(self.clock[-1] + timedelta(**span))


#: How a reply names the target and the problem of `email-not-login`.
PROBLEM = "production: Email is mapped from another attribute, not the login. "
TARGET_TABLE = """
[[target]]
name = "production"
okta = { org_url = "https://acme.okta.com", app_id = "0oaUnleash0000000001", token_env = "T" }
unleash = { url = "https://unleash.example.com", token_env = "T" }
"""


class ReplaceableApp:
    """One server whose app is replaced for each test."""

    app: ASGIApp

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def slack_server():
    slack_server = ReplaceableApp()
    with serve(slack_server) as origin:
        yield slack_server, origin


@pytest.fixture
def clock():
    """Return the list of times; the last item is now."""
    return [START]


@pytest.fixture
def slack(slack_server, clock):
    state = SlackState(now=lambda: clock[-1])
    slack_server[0].app = slack_app(state)
    return state


@pytest.fixture
def configure(slack_server, slack, tmp_path):
    """Load a configuration. It has a bot in the workspace's channel unless `text` has [slack]."""

    def load(text: str = "", *, bot: str = "", public_url: str = "https://reports.example.com"):
        origin = slack_server[1]
        table = f'[slack]\nchannel = "#{slack.channel.name}"\ntoken_env = "BOT"\n'
        table += f'base_url = "{origin}/api"\n{bot}\n'
        if "[slack]" in text:
            table = ""
        path = tmp_path / "auditor.toml"
        path.write_text(f'{table}[report]\npublic_url = "{public_url}"\n{text}{TARGET_TABLE}')
        environ = {
            "BOT": slack.token,
            "HOOK": f"{origin}{slack.webhook_path}",
            "PAGER": f"{origin}/hook/pager",
            "KEY": "a-shared-key",
            "T": "x",
        }
        return load_settings(path, environ)

    return load


@pytest.fixture
def store(tmp_path):
    with open_store(create_empty_store(tmp_path)) as store:
        yield store


@pytest.fixture
def audits(store, clock, configure):
    return TargetAudits(store, clock, configure())


DETAILS = "Details, "
"""Beginning of the fallback text of the first reply in a thread."""


def sent_texts(slack) -> list[list[str]]:
    """Return the fallback texts of each root message and of its replies, without the details."""
    return [[root.text, *updates_of(slack.channel, root)] for root in slack.channel.roots()]


def updates_of(channel, root) -> list[str]:
    """Return the fallback texts of the replies to a root message, without the details."""
    texts = (reply.text for reply in channel.replies(root.ts))
    return [text for text in texts if not text.startswith(DETAILS)]


def details_of(channel, root) -> list[str]:
    """Return the fallback texts of the details of a root message."""
    texts = (reply.text for reply in channel.replies(root.ts))
    return [text for text in texts if text.startswith(DETAILS)]
