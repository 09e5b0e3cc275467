"""The data that a terminal shows about one audit. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.engine.changes.diff import Change, whole
from auditor.engine.evaluation.unreadable_sides import UnreadableSides, unreadable_sides
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Novelty,
    Transition,
)
from auditor.engine.incidents.cause_entries import count_affected
from auditor.pipeline.audit import Outcome
from auditor.pipeline.batch import TargetResult
from auditor.rule.severity import Severity
from auditor.rule.texts.reason_text import reason_text

_MAX_REASON = 220
"""Characters of a reason that the short output shows."""


class Status(StrEnum):
    """The status of a target. ``not_audited`` has no outcome."""

    FAIL = "fail"
    INCOMPLETE = "incomplete"
    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    NOT_AUDITED = "not_audited"


class RunCause(Struct, frozen=True, kw_only=True):
    """One open cause."""

    id: str
    title: str
    short_title: str
    severity: Severity
    rules: tuple[str, ...]
    findings: int
    grouped: int = 0
    affected: int
    state: str
    """``new``, ``reopened``, ``still open`` or ``not evaluated``."""

    changed_by: str = ""
    """The actors and the confidence; empty: no change explains it."""

    owner: str = ""
    due_at: datetime | None = None
    is_overdue: bool = False
    remediation: str = ""
    """One sentence; `auditor findings ID` has all steps."""


class UnknownRules(Struct, frozen=True, kw_only=True):
    """Rules that could not be evaluated for one reason."""

    rules: tuple[str, ...]
    reason: str
    remediation: str = ""


class RunView(Struct, frozen=True, kw_only=True):
    """One target: its status, its causes, and the numbers beside them."""

    target: str
    status: Status
    at: datetime | None = None
    error: str = ""
    is_baseline: bool = False
    is_replay: bool = False
    causes: tuple[RunCause, ...] = ()
    """Worst first."""

    affected: int = 0
    """Distinct users, over all causes."""

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
    def findings(self) -> int:
        """The number of open findings of all causes, with those listed under a root cause."""
        return sum(each.findings for each in self.causes)

    @property
    def grouped(self) -> int:
        """The number of these findings that are listed under a root cause."""
        return sum(each.grouped for each in self.causes)

    @property
    def worst(self) -> dict[Severity, int]:
        """The number of causes by severity, the highest first."""
        numbers = Counter(each.severity for each in self.causes)
        return {each: numbers[each] for each in reversed(Severity) if numbers[each]}


def run_view(result: TargetResult, remediations: Mapping[str, str]) -> RunView:
    """Return the data that is shown about one target.

    ``remediations`` maps rule ids to one sentence each.
    """
    if result.outcome is None:
        return RunView(target=result.target, status=Status.NOT_AUDITED, error=str(result.error))
    return outcome_view(result.outcome, remediations)


def outcome_view(outcome: Outcome, remediations: Mapping[str, str]) -> RunView:
    """Return the data that is shown about one audit."""
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
        # Only a saved snapshot is evaluated without a delivery.
        is_replay=delivered is None,
        causes=tuple(_causes(outcome, remediations)),
        affected=count_affected(reconciled.open),
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


def _causes(outcome: Outcome, remediations: Mapping[str, str]) -> Iterator[RunCause]:
    members: defaultdict[str, list[FindingTransition]] = defaultdict(list)
    for entry in outcome.reconciled.open:
        members[entry.after.cause].append(entry)
    for cause in outcome.causes:
        entries = members[cause.id]
        # The leading finding can be fixed or waived, and is then not among the open ones.
        lead = next((each for each in entries if each.after.id == cause.id), entries[0])
        yield RunCause(
            id=cause.id,
            title=cause.title,
            short_title=cause.short_title,
            severity=cause.severity,
            rules=cause.rules,
            findings=cause.findings,
            grouped=cause.grouped,
            affected=cause.affected,
            state=_state(entries),
            changed_by=_actors(cause.change),
            owner=cause.owner or "",
            due_at=cause.due_at,
            is_overdue=cause.due_at is not None and cause.due_at < outcome.at,
            remediation=remediations.get(lead.after.rule, ""),
        )


def _state(entries: Sequence[FindingTransition]) -> str:
    return Transition.leading(entry.transition for entry in entries).label


def _actors(change: Change | None) -> str:
    if change is None or not change.actors:
        return ""
    return f"{' or '.join(each.name for each in change.actors)} ({change.confidence})"


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
