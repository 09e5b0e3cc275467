"""One audit without a store: judged by all rules, against what was found before."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import chain

from auditor.domain.snapshot import Snapshot
from auditor.judge.evaluate import Evaluated, Status, evaluate
from auditor.judge.findings import Delta, Kind, Memory, State
from auditor.judge.reconcile import reconcile
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules

OFF_BY_DEFAULT = {"attribute-create-only": {"enabled": True}}
RULES = bind(load_rules([shipped("rules")]), OFF_BY_DEFAULT, where="tests")

NEEDS = {bound.id: frozenset(map(str, bound.rule.needs)) for bound in RULES}
"""Rule to the collections without which it can say nothing."""


@dataclass(frozen=True)
class Audit:
    """What was seen, and what was told of it."""

    snapshot: Snapshot
    evaluated: Evaluated
    delta: Delta

    @cached_property
    def verdicts(self) -> dict[str, Status]:
        """What is told of each rule: an open sticky finding fails it, seen or not."""
        return {verdict.rule: verdict.status for verdict in self.delta.verdicts}

    @property
    def memory(self) -> Memory:
        """What the next audit knows of this one."""
        entries = (entry.after for entry in self.delta.entries)
        known = tuple(each for each in entries if each.state is not State.RESOLVED)
        return Memory(known=known, configurations=self.evaluated.configurations)

    def rules(self, status: Status) -> set[str]:
        """Name the rules of a status."""
        return {rule for rule, told in self.verdicts.items() if told is status}


def audit(snapshot: Snapshot, memory: Memory | None = None) -> Audit:
    """Judge a snapshot; nothing waits for a grace period, so that all that is seen is open."""
    evaluated = evaluate(snapshot, RULES)
    delta = reconcile(
        memory or Memory(),
        evaluated,
        target=snapshot.target.name,
        at=snapshot.taken_at,
        grace=timedelta(),
    )
    return Audit(snapshot, evaluated, delta)


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
    passed = told.rules(Status.PASS)
    unfounded = {rule for rule in passed if NEEDS[rule] & told.snapshot.missing.keys()}
    gone = told.delta.of(Kind.RESOLVED, Kind.RETIRED)
    settled = (each for each in told.delta.of(Kind.PENDING) if each.after.state is State.RESOLVED)
    new = told.delta.of(Kind.NEW, Kind.REOPENED)
    return Lies(
        passes=frozenset(passed - truth.rules(Status.PASS) | unfounded),
        resolves=frozenset(entry.after.rule for entry in chain(gone, settled)),
        inventions=frozenset(entry.after.rule for entry in new),
    )
