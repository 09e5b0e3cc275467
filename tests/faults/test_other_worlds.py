"""Each breach that an admin can cause, and a few random faults in the second audit only.

The whole matrix is tried on one sandbox (``test_matrix.py``). Here each breach gets a few of its
pairs; every run draws others. ``AUDITOR_FAULT_SEED`` repeats the pairs of a run.
"""

import os
from random import Random, SystemRandom

import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from tests.faults.audit import WrongResults, audit, wrong_results
from tests.faults.broken import AT
from tests.faults.pairs import ASKED, NEVER_END, SCIM_ENDPOINT, TOKEN
from tests.faults.reference import HASTY, LIMITS, Reference
from tests.support.breaches import BREACHES, Breach
from tests.support.collecting import target_of

SEED = os.environ.get("AUDITOR_FAULT_SEED") or str(SystemRandom().randrange(10**9))
PAIRS_OF_A_BREACH = 6
NOTHING_WRONG = WrongResults(frozenset(), frozenset(), frozenset())

PAIRS = [
    (endpoint, fault)
    for endpoint in ASKED
    for fault in ALL_FAULTS
    # a 404 of the SCIM endpoint is no read error, but a violation of its own rule
    if endpoint.pattern != SCIM_ENDPOINT or not fault.startswith("status-404")
]


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_fault_in_the_second_audit_opens_and_resolves_nothing(breach: Breach) -> None:
    with Sandbox(World.clean(at=AT)) as sandbox:
        breach.break_(sandbox.world)
        reference = Reference(sandbox, target_of(sandbox))
        truth = reference.truth
        assert breach.rule in truth.rules(VerdictStatus.FAIL)
        for endpoint, fault in Random(f"{SEED} {breach}").sample(PAIRS, PAIRS_OF_A_BREACH):
            where = f"{fault} at {endpoint.service} {endpoint.pattern}; AUDITOR_FAULT_SEED={SEED}"
            reference.faults.add(endpoint.service, endpoint.pattern, ALL_FAULTS[fault])
            limits = HASTY if fault in NEVER_END else LIMITS
            result = reference.audit(limits=limits, by_key=endpoint.pattern == TOKEN)
            reference.faults.clear()
            assert wrong_results(result, truth) == NOTHING_WRONG, where
            after = audit(truth.snapshot, result.memory)
            assert wrong_results(after, truth) == NOTHING_WRONG, where
            assert after.verdicts == truth.verdicts, where
