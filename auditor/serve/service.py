"""The long-running service: waits for its database, runs the schedule, and handles signals."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from enum import Enum, auto
from queue import Empty, SimpleQueue

import structlog

from auditor.clock import Clock
from auditor.config.rule_settings import check_rules
from auditor.config.settings import Settings
from auditor.errors import AuditorError, StoreError
from auditor.observability.heartbeat import ping
from auditor.observability.metrics import JobCounter, WatchCounter
from auditor.observability.status import system_status
from auditor.pipeline.notifications import notify_missing_audits
from auditor.serve.health_endpoints import operations_app
from auditor.serve.http_server import HttpServer
from auditor.serve.jobs import open_existing_store
from auditor.serve.login import check_password
from auditor.serve.report_site import reports_app
from auditor.serve.scheduler import JobScheduler
from auditor.serve.shutdown import Part, shut_down
from auditor.serve.slack.slack_answers import SlackAnswers
from auditor.serve.watch import WatchLoop

FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 1.0, 60.0
"""The first and the longest pause between attempts to reach the database."""

SIGNAL_POLL_SECONDS = 1.0
"""Longest wait, in seconds. A signal at the begin of a wait is noticed only at its end."""

HEARTBEAT_INTERVAL = timedelta(minutes=5)
"""How often missed jobs are started, missing audits are notified and the heartbeat is sent."""

_log = structlog.get_logger("auditor")


class SignalRequest(Enum):
    """The request of a signal."""

    STOP = auto()
    RELOAD = auto()


SIGNALS = {
    signal.SIGTERM: SignalRequest.STOP,
    signal.SIGINT: SignalRequest.STOP,
    signal.SIGHUP: SignalRequest.RELOAD,
}


class Service:
    """Audits and reports by the schedule, and serves its status and the reports."""

    def __init__(
        self, load: Callable[[], Settings], now: Clock, *, beat: timedelta = HEARTBEAT_INTERVAL
    ) -> None:
        """Load the configuration; raise :class:`~auditor.errors.ConfigError`."""
        self._load = load
        self._now = now
        self._beat = beat
        # Its `put` is reentrant, so a signal handler can call it.
        self._requests: SimpleQueue[SignalRequest] = SimpleQueue()
        self.attempts = JobCounter()
        """The scheduled jobs of this process by result."""
        self._watched = WatchCounter(self.attempts.registry)
        self._scheduler: JobScheduler | None = None
        self.settings = _checked(load())

    def request(self, request: SignalRequest) -> None:
        """Ask the service to stop or to reload; safe in a signal handler."""
        self._requests.put(request)

    def run(self) -> bool:
        """Serve until asked to stop; return whether every running job ended in time."""
        # Before the database is available: a probe must get an answer meanwhile.
        with self._listening():
            if not self._wait_for_store():
                return True
            scheduler = self._start_scheduler()
            answers = SlackAnswers(lambda: self.settings, self._now)
            answers.start()
            watch = WatchLoop(lambda: self.settings, self._now, self._watched)
            watch.start()
            while self._next_request(self._beat.total_seconds()) is not SignalRequest.STOP:
                scheduler.wake()
                self.notify_missing_audits()
                self._send_heartbeat()
            return self._stop(scheduler, watch, answers)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        serve = self.settings.serve
        operations = operations_app(
            lambda: self.settings,
            self._now,
            self.attempts,
            begun=lambda: self._scheduler is not None,
        )
        with ExitStack() as stack:
            servers = [stack.enter_context(HttpServer(serve.operations, operations))]
            if serve.reports:
                site = reports_app(lambda: self.settings)
                servers.append(stack.enter_context(HttpServer(serve.reports, site)))
            _log.info("listening", at=[server.url for server in servers])
            yield

    def _wait_for_store(self) -> bool:
        """Wait until the database can be used; return ``False`` when asked to stop before.

        Only here a SQLite file is created: the service is new, or an operator restarted it.
        """
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                system_status(self.settings)
            except StoreError as error:
                _log.error("waiting_for_store", error=str(error), seconds=wait)
            else:
                return True
            if self._next_request(wait) is SignalRequest.STOP:
                return False
            wait = min(2 * wait, MAX_WAIT_SECONDS)

    def _next_request(self, seconds: float) -> SignalRequest | None:
        """Wait up to ``seconds`` for a request. A reload is done at once."""
        while seconds > 0:
            try:
                request = self._requests.get(timeout=min(seconds, SIGNAL_POLL_SECONDS))
            except Empty:
                seconds -= SIGNAL_POLL_SECONDS
                continue
            if request is SignalRequest.RELOAD:
                self._reload()
            return request
        return None

    def _reload(self) -> None:
        """Load the configuration file again. If it has an error, keep the old configuration."""
        try:
            settings = _checked(self._load())
        except AuditorError as error:
            _log.error("reload_failed", error=str(error), consequence="the old one stays in use")
            return
        # The sockets are open already, so a new address needs a restart.
        if settings.serve != self.settings.serve:
            _log.warning("restart_needed", table="serve")
        self.settings = settings
        if self._scheduler is not None:
            self._scheduler.replace(settings)
        _log.info("reloaded", targets=len(settings.targets))

    def _start_scheduler(self) -> JobScheduler:
        self._scheduler = JobScheduler(self.settings, self._now, self.attempts)
        self._scheduler.start()
        _log.info("scheduled", targets=len(self.settings.targets), next=self._scheduler.next_at)
        return self._scheduler

    def _stop(self, *parts: Part) -> bool:
        grace = self.settings.serve.grace
        _log.info("stopping", grace=grace.total_seconds())
        ended = shut_down(parts, grace)
        if not ended:
            _log.warning("jobs_abandoned", consequence="the next audit repeats them")
        return ended

    def notify_missing_audits(self) -> None:
        """Notify once about each target without a recent audit; deliver waiting notifications."""
        try:
            with open_existing_store(self.settings) as store:
                errors = notify_missing_audits(store, self.settings, self._now).errors
        except AuditorError as error:
            errors = (str(error),)
        if errors:
            _log.error("notifications_failed", errors=errors)

    def _send_heartbeat(self) -> None:
        """Report to the heartbeat URL whether all targets are audited and notifications sent."""
        if self.settings.heartbeat is None:
            return
        try:
            ping(self.settings.heartbeat, good=self._is_healthy())
        except AuditorError as error:
            _log.error("heartbeat_failed", error=str(error))

    def _is_healthy(self) -> bool:
        at = self._now()
        try:
            status = system_status(self.settings, must_exist=True)
        except StoreError as error:
            _log.error("store_unavailable", error=str(error))
            return False
        is_stale = any(status.stale(at, self.settings.alerts.stale_after))
        return not (is_stale or status.has_overdue_notifications(at))


@contextmanager
def handling_signals(service: Service) -> Iterator[None]:
    """Pass signals to the service while the block lasts."""
    before = {
        number: signal.signal(number, lambda *_, request=request: service.request(request))
        for number, request in SIGNALS.items()
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _checked(settings: Settings) -> Settings:
    """Reject a configuration whose rules or secrets would fail at the time of a job.

    Raises :class:`~auditor.errors.ConfigError`. Warnings of the configuration are logged.
    """
    check_rules(settings, settings.targets)
    settings.check_secrets()
    check_password(settings.serve)
    for warning in settings.warnings:
        _log.warning("configuration", warning=warning)
    return settings
