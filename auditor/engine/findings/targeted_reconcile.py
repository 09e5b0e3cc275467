"""The findings of a targeted audit: it changes only what it evaluated. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.targeted_evaluation import TargetedEvaluation
from auditor.engine.evaluation.verdicts import Evaluated, Verdict
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import (
    FindingTransition,
    Reconciled,
    State,
    TrackedFinding,
    Transition,
)
from auditor.rule.results import Evidence


class TargetedReconciled(Struct, frozen=True, kw_only=True):
    """The findings after a targeted audit."""

    reconciled: Reconciled
    """All findings. One that did not change has no details and is ``not_evaluated``."""

    changed: frozenset[str]
    """Ids of the findings that the audit changed."""

    verdicts: tuple[Verdict, ...]
    """The verdicts of the rules that it evaluated."""

    evaluated: Evaluated
    """The evaluation of all rules; the others are unknown."""


def reconcile_targeted(
    known: Iterable[TrackedFinding],
    evaluation: TargetedEvaluation,
    evidence: Mapping[str, tuple[Evidence, ...]],
    ran_before: Mapping[str, str],
    *,
    target: str,
    at: datetime,
    grace: timedelta,
    resolve_after: int,
    waivers: Iterable[Waiver],
) -> TargetedReconciled:
    """Return the transitions of a targeted audit.

    ``evidence`` is the stored evidence of the open findings by id. An open finding with the same
    evidence stays as the last full audit left it, with its count of affected users. A targeted
    audit does not count as one of the ``resolve_after`` complete audits.
    """
    known_by_id = {each.id: each for each in known}
    evaluated = evaluation.with_unknown(each.rule for each in known_by_id.values())
    reconciled = reconcile(
        known_by_id.values(),
        evaluated,
        ran_before,
        target=target,
        at=at,
        grace=grace,
        resolve_after=resolve_after,
        waivers=waivers,
    )
    transitions: list[FindingTransition] = []
    changed: set[str] = set()
    for entry in reconciled.transitions:
        before = known_by_id.get(entry.after.id)
        if before is not None and _stays(entry, before, evaluation, evidence):
            transitions.append(
                FindingTransition(
                    transition=Transition.NOT_EVALUATED, after=before, waiver=entry.waiver
                )
            )
            continue
        is_counting = entry.finding is not None and entry.after.rule in evaluation.uncounted
        transitions.append(replace(entry, after=replace(entry.after, is_counting=is_counting)))
        changed.add(entry.after.id)
    return TargetedReconciled(
        reconciled=replace(reconciled, transitions=tuple(transitions)),
        changed=frozenset(changed),
        verdicts=tuple(each for each in reconciled.verdicts if each.rule in evaluation.rules),
        evaluated=evaluated,
    )


def _stays(
    entry: FindingTransition,
    before: TrackedFinding,
    evaluation: TargetedEvaluation,
    evidence: Mapping[str, tuple[Evidence, ...]],
) -> bool:
    if entry.finding is None:
        # Without a resolution, its rule was not evaluated, or it missed one audit, which a targeted
        # audit does not count.
        return entry.after.state is not State.RESOLVED
    is_same = before.state is State.OPEN and evidence.get(before.id) == entry.finding.evidence
    is_uncounted = before.rule in evaluation.uncounted
    # The severity can depend on the affected users, which the targeted audit did not count.
    return is_same and (is_uncounted or before.severity is entry.finding.severity)
