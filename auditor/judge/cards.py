"""One run's findings, rule by rule: in numbers to judge by, and as a card to show. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.target import Target
from auditor.judge.changes import Change
from auditor.judge.explain import Explanations
from auditor.judge.findings import Delta, Entry, Kind, Novelty, Shift
from auditor.judge.reasons import Situation
from auditor.judge.spoken import Card, Incident, Link, Standing
from auditor.rule import Affected, Severity, console

SHOWN_LINES = 5
SHOWN_PEOPLE = 10
_EVENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_ADDED = {Kind.NEW, Kind.REOPENED}
_GONE = {Kind.RESOLVED, Kind.RETIRED}


class RuleEntries(Struct, frozen=True, kw_only=True):
    """What a run did to the findings of one rule."""

    rule: str
    open: tuple[Entry, ...]
    """Open and accepted by nobody, worst first."""

    added: tuple[Entry, ...]
    gone: tuple[Entry, ...]
    waived: tuple[Entry, ...]

    @property
    def situation(self) -> Situation:
        """Put it into numbers."""
        return Situation(
            severity=self.open[0].after.severity if self.open else Severity.LOW,
            open=len(self.open),
            affected=count_affected(self.open),
            added=len(self.added),
            gone=len(self.gone),
            waived=len(self.waived),
            came_back=any(entry.kind is Kind.REOPENED for entry in self.added),
        )


def by_rule(delta: Delta) -> dict[str, RuleEntries]:
    """Sort a run's entries by rule."""
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in delta.entries:
        entries[entry.after.rule].append(entry)
    return {
        rule: RuleEntries(
            rule=rule,
            open=tuple(each for each in mine if each.counts),
            added=tuple(each for each in mine if each.counts and each.kind in _ADDED),
            gone=tuple(
                each
                for each in mine
                if each.shift is Shift.WAIVED or (each.kind in _GONE and not each.after.waived)
            ),
            waived=tuple(each for each in mine if each.waiver),
        )
        for rule, mine in sorted(entries.items())
    }


class CardMaker:
    """Makes the cards of one run."""

    def __init__(
        self, target: Target, titles: Mapping[str, str], changes: Iterable[Change], at: datetime
    ) -> None:
        self._target = target
        self._titles = titles
        self._explanations = Explanations(changes)
        self._at = at

    def open(self, entries: RuleEntries, before: Incident | None) -> Card:
        """Show what stands open; what was not seen this time is shown as it last was."""
        seen = tuple(entry.finding for entry in entries.open if entry.finding)
        worst = entries.open[0].after
        if not seen and before:
            note = f"Could not be looked at this time: {entries.open[0].because}"
            return replace(before.card, findings=len(entries.open), note=note)
        told = before.card.change if before and before.card.standing is Standing.OPEN else None
        change = self._cause(entries.added) or told
        since, dated = min(_began(entry) for entry in entries.open)
        if not dated and change and len(change.suspects) == 1:
            since, dated = min(since, change.suspects[0].at), True
        remedy = next((finding.remedy for finding in seen if finding.remedy), None)
        return Card(
            rule=entries.rule,
            title=self._titles.get(entries.rule, entries.rule),
            standing=Standing.OPEN,
            severity=worst.severity,
            since=since,
            dated=dated,
            findings=len(entries.open),
            lines=tuple(finding.message for finding in seen[:SHOWN_LINES]),
            affected=count_affected(entries.open),
            people=tuple(person.name for person in _people(entries.open)[:SHOWN_PEOPLE]),
            change=change,
            steps=remedy.steps if remedy else (),
            links=tuple(self._links(remedy.link if remedy else None, change)),
            anchor=worst.id,
            note=_note(entries),
        )

    def waived(self, entries: RuleEntries, before: Incident) -> Card:
        """Show that somebody accepted it."""
        waiver = entries.waived[0].waiver
        note = (
            f"Accepted by {waiver.owner} until {waiver.expires}: {waiver.reason}" if waiver else ""
        )
        return replace(before.card, standing=Standing.WAIVED, note=note)

    def resolved(self, entries: RuleEntries | None, before: Incident) -> Card:
        """Show that it is over, and how it ended."""
        ends = {each.after.resolution: None for each in (entries.gone if entries else ())}
        note = ", ".join(end for end in ends if end)
        return replace(
            before.card,
            standing=Standing.RESOLVED,
            until=self._at,
            people=(),
            steps=(),
            note=note[:1].upper() + note[1:],
        )

    def _cause(self, entries: Iterable[Entry]) -> Change | None:
        causes = (
            self._explanations.of(
                entry.finding.subject, entry.finding.attribute, entry.finding.evidence, by=self._at
            )
            for entry in entries
            if entry.finding
        )
        return next((cause for cause in causes if cause), None)

    def _links(self, remedy: str | None, change: Change | None) -> Iterator[Link]:
        if remedy:
            yield Link(label="Put it back", url=remedy)
        if change and change.suspects and change.collection.startswith("okta."):
            event = change.suspects[0].event_id
            if _EVENT_ID.fullmatch(event):
                log = console.system_log(self._target, f'uuid eq "{event}"')
                yield Link(label="Log entry", url=log)


def explained(delta: Delta, changes: tuple[Change, ...], at: datetime) -> frozenset[Change]:
    """Return those changes that brought about something that is open or pending."""
    explanations = Explanations(changes)
    causes = (
        explanations.of(found.subject, found.attribute, found.evidence, by=at)
        for found in (entry.finding for entry in delta.entries)
        if found
    )
    return frozenset(cause for cause in causes if cause)


def count_affected(entries: Iterable[Entry]) -> int:
    """Count people once, as far as they are listed."""
    entries = tuple(entries)
    unlisted = sum(
        entry.after.affected_count - len(entry.finding.affected if entry.finding else ())
        for entry in entries
    )
    return len(_people(entries)) + unlisted


def _people(entries: Iterable[Entry]) -> list[Affected]:
    found = (person for e in entries if e.finding for person in e.finding.affected)
    return list({person.id: person for person in found}.values())


def _began(entry: Entry) -> tuple[datetime, bool]:
    if entry.finding and entry.finding.since:
        return entry.finding.since, True
    known = entry.after
    return (known.opened_at if known.reopened else None) or known.first_seen_at, False


def _note(entries: RuleEntries) -> str:
    unseen = sum(entry.kind is Kind.UNVERIFIED for entry in entries.open)
    if unseen:
        return f"{unseen} of {len(entries.open)} could not be looked at this time"
    if any(entry.novelty is Novelty.NEWLY_CHECKED for entry in entries.added):
        return "Newly checked: the rule or its configuration changed, not necessarily the set-up"
    return ""
