import pytest
from msgspec.structs import replace

from auditor.notify.slack.interaction.operators import (
    ClickRefusal,
    SlackUser,
    click_refusal,
    click_refusal_text,
    groups_of,
)

TEAM, GROUP, OTHER_GROUP = "T0HOME001", "S0GROUP01", "S0GROUP02"
ADA = SlackUser(id="U0ADA0001", name="Ada", team_id=TEAM)


def refusal(user=ADA, operators=(ADA.id,), members=None):
    return click_refusal(user, team_id=TEAM, operators=operators, members=members or {})


def test_a_listed_user_may_act():
    assert refusal() is None


def test_a_member_of_a_listed_group_may_act():
    assert refusal(operators=(GROUP,), members={GROUP: frozenset({ADA.id})}) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"team_id": "T0OTHER01"}, ClickRefusal.OTHER_TEAM),
        ({"is_stranger": True}, ClickRefusal.OTHER_TEAM),
        ({"is_bot": True}, ClickRefusal.BOT),
        ({"is_guest": True}, ClickRefusal.GUEST),
        ({"is_deactivated": True}, ClickRefusal.DEACTIVATED),
        ({"id": "U0BEN0001"}, ClickRefusal.NOT_AN_OPERATOR),
    ],
)
def test_other_users_are_refused_also_when_they_are_listed(change, expected):
    assert refusal(replace(ADA, **change)) is expected
    group = {GROUP: frozenset({ADA.id})}
    assert refusal(replace(ADA, **change), operators=(GROUP,), members=group) is expected


def test_a_user_who_cannot_be_read_is_refused():
    assert refusal(None) is ClickRefusal.USER_UNREADABLE


@pytest.mark.parametrize("members", [{GROUP: None}, {}, {GROUP: None, OTHER_GROUP: frozenset()}])
def test_a_click_is_refused_when_a_group_cannot_be_read(members):
    operators = (GROUP, *members.keys() - {GROUP})
    assert refusal(operators=operators, members=members) is ClickRefusal.GROUP_UNREADABLE


def test_without_operators_no_user_may_act():
    assert refusal(operators=()) is ClickRefusal.NOT_AN_OPERATOR


def test_groups_differ_from_users_by_their_ids():
    assert groups_of(("U0ADA0001", GROUP, "W0ADA0001")) == (GROUP,)


def test_each_refusal_has_a_text_of_its_own():
    assert len({click_refusal_text(each) for each in ClickRefusal}) == len(ClickRefusal)
