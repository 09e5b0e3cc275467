"""Apply the actions of users on incidents. Commands and Slack use the same functions."""

from typing import TYPE_CHECKING
from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace

from auditor.clock import Clock
from auditor.config.settings import Settings
from auditor.engine.findings.tracked_findings import State
from auditor.engine.incidents.action_limits import (
    ActionRefusal,
    acknowledgement_refusal,
    incident_refusal,
    refusal_text,
)
from auditor.engine.incidents.incident import Acknowledgement, IncidentState
from auditor.engine.incidents.incident_action import (
    ActionKind,
    ActionOutcome,
    ActionVia,
    IncidentAction,
    changes_nothing,
    respond,
)
from auditor.engine.incidents.notification_decision import find_incident
from auditor.notify.dispatch import channels_of
from auditor.pipeline.audit import LOCK_TIMEOUT

if TYPE_CHECKING:
    from auditor.store.store import Store


class ActionResult(Struct, frozen=True, kw_only=True):
    """An action and its outcome."""

    action: IncidentAction
    refusal: ActionRefusal | None = None
    """Why the action was refused; ``None``: it was done."""

    state: IncidentState | None = None
    """The incident after the action; ``None``: there is none."""

    instead_of: Acknowledgement | None = None
    """The valid acknowledgement that this one replaces, if there is one."""


def act_by_command(
    store: "Store", settings: Settings, wanted: str, request: IncidentAction, now: Clock
) -> ActionResult | None:
    """Apply an action from the command line; ``None``: the target has no such incident.

    ``wanted`` is the id of a cause or of a finding, or a rule. ``request`` names target, user and
    action; this function adds the incident and the key.
    """
    with store.targets.lease(request.target, LOCK_TIMEOUT):
        findings = store.history.findings(request.target, State.OPEN)
        notified_state = store.incidents.notified_state(request.target)
        incidents = notified_state.incidents if notified_state else {}
        incident = find_incident(incidents, findings, wanted)
        if incident is None or incident_refusal(incidents[incident].state):
            return None
        # Each command is an action of its own. Only a click can arrive twice.
        action = replace(
            request, incident=incident, key=f"command/{uuid4().hex}", via=ActionVia.COMMAND
        )
        return apply_action(store, settings, action, now)


def apply_action(
    store: "Store", settings: Settings, action: IncidentAction, now: Clock
) -> ActionResult:
    """Store the effect and the outcome of an action, and the notifications about it.

    The caller holds the lease of the target: an audit that runs at the same time would overwrite
    the effect. A repeated call has no second effect.
    """
    at = now()
    notified_state = store.incidents.notified_state(action.target)
    incident = notified_state.incidents.get(action.incident) if notified_state else None
    state = incident.state if incident else None
    refusal = incident_refusal(state)
    if refusal is None and state and action.kind is ActionKind.ACKNOWLEDGE:
        refusal = acknowledgement_refusal(
            # The limits hold at the time of the click: an action may wait for the end of an audit.
            state,
            action.until,
            action.reason,
            requested_at=action.at,
        )
    if refusal is None and state and action.kind is ActionKind.RESUME:
        refusal = None if state.acknowledgement else ActionRefusal.NOT_ACKNOWLEDGED
    # The result of a recheck is stated also when the recheck shows that the incident is fixed.
    is_result = action.kind is ActionKind.RECHECK and refusal is ActionRefusal.NOT_OPEN
    if notified_state is None or state is None or (refusal and not is_result):
        refusal = refusal or ActionRefusal.NO_INCIDENT
        ended = replace(action, outcome=ActionOutcome.REFUSED, note=refusal_text(refusal))
        store.actions.end(ended, at=at)
        return ActionResult(action=ended, refusal=refusal, state=state)
    before = state.acknowledgement if action.kind is ActionKind.ACKNOWLEDGE else None
    ended = replace(action, outcome=ActionOutcome.DONE, title=state.title)
    # A command that is repeated has no second reply in the thread.
    if changes_nothing(state, action):
        store.actions.end(ended, at=at)
        return ActionResult(action=ended, state=state)
    decision = respond(notified_state, ended, at=at)
    store.actions.end(ended, at=at, decision=decision, channels=channels_of(settings))
    return ActionResult(
        action=ended,
        state=decision.notified_state.incidents[action.incident].state,
        instead_of=before if before and before.holds(at) else None,
    )
