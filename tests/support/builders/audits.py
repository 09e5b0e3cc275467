"""The audits of a target, one after the other, through the store's public methods."""

from datetime import datetime, timedelta
from typing import Any

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled, Transition
from auditor.engine.incidents.notification import Notice, Notification
from auditor.store import AuditRecord
from tests.support.builders.findings import evaluated, hours

TARGET = "production"
NOTIFIED = (Transition.NEW, Transition.REOPENED, Transition.RESOLVED)


def notification(at: datetime, target: str = TARGET, key: str = "notice") -> Notification:
    """Return a notification about a person."""
    about = Notice(title="Something happened to Ada Lovelace")
    return Notification(key=key, thread=key, target=target, at=at, about=about)


def reconciled_in(
    store, seen: Evaluated, hour: float = 0, *, target: str = TARGET, **options
) -> tuple[PreviousAudits, Reconciled]:
    """Recall and reconcile, as an audit does."""
    before = store.audits.with_found_again(store.audits.recall(target), seen)
    return before, reconcile(
        before.known, seen, before.configurations, target=target, at=hours(hour), **options
    )


def record(
    before: PreviousAudits,
    reconciled: Reconciled,
    seen: Evaluated,
    hour: float = 0,
    *,
    target: str = TARGET,
    **more,
) -> AuditRecord:
    """Return the record of an audit, with a notification when a finding is new or resolved."""
    at = hours(hour)
    defaults: dict[str, Any] = {
        "target": target,
        "at": at,
        "follows": before.last_audit,
        "version": "1.0",
        "rules": seen.configurations,
        "reconciled": reconciled,
        "notifications": (notification(at, target),) if reconciled.of(*NOTIFIED) else (),
    }
    return AuditRecord(**defaults | more)


def audit(
    store,
    *findings,
    hour: float = 0,
    seen: Evaluated | None = None,
    target: str = TARGET,
    channels: tuple[str, ...] = ("slack",),
    took: timedelta = timedelta(),
    **more,
) -> Reconciled:
    """Do one audit: recall, reconcile, record."""
    seen = seen or evaluated(*findings)
    before, reconciled = reconciled_in(store, seen, hour, target=target)
    done = record(before, reconciled, seen, hour, target=target, **more)
    store.audits.record(done, channels, took=took)
    return reconciled
