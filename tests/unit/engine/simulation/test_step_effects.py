"""What one step changes: sign-on, admin access, members of groups, and findings."""

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.remediation.fix import GroupPushFix, PushFlagFix
from auditor.domain.tristate import Tristate
from auditor.domain.unleash import AdminCount
from auditor.engine.simulation.plan_simulation import (
    SignOn,
    StepEffects,
    simulate_fix,
    simulate_plan,
)
from tests.support.builders.contexts import (
    ADA,
    ADA_ACCOUNT,
    BO,
    BO_ACCOUNT,
    FEATURES,
    GROUP_PUSH_ID,
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

PROVEN, UNKNOWN, DISPROVEN = Tristate.PROVEN, Tristate.UNKNOWN, Tristate.DISPROVEN
DEACTIVATE = PushFlagFix(flag="deactivate-users")
PUSH_GROUPS = PushFlagFix(flag="push-groups")


def rules_of(findings):
    return {each.rule for each in findings}


def test_the_steps_of_a_plan_have_the_number_of_their_cause():
    plan = [(), (DEACTIVATE, mapped_to("user.login")), (None,), (DEACTIVATE,)]
    simulation = simulate_plan(RuleContext(clean_snapshot()), plan, RULES)
    by_hand = "a person decides it for each account or setting"
    assert [(each.number, each.not_simulated) for each in simulation.steps] == [
        (1, by_hand),
        (2, ""),
        (2, ""),
        (3, by_hand),
        (4, ""),
    ]


def test_a_single_fix_is_step_1():
    assert effects_of_fix(DEACTIVATE).number == 1


@pytest.mark.parametrize("simulate", ["plan", "fix"])
def test_the_rules_that_are_unknown_before_the_first_step_are_listed(simulate):
    context = RuleContext(clean_snapshot(mappings=missing()))
    simulation = (
        simulate_fix(context, DEACTIVATE, RULES)
        if simulate == "fix"
        else simulate_plan(context, [(DEACTIVATE,)], RULES)
    )
    assert "email-not-login" in simulation.not_evaluated
    assert "push-flag-off" not in simulation.not_evaluated


@pytest.mark.parametrize(
    ("before", "after", "unknown", "is_locked_out"),
    [(1, 0, 0, True), (0, 0, 0, False), (1, 1, 0, False), (1, 0, 1, False)],
)
def test_everyone_is_locked_out_only_if_sso_certainly_finds_no_account_any_more(
    before, after, unknown, is_locked_out
):
    sign_on = SignOn(before=before, after=after, unknown=unknown)
    step = StepEffects(number=1, sign_on=sign_on, admin_before=PROVEN, admin_after=PROVEN)
    assert step.can_lock_out is is_locked_out


@pytest.mark.parametrize(
    ("before", "after", "can_lock_out"),
    [
        (PROVEN, PROVEN, False),
        (PROVEN, UNKNOWN, True),
        (PROVEN, DISPROVEN, True),
        (UNKNOWN, DISPROVEN, False),
        (DISPROVEN, DISPROVEN, False),
    ],
)
def test_a_step_can_lock_out_admins_only_if_an_admin_can_sign_in_before_it(
    before, after, can_lock_out
):
    step = StepEffects(number=1, admin_before=before, admin_after=after)
    assert step.can_lock_out is can_lock_out


def test_sign_on_counts_active_users_with_an_account_and_those_whose_identifier_is_unknown():
    nameless = assignment_of("Bo", user_id=BO, login=None, username=None)
    suspended = assignment_of("Di", status="SUSPENDED")
    new = assignment_of("Cy", external_id=None)
    effects = effects_of_fix(
        DEACTIVATE,
        assignments=[new, suspended, nameless, assignment()],
        users=users(user(), user_of("Bo", BO_ACCOUNT), user_of("Di", 14), recovery()),
    )
    assert effects.sign_on == SignOn(before=1, after=1, unknown=1)


@pytest.mark.parametrize(
    ("others", "passwords", "after"),
    [
        ([], AdminCount(password=1, no_password=0), DISPROVEN),
        ([recovery(id=40)], AdminCount(password=2, no_password=0), PROVEN),
        ([recovery(id=40)], AdminCount(password=1, no_password=1), UNKNOWN),
    ],
)
def test_the_adoption_of_a_recovery_admin_leaves_the_access_of_the_others(others, passwords, after):
    corp = dict.fromkeys(("login", "email", "okta_email", "username"), "cy@corp.example")
    cy = assignment_of("Cy", external_id=None, **corp)
    effects = effects_of_fix(
        mapped_to("String.substringBefore(user.login, '@') + '@example.com'"),
        assignments=[assignment(), cy],
        users=users(user(), recovery(email="cy@example.com"), *others),
        admin_count=passwords,
        group_push=[],
        groups=(),
    )
    assert len(effects.pushed.adopted) == 1
    assert (effects.admin_before, effects.admin_after) == (PROVEN, after)


EDITORS = "00gEditors0000000001"
TWO_GROUPS = {
    "app": app(features=FEATURES - {"GROUP_PUSH"}),
    "group_push": [
        group_push(status="INACTIVE"),
        group_push(id="gPmEditors", source_group_id=EDITORS),
    ],
    "pushed_groups": [
        pushed_group(member_ids=frozenset({ADA, BO})),
        pushed_group(id=EDITORS, name="Editors", member_ids=frozenset({BO})),
    ],
    "groups": [
        group(),
        group(id=2, name="Editors", root_role=None, member_ids=frozenset({ADA_ACCOUNT})),
    ],
}


def test_turning_on_push_groups_pushes_the_active_groups_only():
    effects = effects_of_fix(PUSH_GROUPS, **TWO_GROUPS)
    assert effects.pushed is None
    (editors,) = effects.groups
    assert (editors.name, editors.added, editors.removed) == (
        "Editors",
        (BO_ACCOUNT,),
        (ADA_ACCOUNT,),
    )
    assert "push-flag-off" in rules_of(effects.disappearing)


@pytest.mark.parametrize("unread", ["group_push", "pushed_groups"])
def test_turning_on_push_groups_pushes_no_group_that_was_not_read(unread):
    effects = effects_of_fix(PUSH_GROUPS, **TWO_GROUPS | {unread: missing()})
    assert (effects.not_simulated, effects.groups) == ("", ())


def test_a_group_push_fix_pushes_this_group_only():
    effects = effects_of_fix(GroupPushFix(push_id=GROUP_PUSH_ID), **TWO_GROUPS)
    assert [(each.name, each.added) for each in effects.groups] == [
        ("Unleash admins", (BO_ACCOUNT,))
    ]


def test_a_group_whose_members_stay_is_not_listed():
    effects = effects_of_fix(
        GroupPushFix(push_id=GROUP_PUSH_ID), group_push=[group_push(status="ERROR")]
    )
    assert effects.groups == ()


def test_a_finding_that_the_step_does_not_concern_neither_disappears_nor_appears():
    effects = effects_of_fix(
        mapped_to("user.login"),
        app=app(features=FEATURES - {"PUSH_USER_DEACTIVATION"}),
        mappings=[mapping(email="user.email")],
    )
    assert "email-not-login" in rules_of(effects.disappearing)
    assert "push-flag-off" not in rules_of(effects.disappearing)
    assert effects.appearing == ()
