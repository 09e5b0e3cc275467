"""Findings of people that are listed under their root cause. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from auditor.engine.evaluation.verdicts import Evaluated, Finding
from auditor.engine.findings.tracked_findings import GroupedFinding, State, TrackedFinding
from auditor.rule.results import Affected


def group_findings(
    evaluated: Evaluated, known: Iterable[TrackedFinding]
) -> tuple[dict[str, Finding], dict[str, GroupedFinding]]:
    """Group findings under their root cause while it is open.

    A root cause is open when this audit found it, or when it was open before and is unknown now.
    Returns the ungrouped findings by id, and the grouped ones by id.
    """
    ungrouped = {finding.id: finding for finding in evaluated.findings}
    # A finding that is itself listed lists no other: in a chain, users would not be shown.
    causes = {(f.rule, f.subject): f.id for f in evaluated.findings if not _is_listed(f)}
    open_before = {
        (each.rule, each.subject)
        for each in known
        if each.state is State.OPEN and evaluated.is_unknown(each.rule, each.subject)
    }
    grouped: dict[str, GroupedFinding] = {}
    people: dict[str, dict[str, Affected]] = {}
    unlisted: Counter[str] = Counter()
    for finding in evaluated.findings:
        if finding.root_cause is None or not _is_listed(finding):
            continue
        cause = (finding.root_cause.rule, finding.root_cause.subject)
        if cause in causes:
            gathered = people.setdefault(causes[cause], {})
            gathered.update({person.id: person for person in finding.affected})
            unlisted[causes[cause]] += finding.affected_count - len(finding.affected)
        # A root cause that this audit could not evaluate still groups, but cannot list the users
        # now.
        elif cause not in open_before:
            continue
        grouped[finding.id] = GroupedFinding(
            rule=finding.rule,
            subject=finding.subject,
            root_rule=cause[0],
            root_subject=cause[1],
        )
        del ungrouped[finding.id]
    for cause_id, gathered in people.items():
        ungrouped[cause_id] = _joined_by(ungrouped[cause_id], gathered, unlisted[cause_id])
    return ungrouped, grouped


def _is_listed(finding: Finding) -> bool:
    """Return whether the finding's users belong under its root cause while that is open."""
    return finding.root_cause is not None and finding.root_cause.lists_users


def _joined_by(finding: Finding, more: Mapping[str, Affected], unlisted: int) -> Finding:
    listed = {person.id: person for person in finding.affected}
    extra = [person for key, person in more.items() if key not in listed]
    everyone = (*finding.affected, *extra)
    return replace(
        finding,
        affected=everyone,
        # ``extra`` can contain users that the root cause counts but does not list.
        affected_count=max(finding.affected_count, len(everyone) + unlisted),
    )
