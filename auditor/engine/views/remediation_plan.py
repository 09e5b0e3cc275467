"""How everything is put back, in the order in which it should be. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.engine.audit_history import StoredFinding
from auditor.engine.evaluation.verdicts import Finding
from auditor.rule.definition import Rule
from auditor.rule.results import Remediation
from auditor.rule.severity import Family, Severity


class Stage(StrEnum):
    """What a step brings about, in the order in which it is needed."""

    ADMIN = "an admin can get in"
    """Without it nobody could do the rest, or undo a mistake in it."""

    SIGN_ON = "people sign in as who they are"
    PROVISIONING = "provisioning runs"
    """Until it does, nothing that is mended for a single person reaches Unleash."""

    PEOPLE = "nobody is hurt any more"
    REST = "the rest is as the guide demands"


class Mended(Struct, frozen=True, kw_only=True):
    """A finding that a step puts right."""

    id: str
    rule: str
    severity: Severity
    message: str
    affected_count: int


class Step(Struct, frozen=True, kw_only=True):
    """One thing to do."""

    stage: Stage
    severity: Severity
    """Of the worst finding that it puts right."""

    findings: tuple[Mended, ...]
    """Worst first."""

    remediation: Remediation


class Plan(Struct, frozen=True, kw_only=True):
    """All that has to be done on one target."""

    target: str
    at: datetime | None
    """When it was last looked at; ``None``: it never was, and nothing is known."""

    steps: tuple[Step, ...]
    pending: int
    """So many findings may still settle by themselves, and are not in it."""

    not_evaluated: tuple[str, ...]
    """Rules that could not see everything: there may be more to do."""


def plan(
    findings: Iterable[Finding | StoredFinding], rules: Mapping[str, Rule[Any]]
) -> tuple[Step, ...]:
    """Put the remedies of open findings in order; what one and the same step mends is one step.

    A finding that brings no remedy of its own is put back as its rule says in general.
    """
    alike: defaultdict[tuple[Stage, Remediation], list[Finding | StoredFinding]] = defaultdict(list)
    for finding in findings:
        rule = rules.get(finding.rule)
        general = (rule.remediation,) if rule else ()
        remediation = finding.remediation or Remediation(steps=general)
        alike[_stage(finding, rule), remediation].append(finding)
    steps = (_step(stage, remediation, group) for (stage, remediation), group in alike.items())
    return tuple(sorted(steps, key=_first_things_first))


def without_calls(plan: Plan) -> Plan:
    """Return the plan without API calls: some of them delete, and a stored plan can be old."""
    steps = (replace(step, remediation=replace(step.remediation, api=None)) for step in plan.steps)
    return replace(plan, steps=tuple(steps))


def _stage(finding: Finding | StoredFinding, rule: Rule[Any] | None) -> Stage:
    match rule and rule.family:
        case Family.ADMIN_REACHABLE:
            return Stage.ADMIN
        case Family.IDENTIFIER:
            return Stage.SIGN_ON
        case Family.CONNECTION | Family.PUSH_FLAGS if finding.severity.rank >= Severity.HIGH.rank:
            return Stage.PROVISIONING
        case _:
            return Stage.PEOPLE if finding.affected_count else Stage.REST


def _step(
    stage: Stage, remediation: Remediation, findings: Iterable[Finding | StoredFinding]
) -> Step:
    mended = sorted(
        (
            Mended(
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
        stage=stage, severity=mended[0].severity, findings=tuple(mended), remediation=remediation
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
