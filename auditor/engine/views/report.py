"""The report on one target: all that its readers see, as plain data. Pure.

HTML, JSON and the weekly digest show this same record.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median_low

from msgspec import Struct

from auditor.domain.target import Target
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.audit_history import History, StoredChange, StoredRun
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.views.data_gaps import DataGap, blind_spots
from auditor.engine.views.report_findings import (
    AffectedUser,
    Condition,
    ReportedFinding,
    hurt_people,
    report_findings,
    worst_first,
)
from auditor.engine.views.report_headline import Completeness, Headline, completeness, headline
from auditor.engine.views.report_rules import (
    Control,
    ReportedRule,
    by_control,
    report_rules,
    worst_answer,
)
from auditor.engine.views.report_trend import TrendPoint, trend
from auditor.engine.views.report_waivers import (
    ReportedAttestation,
    ReportedWaiver,
    report_attestations,
    report_waivers,
)
from auditor.rule.binding import BoundRule


class Report(Struct, frozen=True, kw_only=True):
    """What is to be said of one target about one period."""

    target: Target
    since: datetime
    until: datetime
    """The period; the report shows how things stood at its end."""

    headline: Headline
    completeness: Completeness
    findings: tuple[ReportedFinding, ...]
    """Open ones, worst first; then pending, waived, and those resolved in the period."""

    people: tuple[AffectedUser, ...]
    """Whom the open findings hurt, as far as they are listed by name."""

    people_count: int
    """At least so many people are hurt."""

    changes: tuple[StoredChange, ...]
    """What differs in the set-up since the period began, latest first."""

    waivers: tuple[ReportedWaiver, ...]
    attestations: tuple[ReportedAttestation, ...]
    trend: tuple[TrendPoint, ...]
    rules: tuple[ReportedRule, ...]
    """Those that run, the worst answers first."""

    off: tuple[str, ...]
    """Rules that are switched off: nobody looked at what they watch over."""

    controls: tuple[Control, ...]
    data_gaps: tuple[DataGap, ...]
    run: StoredRun | None
    """The last run; ``None``: there was none in the period."""

    @property
    def open(self) -> tuple[ReportedFinding, ...]:
        """What stands open and nobody accepted, worst first."""
        return tuple(finding for finding in self.findings if finding.is_open)

    @property
    def overdue(self) -> tuple[ReportedFinding, ...]:
        """What is open for longer than agreed."""
        return tuple(finding for finding in self.findings if finding.overdue)

    @property
    def counts_everybody(self) -> bool:
        """Tell whether ``people_count`` is exact: nobody is hurt whose name was not kept."""
        hurting = [finding for finding in self.open if finding.affected_count]
        named = all(each.affected_count == len(each.affected) for each in hurting)
        return named or len(hurting) == 1

    @property
    def time_to_resolve(self) -> timedelta | None:
        """Return within what time half of what was resolved in the period was."""
        spans = [finding.took for finding in self.findings if finding.took is not None]
        return median_low(spans) if spans else None

    @property
    def to_attest(self) -> tuple[ReportedRule, ...]:
        """What no API shows and nobody has vouched for."""
        return tuple(rule for rule in self.rules if rule.status is VerdictStatus.NEEDS_ATTESTATION)

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
    waivers: Iterable[Waiver] = (),
    attestations: Iterable[Attestation] = (),
    deadlines: Deadlines | None = None,
) -> Report:
    """Say how ``target`` stood at ``until``, and what happened to it since ``since``."""
    findings = tuple(
        sorted(report_findings(history, deadlines or Deadlines(), since, until), key=worst_first)
    )
    reported = tuple(sorted(report_rules(rules, history.verdicts, findings), key=worst_answer))
    off = tuple(off)
    run = history.runs[-1] if history.runs else None
    spots = tuple(blind_spots(run, history.verdicts)) if run else ()
    seen = completeness(reported, history.runs, spots, off=len(off))
    people = hurt_people(findings)
    looks = history.runs or history.weeks
    return Report(
        target=target,
        since=since,
        until=until,
        headline=headline(findings, seen, spots, looks[-1].at if looks else None),
        completeness=seen,
        findings=findings,
        people=people,
        people_count=max(
            (len(people), *(each.affected_count for each in findings if each.is_open))
        ),
        changes=tuple(change for change in reversed(history.changes) if change.until >= since),
        waivers=tuple(report_waivers(waivers, findings, target.name, until)),
        attestations=tuple(report_attestations(attestations, target.name, until)),
        trend=tuple(trend((*history.weeks, *history.runs), until.date())),
        rules=reported,
        off=off,
        controls=tuple(by_control(reported)),
        data_gaps=spots,
        run=run,
    )
