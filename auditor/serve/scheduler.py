"""The clockwork: every target's jobs, several at once, none of them twice at a time."""

import threading
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobEvent, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from auditor.clock import Clock
from auditor.config.service_settings import Timetable
from auditor.config.settings import Settings
from auditor.observability.metrics import JobCounter
from auditor.serve.jobs import Job, Jobs

_log = structlog.get_logger("auditor")


class JobScheduler:
    """Runs the jobs of one configuration until it is stopped."""

    def __init__(self, settings: Settings, now: Clock, attempts: JobCounter) -> None:
        self._jobs = Jobs(settings, now, attempts)
        self._attempts = attempts
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(settings.serve.jobs)},
            # several slots that were slept through are done once, however late
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._notice, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(_log_fault, EVENT_JOB_ERROR)
        self._fill()

    @property
    def next_at(self) -> datetime | None:
        """When something is due next."""
        times = (job.next_run_time for job in self._scheduler.get_jobs())
        return min(filter(None, times), default=None)

    def start(self) -> None:
        """Begin, with what was missed."""
        self._scheduler.start()

    def wake(self) -> None:
        """Look at the clock: it may have been set, or the machine was asleep."""
        self._scheduler.wakeup()
        if self._jobs.owes_reports:
            self._scheduler.add_job(self._jobs.make_up)

    def replace(self, settings: Settings) -> None:
        """Go on by another configuration; what runs ends by the old one."""
        self._jobs.settings = settings
        self._scheduler.remove_all_jobs()
        self._fill()

    def stop(self, grace: timedelta) -> bool:
        """Begin nothing more; tell whether all that runs has ended within ``grace``."""
        self._jobs.end()
        ending = threading.Thread(target=self._scheduler.shutdown, daemon=True)
        ending.start()
        ending.join(grace.total_seconds())
        return not ending.is_alive()

    def _fill(self) -> None:
        for target in self._jobs.settings.targets:
            for job, timetable in (
                (Job.AUDIT, target.schedule.audit),
                (Job.REPORT, target.schedule.report),
            ):
                if timetable:
                    self._scheduler.add_job(
                        self._jobs.do,
                        TimetableTrigger(timetable),
                        (job, target.name),
                        id=f"{job} {target.name}",
                    )
            self._scheduler.add_job(self._jobs.catch_up, args=(target.name,))

    def _notice(self, event: JobEvent) -> None:
        job, _, target = str(event.job_id).partition(" ")
        self._attempts.count(job, "overlapped")
        _log.warning("not begun: the one before still runs", job=job, target=target)


def _log_fault(event: JobExecutionEvent) -> None:
    _log.error("failed", job=event.job_id, exc_info=event.exception)


class TimetableTrigger(BaseTrigger):  # type: ignore[misc]  # it has no types
    """Fires at the slots of a timetable, the same in every process."""

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the slot after the last one, or after now."""
        return self._timetable.after(previous or now)
