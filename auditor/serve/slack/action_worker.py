"""Applies stored actions of Slack users: checks permission, stores the effect, answers."""

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from auditor.clock import Clock
from auditor.config.settings import Settings
from auditor.engine.incidents.action_limits import refusal_text
from auditor.engine.incidents.incident import IncidentState, IncidentStatus
from auditor.engine.incidents.incident_action import (
    ActionKind,
    ActionOutcome,
    IncidentAction,
)
from auditor.errors import AuditorError
from auditor.notify.slack.interaction.operators import click_refusal_text
from auditor.pipeline.audit import audit_target
from auditor.pipeline.incident_response import ActionResult, apply_action
from auditor.pipeline.reports import deliver_with_reports
from auditor.serve.jobs import LEASE_TIMEOUT, open_existing_store
from auditor.serve.shutdown import seconds_until
from auditor.serve.slack.click_receiver import affected_message
from auditor.serve.slack.operator_check import OperatorCheck, log_refusal
from auditor.text import BEING_COUNTED, count, format_time

if TYPE_CHECKING:
    from auditor.store.store import Store

RECHECK_INTERVAL = timedelta(minutes=5)
"""An org is rechecked at most once in this time."""

LEASE_WAIT = timedelta(seconds=1)
"""How long an action waits for an audit of its target before the next action is tried."""

_log = structlog.get_logger("auditor")


class ActionWorker:
    """Applies the actions of one configuration, oldest first. One process works at a time."""

    def __init__(self, settings: Settings, check: OperatorCheck, now: Clock) -> None:
        self._settings = settings
        self._check = check
        self._now = now
        self._announced: set[str] = set()
        """Keys of actions whose users know that an audit runs first."""
        self._shown: dict[str, str] = {}
        """Key of an action to the timestamp of the list that its user sees."""
        self._rechecks: dict[str, threading.Thread] = {}
        """The running recheck of each org."""

    def use(self, settings: Settings, check: OperatorCheck) -> None:
        """Continue with another configuration or connection. Running rechecks keep the old one."""
        self._settings, self._check = settings, check

    def work(self, store: "Store") -> None:
        """Apply the waiting actions. An action that cannot be applied yet waits for the next call.

        Raises :class:`~auditor.errors.StoreError` when the store cannot be read.
        """
        targets = [each.name for each in self._settings.targets]
        for action in store.actions.waiting(targets):
            try:
                self._carry_out(store, action)
            except AuditorError as error:
                _log.warning("action_waits", action=action.kind, error=str(error))

    def wait_for_rechecks(self, ends_at: float) -> bool:
        """Return whether the running rechecks ended before ``ends_at`` (monotonic)."""
        for thread in tuple(self._rechecks.values()):
            thread.join(seconds_until(ends_at))
        return not any(thread.is_alive() for thread in self._rechecks.values())

    def _carry_out(self, store: "Store", action: IncidentAction) -> None:
        # It waits in the store until its audit ends.
        if action.kind is ActionKind.RECHECK and self._is_running(action):
            return
        if action.permitted_at is None:
            user, refusal = self._check.check(action.slack_user)
            if refusal or user is None:
                self._refuse(store, action, click_refusal_text(refusal) if refusal else "", refusal)
                return
            # With `privacy = "ids"`, no name is stored: Slack shows the name of the id.
            name = "" if self._settings.hides_identities else user.name
            action = replace(action, by=name, permitted_at=self._now())
            store.actions.permit(action)
        if action.kind is ActionKind.RECHECK:
            self._recheck(store, action)
        elif action.kind is ActionKind.SHOW_AFFECTED:
            self._show_affected(store, action)
        else:
            self._apply(store, action)

    def _refuse(
        self, store: "Store", action: IncidentAction, text: str, reason: str | None
    ) -> None:
        ended = replace(action, outcome=ActionOutcome.REFUSED, note=text)
        # If this is false, another process has ended the action and has answered the user.
        if store.actions.end(ended, at=self._now()):
            log_refusal(action.kind, action.slack_user, reason or "")
            self._check.answer(action.channel_id, action.slack_user, text)

    def _apply(self, store: "Store", action: IncidentAction) -> None:
        """Apply under the lease of the target: an audit must not overwrite the effect."""
        try:
            with store.targets.lease(action.target, LEASE_WAIT):
                result = apply_action(store, self._settings, action, self._now)
        except AuditorError:
            # Once, because the action is tried again every two seconds.
            if action.key not in self._announced:
                self._announced.add(action.key)
                text = f"Recorded. An audit of {action.target} is running; it comes first."
                self._check.answer(action.channel_id, action.slack_user, text)
            raise
        self._finish(store, result)

    def _finish(self, store: "Store", result: ActionResult) -> None:
        action = result.action
        if result.refusal:
            log_refusal(action.kind, action.slack_user, result.refusal)
            text = refusal_text(result.refusal)
            self._check.answer(action.channel_id, action.slack_user, text)
            return
        _log.info("action_done", action=action.kind, target=action.target, user=action.slack_user)
        # The thread shows the action. A failed delivery is repeated from the outbox.
        delivered = deliver_with_reports(store, self._settings, self._now, target=action.target)
        for error in delivered.errors:
            _log.warning("notifications_failed", errors=(error,))

    def _show_affected(self, store: "Store", action: IncidentAction) -> None:
        # Posted once, although the action can be tried several times.
        if action.key not in self._shown:
            message = affected_message(store, action, 0)
            if message:
                self._shown[action.key] = self._check.api.post_ephemeral(
                    action.channel_id, action.slack_user, message
                )
        self._apply(store, replace(action, shown_ts=self._shown.get(action.key, "")))

    def _recheck(self, store: "Store", action: IncidentAction) -> None:
        org = self._org_of(action.target)
        # Rate limits are those of the org, so all its targets count.
        names = [each.name for each in self._settings.targets if each.okta.org_url == org]
        last = store.actions.last(ActionKind.RECHECK, names)
        next_at = last.ended_at + RECHECK_INTERVAL if last and last.ended_at else None
        is_busy = org in self._rechecks and self._rechecks[org].is_alive()
        if is_busy or (next_at and self._now() < next_at):
            when = f" after {format_time(next_at)}" if next_at and not is_busy else " later"
            text = f"This Okta org was rechecked in the last 5 minutes. Recheck again{when}."
            self._refuse(store, action, text, "too_soon")
            return
        # In a thread: an audit takes minutes, and other actions must not wait for it.
        thread = threading.Thread(
            target=self._audit, args=(action,), name=f"recheck {action.key}", daemon=True
        )
        self._rechecks[org] = thread
        thread.start()

    def _is_running(self, action: IncidentAction) -> bool:
        thread = self._rechecks.get(self._org_of(action.target))
        return thread is not None and thread.is_alive() and thread.name == f"recheck {action.key}"

    def _org_of(self, target: str) -> str:
        return self._settings.target(target).okta.org_url

    def _audit(self, action: IncidentAction) -> None:
        """Audit the target now, and state the result in the thread."""
        target = self._settings.target(action.target)
        unknown = 0
        try:
            outcome = audit_target(
                self._settings, target, self._now, lock_timeout=LEASE_TIMEOUT, must_exist=True
            )
            unknown = sum(each.has_unknown for each in outcome.reconciled.verdicts)
            _log.info("rechecked", **outcome.log_fields)
            failure = ""
        except AuditorError as error:
            failure = f"the audit failed: {error}"
            _log.error("recheck_failed", target=action.target, error=str(error))
        except Exception:  # noqa: BLE001  (a bug in a rule must not end the service; the user gets an answer)
            failure = "the audit failed with an internal error"
            _log.exception("recheck_failed_by_a_bug", target=action.target)
        try:
            with open_existing_store(self._settings) as store:
                # The audit has released the lease, which the action needs as well.
                with store.targets.lease(action.target, LEASE_TIMEOUT):
                    note = failure or recheck_result(store, action, unknown)
                    result = apply_action(
                        store, self._settings, replace(action, note=note), self._now
                    )
                self._finish(store, result)
        except AuditorError as error:
            _log.error("recheck_not_stored", target=action.target, error=str(error))


def recheck_result(store: "Store", action: IncidentAction, unknown: int) -> str:
    """Return the state of the incident after a recheck, in words."""
    notified_state = store.incidents.notified_state(action.target)
    incident = notified_state.incidents.get(action.incident) if notified_state else None
    result = _status(incident.state) if incident else "the incident does not exist any more"
    return f"{result}; {count(unknown, 'rule')} not evaluated" if unknown else result


def _status(state: IncidentState) -> str:
    match state.status:
        case IncidentStatus.OPEN:
            affected = f", {count(state.affected, 'affected user')}" if state.affected else ""
            if state.is_counting:
                affected = f", affected users {BEING_COUNTED}"
            return f"still open, {count(state.findings, 'open finding')}{affected}"
        case IncidentStatus.WAIVED:
            return "accepted by a waiver"
        case IncidentStatus.RESOLVED:
            return "resolved"
