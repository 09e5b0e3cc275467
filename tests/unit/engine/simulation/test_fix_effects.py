"""The effects of a fix as the sentences that the plan and the report show."""

import pytest

from auditor.domain.tristate import Tristate
from auditor.engine.simulation.fix_effects import (
    FixEffects,
    SimulatedRule,
    effects_in_words,
)
from auditor.engine.simulation.group_effects import GroupEffects
from auditor.engine.simulation.plan_simulation import SignOn, SimulatedFinding, StepEffects
from auditor.engine.simulation.push_effects import (
    AdoptedAccount,
    Collision,
    NewAccount,
    PushEffects,
    RenamedAccount,
    UndecidedUser,
    UnmatchedUser,
)
from auditor.rule.severity import Severity

PROVEN, DISPROVEN, UNKNOWN = Tristate.PROVEN, Tristate.DISPROVEN, Tristate.UNKNOWN


def step(**changes):
    """Return a step that changes nothing: an admin can sign in before and after it."""
    return StepEffects(**{"number": 1, "admin_before": PROVEN, "admin_after": PROVEN} | changes)


def pushed(pushes=1, **changes):
    """Return a push without effects on accounts, but for the changed ones."""
    kinds = ("renamed", "created", "collisions", "adopted", "unmatched", "undecided")
    effects = {kind: changes.get(kind, ()) for kind in kinds}
    return PushEffects(**effects, unchanged=0, pushes=pushes)


def renamed(number, before="old@example.com"):
    return RenamedAccount(
        okta_user_id=f"00u{number}",
        name=f"User {number}",
        account_id=number,
        before=before,
        after=f"u{number}@example.com",
    )


def created(number):
    email = f"u{number}@example.com"
    return NewAccount(okta_user_id=f"00u{number}", name=f"User {number}", email=email)


def collision(account_id):
    return Collision(
        okta_user_id="00uAda",
        name="Ada Lind",
        email="ada@example.com",
        account_id=account_id,
        depends_on_order=account_id is None,
    )


def adopted(number, *, is_recovery_admin):
    return AdoptedAccount(
        okta_user_id=f"00u{number}",
        name=f"User {number}",
        account_id=number,
        is_recovery_admin=is_recovery_admin,
    )


def unmatched(number):
    return UnmatchedUser(
        okta_user_id=f"00u{number}",
        name=f"User {number}",
        email=f"u{number}@mail.example",
        login=f"u{number}@example.com",
    )


def undecided(number, why="the result is no email address"):
    return UndecidedUser(okta_user_id=f"00u{number}", name=f"User {number}", why=why)


def found(number, rule="email-not-login", severity=Severity.HIGH):
    return SimulatedFinding(
        id=f"f{number}", rule=rule, severity=severity, message=f"Message {number}"
    )


def lines_of(**changes):
    return list(effects_in_words(step(**changes)).lines)


def push_lines_of(**kinds):
    """Return the lines about a push, without the one about the number of pushes."""
    _, *lines = lines_of(pushed=pushed(**kinds))
    return lines


def test_a_fix_that_is_not_simulated_states_only_the_reason():
    effects = effects_in_words(step(not_simulated="unleash.users could not be read"))
    assert effects == FixEffects(not_simulated="unleash.users could not be read")
    assert not effects.is_empty


def test_a_simulated_fix_without_effects_is_empty():
    effects = effects_in_words(step())
    assert effects == FixEffects()
    assert effects.is_empty is True


@pytest.mark.parametrize(
    "changes",
    [
        {"pushed": pushed()},
        {"disappearing": (found(1),)},
        {"appearing": (found(1),)},
    ],
)
def test_a_fix_with_any_effect_is_not_empty(changes):
    assert effects_in_words(step(**changes)).is_empty is False


def test_the_number_of_pushes_is_stated_with_what_is_unknown_about_the_time():
    (line,) = lines_of(pushed=pushed(1200))
    assert line == (
        "Okta pushes 1,200 users, each with one request to Unleash. No rate limit is documented, "
        "so the time is unknown."
    )


@pytest.mark.parametrize(
    ("kinds", "line"),
    [
        (
            {"renamed": (renamed(1),)},
            "1 account gets another email: old@example.com → u1@example.com.",
        ),
        (
            {"renamed": (renamed(1, before=None), renamed(2))},
            (
                "2 accounts get another email: none → u1@example.com, "
                "old@example.com → u2@example.com."
            ),
        ),
        ({"created": (created(1),)}, "1 account is created: u1@example.com."),
        (
            {"created": (created(1), created(2))},
            "2 accounts are created: u1@example.com, u2@example.com.",
        ),
        (
            {"collisions": (collision(7),)},
            "1 push can fail, because the email is taken: ada@example.com (of user 7).",
        ),
        (
            {"collisions": (collision(7), collision(None))},
            (
                "2 pushes can fail, because the email is taken: ada@example.com (of user 7), "
                "ada@example.com (of another assigned user)."
            ),
        ),
        (
            {"adopted": (adopted(2, is_recovery_admin=True),)},
            "1 recovery admin can be adopted by SCIM and lose the Admin role: user 2.",
        ),
        (
            {"adopted": (adopted(4, is_recovery_admin=False),)},
            "1 local account can be adopted by SCIM: user 4.",
        ),
        (
            {"unmatched": (unmatched(1),)},
            "1 user still without the login as email: User 1: u1@mail.example.",
        ),
        (
            {"undecided": (undecided(1),)},
            "1 user undecided: the result is no email address (1).",
        ),
    ],
)
def test_each_kind_of_effect_of_a_push_has_one_line(kinds, line):
    assert push_lines_of(**kinds) == [line]


def test_adopted_recovery_admins_are_listed_apart_from_other_accounts():
    both = (adopted(2, is_recovery_admin=True), adopted(4, is_recovery_admin=False))
    assert push_lines_of(adopted=both) == [
        "1 recovery admin can be adopted by SCIM and lose the Admin role: user 2.",
        "1 local account can be adopted by SCIM: user 4.",
    ]


def test_undecided_users_are_counted_by_reason_with_the_most_frequent_first():
    users = (undecided(1, "no login"), undecided(2, "no type"), undecided(3, "no type"))
    assert push_lines_of(undecided=users) == ["3 users undecided: no type (2), no login (1)."]


def test_five_names_are_listed_in_full():
    (line,) = push_lines_of(created=tuple(map(created, range(1, 6))))
    assert line.endswith("u4@example.com, u5@example.com.")


def test_beyond_five_names_the_others_are_counted():
    (line,) = push_lines_of(created=tuple(map(created, range(1, 8))))
    assert line.startswith("7 accounts are created: u1@example.com, u2@example.com,")
    assert line.endswith("u5@example.com and 2 more.")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"added": (1, 2), "removed": (3,)}, "Group admins: gets 2 members, loses 1 member."),
        ({"added": (1,)}, "Group admins: gets 1 member, loses 0 members."),
        (
            {"undecided": "the group in Unleash was not identified"},
            "Group admins: unknown, because the group in Unleash was not identified.",
        ),
    ],
)
def test_a_group_shows_how_many_members_it_gets_and_loses(changes, line):
    group = GroupEffects(push_id="gPm1", name="admins", group_id=1, **changes)
    assert lines_of(groups=(group,)) == [line]


def test_the_users_that_sso_finds_are_stated_when_their_number_changes():
    changed = SignOn(before=1, after=1500, unknown=0)
    assert lines_of(sign_on=changed) == ["Users whose account SSO finds: 1,500, was 1."]
    assert lines_of(sign_on=SignOn(before=2, after=2, unknown=3)) == []


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (DISPROVEN, PROVEN, ["After this step an admin can sign in."]),
        (DISPROVEN, UNKNOWN, ["After this step it is unknown whether an admin can sign in."]),
        (UNKNOWN, DISPROVEN, ["After this step no admin can sign in."]),
        (UNKNOWN, UNKNOWN, []),
    ],
)
def test_another_admin_access_after_the_step_is_stated(before, after, lines):
    effects = effects_in_words(step(admin_before=before, admin_after=after))
    assert (list(effects.lines), effects.precaution) == (lines, "")


@pytest.mark.parametrize("sign_on", [None, SignOn(before=2, after=1, unknown=0)])
@pytest.mark.parametrize(
    ("after", "access"),
    [
        (DISPROVEN, "no admin can sign in"),
        (UNKNOWN, "it is unknown whether an admin can sign in"),
    ],
)
def test_a_step_that_can_end_admin_access_needs_a_recovery_admin_first(after, access, sign_on):
    effects = effects_in_words(step(admin_after=after, sign_on=sign_on))
    assert effects.precaution == (
        f"After this step {access}. First create a recovery admin: a local account with the Admin "
        "role and a password, whose email no assigned user has."
    )
    assert not any(access in line for line in effects.lines)


def test_a_step_after_which_sso_finds_no_account_states_how_to_prevent_it():
    effects = effects_in_words(step(sign_on=SignOn(before=2, after=0, unknown=0)))
    assert effects.precaution == (
        "After this step no user can sign in through SSO, because SSO asserts another value. "
        "Change the asserted value in the same maintenance window."
    )


def test_findings_of_one_rule_are_counted_with_the_highest_severity():
    effects = effects_in_words(
        step(
            disappearing=(
                found(1, severity=Severity.LOW),
                found(2, rule="user-not-provisioned"),
                found(3, severity=Severity.CRITICAL),
            ),
            appearing=(found(4),),
        )
    )
    assert effects.closes == (
        SimulatedRule(rule="email-not-login", severity=Severity.CRITICAL, what="2 findings"),
        SimulatedRule(rule="user-not-provisioned", severity=Severity.HIGH, what="Message 2"),
    )
    assert effects.opens == (
        SimulatedRule(rule="email-not-login", severity=Severity.HIGH, what="Message 4"),
    )


def test_a_rule_that_is_unknown_afterwards_for_several_subjects_is_named_once():
    gaps = (("user-not-removed", "x"), ("email-not-login", "a"), ("email-not-login", "b"))
    effects = effects_in_words(step(not_evaluated=gaps))
    assert effects.not_evaluated == ("email-not-login", "user-not-removed")
