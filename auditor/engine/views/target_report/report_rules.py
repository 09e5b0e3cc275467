"""The verdict of every rule, and the controls of frameworks that it supports. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from auditor.engine.audit_history import StoredVerdict
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.views.target_report.report_findings import Condition, ReportedFinding
from auditor.rule.binding import BoundRule
from auditor.rule.results import Reason
from auditor.rule.severity import Basis, Severity
from auditor.rule.texts.reason_text import reason_text


class ReportedRule(Struct, frozen=True, kw_only=True):
    """A rule, its purpose and its latest verdict."""

    id: str
    title: str
    """The promise, in one sentence."""

    problem: str
    """The title when the rule fails."""

    rationale: str
    severity: Severity
    guide: str
    """The guide's step: ``Okta 5``."""

    family: str
    controls: Mapping[str, tuple[str, ...]]
    """Framework to its controls."""

    remediation: str
    evidence: str
    version: str
    """Hash of its file."""

    status: VerdictStatus | None
    """``None``: never evaluated."""

    basis: Basis | None
    reasons: tuple[str, ...]
    since: datetime | None
    """Since when the verdict holds."""

    open: int
    """Open findings without a waiver."""

    accepted: int = 0
    """Open findings with a waiver."""

    has_unknown: bool = False
    """The rule is unknown, or fails and is unknown in part."""

    unknown_reasons: tuple[Reason, ...] = ()
    """The reasons that leave something unknown."""

    @property
    def is_accepted(self) -> bool:
        """Return whether the rule fails, and waivers cover all its findings."""
        return self.status is VerdictStatus.FAIL and bool(self.accepted) and not self.open


class Control(Struct, frozen=True, kw_only=True):
    """One control of a framework and the rules that support it."""

    framework: str
    control: str
    status: VerdictStatus | None
    """The worst verdict of its rules; ``None``: none was evaluated."""

    rules: tuple[str, ...]
    open: int


def report_rules(
    rules: Iterable[BoundRule],
    verdicts: Iterable[StoredVerdict],
    findings: Iterable[ReportedFinding],
) -> Iterator[ReportedRule]:
    """Yield each rule with its latest verdict."""
    latest = {verdict.rule: verdict for verdict in verdicts}
    open_of: defaultdict[str, int] = defaultdict(int)
    accepted_of: defaultdict[str, int] = defaultdict(int)
    for finding in findings:
        open_of[finding.rule] += finding.is_open
        accepted_of[finding.rule] += finding.condition is Condition.WAIVED
    for bound in rules:
        rule, verdict = bound.rule, latest.get(bound.id)
        yield ReportedRule(
            id=rule.id,
            title=rule.title,
            problem=rule.problem,
            rationale=rule.rationale,
            severity=bound.ceiling or rule.severity,
            guide=rule.guide,
            family=rule.family,
            controls=rule.family.controls,
            remediation=rule.remediation,
            evidence=rule.evidence,
            version=bound.version,
            status=verdict.status if verdict else None,
            basis=verdict.basis if verdict else None,
            reasons=tuple(map(reason_text, verdict.reasons)) if verdict else (),
            has_unknown=verdict is not None and verdict.has_unknown,
            unknown_reasons=verdict.unknown_reasons if verdict else (),
            since=verdict.since if verdict else None,
            open=open_of[rule.id],
            accepted=accepted_of[rule.id],
        )


def failed_first(rule: ReportedRule) -> tuple[int, str]:
    """Order rules: failed, not evaluated, then the rest."""
    return list(VerdictStatus).index(rule.status or VerdictStatus.UNKNOWN), rule.id


def by_control(rules: Iterable[ReportedRule]) -> Iterator[Control]:
    """Yield each control with its rules and the worst verdict among them."""
    supporting: defaultdict[tuple[str, str], list[ReportedRule]] = defaultdict(list)
    for rule in rules:
        for framework, controls in rule.controls.items():
            for control in controls:
                supporting[framework, control].append(rule)
    for (framework, control), theirs in sorted(supporting.items()):
        statuses = {rule.status for rule in theirs}
        yield Control(
            framework=framework,
            control=control,
            status=next((status for status in VerdictStatus if status in statuses), None),
            rules=tuple(rule.id for rule in theirs),
            open=sum(rule.open for rule in theirs),
        )
