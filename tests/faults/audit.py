"""One audit without a store: evaluated by all rules, and compared with earlier findings."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import chain

from auditor.domain.context import RuleContext
from auditor.domain.snapshot import Snapshot
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.causes.cause_title import problem_titles
from auditor.engine.evaluation.evaluate import context_of_rules, evaluate
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.exposure.read_delays import read_delays
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled, State, Transition
from auditor.engine.incidents.notification_decision import decide_notifications
from auditor.engine.simulation.lockout import simulate_lockout
from auditor.engine.views.cause_summary import summarize_causes
from auditor.engine.views.plan_effects import simulated_effects
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules

OFF_BY_DEFAULT = {"attribute-create-only": {"enabled": True}}
RULES = bind(load_rules([shipped("rules")]), OFF_BY_DEFAULT, where="tests")

TITLES = problem_titles(bound.rule for bound in RULES)

NEEDS = {bound.id: frozenset(map(str, bound.rule.requires)) for bound in RULES}
"""Rule id to its required collections."""


@dataclass(frozen=True)
class Audit:
    """A snapshot and its results."""

    snapshot: Snapshot
    evaluated: Evaluated
    reconciled: Reconciled

    @cached_property
    def verdicts(self) -> dict[str, VerdictStatus]:
        """Return the verdict of each rule; an open finding of an event rule fails it."""
        return {verdict.rule: verdict.status for verdict in self.reconciled.verdicts}

    @property
    def memory(self) -> PreviousAudits:
        """Return what the next audit knows of this one."""
        entries = (entry.after for entry in self.reconciled.transitions)
        known = tuple(each for each in entries if each.state is not State.RESOLVED)
        return PreviousAudits(known=known, configurations=self.evaluated.configurations)

    def rules(self, status: VerdictStatus) -> set[str]:
        """Return the rules with a status."""
        return {rule for rule, verdict in self.verdicts.items() if verdict is status}


def audit(snapshot: Snapshot, memory: PreviousAudits | None = None, *, whole: bool = True) -> Audit:
    """Evaluate a snapshot without a grace period, so that every finding is open.

    ``whole``: everything else that an audit computes is computed, too. Missing data must end none.
    """
    context = context_of_rules(snapshot, RULES)
    evaluated = evaluate(snapshot, RULES, context=context)
    memory = memory or PreviousAudits()
    reconciled = reconcile(
        memory.known,
        evaluated,
        memory.configurations,
        target=snapshot.target.name,
        at=snapshot.taken_at,
        grace=timedelta(),
    )
    if whole:
        _compute_the_rest(context, evaluated, reconciled, memory)
    return Audit(snapshot, evaluated, reconciled)


def _compute_the_rest(
    context: RuleContext, evaluated: Evaluated, found: Reconciled, memory: PreviousAudits
) -> None:
    reconciled, causes = assign_causes(found, evaluated, (), {}, at=context.at)
    decide_notifications(
        reconciled,
        (),
        context.snapshot,
        before=memory.notified_state,
        is_first_audit=memory.configurations is None,
        read_before=memory.collections_read,
        titles=TITLES,
        causes=causes,
    )
    simulate_lockout(context)
    simulated_effects(context, reconciled, RULES)
    read_delays(context)
    summarize_causes(reconciled, causes, TITLES)


@dataclass(frozen=True)
class WrongResults:
    """The wrong results of an audit of a target that had not changed since the correct audit."""

    passes: frozenset[str]
    """Rules that passed despite a violation, or without their required collections."""

    resolves: frozenset[str]
    """Rules whose findings closed without a fix."""

    inventions: frozenset[str]
    """Rules with a new finding that has no cause."""


def wrong_results(result: Audit, truth: Audit) -> WrongResults:
    """Compare the results of an audit with the correct ones."""
    passed = result.rules(VerdictStatus.PASS)
    unfounded = {rule for rule in passed if NEEDS[rule] & result.snapshot.missing.keys()}
    gone = result.reconciled.of(Transition.RESOLVED, Transition.REMOVED)
    settled = (
        each
        for each in result.reconciled.of(Transition.PENDING)
        if each.after.state is State.RESOLVED
    )
    new = result.reconciled.of(Transition.NEW, Transition.REOPENED)
    return WrongResults(
        passes=frozenset(passed - truth.rules(VerdictStatus.PASS) | unfounded),
        resolves=frozenset(entry.after.rule for entry in chain(gone, settled)),
        inventions=frozenset(entry.after.rule for entry in new),
    )
