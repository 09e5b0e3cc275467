"""Scheduled jobs: each slot is done once by one process, and is due until it is done."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from auditor.clock import Clock
from auditor.config.rule_settings import rules_for
from auditor.config.schedule import Job, Timetable
from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.errors import AuditorError
from auditor.observability.logs import run_id
from auditor.observability.metrics import JobCounter
from auditor.observability.status import last_audit_of
from auditor.pipeline.audit import AlreadyAudited, audit_target
from auditor.pipeline.reports import publish, publish_fleet, weekly_report
from auditor.store import open_store

if TYPE_CHECKING:
    from auditor.store.store import Store

LEASE_TIMEOUT = timedelta(minutes=10)
"""How long a scheduled audit waits for another audit of its target."""

_log = structlog.get_logger("auditor")


class Jobs:
    """Runs the jobs of one configuration. No method raises an error, except for a bug."""

    def __init__(self, settings: Settings, now: Clock, attempts: JobCounter) -> None:
        self.settings = settings
        self._now = now
        self._attempts = attempts
        self._ending = threading.Event()

    def end(self) -> None:
        """Start no further job. Running jobs are not interrupted."""
        self._ending.set()

    def do(self, job: Job, name: str) -> None:
        """Run the job of its latest slot, unless it is done or another process runs it."""
        target = next((each for each in self.settings.targets if each.name == name), None)
        # A reload can remove a target, or its schedule, while its job waits for a free thread.
        timetable = _timetable(target, job) if target else None
        if target is None or timetable is None or self._ending.is_set():
            return
        # Not the slot that started this job: a late job does the latest one only.
        slot = timetable.until(self._now())
        with (
            self._recorded(job, name, slot) as result,
            self._open_store() as store,
            store.targets.job_slot(name, job, slot, now=self._now) as is_due,
        ):
            if not is_due:
                result("taken")
            elif job is Job.AUDIT:
                result(self._audit(target, slot))
            else:
                result(self._report(store, target, slot))

    def due(self) -> tuple[tuple[Job, str], ...]:
        """Return the jobs whose latest slot is not done, with the name of their target.

        Such a slot passed while no process ran, while the database was unavailable, or its attempt
        failed. Raises :class:`~auditor.errors.StoreError`.
        """
        now = self._now()
        with self._open_store() as store:
            return tuple(
                (job, target.name)
                for target in self.settings.targets
                for job in Job
                if (timetable := _timetable(target, job))
                and _is_due(store, target.name, job, timetable.until(now))
            )

    def _open_store(self) -> AbstractContextManager["Store"]:
        return open_existing_store(self.settings)

    def _audit(self, target: TargetSettings, slot: datetime) -> str:
        try:
            outcome = audit_target(
                self.settings,
                target,
                self._now,
                lock_timeout=LEASE_TIMEOUT,
                # Any audit after the slot counts, also one that a user started.
                unless_since=slot,
                must_exist=True,
            )
        except AlreadyAudited:
            return "taken"
        _log.info("audited", **outcome.log_fields)
        return "done"

    def _report(self, store: "Store", target: TargetSettings, slot: datetime) -> str:
        rules = rules_for(self.settings, target)
        # The week that was complete at the slot, also if the job is late.
        report = weekly_report(store, self.settings, target, rules, at=slot)
        address, delivered = publish(store, self.settings, report, self._now)
        publish_fleet(store, self.settings, self.settings.report.destination, at=self._now())
        _log.info("reported", address=address, delivery_errors=delivered.errors)
        return "done"

    @contextmanager
    def _recorded(self, job: Job, target: str, slot: datetime) -> Iterator[Callable[[str], None]]:
        """Count how a job ends, log why it failed, and raise no error.

        The block calls the yielded function with the result: ``done`` or ``taken``.
        """
        results: list[str] = []
        with structlog.contextvars.bound_contextvars(
            run=run_id(), target=target, job=job.value, slot=slot.isoformat()
        ):
            try:
                yield results.append
            except AuditorError as error:
                # The work can be done and its slot not stored, so the result is removed.
                results.clear()
                _log.error("job_failed", error=str(error))
            except Exception:  # noqa: BLE001  (a bug in one job must not end the service)
                results.clear()
                _log.exception("job_failed_by_a_bug")
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001  (an exit of a library ends no service)
                results.clear()
                _log.error("job_exited", error=type(error).__name__)
            self._attempts.count(job.value, results[0] if results else "failed")


@contextmanager
def open_existing_store(settings: Settings) -> Iterator["Store"]:
    """Open the store without creating a file or tables.

    A long-running service must never begin a new history because the database disappeared.
    """
    with open_store(settings.store.database_url().reveal(), create=False, migrate=False) as store:
        yield store


def _timetable(target: TargetSettings, job: Job) -> Timetable | None:
    return target.schedule.audit if job is Job.AUDIT else target.schedule.report


def _is_due(store: "Store", target: str, job: Job, slot: datetime) -> bool:
    if store.targets.is_done(target, job, slot):
        return False
    if job is Job.REPORT:  # a report needs an audit in or before its week
        return bool(store.history.audits(target, until=slot, limit=1))
    last = last_audit_of(store, target)
    return last is None or last.at < slot
