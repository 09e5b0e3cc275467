"""A targeted audit and a full audit conclude the same about the rules that both evaluate."""

from dataclasses import replace

import pytest

from auditor.collect.collector import collect
from auditor.domain.collections import (
    APP,
    ASSIGNMENTS,
    EXCLUDED_GROUP,
    LOG,
    SSO_APP,
    TARGETED_COLLECTIONS,
    MissingData,
    MissingReason,
)
from auditor.domain.snapshot import Snapshot
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.targeted_evaluation import (
    TargetedEvaluation,
    evaluate_targeted,
)
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.sandbox import Sandbox, World
from tests.support.breaches import BREACHES, Breach
from tests.support.collecting import AT, credentials_of, target_of
from tests.support.conclusions import ALL
from tests.support.recorded_reads import recorded

EMAIL_RULE = "email-not-login"
LEFT = MissingData(why=MissingReason.LEFT_TO_FULL_AUDIT, endpoint="-")
RAN_BEFORE = {bound.id: f"{bound.configuration}-{bound.version}" for bound in ALL}

READ_IF_CONFIGURED = (SSO_APP, EXCLUDED_GROUP)
READ_SELDOM = {
    "email-not-login": (LOG,),
    "sso-identifier-differs": (LOG,),
    "scim-endpoint-down": (APP, LOG),
    "scim-credentials-rejected": (ASSIGNMENTS,),
}
"""What no breach needs, but other states do: the tests of these rules read it."""


def as_targeted(snapshot: Snapshot) -> Snapshot:
    """Return what a targeted audit reads of the same state."""
    left = snapshot.read.keys() - TARGETED_COLLECTIONS
    return replace(
        snapshot,
        read={name: each for name, each in snapshot.read.items() if name not in left},
        missing={**snapshot.missing, **dict.fromkeys(left, LEFT)},
    )


def read(world: World) -> Snapshot:
    with Sandbox(world) as sandbox:
        return collect(target_of(sandbox), credentials_of(sandbox), at=world.now)


def targeted(snapshot: Snapshot) -> TargetedEvaluation:
    return evaluate_targeted(as_targeted(snapshot), ALL, RAN_BEFORE)


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_it_finds_the_same_and_never_that_no_user_is_affected(breach: Breach) -> None:
    world = World.clean(at=AT)
    breach.break_(world)
    snapshot = read(world)
    full, part = evaluate(snapshot, ALL), targeted(snapshot)
    for verdict in full.verdicts:
        if verdict.rule in part.rules:
            (own,) = (each for each in part.verdicts if each.rule == verdict.rule)
            assert own.status is verdict.status
    assert {each.id for each in part.findings} == {
        each.id for each in full.findings if each.rule in part.rules
    }
    for each in part.findings:
        assert "No assigned user" not in each.message
        assert "could not be read" not in each.message
        assert not each.affected


def test_the_rules_declare_the_collections_that_they_read_and_no_others() -> None:
    read_by: dict[str, set[str]] = {bound.id: set() for bound in ALL}
    for breach in BREACHES:
        world = World.clean(at=AT)
        breach.break_(world)
        snapshot = read(world)
        for bound in ALL:
            copy, requested = recorded(snapshot)
            evaluate(copy, (bound,))
            read_by[bound.id] |= requested
    for bound in ALL:
        declared = {each.name for each in bound.rule.reads}
        required = {each.name for each in bound.rule.requires}
        seldom = {each.name for each in (*READ_IF_CONFIGURED, *READ_SELDOM.get(bound.id, ()))}
        assert read_by[bound.id] <= declared, bound.id
        assert declared <= read_by[bound.id] | required | seldom, bound.id


def test_a_rule_that_needs_other_data_is_left() -> None:
    snapshot = read(World.clean(at=AT))
    part = targeted(snapshot)
    assert {"login-mismatch", "user-not-removed", "admin-unreachable"} <= part.left.keys()
    assert {"scim-credentials-rejected", "not-steady"} <= part.left.keys()
    assert {"email-not-login", "extra-attribute", "scim-disabled"} <= part.rules
    unknown = part.with_unknown(["gone"])
    assert unknown.unknown_rules == part.left.keys() | {"gone"}
    assert VerdictStatus.UNKNOWN not in {each.status for each in part.verdicts}


def test_a_rule_whose_data_could_not_be_read_is_left() -> None:
    snapshot = as_targeted(read(World.clean(at=AT)))
    refused = MissingData(why=MissingReason.FORBIDDEN, endpoint="-", status=403)
    without = replace(
        snapshot,
        read={name: each for name, each in snapshot.read.items() if name != "okta.mappings"},
        missing={**snapshot.missing, "okta.mappings": refused},
    )
    part = evaluate_targeted(without, ALL, RAN_BEFORE)
    assert "email-not-login" in part.left
    assert "scim-disabled" in part.rules


def test_an_event_rule_is_left_although_it_needs_no_log() -> None:
    snapshot = as_targeted(read(World.clean(at=AT)))
    (bound,) = (each for each in ALL if each.id == "extra-attribute")
    event_rule = replace(bound.rule, resolves_on_success=True)
    part = evaluate_targeted(snapshot, [replace(bound, rule=event_rule)], RAN_BEFORE)
    assert part.left.keys() == {"extra-attribute"}


def test_a_rule_that_is_unknown_for_a_reason_in_the_data_is_left() -> None:
    world = World.clean(at=AT)
    world.map_attribute("user", "email", "appuser.unheardOf(user.login)")
    snapshot = read(world)
    (verdict,) = (each for each in evaluate(snapshot, ALL).verdicts if each.rule == EMAIL_RULE)
    assert verdict.has_unknown
    assert EMAIL_RULE in targeted(snapshot).left


def test_a_rule_that_ran_differently_before_is_left() -> None:
    snapshot = read(World.clean(at=AT))
    part = evaluate_targeted(
        as_targeted(snapshot), ALL, {**RAN_BEFORE, "extra-attribute": "changed"}
    )
    assert "extra-attribute" in part.left
