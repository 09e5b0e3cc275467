"""What is done when its time comes: each slot by one process, nothing twice, nothing raised."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from auditor.clock import Clock
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings, TargetSettings
from auditor.errors import AuditorError
from auditor.observability.logs import run_id
from auditor.observability.metrics import JobCounter
from auditor.observability.status import last_audit_of
from auditor.pipeline.audit import AlreadyAudited, audit_target
from auditor.pipeline.reports import WEEK, publish, report_on
from auditor.store import open_store

PATIENCE = timedelta(minutes=10)
"""How long another audit of the same target, begun elsewhere, is waited for."""

_log = structlog.get_logger("auditor")


class Job(StrEnum):
    """What can be scheduled; the name of its slots."""

    AUDIT = "audit"
    REPORT = "report"


class Jobs:
    """Does the jobs of one configuration."""

    def __init__(self, settings: Settings, now: Clock, attempts: JobCounter) -> None:
        self.settings = settings
        self._now = now
        self._attempts = attempts
        self._ending = threading.Event()
        self._owed: dict[str, datetime] = {}
        """Target to the slot that was taken for its report, which then failed."""

    def end(self) -> None:
        """Begin nothing any more; what has begun ends."""
        self._ending.set()

    def do(self, job: Job, name: str) -> None:
        """Do what is due for a target now, unless another process has taken its slot."""
        target = self.settings.target(name)
        timetable = target.schedule.audit if job is Job.AUDIT else target.schedule.report
        if timetable is None or self._ending.is_set():
            return
        slot = timetable.until(self._now())
        work = self._audit if job is Job.AUDIT else self._report
        with self._watched(job, name, slot) as result:
            if self._take(name, job, slot):
                result(work(target, slot))
            else:
                result("taken")

    def catch_up(self, name: str) -> None:
        """Do what should have been done while nobody was there, as history tells."""
        target, now = self.settings.target(name), self._now()
        if self._ending.is_set():
            return
        audit, report = target.schedule.audit, target.schedule.report
        with open_store(self.settings.store.url().reveal()) as store:
            last = last_audit_of(store, name)
        if audit and (last is None or last.at < audit.until(now)):
            slot = audit.until(now)
            with self._watched(Job.AUDIT, name, slot) as result:
                late = self._take(name, f"{Job.AUDIT}-late", slot)
                result(self._audit(target, slot) if late else "taken")
        if report and last is not None and last.at < report.until(now):
            self.do(Job.REPORT, name)

    @property
    def owes_reports(self) -> bool:
        """Tell whether a report failed that was this process's to write."""
        return bool(self._owed)

    def make_up(self) -> None:
        """Try once more to write and tell the reports that failed."""
        owed, self._owed = self._owed, {}
        for target in self.settings.targets:
            if (slot := owed.get(target.name)) and not self._ending.is_set():
                with self._watched(Job.REPORT, target.name, slot) as result:
                    result(self._report(target, slot))

    def _take(self, name: str, job: str, slot: datetime) -> bool:
        with open_store(self.settings.store.url().reveal()) as store:
            return store.targets.take_slot(name, job, slot)

    def _audit(self, target: TargetSettings, slot: datetime) -> str:
        try:
            outcome = audit_target(
                self.settings, target, self._now, lock_timeout=PATIENCE, unless_since=slot
            )
        except AlreadyAudited:
            return "taken"
        _log.info("audited", **outcome.log_fields)
        return "done"

    def _report(self, target: TargetSettings, slot: datetime) -> str:
        try:
            rules = rules_for(self.settings, target)
            with open_store(self.settings.store.url().reveal()) as store:
                report = report_on(
                    store, self.settings, target, rules, since=slot - WEEK, until=slot
                )
                address, told = publish(store, self.settings, report, self._now)
        except AuditorError:
            self._owed[target.name] = slot
            raise
        _log.info("reported", address=address, not_told=told.errors)
        return "done"

    @contextmanager
    def _watched(self, job: Job, target: str, slot: datetime) -> Iterator[Callable[[str], None]]:
        """Name what is done on each log line, count how it ends, and let no fault out."""
        results: list[str] = []
        with structlog.contextvars.bound_contextvars(
            run=run_id(), target=target, job=job.value, slot=slot.isoformat()
        ):
            try:
                yield results.append
            except AuditorError as error:
                _log.error("failed", because=str(error))
            except Exception:  # noqa: BLE001  (a bug may not end the service: the next slot comes)
                _log.exception("failed by a bug of the auditor")
            self._attempts.count(job.value, results[0] if results else "failed")
