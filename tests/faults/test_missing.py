"""Every breach that an admin can cause, with missing collections: the rule never passes."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest

from auditor.collect.collector import collect
from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox import Sandbox, World
from tests.faults.audit import Audit, WrongResults, audit, wrong_results
from tests.faults.broken import AT
from tests.support.breaches import BREACHES, Breach
from tests.support.collecting import credentials_of, target_of

NOTHING_WRONG = WrongResults(frozenset(), frozenset(), frozenset())


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_with_missing_data_does_not_pass(breach: Breach) -> None:
    truth = _audit_broken(breach)
    assert breach.rule in truth.rules(VerdictStatus.FAIL)
    for gap in _gaps(truth.snapshot):
        for why in (MissingReason.FORBIDDEN, MissingReason.NOT_FOUND):
            # The rest is computed without one collection, with one only, and without all. Without
            # each pair, it would take four times as long.
            whole = why is MissingReason.FORBIDDEN and len(gap) != 2
            result = audit(_without(truth.snapshot, gap, why), truth.memory, whole=whole)
            assert wrong_results(result, truth) == NOTHING_WRONG, (
                f"without {', '.join(gap)} ({why})"
            )


def _audit_broken(breach: Breach) -> Audit:
    with Sandbox(World.clean(at=AT)) as sandbox:
        breach.break_(sandbox.world)
        at = sandbox.world.now
        return audit(collect(target_of(sandbox), credentials_of(sandbox), at=at))


def _gaps(snapshot: Snapshot) -> Iterator[tuple[str, ...]]:
    """Yield one missing collection, then two, then all but one, then all."""
    names = sorted(snapshot.read)
    yield from combinations(names, 1)
    yield from combinations(names, 2)
    yield from combinations(names, len(names) - 1)
    yield tuple(names)


def _without(snapshot: Snapshot, gap: tuple[str, ...], why: MissingReason) -> Snapshot:
    unseen = MissingData(why=why, endpoint="GET /somewhere")
    return replace(
        snapshot,
        read={name: value for name, value in snapshot.read.items() if name not in gap},
        missing={**snapshot.missing, **dict.fromkeys(gap, unseen)},
    )
