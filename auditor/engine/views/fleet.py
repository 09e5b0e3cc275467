"""The state of all targets side by side. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from auditor.engine.audit_history import History, StoredAudit, StoredFinding, StoredVerdict
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.views.target_report.report_causes import (
    ReportedCause,
    affected_users,
    report_causes,
)
from auditor.engine.views.target_report.report_findings import (
    ReportedFinding,
    report_findings,
    worst_first,
)
from auditor.engine.views.target_report.report_headline import TargetStatus
from auditor.rule.severity import Severity
from auditor.text import numeric_order

WEEK = timedelta(days=7)

_ORDER = (
    TargetStatus.FAIL,
    TargetStatus.INCOMPLETE,
    TargetStatus.NOT_AUDITED,
    TargetStatus.PASS,
)


class FleetTarget(Struct, frozen=True, kw_only=True):
    """One target of the overview."""

    name: str
    status: TargetStatus
    causes: tuple[ReportedCause, ...]
    """The most severe first."""

    affected: int
    overdue: int
    """Open findings after their due date."""

    owner: str | None
    verdicts: Mapping[str, VerdictStatus]
    """Rule id to its verdict."""

    not_evaluated: int
    """Rules that could not be evaluated."""

    last_audit_at: datetime | None
    open: int
    open_last_week: int | None
    """Open findings a week earlier; ``None``: the target was not audited then."""

    is_last_week_complete: bool
    """Whether the audit a week earlier evaluated every rule."""

    @property
    def is_complete(self) -> bool:
        """Return whether the target was audited and every rule was evaluated."""
        return self.status is not TargetStatus.NOT_AUDITED and not self.not_evaluated

    @property
    def severity(self) -> Severity | None:
        """The highest severity of an open cause."""
        return self.causes[0].severity if self.causes else None


class SharedCause(Struct, frozen=True, kw_only=True):
    """A problem that several targets have."""

    title: str
    severity: Severity
    targets: tuple[str, ...]
    affected: int
    """Sum over the targets."""


class Fleet(Struct, frozen=True, kw_only=True):
    """The overview of all targets."""

    at: datetime
    targets: tuple[FleetTarget, ...]
    """The worst first."""

    shared: tuple[SharedCause, ...]
    rules: tuple[str, ...]

    def count(self, status: TargetStatus) -> int:
        """Return how many targets have a status."""
        return sum(target.status is status for target in self.targets)


def fleet_target(
    name: str,
    *,
    findings: tuple[StoredFinding, ...],
    verdicts: tuple[StoredVerdict, ...],
    last: StoredAudit | None,
    week_ago: StoredAudit | None,
    deadlines: Deadlines,
    titles: Mapping[str, str],
    at: datetime,
    stale_after: timedelta,
) -> FleetTarget:
    """Return the row of one target at ``at``.

    A target whose last audit is older than ``stale_after`` is not audited: its state is unknown.
    ``week_ago`` is the last audit a week before ``at``; ``None``: there is none, or it was older
    than ``stale_after`` then.
    """
    history = History(audits=(), verdicts=verdicts, findings=findings)
    every = report_findings(history, deadlines, at - WEEK, at, titles)
    reported = sorted(every, key=worst_first)
    causes = tuple(report_causes(reported, titles))
    open_ = [finding for finding in reported if finding.is_open]
    unknown = sum(verdict.has_unknown for verdict in verdicts)
    is_stale = last is None or at - last.at > stale_after
    if is_stale:
        status = TargetStatus.NOT_AUDITED
    elif open_:
        status = TargetStatus.FAIL
    else:
        status = TargetStatus.INCOMPLETE if unknown or not verdicts else TargetStatus.PASS
    return FleetTarget(
        name=name,
        status=status,
        causes=causes,
        affected=_affected(open_, last),
        overdue=sum(finding.overdue for finding in open_),
        owner=causes[0].owner if causes else deadlines.owner,
        verdicts={verdict.rule: verdict.status for verdict in verdicts},
        not_evaluated=unknown,
        last_audit_at=last.at if last else None,
        open=len(open_),
        open_last_week=sum(week_ago.counts.open.values()) if week_ago else None,
        is_last_week_complete=bool(
            week_ago and not week_ago.counts.verdicts.get(VerdictStatus.UNKNOWN)
        ),
    )


def _affected(open_: Sequence[ReportedFinding], last: StoredAudit | None) -> int:
    """Return the number of the last audit, or at least so many users as the findings list."""
    counted = last.counts.affected if last else None
    return affected_users(open_) if counted is None else counted


def fleet_of(targets: Iterable[FleetTarget], at: datetime) -> Fleet:
    """Return the overview, the worst targets first."""
    ordered = tuple(sorted(targets, key=_worst_first))
    rules = Counter(rule for target in ordered for rule in target.verdicts)
    return Fleet(at=at, targets=ordered, shared=tuple(_shared(ordered)), rules=tuple(sorted(rules)))


def _shared(targets: Sequence[FleetTarget]) -> Iterator[SharedCause]:
    """Yield the problems of at least two targets, the most severe first."""
    # The id of a cause is unique to its target. Causes of several targets share the rule and the
    # kind of the finding that leads them.
    by_problem: defaultdict[tuple[str, str], list[tuple[FleetTarget, ReportedCause]]]
    by_problem = defaultdict(list)
    for target in targets:
        for cause in target.causes:
            by_problem[cause.rule, cause.kind].append((target, cause))
    shared = [
        SharedCause(
            title=_common_title([cause for _, cause in found]),
            severity=max((cause.severity for _, cause in found), key=lambda each: each.rank),
            targets=tuple(dict.fromkeys(target.name for target, _ in found)),
            affected=sum(cause.affected_count for _, cause in found),
        )
        for found in by_problem.values()
        if len({target.name for target, _ in found}) > 1
    ]
    yield from sorted(
        shared, key=lambda each: (-each.severity.rank, -len(each.targets), each.title)
    )


def _common_title(causes: Sequence[ReportedCause]) -> str:
    """Return the title of all causes; the problem, if the titles name different things."""
    titles = {cause.title for cause in causes}
    return titles.pop() if len(titles) == 1 else causes[0].problem


def _worst_first(target: FleetTarget) -> tuple[int, int, int, tuple[tuple[str, int], ...]]:
    severity = target.severity.rank if target.severity else -1
    return _ORDER.index(target.status), -severity, -target.affected, numeric_order(target.name)
