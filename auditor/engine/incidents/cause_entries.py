"""The transitions of the findings of each cause in one audit, and their counts. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from auditor.engine.causes.cause import Cause
from auditor.engine.causes.cause_remediation import (
    MAX_NAMED,
    cause_remediation,
    remediation_in_short,
)
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Reconciled,
    Shift,
    Transition,
)
from auditor.engine.incidents.notification_policy import IncidentCounts
from auditor.rule.results import Affected, Remediation
from auditor.rule.severity import Severity

_ADDED = {Transition.NEW, Transition.REOPENED}
_GONE = {Transition.RESOLVED, Transition.REMOVED}


class CauseEntries(Struct, frozen=True, kw_only=True):
    """The transitions of the findings of one cause in one audit."""

    cause: str
    """Id of the cause."""

    open: tuple[FindingTransition, ...] = ()
    """Open findings without a waiver, worst first."""

    added: tuple[FindingTransition, ...] = ()
    gone: tuple[FindingTransition, ...] = ()
    waived: tuple[FindingTransition, ...] = ()
    grouped: int = 0
    """Findings that are listed under the root cause."""

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the rules of the open findings, sorted."""
        return tuple(sorted({each.after.rule for each in self.open}))

    @property
    def lead(self) -> FindingTransition:
        """Return the finding that leads the cause while it is open, else the worst open one.

        There must be an open finding.
        """
        return next((each for each in self.open if each.after.id == self.cause), self.open[0])

    def remediation(self, *, named: int = MAX_NAMED) -> Remediation | None:
        """Return one remediation for all users; a step lists ``named`` of them."""
        findings = (each.finding for each in self.open if each.finding)
        return cause_remediation(self.cause, findings, named=named)

    def fix(self, advice: Mapping[str, str]) -> tuple[str, ...]:
        """Return the remediation in short; ``advice`` maps a rule to its general remediation."""
        findings = (each.finding for each in self.open if each.finding)
        return remediation_in_short(self.cause, findings, advice)

    @property
    def accepted(self) -> tuple[FindingTransition, ...]:
        """Return the newly waived findings."""
        return tuple(entry for entry in self.waived if entry.shift is Shift.WAIVED)

    @property
    def counts(self) -> IncidentCounts:
        """Return the findings in numbers."""
        return IncidentCounts(
            severity=self.open[0].after.severity if self.open else Severity.LOW,
            open=len(self.open),
            affected=count_affected(self.open),
            added=len(self.added),
            removed=len(self.gone),
            waived=len(self.waived),
            newly_waived=len(self.accepted),
            reopened=Transition.leading(each.transition for each in self.added)
            is Transition.REOPENED,
        )


def by_cause(
    reconciled: Reconciled, causes: Mapping[str, Cause], before: Collection[str]
) -> dict[str, CauseEntries]:
    """Return the transitions of each cause in ``causes`` and in ``before``, by its id.

    ``causes`` are those of all open findings.
    """
    entries: defaultdict[str, list[FindingTransition]] = defaultdict(list)
    for entry in reconciled.transitions:
        # A finding that never opened has no cause, and no incident shows it.
        entries[entry.after.cause].append(entry)
    ids = sorted({*causes, *before})
    return {id_: _of_cause(id_, entries[id_], causes.get(id_)) for id_ in ids}


def _of_cause(id_: str, entries: list[FindingTransition], cause: Cause | None) -> CauseEntries:
    open_ = tuple(each for each in entries if each.counts)
    return CauseEntries(
        cause=id_,
        open=open_,
        added=tuple(each for each in open_ if each.transition in _ADDED),
        gone=tuple(
            each
            for each in entries
            # A waived finding left the incident when its waiver began.
            if each.shift is Shift.WAIVED or (each.transition in _GONE and not each.after.waived)
        ),
        waived=tuple(each for each in entries if each.waiver),
        grouped=len(cause.grouped if cause else ()),
    )


def count_affected(entries: Iterable[FindingTransition]) -> int:
    """Return the number of affected users; a listed user counts once."""
    listed: set[str] = set()
    unlisted = 0
    unread: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        after = entry.after
        if entry.finding:
            affected = entry.finding.affected
            for person in affected:
                listed.add(person.id)
            # Users who are only counted cannot be compared, so each finding adds its own.
            unlisted += after.affected_count - len(affected)
        else:
            # Nothing lists the users of a finding that was not evaluated. In a cause, the findings
            # of one rule are about different users, and those of several rules about the same.
            unread[after.cause or after.id][after.rule] += after.affected_count
    hidden = sum(max(of_rule.values()) for of_rule in unread.values())
    return len(listed) + unlisted + hidden


def people_of(entries: Iterable[FindingTransition]) -> list[Affected]:
    """Return the listed users, each once."""
    found = (person for e in entries if e.finding for person in e.finding.affected)
    return list({person.id: person for person in found}.values())
