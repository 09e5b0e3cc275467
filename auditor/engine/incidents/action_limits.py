"""What an incident allows users to do: how long it can be acknowledged, and with a reason. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState, IncidentStatus
from auditor.rule.severity import Severity

LONGEST_PAUSE = timedelta(days=7)
"""The longest acknowledgement of an incident that cannot be acknowledged until it is fixed."""

ADMIN_ACCESS_RULE = "admin-unreachable"
LIMITED_RULES = frozenset({ADMIN_ACCESS_RULE, NOT_EVALUATED})
"""Their incidents have the limit at any severity."""


class ActionRefusal(StrEnum):
    """Why an action is refused, from any user."""

    NO_INCIDENT = "no_incident"
    NOT_OPEN = "not_open"
    TOO_LONG = "too_long"
    REASON_REQUIRED = "reason_required"
    IN_THE_PAST = "in_the_past"
    NOT_ACKNOWLEDGED = "not_acknowledged"


def is_limited(state: IncidentState) -> bool:
    """Return whether the incident can be acknowledged for seven days at most.

    These are critical incidents, those of `admin-unreachable`, and "Audit incomplete".
    """
    return state.severity is Severity.CRITICAL or bool({state.rule, *state.rules} & LIMITED_RULES)


def requires_reason(state: IncidentState) -> bool:
    """Return whether an acknowledgement needs a reason."""
    return state.severity is Severity.CRITICAL


def exceeds_limit(state: IncidentState, until: datetime | None, at: datetime) -> bool:
    """Return whether ``until`` is later than the incident allows; ``None``: until it is fixed."""
    return (until is None or until > at + LONGEST_PAUSE) and is_limited(state)


def incident_refusal(state: IncidentState | None) -> ActionRefusal | None:
    """Return why no action on an incident is possible; ``None``: it is open."""
    if state is None:
        return ActionRefusal.NO_INCIDENT
    return None if state.status is IncidentStatus.OPEN else ActionRefusal.NOT_OPEN


def acknowledgement_refusal(
    state: IncidentState, until: datetime | None, reason: str, *, requested_at: datetime
) -> ActionRefusal | None:
    """Return why an open incident cannot be acknowledged until then; ``None``: it can be."""
    if until is not None and until <= requested_at:
        return ActionRefusal.IN_THE_PAST
    if exceeds_limit(state, until, requested_at):
        return ActionRefusal.TOO_LONG
    if requires_reason(state) and not reason.strip():
        return ActionRefusal.REASON_REQUIRED
    return None


def refusal_text(refusal: ActionRefusal) -> str:
    """Return a refusal in one sentence, with what to do."""
    match refusal:
        case ActionRefusal.NO_INCIDENT:
            return "No incident is stored for this message."
        case ActionRefusal.NOT_OPEN:
            return "This incident is not open any more."
        case ActionRefusal.TOO_LONG:
            return (
                "This incident can be acknowledged for 7 days at most, because it is critical, "
                "about admin access or about an incomplete audit."
            )
        case ActionRefusal.REASON_REQUIRED:
            return "A critical incident is acknowledged only with a reason."
        case ActionRefusal.NOT_ACKNOWLEDGED:
            return "This incident is not acknowledged: its reminders are on."
        case ActionRefusal.IN_THE_PAST:
            return "The end of the acknowledgement is in the past."
        case _:
            assert_never(refusal)
