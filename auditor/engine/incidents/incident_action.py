"""What users do about an incident: acknowledge, assign, show the affected users, recheck. Pure."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from auditor.engine.incidents.incident import (
    Acknowledgement,
    IncidentOwner,
    IncidentState,
    NotifiedState,
)
from auditor.engine.incidents.notification import IncidentUpdate
from auditor.engine.incidents.notification_decision import Decision
from auditor.engine.incidents.notification_policy import NotifyReason
from auditor.engine.incidents.tracker import of_thread
from auditor.text import format_time


class ActionKind(StrEnum):
    """What a user does."""

    ACKNOWLEDGE = "acknowledge"
    RESUME = "resume"
    """End an acknowledgement: the incident has reminders again."""

    ASSIGN = "assign"
    SHOW_AFFECTED = "show_affected"
    RECHECK = "recheck"


class ActionVia(StrEnum):
    """Where a user does it."""

    COMMAND = "command"
    SLACK = "slack"


class ActionOutcome(StrEnum):
    """How an action ended."""

    DONE = "done"
    REFUSED = "refused"


class IncidentAction(Struct, frozen=True, kw_only=True):
    """One action of one user: who, when, what, where, and how it ended."""

    key: str
    """Idempotency key: an action that arrives twice has one key."""

    target: str
    incident: str
    """Id of the cause, or of the incident of unknown rules."""

    kind: ActionKind
    via: ActionVia
    at: datetime
    by: str = ""
    """Name of the user; empty while it is not known, or is not stored."""

    slack_user: str = ""
    """Id of the Slack user; empty for a command."""

    title: str = ""
    """Title of the incident at that time."""

    until: datetime | None = None
    """End of an acknowledgement; ``None``: until it is fixed."""

    reason: str = ""
    owner: str = ""
    """The new owner, of an assignment."""

    channel_id: str = ""
    """Slack channel in which the user acted, where an answer goes; empty for a command."""

    shown_ts: str = ""
    """Slack's timestamp of the list that only this user sees; empty when there is none."""

    permitted_at: datetime | None = None
    """When the permission of the Slack user was verified; ``None``: not yet."""

    outcome: ActionOutcome | None = None
    """``None``: it waits."""

    ended_at: datetime | None = None
    note: str = ""
    """Why it was refused or failed, or the result of a recheck."""

    @property
    def user(self) -> str:
        """Return the name of the user, or the id in Slack."""
        return self.by or self.slack_user


def action_in_words(
    action: IncidentAction, *, time: Callable[[datetime], str] = format_time
) -> str:
    """Return what a user did, with the outcome unless it was done: ``Assigned to Mira Torres``.

    ``time`` writes the end of an acknowledgement.
    """
    match action.kind:
        case ActionKind.ACKNOWLEDGE:
            end = time(action.until) if action.until else "it is fixed"
            words = f"Acknowledged until {end}{f': {action.reason}' if action.reason else ''}"
        case ActionKind.RESUME:
            words = "Reminders resumed"
        case ActionKind.ASSIGN:
            words = f"Assigned to {action.owner or action.user}"
        case ActionKind.SHOW_AFFECTED:
            words = "Affected users shown"
        case ActionKind.RECHECK:
            is_done = action.outcome is ActionOutcome.DONE
            words = f"Rechecked{f': {action.note}' if is_done and action.note else ''}"
        case _:
            assert_never(action.kind)
    match action.outcome:
        case ActionOutcome.DONE:
            return words
        case None:
            return f"{words} (waiting)"
        case _:
            return f"{words} ({action.outcome}: {action.note.removesuffix('.')})"


_REASONS = {
    ActionKind.ACKNOWLEDGE: NotifyReason.ACKNOWLEDGED,
    ActionKind.RESUME: NotifyReason.RESUMED,
    ActionKind.ASSIGN: NotifyReason.ASSIGNED,
    ActionKind.SHOW_AFFECTED: NotifyReason.AFFECTED_SHOWN,
    ActionKind.RECHECK: NotifyReason.RECHECKED,
}


def respond(notified_state: NotifiedState, action: IncidentAction, *, at: datetime) -> Decision:
    """Apply an action to its incident, and notify its thread.

    Raises :class:`KeyError` when there is no such incident. Whether the action is allowed is
    decided before.
    """
    incident = notified_state.incidents[action.incident]
    state = _after(incident.state, action)
    incident = replace(incident, state=state)
    incidents = notified_state.incidents | {action.incident: incident}
    update = IncidentUpdate(
        cause=state.cause,
        rule=state.rule,
        reason=_REASONS[action.kind],
        at=at,
        since=state.since,
        severity=state.severity,
        affected=state.affected,
        open=state.findings,
        acknowledgement=(state.acknowledgement if action.kind is ActionKind.ACKNOWLEDGE else None),
        owner=state.owner if action.kind is ActionKind.ASSIGN else None,
        by=action.user,
        slack_user=action.slack_user,
        note=action.note,
    )
    notification = of_thread(
        incident.thread, incidents, [update], action.target, at, action=action.key
    )
    return Decision(
        notifications=(notification,), notified_state=replace(notified_state, incidents=incidents)
    )


def changes_nothing(state: IncidentState, action: IncidentAction) -> bool:
    """Return whether the incident already has the owner or the acknowledgement of the action."""
    is_setting = action.kind in {ActionKind.ACKNOWLEDGE, ActionKind.ASSIGN}
    return is_setting and _after(state, action) == state


def _after(state: IncidentState, action: IncidentAction) -> IncidentState:
    if action.kind is ActionKind.ACKNOWLEDGE:
        acknowledgement = Acknowledgement(
            by=action.user,
            reason=action.reason,
            until=action.until,
            slack_user=action.slack_user,
        )
        return replace(state, acknowledgement=acknowledgement)
    if action.kind is ActionKind.RESUME:
        return replace(state, acknowledgement=None)
    if action.kind is ActionKind.ASSIGN:
        # In Slack, the only choice is "Assign to me".
        owner = IncidentOwner(name=action.owner or action.user, slack_user=action.slack_user)
        return replace(state, owner=owner)
    return state
