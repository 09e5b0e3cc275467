"""A finding as a reader wants it: what, since when, who, whom, and how it is put back. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import History, StoredChange, StoredFinding
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import Novelty, Resolution, State, Transition
from auditor.rule.reason_text import reason_text
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Severity


class Condition(StrEnum):
    """Where a finding stands at the end of the period; in the order of the report."""

    NEW = "new"
    REOPENED = "reopened"
    STILL_OPEN = "still open"
    UNVERIFIED = "unverified"
    """It was open, and could not be looked at any more: it counts as open."""

    PENDING = "pending"
    """Seen, but not yet for long enough: it counts for nothing."""

    WAIVED = "waived"
    RESOLVED = "resolved"

    @property
    def is_open(self) -> bool:
        """Tell whether it stands open and nobody accepted it."""
        return self in _OPEN


_OPEN = {Condition.NEW, Condition.REOPENED, Condition.STILL_OPEN, Condition.UNVERIFIED}


class AffectedUser(Struct, frozen=True, kw_only=True):
    """Somebody whom open findings hurt."""

    id: str
    name: str
    findings: tuple[str, ...]
    """Ids, worst first."""

    severity: Severity
    """Of the worst."""


class ReportedFinding(Struct, frozen=True, kw_only=True):
    """One finding, with the five questions answered."""

    id: str
    rule: str
    subject: str
    attribute: str
    cause: str = ""
    """Id of the cause that explains it; empty for a finding that never opened."""

    severity: Severity
    condition: Condition
    message: str
    """Empty when names were dropped, long after it was resolved."""

    since: datetime
    since_is_dated: bool
    """A dated record says when it began; else it was there at the latest then."""

    first_seen_at: datetime
    last_seen_at: datetime
    change: StoredChange | None
    """What brought it about, and who, as far as that can be told."""

    evidence: tuple[Evidence, ...]
    affected: tuple[Affected, ...]
    """The first hundred."""

    affected_count: int
    remediation: Remediation | None
    reopened: int
    novelty: Novelty | None
    reason: str
    """Why it could not be looked at."""

    waiver: Waiver | None
    resolved_at: datetime | None
    resolution: Resolution | None
    took: timedelta | None
    """How long it stood open until it was resolved; ``None``: it is not resolved."""

    owner: str | None
    due_at: datetime | None
    """``None``: it is not open."""

    overdue: bool

    @property
    def is_open(self) -> bool:
        """Tell whether it stands open and nobody accepted it."""
        return self.condition.is_open


def report_findings(
    history: History, deadlines: Deadlines, since: datetime, until: datetime
) -> Iterator[ReportedFinding]:
    """Tell of each finding that was there at ``until`` what happened to it since ``since``.

    What came back after ``until`` is left out: whether it stood then is not kept.
    """
    explanations = ExplainingChanges(history.changes)
    came_back = {
        each.finding_id for each in history.transitions if each.transition is Transition.REOPENED
    }
    by_cause = _changes_by_cause(history.findings, explanations)
    for finding in history.findings:
        if not _was_there(finding, until):
            continue
        opened_at = finding.opened_at or finding.first_seen_at
        condition = _condition(finding, since, until, came_back=finding.id in came_back)
        due_at = deadlines.due_at(finding.severity, opened_at) if condition.is_open else None
        change = explanations.of(finding.evidence, by=opened_at) or by_cause.get(finding.cause)
        known_at = change.made_at if change else None
        yield ReportedFinding(
            id=finding.id,
            rule=finding.rule,
            subject=finding.subject,
            attribute=finding.attribute,
            cause=finding.cause,
            severity=finding.severity,
            condition=condition,
            message=finding.message,
            since=finding.since or known_at or finding.first_seen_at,
            since_is_dated=bool(finding.since or known_at),
            first_seen_at=finding.first_seen_at,
            last_seen_at=finding.last_seen_at,
            change=change,
            evidence=finding.evidence,
            affected=finding.affected,
            affected_count=finding.affected_count,
            remediation=finding.remediation,
            reopened=finding.reopened,
            novelty=finding.novelty,
            reason=(
                reason_text(finding.reason)
                if finding.reason and condition is Condition.UNVERIFIED
                else ""
            ),
            waiver=finding.waiver if condition is Condition.WAIVED else None,
            resolved_at=finding.resolved_at,
            resolution=finding.resolution,
            took=finding.took if condition is Condition.RESOLVED else None,
            owner=deadlines.owner_of(finding.rule),
            due_at=due_at,
            overdue=bool(due_at and due_at < until),
        )


def _changes_by_cause(
    findings: Iterable[StoredFinding], explanations: ExplainingChanges[StoredChange]
) -> dict[str, StoredChange]:
    """Return the change of each cause; it explains all findings of the cause."""
    changes: dict[str, StoredChange] = {}
    for finding in sorted(findings, key=lambda each: (each.id != each.cause, each.id)):
        opened_at = finding.opened_at or finding.first_seen_at
        change = explanations.of(finding.evidence, by=opened_at) if finding.cause else None
        if change:
            changes.setdefault(finding.cause, change)
    return changes


def hurt_people(findings: Iterable[ReportedFinding]) -> tuple[AffectedUser, ...]:
    """Gather whom the open findings hurt, the worst hurt first; each person once."""
    people: dict[str, list[ReportedFinding]] = {}
    names: dict[str, str] = {}
    for finding in findings:
        if finding.is_open:
            for person in finding.affected:
                people.setdefault(person.id, []).append(finding)
                names.setdefault(person.id, person.name)
    gathered = (
        AffectedUser(
            id=id_,
            name=names[id_],
            findings=tuple(dict.fromkeys(each.id for each in hurts)),
            severity=max((each.severity for each in hurts), key=lambda each: each.rank),
        )
        for id_, hurts in people.items()
    )
    return tuple(
        sorted(
            gathered,
            key=lambda each: (-each.severity.rank, -len(each.findings), each.name, each.id),
        )
    )


def worst_first(finding: ReportedFinding) -> tuple[int, int, int, str, str, str]:
    """Order findings: what is open, then severity, then how many are hurt."""
    return (
        list(Condition).index(Condition.STILL_OPEN if finding.is_open else finding.condition),
        -finding.severity.rank,
        -finding.affected_count,
        finding.rule,
        finding.subject,
        finding.attribute,
    )


def _was_there(finding: StoredFinding, until: datetime) -> bool:
    came_back_later = finding.reopened and finding.opened_at and finding.opened_at > until
    return finding.first_seen_at <= until and not came_back_later


def _condition(
    finding: StoredFinding, since: datetime, until: datetime, *, came_back: bool
) -> Condition:
    opened_at, resolved_at = finding.opened_at, finding.resolved_at
    if finding.state is State.RESOLVED and (resolved_at is None or resolved_at <= until):
        return Condition.RESOLVED
    if opened_at is None or opened_at > until:
        return Condition.PENDING
    if finding.waived:
        return Condition.WAIVED
    if finding.transition is Transition.NOT_EVALUATED:
        return Condition.UNVERIFIED
    opened_lately = opened_at >= since
    if came_back or (opened_lately and finding.reopened):
        return Condition.REOPENED
    return Condition.NEW if opened_lately else Condition.STILL_OPEN
