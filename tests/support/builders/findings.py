"""Builders for the records of an evaluation. Each has defaults, so a test shows one fact."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from auditor.domain.collections import APP, MissingData, MissingReason
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.evaluate import fingerprint
from auditor.engine.evaluation.targeted_evaluation import TargetedEvaluation
from auditor.engine.evaluation.verdicts import Evaluated, Finding, Verdict, VerdictStatus
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Reconciled,
    State,
    TrackedFinding,
)
from auditor.rule.results import Affected, MissingDataReason, Remediation, RootCause
from auditor.rule.severity import Severity
from auditor.rule.texts.reason_text import reason_text

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


TIMED_OUT = MissingDataReason(
    collection=APP.name,
    missing=MissingData(why=MissingReason.TIMEOUT, endpoint="GET /api/v1/apps"),
)
"""Why :func:`evaluated` makes a rule unknown."""


def missing_reason(
    collection: str,
    missing: MissingData | None = None,
    *,
    why: MissingReason = MissingReason.FORBIDDEN,
) -> MissingDataReason:
    """Return the reason of a rule that needs ``collection``, by default refused with 403."""
    status = 403 if why is MissingReason.FORBIDDEN else None
    refused = MissingData(why=why, endpoint="GET /here", status=status)
    return MissingDataReason(collection=collection, missing=missing or refused)


def reasons_of(verdict: Verdict) -> str:
    """Return the reasons of a verdict as one text."""
    return "; ".join(map(reason_text, verdict.reasons))


def hours(count: float) -> datetime:
    """Return the time that is ``number`` hours after the start."""
    return START + timedelta(hours=count)


def finding(
    rule: str = "push-flag-off",
    subject: str = "create-users",
    attribute: str = "",
    *,
    severity: Severity = Severity.HIGH,
    affected: tuple[Affected, ...] = (),
    affected_count: int | None = None,
    within_grace: bool = False,
    root_cause: RootCause | None = None,
    remediation: Remediation | None = None,
) -> Finding:
    return Finding(
        id=fingerprint(rule, subject, attribute),
        rule=rule,
        subject=subject,
        attribute=attribute,
        severity=severity,
        message=f"{subject} is off",
        evidence=(),
        affected=affected,
        affected_count=len(affected) if affected_count is None else affected_count,
        since=None,
        within_grace=within_grace,
        root_cause=root_cause,
        remediation=remediation,
    )


def evaluated(
    *findings: Finding,
    rules: tuple[str, ...] = ("push-flag-off",),
    unknown_rules: tuple[str, ...] = (),
    unknown: tuple[tuple[str, str], ...] = (),
    cleared: tuple[tuple[str, str], ...] = (),
    sticky: tuple[str, ...] = (),
    statuses: dict[str, VerdictStatus] | None = None,
    configurations: dict[str, str] | None = None,
) -> Evaluated:
    failing = {each.rule for each in findings}
    uncertain = {*unknown_rules, *(rule for rule, _ in unknown)}

    def status(rule: str) -> VerdictStatus:
        if statuses and rule in statuses:
            return statuses[rule]
        if rule in failing:
            return VerdictStatus.FAIL
        return VerdictStatus.UNKNOWN if rule in uncertain else VerdictStatus.PASS

    every = sorted({*rules, *failing, *uncertain})
    return Evaluated(
        verdicts=tuple(
            Verdict(
                rule=rule,
                status=status(rule),
                severity=Severity.HIGH,
                reasons=(TIMED_OUT,) if rule in uncertain else (),
            )
            for rule in every
        ),
        findings=findings,
        unknown_rules=frozenset(unknown_rules),
        unknown_subjects=frozenset(unknown),
        cleared={
            rule: frozenset(subject for of, subject in cleared if of == rule) for rule, _ in cleared
        },
        resolves_on_success=frozenset(sticky),
        configurations=configurations or dict.fromkeys(every, "c1"),
        versions=dict.fromkeys(every, "v1"),
    )


def tracked(found: Finding, **more: Any) -> TrackedFinding:
    """Return the stored state of a finding that opened at the start."""
    plain: dict[str, Any] = {
        "state": State.OPEN,
        "first_seen_at": START,
        "last_seen_at": START,
        "opened_at": START,
        "affected_count": found.affected_count,
    }
    return TrackedFinding(
        id=found.id,
        rule=found.rule,
        subject=found.subject,
        attribute=found.attribute,
        severity=found.severity,
        **plain | more,
    )


def targeted_evaluation(
    *findings: Finding,
    rules: tuple[str, ...],
    uncounted: frozenset[str] = frozenset(),
    left: dict[str, frozenset[str]] | None = None,
) -> TargetedEvaluation:
    """Return the evaluation of a targeted audit that evaluates ``rules``."""
    seen = evaluated(*findings, rules=rules)
    return TargetedEvaluation(
        verdicts=seen.verdicts,
        findings=seen.findings,
        uncounted=uncounted,
        left=left or {},
        severities={},
        configurations=seen.configurations,
    )


def remember(
    reconciled: Reconciled, seen: Evaluated, before: PreviousAudits | None = None
) -> PreviousAudits:
    """Return the state that the store keeps after an audit. Resolved findings stay known."""
    known = {each.id: each for each in (before.known if before else ())}
    known.update({entry.after.id: entry.after for entry in reconciled.transitions})
    return PreviousAudits(known=tuple(known.values()), configurations=seen.configurations)


def only(reconciled: Reconciled) -> FindingTransition:
    (entry,) = reconciled.transitions
    return entry


def open_ids(memory: PreviousAudits) -> set[str]:
    return {known.id for known in memory.known if known.state is State.OPEN}


def known_of(memory: PreviousAudits, id_: str) -> TrackedFinding:
    return next(known for known in memory.known if known.id == id_)


AUDIT_RULES = ("a", "b")
SUBJECTS = ("x", "y", "z")
pairs = st.tuples(st.sampled_from(AUDIT_RULES), st.sampled_from(SUBJECTS))


@st.composite
def evaluations(draw) -> Evaluated:
    found = draw(st.sets(pairs))
    return evaluated(
        *(
            finding(rule, subject, within_grace=draw(st.booleans()), severity=Severity.LOW)
            for rule, subject in sorted(found)
        ),
        rules=AUDIT_RULES,
        unknown_rules=tuple(draw(st.sets(st.sampled_from(AUDIT_RULES)))),
        unknown=tuple(draw(st.sets(pairs)) - found),
        cleared=tuple(draw(st.sets(pairs)) - found),
        sticky=tuple(draw(st.sets(st.sampled_from(AUDIT_RULES)))),
    )
