"""The verdicts of an audit once its findings are reconciled with earlier audits. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from auditor.engine.evaluation.verdicts import Verdict, VerdictStatus
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    GroupedFinding,
    State,
    Transition,
)
from auditor.rule.results import GroupedUnder, Pending
from auditor.rule.severity import Basis


def final_verdicts(
    verdicts: Iterable[Verdict],
    transitions: Iterable[FindingTransition],
    grouped: Mapping[str, GroupedFinding],
    grace: timedelta,
) -> Iterator[Verdict]:
    """Yield the verdicts without pending findings, and with known findings that stay open.

    ``grouped`` holds the grouped findings by id.
    """
    evaluated_open: set[str] = set()
    pending: dict[str, list[datetime]] = {}
    for each in transitions:
        # A finding that stays open because it was not evaluated does not show that the rule fails
        # now.
        if each.after.state is State.OPEN and each.transition is not Transition.NOT_EVALUATED:
            evaluated_open.add(each.after.rule)
        if each.after.pending_since is not None:
            pending.setdefault(each.after.rule, []).append(each.after.pending_since + grace)
    group_sizes = Counter((each.rule, each.root_rule) for each in grouped.values())
    for verdict in verdicts:
        unknown = verdict.unknown_reasons
        groups = tuple(
            GroupedUnder(rule=root_rule, count=size)
            for (rule, root_rule), size in sorted(group_sizes.items())
            if rule == verdict.rule
        )
        # A grouped finding is still a violation of its own rule.
        if groups or verdict.rule in evaluated_open:
            reasons = (*groups, *unknown)
            yield replace(verdict, status=VerdictStatus.FAIL, basis=None, reasons=reasons)
        elif verdict.status is VerdictStatus.FAIL:
            # All findings are pending, so the rule does not fail. Missing data makes it unknown.
            openings = pending.get(verdict.rule, [])
            reasons = (*unknown, Pending(until=min(openings), count=len(openings)))
            status = VerdictStatus.UNKNOWN if unknown else VerdictStatus.PASS
            basis = None if unknown else Basis.REPORTED
            yield replace(verdict, status=status, basis=basis, reasons=reasons)
        else:
            yield verdict
