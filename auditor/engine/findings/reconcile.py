"""The findings of an audit against those of earlier audits: new, still open, resolved. Pure.

Nothing is resolved that was not evaluated. A finding that is no longer found because a rule
or its parameters changed is not fixed. A finding of a new rule is not drift.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import Evaluated, Finding, Verdict, VerdictStatus
from auditor.engine.findings.final_verdicts import final_verdicts
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
from auditor.engine.findings.waiver_matching import WaiversOnTarget


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
    """Return the transition of every finding, known before or found by the audit of time ``at``.

    ``known`` holds the pending and open findings, and the resolved ones that are found again.
    ``ran_before`` maps the rule ids of the previous audit to their configuration hashes; ``None``:
    there was no audit. A finding with ``within_grace`` opens only when it is still found
    after ``grace``. A finding is resolved after ``resolve_after`` audits in a row evaluated its
    rule and did not find it. ``waivers`` of other targets are ignored. Transitions are sorted
    by severity, highest first, then by identity.
    """
    known_by_id = {each.id: each for each in known}
    ungrouped, grouped = group_findings(evaluated, known_by_id.values())
    accepted = WaiversOnTarget.of(waivers, target, at.date())
    audit = _Audit(evaluated, ran_before, accepted, at, grace, resolve_after)
    transitions = [
        audit.transition_of_found(finding, known_by_id.get(finding.id))
        for finding in ungrouped.values()
    ]
    for each in known_by_id.values():
        if each.id in ungrouped or each.state is State.RESOLVED:
            continue
        if each.id in grouped:
            transitions.append(_close(each, Transition.RESOLVED, Resolution.GROUPED, at))
        else:
            transitions.append(audit.transition_of_not_found(each))
    transitions.sort(key=_sort_key)
    waivable = [each.after for each in transitions if each.after.id not in grouped]
    return Reconciled(
        transitions=tuple(transitions),
        verdicts=tuple(final_verdicts(evaluated.verdicts, transitions, grouped, grace)),
        grouped=grouped,
        unmatched_waivers=accepted.unmatched(waivable, evaluated),
        expired_waivers=accepted.expired,
    )


@dataclass(frozen=True, slots=True)
class _Audit:
    """The inputs of the transition of one finding."""

    evaluated: Evaluated
    ran_before: Mapping[str, str] | None
    waivers: WaiversOnTarget
    at: datetime
    grace: timedelta
    resolve_after: int

    def transition_of_found(
        self, finding: Finding, known: TrackedFinding | None
    ) -> FindingTransition:
        waiver = self.waivers.covering(finding.rule, finding.subject, finding.attribute)
        before = known or _track(finding, self.at)
        now = replace(
            before,
            subject_name=finding.subject_name,
            kind=finding.kind,
            severity=finding.severity,
            last_seen_at=self.at,
            message=finding.message,
            affected_count=finding.affected_count,
            is_counting=False,
            missed=0,
            missed_at=None,
            waived=waiver is not None,
        )
        if before.state is State.OPEN:
            shift = _shift(before, now)
            # A finding counts again when its waiver ends, so readers see it as reopened.
            ended = shift is Shift.WAIVER_ENDED
            transition = Transition.REOPENED if ended else Transition.STILL_OPEN
            return FindingTransition(
                transition=transition, after=now, finding=finding, shift=shift, waiver=waiver
            )
        pending_since = before.pending_since or self.at
        # SCIM is not real time (lags of 40 minutes were reported, Unleash #9528).
        if finding.within_grace and self.at - pending_since < self.grace:
            after = replace(now, state=State.PENDING, pending_since=pending_since)
            return FindingTransition(
                transition=Transition.PENDING, after=after, finding=finding, waiver=waiver
            )
        was_open_before = before.opened_at is not None
        return FindingTransition(
            transition=Transition.REOPENED if was_open_before else Transition.NEW,
            after=replace(
                now,
                state=State.OPEN,
                pending_since=None,
                opened_at=self.at,
                resolved_at=None,
                resolution=None,
                reopened=before.reopened + was_open_before,
                # It can have another cause than the last time.
                cause="",
            ),
            finding=finding,
            waiver=waiver,
            novelty=None if was_open_before else self._novelty(finding.rule),
        )

    def transition_of_not_found(self, known: TrackedFinding) -> FindingTransition:
        waiver = self.waivers.covering(known.rule, known.subject, known.attribute)
        now = replace(known, waived=waiver is not None)
        # First, because no evaluation covers a rule that does not run.
        if known.rule not in self.evaluated.configurations:
            return _close(now, Transition.REMOVED, Resolution.RULE_REMOVED, self.at)
        # This test comes before all that close a finding: unknown data resolves nothing.
        if self.evaluated.is_unknown(known.rule, known.subject):
            # Reasons of missing data come first.
            reason = next(iter(self._verdict(known.rule).reasons), None)
            return FindingTransition(
                transition=Transition.NOT_EVALUATED, after=now, waiver=waiver, reason=reason
            )
        # It never opened: nothing was fixed, and no notification was sent.
        if known.state is State.PENDING:
            return _close(now, Transition.PENDING, Resolution.TRANSIENT, self.at)
        if self._waits_for_success(known):
            return FindingTransition(transition=Transition.STILL_OPEN, after=now, waiver=waiver)
        # Two audits can have the same time when the clock was set back. They count once.
        is_later = known.missed_at is None or self.at > known.missed_at
        missed = known.missed + is_later
        if missed < self.resolve_after:
            after = replace(now, missed=missed, missed_at=self.at)
            return FindingTransition(transition=Transition.STILL_OPEN, after=after, waiver=waiver)
        return _close(now, Transition.RESOLVED, self._resolution(known.rule), self.at)

    def _waits_for_success(self, known: TrackedFinding) -> bool:
        """Return whether an event rule found it, and the check did not return ``Cleared`` for it.

        Okta deletes old events of its log, so their absence proves nothing.
        """
        if known.rule not in self.evaluated.resolves_on_success:
            return False
        return not self.evaluated.has_cleared(known.rule, known.subject)

    def _resolution(self, rule: str) -> Resolution:
        match self._verdict(rule).status:
            case VerdictStatus.NOT_APPLICABLE:
                return Resolution.NOT_APPLICABLE
            case VerdictStatus.ATTESTED:
                return Resolution.ATTESTED
            case _ if self._ran_unchanged(rule):
                return Resolution.FIXED
            case _:
                return Resolution.CONFIGURATION_CHANGED

    def _novelty(self, rule: str) -> Novelty:
        if self.ran_before is None:
            return Novelty.BASELINE
        return Novelty.DRIFT if self._ran_unchanged(rule) else Novelty.NEWLY_CHECKED

    def _ran_unchanged(self, rule: str) -> bool:
        """Return whether the previous audit ran the rule with the same file and parameters."""
        return (self.ran_before or {}).get(rule) == self.evaluated.configurations[rule]

    def _verdict(self, rule: str) -> Verdict:
        return next(verdict for verdict in self.evaluated.verdicts if verdict.rule == rule)


def _track(finding: Finding, at: datetime) -> TrackedFinding:
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


def _close(
    known: TrackedFinding, transition: Transition, resolution: Resolution, at: datetime
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
    return FindingTransition(transition=transition, after=after)


def _shift(before: TrackedFinding, now: TrackedFinding) -> Shift | None:
    if before.waived != now.waived:
        return Shift.WAIVED if now.waived else Shift.WAIVER_ENDED
    # The first count of the affected users is no growth.
    affected_before = now.affected_count if before.is_counting else before.affected_count
    extent_before = (before.severity.rank, affected_before)
    extent_now = (now.severity.rank, now.affected_count)
    if extent_now > extent_before:
        return Shift.WORSE
    return Shift.BETTER if extent_now < extent_before else None


def _sort_key(transition: FindingTransition) -> tuple[int, str, str, str]:
    after = transition.after
    return (-after.severity.rank, after.rule, after.subject, after.attribute)
