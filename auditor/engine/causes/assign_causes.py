"""Assign each open finding to its cause. Pure.

The order of the findings does not change the result, and neither does a repeated audit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from auditor.engine.causes.cause import Cause, GroupedMember
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.changes.diff import Change, ChangeKey
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.tracked_findings import FindingTransition, Reconciled, State


def assign_causes(
    reconciled: Reconciled,
    evaluated: Evaluated,
    changes: Iterable[Change],
    before: Mapping[str, Cause],
    *,
    at: datetime,
) -> tuple[Reconciled, dict[str, Cause]]:
    """Return the transitions with the cause of each open finding, and the open causes by id.

    ``before`` holds the causes that were open after the previous audit. A finding keeps its cause
    until it is resolved. A finding that opens joins, in this order: the cause under which it was
    grouped; the cause of the open finding that it names as root cause; the cause of the change
    that explains it. Findings that one new change explains are one cause. It has the id of the
    most severe finding; of several, the smallest id. Any other finding is its own cause. When so
    many findings of a rule open that not all keep their details, these are one cause.
    """
    open_ = [each for each in reconciled.transitions if each.after.state is State.OPEN]
    assigned = {each.after.id: each.after.cause for each in open_ if each.after.cause}
    # The change of an open cause also explains findings that open in later audits.
    known_changes = [*changes, *(each.change for each in before.values() if each.change)]
    new_changes = _assign_new(open_, assigned, known_changes, before, at)
    transitions = tuple(
        replace(each, after=replace(each.after, cause=assigned[each.after.id]))
        if each.after.id in assigned
        else each
        for each in reconciled.transitions
    )
    grouped = _grouped(reconciled, evaluated, open_, assigned, before)
    causes = {
        cause: Cause(
            id=cause,
            opened_at=before[cause].opened_at if cause in before else at,
            change=(before[cause].change if cause in before else None) or new_changes.get(cause),
            grouped=tuple(sorted(grouped.get(cause, ()), key=lambda member: member.id)),
        )
        for cause in sorted({*assigned.values(), *grouped})
    }
    return replace(reconciled, transitions=transitions), causes


def _assign_new(
    open_: Iterable[FindingTransition],
    assigned: dict[str, str],
    changes: Iterable[Change],
    before: Mapping[str, Cause],
    at: datetime,
) -> dict[str, Change]:
    """Add the findings that open to ``assigned``; return the change of each cause that opens."""
    explanations = ExplainingChanges(changes)
    by_group = {member.id: each.id for each in before.values() for member in each.grouped}
    by_change = {each.change.key: each.id for each in before.values() if each.change}
    together: defaultdict[ChangeKey, list[FindingTransition]] = defaultdict(list)
    change_of: dict[ChangeKey, Change] = {}
    unexplained: defaultdict[str, list[FindingTransition]] = defaultdict(list)
    roots = {(each.after.rule, each.after.subject): each.after.id for each in open_}
    root_of: dict[str, str] = {}
    for each in open_:
        finding, id_ = each.finding, each.after.id
        if id_ in assigned:
            continue
        if id_ in by_group:
            assigned[id_] = by_group[id_]
            continue
        root = finding.root_cause if finding else None
        root_id = roots.get((root.rule, root.subject), id_) if root else id_
        if root_id != id_:
            root_of[id_] = root_id
            continue
        change = explanations.of(finding.evidence, by=at) if finding else None
        if change is None:
            unexplained[each.after.rule].append(each)
        elif (key := change.key) in by_change:
            assigned[id_] = by_change[key]
        else:
            together[key].append(each)
            change_of[key] = change
    for same_rule in unexplained.values():
        is_shared = any(each.finding and not each.finding.has_details for each in same_rule)
        lead_id = _lead(same_rule).after.id
        assigned.update(
            (each.after.id, lead_id if is_shared else each.after.id) for each in same_rule
        )
    new_changes: dict[str, Change] = {}
    # Sorted, so that the result does not depend on the order of the findings.
    for key in sorted(together):
        lead = _lead(together[key])
        new_changes.setdefault(lead.after.id, change_of[key])
        assigned.update((each.after.id, lead.after.id) for each in together[key])
    # Last, because a root cause can get its own cause in any of the steps above.
    for id_ in sorted(root_of):
        assigned[id_] = _cause_of_root(id_, root_of, assigned)
    return new_changes


def _lead(entries: Iterable[FindingTransition]) -> FindingTransition:
    """Return the most severe finding; a lead needs its details, for the title and the steps."""
    return min(
        entries,
        key=lambda each: (
            -each.after.severity.rank,
            each.finding is None or not each.finding.has_details,
            each.after.id,
        ),
    )


def _cause_of_root(id_: str, root_of: Mapping[str, str], assigned: Mapping[str, str]) -> str:
    """Follow the root causes to the finding at their end; a circle ends at its smallest id."""
    path = [id_]
    while (root := root_of.get(path[-1])) is not None:
        if root in path:
            return min(path[path.index(root) :])
        path.append(root)
    return assigned[path[-1]]


def _grouped(
    reconciled: Reconciled,
    evaluated: Evaluated,
    open_: Iterable[FindingTransition],
    assigned: Mapping[str, str],
    before: Mapping[str, Cause],
) -> dict[str, list[GroupedMember]]:
    """Return the grouped findings of each cause.

    A finding that was grouped before and is unknown now stays, so that its cause does not close.
    """
    cause_of_root = {
        (each.after.rule, each.after.subject): assigned[each.after.id] for each in open_
    }
    members: dict[str, tuple[str, GroupedMember]] = {}
    for cause in before.values():
        for member in cause.grouped:
            if evaluated.is_unknown(member.rule, member.subject) and member.id not in assigned:
                members[member.id] = (cause.id, member)
    # What this audit grouped replaces what an earlier audit grouped.
    for id_, each in reconciled.grouped.items():
        root = (each.root_rule, each.root_subject)
        if root in cause_of_root:
            member = GroupedMember(id=id_, rule=each.rule, subject=each.subject)
            members[id_] = (cause_of_root[root], member)
    by_cause: defaultdict[str, list[GroupedMember]] = defaultdict(list)
    for cause_id, member in members.values():
        by_cause[cause_id].append(member)
    return by_cause
