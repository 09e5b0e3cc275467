"""The long-running mode: it waits for its store, keeps its schedule, and obeys signals."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum, auto
from queue import Empty, SimpleQueue

import structlog
from starlette.types import ASGIApp

from auditor.clock import Clock
from auditor.config.rule_settings import rules_for
from auditor.config.service_settings import Address
from auditor.config.settings import Settings
from auditor.errors import AuditorError, ConfigError, StoreError
from auditor.observability.heartbeat import ping
from auditor.observability.metrics import JobCounter
from auditor.observability.status import system_status
from auditor.pipeline.notifications import notify_missing_audits
from auditor.serve.health_endpoints import operations_app
from auditor.serve.http_server import HttpServer
from auditor.serve.jobs import open_existing_store
from auditor.serve.report_site import reports_app
from auditor.serve.scheduler import JobScheduler

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between attempts to reach the store."""

SHORT_WAIT = 1.0

BEAT = timedelta(minutes=5)
"""How often the clock is looked at, silence told, and the heartbeat's address asked."""

_log = structlog.get_logger("auditor")


class SignalRequest(Enum):
    """What a signal asks for."""

    STOP = auto()
    RELOAD = auto()


SIGNALS = {
    signal.SIGTERM: SignalRequest.STOP,
    signal.SIGINT: SignalRequest.STOP,
    signal.SIGHUP: SignalRequest.RELOAD,
}


class Service:
    """Audits and reports by the schedule, and shows how it does."""

    def __init__(self, load: Callable[[], Settings], now: Clock, *, beat: timedelta = BEAT) -> None:
        """Load the configuration; raise :class:`~auditor.errors.ConfigError`."""
        self._load = load
        self._now = now
        self._beat = beat
        self._wishes: SimpleQueue[SignalRequest] = SimpleQueue()
        self._attempts = JobCounter()
        self._clockwork: JobScheduler | None = None
        self.settings = _checked(load())

    def request(self, wish: SignalRequest) -> None:
        """Ask for something; safe in a signal handler."""
        self._wishes.put(wish)

    def run(self) -> bool:
        """Serve until asked to stop; tell whether everything that ran could end."""
        with HttpServer(self._apps()) as listening:
            _log.info("listening", at=listening.urls)
            if not self._reach_store():
                return True
            clockwork = self._wind_up()
            while self._next_wish(self._beat.total_seconds()) is not SignalRequest.STOP:
                clockwork.wake()
                self.break_silence()
                self._ping()
            return self._run_down(clockwork)

    def _apps(self) -> Mapping[Address, ASGIApp]:
        serve = self.settings.serve
        apps: dict[Address, ASGIApp] = {
            serve.operations: operations_app(
                lambda: self.settings,
                self._now,
                self._attempts,
                begun=lambda: self._clockwork is not None,
            )
        }
        if serve.reports:
            apps[serve.reports] = reports_app(lambda: self.settings, self._now)
        return apps

    def _reach_store(self) -> bool:
        """Wait for the store; tell whether it came before the wish to stop."""
        wait = FIRST_WAIT
        while True:
            try:
                system_status(self.settings)
            except StoreError as error:
                _log.error("waiting for the store", because=str(error), seconds=wait)
            else:
                return True
            if self._next_wish(wait) is SignalRequest.STOP:
                return False
            wait = min(2 * wait, LONGEST_WAIT)

    def _next_wish(self, seconds: float) -> SignalRequest | None:
        """Wait for a wish; one to reload is carried out at once.

        A signal that comes just as a wait begins is seen only when it ends: so waits are short.
        """
        while seconds > 0:
            try:
                wish = self._wishes.get(timeout=min(seconds, SHORT_WAIT))
            except Empty:
                seconds -= SHORT_WAIT
                continue
            if wish is SignalRequest.RELOAD:
                self._reload()
            return wish
        return None

    def _reload(self) -> None:
        """Take up the file as it is now, or stay with what was if it cannot be used."""
        try:
            settings = _checked(self._load())
        except AuditorError as error:
            _log.error("not reloaded: the old configuration stays", because=str(error))
            return
        if settings.serve != self.settings.serve:
            _log.warning("what [serve] says is taken up by a restart only")
        self.settings = settings
        if self._clockwork is not None:
            self._clockwork.replace(settings)
        _log.info("reloaded", targets=len(settings.targets))

    def _wind_up(self) -> JobScheduler:
        self._clockwork = JobScheduler(self.settings, self._now, self._attempts)
        self._clockwork.start()
        _log.info("scheduled", targets=len(self.settings.targets), next=self._clockwork.next_at)
        return self._clockwork

    def _run_down(self, clockwork: JobScheduler) -> bool:
        grace = self.settings.serve.grace
        _log.info("stopping", grace=grace.total_seconds())
        ended = clockwork.stop(grace)
        if not ended:
            _log.warning("abandoned what still ran; the next run begins it anew")
        return ended

    def break_silence(self) -> None:
        """Tell people of targets that were not audited for too long, each silence once."""
        try:
            with open_existing_store(self.settings) as store:
                told = notify_missing_audits(store, self.settings, self._now)
        except AuditorError as error:
            _log.error("silence not told", because=str(error))
        else:
            if told.errors:
                _log.error("silence not told", because=told.errors)

    def _ping(self) -> None:
        """Tell the heartbeat's address whether all were audited lately, and people told of it."""
        if self.settings.heartbeat is None:
            return
        try:
            at, stand = self._now(), system_status(self.settings, must_exist=True)
            stale = any(stand.stale(at, self.settings.alerts.stale_after))
            ping(self.settings.heartbeat, good=not (stale or stand.has_overdue_notifications(at)))
        except AuditorError as error:
            _log.error("no heartbeat", because=str(error))


@contextmanager
def handling_signals(service: Service) -> Iterator[None]:
    """Let signals reach the service while the block lasts."""
    before = {
        number: signal.signal(number, lambda *_, wish=wish: service.request(wish))
        for number, wish in SIGNALS.items()
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _checked(settings: Settings) -> Settings:
    """Refuse what would fail at its time: rules and secrets that cannot be had.

    What should not stay as it is, is said.
    """
    for target in settings.targets:
        rules_for(settings, target)
    settings.check_secrets()
    for warning in settings.warnings:
        _log.warning("configuration", because=warning)
    if settings.serve.reports == settings.serve.operations:
        msg = f"{settings.path}: serve: reports and operations need an address each"
        raise ConfigError(msg)
    return settings
