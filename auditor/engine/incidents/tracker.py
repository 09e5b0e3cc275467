"""What a run says of each incident, gathered until it is known how many there are. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from auditor.engine.incidents.incident import NOT_EVALUATED, Incident, IncidentStatus
from auditor.engine.incidents.incident_view import IncidentView
from auditor.engine.incidents.notification import (
    Incidents,
    IncidentUpdate,
    Notification,
    NotificationKind,
)
from auditor.engine.incidents.policy import NotificationPolicy, NotifyReason, SuppressReason, reason

SAME_STORY = timedelta(days=7)
"""What comes back within this time continues its thread; later it begins a new one."""

_BEGINS = {NotifyReason.NEW, NotifyReason.REOPENED}
_RENEWS = _BEGINS | {NotifyReason.WORSE}


class IncidentTracker:
    """The incidents of a target, as this run leaves them."""

    def __init__(self, before: Mapping[str, Incident], at: datetime) -> None:
        self._before = before
        self._at = at
        self._incidents = dict(before)
        self._tidings: dict[str, IncidentUpdate] = {}
        self._redrawn: set[str] = set()

    def weigh(self, incident: str, view: IncidentView) -> None:
        """Decide what is said of an incident."""
        before, card = self._before.get(incident), view.state
        why = reason(before, view.counts, self._at)
        if card is None or why is SuppressReason.NO_INCIDENT:
            return
        if isinstance(why, SuppressReason):
            if before and card != before.state:
                self._incidents[incident] = replace(before, state=card, traces=view.traces)
                self._redrawn.add(incident)
            return
        self._tidings[incident] = IncidentUpdate(
            cause=incident if incident != NOT_EVALUATED else "",
            rule=card.rule,
            reason=why,
            at=self._at,
            since=card.since,
            severity=card.severity,
            severity_before=before.state.severity if before else None,
            affected=card.affected,
            affected_before=before.notified_affected if before else 0,
            added=view.counts.added,
            removed=view.counts.removed,
            open=view.counts.open,
            lines=view.lines,
            change=view.change,
            note=card.note,
        )
        self._incidents[incident] = Incident(
            thread=self._thread(incident, why, before),
            state=card,
            notified_affected=card.affected,
            notified_at=self._at,
            reminders=_count_reminder(why, before),
            acknowledgement=before.acknowledgement if before and why not in _BEGINS else None,
            traces=view.traces,
        )

    @property
    def begun(self) -> tuple[str, ...]:
        """Ids of the incidents that begin or begin again."""
        return tuple(rule for rule, update in self._tidings.items() if update.begins)

    def overwhelms(self, alerts: NotificationPolicy) -> bool:
        """Return whether too many causes are new, or too many users are affected."""
        hurt = (self._tidings[rule].affected for rule in self.begun)
        return (
            len([each for each in self.begun if each != NOT_EVALUATED]) > alerts.combine_above
            or max(hurt, default=0) >= alerts.combine_affected
        )

    def share(self, scene: NotificationKind) -> None:
        """Let one message speak for all that begin, instead of one each."""
        for incident in self.begun:
            if incident != NOT_EVALUATED:
                thread = f"{scene}/{_stamp(self._at)}"
                self._incidents[incident] = replace(self._incidents[incident], thread=thread)

    def notifications(self, target: str) -> Iterator[Notification]:
        """Yield one announcement for each message that begins or changes."""
        touched = {self._incidents[rule].thread for rule in self._tidings.keys() | self._redrawn}
        for thread in sorted(touched):
            updates = (
                update
                for rule, update in self._tidings.items()
                if self._incidents[rule].thread == thread
            )
            yield of_thread(thread, self._incidents, updates, target, self._at)

    def remembered(self) -> dict[str, Incident]:
        """Return what the next run must know; what has long been over is forgotten."""
        alive = {
            each.thread
            for each in self._incidents.values()
            if each.state.status is not IncidentStatus.RESOLVED
        }
        return {
            rule: _laid_to_rest(each) if each.state.status is IncidentStatus.RESOLVED else each
            for rule, each in self._incidents.items()
            if each.thread in alive or self._at - each.notified_at <= SAME_STORY
        }

    def _thread(self, incident: str, why: NotifyReason, before: Incident | None) -> str:
        if before and (why not in _BEGINS or self._at - before.notified_at <= SAME_STORY):
            return before.thread
        return f"{NotificationKind.INCIDENT}/{incident}/{_stamp(self._at)}"


def of_thread(
    thread: str,
    incidents: Mapping[str, Incident],
    updates: Iterable[IncidentUpdate],
    target: str,
    at: datetime,
) -> Notification:
    """Announce the present state of a message's incidents, and what happened to them."""
    cards = sorted(
        (each.state for each in incidents.values() if each.thread == thread),
        key=lambda card: (-card.severity.rank, card.rule, card.cause),
    )
    updates = tuple(updates)
    scene = NotificationKind(thread.partition("/")[0])
    begins = any(update.begins for update in updates)
    return Notification(
        key=f"{thread}@{at.isoformat()}",
        thread=thread,
        target=target,
        at=at,
        severity=cards[0].severity,
        rules=tuple(card.rule for card in cards),
        mentions=begins and scene is not NotificationKind.BASELINE,
        about=Incidents(
            kind=scene,
            states=tuple(cards),
            updates=updates,
            attach_report=begins and scene is not NotificationKind.INCIDENT,
        ),
    )


def _laid_to_rest(incident: Incident) -> Incident:
    """Forget whom and what it was about; its message still says so."""
    return replace(incident, state=replace(incident.state, lines=()), traces=())


def _count_reminder(why: NotifyReason, before: Incident | None) -> int:
    if before is None or why in _RENEWS:
        return 0
    return before.reminders + (why is NotifyReason.REMINDER)


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S}"
