"""Receives clicks: stores what a click requests before Slack gets the acknowledgement."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog
from msgspec import Struct

from auditor.clock import Clock
from auditor.config.settings import Settings
from auditor.engine.findings.tracked_findings import State
from auditor.engine.incidents.action_limits import (
    ActionRefusal,
    incident_refusal,
    refusal_text,
)
from auditor.engine.incidents.incident import Incident
from auditor.engine.incidents.incident_action import ActionKind, ActionVia, IncidentAction
from auditor.errors import AuditorError
from auditor.notify.slack.blocks import Json, Message
from auditor.notify.slack.interaction.action_blocks import acknowledge_modal
from auditor.notify.slack.interaction.affected_list import affected_page
from auditor.notify.slack.interaction.click import PERIODS, Click, ClickKind, parse_click
from auditor.notify.slack.interaction.operators import ClickRefusal, click_refusal_text
from auditor.serve.jobs import open_existing_store
from auditor.serve.slack.operator_check import OperatorCheck, log_refusal

if TYPE_CHECKING:
    from auditor.store.store import Store

FollowUp = Callable[[], None]
"""What is done after the acknowledgement; the user waits for it, and nothing of it is stored."""

_log = structlog.get_logger("auditor")


class ClickedIncident(Struct, frozen=True, kw_only=True):
    """The incident of a message, as the store knows it."""

    target: str
    id: str
    incident: Incident


class ClickReceiver:
    """Receives the clicks of one session."""

    def __init__(
        self, settings: Settings, check: OperatorCheck, now: Clock, wake: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._check = check
        self._now = now
        self._wake = wake

    def receive(self, payload: Json) -> FollowUp | None:
        """Store the action of a click. When this returns, Slack may get the acknowledgement.

        Raises :class:`~auditor.errors.StoreError`: then Slack gets none, so the user sees a
        warning. An action that arrives again, in this envelope or another one, is stored once.
        """
        click = parse_click(payload)
        if click is None:
            _log.info("click_ignored", type=str(payload.get("type"))[:40])
            return None
        identity = self._check.identity
        if click.app_id != identity.app_id:
            log_refusal(click.kind, click.user_id, "other_app")
            return None
        if click.team_id != identity.team_id:
            text = click_refusal_text(ClickRefusal.OTHER_TEAM)
            return partial(self._refuse, click, ClickRefusal.OTHER_TEAM, text)
        if click.kind is ClickKind.SHOW_PAGE:
            return partial(self._show_page, click)
        return self._receive_about_incident(click)

    def _receive_about_incident(self, click: Click) -> FollowUp | None:
        with open_existing_store(self._settings) as store:
            found = clicked_incident(store, self._settings, click)
            refusal = incident_refusal(found.incident.state if found else None)
            if found is None or refusal:
                refusal = refusal or ActionRefusal.NO_INCIDENT
                return partial(self._refuse, click, refusal, refusal_text(refusal))
            if click.kind is ClickKind.OPEN_MODAL:
                return partial(self._open_modal, click, found)
            store.actions.add(requested_action(click, found, self._now))
        self._wake()
        return None

    def _refuse(self, click: Click, reason: str, text: str) -> None:
        log_refusal(click.kind, click.user_id, reason)
        self._check.answer(click.channel_id, click.user_id, text)

    def _is_refused(self, click: Click) -> bool:
        _, refusal = self._check.check(click.user_id)
        if refusal:
            self._refuse(click, refusal, click_refusal_text(refusal))
        return refusal is not None

    def _open_modal(self, click: Click, found: ClickedIncident) -> None:
        if self._is_refused(click):
            return
        view = acknowledge_modal(click, found.incident.state, found.target)
        try:
            self._check.api.open_modal(click.trigger_id, view)
        except AuditorError as error:
            _log.warning("slack_modal_failed", error=str(error))
            text = "The form could not be opened. Nothing was done. Click again."
            self._check.answer(click.channel_id, click.user_id, text)

    def _show_page(self, click: Click) -> None:
        if self._is_refused(click):
            return
        with open_existing_store(self._settings) as store:
            shown = store.actions.showing(click.channel_id, click.message_ts, click.user_id)
            message = affected_message(store, shown, click.page) if shown else None
        if message is None or click.response_url is None:
            refusal = ActionRefusal.NO_INCIDENT
            self._refuse(click, refusal, refusal_text(refusal))
            return
        self._check.api.replace(click.response_url, message)


def clicked_incident(store: "Store", settings: Settings, click: Click) -> ClickedIncident | None:
    """Return the incident whose root message was clicked; ``None``: the store knows none."""
    place = store.incidents.thread_at(click.channel_id, click.message_ts)
    if place is None:
        return None
    target, thread = place
    notified_state = store.incidents.notified_state(target)
    if notified_state is None or target not in {each.name for each in settings.targets}:
        return None
    found = [(id_, each) for id_, each in notified_state.incidents.items() if each.thread == thread]
    if len(found) != 1:  # a message of several incidents has no buttons
        return None
    ((id_, incident),) = found
    return ClickedIncident(target=target, id=id_, incident=incident)


def requested_action(click: Click, found: ClickedIncident, now: Clock) -> IncidentAction:
    """Return the action that a click requests; whether it is allowed is checked later."""
    at = now()
    period = PERIODS.get(click.period)
    return IncidentAction(
        key=click.key,
        target=found.target,
        incident=found.id,
        kind=ActionKind(click.kind),
        via=ActionVia.SLACK,
        at=at,
        slack_user=click.user_id,
        title=found.incident.state.title,
        until=at + period if period else None,
        reason=click.reason,
        channel_id=click.channel_id,
    )


def affected_message(store: "Store", action: IncidentAction, page: int) -> Message | None:
    """Return a page of the affected users of an action's incident; ``None``: it is unknown."""
    notified_state = store.incidents.notified_state(action.target)
    incident = notified_state.incidents.get(action.incident) if notified_state else None
    if incident is None:
        return None
    findings = store.history.findings(action.target, State.OPEN)
    people = (
        person
        for finding in findings
        if finding.cause == action.incident and not finding.waived
        for person in finding.affected
    )
    return affected_page(incident.state, people, page, target=action.target)
