"""Apply the rules to a snapshot: violations, passes and what is unknown. Pure."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice, starmap
from typing import assert_never

from msgspec.structs import replace

from auditor.domain.context import RuleContext
from auditor.domain.snapshot import Snapshot
from auditor.domain.waivers import Attestation
from auditor.engine.evaluation.verdicts import Evaluated, Finding, Verdict, VerdictStatus
from auditor.rule.binding import BoundRule
from auditor.rule.check_run import run_check
from auditor.rule.results import (
    Attested,
    AttestedBy,
    Cleared,
    Evidence,
    ManualCheck,
    MissingDataReason,
    NeedsAttestation,
    NotApplicable,
    Passed,
    Reason,
    Result,
    Unknown,
    Violation,
)
from auditor.rule.severity import Basis

MAX_STORED_REASONS = 20
"""Distinct reasons that a verdict keeps. A rule can have a reason for each of thousands of
subjects, and every verdict is stored. A line of the report names two of them."""

MAX_DETAILED_FINDINGS = 1000
"""Findings of one rule that keep their message, evidence and remediation."""


def evaluate(
    snapshot: Snapshot,
    rules: Iterable[BoundRule],
    attestations: tuple[Attestation, ...] = (),
    *,
    max_detailed: int = MAX_DETAILED_FINDINGS,
    context: RuleContext | None = None,
) -> Evaluated:
    """Run every rule. A rule that raises an error is unknown and affects no other rule.

    ``context`` is that of :func:`context_of_rules`, for a caller that uses its conclusions, too.

    A finding lists all affected users. Findings of one rule beyond ``max_detailed`` keep their
    identity, severity, affected users and paths only.
    """
    rules = tuple(rules)
    context = context or context_of_rules(snapshot, rules, attestations)
    verdicts: list[Verdict] = []
    findings: dict[str, Finding] = {}
    unknown_rules: set[str] = set()
    unknown_subjects: set[tuple[str, str]] = set()
    cleared: dict[str, frozenset[str]] = {}
    for bound in rules:
        details = _Details(max_detailed)
        results = run_check(bound.rule, bound.params, context, reduce=details.reduce)
        verdicts.append(_verdict(bound, results))
        for result in results:
            match result:
                case Cleared():
                    cleared[bound.id] = result.subjects | cleared.get(bound.id, frozenset())
                case Violation():
                    finding = build_finding(bound, result, has_details=details.has(result))
                    findings.setdefault(finding.id, finding)
                case Unknown(subject=None):
                    unknown_rules.add(bound.id)
                # No API shows this fact, so an older finding about it must not resolve.
                case Unknown(subject=str(subject)) | NeedsAttestation(subject=subject):
                    unknown_subjects.add((bound.id, subject))
                case _:
                    pass
        del results  # free the memory for the results of the next rule
    return Evaluated(
        verdicts=tuple(verdicts),
        findings=tuple(sorted(findings.values(), key=_order)),
        unknown_rules=frozenset(unknown_rules),
        unknown_subjects=frozenset(unknown_subjects),
        cleared=cleared,
        resolves_on_success=frozenset(
            bound.id for bound in rules if bound.rule.resolves_on_success
        ),
        configurations={bound.id: f"{bound.configuration}-{bound.version}" for bound in rules},
        versions={bound.id: bound.version for bound in rules},
    )


def context_of_rules(
    snapshot: Snapshot, rules: Iterable[BoundRule], attestations: tuple[Attestation, ...] = ()
) -> RuleContext:
    """Return what the checks of these rules receive; what one concludes, the others share."""
    return RuleContext(snapshot, attestations, _allowed_attributes(rules))


def fingerprint(rule: str, subject: str, attribute: str) -> str:
    """Return the id of a finding, equal in every audit: it contains no wording and no name."""
    # The NUL keeps "a" + "bc" apart from "ab" + "c".
    return hashlib.sha256(f"{rule}\0{subject}\0{attribute}".encode()).hexdigest()[:16]


def build_finding(bound: BoundRule, violation: Violation, *, has_details: bool = True) -> Finding:
    """Return the finding of a violation: with its id, its rule and its severity."""
    return Finding(
        id=fingerprint(bound.id, violation.subject, violation.attribute),
        rule=bound.id,
        subject=violation.subject,
        attribute=violation.attribute,
        subject_name=violation.subject_name,
        kind=violation.kind,
        severity=bound.severity(violation.severity),
        message=violation.message,
        evidence=violation.evidence,
        affected=violation.affected,
        affected_count=len(violation.affected),
        since=violation.since,
        within_grace=violation.within_grace,
        root_cause=violation.root_cause,
        remediation=violation.remediation,
        has_details=has_details,
    )


class _Details:
    """Decides which violations of one rule keep their details, while the check runs."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: set[tuple[str, str]] = set()
        self._paths: dict[tuple[tuple[str, str], ...], tuple[Evidence, ...]] = {}

    def has(self, violation: Violation) -> bool:
        """Return whether the violation keeps its details."""
        return (violation.subject, violation.attribute) in self._kept

    def reduce(self, result: Result) -> Result:
        """Return the result; a violation beyond the limit without its details.

        It keeps what identifies and explains it, and its users. All violations share the paths.
        """
        if not isinstance(result, Violation) or self.has(result):
            return result
        # While the check runs, so that the details of 100,000 violations are never in memory
        # together.
        if len(self._kept) < self._most:
            self._kept.add((result.subject, result.attribute))
            return result
        return replace(
            result, message="", evidence=self._paths_of(result.evidence), remediation=None
        )

    def _paths_of(self, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        paths = tuple([(each.collection, each.field) for each in evidence])
        return self._paths.setdefault(paths, tuple(starmap(_path_only, paths)))


@lru_cache(maxsize=10_000)
def _path_only(collection: str, field: str) -> Evidence:
    return Evidence(collection=collection, field=field, observed="", expected="")


def _allowed_attributes(rules: Iterable[BoundRule]) -> frozenset[str] | None:
    """Return the attributes that all rules with an allowlist allow; ``None``: no rule has one."""
    allowed = (bound.params.allowed_attributes for bound in rules)
    lists = [each for each in allowed if each is not None]
    return frozenset.intersection(*lists) if lists else None


def _verdict(bound: BoundRule, results: tuple[Result, ...]) -> Verdict:
    """Return the worst status with its reasons; for a failure, the reasons of what is unknown."""
    by_status: defaultdict[VerdictStatus, list[Reason | None]] = defaultdict(list)
    for result in results:
        if (assessed := _assess(result)) is not None:
            status, reason = assessed
            by_status[status].append(reason)
    worst = next((status for status in VerdictStatus if status in by_status), VerdictStatus.PASS)
    reasons = by_status[VerdictStatus.UNKNOWN if worst is VerdictStatus.FAIL else worst]
    # Missing data comes first, so that a limit on the number of reasons never drops it.
    reasons.sort(key=lambda reason: not isinstance(reason, MissingDataReason))
    bases = [result.basis for result in results if isinstance(result, Passed)]
    return Verdict(
        rule=bound.id,
        status=worst,
        severity=bound.ceiling or bound.rule.severity,
        basis=_weakest(bases) if worst is VerdictStatus.PASS else None,
        reasons=tuple(islice(dict.fromkeys(filter(None, reasons)), MAX_STORED_REASONS)),
    )


def _assess(result: Result) -> tuple[VerdictStatus, Reason | None] | None:  # noqa: PLR0911  (a table of cases)
    match result:
        case Cleared():
            return None
        case Violation():
            return VerdictStatus.FAIL, None
        case Unknown():
            return VerdictStatus.UNKNOWN, result.reason
        case NeedsAttestation():
            return VerdictStatus.NEEDS_ATTESTATION, ManualCheck(todo=result.todo)
        case Attested():
            return VerdictStatus.ATTESTED, AttestedBy(by=result.by, until=result.until)
        case Passed():
            return VerdictStatus.PASS, result.note
        case NotApplicable():
            return VerdictStatus.NOT_APPLICABLE, result.reason
        case _:
            assert_never(result)


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return (-finding.severity.rank, finding.rule, finding.subject, finding.attribute)


def _weakest(bases: Sequence[Basis]) -> Basis:
    """Return the weakest basis of a pass; without a statement of the rule, the API reports it."""
    strength = (Basis.OBSERVED, Basis.REPORTED, Basis.PROXY)
    return max(bases, key=strength.index, default=Basis.REPORTED)
