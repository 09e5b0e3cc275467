"""A target's life, run by run, through the store's public methods."""

from datetime import datetime
from typing import Any

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled, Transition
from auditor.engine.incidents.notification import Notice, Notification
from auditor.store import RunRecord
from tests.support.builders.findings import evaluated, hours

TARGET = "production"
NEWS = (Transition.NEW, Transition.REOPENED, Transition.RESOLVED)


def said(at: datetime, target: str = TARGET, key: str = "news") -> Notification:
    """Make up something to tell."""
    about = Notice(title="Something happened to Ada Lovelace")
    return Notification(key=key, thread=key, target=target, at=at, about=about)


def judged(
    store, seen: Evaluated, hour: float = 0, *, target: str = TARGET, **options
) -> tuple[PreviousAudits, Reconciled]:
    """Recall and reconcile, as a run does."""
    memory = store.audits.with_returning(store.audits.recall(target), seen)
    return memory, reconcile(
        memory.known, seen, memory.configurations, target=target, at=hours(hour), **options
    )


def record(
    memory: PreviousAudits,
    reconciled: Reconciled,
    looked: Evaluated,
    hour: float = 0,
    *,
    target: str = TARGET,
    **more,
) -> RunRecord:
    """Put together what a run leaves behind."""
    at = hours(hour)
    defaults: dict[str, Any] = {
        "target": target,
        "at": at,
        "follows": memory.last_audit,
        "version": "1.0",
        "rules": looked.configurations,
        "reconciled": reconciled,
        "notifications": (said(at, target),) if reconciled.of(*NEWS) else (),
        "channels": ("slack",),
    }
    return RunRecord(**defaults | more)


def audit(
    store, *findings, hour: float = 0, seen: Evaluated | None = None, target: str = TARGET, **more
) -> Reconciled:
    """Live through one run: recall, reconcile, record."""
    seen = seen or evaluated(*findings)
    memory, reconciled = judged(store, seen, hour, target=target)
    store.audits.record(record(memory, reconciled, seen, hour, target=target, **more))
    return reconciled
