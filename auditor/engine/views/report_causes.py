"""The rows of a report: open findings that have one cause, as one item. Pure.

Findings of one rule are one item.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from auditor.engine.audit_history import StoredChange
from auditor.engine.views.report_findings import Condition, ReportedFinding
from auditor.rule.severity import Severity

_ORDER = (Condition.REOPENED, Condition.NEW, Condition.UNVERIFIED, Condition.STILL_OPEN)


class ReportedCause(Struct, frozen=True, kw_only=True):
    """One cause with its open findings."""

    id: str
    """Anchor in the report and in links."""

    title: str
    """The problem, at most 60 characters."""

    rules: tuple[str, ...]
    """The leading rule first."""

    severity: Severity
    condition: Condition
    consequence: str
    """The message of the first finding, if it is the only one; otherwise empty."""

    findings: tuple[str, ...]
    """Ids, the most severe first."""

    affected_count: int
    """At least so many distinct users."""

    since: datetime
    since_is_dated: bool
    change: StoredChange | None
    """The change that explains all findings, if one does."""

    owner: str | None
    due_at: datetime | None
    overdue: bool

    @property
    def rule(self) -> str:
        """The leading rule."""
        return self.rules[0]


def report_causes(
    findings: Iterable[ReportedFinding], titles: Mapping[str, str]
) -> Iterator[ReportedCause]:
    """Group open findings, the most severe cause first; ``findings`` are sorted by severity."""
    groups: dict[str, list[ReportedFinding]] = {}
    for finding in findings:
        if finding.is_open:
            groups.setdefault(finding.rule, []).append(finding)
    causes = (_cause(rule, group, titles.get(rule, rule)) for rule, group in groups.items())
    yield from sorted(causes, key=_most_severe_first)


def _cause(rule: str, group: list[ReportedFinding], title: str) -> ReportedCause:
    first = group[0]
    oldest = min(group, key=lambda each: each.since)
    changes = {each.change for each in group}
    due = [each.due_at for each in group if each.due_at]
    return ReportedCause(
        id=f"c-{rule}",
        title=title,
        rules=(rule,),
        severity=first.severity,
        condition=next(each for each in _ORDER if any(one.condition is each for one in group)),
        consequence=first.message if len(group) == 1 else "",
        findings=tuple(each.id for each in group),
        affected_count=affected_users(group),
        since=oldest.since,
        since_is_dated=oldest.since_is_dated,
        change=changes.pop() if len(changes) == 1 else None,
        owner=first.owner,
        due_at=min(due, default=None),
        overdue=any(each.overdue for each in group),
    )


def affected_users(findings: Iterable[ReportedFinding]) -> int:
    """Return how many distinct users the findings affect, at least: lists hold 100 each."""
    ids: set[str] = set()
    largest = 0
    for finding in findings:
        ids.update(each.id for each in finding.affected)
        largest = max(largest, finding.affected_count)
    return max(len(ids), largest)


def _most_severe_first(cause: ReportedCause) -> tuple[int, bool, int, str]:
    return -cause.severity.rank, not cause.overdue, -cause.affected_count, cause.rule


def problem_title(rule: str) -> str:
    """Return the problem that a rule's id names: ``email-not-login`` is *Email not login*."""
    first, *rest = rule.split("-")
    words = (
        _ACRONYMS.get(first, first.capitalize()),
        *(_ACRONYMS.get(each, each) for each in rest),
    )
    return " ".join(words)


_ACRONYMS = {"scim": "SCIM", "sso": "SSO", "url": "URL"}
