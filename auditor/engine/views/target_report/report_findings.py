"""A finding as reports show it: evidence, dates, change, affected users, remediation. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import History, StoredChange, StoredFinding
from auditor.engine.causes.cause_title import problem_title, rules_with_kinds
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import Novelty, Resolution, State, Transition
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Severity
from auditor.rule.texts.reason_text import reason_text


class Condition(StrEnum):
    """The state of a finding at the end of the period, in the order of the report."""

    NEW = Transition.NEW.label
    REOPENED = Transition.REOPENED.label
    STILL_OPEN = Transition.STILL_OPEN.label
    NOT_EVALUATED = Transition.NOT_EVALUATED.label
    """It was open and could not be evaluated any more: it counts as open."""

    PENDING = "pending"
    """It is in the grace period and is not counted."""

    WAIVED = "waived"
    RESOLVED = Transition.RESOLVED.label

    @property
    def is_open(self) -> bool:
        """Return whether it is open and not accepted."""
        return self in _OPEN


_OF_OPENING = {
    kind: Condition(kind.label)
    for kind in (Transition.NEW, Transition.REOPENED, Transition.STILL_OPEN)
}
_POSITIONS = {condition: position for position, condition in enumerate(Condition)}
_OPEN = {Condition.NEW, Condition.REOPENED, Condition.STILL_OPEN, Condition.NOT_EVALUATED}


# gc=False here and below: there can be 100,000 records, and none is part of a reference cycle.
class AffectedUser(Struct, frozen=True, kw_only=True, gc=False):
    """A user that open findings affect."""

    id: str
    name: str
    findings: tuple[str, ...]
    """Ids, the most severe first."""

    severity: Severity
    """Severity of the most severe finding."""


class ReportedFinding(Struct, frozen=True, kw_only=True, gc=False):
    """One finding with everything that readers need."""

    id: str
    rule: str
    subject: str
    attribute: str
    subject_name: str = ""
    kind: str = ""
    cause: str = ""
    """Id of the cause that explains it; empty for a finding that never opened."""

    severity: Severity
    condition: Condition
    came: Condition | None = None
    """New or reopened in the period, also if it was resolved since; ``None``: neither."""

    problem: str
    """The problem title, by the kind of the finding."""

    message: str
    """Empty if the details are no longer stored."""

    since: datetime
    since_is_dated: bool
    """A dated record proves ``since``; otherwise an audit found it then."""

    first_seen_at: datetime
    last_seen_at: datetime
    change: StoredChange | None
    """The change that explains it, if one is known."""

    evidence: tuple[Evidence, ...]
    affected: tuple[Affected, ...]
    """The first hundred."""

    affected_count: int
    is_counting: bool = False
    """A targeted audit found it. The next full audit counts the affected users."""

    remediation: Remediation | None
    reopened: int
    novelty: Novelty | None
    reason: str
    """Why it could not be evaluated."""

    waiver: Waiver | None
    resolved_at: datetime | None
    resolution: Resolution | None
    took: timedelta | None
    """Time from opening to resolution; ``None``: not resolved."""

    owner: str | None
    due_at: datetime | None
    """``None``: not open."""

    overdue: bool
    is_open: bool
    """It is open and not accepted."""


def report_findings(
    history: History,
    deadlines: Deadlines,
    since: datetime,
    until: datetime,
    titles: Mapping[str, str],
) -> Iterator[ReportedFinding]:
    """Yield each finding that existed at ``until``, with its transition since ``since``.

    Findings that reopened after ``until`` are left out: their earlier state is not stored.
    ``titles`` are the problem titles of the rules.
    """
    explanations = ExplainingChanges(history.changes)
    with_kinds = rules_with_kinds(titles)
    # The end of a waiver reopens a finding, but does not change the time at which it opened.
    came_back = history.reopened
    by_cause = _changes_by_cause(history.findings, explanations)
    for finding in history.findings:
        if not _was_there(finding, until):
            continue
        opened_at = finding.opened_at or finding.first_seen_at
        condition = _condition(finding, since, until, came_back=finding.id in came_back)
        is_open = condition.is_open
        due_at = deadlines.due_at(finding.severity, opened_at) if is_open else None
        change = explanations.of(finding.evidence, by=opened_at) or by_cause.get(finding.cause)
        known_at = change.made_at if change else None
        yield ReportedFinding(
            id=finding.id,
            rule=finding.rule,
            subject=finding.subject,
            attribute=finding.attribute,
            subject_name=finding.subject_name,
            kind=finding.kind,
            cause=finding.cause,
            severity=finding.severity,
            condition=condition,
            came=_came(finding, since, until, came_back=finding.id in came_back),
            problem=(
                problem_title(
                    finding.rule,
                    titles,
                    kind=finding.kind,
                    subject=finding.subject,
                    attribute=finding.attribute,
                )
                if finding.rule in with_kinds
                else problem_title(finding.rule, titles)
            ),
            message=finding.message,
            since=finding.since or known_at or finding.first_seen_at,
            since_is_dated=bool(finding.since or known_at),
            first_seen_at=finding.first_seen_at,
            last_seen_at=finding.last_seen_at,
            change=change,
            evidence=finding.evidence,
            affected=finding.affected,
            affected_count=finding.affected_count,
            is_counting=finding.is_counting,
            remediation=finding.remediation,
            reopened=finding.reopened,
            novelty=finding.novelty,
            reason=(
                reason_text(finding.reason)
                if finding.reason and condition is Condition.NOT_EVALUATED
                else ""
            ),
            waiver=finding.waiver if condition is Condition.WAIVED else None,
            resolved_at=finding.resolved_at,
            resolution=finding.resolution,
            took=finding.took if condition is Condition.RESOLVED else None,
            owner=deadlines.owner_of(finding.rule, finding.cause),
            due_at=due_at,
            overdue=bool(due_at and due_at < until),
            is_open=is_open,
        )


def _changes_by_cause(
    findings: Iterable[StoredFinding], explanations: ExplainingChanges[StoredChange]
) -> dict[str, StoredChange]:
    """Return the change of each cause; it explains all findings of the cause."""
    changes: dict[str, StoredChange] = {}
    # Only these can be explained. Of very many findings of one rule, no evidence is stored.
    explained = (each for each in findings if each.cause and each.evidence)
    # The leading finding comes first: its change explains the others of the cause.
    for finding in sorted(explained, key=lambda each: (each.id != each.cause, each.id)):
        opened_at = finding.opened_at or finding.first_seen_at
        change = explanations.of(finding.evidence, by=opened_at)
        if change:
            changes.setdefault(finding.cause, change)
    return changes


def users_of(findings: Iterable[ReportedFinding]) -> tuple[AffectedUser, ...]:
    """Return the users that open findings affect, each once, by severity."""
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
            findings=tuple(dict.fromkeys(each.id for each in theirs)),
            severity=max((each.severity for each in theirs), key=lambda each: each.rank),
        )
        for id_, theirs in people.items()
    )
    return tuple(
        sorted(
            gathered,
            key=lambda each: (-each.severity.rank, -len(each.findings), each.name, each.id),
        )
    )


def worst_first(finding: ReportedFinding) -> tuple[int, int, int, str, str, str]:
    """Order findings: open ones first, then by severity, then by affected users."""
    return (
        _POSITIONS[Condition.STILL_OPEN if finding.is_open else finding.condition],
        -finding.severity.rank,
        -finding.affected_count,
        finding.rule,
        finding.subject,
        finding.attribute,
    )


def _was_there(finding: StoredFinding, until: datetime) -> bool:
    came_back_later = finding.reopened and finding.opened_at and finding.opened_at > until
    return finding.first_seen_at <= until and not came_back_later


def _came(
    finding: StoredFinding, since: datetime, until: datetime, *, came_back: bool
) -> Condition | None:
    opened_at = finding.opened_at
    if opened_at is None or opened_at > until:
        return None
    if came_back:
        return Condition.REOPENED
    opening = Transition.of_opening(opened_at, since, was_open=bool(finding.reopened))
    return None if opening is Transition.STILL_OPEN else _OF_OPENING[opening]


def _condition(
    finding: StoredFinding, since: datetime, until: datetime, *, came_back: bool
) -> Condition:
    opened_at, resolved_at = finding.opened_at, finding.resolved_at
    # What was resolved after the period was open at its end.
    if finding.state is State.RESOLVED and (resolved_at is None or resolved_at <= until):
        return Condition.RESOLVED
    if opened_at is None or opened_at > until:
        return Condition.PENDING
    if finding.waived:
        return Condition.WAIVED
    if finding.transition is Transition.NOT_EVALUATED:
        return Condition.NOT_EVALUATED
    if came_back:
        return Condition.REOPENED
    was_open = bool(finding.reopened)
    return _OF_OPENING[Transition.of_opening(opened_at, since, was_open=was_open)]
