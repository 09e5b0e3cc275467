"""Read a target now and verify findings. Nothing is stored and nothing is sent."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.clock import Clock
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings
from auditor.domain.collections import SCIM_ENDPOINT
from auditor.engine.audit_history import PreviousAudits, StoredFinding
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.findings.tracked_findings import State
from auditor.engine.findings.verified_finding import (
    FindingIdentity,
    VerificationStatus,
    VerifiedFinding,
    overall_status,
    verify_findings,
)
from auditor.pipeline.snapshot_reading import SourceFactsRead, read_facts, read_snapshot

if TYPE_CHECKING:
    from auditor.collect.collection_tasks import Progress
    from auditor.store.store import Store

MIN_PAUSE = timedelta(seconds=30)
"""The shortest pause between two reads of ``--wait``. A slow read makes the pause longer."""


class Verification(Struct, frozen=True, kw_only=True):
    """The result of one read."""

    target: str
    id: str
    """Id of the finding or of the cause."""

    at: datetime
    """When the data was read."""

    status: VerificationStatus
    findings: tuple[VerifiedFinding, ...]
    """The finding; for a cause, each of its open and grouped findings."""


class VerificationSubject(Struct, frozen=True, kw_only=True):
    """The findings to verify, and the results of earlier audits."""

    target: str
    id: str
    findings: tuple[FindingIdentity, ...]
    before: PreviousAudits
    facts: SourceFactsRead


def verification_subject(
    store: "Store", settings: Settings, finding: StoredFinding
) -> VerificationSubject:
    """Return the finding; for the root finding of a cause, all findings of the cause.

    Raises ConfigError when the target is not in the configuration any more.
    """
    target = settings.target(finding.target)
    members = [finding]
    identities = []
    before = store.audits.recall(target.name)
    if finding.id == finding.cause:
        members += [
            each
            for each in store.history.findings(target.name, State.OPEN)
            if each.cause == finding.id and each.id != finding.id and not each.waived
        ]
        # Grouped findings are not open, so only the cause lists them.
        causes = before.notified_state.causes if before.notified_state else {}
        if (cause := causes.get(finding.id)) is not None:
            identities = [
                FindingIdentity(id=each.id, rule=each.rule, subject=each.subject)
                for each in cause.grouped
            ]
    facts = read_facts(store, target)
    if any(piece.collection == SCIM_ENDPOINT.name for each in members for piece in each.evidence):
        # A stored answer would repeat the finding for up to an hour after the fix.
        facts = SourceFactsRead(log=facts.log)
    return VerificationSubject(
        target=target.name,
        id=finding.id,
        findings=(
            *(
                FindingIdentity(
                    id=each.id,
                    rule=each.rule,
                    subject=each.subject,
                    attribute=each.attribute,
                    severity=each.severity,
                )
                for each in members
            ),
            *identities,
        ),
        before=before,
        facts=facts,
    )


def verify(
    settings: Settings,
    subject: VerificationSubject,
    now: Clock,
    *,
    progress: "Progress | None" = None,
) -> Verification:
    """Read the target once and verify the findings."""
    target = settings.target(subject.target)
    rules = rules_for(settings, target)
    at = now()
    snapshot = read_snapshot(
        settings, target, rules, subject.before, at, facts=subject.facts, progress=progress
    )
    evaluated = evaluate(snapshot, rules, settings.attestations)
    verified = verify_findings(subject.findings, evaluated, subject.before.configurations)
    return Verification(
        target=target.name,
        id=subject.id,
        at=at,
        status=overall_status(verified),
        findings=verified,
    )


def verify_until_fixed(
    verify_once: Callable[[], Verification],
    wait: timedelta,
    *,
    sleep: Callable[[float], None] = time.sleep,
    timer: Callable[[], float] = time.monotonic,
) -> Verification:
    """Repeat ``verify_once`` until the status is fixed or ``wait`` is over. Return the last result.

    At least half of the time is a pause, so that other clients can use the rate limits.
    """
    ends_at = timer() + wait.total_seconds()
    while True:
        started = timer()
        result = verify_once()
        if result.status is VerificationStatus.FIXED:
            return result
        took = timer() - started
        left = ends_at - timer()
        if left <= 0:
            return result
        sleep(min(left, max(MIN_PAUSE.total_seconds(), took)))
