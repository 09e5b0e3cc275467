"""This run against what was known: what is new, what is mended, what could not be told. Pure.

Nothing is resolved that was not looked at. What goes away because the rules or their parameters
changed is never called mended, and what a new rule finds is never called drift.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import LISTED, Evaluated, Finding, Verdict, VerdictStatus
from auditor.engine.findings.grouping import group_findings
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Novelty,
    Reconciled,
    Resolution,
    Shift,
    State,
    TrackedFinding,
    Transition,
)
from auditor.engine.findings.waiver_matching import Waivers
from auditor.rule.severity import Basis


def reconcile(
    known: Iterable[TrackedFinding],
    evaluated: Evaluated,
    ran_before: Mapping[str, str] | None,
    *,
    target: str,
    at: datetime,
    grace: timedelta = timedelta(hours=1),
    resolve_after: int = 1,
    waivers: Iterable[Waiver] = (),
) -> Reconciled:
    """Sort every finding, known or seen, into what this run did to it.

    ``resolve_after`` complete runs in a row must miss a finding before it is resolved.
    """
    known_by_id = {each.id: each for each in known}
    standing, folded = group_findings(evaluated, known_by_id.values())
    accepted = Waivers(waivers, target, at)
    look = _Look(ran_before, evaluated, accepted, at, grace, resolve_after)
    entries = [look.seen(finding, known_by_id.get(finding.id)) for finding in standing.values()]
    entries += [
        look.folded(each) if each.id in folded else look.unseen(each)
        for each in known_by_id.values()
        if each.id not in standing and each.state is not State.RESOLVED
    ]
    entries.sort(key=_worst_first)
    return Reconciled(
        transitions=tuple(entries),
        verdicts=tuple(_settle(evaluated.verdicts, entries, folded)),
        unmatched_waivers=accepted.unmatched(evaluated),
        expired_waivers=accepted.expired,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """One run's view of single findings."""

    ran_before: Mapping[str, str] | None
    evaluated: Evaluated
    waivers: Waivers
    at: datetime
    grace: timedelta
    resolve_after: int

    def seen(self, finding: Finding, known: TrackedFinding | None) -> FindingTransition:
        """Tell what became of a finding that is there."""
        waiver = self.waivers.over(finding.rule, finding.subject, finding.attribute)
        before = known or _first_sight(finding, self.at)
        now = replace(
            before,
            severity=finding.severity,
            last_seen_at=self.at,
            message=finding.message,
            affected_count=finding.affected_count,
            missed=0,
            missed_at=None,
            waived=waiver is not None,
        )
        if before.state is State.OPEN:
            shift = _shift(before, now)
            kind = Transition.REOPENED if shift is Shift.WAIVER_ENDED else Transition.STILL_OPEN
            return FindingTransition(
                transition=kind, after=now, finding=finding, shift=shift, waiver=waiver
            )
        waits_since = before.pending_since or self.at
        if finding.within_grace and self.at - waits_since < self.grace:
            after = replace(now, state=State.PENDING, pending_since=waits_since)
            return FindingTransition(
                transition=Transition.PENDING, after=after, finding=finding, waiver=waiver
            )
        came_back = before.opened_at is not None
        return FindingTransition(
            transition=Transition.REOPENED if came_back else Transition.NEW,
            after=replace(
                now,
                state=State.OPEN,
                pending_since=None,
                opened_at=self.at,
                resolved_at=None,
                resolution=None,
                reopened=before.reopened + came_back,
            ),
            finding=finding,
            waiver=waiver,
            novelty=None if came_back else self._novelty(finding.rule),
        )

    def unseen(self, known: TrackedFinding) -> FindingTransition:
        """Tell what became of a finding that was there before and was not seen this time."""
        waiver = self.waivers.over(known.rule, known.subject, known.attribute)
        now = replace(known, waived=waiver is not None)
        missed = known.missed + (known.missed_at is None or self.at > known.missed_at)
        if known.rule not in self.evaluated.configurations:
            return _end(now, Transition.REMOVED, Resolution.RULE_REMOVED, self.at)
        if self.evaluated.is_unknown(known.rule, known.subject):
            because = next(iter(self._verdict(known.rule).reasons), "it could not be told")
            return FindingTransition(
                transition=Transition.NOT_EVALUATED, after=now, waiver=waiver, reason=because
            )
        if known.state is State.PENDING:
            return _end(now, Transition.PENDING, Resolution.TRANSIENT, self.at)
        if self._is_stuck(known):
            return FindingTransition(transition=Transition.STILL_OPEN, after=now, waiver=waiver)
        if missed < self.resolve_after:
            after = replace(now, missed=missed, missed_at=self.at)
            return FindingTransition(transition=Transition.STILL_OPEN, after=after, waiver=waiver)
        return _end(now, Transition.RESOLVED, self._resolution(known.rule), self.at)

    def folded(self, known: TrackedFinding) -> FindingTransition:
        """Close a person's finding that is now listed under its cause."""
        return _end(known, Transition.RESOLVED, Resolution.GROUPED, self.at)

    def _is_stuck(self, known: TrackedFinding) -> bool:
        """Tell whether only a later success may close it, and none was seen."""
        cleared = (known.rule, known.subject) in self.evaluated.cleared
        return known.rule in self.evaluated.resolves_on_success and not cleared

    def _resolution(self, rule: str) -> Resolution:
        match self._verdict(rule).status:
            case VerdictStatus.NOT_APPLICABLE:
                return Resolution.NOT_APPLICABLE
            case VerdictStatus.ATTESTED:
                return Resolution.ATTESTED
            case _:
                return (
                    Resolution.FIXED if self._ran_alike(rule) else Resolution.CONFIGURATION_CHANGED
                )

    def _novelty(self, rule: str) -> Novelty:
        if self.ran_before is None:
            return Novelty.BASELINE
        return Novelty.DRIFT if self._ran_alike(rule) else Novelty.NEWLY_CHECKED

    def _ran_alike(self, rule: str) -> bool:
        """Tell whether the rule ran last time just as it did now."""
        before = (self.ran_before or {}).get(rule)
        return before == self.evaluated.configurations[rule]

    def _verdict(self, rule: str) -> Verdict:
        return next(verdict for verdict in self.evaluated.verdicts if verdict.rule == rule)


def _first_sight(finding: Finding, at: datetime) -> TrackedFinding:
    return TrackedFinding(
        id=finding.id,
        rule=finding.rule,
        subject=finding.subject,
        attribute=finding.attribute,
        severity=finding.severity,
        state=State.PENDING,
        first_seen_at=at,
        last_seen_at=at,
    )


def _end(
    known: TrackedFinding, kind: Transition, resolution: Resolution, at: datetime
) -> FindingTransition:
    after = replace(
        known,
        state=State.RESOLVED,
        pending_since=None,
        resolved_at=at,
        resolution=resolution,
        missed=0,
        missed_at=None,
    )
    return FindingTransition(transition=kind, after=after)


def _shift(before: TrackedFinding, now: TrackedFinding) -> Shift | None:
    if before.waived != now.waived:
        return Shift.WAIVED if now.waived else Shift.WAIVER_ENDED
    was = (before.severity.rank, before.affected_count)
    is_now = (now.severity.rank, now.affected_count)
    if was == is_now:
        return None
    return Shift.WORSE if is_now > was else Shift.BETTER


def _settle(
    verdicts: Iterable[Verdict], entries: Iterable[FindingTransition], folded: Mapping[str, str]
) -> Iterator[Verdict]:
    """Let each verdict say what stands: pending counts for nothing, an open sticky one fails."""
    stands = {
        entry.after.rule
        for entry in entries
        if entry.after.state is State.OPEN and entry.transition is not Transition.NOT_EVALUATED
    }
    waiting = Counter(entry.after.rule for entry in entries if entry.after.state is State.PENDING)
    listed = Counter(folded.values())
    for verdict in verdicts:
        rule, gaps = verdict.rule, verdict.reasons if verdict.status is VerdictStatus.FAIL else ()
        if listed[rule]:
            because = (f"{listed[rule]} {LISTED}", *gaps)
            yield replace(verdict, status=VerdictStatus.FAIL, basis=None, reasons=because)
        elif rule in stands:
            yield replace(verdict, status=VerdictStatus.FAIL, basis=None, reasons=gaps)
        elif verdict.status is VerdictStatus.FAIL:
            note = f"{waiting[rule]} pending: seen, but not yet for long enough"
            status, basis = (
                (VerdictStatus.UNKNOWN, None) if gaps else (VerdictStatus.PASS, Basis.REPORTED)
            )
            yield replace(verdict, status=status, basis=basis, reasons=(*gaps, note))
        else:
            yield verdict


def _worst_first(entry: FindingTransition) -> tuple[int, str, str, str]:
    known = entry.after
    return (-known.severity.rank, known.rule, known.subject, known.attribute)
