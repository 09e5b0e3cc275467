"""What a run says of each incident, gathered until it is known how many there are. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from auditor.config.alerts import Alerts
from auditor.judge.announcement import Announcement, Incidents, Scene, Tiding
from auditor.judge.blindness import BLINDNESS
from auditor.judge.cards import View
from auditor.judge.reasons import Reason, Silence, reason
from auditor.judge.spoken import Incident, Standing

SAME_STORY = timedelta(days=7)
"""What comes back within this time continues its thread; later it begins a new one."""

_BEGINS = {Reason.FIRST_SEEN, Reason.REOPENED}
_RENEWS = _BEGINS | {Reason.WORSE}


class News:
    """The incidents of a target, as this run leaves them."""

    def __init__(self, before: Mapping[str, Incident], at: datetime) -> None:
        self._before = before
        self._at = at
        self._incidents = dict(before)
        self._tidings: dict[str, Tiding] = {}
        self._redrawn: set[str] = set()

    def weigh(self, rule: str, view: View) -> None:
        """Decide what is said of an incident."""
        before, card = self._before.get(rule), view.card
        why = reason(before, view.situation, self._at)
        if card is None or why is Silence.NOTHING_THERE:
            return
        if isinstance(why, Silence):
            if before and card != before.card:
                self._incidents[rule] = replace(before, card=card, traces=view.traces)
                self._redrawn.add(rule)
            return
        self._tidings[rule] = Tiding(
            rule=rule,
            reason=why,
            at=self._at,
            since=card.since,
            severity=card.severity,
            severity_before=before.card.severity if before else None,
            affected=card.affected,
            affected_before=before.affected_told if before else 0,
            added=view.situation.added,
            gone=view.situation.gone,
            open=view.situation.open,
            lines=view.lines,
            change=view.change,
            note=card.note,
        )
        self._incidents[rule] = Incident(
            thread=self._thread(rule, why, before),
            card=card,
            affected_told=card.affected,
            spoken_at=self._at,
            reminders=_count_reminder(why, before),
            ack=before.ack if before and why not in _BEGINS else None,
            traces=view.traces,
        )

    @property
    def begun(self) -> tuple[str, ...]:
        """The rules whose incidents begin or begin again."""
        return tuple(rule for rule, tiding in self._tidings.items() if tiding.begins)

    def overwhelms(self, alerts: Alerts) -> bool:
        """Say whether too many rules broke, or too many people are hurt, for a message each."""
        hurt = (self._tidings[rule].affected for rule in self.begun)
        return len(self.begun) > alerts.digest_above or max(hurt, default=0) >= alerts.digest_people

    def share(self, scene: Scene) -> None:
        """Let one message speak for all that begin, instead of one each."""
        for rule in self.begun:
            if rule != BLINDNESS:
                thread = f"{scene}/{_stamp(self._at)}"
                self._incidents[rule] = replace(self._incidents[rule], thread=thread)

    def announcements(self, target: str) -> Iterator[Announcement]:
        """Yield one announcement for each message that begins or changes."""
        touched = {self._incidents[rule].thread for rule in self._tidings.keys() | self._redrawn}
        for thread in sorted(touched):
            tidings = (
                tiding
                for rule, tiding in self._tidings.items()
                if self._incidents[rule].thread == thread
            )
            yield of_thread(thread, self._incidents, tidings, target, self._at)

    def remembered(self) -> dict[str, Incident]:
        """Return what the next run must know; what has long been over is forgotten."""
        alive = {
            each.thread
            for each in self._incidents.values()
            if each.card.standing is not Standing.RESOLVED
        }
        return {
            rule: _laid_to_rest(each) if each.card.standing is Standing.RESOLVED else each
            for rule, each in self._incidents.items()
            if each.thread in alive or self._at - each.spoken_at <= SAME_STORY
        }

    def _thread(self, rule: str, why: Reason, before: Incident | None) -> str:
        if before and (why not in _BEGINS or self._at - before.spoken_at <= SAME_STORY):
            return before.thread
        return f"{Scene.INCIDENT}/{rule}/{_stamp(self._at)}"


def of_thread(
    thread: str,
    incidents: Mapping[str, Incident],
    tidings: Iterable[Tiding],
    target: str,
    at: datetime,
) -> Announcement:
    """Announce the present state of a message's incidents, and what happened to them."""
    cards = sorted(
        (each.card for each in incidents.values() if each.thread == thread),
        key=lambda card: (-card.severity.rank, card.rule),
    )
    tidings = tuple(tidings)
    scene = Scene(thread.partition("/")[0])
    begins = any(tiding.begins for tiding in tidings)
    return Announcement(
        key=f"{thread}@{at.isoformat()}",
        thread=thread,
        target=target,
        at=at,
        severity=cards[0].severity,
        rules=tuple(card.rule for card in cards),
        calls=begins and scene is not Scene.BASELINE,
        about=Incidents(
            scene=scene,
            cards=tuple(cards),
            tidings=tidings,
            attach_report=begins and scene is not Scene.INCIDENT,
        ),
    )


def _laid_to_rest(incident: Incident) -> Incident:
    """Forget whom and what it was about; its message still says so."""
    return replace(incident, card=replace(incident.card, lines=()), traces=())


def _count_reminder(why: Reason, before: Incident | None) -> int:
    if before is None or why in _RENEWS:
        return 0
    return before.reminders + (why is Reason.REMINDER)


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S}"
