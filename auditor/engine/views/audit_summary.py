"""The JSON output of ``auditor run``. Pure.

``auditor run --format json`` prints a :class:`Summary`, ``auditor config schema run`` its JSON
Schema.
"""

from collections import Counter, defaultdict
from datetime import datetime
from itertools import chain

from msgspec import Struct

from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.verdicts import KEPT_AFFECTED, VerdictStatus
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Novelty,
    Reconciled,
    Resolution,
    Shift,
    State,
    Transition,
)
from auditor.engine.incidents.cause_entries import count_affected
from auditor.engine.views.cause_summary import CauseSummary, headline_of
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Basis, Severity
from auditor.rule.texts.reason_text import reason_text

AUDIT_SCHEMA_VERSION = 1
"""It rises when a field is removed or changes its meaning; fields can be added at any time."""


class AffectedSummary(Struct, frozen=True, kw_only=True):
    """The users that a finding affects."""

    count: int
    listed: tuple[Affected, ...] = ()
    """The first hundred."""


class FindingSummary(Struct, frozen=True, kw_only=True):
    """One finding, and its transition in this audit."""

    id: str
    """Equal in every audit; unique within a target."""

    rule: str
    subject: str
    attribute: str
    cause: str = ""
    """Id of the cause that explains it; empty for a finding that never opened."""

    severity: Severity
    state: State
    change: Transition
    """The transition in this audit."""

    first_seen: datetime
    last_seen: datetime
    since: datetime | None = None
    """When the violation began; ``null``: no dated record shows it."""

    message: str | None = None
    """The last message; ``null``: names were deleted since."""

    evidence: tuple[Evidence, ...] = ()
    affected: AffectedSummary
    shift: Shift | None = None
    novelty: Novelty | None = None
    resolution: Resolution | None = None
    reopened: int = 0
    waiver: Waiver | None = None
    """The waiver in force."""

    reason: str | None = None
    """Why it was not evaluated."""

    remediation: Remediation | None = None


class RuleSummary(Struct, frozen=True, kw_only=True):
    """The verdict and the findings of one rule."""

    verdict: VerdictStatus
    severity: Severity
    basis: Basis | None = None
    reasons: tuple[str, ...] = ()
    findings: tuple[FindingSummary, ...] = ()


class SummaryCounts(Struct, frozen=True, kw_only=True):
    """Rules by verdict, open findings by severity, and findings by their transition."""

    verdicts: dict[VerdictStatus, int]
    open: dict[Severity, int]
    """Open and not waived."""

    changes: dict[Transition, int]
    waived: int


class DeliverySummary(Struct, frozen=True, kw_only=True):
    """The result of the delivery, in notifications."""

    delivered: int
    waiting: int
    """Notifications of this target that are kept for another attempt."""

    failed: int
    errors: tuple[str, ...] = ()


class TargetSummary(Struct, frozen=True, kw_only=True):
    """The audit of one target. With ``error``, the target was not audited."""

    target: str
    at: datetime | None = None
    error: str | None = None
    counts: SummaryCounts | None = None
    rules: dict[str, RuleSummary] = {}
    headline: str = ""
    """``2 causes, 142 findings (5 grouped), 711 users affected``."""

    causes: tuple[CauseSummary, ...] = ()
    """The open causes, worst first."""

    changes: tuple[Change, ...] = ()
    """Changes of the configuration since it was last read, with their possible actors."""

    retired: tuple[FindingSummary, ...] = ()
    """Findings of rules that no longer run."""

    delivery: DeliverySummary | None = None
    """``null``: nothing is delivered, as for a saved snapshot."""

    not_exported: tuple[str, ...] = ()
    """Why ``report.exports`` could not all be written."""

    unmatched_waivers: tuple[Waiver, ...] = ()
    expired_waivers: tuple[Waiver, ...] = ()


class Summary(Struct, frozen=True, kw_only=True):
    """The output of ``auditor run --format json``."""

    schema: int = AUDIT_SCHEMA_VERSION
    auditor: str
    """Version of the auditor."""

    exit_code: int
    fail_on: Severity
    targets: tuple[TargetSummary, ...]


def summarize(
    target: str,
    at: datetime,
    reconciled: Reconciled,
    changes: tuple[Change, ...] = (),
    delivery: DeliverySummary | None = None,
    *,
    causes: tuple[CauseSummary, ...] = (),
    not_exported: tuple[str, ...] = (),
) -> TargetSummary:
    """Return the audit of one target as JSON output: verdicts and transitions by rule."""
    findings: defaultdict[str, list[FindingSummary]] = defaultdict(list)
    for entry in reconciled.transitions:
        findings[entry.after.rule].append(_finding(entry))
    return TargetSummary(
        target=target,
        at=at,
        counts=_count(reconciled),
        rules={
            verdict.rule: RuleSummary(
                verdict=verdict.status,
                severity=verdict.severity,
                basis=verdict.basis,
                reasons=tuple(map(reason_text, verdict.reasons)),
                findings=tuple(findings.pop(verdict.rule, ())),
            )
            for verdict in reconciled.verdicts
        },
        # What no verdict has taken out belongs to rules that no longer run.
        retired=tuple(chain.from_iterable(findings.values())),
        headline=headline_of(
            len(causes),
            sum(each.findings for each in causes),
            count_affected(reconciled.open),
            grouped=sum(each.grouped for each in causes),
        ),
        causes=causes,
        changes=changes,
        delivery=delivery,
        not_exported=not_exported,
        unmatched_waivers=reconciled.unmatched_waivers,
        expired_waivers=reconciled.expired_waivers,
    )


def _finding(entry: FindingTransition) -> FindingSummary:
    known, seen = entry.after, entry.finding
    return FindingSummary(
        id=known.id,
        rule=known.rule,
        subject=known.subject,
        attribute=known.attribute,
        cause=known.cause,
        severity=known.severity,
        state=known.state,
        change=entry.transition,
        first_seen=known.first_seen_at,
        last_seen=known.last_seen_at,
        since=seen.since if seen else None,
        message=known.message or None,
        evidence=seen.evidence if seen and seen.has_details else (),
        affected=AffectedSummary(
            count=known.affected_count, listed=seen.affected[:KEPT_AFFECTED] if seen else ()
        ),
        shift=entry.shift,
        novelty=entry.novelty,
        resolution=known.resolution,
        reopened=known.reopened,
        waiver=entry.waiver,
        reason=reason_text(entry.reason) if entry.reason else None,
        remediation=seen.remediation if seen else None,
    )


def _count(reconciled: Reconciled) -> SummaryCounts:
    verdicts = Counter(verdict.status for verdict in reconciled.verdicts)
    severities = Counter(entry.after.severity for entry in reconciled.open)
    kinds = Counter(entry.transition for entry in reconciled.transitions)
    return SummaryCounts(
        # Every key is present, so that a consumer needs no default.
        verdicts={status: verdicts[status] for status in VerdictStatus},
        open={severity: severities[severity] for severity in Severity},
        changes={kind: kinds[kind] for kind in Transition},
        waived=sum(entry.after.waived for entry in reconciled.transitions),
    )
