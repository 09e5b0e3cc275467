"""One targeted audit of one target, step by step."""

from dataclasses import replace as with_fields
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from auditor.clock import Clock
from auditor.collect.collector import collect
from auditor.collect.http.limits import TARGETED_LIMITS
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.domain.collections import EVENTS, LOG, TARGETED_COLLECTIONS, MissingReason
from auditor.domain.okta import Log
from auditor.domain.privacy import pseudonymize
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import EventLog
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.causes.cause_title import problem_titles
from auditor.engine.configuration_changes import LATE_EVENTS_PERIOD, compare_configuration
from auditor.engine.evaluation.targeted_evaluation import evaluate_targeted
from auditor.engine.findings.targeted_reconcile import reconcile_targeted
from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.targeted_decision import decide_targeted
from auditor.engine.watch.full_audit_reason import full_audit_reason
from auditor.engine.watch.watched_target import DueAudit, WatchedEvent, WatchedTarget
from auditor.notify.delivery import Delivered
from auditor.notify.dispatch import channels_of
from auditor.pipeline.reports import deliver_with_reports
from auditor.store.store import Store
from auditor.store.watch.targeted_audits import TargetedAuditRecord

TARGETED_LOCK_TIMEOUT = timedelta(seconds=1)
"""How long a targeted audit waits for another audit of its target. Then it is tried again."""


class TargetedResult(StrEnum):
    """How an attempt at a targeted audit ended."""

    DONE = "done"
    NOT_DUE = "not_due"
    """Another process has audited the events, or the pause after the last audit is not over."""

    DEFERRED = "deferred"
    """The share of a rate limit is spent: it is tried again, unless a full audit comes first."""

    LEFT_TO_FULL_AUDIT = "left_to_full_audit"
    """There is no full audit of this app and this instance yet to compare with."""


class TargetedOutcome(Struct, frozen=True, kw_only=True):
    """The result of one targeted audit."""

    result: TargetedResult
    opened: tuple[str, ...] = ()
    """Rules of the findings that it opened or reopened."""

    full_reason: str | None = None
    """Why it requests a full audit; ``None``: it requests none."""

    requests: int = 0
    delivered: Delivered | None = None


def audit_events(
    store: Store, settings: Settings, target: TargetSettings, now: Clock
) -> TargetedOutcome:
    """Read the configuration of a target again, because events of its logs are waiting.

    It changes only what it evaluated; all else stays as the last full audit left it. Raises
    :class:`~auditor.errors.AuditorError` when it cannot be done, and stores nothing.
    """
    with store.targets.lease(target.name, TARGETED_LOCK_TIMEOUT):
        at = now()
        (watched,) = store.watch.targets([target.name]) or (WatchedTarget(target=target.name),)
        due_at = watched.due_at(DueAudit.TARGETED, settings.watch.times)
        # Under the lease, because another process may have audited these events during the wait.
        if due_at is None or due_at > at:
            return TargetedOutcome(result=TargetedResult.NOT_DUE)
        before = store.audits.recall(target.name)
        if before.configurations is None or not store.targets.is_identified(target.target):
            # Its first full audit reads all that these events changed.
            return TargetedOutcome(result=TargetedResult.LEFT_TO_FULL_AUDIT)
        snapshot = collect(
            target.target,
            target.credentials(),
            at=at,
            limits=TARGETED_LIMITS,
            only=TARGETED_COLLECTIONS,
        )
        # With a part of the data, these events would count as audited, although a rule was unknown.
        if any(each.why is MissingReason.RATE_LIMITED for each in snapshot.missing.values()):
            store.watch.defer(target.name, at + settings.watch.interval)
            return TargetedOutcome(result=TargetedResult.DEFERRED, requests=snapshot.requests)
        if settings.hides_identities:
            snapshot = pseudonymize(snapshot)
        record = _conclude(store, settings, target, snapshot, before=before, events=watched.events)
        # As in a full audit: recorded before anything is sent.
        store.targeted_audits.record(record, channels_of(settings))
        delivered = deliver_with_reports(store, settings, now, of=(target.name,))
    return TargetedOutcome(
        result=TargetedResult.DONE,
        opened=tuple(each.after.rule for each in record.transitions if each.opens),
        full_reason=record.full_reason,
        requests=snapshot.requests,
        delivered=delivered,
    )


def _conclude(
    store: Store,
    settings: Settings,
    target: TargetSettings,
    snapshot: Snapshot,
    *,
    before: PreviousAudits,
    events: tuple[WatchedEvent, ...],
) -> TargetedAuditRecord:
    rules, at = rules_for(settings, target), snapshot.taken_at
    ran_before = before.configurations or {}
    evaluation = evaluate_targeted(snapshot, rules, ran_before, settings.attestations)
    before = store.audits.with_found_again(before, evaluation.with_unknown(()))
    found = reconcile_targeted(
        before.known,
        evaluation,
        store.targeted_audits.evidence(target.name, evaluation.rules),
        ran_before,
        target=target.name,
        at=at,
        grace=timedelta(minutes=target.target.grace_minutes),
        resolve_after=settings.resolve_after,
        waivers=settings.waivers,
    )
    logs = _with_logs(snapshot, events)
    recent = store.history.changes(target.name, since=at - LATE_EVENTS_PERIOD)
    changes = compare_configuration(before, recent, logs)
    reconciled, causes = assign_causes(
        found.reconciled, found.evaluated, changes.explaining, changes.known_causes, at=at
    )
    found = replace(found, reconciled=reconciled)
    decision = decide_targeted(
        found,
        changes.explaining,
        snapshot.target,
        at=at,
        before=before.notified_state or NotifiedState(audited_at=at),
        titles=problem_titles(bound.rule for bound in rules),
        advice={bound.id: bound.rule.remediation for bound in rules},
        causes=causes,
        attributed=changes.attributed.keys(),
        alerts=settings.alerts,
    )
    changed = tuple(each for each in reconciled.transitions if each.after.id in found.changed)
    return TargetedAuditRecord(
        target=target.name,
        at=at,
        key=events[0].id,
        follows=before.last_audit,
        verdicts=found.verdicts,
        transitions=changed,
        changes=changes.found,
        attributed=tuple(changes.attributed.values()),
        configuration=changes.configuration,
        configuration_names=changes.names,
        notifications=decision.notifications,
        notified_state=decision.notified_state,
        full_reason=full_audit_reason(evaluation, changed, changes.found, events, before.known),
    )


def _with_logs(snapshot: Snapshot, events: tuple[WatchedEvent, ...]) -> Snapshot:
    """Return the snapshot with the waiting events as its logs, for attribution alone."""
    since: datetime = min(each.published_at for each in events)
    log = Log(
        since=since,
        until=snapshot.taken_at,
        events=tuple(each.okta for each in events if each.okta),
    )
    log_of_unleash = EventLog(
        since=since,
        until=snapshot.taken_at,
        events=tuple(each.unleash for each in events if each.unleash),
    )
    return with_fields(snapshot, read={**snapshot.read, LOG.name: log, EVENTS.name: log_of_unleash})
