"""A target's life, run by run, through the store's public methods."""

from auditor.judge.announce import announce
from auditor.judge.evaluate import Evaluated
from auditor.judge.findings import Delta, Memory
from auditor.judge.reconcile import reconcile
from auditor.store import RunRecord
from tests.unit.judging import evaluated, hours

TARGET = "production"


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
    return RunRecord(
        **{
            "target": target,
            "at": at,
            "follows": memory.last_run,
            "version": "1.0",
            "rules": looked.configurations,
            "delta": delta,
            "announcements": announce(delta, target=target, at=at),
            "channels": ("slack",),
        }
        | more
    )


def audit(
    store, *findings, hour: float = 0, seen: Evaluated | None = None, target: str = TARGET, **more
) -> Delta:
    """Live through one run: recall, reconcile, record."""
    seen = seen or evaluated(*findings)
    memory, delta = judged(store, seen, hour, target=target)
    store.record(record(memory, delta, seen, hour, target=target, **more))
    return delta
