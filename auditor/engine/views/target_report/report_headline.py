"""The status of a target in one sentence, and the completeness of the audit behind it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.engine.audit_history import StoredAudit
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.views.data_gaps import DataGap
from auditor.engine.views.target_report.report_causes import ReportedCause
from auditor.engine.views.target_report.report_findings import Condition, ReportedFinding
from auditor.engine.views.target_report.report_rules import ReportedRule
from auditor.rule.severity import Severity
from auditor.rule.texts.reason_text import reason_text
from auditor.text import count

MAX_LISTED_RULES = 6
MAX_LISTED_REASONS = 2
"""Rules and reasons that one line names; the rest is a number."""


class TargetStatus(StrEnum):
    """The status of a target."""

    FAIL = "fail"
    """A finding is open."""

    INCOMPLETE = "incomplete"
    """No finding is open, but at least one rule could not be evaluated."""

    PASS = "pass"  # noqa: S105  (a status)
    """No finding is open, and every rule was evaluated; manual checks are counted separately."""

    NOT_AUDITED = "not_audited"


class Headline(Struct, frozen=True, kw_only=True):
    """The result of a report."""

    status: TargetStatus
    verdict: str
    """One sentence: ``3 open causes affect 714 users.``"""

    detail: str
    """The most severe cause, or the reason for an incomplete audit; may be empty."""

    worst: str | None = None
    """Id of the most severe finding."""

    def __str__(self) -> str:
        """Return status, verdict and detail in one line."""
        label = self.status.replace("_", " ").capitalize()
        return f"{label}: {self.verdict} {self.detail}".rstrip()


class Completeness(Struct, frozen=True, kw_only=True):
    """How many rules were evaluated."""

    rules: int
    """Rules that are turned on."""

    evaluated: int
    failed: int
    passed: int
    """Rules that passed, and rules that a person attested."""

    unknown_rules: tuple[str, ...]
    """Rules that were not evaluated, or not for every subject."""

    reasons: tuple[str, ...]
    """The reasons, each once, the most frequent first."""

    unattested: tuple[str, ...]
    """Rules that need a manual check."""

    not_applicable: int
    off: int
    """Rules that are turned off; ``rules`` does not count them."""

    audits: int
    incomplete_audits: int
    """Audits of the period in which a rule was not evaluated."""

    @property
    def is_complete(self) -> bool:
        """Return whether there was an audit and every rule was evaluated."""
        return bool(self.audits) and not self.unknown_rules and self.evaluated > 0

    @property
    def not_evaluated(self) -> str:
        """Name rules and reasons: ``not-steady (okta.log: forbidden (403) at …)``."""
        rules = _listed(self.unknown_rules, MAX_LISTED_RULES)
        return f"{rules} ({_listed(self.reasons, MAX_LISTED_REASONS)})" if self.reasons else rules

    def __str__(self) -> str:
        """Return one line."""
        parts = [f"{self.evaluated} of {count(self.rules, 'rule')} evaluated"]
        if self.unknown_rules:
            parts.append(f"{len(self.unknown_rules)} not evaluated: {self.not_evaluated}")
        if self.unattested:
            verb = "needs" if len(self.unattested) == 1 else "need"
            parts.append(f"{len(self.unattested)} {verb} attestation")
        if self.not_applicable:
            parts.append(f"{self.not_applicable} not applicable")
        if self.off:
            parts.append(f"{self.off} turned off")
        gaps = f"{self.incomplete_audits} incomplete" if self.incomplete_audits else "all complete"
        parts.append(f"{count(self.audits, 'audit')}{f', {gaps}' if self.audits else ''}")
        return "; ".join(parts) + "."


def completeness(
    rules: Sequence[ReportedRule],
    audits: Sequence[StoredAudit],
    gaps: Sequence[DataGap] = (),
    *,
    off: int = 0,
) -> Completeness:
    """Count the rules by verdict."""
    unknown = [rule for rule in rules if _is_unknown(rule)]
    unattested = tuple(rule.id for rule in rules if rule.status is VerdictStatus.NEEDS_ATTESTATION)
    statuses = Counter(rule.status for rule in rules)
    return Completeness(
        rules=len(rules),
        failed=statuses[VerdictStatus.FAIL],
        passed=statuses[VerdictStatus.PASS] + statuses[VerdictStatus.ATTESTED],
        evaluated=len(rules) - len(unknown) - len(unattested),
        unknown_rules=tuple(rule.id for rule in unknown),
        reasons=tuple(_reasons(unknown, gaps)),
        unattested=unattested,
        not_applicable=statuses[VerdictStatus.NOT_APPLICABLE],
        off=off,
        audits=len(audits),
        incomplete_audits=sum(
            bool(audit.counts.verdicts.get(VerdictStatus.UNKNOWN)) for audit in audits
        ),
    )


def headline(  # noqa: PLR0917
    findings: Sequence[ReportedFinding],
    causes: Sequence[ReportedCause],
    affected: int,
    audited: Completeness,
    gaps: Sequence[DataGap],
    last_audit_at: datetime | None,
) -> Headline:
    """Return the status; a target is never called clean while a rule is not evaluated."""
    open_ = [finding for finding in findings if finding.is_open]
    # An open finding counts, whether an audit took place in the period or not.
    if open_:
        return _fail(open_, causes, affected, audited)
    if not audited.audits:
        last = f"Last audit: {_day(last_audit_at)}." if last_audit_at else ""
        verdict = "No audit took place in this period."
        return Headline(status=TargetStatus.NOT_AUDITED, verdict=verdict, detail=last)
    if audited.unknown_rules:
        return _incomplete(audited, gaps)
    if not audited.evaluated:
        verdict = "No rule could be evaluated. The state of the target is unknown."
        return Headline(status=TargetStatus.INCOMPLETE, verdict=verdict, detail="")
    return _pass(findings, audited)


def _fail(
    open_: Sequence[ReportedFinding],
    causes: Sequence[ReportedCause],
    affected: int,
    audited: Completeness,
) -> Headline:
    worst = open_[0]
    number = sum(each.cause_count for each in causes)
    verb = "affects" if number == 1 else "affect"
    users = f" {verb} {count(affected, 'user')}" if affected else ""
    unknown = len(audited.unknown_rules)
    incomplete = f"Incomplete: {count(unknown, 'rule')} not evaluated." if unknown else ""
    since = f"{'Since' if worst.since_is_dated else 'First seen'} {_day(worst.since)}."
    most_severe = f"Most severe: {worst.message or worst.rule}"
    return Headline(
        status=TargetStatus.FAIL,
        verdict=f"{count(number, 'open cause')}{users}.",
        detail=" ".join(filter(None, (most_severe, since, incomplete))),
        worst=worst.id,
    )


def _incomplete(audited: Completeness, gaps: Sequence[DataGap]) -> Headline:
    verb = "was" if len(audited.unknown_rules) == 1 else "were"
    rules = count(audited.rules, "rule")
    remediation = next((f"{gap}. {gap.remediation}" for gap in gaps if gap.rules), "")
    return Headline(
        status=TargetStatus.INCOMPLETE,
        verdict=f"{len(audited.unknown_rules)} of {rules} {verb} not evaluated.",
        detail=remediation or f"{audited.not_evaluated}.",
    )


def _pass(findings: Sequence[ReportedFinding], audited: Completeness) -> Headline:
    conditions = Counter(finding.condition for finding in findings)
    accepted, pending = conditions[Condition.WAIVED], conditions[Condition.PENDING]
    applicable = audited.rules - audited.not_applicable
    details = []
    if audited.unattested:
        verb = "needs" if len(audited.unattested) == 1 else "need"
        details.append(f"{count(len(audited.unattested), 'rule')} {verb} a manual check.")
    if accepted:
        verb = "is" if accepted == 1 else "are"
        details.append(f"{count(accepted, 'finding')} {verb} accepted by a waiver.")
    if pending:
        verb = "is" if pending == 1 else "are"
        details.append(f"{count(pending, 'violation')} {verb} in the grace period.")
    if audited.passed == applicable and not accepted and not pending:
        rules = (
            "The one applicable rule" if applicable == 1 else f"All {applicable:,} applicable rules"
        )
        verdict = f"{rules} passed."
    else:
        verdict = f"No open findings. {audited.passed:,} of {count(applicable, 'rule')} passed."
    return Headline(status=TargetStatus.PASS, verdict=verdict, detail=" ".join(details))


def severity_counts(findings: Sequence[ReportedFinding]) -> dict[Severity, int]:
    """Count open findings by severity, the highest first; every severity is a key."""
    counts = Counter(finding.severity for finding in findings if finding.is_open)
    return {severity: counts[severity] for severity in reversed(Severity)}


def _reasons(unknown: Sequence[ReportedRule], gaps: Sequence[DataGap]) -> Iterator[str]:
    """Yield why rules are not evaluated: missing data first, then other reasons."""
    stated = Counter(each for rule in unknown for each in rule.unknown_reasons)
    explaining = [gap for gap in gaps if any(map(gap.explains, stated))]
    yield from map(str, explaining)
    for reason, _ in stated.most_common():
        if not any(gap.explains(reason) for gap in explaining):
            yield reason_text(reason)


def _is_unknown(rule: ReportedRule) -> bool:
    """Return whether a rule is unknown, was never evaluated, or fails and is unknown in part."""
    return rule.status is None or rule.has_unknown


def _listed(names: Sequence[str], most: int) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def _day(at: datetime | None) -> str:
    return f"{at:%-d %B %Y}" if at else "unknown"
