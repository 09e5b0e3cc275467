"""Decide which notifications a targeted audit produces. Pure.

It notifies about the incidents that it changed, and about nothing else. Changes that explain no
finding, reminders and rules that were not evaluated are left to the next full audit.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec.structs import replace

from auditor.domain.target import Target
from auditor.engine.causes.cause import Cause
from auditor.engine.changes.diff import Change, ChangeKey
from auditor.engine.findings.targeted_reconcile import TargetedReconciled
from auditor.engine.incidents.cause_entries import CauseEntries, by_cause
from auditor.engine.incidents.incident import NOT_EVALUATED, NotifiedState
from auditor.engine.incidents.incident_view import IncidentViewer, explained
from auditor.engine.incidents.notification import NotificationKind
from auditor.engine.incidents.notification_decision import Decision
from auditor.engine.incidents.notification_policy import NotificationPolicy
from auditor.engine.incidents.tracker import IncidentTracker
from auditor.rule.severity import Severity

_UNSEEN_NOTE = "As the last full audit found it"


def decide_targeted(
    found: TargetedReconciled,
    changes: tuple[Change, ...],
    target: Target,
    *,
    at: datetime,
    before: NotifiedState,
    titles: Mapping[str, str],
    advice: Mapping[str, str],
    causes: Mapping[str, Cause],
    attributed: Collection[ChangeKey],
    alerts: NotificationPolicy,
) -> Decision:
    """Return the notifications of a targeted audit, and the state that the next audit needs.

    ``changes`` are those that it found, and those of earlier targeted audits that explained
    nothing. ``titles`` maps each rule to its title, ``advice`` to its general remediation.
    ``attributed`` names the stored changes whose actor is known only now.
    """
    # A message that this audit edits can have a reminder that is due.
    alerts = replace(alerts, remind_after=dict.fromkeys(Severity, ()))
    tracker = IncidentTracker(before.incidents, at, alerts)
    viewer = IncidentViewer(target, titles, changes, at, advice=advice, unseen_note=_UNSEEN_NOTE)
    entries = by_cause(found.reconciled, causes, before.incidents.keys() - {NOT_EVALUATED})
    for id_, each in entries.items():
        cause = causes.get(id_)
        # The message names the actor of the change, so it changes when the actor becomes known.
        is_attributed = cause and cause.change and cause.change.key in attributed
        if is_attributed or _ids(each) & found.changed:
            tracker.track(id_, viewer.view(each, cause, before.incidents.get(id_)))
    if tracker.is_overwhelming:
        tracker.share(NotificationKind.STORM)
    traced = explained(found.reconciled, changes, at) | viewer.fixing_changes
    return Decision(
        notifications=tuple(tracker.notifications(target.name)),
        notified_state=replace(
            before,
            incidents=tracker.remembered(),
            causes=dict(causes),
            unreported_changes=tuple(each for each in changes if each not in traced),
        ),
    )


def _ids(entries: CauseEntries) -> set[str]:
    return {each.after.id for each in (*entries.open, *entries.gone, *entries.waived)}
