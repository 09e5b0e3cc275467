"""One audit without a store: judged by all rules, against what was found before."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import chain

from auditor.domain.snapshot import Snapshot
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled, State, Transition
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules

OFF_BY_DEFAULT = {"attribute-create-only": {"enabled": True}}
RULES = bind(load_rules([shipped("rules")]), OFF_BY_DEFAULT, where="tests")

NEEDS = {bound.id: frozenset(map(str, bound.rule.requires)) for bound in RULES}
"""Rule to the collections without which it can say nothing."""


@dataclass(frozen=True)
class Audit:
    """What was seen, and what was told of it."""

    snapshot: Snapshot
    evaluated: Evaluated
    reconciled: Reconciled

    @cached_property
    def verdicts(self) -> dict[str, VerdictStatus]:
        """What is told of each rule: an open sticky finding fails it, seen or not."""
        return {verdict.rule: verdict.status for verdict in self.reconciled.verdicts}

    @property
    def memory(self) -> PreviousAudits:
        """What the next audit knows of this one."""
        entries = (entry.after for entry in self.reconciled.transitions)
        known = tuple(each for each in entries if each.state is not State.RESOLVED)
        return PreviousAudits(known=known, configurations=self.evaluated.configurations)

    def rules(self, status: VerdictStatus) -> set[str]:
        """Name the rules of a status."""
        return {rule for rule, told in self.verdicts.items() if told is status}


def audit(snapshot: Snapshot, memory: PreviousAudits | None = None) -> Audit:
    """Judge a snapshot; nothing waits for a grace period, so that all that is seen is open."""
    evaluated = evaluate(snapshot, RULES)
    memory = memory or PreviousAudits()
    reconciled = reconcile(
        memory.known,
        evaluated,
        memory.configurations,
        target=snapshot.target.name,
        at=snapshot.taken_at,
        grace=timedelta(),
    )
    return Audit(snapshot, evaluated, reconciled)


@dataclass(frozen=True)
class Lies:
    """What an audit told of a world that had not changed since the truth was told of it."""

    passes: frozenset[str]
    """Rules that passed though they are in breach, or without what they need."""

    resolves: frozenset[str]
    """Rules whose findings went away though nobody mended anything."""

    inventions: frozenset[str]
    """Rules that found what is not there."""


def lies(told: Audit, truth: Audit) -> Lies:
    """Compare what was told with the truth."""
    passed = told.rules(VerdictStatus.PASS)
    unfounded = {rule for rule in passed if NEEDS[rule] & told.snapshot.missing.keys()}
    gone = told.reconciled.of(Transition.RESOLVED, Transition.REMOVED)
    settled = (
        each
        for each in told.reconciled.of(Transition.PENDING)
        if each.after.state is State.RESOLVED
    )
    new = told.reconciled.of(Transition.NEW, Transition.REOPENED)
    return Lies(
        passes=frozenset(passed - truth.rules(VerdictStatus.PASS) | unfounded),
        resolves=frozenset(entry.after.rule for entry in chain(gone, settled)),
        inventions=frozenset(entry.after.rule for entry in new),
    )
