"""The watch of all targets: it polls the logs and starts the audits that their events require."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from auditor.clock import Clock
from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.engine.watch.watched_target import DueAudit, WatchedTarget
from auditor.errors import AuditorError
from auditor.observability.logs import run_id
from auditor.observability.metrics import WatchCounter
from auditor.pipeline.audit import AlreadyAudited, audit_target
from auditor.pipeline.watch.polls import PolledSource, poll, sources_of
from auditor.pipeline.watch.targeted_audit import TargetedResult, audit_events
from auditor.serve.jobs import LEASE_TIMEOUT, open_existing_store
from auditor.serve.shutdown import seconds_until

RETRY_PAUSE = timedelta(seconds=30)
"""Pause before an audit is tried again that failed or that another process runs."""

BUSY_PAUSE = timedelta(seconds=1)

_log = structlog.get_logger("auditor")


class Watch:
    """Does the polls and audits that are due. No public method raises an error, except for a bug.

    All data that must survive the process is in the store: cursors, events, requested audits. The
    data in this object only limits how often it tries.
    """

    def __init__(self, settings: Callable[[], Settings], now: Clock, counter: WatchCounter) -> None:
        self._settings = settings
        self._now = now
        self._counter = counter
        self._polls: dict[str, datetime] = {}
        """When each org and each instance is polled next, by URL."""
        self._tries: dict[tuple[str, DueAudit], datetime] = {}
        """When an audit is tried next, at the earliest."""
        self._running: dict[str, Future[None]] = {}
        """The running audit of each target."""
        self._pool = ThreadPoolExecutor(settings().serve.jobs, thread_name_prefix="watch")
        self.next_at = now()
        """The earliest time at which a poll or an audit of this process is due."""

    def work(self) -> None:
        """Do the due polls, and start the due audits."""
        settings = self._settings()
        for source in sources_of(settings.targets):
            if self._polls.get(source.origin, self._now()) <= self._now():
                self._poll(settings, source)
        due = list(self._start_due(settings))
        latest = self._now() + settings.watch.interval
        self.next_at = min((latest, *self._polls.values(), *due))

    def work_until_done(self) -> None:
        """Poll once, and do all due audits, also those that an audit requests."""
        while self.next_at <= self._now():
            self.work()
            self.finish()

    def finish(self, seconds: float | None = None) -> bool:
        """Wait for the running audits; return whether all ended in time. ``None``: no limit."""
        done = wait(self._running.values(), seconds)
        return not done.not_done

    def close(self) -> None:
        """Start no further audit."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _poll(self, settings: Settings, source: PolledSource) -> None:
        interval = settings.watch.interval
        # Set before the poll, so that a failed one is not repeated at once.
        self._polls[source.origin] = self._now() + interval
        with self._guarded("poll", origin=source.origin):
            with open_existing_store(settings) as store:
                result = poll(store, settings, source, self._now)
                cursor = store.watch.cursor(source.origin)
            if result is None:  # another process polled it: poll again after the interval
                if cursor:
                    due_at = max(cursor.at + interval, self._now())
                    self._polls[source.origin] = min(due_at, self._now() + interval)
                return
            self._counter.polled(source.origin, is_failed=bool(result.error), events=result.events)
            if result.error:
                _log.warning("poll_failed", origin=source.origin, error=result.error)
            elif result.events:
                _log.info("events_seen", origin=source.origin, events=result.events)

    def _start_due(self, settings: Settings) -> Iterator[datetime]:
        """Start each due audit; yield the due times of the others."""
        names = [each.name for each in settings.targets]
        found: tuple[WatchedTarget, ...] = ()
        with self._guarded("watch"), open_existing_store(settings) as store:
            found = store.watch.targets(names)
        for watched in found:
            for kind in (DueAudit.TARGETED, DueAudit.FULL):
                due_at = watched.due_at(kind, settings.watch.times)
                if due_at is None:
                    continue
                due_at = max(due_at, self._tries.get((watched.target, kind), due_at))
                running = self._running.get(watched.target)
                if due_at > self._now():
                    yield due_at
                elif running is None or running.done():
                    # Set before it starts, so that an audit that fails is not started again at
                    # once.
                    self._tries[watched.target, kind] = self._now() + RETRY_PAUSE
                    target = settings.target(watched.target)
                    self._running[watched.target] = self._pool.submit(
                        self._audit, kind, settings, target, watched
                    )
                    yield self._now() + RETRY_PAUSE
                else:  # one audit of a target at a time
                    yield self._now() + BUSY_PAUSE

    def _audit(
        self, kind: DueAudit, settings: Settings, target: TargetSettings, watched: WatchedTarget
    ) -> None:
        work = self._targeted if kind is DueAudit.TARGETED else self._full
        results: list[str] = []
        with self._guarded(f"{kind}_audit", target=target.name):
            results.append(work(settings, target, watched))
        self._counter.audited(kind, results[0] if results else "failed")

    def _targeted(self, settings: Settings, target: TargetSettings, watched: WatchedTarget) -> str:
        del watched  # the store is read again under the lease
        with open_existing_store(settings) as store:
            outcome = audit_events(store, settings, target, self._now)
        if outcome.result is TargetedResult.DONE:
            self._tries.pop((target.name, DueAudit.TARGETED), None)
            # This audit may have requested a full audit, which is due now.
            self.next_at = self._now()
            _log.info(
                "targeted_audit",
                target=target.name,
                opened=outcome.opened,
                requests=outcome.requests,
                full_audit=outcome.full_reason or "",
                delivery_errors=outcome.delivered.errors if outcome.delivered else (),
            )
        return outcome.result

    def _full(self, settings: Settings, target: TargetSettings, watched: WatchedTarget) -> str:
        with open_existing_store(settings) as store:
            # Stored before the audit: the pause counts from its start, also if it fails.
            store.watch.begin_full(target.name, self._now())
        try:
            outcome = audit_target(
                settings,
                target,
                self._now,
                lock_timeout=LEASE_TIMEOUT,
                # Any full audit after the request has read what the request is about.
                unless_since=watched.full_requested_at,
                must_exist=True,
            )
        except AlreadyAudited:
            return "taken"
        _log.info("audited", because=watched.full_reason, **outcome.log_fields)
        return "done"

    @contextmanager
    def _guarded(self, what: str, **names: str) -> Iterator[None]:
        """Log an error instead of raising it."""
        with structlog.contextvars.bound_contextvars(run=run_id(), **names):
            try:
                yield
            except AuditorError as error:
                _log.error(f"{what}_failed", error=str(error))
            except Exception:  # noqa: BLE001  (a bug in one audit must not end the watch)
                _log.exception(f"{what}_failed_by_a_bug")


class WatchLoop:
    """Runs a watch in a thread until it is stopped."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        now: Clock,
        counter: WatchCounter,
        *,
        tick: timedelta = timedelta(seconds=1),
        always: bool = False,
    ) -> None:
        """Prepare the thread. ``always``: also where [watch] disables it for `auditor serve`."""
        self._settings = settings
        self._now = now
        self._tick = tick
        self._always = always
        self._stopping = threading.Event()
        self._watch = Watch(settings, now, counter)
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """Begin no further poll or audit."""
        self._stopping.set()
        self._watch.close()

    def wait(self, ends_at: float) -> bool:
        """Return whether the poll and the running audits ended before ``ends_at`` (monotonic)."""
        self._thread.join(seconds_until(ends_at))
        return self._watch.finish(seconds_until(ends_at)) and not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.wait(self._tick.total_seconds()):
            is_enabled = self._always or self._settings().watch.enabled
            if is_enabled and self._now() >= self._watch.next_at:
                self._watch.work()
