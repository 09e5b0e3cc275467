"""The incidents of a target during an audit: which are updated, and in which thread. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from auditor.engine.incidents.action_limits import exceeds_limit
from auditor.engine.incidents.incident import (
    NOT_EVALUATED,
    Incident,
    IncidentState,
    IncidentStatus,
)
from auditor.engine.incidents.incident_view import IncidentView
from auditor.engine.incidents.notification import (
    Incidents,
    IncidentUpdate,
    Notification,
    NotificationKind,
)
from auditor.engine.incidents.notification_policy import (
    NotificationPolicy,
    NotifyReason,
    SuppressReason,
    reason_to_notify,
)

SAME_THREAD_WITHIN = timedelta(days=7)
"""An incident that reopens within this time continues its thread; later it begins a new one."""

_BEGINS = {NotifyReason.NEW, NotifyReason.REOPENED}
_RENEWS = _BEGINS | {NotifyReason.WORSE}


class IncidentTracker:
    """The incidents of a target after this audit.

    Call :meth:`track` for each incident first. Whether incidents share a message depends on all.
    """

    def __init__(
        self, before: Mapping[str, Incident], at: datetime, alerts: NotificationPolicy
    ) -> None:
        self._before = before
        self._at = at
        self._alerts = alerts
        self._incidents = dict(before)
        self._updates: dict[str, IncidentUpdate] = {}
        self._redrawn: set[str] = set()

    def track(self, incident: str, view: IncidentView) -> None:
        """Record the new state of an incident, and its update when there is a reason to notify."""
        before = self._before.get(incident)
        why = reason_to_notify(before, view.counts, self._at, self._alerts.remind_after)
        if view.state is None or why is SuppressReason.NO_INCIDENT:
            return
        state = _with_actions(view.state, before, begins=why in _BEGINS, at=self._at)
        if isinstance(why, SuppressReason):
            # The message is edited, without a notification: Slack notifies no user of an edit.
            if before and state != before.state:
                # The first count of the affected users is no growth: later audits compare with it.
                counted = state.affected if before.state.is_counting else before.notified_affected
                self._incidents[incident] = replace(
                    before, state=state, traces=view.traces, notified_affected=counted
                )
                self._redrawn.add(incident)
            return
        self._updates[incident] = IncidentUpdate(
            cause=incident if incident != NOT_EVALUATED else "",
            rule=state.rule,
            reason=why,
            at=self._at,
            since=state.since,
            severity=state.severity,
            severity_before=before.state.severity if before else None,
            affected=state.affected,
            affected_before=before.notified_affected if before else 0,
            is_counting=state.is_counting,
            added=view.counts.added,
            removed=view.counts.removed,
            open=view.counts.open,
            lines=view.lines,
            evidence=view.evidence,
            change=view.change,
            last_reminder_at=before.reminded_at if before else None,
            note=state.note,
        )
        self._incidents[incident] = Incident(
            thread=self._thread(incident, why, before),
            state=state,
            notified_affected=state.affected,
            notified_at=self._at,
            reminders=_count_reminder(why, before),
            reminded_at=_last_reminder(why, before, self._at),
            traces=view.traces,
        )

    @property
    def begun(self) -> tuple[str, ...]:
        """Ids of the incidents that are new or reopened."""
        return tuple(rule for rule, update in self._updates.items() if update.begins)

    @property
    def is_overwhelming(self) -> bool:
        """Return whether too many causes are new, or too many users are affected."""
        causes = [each for each in self.begun if each != NOT_EVALUATED]
        return len(causes) > self._alerts.combine_above or any(
            self._updates[each].affected >= self._alerts.combine_affected for each in causes
        )

    def share(self, kind: NotificationKind) -> None:
        """Show all incidents that begin in one message, except the incident of unknown rules."""
        for incident in self.begun:
            if incident != NOT_EVALUATED:
                thread = f"{kind}/{_compact_time(self._at)}"
                self._incidents[incident] = replace(self._incidents[incident], thread=thread)

    def notifications(self, target: str) -> Iterator[Notification]:
        """Yield one notification for each message that begins or changes, worst first."""
        worst: dict[str, int] = {}
        for rule in self._updates.keys() | self._redrawn:
            incident = self._incidents[rule]
            rank = max(worst.get(incident.thread, 0), incident.state.severity.rank)
            worst[incident.thread] = rank
        for thread in sorted(worst, key=lambda each: (-worst[each], each)):
            updates = (
                update
                for rule, update in self._updates.items()
                if self._incidents[rule].thread == thread
            )
            yield of_thread(thread, self._incidents, updates, target, self._at)

    def remembered(self) -> dict[str, Incident]:
        """Return the incidents that the next audit needs; those resolved long ago are left out."""
        current = {
            each.thread
            for each in self._incidents.values()
            if each.state.status is not IncidentStatus.RESOLVED
        }
        return {
            rule: _without_details(each) if each.state.status is IncidentStatus.RESOLVED else each
            for rule, each in self._incidents.items()
            # A message that shows several incidents is written as a whole, also those that are
            # resolved.
            if each.thread in current or self._at - each.notified_at <= SAME_THREAD_WITHIN
        }

    def _thread(self, incident: str, why: NotifyReason, before: Incident | None) -> str:
        if before and (why not in _BEGINS or self._at - before.notified_at <= SAME_THREAD_WITHIN):
            return before.thread
        return f"{NotificationKind.INCIDENT}/{incident}/{_compact_time(self._at)}"


def of_thread(
    thread: str,
    incidents: Mapping[str, Incident],
    updates: Iterable[IncidentUpdate],
    target: str,
    at: datetime,
    *,
    action: str = "",
) -> Notification:
    """Return the notification of a thread: its incidents, and their updates.

    ``action`` is the key of the action that caused it; empty for an audit.
    """
    states = sorted(
        (each.state for each in incidents.values() if each.thread == thread),
        key=lambda state: (-state.severity.rank, state.rule, state.cause),
    )
    updates = tuple(updates)
    kind = NotificationKind(thread.partition("/")[0])
    begins = any(update.begins for update in updates)
    return Notification(
        key=f"{thread}@{at.isoformat()}{f'/{action}' if action else ''}",
        thread=thread,
        target=target,
        at=at,
        severity=states[0].severity,
        rules=tuple(state.rule for state in states),
        # The first audit shows what existed before it, which is no change.
        mentions=begins and kind is not NotificationKind.BASELINE,
        about=Incidents(
            kind=kind,
            states=tuple(states),
            updates=updates,
            attach_report=begins and kind is not NotificationKind.INCIDENT,
        ),
    )


def _with_actions(
    state: IncidentState, before: Incident | None, *, begins: bool, at: datetime
) -> IncidentState:
    """Return the state with the owner and the acknowledgement that users gave the incident.

    An acknowledgement ends with its time, with the incident, and when the incident rises above what
    can be acknowledged for that long.
    """
    if before is None:
        return replace(state, acknowledgement=None, owner=None)
    known = before.state.acknowledgement
    holds = known is not None and known.holds(at) and not begins
    if state.status is not IncidentStatus.OPEN or (known and exceeds_limit(state, known.until, at)):
        holds = False
    return replace(state, acknowledgement=known if holds else None, owner=before.state.owner)


def _without_details(incident: Incident) -> Incident:
    """Remove the messages and the evidence, which contain names; the channel keeps its message."""
    return replace(incident, state=replace(incident.state, lines=()), traces=())


def _count_reminder(why: NotifyReason, before: Incident | None) -> int:
    if before is None or why in _RENEWS:
        return 0
    return before.reminders + (why is NotifyReason.REMINDER)


def _last_reminder(why: NotifyReason, before: Incident | None, at: datetime) -> datetime | None:
    if why is NotifyReason.REMINDER:
        return at
    return None if before is None or why in _BEGINS else before.reminded_at


def _compact_time(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S}"
