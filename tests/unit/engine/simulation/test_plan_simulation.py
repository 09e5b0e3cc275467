"""The possible effects of the steps of a plan, each after the earlier ones."""

import pytest

from auditor.domain import collections
from auditor.domain.context import RuleContext
from auditor.domain.provisioning.push_features import PUSH_FLAGS
from auditor.domain.remediation.fix import GroupPushFix, PushFlagFix
from auditor.domain.tristate import Tristate
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.simulation.plan_simulation import simulate_plan
from auditor.engine.views.remediation_plan import plan
from tests.support.builders.contexts import (
    BO,
    BO_ACCOUNT,
    FEATURES,
    GROUP_PUSH_ID,
    RECOVERY_ACCOUNT,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    group,
    group_push,
    mapping,
    missing,
    pushed_group,
    recovery,
    user,
    user_of,
    users,
)
from tests.support.builders.simulated_steps import RULES, effects_of_fix, mapped_to

COLLECTION_NAMES = [
    name.lower()
    for name, value in vars(collections).items()
    if value in collections.COLLECTIONS.values()
]


def rules_of(findings):
    return {each.rule for each in findings}


def wrong_email(**changes):
    """Return a world in which Okta sends the primary email of Ada, which is not her login."""
    ada = assignment(okta_email="ada@mail.example", email="ada@mail.example")
    return clean_snapshot(
        **{
            "mappings": [mapping(email="user.email")],
            "assignments": [ada, assignment_of("Bo", user_id=BO)],
            "users": users(user(email="ada@mail.example"), user_of("Bo", BO_ACCOUNT), recovery()),
        }
        | changes
    )


def simulated(snapshot):
    """Return the leading rule, the fix and the effects of each part of the plan of a snapshot."""
    found = (("", each) for each in evaluate(snapshot, RULES).findings)
    causes = plan(found, {each.id: each.rule for each in RULES})
    parts = [(cause.rules[0], fix) for cause in causes for fix in cause.fixes]
    simulation = simulate_plan(RuleContext(snapshot), [each.fixes for each in causes], RULES)
    return [(*part, effects) for part, effects in zip(parts, simulation.steps, strict=True)]


def test_the_plan_of_a_wrong_email_mapping_closes_its_findings_and_opens_none():
    ((fix, effects),) = [
        (fix, effects)
        for rule, fix, effects in simulated(wrong_email())
        if rule == "email-not-login"
    ]
    assert fix == mapped_to("user.login")
    assert [(each.before, each.after) for each in effects.pushed.renamed] == [
        ("ada@mail.example", "ada@example.com")
    ]
    assert "email-not-login" in rules_of(effects.disappearing)
    assert effects.appearing == ()
    assert (effects.sign_on.before, effects.sign_on.after) == (1, 2)


def test_a_later_step_is_computed_after_the_earlier_ones():
    both = [mapping(email="user.email", title="user.title")]
    found = simulated(wrong_email(mappings=both))
    by_rule = {rule: effects for rule, _, effects in found}
    assert len(by_rule["email-not-login"].pushed.renamed) == 1
    assert by_rule["extra-attribute"].pushed.renamed == ()
    assert by_rule["extra-attribute"].pushed.unchanged == 2


def test_a_step_without_a_fix_is_not_simulated_and_gives_the_reason():
    found = simulated(
        clean_snapshot(saml=missing(), oidc=missing(), users=users(user(scim_id=None)))
    )
    reasons = {effects.not_simulated for _, fix, effects in found if fix is None}
    assert reasons == {"a person decides it for each account or setting"}


def test_a_mapping_that_is_tried_shows_the_findings_that_it_would_open():
    effects = effects_of_fix(mapped_to("user.email"))
    assert "email-not-login" in rules_of(effects.appearing)


def test_an_email_that_sso_does_not_assert_can_lock_out_everyone():
    effects = effects_of_fix(mapped_to("'new-' + user.login"))
    assert (effects.sign_on.before, effects.sign_on.after) == (2, 0)
    assert effects.can_lock_out


def test_the_adoption_of_the_only_recovery_admin_can_lock_out_every_admin():
    admin = recovery(email="cy@example.com")
    corp = dict.fromkeys(("login", "email", "okta_email", "username"), "cy@corp.example")
    cy = assignment_of("Cy", external_id=None, **corp)
    cy_in_okta = [assignment(), assignment_of("Bo", user_id=BO), cy]
    effects = effects_of_fix(
        mapped_to("String.substringBefore(user.login, '@') + '@example.com'"),
        assignments=cy_in_okta,
        users=users(user(), user_of("Bo", BO_ACCOUNT), admin),
        group_push=[],
        groups=(),
    )
    assert [each.account_id for each in effects.pushed.adopted] == [RECOVERY_ACCOUNT]
    assert effects.pushed.adopted[0].is_recovery_admin
    assert effects.admin_before is Tristate.PROVEN
    assert effects.can_lock_out


def test_create_users_pushes_only_users_without_an_account():
    off = app(features=FEATURES - {"PUSH_NEW_USERS"})
    new = assignment_of("Cy", external_id=None, status="STAGED")
    effects = effects_of_fix(
        PushFlagFix(flag="create-users"),
        app=off,
        assignments=[assignment(), assignment_of("Bo", user_id=BO), new],
    )
    assert [each.email for each in effects.pushed.created] == ["cy@example.com"]
    assert (effects.pushed.pushes, effects.pushed.unchanged) == (1, 0)
    assert "push-flag-off" in rules_of(effects.disappearing)


def test_an_action_that_pushes_no_profile_changes_the_configuration_only():
    off = app(features=FEATURES - {"PUSH_USER_DEACTIVATION"})
    effects = effects_of_fix(PushFlagFix(flag="deactivate-users"), app=off)
    assert effects.pushed is None
    assert "push-flag-off" in rules_of(effects.disappearing)


def test_a_group_push_adds_and_removes_members():
    effects = effects_of_fix(
        GroupPushFix(push_id=GROUP_PUSH_ID),
        group_push=[group_push(status="ERROR", error_summary="Timeout")],
        pushed_groups=[pushed_group(member_ids=frozenset({BO}))],
        groups=[group()],
    )
    (members,) = effects.groups
    assert members.added == (BO_ACCOUNT,)
    assert members.removed == (user().id,)
    assert "group-push-failing" in rules_of(effects.disappearing)


def test_a_group_without_a_known_counterpart_is_undecided():
    effects = effects_of_fix(
        GroupPushFix(push_id=GROUP_PUSH_ID),
        group_push=[group_push(status="INACTIVE")],
        groups=[group(name="Other")],
    )
    (members,) = effects.groups
    assert members.undecided == "the group in Unleash was not identified"


def test_a_mapping_for_a_type_without_one_is_added():
    other = "otyOther000000000001"
    cy = assignment_of("Cy", external_id=None, user_type_id=other)
    effects = effects_of_fix(mapped_to("user.login", other), assignments=[assignment(), cy])
    assert [each.email for each in effects.pushed.created] == ["cy@example.com"]


FIXES = (
    mapped_to("user.login"),
    GroupPushFix(push_id=GROUP_PUSH_ID),
    *(PushFlagFix(flag=each.name) for each in PUSH_FLAGS),
)


@pytest.mark.parametrize("fix", FIXES, ids=str)
def test_without_the_users_a_step_is_not_simulated(fix):
    effects = effects_of_fix(fix, users=missing(), access=missing())
    assert effects.not_simulated == "unleash.users could not be read"
    changes = (effects.sign_on, effects.disappearing, effects.appearing)
    assert not any(changes)


@pytest.mark.parametrize("fix", FIXES, ids=str)
def test_missing_data_ends_no_simulation_with_an_error(fix):
    for name in COLLECTION_NAMES:
        effects_of_fix(fix, **{name: missing()})
    every = effects_of_fix(fix, **dict.fromkeys(COLLECTION_NAMES, missing()))
    assert every.not_simulated.endswith(" could not be read")


def test_a_rule_that_is_unknown_afterwards_counts_as_not_evaluated_not_as_closed():
    effects = effects_of_fix(mapped_to("isMemberOfGroupName('A') ? user.login : user.email"))
    assert effects.pushed.pushes == len(effects.pushed.undecided) == 2
    assert "email-not-login" in {rule for rule, _ in effects.not_evaluated}
    assert effects.appearing == ()
