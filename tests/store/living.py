"""A target's life, run by run, through the store's public methods."""

from datetime import datetime
from typing import Any

from auditor.judge.announcement import Announcement, Notice
from auditor.judge.evaluate import Evaluated
from auditor.judge.findings import Delta, Kind, Memory
from auditor.judge.reconcile import reconcile
from auditor.store import RunRecord
from tests.unit.judging import evaluated, hours

TARGET = "production"
NEWS = (Kind.NEW, Kind.REOPENED, Kind.RESOLVED)


def said(at: datetime, target: str = TARGET, key: str = "news") -> Announcement:
    """Make up something to tell."""
    about = Notice(title="Something happened to Ada Lovelace")
    return Announcement(key=key, thread=key, target=target, at=at, about=about)


def judged(
    store, seen: Evaluated, hour: float = 0, *, target: str = TARGET, **options
) -> tuple[Memory, Delta]:
    """Recall and reconcile, as a run does."""
    memory = store.with_returning(store.recall(target), seen)
    return memory, reconcile(memory, seen, target=target, at=hours(hour), **options)


def record(
    memory: Memory,
    delta: Delta,
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
        "follows": memory.last_run,
        "version": "1.0",
        "rules": looked.configurations,
        "delta": delta,
        "announcements": (said(at, target),) if delta.of(*NEWS) else (),
        "channels": ("slack",),
    }
    return RunRecord(**defaults | more)


def audit(
    store, *findings, hour: float = 0, seen: Evaluated | None = None, target: str = TARGET, **more
) -> Delta:
    """Live through one run: recall, reconcile, record."""
    seen = seen or evaluated(*findings)
    memory, delta = judged(store, seen, hour, target=target)
    store.record(record(memory, delta, seen, hour, target=target, **more))
    return delta
