"""What a run has to tell, decided once and kept until it was told. Pure."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.changes.diff import Change, whole
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.incidents import notices
from auditor.engine.incidents.findings_by_rule import by_rule, nothing_of
from auditor.engine.incidents.incident import NOT_EVALUATED, Acknowledgement, NotifiedState
from auditor.engine.incidents.incident_view import IncidentViewer, explained
from auditor.engine.incidents.not_evaluated import assess_not_evaluated
from auditor.engine.incidents.notification import IncidentUpdate, Notification, NotificationKind
from auditor.engine.incidents.policy import NotificationPolicy, NotifyReason
from auditor.engine.incidents.tracker import IncidentTracker, of_thread

DEFAULT = NotificationPolicy()


class Decision(Struct, frozen=True, kw_only=True):
    """What is to be told, and what the next run must know of it."""

    notifications: tuple[Notification, ...]
    notified_state: NotifiedState


def decide_notifications(
    reconciled: Reconciled,
    changes: tuple[Change, ...],
    snapshot: Snapshot,
    *,
    before: NotifiedState | None,
    is_first_audit: bool,
    read_before: AbstractSet[str],
    titles: Mapping[str, str],
    alerts: NotificationPolicy = DEFAULT,
    promises: Iterable[Attestation | Waiver] = (),
) -> Decision:
    """Decide what is to be told: nothing at all when the run changed nothing.

    ``titles`` says what each rule promises; ``promises`` are people's, for this target or others.
    """
    at, target = snapshot.taken_at, snapshot.target.name
    before = before or NotifiedState(audited_at=at)
    sight = assess_not_evaluated(
        reconciled,
        snapshot,
        before,
        read_before=read_before,
        not_evaluated_after=alerts.not_evaluated_after,
        is_first_audit=is_first_audit,
    )
    news = IncidentTracker(before.incidents, at)
    entries = by_rule(reconciled)
    viewer = IncidentViewer(snapshot.target, titles, changes, at)
    for rule in sorted((entries.keys() | before.incidents.keys()) - {NOT_EVALUATED}):
        found = entries.get(rule) or nothing_of(rule)
        news.weigh(rule, viewer.view(found, before.incidents.get(rule)))
    news.weigh(NOT_EVALUATED, sight.view)
    baseline = is_first_audit
    unknown = any(verdict.has_unknown for verdict in reconciled.verdicts)
    if baseline or news.overwhelms(alerts):
        news.share(NotificationKind.BASELINE if baseline else NotificationKind.STORM)
    traced = explained(reconciled, changes, at) | viewer.mending
    quiet = [change for change in whole(changes) if change not in traced]
    warnings = {
        **dict(notices.expiries(snapshot, before.warned, alerts.expiry_notice)),
        **dict(notices.endings(promises, snapshot, before.warned, alerts.expiry_notice)),
    }
    return Decision(
        notifications=(
            *notices.resumed(before.audited_at, target, at, alerts.stale_after),
            *(
                (notices.all_is_well(reconciled, target, at),)
                if baseline and not news.begun and not unknown
                else ()
            ),
            *news.notifications(target),
            *notices.quiet_changes(quiet, target, at, alone=not news.begun and not unknown),
            *warnings.values(),
        ),
        notified_state=NotifiedState(
            audited_at=at,
            incidents=news.remembered(),
            not_evaluated=sight.rules,
            warned=(*before.warned, *warnings),
        ),
    )


def acknowledge(
    notified_state: NotifiedState,
    rule: str,
    acknowledgement: Acknowledgement,
    *,
    target: str,
    at: datetime,
) -> Decision:
    """Silence the reminders of an incident, and say so in its thread.

    Raises :class:`KeyError` when there is no such incident.
    """
    incident = replace(notified_state.incidents[rule], acknowledgement=acknowledgement)
    incidents = notified_state.incidents | {rule: incident}
    card = incident.state
    update = IncidentUpdate(
        rule=rule,
        reason=NotifyReason.ACKNOWLEDGED,
        at=at,
        since=card.since,
        severity=card.severity,
        affected=card.affected,
        open=card.findings,
        acknowledgement=acknowledgement,
    )
    notification = of_thread(incident.thread, incidents, [update], target, at)
    return Decision(
        notifications=(notification,), notified_state=replace(notified_state, incidents=incidents)
    )
