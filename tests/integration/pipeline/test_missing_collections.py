"""A rule that is unknown because of missing data is listed under the data that is missing."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from auditor.collect.collector import collect
from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.snapshot import Snapshot
from auditor.engine.diagnostics.dependencies import unknown_rules, unknown_rules_by_collection
from auditor.engine.evaluation.evaluate import evaluate
from auditor.sandbox import Sandbox, World
from tests.support.breaches import BREACHES, Breach
from tests.support.collecting import AT, credentials_of, target_of
from tests.support.conclusions import ALL

FORBIDDEN = MissingData(why=MissingReason.FORBIDDEN, endpoint="-", status=403)


def without(snapshot: Snapshot, names: Iterable[str]) -> Snapshot:
    names = frozenset(names)
    return replace(
        snapshot,
        read={name: each for name, each in snapshot.read.items() if name not in names},
        missing={**snapshot.missing, **dict.fromkeys(names, FORBIDDEN)},
    )


@pytest.mark.parametrize("breach", BREACHES[::9], ids=str)
def test_each_rule_that_becomes_unknown_is_listed(breach: Breach) -> None:
    world = World.clean(at=AT)
    breach.break_(world)
    with Sandbox(world) as sandbox:
        snapshot = collect(target_of(sandbox), credentials_of(sandbox), at=world.now)
    before = unknown_rules(evaluate(snapshot, ALL))
    services = ([name for name in snapshot.read if name.startswith(side)] for side in ("o", "u"))
    for names in (*([name] for name in snapshot.read), *services):
        part = without(snapshot, names)
        listed = unknown_rules_by_collection(part, ALL)
        now_unknown = unknown_rules(evaluate(part, ALL)) - before
        assert now_unknown <= frozenset().union(*(listed[name] for name in names)), names
