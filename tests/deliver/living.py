"""A target's life as it is told: runs judged, recorded and delivered by the public functions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace

from auditor.config.settings import Settings
from auditor.domain.collections import MissingData
from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import Change, ConfigurationRead
from auditor.engine.evaluation.verdicts import Evaluated, Finding
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.incidents.decision import decide_notifications
from auditor.notify.delivery import Delivered
from auditor.notify.dispatch import channels_of, deliver
from auditor.pipeline.reports import report_url
from auditor.store import RunRecord
from tests.rules.builders import TARGET
from tests.unit.judging import evaluated

TITLES = {
    "email-not-login": "Okta sends everybody's login as their email.",
    "extra-attribute": "Okta sends six attributes and no more.",
    "push-flag-off": "Okta creates, updates and deactivates people in Unleash.",
    "login-mismatch": "Everybody's email in Unleash is their login in Okta.",
    "admin-unreachable": "Somebody can get into Unleash as an admin when SSO fails.",
}


class Life:
    """One target, audited whenever a test says so."""

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
        looks: dict[str, ConfigurationRead] | None = None,
        **more,
    ) -> None:
        """Judge and record one run, and tell nobody yet."""
        at = self.clock[-1]
        seen = seen or evaluated(*findings, rules=tuple(self.titles), **more)
        snapshot = Snapshot(target=TARGET, taken_at=at, seen=world or {}, missing=missing or {})
        memory = self.store.audits.with_returning(self.store.audits.recall(TARGET.name), seen)
        memory = replace(memory, looks=looks or memory.looks)
        delta = reconcile(
            memory.known, seen, memory.configurations, target=TARGET.name, at=at, waivers=waivers
        )
        told = decide_notifications(
            delta,
            changes,
            snapshot,
            before=memory.spoken,
            is_first_audit=memory.configurations is None,
            read_before=memory.collections_read,
            titles=self.titles,
            alerts=self.settings.alerts,
        )
        record = RunRecord(
            target=TARGET.name,
            at=at,
            follows=memory.last_run,
            version="1.0",
            rules=seen.configurations,
            delta=delta,
            changes=changes,
            announcements=told.announcements,
            spoken=told.spoken,
            channels=channels_of(self.settings),
        )
        self.store.audits.record(record)

    def deliver(self, **more) -> Delivered:
        more.setdefault("report_url", partial(report_url, self.settings.report))
        return deliver(self.store, self.settings, lambda: self.clock[-1], **more)

    def run(self, *findings: Finding, **more) -> Delivered:
        """Audit and tell."""
        self.audit(*findings, **more)
        return self.deliver()

    def wait(self, **span: float) -> None:
        self.clock.append(self.clock[-1] + timedelta(**span))
