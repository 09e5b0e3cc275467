"""The steps that fix the open findings of a target, in the order of work. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.engine.audit_history import StoredFinding
from auditor.engine.causes.cause_remediation import by_kind, remediation_of
from auditor.engine.evaluation.verdicts import Finding
from auditor.rule.definition import Rule
from auditor.rule.results import Remediation
from auditor.rule.severity import Family, Severity

MAX_NAMED_IN_STEP = 20
"""Users that a step names; the others are counted."""


class Stage(StrEnum):
    """The aim of a step, in the order of work."""

    ADMIN = "an admin can sign in"
    """All other steps, and the correction of mistakes, need an admin who can sign in."""

    DUPLICATES = "each email belongs to one account"
    """An email exists once in Unleash, so a push for one of two accounts fails."""

    SIGN_ON = "users sign in to their own account"
    PROVISIONING = "provisioning runs"
    """A fix for a single user reaches Unleash only when provisioning runs."""

    PEOPLE = "no user is affected"
    REST = "the rest follows the guide"


DUPLICATE_RULE = "duplicate-identity"
"""Id of the rule whose findings are fixed before any push."""


class FixedFinding(Struct, frozen=True, kw_only=True):
    """A finding that a step fixes."""

    id: str
    rule: str
    severity: Severity
    message: str
    affected_count: int


class Step(Struct, frozen=True, kw_only=True):
    """One remediation, with the findings that it fixes."""

    stage: Stage
    severity: Severity
    """The highest severity of its findings."""

    findings: tuple[FixedFinding, ...]
    """The most severe first, then the most affected users."""

    remediation: Remediation
    deletions: tuple[str, ...] = ()
    """Calls that delete accounts of leavers. Only data that was just read gives them."""


class Plan(Struct, frozen=True, kw_only=True):
    """The steps for one target."""

    target: str
    at: datetime | None
    """When the target was audited; ``None``: never."""

    steps: tuple[Step, ...]
    pending: int
    """Number of pending findings. They can resolve by themselves and have no step."""

    not_evaluated: tuple[str, ...]
    """Ids of the rules that are unknown at least in part: steps can be missing."""


def plan(
    findings: Iterable[Finding | StoredFinding], rules: Mapping[str, Rule[Any]]
) -> tuple[Step, ...]:
    """Return the steps for open findings, sorted. Findings that one remediation fixes share a step.

    A finding without a remediation gets the general one of its rule.
    """
    by_stage: defaultdict[Stage, list[Finding | StoredFinding]] = defaultdict(list)
    for finding in findings:
        rule = rules.get(finding.rule)
        general = Remediation(steps=(rule.remediation,) if rule else ())
        complete = replace(finding, remediation=finding.remediation or general)
        by_stage[_stage(finding, rule)].append(complete)
    steps = (
        _step(stage, group) for stage, of_stage in by_stage.items() for group in by_kind(of_stage)
    )
    return tuple(sorted(steps, key=_first_things_first))


def without_calls(plan: Plan) -> Plan:
    """Return the plan without API calls: some of them delete, and a stored plan can be old."""
    steps = (
        replace(step, remediation=replace(step.remediation, api=None), deletions=())
        for step in plan.steps
    )
    return replace(plan, steps=tuple(steps))


def _stage(finding: Finding | StoredFinding, rule: Rule[Any] | None) -> Stage:
    if finding.rule == DUPLICATE_RULE:
        return Stage.DUPLICATES
    match rule and rule.family:
        case Family.ADMIN_REACHABLE:
            return Stage.ADMIN
        case Family.IDENTIFIER:
            return Stage.SIGN_ON
        case Family.CONNECTION | Family.PUSH_FLAGS if finding.severity.rank >= Severity.HIGH.rank:
            return Stage.PROVISIONING
        case _:
            return Stage.PEOPLE if finding.affected_count else Stage.REST


def _step(stage: Stage, findings: Sequence[Finding | StoredFinding]) -> Step:
    fixed = sorted(
        (
            FixedFinding(
                id=each.id,
                rule=each.rule,
                severity=each.severity,
                message=each.message,
                affected_count=each.affected_count,
            )
            for each in findings
        ),
        key=lambda each: (-each.severity.rank, -each.affected_count, each.rule, each.id),
    )
    return Step(
        stage=stage,
        severity=fixed[0].severity,
        findings=tuple(fixed),
        remediation=remediation_of(findings, named=MAX_NAMED_IN_STEP) or Remediation(steps=()),
        deletions=tuple(
            f"DELETE /api/admin/user-admin/{each.subject}" for each in findings if _is_left(each)
        ),
    )


def _is_left(finding: Finding | StoredFinding) -> bool:
    """Return whether the finding is an account without an assignment that Okta did not remove.

    Only such a finding of `user-not-removed` names a root cause; a stored finding names none.
    """
    return (
        isinstance(finding, Finding)
        and finding.rule == "user-not-removed"
        and finding.root_cause is not None
    )


def _first_things_first(step: Step) -> tuple[int, int, int, str, str]:
    worst = step.findings[0]
    return (
        list(Stage).index(step.stage),
        -step.severity.rank,
        -worst.affected_count,
        worst.rule,
        worst.id,
    )
