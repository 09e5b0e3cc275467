"""Every scenario of the sandbox has the same verdicts with names and with ids only."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.collect.collector import collect
from auditor.domain.privacy import pseudonymize
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox import Sandbox, World
from tests.support.breaches import BREACHES, GRACE, Breach
from tests.support.collecting import PLAIN, credentials_of, target_of
from tests.support.conclusions import conclusions_of

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
JOINER = "ada.new@example.com"


def suspend(world: World) -> None:
    world.suspend(GRACE)


def revoke(world: World) -> None:
    world.revoke_assignment(GRACE)


def schedule(world: World) -> None:
    world.schedule_deletion(GRACE)


def stage(world: World) -> None:
    world.stage_person(world.add_person(JOINER, "Ada", "New"))


def assign_early(world: World) -> None:
    world.assign_before_provisioning(world.add_person(JOINER, "Ada", "New"))


STATUSES = {
    suspend: {("user-not-removed", "suspended")},
    revoke: {("user-not-removed", ""), ("provisioning-error", "")},
    schedule: set(),
    stage: set(),
    assign_early: {("user-not-provisioned", "")},
}
"""Each status with the rules and the kinds of the findings that it causes."""


def snapshot_of(world: World):
    """Read a sandbox two hours after the last action, so that every grace period is over."""
    world.advance(hours=2)
    with Sandbox(world) as sandbox:
        return collect(target_of(sandbox), credentials_of(sandbox), at=world.now, limits=PLAIN)


def agree(world: World):
    """Return the conclusions, which are the same in both modes."""
    snapshot = snapshot_of(world)
    conclusions = conclusions_of(snapshot)
    assert conclusions_of(pseudonymize(snapshot)) == conclusions
    return conclusions


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_has_the_same_verdicts_in_both_modes(breach: Breach) -> None:
    world = World.clean(at=AT)
    breach.break_(world)
    verdicts, *_ = agree(world)
    assert any(status is VerdictStatus.FAIL for _, status, _ in verdicts)


@pytest.mark.parametrize(
    ("change", "expected"), STATUSES.items(), ids=[each.__name__ for each in STATUSES]
)
def test_a_status_has_its_documented_effect_in_both_modes(change, expected) -> None:
    world = World.clean(at=AT)
    change(world)
    _, findings, *_ = agree(world)
    assert {(rule, attribute) for rule, _, attribute, *_ in findings} == expected


def test_a_clean_sandbox_has_the_same_verdicts_in_both_modes() -> None:
    verdicts, findings, *_ = agree(World.clean(at=AT, ago=timedelta()))
    assert findings == set()
    assert not any(status is VerdictStatus.FAIL for _, status, _ in verdicts)
