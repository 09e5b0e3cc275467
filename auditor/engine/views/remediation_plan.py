"""One remediation for each cause of the open findings of a target, in the order of work. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.remediation.fix import Fix
from auditor.engine.audit_history import StoredFinding
from auditor.engine.causes.cause_remediation import by_kind, cause_remediation
from auditor.engine.causes.cause_title import lead_title, problem_titles
from auditor.engine.evaluation.verdicts import Finding
from auditor.engine.views.target_report.report_causes import affected_users
from auditor.rule.definition import Rule
from auditor.rule.results import Remediation
from auditor.rule.severity import Family, Severity

MAX_NAMED_IN_STEP = 20
"""Users that a step names; the others are counted."""

Fixed = Finding | StoredFinding


class PlannedCause(Struct, frozen=True, kw_only=True):
    """One remediation, with the findings that it fixes."""

    id: str
    """Id of the cause. Findings without a cause that share one remediation have the id of the first
    finding."""

    title: str
    """At most 60 characters."""

    severity: Severity
    """The highest severity of the findings."""

    keeps_admin_access: bool
    """It is done first: all other steps, and the correction of mistakes, need an admin."""

    rules: tuple[str, ...]
    """The leading rule first."""

    findings: tuple[str, ...]
    """Ids, the most severe first."""

    affected: int
    """The least number of distinct users: a stored finding lists a hundred."""

    steps: tuple[str, ...]
    link: str | None = None
    calls: tuple[str, ...] = ()
    """API calls with the same effect. Never a call that deletes or revokes."""

    deletions: tuple[str, ...] = ()
    """Calls that delete accounts of leavers. Only data that was just read gives them."""

    terraform: tuple[str, ...] = ()
    fixes: tuple[Fix | None, ...] = ()
    """The same remediation as data, for the simulation, one for each kind of finding.

    ``None``: it cannot be simulated.
    """


class Plan(Struct, frozen=True, kw_only=True):
    """The remediation of one target."""

    target: str
    at: datetime | None
    """When the target was audited; ``None``: never."""

    causes: tuple[PlannedCause, ...]
    pending: int
    """Number of pending findings. They can resolve by themselves and are not in the plan."""

    not_evaluated: tuple[str, ...]
    """Ids of the rules that are unknown at least in part: steps can be missing."""


def plan(
    findings: Iterable[tuple[str, Fixed]], rules: Mapping[str, Rule[Any]]
) -> tuple[PlannedCause, ...]:
    """Return one remediation for each cause: admin access first, then the most severe.

    ``findings`` are the open findings, each with the id of its cause. Findings that nothing
    explains share a remediation if one fixes them. A finding without a remediation gets the
    general one of its rule.
    """
    members: defaultdict[str, list[Fixed]] = defaultdict(list)
    general = {id_: Remediation(steps=(rule.remediation,)) for id_, rule in rules.items()}
    for cause, finding in findings:
        complete = finding
        if finding.remediation is None:
            remediation = general.get(finding.rule, Remediation(steps=()))
            complete = replace(finding, remediation=remediation)
        members[cause or finding.id].append(complete)
    alone = [group[0] for group in members.values() if len(group) == 1]
    groups = [(cause, group) for cause, group in members.items() if len(group) > 1]
    groups += [("", kind) for kind in by_kind(sorted(alone, key=_worst_first))]
    titles = problem_titles(rules.values())
    causes = (_cause(cause, group, rules, titles) for cause, group in groups)
    return tuple(sorted(causes, key=_in_order))


def without_calls(plan: Plan) -> Plan:
    """Return the plan without API calls: some of them delete, and a stored plan can be old."""
    return replace(
        plan, causes=tuple(replace(each, calls=(), deletions=()) for each in plan.causes)
    )


def _cause(
    cause: str,
    findings: Sequence[Fixed],
    rules: Mapping[str, Rule[Any]],
    titles: Mapping[str, str],
) -> PlannedCause:
    findings = sorted(findings, key=_worst_first)
    lead = next((each for each in findings if each.id == cause), findings[0])
    # The title names the problem of one rule, so that only findings of this rule are counted.
    same_rule = [each for each in findings if each.rule == lead.rule]
    remediation = cause_remediation(lead.id, findings, named=MAX_NAMED_IN_STEP)
    title, _ = lead_title(
        lead.rule,
        lead.subject,
        attribute=lead.attribute,
        kind=lead.kind,
        names=(each.subject_name for each in same_rule),
        evidence=lead.evidence,
        findings=len(same_rule),
        titles=titles,
    )
    of_kinds = [kind[0].remediation for kind in by_kind(findings)]
    every = list(filter(None, (each.remediation for each in findings)))
    return PlannedCause(
        id=cause or lead.id,
        title=title,
        severity=findings[0].severity,
        keeps_admin_access=any(_is_about_admins(each, rules) for each in findings),
        rules=tuple(dict.fromkeys((lead.rule, *(each.rule for each in findings)))),
        findings=tuple(each.id for each in findings),
        affected=affected_users(findings),
        steps=remediation.steps if remediation else (),
        link=remediation.link if remediation else None,
        calls=tuple(dict.fromkeys(each.api for each in every if each.api)),
        deletions=tuple(
            f"DELETE /api/admin/user-admin/{each.subject}" for each in findings if _is_left(each)
        ),
        terraform=tuple(dict.fromkeys(each.terraform for each in every if each.terraform)),
        fixes=tuple(dict.fromkeys(each.fix for each in of_kinds if each)),
    )


def _is_about_admins(finding: Fixed, rules: Mapping[str, Rule[Any]]) -> bool:
    rule = rules.get(finding.rule)
    return rule is not None and rule.family is Family.ADMIN_REACHABLE


def _is_left(finding: Fixed) -> bool:
    """Return whether the finding is an account without an assignment that Okta did not remove.

    Only such a finding of `user-not-removed` names a root cause; a stored finding names none.
    """
    return (
        isinstance(finding, Finding)
        and finding.rule == "user-not-removed"
        and finding.root_cause is not None
    )


def _worst_first(finding: Fixed) -> tuple[int, int, str, str]:
    return -finding.severity.rank, -finding.affected_count, finding.rule, finding.subject


def _in_order(cause: PlannedCause) -> tuple[bool, int, int, str]:
    return not cause.keeps_admin_access, -cause.severity.rank, -cause.affected, cause.id
