"""What could not be seen, once it has lasted: an incident of its own. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import MissingData
from auditor.domain.remediation.missing_data import missing_data_remediation
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.unreadable_sides import unreadable_sides
from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.incidents.incident import (
    NOT_EVALUATED,
    IncidentState,
    IncidentStatus,
    NotEvaluatedRule,
    NotifiedState,
)
from auditor.engine.incidents.incident_view import SHOWN_LINES, IncidentView
from auditor.engine.incidents.policy import IncidentCounts
from auditor.rule.reason_text import reason_text
from auditor.rule.results import MissingDataReason
from auditor.rule.severity import Severity

NAMED = 3
"""So many of the rules that one gap blinds are named."""

_REFUSED = {401, 403}


class NotEvaluated(Struct, frozen=True, kw_only=True):
    """Which rules at or above high cannot tell, and which of them are to be spoken of."""

    rules: dict[str, NotEvaluatedRule]
    view: IncidentView


def assess_not_evaluated(
    reconciled: Reconciled,
    snapshot: Snapshot,
    notified_state: NotifiedState,
    *,
    read_before: AbstractSet[str],
    not_evaluated_after: int,
) -> NotEvaluated:
    """Count the runs in which each rule was blind; tell after ``blind_after``.

    What was seen before and is refused now is told at once: credentials do not mend themselves.
    """
    at = snapshot.taken_at
    verdicts = {
        verdict.rule: verdict
        for verdict in reconciled.verdicts
        if verdict.status is VerdictStatus.UNKNOWN and verdict.severity.rank >= Severity.HIGH.rank
    }
    now: dict[str, NotEvaluatedRule] = {}
    for rule, verdict in verdicts.items():
        before = notified_state.not_evaluated.get(rule, NotEvaluatedRule(since=at, runs=0))
        runs = before.runs + 1
        told = before.notified or runs >= not_evaluated_after or _was_shut_out(verdict, read_before)
        now[rule] = NotEvaluatedRule(since=before.since, runs=runs, notified=told)
    told_before = {rule for rule, each in notified_state.not_evaluated.items() if each.notified}
    told_now = {rule for rule, each in now.items() if each.notified}
    told_verdicts = [verdicts[rule] for rule in sorted(told_now)]
    card = _draw(told_verdicts, snapshot, now) if told_now else _seen_again(notified_state, at)
    return NotEvaluated(
        rules=now,
        view=IncidentView(
            counts=IncidentCounts(
                severity=card.severity if card else Severity.LOW,
                open=len(told_now),
                added=len(told_now - told_before),
                removed=len(told_before - told_now),
            ),
            state=card,
            lines=card.lines if card else (),
        ),
    )


def _was_shut_out(verdict: Verdict, read_before: AbstractSet[str]) -> bool:
    return any(
        missing.status in _REFUSED and name in read_before
        for name, missing in _missing_data(verdict).items()
    )


def _missing_data(verdict: Verdict) -> dict[str, MissingData]:
    """Return the missing collections that leave the rule unknown."""
    return {
        each.collection: each.missing
        for each in verdict.reasons
        if isinstance(each, MissingDataReason)
    }


def _seen_again(notified_state: NotifiedState, at: datetime) -> IncidentState | None:
    before = notified_state.incidents.get(NOT_EVALUATED)
    if before is None:
        return None
    note = "Every one of these rules can look again"
    return replace(before.state, status=IncidentStatus.RESOLVED, until=at, steps=(), note=note)


def _draw(
    verdicts: list[Verdict], snapshot: Snapshot, blind: Mapping[str, NotEvaluatedRule]
) -> IncidentState:
    blinded: defaultdict[str, list[str]] = defaultdict(list)
    steps: dict[str, None] = {}
    dark = unreadable_sides(snapshot)
    for verdict in verdicts:
        shut = [side for side in dark.sides if side.side in dark.sides_behind(verdict)]
        reasons = map(str, shut) if shut else map(reason_text, verdict.unknown_reasons[:1])
        for because in reasons:
            blinded[because].append(verdict.rule)
        gaps = _missing_data(verdict).items()
        mends = [side.remediation for side in shut] or [
            missing_data_remediation(*gap) for gap in gaps
        ]
        steps.update(dict.fromkeys(filter(None, mends)))
    worst_first = sorted(blinded.items(), key=lambda gap: (-len(gap[1]), gap[0]))
    rules = ", ".join(verdict.rule for verdict in verdicts)
    return IncidentState(
        rule=NOT_EVALUATED,
        title=f"Cannot tell: {rules}",
        status=IncidentStatus.OPEN,
        severity=max((verdict.severity for verdict in verdicts), key=lambda each: each.rank),
        since=min(blind[verdict.rule].since for verdict in verdicts),
        dated=False,
        findings=len(verdicts),
        lines=tuple(f"{because} (blinds {_few(rules)})" for because, rules in worst_first)[
            :SHOWN_LINES
        ],
        steps=tuple(steps) or ("`auditor doctor` shows what answers and what does not.",),
    )


def _few(rules: list[str]) -> str:
    rest = len(rules) - NAMED
    return ", ".join(rules[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
