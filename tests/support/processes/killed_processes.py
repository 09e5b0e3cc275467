"""A process that is killed at a chosen statement of an audit, or during a delivery."""

import os
import signal
import traceback
from collections.abc import Callable
from datetime import datetime
from itertools import count

from sqlalchemy import event

from auditor.rule.severity import Severity
from auditor.store import open_store
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import evaluated, finding
from tests.support.stores import delivery

KILLED = -signal.SIGKILL


def second_run(store) -> None:
    """Audit again: one finding is new, one is worse, one is resolved, one becomes unknown."""
    audit(
        store,
        hour=1,
        seen=evaluated(
            finding(subject="new"),
            finding(subject="stays", severity=Severity.CRITICAL),
            rules=("push-flag-off", "another-rule"),
            unknown=(("push-flag-off", "unseen"),),
        ),
        configuration={"okta.app": {"status": "INACTIVE"}},
    )


def killed_at(step: int, url: str) -> int:
    """Do the second audit in a process that is killed before its ``step``-th statement.

    Return the exit code; 0 when there are fewer statements.
    """
    steps = count(1)

    def die(*_: object) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        with open_store(url) as store, store.targets.lease(TARGET):
            engine = store.database.backend.engine
            event.listen(engine, "before_cursor_execute", die)
            event.listen(engine, "commit", die)
            second_run(store)

    return in_a_child(run)


def killed_during_delivery(url: str, at: datetime) -> int:
    """Claim an item of the outbox in a process that is killed before it answers."""

    def deliver() -> None:
        with open_store(url) as store, delivery(store) as claims:
            claims.claim(1, at=at)
            os.kill(os.getpid(), signal.SIGKILL)

    return in_a_child(deliver)


def in_a_child(work: Callable[[], None]) -> int:
    """Run ``work`` in a fork.

    New interpreters for so many kills would need minutes for their imports.
    """
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001  (no code of the test run may continue in this process)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
