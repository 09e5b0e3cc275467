"""The rows of a report: one item for each cause, with its open findings. Pure.

Findings that nothing explains are causes of their own. The report shows those of one rule as one
item, because they have one remediation and are read as one list. The item counts its causes, so
that the report states the same number of causes as every other output.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from auditor.engine.audit_history import StoredChange
from auditor.engine.causes.cause_remediation import Fixable
from auditor.engine.causes.cause_title import (
    lead_title,
    message_for_many,
    problem_kind,
    problem_title,
)
from auditor.engine.findings.tracked_findings import Transition
from auditor.engine.incidents.incident import Acknowledgement
from auditor.engine.views.target_report.report_findings import Condition, ReportedFinding
from auditor.rule.severity import Severity


class ReportedCause(Struct, frozen=True, kw_only=True):
    """One cause with its open findings, or several causes of one rule with one finding each."""

    id: str
    """Anchor in the report and in links."""

    title: str
    """The problem, at most 60 characters."""

    problem: str
    """The problem without names and numbers: equal for all findings of one rule and kind."""

    rules: tuple[str, ...]
    """The leading rule first."""

    kind: str
    """The kind of the leading finding that has a problem of its own; empty: that of the rule."""

    severity: Severity
    condition: Condition
    consequence: str
    """The message of the first finding, if it is the only one; otherwise empty."""

    findings: tuple[str, ...]
    """Ids, the most severe first."""

    cause_count: int
    """The number of causes in this item."""

    overdue_count: int
    """The number of these causes that are overdue."""

    affected_count: int
    """The least number of distinct users."""

    is_counting: bool = False
    """The next full audit counts the affected users of some of its findings."""

    since: datetime
    since_is_dated: bool
    change: StoredChange | None
    """The change that explains all findings, if one does."""

    owner: str | None
    due_at: datetime | None
    overdue: bool
    acknowledgement: Acknowledgement | None = None
    """The one in force at the end of the period."""

    @property
    def rule(self) -> str:
        """The leading rule."""
        return self.rules[0]


def report_causes(
    findings: Iterable[ReportedFinding],
    titles: Mapping[str, str],
    acknowledged: Mapping[str, Acknowledgement] | None = None,
) -> Iterator[ReportedCause]:
    """Group open findings, the most severe cause first; ``findings`` are sorted by severity.

    ``titles`` are the problem titles of the rules. ``acknowledged`` maps the id of a cause to the
    acknowledgement in force.
    """
    open_ = [finding for finding in findings if finding.is_open]
    members = Counter(finding.cause for finding in open_)
    groups: dict[str, list[ReportedFinding]] = {}
    for finding in open_:
        is_alone = not finding.cause or members[finding.cause] == 1
        groups.setdefault(finding.rule if is_alone else finding.cause, []).append(finding)
    known = acknowledged or {}
    causes = (_cause(key, group, titles, _of_all(group, known)) for key, group in groups.items())
    yield from sorted(causes, key=_most_severe_first)


def _of_all(
    group: Iterable[ReportedFinding], acknowledged: Mapping[str, Acknowledgement]
) -> Acknowledgement | None:
    """Return the acknowledgement of a group; ``None`` unless each of its causes has one."""
    found = [acknowledged.get(each.cause) for each in group]
    return found[0] if all(found) else None


def _cause(
    key: str,
    group: list[ReportedFinding],
    titles: Mapping[str, str],
    acknowledgement: Acknowledgement | None,
) -> ReportedCause:
    first = next((each for each in group if each.id == key), group[0])
    rule = first.rule
    # A title that names one subject would be wrong for several.
    subject = (
        first.subject if len({each.subject for each in group if each.rule == rule}) == 1 else ""
    )
    kind = problem_kind(rule, titles, kind=first.kind, subject=subject, attribute=first.attribute)
    title, _ = lead_title(
        rule,
        subject,
        attribute=first.attribute,
        kind=first.kind,
        names=(each.subject_name for each in group if each.rule == rule),
        evidence=first.evidence,
        findings=sum(each.rule == rule for each in group),
        titles=titles,
    )
    oldest = min(group, key=lambda each: each.since)
    changes = {each.change for each in group}
    due = [each.due_at for each in group if each.due_at]
    return ReportedCause(
        id=f"c-{(first.cause or first.id) if len(group) == 1 else key}",
        title=title,
        problem=problem_title(rule, titles, kind=kind),
        kind=kind,
        rules=(rule, *sorted({each.rule for each in group} - {rule})),
        severity=max((each.severity for each in group), key=lambda each: each.rank),
        condition=_condition(group),
        consequence=first.message
        if len(group) == 1
        else message_for_many(((each.rule, each.kind) for each in group), titles),
        findings=tuple(each.id for each in group),
        cause_count=len({each.cause or each.rule for each in group}),
        overdue_count=len({each.cause or each.rule for each in group if each.overdue}),
        affected_count=affected_users(group),
        is_counting=any(each.is_counting for each in group),
        since=oldest.since,
        since_is_dated=oldest.since_is_dated,
        change=changes.pop() if len(changes) == 1 else None,
        owner=first.owner,
        due_at=min(due, default=None),
        overdue=any(each.overdue for each in group),
        acknowledgement=acknowledgement,
    )


def _condition(group: Iterable[ReportedFinding]) -> Condition:
    transitions = {kind.label: kind for kind in Transition}
    return Condition(Transition.leading(transitions[each.condition] for each in group).label)


def affected_users(findings: Iterable[Fixable]) -> int:
    """Return how many distinct users the findings affect, at least: lists hold 100 each."""
    ids: set[str] = set()
    largest = 0
    for finding in findings:
        for each in finding.affected:
            ids.add(each.id)
        largest = max(largest, finding.affected_count)
    return max(len(ids), largest)


def _most_severe_first(cause: ReportedCause) -> tuple[int, bool, int, str]:
    return -cause.severity.rank, not cause.overdue, -cause.affected_count, cause.rule
