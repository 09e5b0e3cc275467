"""Decide which notifications an audit produces. Pure; the outbox delivers them later."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.causes.cause import Cause
from auditor.engine.changes.diff import Change, whole
from auditor.engine.findings.tracked_findings import Reconciled, TrackedFinding
from auditor.engine.incidents import notices
from auditor.engine.incidents.cause_entries import by_cause
from auditor.engine.incidents.incident import (
    NOT_EVALUATED,
    Incident,
    IncidentStatus,
    NotifiedState,
)
from auditor.engine.incidents.incident_view import IncidentViewer, explained
from auditor.engine.incidents.not_evaluated import assess_not_evaluated
from auditor.engine.incidents.notification import (
    Incidents,
    Notification,
    NotificationKind,
)
from auditor.engine.incidents.notification_policy import NotificationPolicy
from auditor.engine.incidents.tracker import IncidentTracker

DEFAULT_NOTIFICATION_POLICY = NotificationPolicy()


class Decision(Struct, frozen=True, kw_only=True):
    """The notifications of an audit, and the state that the next audit needs."""

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
    causes: Mapping[str, Cause],
    advice: Mapping[str, str] | None = None,
    alerts: NotificationPolicy = DEFAULT_NOTIFICATION_POLICY,
    with_expiry: Iterable[Attestation | Waiver] = (),
) -> Decision:
    """Return the notifications of an audit; none when nothing changed and nothing is due.

    ``causes`` are the open causes by id. ``titles`` maps each rule to its title, and
    ``advice`` to its general remediation. ``with_expiry`` are the attestations and waivers, also
    those for other targets.
    """
    at, target = snapshot.taken_at, snapshot.target.name
    before = before or NotifiedState(audited_at=at)
    not_evaluated = assess_not_evaluated(
        reconciled,
        snapshot,
        before,
        read_before=read_before,
        not_evaluated_after=alerts.not_evaluated_after,
        is_first_audit=is_first_audit,
    )
    tracker = IncidentTracker(before.incidents, at, alerts)
    entries = by_cause(reconciled, causes, before.incidents.keys() - {NOT_EVALUATED})
    viewer = IncidentViewer(snapshot.target, titles, changes, at, advice=advice or {})
    for id_, each in entries.items():
        tracker.track(id_, viewer.view(each, causes.get(id_), before.incidents.get(id_)))
    tracker.track(NOT_EVALUATED, not_evaluated.view)
    baseline = is_first_audit
    unknown = any(verdict.has_unknown for verdict in reconciled.verdicts)
    if baseline or tracker.is_overwhelming:
        tracker.share(NotificationKind.BASELINE if baseline else NotificationKind.STORM)
    traced = explained(reconciled, changes, at) | viewer.fixing_changes
    quiet = [change for change in whole(changes) if change not in traced]
    warnings = {
        **dict(notices.expiries(snapshot, before.warned, alerts.expiry_notice)),
        **dict(notices.endings(with_expiry, snapshot, before.warned, alerts.expiry_notice)),
    }
    return Decision(
        notifications=(
            *notices.resumed(before.audited_at, target, at, alerts.stale_after),
            *(
                (notices.all_is_well(reconciled, target, at),)
                # Nothing is called clean while a rule is unknown.
                if baseline and not tracker.begun and not unknown
                else ()
            ),
            *(
                _with_completeness(each, reconciled) if baseline else each
                for each in tracker.notifications(target)
            ),
            *notices.quiet_changes(quiet, target, at, alone=not tracker.begun and not unknown),
            *warnings.values(),
        ),
        notified_state=NotifiedState(
            audited_at=at,
            incidents=tracker.remembered(),
            causes=dict(causes),
            not_evaluated=not_evaluated.rules,
            warned=(*before.warned, *warnings),
        ),
    )


def find_incident(
    incidents: Mapping[str, Incident], findings: Iterable[TrackedFinding], wanted: str
) -> str | None:
    """Return the id of the incident that a user names; ``None``: there is none.

    ``wanted`` is the id of a cause, the id of a finding, or a rule. A rule names its most severe
    open incident, then the one with the smallest id.
    """
    if wanted in incidents:
        return wanted
    cause = next((each.cause for each in findings if each.id == wanted), None)
    if cause in incidents:
        return cause
    of_rule = [
        (-each.state.severity.rank, id_)
        for id_, each in incidents.items()
        if each.state.status is IncidentStatus.OPEN
        and wanted in {each.state.rule, *each.state.rules}
    ]
    return min(of_rule)[1] if of_rule else None


def _with_completeness(notification: Notification, reconciled: Reconciled) -> Notification:
    """Add to the message of a first audit whether all rules were evaluated."""
    about = notification.about
    if isinstance(about, Incidents):
        unknown = sum(each.has_unknown for each in reconciled.verdicts)
        about = replace(about, rules=len(reconciled.verdicts), not_evaluated=unknown)
    return replace(notification, about=about)
