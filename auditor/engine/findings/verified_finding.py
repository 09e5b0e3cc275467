"""Whether findings are fixed now, from an evaluation that is not stored. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import asdict, replace

from auditor.engine.evaluation.verdicts import Evaluated, Finding, Verdict, VerdictStatus
from auditor.engine.findings.tracked_findings import Resolution
from auditor.rule.results import Evidence, Reason
from auditor.rule.severity import Severity


class VerificationStatus(StrEnum):
    """Whether a violation exists now; worst first."""

    STILL_OPEN = "still_open"
    NOT_EVALUATED = "not_evaluated"
    FIXED = "fixed"

    @property
    def label(self) -> str:
        """Return the words that readers see: ``still open``."""
        return self.value.replace("_", " ")


class FindingIdentity(Struct, frozen=True, kw_only=True):
    """The finding to verify."""

    id: str
    rule: str
    subject: str
    attribute: str = ""
    severity: Severity | None = None
    """As stored; ``None``: it is grouped under a root cause, and no severity is stored."""


class VerifiedFinding(FindingIdentity, frozen=True, kw_only=True):
    """A finding with what was read now."""

    status: VerificationStatus
    message: str = ""
    """The message now; empty unless it was found."""

    evidence: tuple[Evidence, ...] = ()
    """What was read now; empty unless it was found."""

    affected_count: int = 0
    reason: Reason | None = None
    """Why the rule did not evaluate it."""

    ends_as: Resolution | None = None
    """Why the next audit closes it although no fix was verified, such as ``not_applicable``."""

    waits_for_success: bool = False
    """It is still open only because no later success of the failed operation was read."""


def verify_findings(
    findings: Iterable[FindingIdentity],
    evaluated: Evaluated,
    ran_before: Mapping[str, str] | None,
) -> tuple[VerifiedFinding, ...]:
    """Return the status of each finding.

    It is fixed only if its rule was evaluated as in the last audit, and did not find it. A rule
    that does not apply any more, or whose parameters changed, verifies no fix. A finding that is
    grouped under a root cause is still open. ``ran_before`` maps the rule ids of the last audit to
    their configuration hashes; ``None``: unknown.
    """
    found = {each.id: each for each in evaluated.findings}
    verdicts = {each.rule: each for each in evaluated.verdicts}
    return tuple(
        _still_open(each, found[each.id])
        if each.id in found
        else _not_found(each, verdicts.get(each.rule), evaluated, ran_before)
        for each in findings
    )


def _still_open(known: FindingIdentity, found: Finding) -> VerifiedFinding:
    return VerifiedFinding(
        **(asdict(known) | {"severity": found.severity}),
        status=VerificationStatus.STILL_OPEN,
        message=found.message,
        evidence=found.evidence if found.has_details else (),
        affected_count=found.affected_count,
    )


def _not_found(
    known: FindingIdentity,
    verdict: Verdict | None,
    evaluated: Evaluated,
    ran_before: Mapping[str, str] | None,
) -> VerifiedFinding:
    """Decide in the order of :mod:`auditor.engine.findings.reconcile`: unknown comes first."""
    fixed = VerifiedFinding(**asdict(known), status=VerificationStatus.FIXED)
    unknown = replace(fixed, status=VerificationStatus.NOT_EVALUATED)
    if verdict is None:
        return replace(unknown, ends_as=Resolution.RULE_REMOVED)
    reason = next(iter(verdict.reasons), None)
    if evaluated.is_unknown(known.rule, known.subject):
        return replace(unknown, reason=reason)
    waits = known.rule in evaluated.resolves_on_success
    if waits and not evaluated.has_cleared(known.rule, known.subject):
        return replace(fixed, status=VerificationStatus.STILL_OPEN, waits_for_success=True)
    ends_as = _CLOSING.get(verdict.status)
    if ends_as is not None:
        return replace(unknown, reason=reason, ends_as=ends_as)
    if (ran_before or {}).get(known.rule) != evaluated.configurations.get(known.rule):
        return replace(unknown, ends_as=Resolution.CONFIGURATION_CHANGED)
    return fixed


_CLOSING = {
    VerdictStatus.NOT_APPLICABLE: Resolution.NOT_APPLICABLE,
    VerdictStatus.ATTESTED: Resolution.ATTESTED,
}
"""Verdicts that close a finding without a fix."""


def overall_status(verified: Iterable[VerifiedFinding]) -> VerificationStatus:
    """Return the worst status; of no finding, not evaluated."""
    present = {each.status for each in verified}
    return next(
        (each for each in VerificationStatus if each in present), VerificationStatus.NOT_EVALUATED
    )
