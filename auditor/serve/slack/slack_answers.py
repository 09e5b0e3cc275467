"""Answers clicks in Slack while the service runs: one process of a deployment at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import uniform
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from auditor.clock import Clock
from auditor.config.settings import Settings
from auditor.config.tables.notification_settings import SlackSettings
from auditor.engine.diagnostics.slack_connection import SlackConnectionFact
from auditor.errors import AuditorError, ConfigError
from auditor.notify.slack.interaction.interaction_api import InteractionApi
from auditor.serve.jobs import open_existing_store
from auditor.serve.shutdown import seconds_until
from auditor.serve.slack.action_worker import ActionWorker
from auditor.serve.slack.click_receiver import ClickReceiver
from auditor.serve.slack.operator_check import OperatorCheck

if TYPE_CHECKING:
    from auditor.serve.slack.socket_session import Greeting
    from auditor.store.store import Store

TAKEOVER_SECONDS = 15.0
"""How often a process without the lease tries to get it, and the holder checks its own."""

POLL_SECONDS = 0.5
"""How often the session is checked. An action that waits is tried again after two seconds."""

WORK_SECONDS = 2.0
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 60.0
"""The first and the longest pause between attempts to connect."""

STEADY_SECONDS = 60.0
"""After a session of this length, the pauses start with the first one again."""

RECOUNT_SECONDS = 600.0
"""Connect again after this time when the app had other connections: they may have been ours."""

_log = structlog.get_logger("auditor")


def connection_pauses() -> Iterator[float]:
    """Yield the longest pause before each further attempt to connect, in seconds."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, MAX_PAUSE_SECONDS)


class SlackAnswers:
    """A thread that connects to Slack, and a thread that applies actions.

    They are daemons: Slack never delays audits, and a click that is not finished is in the store.
    """

    def __init__(self, settings: Callable[[], Settings], now: Clock) -> None:
        self._settings = settings
        self._now = now
        self._stopping = threading.Event()
        self._has_work = threading.Event()
        self._worker: ActionWorker | None = None
        self._thread = threading.Thread(target=self._run, name="slack", daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def end(self) -> None:
        """Close the connection, and begin no further action."""
        self._stopping.set()
        self._has_work.set()

    def wait(self, ends_at: float) -> bool:
        """Return whether actions and rechecks ended before ``ends_at`` (monotonic)."""
        self._thread.join(seconds_until(ends_at))
        rechecks = self._worker.wait_for_rechecks(ends_at) if self._worker else True
        return rechecks and not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            settings = self._settings()
            slack = settings.slack
            try:
                if slack and slack.is_interactive:
                    with (
                        open_existing_store(settings) as store,
                        store.actions.answering() as is_ours,
                    ):
                        if is_ours:
                            self._answer(store, settings, slack)
            except AuditorError as error:
                _log.error("slack_answers_failed", error=str(error))
            except Exception:  # noqa: BLE001  (a bug must not end all answers)
                _log.exception("slack_answers_failed_by_a_bug")
            if self._settings() is settings:  # after a reload there is nothing to wait for
                self._stopping.wait(TAKEOVER_SECONDS)

    def _answer(self, store: "Store", settings: Settings, slack: SlackSettings) -> None:
        """Hold the lease and connect repeatedly, until the service stops or reloads."""
        pauses = connection_pauses()
        while self._may_answer(settings):
            began, pause = monotonic(), next(pauses)
            try:
                api = InteractionApi.of(slack)
                check = OperatorCheck(slack, api, api.identity())
                with self._working(settings, check):
                    self._hold_session(store, settings, slack, check)
            # Another attempt cannot succeed before the configuration changes.
            except ConfigError:
                raise
            except Exception as error:  # noqa: BLE001  (slack-sdk raises anything; the next attempt follows)
                _log.warning("slack_connection_failed", error=str(error)[:300], seconds=pause)
            if not self._holds_lease(store):
                return
            if monotonic() - began >= STEADY_SECONDS:
                pauses = connection_pauses()
            # Replicas and deployments must not connect at the same moment after an outage.
            self._stopping.wait(uniform(pause / 2, pause))  # noqa: S311  (no secret)

    def _may_answer(self, settings: Settings) -> bool:
        return not self._stopping.is_set() and self._settings() is settings

    def _hold_session(
        self, store: "Store", settings: Settings, slack: SlackSettings, check: OperatorCheck
    ) -> None:
        # slack-sdk is imported only where Slack is answered.
        from auditor.serve.slack.socket_session import socket_session

        if slack.app_token is None:
            return
        counted: list[Greeting] = []

        def greeted(greeting: "Greeting") -> None:
            self._keep(settings, greeting, check)
            counted.append(greeting)

        receiver = ClickReceiver(settings, check, self._now, self._has_work.set)
        token = slack.app_token.read_line()
        with socket_session(check.api, token, receiver, greeted) as client:
            began = checked = monotonic()
            while self._may_answer(settings) and client.is_connected():
                self._stopping.wait(POLL_SECONDS)
                if monotonic() - checked >= TAKEOVER_SECONDS:
                    checked = monotonic()
                    if not self._holds_lease(store):
                        return
                if counted and counted[-1].app_id != check.identity.app_id:
                    msg = (
                        "slack.app_token: the token belongs to another app than the bot token "
                        "(copy both tokens from the same app)"
                    )
                    raise AuditorError(msg)
                is_shared = counted and counted[-1].connections > counted[-1].own
                if is_shared and monotonic() - began >= RECOUNT_SECONDS:
                    return

    def _keep(self, settings: Settings, greeting: "Greeting", check: OperatorCheck) -> None:
        _log.info("slack_connected", connections=greeting.connections, own=greeting.own)
        if greeting.connections > greeting.own:
            _log.error(
                "slack_app_shared",
                connections=greeting.connections,
                consequence="another program gets a part of the clicks",
            )
        fact = SlackConnectionFact(
            at=self._now(),
            app_id=check.identity.app_id,
            connections=greeting.connections,
            own=greeting.own,
        )
        with open_existing_store(settings) as store:
            store.facts.keep_slack_connection(fact)

    def _holds_lease(self, store: "Store") -> bool:
        """Return whether the lease is still ours: a broken database connection loses it."""
        with store.actions.answering() as is_free:
            return not is_free

    def _work(self, worker: ActionWorker, settings: Settings, ended: threading.Event) -> None:
        """Apply waiting actions repeatedly, in one open store.

        After an error, open the store again.

        SQLite opens the file anew for each transaction, so a file that is missing or was replaced
        is still an error.
        """
        with open_existing_store(settings) as store:
            while not ended.is_set():
                # Cleared before the work: an action that is stored meanwhile must not wait for the
                # next interval.
                self._has_work.clear()
                worker.work(store)
                self._has_work.wait(WORK_SECONDS)

    @contextmanager
    def _working(self, settings: Settings, check: OperatorCheck) -> Iterator[None]:
        """Apply waiting actions in a thread while the block lasts."""
        # Kept for all sessions: it knows the running rechecks, and which users have an answer.
        worker = self._worker or ActionWorker(settings, check, self._now)
        worker.use(settings, check)
        self._worker = worker
        ended = threading.Event()

        def work() -> None:
            while not ended.is_set():
                try:
                    self._work(worker, settings, ended)
                except AuditorError as error:
                    _log.error("actions_failed", error=str(error))
                except Exception:  # noqa: BLE001  (a bug in one action must not stop the others)
                    _log.exception("actions_failed_by_a_bug")
                ended.wait(WORK_SECONDS)

        thread = threading.Thread(target=work, name="slack actions", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            self._has_work.set()
            thread.join()
