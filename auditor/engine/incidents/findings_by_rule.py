"""One run's findings, rule by rule, and in numbers. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Reconciled,
    Shift,
    Transition,
)
from auditor.engine.incidents.policy import IncidentCounts
from auditor.rule.results import Affected
from auditor.rule.severity import Severity

_ADDED = {Transition.NEW, Transition.REOPENED}
_GONE = {Transition.RESOLVED, Transition.REMOVED}


class RuleEntries(Struct, frozen=True, kw_only=True):
    """What a run did to the findings of one rule."""

    rule: str
    open: tuple[FindingTransition, ...]
    """Open and accepted by nobody, worst first."""

    added: tuple[FindingTransition, ...]
    gone: tuple[FindingTransition, ...]
    waived: tuple[FindingTransition, ...]

    @property
    def accepted(self) -> tuple[FindingTransition, ...]:
        """Those that nobody had accepted before."""
        return tuple(entry for entry in self.waived if entry.shift is Shift.WAIVED)

    @property
    def situation(self) -> IncidentCounts:
        """Put it into numbers."""
        return IncidentCounts(
            severity=self.open[0].after.severity if self.open else Severity.LOW,
            open=len(self.open),
            affected=count_affected(self.open),
            added=len(self.added),
            removed=len(self.gone),
            waived=len(self.waived),
            newly_waived=len(self.accepted),
            reopened=any(entry.transition is Transition.REOPENED for entry in self.added),
        )


def by_rule(reconciled: Reconciled) -> dict[str, RuleEntries]:
    """Sort a run's entries by rule."""
    entries: defaultdict[str, list[FindingTransition]] = defaultdict(list)
    for entry in reconciled.transitions:
        entries[entry.after.rule].append(entry)
    return {
        rule: RuleEntries(
            rule=rule,
            open=tuple(each for each in mine if each.counts),
            added=tuple(each for each in mine if each.counts and each.transition in _ADDED),
            gone=tuple(
                each
                for each in mine
                if each.shift is Shift.WAIVED
                or (each.transition in _GONE and not each.after.waived)
            ),
            waived=tuple(each for each in mine if each.waiver),
        )
        for rule, mine in sorted(entries.items())
    }


def nothing_of(rule: str) -> RuleEntries:
    """Return what is left of a rule of which a run says nothing at all."""
    return RuleEntries(rule=rule, open=(), added=(), gone=(), waived=())


def count_affected(entries: Iterable[FindingTransition]) -> int:
    """Count people once, as far as they are listed."""
    entries = tuple(entries)
    unlisted = sum(
        entry.after.affected_count - len(entry.finding.affected if entry.finding else ())
        for entry in entries
    )
    return len(people_of(entries)) + unlisted


def people_of(entries: Iterable[FindingTransition]) -> list[Affected]:
    """Return whoever is listed, each once."""
    found = (person for e in entries if e.finding for person in e.finding.affected)
    return list({person.id: person for person in found}.values())
