"""The members that a pushed group gets and loses."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from auditor.domain.context import RuleContext
from auditor.domain.unleash import Access
from auditor.engine.simulation.group_effects import simulate_group_push
from tests.support.builders.contexts import (
    ADA,
    ADA_ACCOUNT,
    BO,
    BO_ACCOUNT,
    GROUP_PUSH_ID,
    assignment,
    assignment_of,
    clean_snapshot,
    group,
    group_push,
    missing,
    pushed_group,
    user,
    user_of,
    users,
)


def effects_of(push=None, **changes):
    return simulate_group_push(RuleContext(clean_snapshot(**changes)), push or group_push())


def in_okta(*member_ids, **changes):
    return [pushed_group(member_ids=frozenset(member_ids), **changes)]


def in_unleash(*member_ids):
    return [group(member_ids=frozenset(member_ids))]


def test_the_members_of_okta_replace_those_of_unleash():
    effects = effects_of(pushed_groups=in_okta(BO), groups=in_unleash(ADA_ACCOUNT))
    assert (effects.push_id, effects.group_id, effects.name) == (GROUP_PUSH_ID, 1, "Unleash admins")
    assert (effects.added, effects.removed, effects.undecided) == (
        (BO_ACCOUNT,),
        (ADA_ACCOUNT,),
        "",
    )


def test_equal_members_stay_as_they_are():
    effects = effects_of(pushed_groups=in_okta(ADA, BO), groups=in_unleash(ADA_ACCOUNT, BO_ACCOUNT))
    assert (effects.added, effects.removed) == ((), ())


def test_a_user_who_is_linked_by_the_email_only_is_not_sent():
    unlinked = user_of("Bo", BO_ACCOUNT, scim_id=None)
    effects = effects_of(
        pushed_groups=in_okta(ADA, BO),
        groups=in_unleash(ADA_ACCOUNT),
        users=users(user(), unlinked),
    )
    assert effects.added == ()


@pytest.mark.parametrize(("status", "removed"), [("STAGED", ()), ("PROVISIONED", (BO_ACCOUNT,))])
def test_okta_does_not_send_the_removal_of_a_staged_user(status, removed):
    effects = effects_of(
        assignments=[assignment(), assignment_of("Bo", user_id=BO, status=status)],
        pushed_groups=in_okta(ADA),
        groups=in_unleash(ADA_ACCOUNT, BO_ACCOUNT),
    )
    assert (effects.added, effects.removed) == ((), removed)


def test_a_staged_user_outside_both_groups_becomes_no_member():
    effects = effects_of(
        assignments=[assignment(), assignment_of("Bo", user_id=BO, status="STAGED")],
        pushed_groups=in_okta(ADA),
        groups=in_unleash(ADA_ACCOUNT),
    )
    assert (effects.added, effects.removed) == ((), ())


def test_a_group_that_is_not_in_unleash_has_its_name_in_okta_and_unknown_members():
    effects = effects_of(groups=[group(name="Other")])
    assert (effects.name, effects.group_id) == ("Unleash admins", None)
    assert effects.undecided == "the group in Unleash was not identified"


def test_without_the_groups_of_okta_the_id_stands_for_the_name():
    effects = effects_of(pushed_groups=missing())
    assert effects.name == group_push().source_group_id
    assert effects.undecided == "the group in Unleash was not identified"


def test_members_that_unleash_does_not_list_are_unknown():
    effects = effects_of(groups=[group(member_ids=None)])
    assert (effects.name, effects.group_id) == ("Unleash admins", 1)
    assert effects.undecided == "the members of the group in Unleash are not listed"


def test_members_that_unleash_does_not_list_are_unknown_for_a_staged_user_too():
    staged = [assignment(status="STAGED")]
    effects = effects_of(assignments=staged, groups=[group(member_ids=None)])
    assert effects.undecided == "the members of the group in Unleash are not listed"


@pytest.mark.parametrize(
    ("gap", "reason"),
    [
        ("", "the members of the group in Okta were not read"),
        ("it has too many members", "it has too many members"),
    ],
)
@pytest.mark.parametrize("member_ids", [frozenset({ADA_ACCOUNT}), None])
def test_members_that_were_not_read_in_okta_are_unknown_with_the_reason(gap, reason, member_ids):
    effects = effects_of(
        pushed_groups=[pushed_group(member_ids=None, members_gap=gap)],
        groups=[group(member_ids=member_ids)],
    )
    assert (effects.undecided, effects.added, effects.removed) == (reason, (), ())


def test_a_push_whose_source_was_not_read_is_unknown():
    effects = effects_of(
        group_push(target_group_id="00gTarget"),
        pushed_groups=in_okta(ADA, id="00gTarget"),
    )
    assert (effects.name, effects.group_id) == ("Unleash admins", 1)
    assert effects.undecided == "the members of the group in Okta were not read"


def test_without_scim_ids_the_members_are_unknown():
    unread = tuple(replace(each, scim_id=UNSET) for each in (user(), user_of("Bo", BO_ACCOUNT)))
    effects = effects_of(users=missing(), access=Access(users=unread, groups=(group(),)))
    assert effects.undecided == "the SCIM ids of the accounts were not read"
