"""One audit of one target, step by step."""

from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.clock import Clock
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.domain.snapshot import Snapshot
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.causes.cause_title import problem_titles
from auditor.engine.changes.diff import Change
from auditor.engine.configuration_changes import LATE_EVENTS_PERIOD, compare_configuration
from auditor.engine.evaluation.evaluate import context_of_rules, evaluate
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.exposure.read_delays import read_delays
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.incidents.notification_decision import decide_notifications
from auditor.engine.simulation.lockout import simulate_lockout
from auditor.engine.views.cause_summary import CauseSummary, summarize_causes
from auditor.engine.views.plan_effects import simulated_effects
from auditor.errors import AuditorError
from auditor.module_log import log_warning
from auditor.pipeline.snapshot_reading import read_facts, read_snapshot
from auditor.text import format_time

if TYPE_CHECKING:
    from auditor.collect.collection_tasks import Progress
    from auditor.collect.okta.org_log import OrgLogs
    from auditor.notify.delivery import Delivered
    from auditor.store.store import Store

LOCK_TIMEOUT = timedelta(minutes=1)
"""How long an audit waits for another audit of the same target to end."""


class AlreadyAudited(AuditorError):  # noqa: N818  (a fact, not a fault: the batch skips the target)
    """The target was audited after the requested time."""


class Outcome(Struct, frozen=True, kw_only=True):
    """The result of one audit."""

    target: str
    at: datetime
    snapshot: Snapshot
    evaluated: Evaluated
    reconciled: Reconciled
    changes: tuple[Change, ...] = ()
    causes: tuple[CauseSummary, ...] = ()
    """The open causes, worst first."""

    delivered: "Delivered | None" = None
    """``None``: nothing is delivered, for example for a saved snapshot."""

    not_exported: tuple[str, ...] = ()
    """One line for each export that could not be written."""

    @property
    def is_complete(self) -> bool:
        """Return whether every notification was delivered and every export was written."""
        is_delivered = self.delivered is None or self.delivered.complete
        return is_delivered and not self.not_exported

    @property
    def log_fields(self) -> dict[str, object]:
        """Return the fields of the audit's log line: rule ids, and no names of users."""
        unknown = sorted({each.rule for each in self.evaluated.verdicts if each.has_unknown})
        return {
            "open": len(self.reconciled.open),
            "rules": sorted({entry.after.rule for entry in self.reconciled.open}),
            "not_evaluated": len(unknown),
            "not_evaluated_rules": unknown,
            "changes": len(self.changes),
            "delivery_errors": self.delivered.errors if self.delivered else (),
            "not_exported": self.not_exported,
        }


def audit_target(
    settings: Settings,
    target: TargetSettings,
    now: Clock,
    *,
    progress: "Progress | None" = None,
    lock_timeout: timedelta = LOCK_TIMEOUT,
    unless_since: datetime | None = None,
    org_logs: "OrgLogs | None" = None,
    must_exist: bool = False,
) -> Outcome:
    """Audit one target: collect, evaluate, store, notify.

    Raises :class:`~auditor.errors.AuditorError` when the target cannot be audited, and stores
    nothing. Raises :class:`AlreadyAudited` when the target was audited at ``unless_since`` or
    later. A failed delivery or export raises nothing: the outcome reports it.
    ``must_exist``: do not create the database.
    """
    # Imported here, because a saved snapshot is evaluated without the store and the channels.
    from auditor.notify.dispatch import channels_of
    from auditor.pipeline.reports import deliver_with_reports, export
    from auditor.store import AuditRecord, open_store

    rules = rules_for(settings, target)
    store_url = settings.store.database_url().reveal()
    # A long-running service must not begin a new history because the database disappeared.
    migrate = False if must_exist else None
    with (
        open_store(
            store_url, create=not must_exist, migrate=migrate, busy_timeout=lock_timeout
        ) as store,
        # The lease lasts from the recall to the record. Otherwise, two audits would compare with
        # the same earlier one.
        store.targets.lease(target.name, lock_timeout),
    ):
        # After the wait for the lease: the results belong to the time at which the data is read.
        at, started = now(), monotonic()
        # Under the lease, because another process may have audited the target during the wait.
        _reject_recent_audit(store, target.name, unless_since)
        before = store.audits.recall(target.name)
        read = partial(
            read_snapshot,
            settings,
            target,
            rules,
            at=at,
            facts=read_facts(store, target),
            progress=progress,
            org_logs=org_logs,
        )
        snapshot = read(before)
        if store.targets.identify(snapshot):  # adopted: nothing is known of this app or instance
            before = store.audits.recall(target.name)
            snapshot = read(before)

        # A log entry can arrive after the audit that found its change. The actor is added now.
        recent = store.history.changes(target.name, since=at - LATE_EVENTS_PERIOD)
        changes = compare_configuration(before, recent, snapshot)
        context = context_of_rules(snapshot, rules, settings.attestations)
        evaluated = evaluate(snapshot, rules, context=context)
        # ``recall`` returns no resolved findings: add those that this audit found again.
        before = store.audits.with_found_again(before, evaluated)
        reconciled = reconcile_target(settings, target, before, evaluated, at)
        reconciled, causes = assign_causes(
            reconciled, evaluated, changes.explaining, changes.known_causes, at=at
        )
        titles = problem_titles(bound.rule for bound in rules)
        decision = decide_notifications(
            reconciled,
            changes.explaining,
            snapshot,
            before=before.notified_state,
            is_first_audit=before.configurations is None,
            read_before=before.collections_read,
            titles=titles,
            advice={bound.id: bound.rule.remediation for bound in rules},
            causes=causes,
            alerts=settings.alerts,
            with_expiry=(*settings.attestations, *settings.waivers),
        )

        record = AuditRecord.of(
            snapshot,
            evaluated,
            reconciled,
            changes,
            decision,
            follows=before,
            admin_access=simulate_lockout(context),
            fix_effects=simulated_effects(context, reconciled, rules),
            access_delays=read_delays(context, store.delays.waiting(target.name)),
        )
        took = timedelta(seconds=monotonic() - started)
        # Recorded before anything is sent: after this line, a crash loses no notification.
        store.audits.record(record, channels_of(settings), took=took)
        delivered = deliver_with_reports(store, settings, now, of=(target.name,))
        not_exported = export(
            store, settings, target, rules, transitions=reconciled.transitions, at=at, until=now()
        )
        _prune(store, target.name, at, settings.keep)
    deadlines = settings.deadlines(target.name, decision.notified_state.owners)
    return Outcome(
        target=target.name,
        at=at,
        snapshot=snapshot,
        evaluated=evaluated,
        reconciled=reconciled,
        changes=changes.found,
        causes=summarize_causes(
            reconciled, causes, titles, deadlines, decision.notified_state.incidents
        ),
        delivered=delivered,
        not_exported=not_exported,
    )


def replay(settings: Settings, target: TargetSettings, snapshot: Snapshot) -> Outcome:
    """Evaluate a saved snapshot like a first audit. Nothing is stored or sent."""
    rules = rules_for(settings, target)
    evaluated = evaluate(snapshot, rules, settings.attestations)
    at = snapshot.taken_at
    reconciled = reconcile_target(settings, target, PreviousAudits(), evaluated, at)
    reconciled, causes = assign_causes(reconciled, evaluated, (), {}, at=at)
    titles = problem_titles(bound.rule for bound in rules)
    return Outcome(
        target=target.name,
        at=at,
        snapshot=snapshot,
        evaluated=evaluated,
        reconciled=reconciled,
        causes=summarize_causes(reconciled, causes, titles, settings.deadlines(target.name)),
    )


def reconcile_target(
    settings: Settings,
    target: TargetSettings,
    before: PreviousAudits,
    evaluated: Evaluated,
    at: datetime,
) -> Reconciled:
    """Compare the evaluation with the known findings, with the settings of the target."""
    return reconcile(
        before.known,
        evaluated,
        before.configurations,
        target=target.name,
        at=at,
        grace=timedelta(minutes=target.target.grace_minutes),
        resolve_after=settings.resolve_after,
        waivers=settings.waivers,
    )


def _reject_recent_audit(store: "Store", target: str, since: datetime | None) -> None:
    if since and (audits := store.history.audits(target, since=since, limit=1)):
        msg = f"audited at {format_time(audits[0].at)} already"
        raise AlreadyAudited(msg)


def _prune(store: "Store", target: str, at: datetime, keep: timedelta) -> None:
    try:
        store.retention.prune(target, at=at, keep=keep)
    except AuditorError as error:
        # The audit is stored and its notifications are sent; old rows can wait for the next audit.
        log_warning("prune failed", target=target, because=str(error))
