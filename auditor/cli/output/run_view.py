"""What a terminal shows of one audit, as plain data. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.config.settings import Settings
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.changes.diff import Change, whole
from auditor.engine.evaluation.unreadable_sides import UnreadableSides, unreadable_sides
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Novelty,
    Transition,
)
from auditor.pipeline.audit import Outcome
from auditor.pipeline.batch import TargetResult
from auditor.rule.reason_text import reason_text
from auditor.rule.severity import Severity

_MAX_REASON = 220
"""Characters of a reason that the short output shows."""


class Status(StrEnum):
    """The status of a target. ``not_audited`` has no outcome."""

    FAIL = "fail"
    INCOMPLETE = "incomplete"
    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    NOT_AUDITED = "not_audited"


class RuleFindings(Struct, frozen=True, kw_only=True):
    """The open findings of one rule."""

    rule: str
    severity: Severity
    id: str
    """Of the worst finding."""

    text: str
    count: int
    affected: int
    state: str
    changed_by: str = ""
    owner: str = ""
    due_at: datetime | None = None
    is_overdue: bool = False


class UnknownRules(Struct, frozen=True, kw_only=True):
    """Rules that could not be evaluated for one reason."""

    rules: tuple[str, ...]
    reason: str
    remediation: str = ""


class RunView(Struct, frozen=True, kw_only=True):
    """One target: its status, its findings by rule, and the numbers beside them."""

    target: str
    status: Status
    at: datetime | None = None
    error: str = ""
    is_baseline: bool = False
    is_replay: bool = False
    findings: tuple[RuleFindings, ...] = ()
    """Worst first."""

    severities: dict[Severity, int] = {}
    """Open findings that are not waived, by severity."""

    affected: int = 0
    not_evaluated: tuple[UnknownRules, ...] = ()
    verdicts: dict[VerdictStatus, int] = {}
    transitions: dict[Transition, int] = {}
    changes: int = 0
    waived: int = 0
    pending: int = 0
    delivered: int = 0
    waiting: int = 0

    @property
    def unknown(self) -> int:
        """The number of rules that could not be evaluated, wholly or in part."""
        return sum(len(each.rules) for each in self.not_evaluated)

    @property
    def open(self) -> int:
        """The number of open findings that are not waived."""
        return sum(self.severities.values())


def run_view(result: TargetResult, settings: Settings, titles: Mapping[str, str]) -> RunView:
    """Return what is shown of one target. ``titles`` maps rule ids to titles."""
    if result.outcome is None:
        return RunView(target=result.target, status=Status.NOT_AUDITED, error=str(result.error))
    return outcome_view(result.outcome, settings, titles)


def outcome_view(outcome: Outcome, settings: Settings, titles: Mapping[str, str]) -> RunView:
    """Return what is shown of one audit."""
    reconciled = outcome.reconciled
    not_evaluated = _not_evaluated(outcome.evaluated.verdicts, unreadable_sides(outcome.snapshot))
    delivered = outcome.delivered
    return RunView(
        target=outcome.target,
        status=_status(
            has_open=bool(reconciled.open),
            has_unknown=bool(not_evaluated),
            verdicts=reconciled.verdicts,
        ),
        at=outcome.at,
        is_baseline=any(entry.novelty is Novelty.BASELINE for entry in reconciled.transitions),
        is_replay=delivered is None,
        findings=_by_rule(outcome, settings, titles),
        severities=dict(Counter(entry.after.severity for entry in reconciled.open)),
        affected=_count_affected(reconciled.open),
        not_evaluated=not_evaluated,
        verdicts=dict(Counter(verdict.status for verdict in reconciled.verdicts)),
        transitions=dict(Counter(entry.transition for entry in reconciled.transitions)),
        changes=len(whole(outcome.changes)),
        waived=sum(entry.after.waived for entry in reconciled.transitions),
        pending=sum(entry.transition is Transition.PENDING for entry in reconciled.transitions),
        delivered=delivered.delivered if delivered else 0,
        waiting=delivered.waiting + delivered.failed if delivered else 0,
    )


def _status(*, has_open: bool, has_unknown: bool, verdicts: Sequence[Verdict]) -> Status:
    if has_open:
        return Status.FAIL
    evaluated = {VerdictStatus.PASS, VerdictStatus.ATTESTED, VerdictStatus.FAIL}
    if has_unknown or not any(verdict.status in evaluated for verdict in verdicts):
        return Status.INCOMPLETE
    return Status.PASS


def _by_rule(
    outcome: Outcome, settings: Settings, titles: Mapping[str, str]
) -> tuple[RuleFindings, ...]:
    groups: defaultdict[str, list[FindingTransition]] = defaultdict(list)
    for entry in outcome.reconciled.open:
        groups[entry.after.rule].append(entry)
    explaining = ExplainingChanges(outcome.changes)
    deadlines = settings.deadlines(outcome.target)
    found = []
    for rule, entries in groups.items():
        worst = entries[0].after
        opened_at = min(each.after.opened_at or each.after.first_seen_at for each in entries)
        due_at = deadlines.due_at(worst.severity, opened_at)
        found.append(
            RuleFindings(
                rule=rule,
                severity=worst.severity,
                id=worst.id,
                text=worst.message or titles.get(rule, rule),
                count=len(entries),
                affected=_count_affected(entries),
                state=_state(entries),
                changed_by=_changed_by(entries, explaining),
                owner=deadlines.owner_of(rule) or "",
                due_at=due_at,
                is_overdue=due_at < outcome.at,
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.severity.rank, -each.affected, each.rule)))


def _state(entries: Sequence[FindingTransition]) -> str:
    kinds = {entry.transition for entry in entries}
    for kind, word in (
        (Transition.NEW, "new"),
        (Transition.REOPENED, "reopened"),
        (Transition.STILL_OPEN, "still open"),
    ):
        if kind in kinds:
            return word
    return "not evaluated"


def _changed_by(entries: Sequence[FindingTransition], explaining: ExplainingChanges[Change]) -> str:
    for entry in entries:
        known, finding = entry.after, entry.finding
        by = known.opened_at or known.first_seen_at
        change = finding and explaining.of(finding.evidence, by=by)
        if change and change.actors:
            return f"{' or '.join(each.name for each in change.actors)} ({change.confidence})"
    return ""


def _count_affected(entries: Sequence[FindingTransition]) -> int:
    """Count people once if each finding lists all of its people, otherwise add the counts."""
    people: set[str] = set()
    complete = True
    for entry in entries:
        listed = entry.finding.affected if entry.finding else ()
        complete = complete and len(listed) == entry.after.affected_count
        people.update(each.id for each in listed)
    return len(people) if complete else sum(entry.after.affected_count for entry in entries)


def shorten(text: str) -> str:
    """Cut a text to :data:`_MAX_REASON` characters. `auditor run -v` prints it in full."""
    return text if len(text) <= _MAX_REASON else f"{text[: _MAX_REASON - 1]}…"


def _not_evaluated(
    verdicts: Sequence[Verdict], unreadable: UnreadableSides
) -> tuple[UnknownRules, ...]:
    """Group the rules by reason: a side that could not be read at all first, then the rest."""
    groups: dict[tuple[str, str], list[str]] = {
        (str(side), side.remediation): [] for side in unreadable.sides
    }
    for verdict in verdicts:
        if not verdict.has_unknown:
            continue
        if sides := [
            each for reason in verdict.unknown_reasons for each in unreadable.behind(reason)
        ]:
            groups[str(sides[0]), sides[0].remediation].append(verdict.rule)
            continue
        text = "; ".join(map(reason_text, verdict.unknown_reasons)) or "reason unknown"
        groups.setdefault((shorten(text), ""), []).append(verdict.rule)
    return tuple(
        UnknownRules(rules=tuple(rules), reason=reason, remediation=remediation)
        for (reason, remediation), rules in groups.items()
        if rules
    )
