"""An incident after an audit: its state for the message, and what is new. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.collections import TARGETED_COLLECTIONS
from auditor.domain.remediation import console_links
from auditor.domain.target import Target
from auditor.engine.causes.cause import Cause
from auditor.engine.causes.cause_title import cause_title, message_for_many
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.changes.diff import Change
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Novelty,
    Reconciled,
    Resolution,
    Transition,
)
from auditor.engine.incidents.cause_entries import CauseEntries, count_affected, people_of
from auditor.engine.incidents.incident import (
    FindingTrace,
    Incident,
    IncidentLink,
    IncidentState,
    IncidentStatus,
)
from auditor.engine.incidents.notification_policy import IncidentCounts
from auditor.rule.results import Evidence
from auditor.rule.texts.reason_text import reason_text
from auditor.text import count

NOT_EVALUATED_NOTE = "Not evaluated in this audit"
"""The note of an incident with findings that the audit did not evaluate."""

SHOWN_LINES = 5
SHOWN_SETTINGS = 3
SHOWN_PEOPLE = 10
REMEDIATION_LINK = "Open in console"
"""Label of the link to the console page where an incident is fixed."""

_ENDS = {
    Resolution.FIXED: "It was fixed",
    Resolution.CONFIGURATION_CHANGED: "The rule or its configuration changed; nothing was fixed",
    Resolution.GROUPED: "It is listed under its root cause",
    Resolution.TRANSIENT: "It settled by itself",
    Resolution.NOT_APPLICABLE: "It no longer applies",
    Resolution.ATTESTED: "It is now attested",
    Resolution.RULE_REMOVED: "Its rule no longer runs",
}


class IncidentView(Struct, frozen=True, kw_only=True):
    """An incident after an audit."""

    counts: IncidentCounts
    state: IncidentState | None
    """``None``: there is no incident now, and no earlier one."""

    lines: tuple[str, ...] = ()
    """The messages of the first new findings."""

    evidence: tuple[Evidence, ...] = ()
    """The first settings that the new findings are about."""

    change: Change | None = None
    """The change that caused the new findings, or that fixed the resolved ones."""

    traces: tuple[FindingTrace, ...] = ()


class IncidentViewer:
    """Builds the incidents of one audit."""

    def __init__(
        self,
        target: Target,
        titles: Mapping[str, str],
        changes: Iterable[Change],
        at: datetime,
        *,
        advice: Mapping[str, str],
        unseen_note: str = NOT_EVALUATED_NOTE,
    ) -> None:
        """``unseen_note`` states why the audit has nothing new about a finding."""
        self._target = target
        self._titles = titles
        self._advice = advice
        self._explanations = ExplainingChanges(changes)
        self._at = at
        self._unseen_note = unseen_note
        self.fixing_changes: set[Change] = set()
        """Changes that fixed a finding."""

    def view(
        self, entries: CauseEntries, cause: Cause | None, before: Incident | None
    ) -> IncidentView:
        """Return the incident of a cause; ``cause`` is ``None`` once it has closed."""
        if entries.open:
            # Without new findings, the change was reported in an earlier audit.
            change = cause.change if cause and entries.added else None
            change, fix = (
                change or self._cause(entries.added),
                self._fix(entries.gone, before),
            )
            return IncidentView(
                counts=entries.counts,
                state=self._open(entries, before, change, cause.change if cause else None),
                lines=self._lines(entries, entries.added),
                evidence=_settings(entries.added),
                change=change or fix,
                # An audit that evaluated nothing keeps the traces, so that a later fix is still
                # recognized.
                traces=_traces(entries.open) or (before.traces if before else ()),
            )
        if before is None:
            return IncidentView(counts=entries.counts, state=None)
        if cause and cause.grouped and before.state.status is IncidentStatus.OPEN:
            # The lead is resolved, but whether its grouped findings remain is unknown.
            return IncidentView(
                counts=replace(entries.counts, severity=before.state.severity, open=1, removed=0),
                state=replace(before.state, note=self._unseen_note),
                traces=before.traces,
            )
        stays_waived = entries.waived and before.state.status is IncidentStatus.WAIVED
        if entries.accepted or stays_waived:
            return IncidentView(
                counts=entries.counts, state=_waived(entries, before), traces=before.traces
            )
        return IncidentView(
            counts=entries.counts,
            state=_resolved(entries, before, self._at),
            change=self._fix(entries.gone, before),
        )

    def _open(
        self,
        entries: CauseEntries,
        before: Incident | None,
        cause: Change | None,
        known: Change | None,
    ) -> IncidentState:
        """Return the state of an open incident: the state before when no finding was evaluated.

        ``known`` is the change of the cause. Its actor can be known only since this audit.
        """
        seen = tuple(entry.finding for entry in entries.open if entry.finding)
        worst = entries.open[0].after
        title, short_title = cause_title(entries.cause, entries.open, self._titles)
        if not seen and before:
            reason = entries.open[0].reason
            why = f": {reason_text(reason)}" if reason else ""
            note = f"{self._unseen_note}{why}"
            change = _attributed(before.state.change, known)
            return replace(before.state, findings=len(entries.open), note=note, change=change)
        previous = (
            # The change of an earlier, resolved period does not explain this one.
            before.state.change if before and before.state.status is IncidentStatus.OPEN else None
        )
        change = cause or _attributed(previous, known)
        since, dated = min(_began(entry) for entry in entries.open)
        # One possible log entry dates the change; of several, each can be the one.
        if not dated and change and len(change.actors) == 1:
            since, dated = min(since, change.actors[0].at), True
        remediation = entries.remediation(named=0)
        return IncidentState(
            cause=entries.cause,
            rule=entries.lead.after.rule,
            rules=entries.rules,
            title=title,
            short_title=short_title,
            status=IncidentStatus.OPEN,
            severity=worst.severity,
            since=since,
            dated=dated,
            opened_at=min(
                (entry.after.opened_at for entry in entries.open if entry.after.opened_at),
                default=None,
            ),
            findings=len(entries.open) + entries.grouped,
            lines=self._lines(entries, entries.open),
            summary=self._summary(entries),
            affected=count_affected(entries.open),
            is_counting=any(entry.after.is_counting for entry in entries.open),
            people=tuple(person.name for person in people_of(entries.open)[:SHOWN_PEOPLE]),
            change=change,
            steps=remediation.steps if remediation else (),
            fix=entries.fix(self._advice),
            links=tuple(self._links(remediation.link if remediation else None, change)),
            note=_note(entries, self._unseen_note),
        )

    def _lines(self, entries: CauseEntries, shown: Iterable[FindingTransition]) -> tuple[str, ...]:
        # As in `_summary`: the one message for all would count too few.
        return _lines(shown, {} if entries.grouped else self._titles)

    def _summary(self, entries: CauseEntries) -> str:
        """Return the one message for all open findings; empty: no text fits all."""
        # The text counts the open findings only, so the number would be too small.
        if entries.grouped:
            return ""
        kinds = ((each.after.rule, each.after.kind) for each in entries.open)
        return message_for_many(kinds, self._titles)

    def _cause(self, added: Iterable[FindingTransition]) -> Change | None:
        """Return the change of the findings; ``None``: none, or several changes."""
        found = (entry.finding for entry in added if entry.finding)
        causes = {cause for each in found if (cause := self._touching(each.evidence))}
        return causes.pop() if len(causes) == 1 else None

    def _fix(self, gone: Iterable[FindingTransition], before: Incident | None) -> Change | None:
        """Return the change that fixed the findings, and add it to ``fixing_changes``.

        ``None``: no change, or several; a message of their own lists those.
        """
        traces = {
            (each.rule, each.subject, each.attribute): each
            for each in (before.traces if before else ())
        }
        fixes = {
            change
            for entry in gone
            if entry.after.resolution is Resolution.FIXED
            if (trace := traces.get((entry.after.rule, entry.after.subject, entry.after.attribute)))
            if (change := self._touching(trace.evidence))
        }
        if len(fixes) != 1:
            return None
        self.fixing_changes.update(fixes)
        return fixes.pop()

    def _touching(self, evidence: tuple[Evidence, ...]) -> Change | None:
        return self._explanations.of(evidence, by=self._at)

    def _links(self, remediation: str | None, change: Change | None) -> Iterator[IncidentLink]:
        if remediation:
            yield IncidentLink(label=REMEDIATION_LINK, url=remediation)
        actors = change.actors if change and change.collection.startswith("okta.") else ()
        for actor in actors[:1]:
            if log := console_links.log_entry(self._target, actor.event_id):
                yield IncidentLink(label="Log entry", url=log)


def explained(
    reconciled: Reconciled, changes: tuple[Change, ...], at: datetime
) -> frozenset[Change]:
    """Return the changes that caused a finding that is open or pending."""
    explanations = ExplainingChanges(changes)
    causes = (
        explanations.of(found.evidence, by=at)
        for found in (entry.finding for entry in reconciled.transitions)
        if found
    )
    return frozenset(cause for cause in causes if cause)


def _waived(entries: CauseEntries, before: Incident) -> IncidentState:
    """Return the state of an incident that was accepted, with the owner and the reason."""
    waivers = (each.waiver for each in (*entries.accepted, *entries.waived) if each.waiver)
    notes = (f"Accepted by {each.owner} until {each.expires}: {each.reason}" for each in waivers)
    return replace(before.state, status=IncidentStatus.WAIVED, note=next(notes, ""))


def _resolved(entries: CauseEntries, before: Incident, at: datetime) -> IncidentState:
    """Return the state of a resolved incident, without the names of the affected users."""
    ends = dict.fromkeys(entry.after.resolution for entry in entries.gone)
    return replace(
        before.state,
        status=IncidentStatus.RESOLVED,
        until=at,
        people=(),
        steps=(),
        fix=(),
        links=tuple(link for link in before.state.links if link.label != REMEDIATION_LINK),
        note="; ".join(_ENDS[end] for end in ends if end),
    )


def _lines(entries: Iterable[FindingTransition], titles: Mapping[str, str]) -> tuple[str, ...]:
    """Return the first messages; several findings of one kind have one, if their rule has it."""
    by_kind: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        if entry.finding:
            key = (entry.after.rule, entry.after.kind)
            by_kind.setdefault(key, []).append(entry.finding.message)
    lines: list[str] = []
    for kind, messages in by_kind.items():
        many = message_for_many([kind] * len(messages), titles)
        lines += [many] if many else filter(None, messages)
    return tuple(lines[:SHOWN_LINES])


def _settings(entries: Iterable[FindingTransition]) -> tuple[Evidence, ...]:
    """Return the evidence about settings. Evidence of other collections can name users."""
    found = (piece for each in entries if each.finding for piece in each.finding.evidence)
    settings = (
        piece
        for piece in found
        if piece.collection in TARGETED_COLLECTIONS and piece.observed and piece.expected
    )
    return tuple(islice(dict.fromkeys(settings), SHOWN_SETTINGS))


def _traces(entries: Iterable[FindingTransition]) -> tuple[FindingTrace, ...]:
    seen = (entry.finding for entry in entries if entry.finding)
    return tuple(
        FindingTrace(
            rule=each.rule, subject=each.subject, attribute=each.attribute, evidence=each.evidence
        )
        for each in islice(seen, SHOWN_LINES)
    )


def _began(entry: FindingTransition) -> tuple[datetime, bool]:
    if entry.finding and entry.finding.since:
        return entry.finding.since, True
    known = entry.after
    # A reopened finding began with its last opening, not with its first.
    return (known.opened_at if known.reopened else None) or known.first_seen_at, False


def _attributed(change: Change | None, known: Change | None) -> Change | None:
    """Return the change with the actor that is known now."""
    return known if change and known and change.key == known.key else change


def _note(entries: CauseEntries, unseen_note: str) -> str:
    unseen = sum(entry.transition is Transition.NOT_EVALUATED for entry in entries.open)
    if unseen:
        return f"{unseen_note}: {unseen} of {count(len(entries.open), 'finding')}"
    if any(entry.novelty is Novelty.NEWLY_CHECKED for entry in entries.added):
        return "Newly checked: the rule or its configuration changed, not necessarily the set-up"
    return ""
