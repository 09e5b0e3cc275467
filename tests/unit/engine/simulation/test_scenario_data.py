"""The data that the scenarios share is small, and joined again only where that can differ."""

from dataclasses import replace as replace_fields

import pytest
from msgspec.structs import replace

from auditor.domain.collections import ASSIGNMENTS, USERS
from auditor.domain.context import RuleContext
from auditor.engine.simulation.scenario_data import ScenarioData
from tests.support.builders.contexts import (
    ADA,
    ADA_ACCOUNT,
    RECOVERY_ACCOUNT,
    assignment,
    assignment_of,
    clean_snapshot,
    recovery,
    user,
    users,
)


def data_of(**changes):
    return ScenarioData.of(RuleContext(clean_snapshot(**changes)))


def without_account(data, number):
    """Return the world of the scenarios after the end of one account."""
    world = data.deciding.snapshot
    left = tuple(each for each in world[USERS].users if each.id != number)
    return replace_fields(world, read={**world.read, USERS.name: replace(world[USERS], users=left)})


def test_the_scenarios_read_admins_accounts_of_unknown_role_and_two_others():
    others = [user(id=number, email=f"u{number}@example.com") for number in range(20, 30)]
    data = data_of(
        users=users(*others, user(), user(id=40, root_role=None), recovery(id=50)),
    )
    # Ada's account is an admin through the group.
    assert [each.id for each in data.deciding[USERS].users] == [ADA_ACCOUNT, 20, 40, 50]


def test_the_scenarios_read_the_assignments_of_admins_and_those_without_a_login():
    nameless = assignment_of("Cy", login=None)
    owner = assignment_of("Di", email="break-glass@vault.example.org")
    data = data_of(assignments=[assignment(), nameless, owner])
    assert data.deciding[ASSIGNMENTS] == (nameless, owner)


@pytest.mark.parametrize(("number", "is_shared"), [(RECOVERY_ACCOUNT, True), (ADA_ACCOUNT, False)])
def test_users_are_joined_again_only_after_the_end_of_an_account_that_is_linked(number, is_shared):
    data = data_of(assignments=[assignment()], users=users(user(), recovery()))
    context = data.context_of(without_account(data, number), ())
    assert (context.people is data.people) is is_shared
    assert [each.okta.user_id for each in context.people.persons] == [ADA]
