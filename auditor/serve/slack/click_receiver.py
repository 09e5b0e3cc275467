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
from auditor.notify.slack.interaction.action_blocks import acknowledge_modal, choice_modal
from auditor.notify.slack.interaction.affected_list import affected_page
from auditor.notify.slack.interaction.click import PERIODS, Click, ClickKind, parse_click
from auditor.notify.slack.interaction.operators import ClickRefusal, click_refusal_text
from auditor.serve.jobs import open_existing_store
from auditor.serve.slack.operator_check import OperatorCheck, log_refusal

if TYPE_CHECKING:
    from auditor.store.store import Store

FollowUp = Callable[[], None]
"""The work after the acknowledgement. The user waits for it, and it is not stored."""

_log = structlog.get_logger("auditor")


class ClickedIncident(Struct, frozen=True, kw_only=True):
    """The incident of a message, as the store knows it."""

    target: str
    id: str
    incident: Incident

    def refuses(self, kind: ClickKind) -> ActionRefusal | None:
        """Return why the incident does not allow such a click; ``None``: it does."""
        refusal = incident_refusal(self.incident.state)
        if refusal is None and kind is ClickKind.RESUME and not self.incident.state.acknowledgement:
            return ActionRefusal.NOT_ACKNOWLEDGED
        return refusal


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
            shown = clicked_incidents(store, self._settings, click)
            # A message about one incident leaves nothing to choose.
            meant = [each for each in shown if len(shown) == 1 or each.id in click.incidents]
            candidates = meant if click.incidents else meant or shown
            possible = [each for each in candidates if each.refuses(click.kind) is None]
            if not possible:
                refusals = (each.refuses(click.kind) for each in candidates)
                refusal = next(filter(None, refusals), ActionRefusal.NO_INCIDENT)
                return partial(self._refuse, click, refusal, refusal_text(refusal))
            if not meant:
                return partial(self._open_choice, click, possible)
            if click.kind is ClickKind.OPEN_MODAL:
                return partial(self._open_modal, click, meant[0])
            # An incident that is not open any more is refused later, and the user gets an answer.
            for each in meant:
                store.actions.add(requested_action(click, each, self._now, of=len(shown)))
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
        self._open(click, acknowledge_modal(click, found.incident.state, found.target))

    def _open_choice(self, click: Click, possible: list[ClickedIncident]) -> None:
        is_modal = click.kind is ClickKind.OPEN_MODAL
        kind = ClickKind.ACKNOWLEDGE if is_modal else click.kind
        choices = [(each.id, each.incident.state) for each in possible]
        self._open(click, choice_modal(click, kind, choices, possible[0].target))

    def _open(self, click: Click, view: Json) -> None:
        # A user who may not act must not fill in a form for nothing. The action itself is checked
        # when it is applied.
        if self._is_refused(click):
            return
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


def clicked_incidents(store: "Store", settings: Settings, click: Click) -> list[ClickedIncident]:
    """Return the incidents whose root message was clicked, the most severe first."""
    place = store.incidents.thread_at(click.channel_id, click.message_ts)
    if place is None:
        return []
    target, thread = place
    notified_state = store.incidents.notified_state(target)
    if notified_state is None or target not in {each.name for each in settings.targets}:
        return []
    found = [
        ClickedIncident(target=target, id=id_, incident=each)
        for id_, each in notified_state.incidents.items()
        if each.thread == thread
    ]
    return sorted(found, key=lambda each: (-each.incident.state.severity.rank, each.id))


def requested_action(
    click: Click, found: ClickedIncident, now: Clock, *, of: int
) -> IncidentAction:
    """Return the action that a click requests; whether it is allowed is checked later.

    ``of``: the number of incidents in the message. The key of an action names one of several.
    """
    at = now()
    period = PERIODS.get(click.period)
    return IncidentAction(
        key=click.key if of == 1 else f"{click.key}/{found.id}",
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
