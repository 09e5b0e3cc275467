"""The report on one target as plain data: HTML, JSON and the digest show this record. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from statistics import median_low

from msgspec import Struct

from auditor.domain.target import Target
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.audit_history import History, StoredAudit, StoredChange
from auditor.engine.causes.cause_title import problem_titles
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.exposure.exposure import Exposure
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.incidents.incident import Incident
from auditor.engine.incidents.incident_action import IncidentAction
from auditor.engine.incidents.notification_policy import EXPIRY_NOTICE
from auditor.engine.simulation.fix_effects import CauseEffects
from auditor.engine.simulation.lockout import Lockout
from auditor.engine.views.data_gaps import DataGap, data_gaps
from auditor.engine.views.target_report.report_causes import (
    ReportedCause,
    affected_users,
    report_causes,
)
from auditor.engine.views.target_report.report_findings import (
    AffectedUser,
    Condition,
    ReportedFinding,
    report_findings,
    users_of,
    worst_first,
)
from auditor.engine.views.target_report.report_headline import (
    Completeness,
    Headline,
    completeness,
    headline,
    severity_counts,
)
from auditor.engine.views.target_report.report_rules import (
    Control,
    ReportedRule,
    by_control,
    failed_first,
    report_rules,
)
from auditor.engine.views.target_report.report_trend import TrendPoint, trend
from auditor.engine.views.target_report.report_waivers import (
    ReportedAttestation,
    ReportedWaiver,
    report_attestations,
    report_waivers,
)
from auditor.rule.binding import BoundRule
from auditor.rule.severity import Severity


class Report(Struct, frozen=True, kw_only=True, dict=True):
    """The result of the audits of one target in one period."""

    target: Target
    since: datetime
    until: datetime
    """The period; the report shows the state at its end."""

    week: str
    """The ISO week, such as ``2026-W48``; empty if the period is not a week."""

    headline: Headline
    completeness: Completeness
    causes: tuple[ReportedCause, ...]
    """The open findings by cause, the most severe first."""

    findings: tuple[ReportedFinding, ...]
    """Open findings, the most severe first; then pending, accepted, and resolved in the period."""

    people: tuple[AffectedUser, ...]
    """Users that open findings affect, as far as they are listed by name."""

    people_count: int
    """The least number of affected users."""

    changes: tuple[StoredChange, ...]
    """Configuration changes since the period began, the latest first."""

    waivers: tuple[ReportedWaiver, ...]
    attestations: tuple[ReportedAttestation, ...]
    trend: tuple[TrendPoint, ...]
    rules: tuple[ReportedRule, ...]
    """Rules that are turned on, failed ones first."""

    off: tuple[str, ...]
    """Rules that are turned off."""

    controls: tuple[Control, ...]
    data_gaps: tuple[DataGap, ...]
    actions: tuple[IncidentAction, ...]
    """What users did about incidents in the period, the latest first."""

    last_audit: StoredAudit | None
    """The last audit of the period; ``None``: the target was not audited in the period."""

    admin_access: Lockout | None = None
    """The lock-out matrix of the latest audit, which can be later than the period."""

    fix_effects: tuple[CauseEffects, ...] = ()
    """What the fixes of open causes can do, as the latest audit computed it."""

    exposure: Exposure | None = None
    """How long leavers kept access and joiners waited; ``None``: it was not computed."""

    @cached_property  # the page reads it several times, and there can be 100,000 findings
    def open(self) -> tuple[ReportedFinding, ...]:
        """Open findings without accepted ones, the most severe first."""
        return tuple(finding for finding in self.findings if finding.is_open)

    @property
    def cause_count(self) -> int:
        """The number of open causes; an item of ``causes`` can hold several of one rule."""
        return sum(cause.cause_count for cause in self.causes)

    @property
    def overdue(self) -> tuple[ReportedFinding, ...]:
        """Open findings after their due date."""
        return tuple(finding for finding in self.findings if finding.overdue)

    @property
    def is_people_count_exact(self) -> bool:
        """Return whether ``people_count`` is exact: an audit counted, or every user is listed."""
        if any(finding.is_counting for finding in self.open):
            return False
        if self.last_audit and self.last_audit.counts.affected is not None:
            return True
        affecting = [finding for finding in self.open if finding.affected_count]
        listed = all(each.affected_count == len(each.affected) for each in affecting)
        # One finding counts each of its users once, also if it does not list them all.
        return listed or len(affecting) == 1

    @property
    def severities(self) -> dict[Severity, int]:
        """Open findings by severity, the highest first."""
        return severity_counts(self.findings)

    @property
    def last_week(self) -> TrendPoint:
        """The calendar week before that of the end of the period. It can be without an audit."""
        return self.trend[-2]

    @property
    def time_to_resolve(self) -> timedelta | None:
        """Return the median time to resolve, over the findings resolved in the period."""
        spans = [finding.took for finding in self.findings if finding.took is not None]
        # The lower one of two in the middle: a time that occurred, where a mean of both did not.
        return median_low(spans) if spans else None

    @property
    def to_attest(self) -> tuple[ReportedRule, ...]:
        """Rules that need a manual check."""
        return tuple(rule for rule in self.rules if rule.status is VerdictStatus.NEEDS_ATTESTATION)

    def came(self, condition: Condition) -> int:
        """Return how many findings became new or reopened in the period; some are resolved."""
        return sum(finding.came is condition for finding in self.findings)

    def count(self, *conditions: Condition) -> int:
        """Return how many findings are in one of these conditions."""
        return sum(finding.condition in conditions for finding in self.findings)


def build_report(
    history: History,
    *,
    target: Target,
    rules: Iterable[BoundRule],
    off: Iterable[str] = (),
    since: datetime,
    until: datetime,
    week: str = "",
    zone: tzinfo = UTC,
    waivers: Iterable[Waiver] = (),
    attestations: Iterable[Attestation] = (),
    expiry_notice: timedelta = EXPIRY_NOTICE,
    deadlines: Deadlines | None = None,
    incidents: Mapping[str, Incident] | None = None,
    actions: Iterable[IncidentAction] = (),
    admin_access: Lockout | None = None,
    fix_effects: tuple[CauseEffects, ...] = (),
    exposure: Exposure | None = None,
) -> Report:
    """Return the state of ``target`` at ``until`` and its transitions since ``since``.

    The weeks of the trend begin in ``zone``, as those of ``History.weeks`` do.
    """
    rules = tuple(rules)
    titles = problem_titles(bound.rule for bound in rules)
    every = report_findings(history, deadlines or Deadlines(), since, until, titles)
    findings = tuple(sorted(every, key=worst_first))
    reported = tuple(sorted(report_rules(rules, history.verdicts, findings), key=failed_first))
    off = tuple(off)
    last_audit = history.audits[-1] if history.audits else None
    gaps = tuple(data_gaps(last_audit, history.verdicts)) if last_audit else ()
    audited = completeness(reported, history.audits, gaps, off=len(off))
    open_ = [finding for finding in findings if finding.is_open]
    counted = last_audit.counts.affected if last_audit else None
    # Audits of an older version stored no number.
    affected = affected_users(open_) if counted is None else counted
    acknowledged = {
        cause: known
        for cause, each in (incidents or {}).items()
        if (known := each.state.acknowledgement) and known.holds(until)
    }
    causes = tuple(report_causes(findings, titles, acknowledged))
    # Without an audit in the period, the headline names the last one before it.
    audits = history.audits or history.weeks
    return Report(
        target=target,
        since=since,
        until=until,
        week=week,
        headline=headline(
            findings, causes, affected, audited, gaps, audits[-1].at if audits else None
        ),
        completeness=audited,
        causes=causes,
        findings=findings,
        people=users_of(findings),
        people_count=affected,
        changes=tuple(change for change in reversed(history.changes) if change.until >= since),
        waivers=tuple(report_waivers(waivers, findings, target.name, until, expiry_notice)),
        attestations=tuple(report_attestations(attestations, target.name, until, expiry_notice)),
        trend=tuple(trend((*history.weeks, *history.audits), until, zone)),
        rules=reported,
        off=off,
        controls=tuple(by_control(reported)),
        admin_access=admin_access,
        fix_effects=fix_effects,
        exposure=exposure,
        data_gaps=gaps,
        actions=tuple(sorted(actions, key=lambda each: each.at, reverse=True)),
        last_audit=last_audit,
    )
