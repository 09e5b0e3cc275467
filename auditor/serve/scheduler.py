"""The scheduler: runs the jobs of all targets, several at a time, and each job once at a time."""

import threading
from datetime import UTC, datetime

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobEvent, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from auditor.clock import Clock
from auditor.config.schedule import Job, Timetable
from auditor.config.settings import Settings
from auditor.errors import StoreError
from auditor.observability.metrics import JobCounter
from auditor.serve.jobs import Jobs
from auditor.serve.shutdown import seconds_until

_log = structlog.get_logger("auditor")


class JobScheduler:
    """Runs the jobs of one configuration until it is stopped."""

    def __init__(self, settings: Settings, now: Clock, attempts: JobCounter) -> None:
        self._jobs = Jobs(settings, now, attempts)
        self._attempts = attempts
        # In threads: APScheduler's asynchronous one would cancel running jobs when it stops.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(settings.serve.jobs)},
            # Several slots that passed while the machine slept are one job, however late.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._count_overlap, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(_log_error, EVENT_JOB_ERROR)
        # APScheduler waits for running jobs without a limit, so it waits in a thread.
        self._ending = threading.Thread(target=self._scheduler.shutdown, daemon=True)
        self._schedule_slots()

    @property
    def next_at(self) -> datetime | None:
        """Return the time of the next scheduled job; ``None``: nothing is scheduled."""
        times = (job.next_run_time for job in self._scheduler.get_jobs())
        return min(filter(None, times), default=None)

    def start(self) -> None:
        """Start the scheduler, and the jobs whose latest slot is not done."""
        self._start_due_jobs()
        self._scheduler.start()

    def wake(self) -> None:
        """Start every job that is due: its slot was missed, or its last attempt failed."""
        # The clock may have been set, or the machine was asleep.
        self._scheduler.wakeup()
        self._start_due_jobs()

    def replace(self, settings: Settings) -> None:
        """Continue with another configuration. Jobs that run end with the old one."""
        self._jobs.settings = settings
        self._scheduler.remove_all_jobs()
        self._schedule_slots()
        self._start_due_jobs()

    def end(self) -> None:
        """Begin no further job."""
        self._jobs.end()
        self._ending.start()

    def wait(self, ends_at: float) -> bool:
        """Return whether all running jobs ended before ``ends_at`` (monotonic)."""
        self._ending.join(seconds_until(ends_at))
        return not self._ending.is_alive()

    def _start_due_jobs(self) -> None:
        try:
            due = self._jobs.due()
        except StoreError as error:
            _log.error("due_jobs_unknown", error=str(error))
            return
        for job, target in due:
            # The same id: a job that still waits for a free thread is not queued twice.
            self._scheduler.add_job(
                self._jobs.do, args=(job, target), id=f"{job} {target} due", replace_existing=True
            )

    def _schedule_slots(self) -> None:
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

    def _count_overlap(self, event: JobEvent) -> None:
        job, _, rest = str(event.job_id).partition(" ")
        self._attempts.count(job, "overlapped")
        _log.warning("job_not_started", job=job, target=rest.removesuffix(" due"))


def _log_error(event: JobExecutionEvent) -> None:
    _log.error("job_failed_by_a_bug", job=event.job_id, exc_info=event.exception)


class TimetableTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires at the slots of a timetable, the same in every process."""

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the slot after the previous one, or after now."""
        return self._timetable.after(previous or now)
