"""What a run has to tell, decided once and kept until it was told. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.alerts import Alerts
from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Attestation, Waiver
from auditor.judge import notices
from auditor.judge.announcement import Announcement, Scene, Tiding
from auditor.judge.blindness import BLINDNESS, look_around
from auditor.judge.cards import Viewer, explained
from auditor.judge.changes import Change, whole
from auditor.judge.entries import by_rule, nothing_of
from auditor.judge.findings import Delta, Memory
from auditor.judge.news import News, of_thread
from auditor.judge.reasons import Reason
from auditor.judge.spoken import Ack, Spoken

DEFAULT = Alerts()


class Told(Struct, frozen=True, kw_only=True):
    """What is to be told, and what the next run must know of it."""

    announcements: tuple[Announcement, ...]
    spoken: Spoken


def announce(
    delta: Delta,
    changes: tuple[Change, ...],
    memory: Memory,
    snapshot: Snapshot,
    *,
    titles: Mapping[str, str],
    alerts: Alerts = DEFAULT,
    promises: Iterable[Attestation | Waiver] = (),
) -> Told:
    """Decide what is to be told: nothing at all when the run changed nothing.

    ``titles`` says what each rule promises; ``promises`` are people's, for this target or others.
    """
    at, target = snapshot.taken_at, snapshot.target.name
    before = memory.spoken or Spoken(audited_at=at)
    sight = look_around(delta, snapshot, memory, before, blind_after=alerts.blind_after)
    news = News(before.incidents, at)
    entries = by_rule(delta)
    viewer = Viewer(snapshot.target, titles, changes, at)
    for rule in sorted((entries.keys() | before.incidents.keys()) - {BLINDNESS}):
        found = entries.get(rule) or nothing_of(rule)
        news.weigh(rule, viewer.view(found, before.incidents.get(rule)))
    news.weigh(BLINDNESS, sight.view)
    baseline = memory.configurations is None
    if baseline or news.overwhelms(alerts):
        news.share(Scene.BASELINE if baseline else Scene.STORM)
    traced = explained(delta, changes, at) | viewer.mending
    quiet = [change for change in whole(changes) if change not in traced]
    warnings = {
        **dict(notices.expiries(snapshot, before.warned, alerts.expiry_notice)),
        **dict(notices.endings(promises, snapshot, before.warned, alerts.expiry_notice)),
    }
    return Told(
        announcements=(
            *notices.resumed(before.audited_at, target, at, alerts.stale_after),
            *((notices.all_is_well(delta, target, at),) if baseline and not news.begun else ()),
            *news.announcements(target),
            *notices.quiet_changes(quiet, target, at, alone=not news.begun),
            *warnings.values(),
        ),
        spoken=Spoken(
            audited_at=at,
            incidents=news.remembered(),
            blind=sight.blind,
            warned=(*before.warned, *warnings),
        ),
    )


def acknowledge(spoken: Spoken, rule: str, ack: Ack, *, target: str, at: datetime) -> Told:
    """Silence the reminders of an incident, and say so in its thread.

    Raises :class:`KeyError` when there is no such incident.
    """
    incident = replace(spoken.incidents[rule], ack=ack)
    incidents = spoken.incidents | {rule: incident}
    card = incident.card
    tiding = Tiding(
        rule=rule,
        reason=Reason.ACKNOWLEDGED,
        at=at,
        since=card.since,
        severity=card.severity,
        affected=card.affected,
        open=card.findings,
        ack=ack,
    )
    announcement = of_thread(incident.thread, incidents, [tiding], target, at)
    return Told(announcements=(announcement,), spoken=replace(spoken, incidents=incidents))
