"""The incident about rules that could not be evaluated. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import MissingData, MissingReason
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
from auditor.engine.incidents.notification_policy import IncidentCounts
from auditor.rule.results import MissingDataReason
from auditor.rule.severity import Severity
from auditor.rule.texts.reason_text import reason_text

MAX_RULES_IN_TITLE = 3
"""Rules that one line names; the others are counted."""

_LASTING = {MissingReason.UNAUTHORIZED, MissingReason.FORBIDDEN, MissingReason.NOT_FOUND}
"""Reasons that do not go away by themselves; the notification is sent at once."""


class NotEvaluated(Struct, frozen=True, kw_only=True):
    """The rules that are unknown, and their incident."""

    rules: dict[str, NotEvaluatedRule]
    view: IncidentView


def assess_not_evaluated(
    reconciled: Reconciled,
    snapshot: Snapshot,
    notified_state: NotifiedState,
    *,
    read_before: AbstractSet[str],
    not_evaluated_after: int,
    is_first_audit: bool = False,
) -> NotEvaluated:
    """Count the audits in which each rule was unknown, and decide which rules to report.

    Rules of severity high and critical count. A rule is reported at once when its data was
    refused or does not exist (401, 403, 404); otherwise after ``not_evaluated_after`` audits in a
    row. The first audit of a target reports every unknown rule of any severity at once.
    ``read_before`` names the collections that an earlier audit read.
    """
    at = snapshot.taken_at
    verdicts = {
        verdict.rule: verdict
        for verdict in reconciled.verdicts
        if verdict.status is VerdictStatus.UNKNOWN
        and (
            is_first_audit
            or verdict.severity.rank >= Severity.HIGH.rank
            # A rule of lower severity that the first audit reported is followed until it is
            # evaluated.
            or verdict.rule in notified_state.not_evaluated
        )
    }
    rules: dict[str, NotEvaluatedRule] = {}
    for rule, verdict in verdicts.items():
        before = notified_state.not_evaluated.get(rule, NotEvaluatedRule(since=at, audits=0))
        audits = before.audits + 1
        notified = (
            before.notified
            or is_first_audit
            or audits >= not_evaluated_after
            or any(each.why in _LASTING for each in _missing_data(verdict).values())
        )
        rules[rule] = NotEvaluatedRule(since=before.since, audits=audits, notified=notified)
    reported_before = {rule for rule, each in notified_state.not_evaluated.items() if each.notified}
    reported = {rule for rule, each in rules.items() if each.notified}
    reported_verdicts = [verdicts[rule] for rule in sorted(reported)]
    if reported:
        state: IncidentState | None = _state(reported_verdicts, snapshot, rules, read_before)
    else:
        state = _complete_again(notified_state, at)
    return NotEvaluated(
        rules=rules,
        view=IncidentView(
            counts=IncidentCounts(
                severity=state.severity if state else Severity.LOW,
                open=len(reported),
                added=len(reported - reported_before),
                removed=len(reported_before - reported),
            ),
            state=state,
            lines=state.lines if state else (),
        ),
    )


def _missing_data(verdict: Verdict) -> dict[str, MissingData]:
    """Return the missing collections that leave the rule unknown."""
    return {
        each.collection: each.missing
        for each in verdict.reasons
        if isinstance(each, MissingDataReason)
    }


def _complete_again(notified_state: NotifiedState, at: datetime) -> IncidentState | None:
    before = notified_state.incidents.get(NOT_EVALUATED)
    if before is None:
        return None
    note = "All of these rules are evaluated again"
    return replace(before.state, status=IncidentStatus.RESOLVED, until=at, steps=(), note=note)


def _state(
    verdicts: list[Verdict],
    snapshot: Snapshot,
    rules: Mapping[str, NotEvaluatedRule],
    read_before: AbstractSet[str],
) -> IncidentState:
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    steps: dict[str, None] = {}
    lost: dict[str, MissingData] = {}
    unread = unreadable_sides(snapshot)
    for verdict in verdicts:
        sides = [side for side in unread.sides if side.side in unread.sides_behind(verdict)]
        reasons = map(str, sides) if sides else map(reason_text, verdict.unknown_reasons[:1])
        for reason in reasons:
            by_reason[reason].append(verdict.rule)
        missing = _missing_data(verdict)
        lost |= {name: each for name, each in missing.items() if name in read_before}
        remediation = [side.remediation for side in sides] or [
            missing_data_remediation(*each) for each in missing.items()
        ]
        steps.update(dict.fromkeys(filter(None, remediation)))
    # The text decides between equal numbers, so that the message does not change without a reason.
    most_rules_first = sorted(by_reason.items(), key=lambda each: (-len(each[1]), each[0]))
    return IncidentState(
        rule=NOT_EVALUATED,
        title="Rules not evaluated",
        status=IncidentStatus.OPEN,
        severity=max((verdict.severity for verdict in verdicts), key=lambda each: each.rank),
        since=min(rules[verdict.rule].since for verdict in verdicts),
        dated=False,
        findings=len(verdicts),
        lines=tuple(
            f"{reason} (not evaluated: {_named(names)})" for reason, names in most_rules_first
        )[:SHOWN_LINES],
        steps=tuple(steps) or ("`auditor doctor` shows what can be read and what cannot.",),
        note=_access_lost(lost),
    )


def _access_lost(lost: Mapping[str, MissingData]) -> str:
    """State which collections were read before and are refused now."""
    refused = sorted(name for name, each in lost.items() if each.why in _LASTING)
    return f"Access lost: {', '.join(refused)} could be read before" if refused else ""


def _named(rules: Iterable[str]) -> str:
    rules = list(rules)
    rest = len(rules) - MAX_RULES_IN_TITLE
    return ", ".join(rules[:MAX_RULES_IN_TITLE]) + (f" and {rest} more" if rest > 0 else "")
