"""Who is found under a name, and what is told of them."""

import pytest
from msgspec.structs import replace

from auditor.domain.collections import ASSIGNMENTS, GROUPS, USERS
from auditor.domain.context import RuleContext
from auditor.domain.privacy import pseudonymize
from auditor.engine.views.person_lookup import dossiers
from auditor.rule.results import Affected
from tests.support.builders.contexts import (
    ADA,
    ADA_ACCOUNT,
    BO_ACCOUNT,
    assignment,
    assignment_of,
    missing,
    recovery,
    user,
    users,
    world,
)
from tests.support.builders.findings import evaluated, finding


def find(who, snapshot=None, seen=None):
    return dossiers(RuleContext(snapshot or world()), seen or evaluated(), who)


@pytest.mark.parametrize(
    "who", [ADA, str(ADA_ACCOUNT), "ada@example.com", "ADA@Example.com"], ids=str
)
def test_a_person_is_found_by_any_of_their_names(who):
    (ada,) = find(who)
    assert ada.okta
    assert ada.account
    assert (ada.okta.user_id, ada.account.id) == (ADA, ADA_ACCOUNT)


def test_by_the_email_that_was_mapped_wrong_and_by_the_login_alike():
    snapshot = world(assignments=[assignment(email="ada@mail.example.org")])
    assert find("ada@mail.example.org", snapshot) == find("ada@example.com", snapshot) != ()


def test_roles_are_told_by_way_of_the_group_that_gives_them():
    (ada,) = find(ADA)
    assert (ada.role, [(each.group, each.role) for each in ada.groups]) == (
        "Viewer",
        [("Unleash admins", "Admin")],
    )


def test_an_account_of_nobody_is_found_too():
    (found,) = find(recovery().username or "")
    assert found.okta is None
    assert found.account == recovery()
    assert found.role == "Admin"


def test_nobody_is_nobody():
    assert find("nobody@example.com") == ()


def test_only_findings_that_name_them_are_told_and_of_those_only_their_part():
    both = (Affected(id=ADA, name="Ada"), Affected(id="00uBo", name="Bo"))
    mine, other = finding(affected=both), finding(subject="x", affected=both[1:])
    (ada,) = find(ADA, seen=evaluated(mine, other))
    assert ada.findings == (replace(mine, affected=both[:1]),)


def test_a_finding_about_the_account_names_its_owner():
    mine = finding("user-not-removed", affected=(Affected(id=str(ADA_ACCOUNT), name="Ada"),))
    (ada,) = find(ADA, seen=evaluated(mine))
    assert ada.findings == (mine,)


def test_a_rule_that_could_not_tell_of_them_is_in_doubt():
    seen = evaluated(
        rules=("one", "two", "three"),
        unknown_rules=("one",),
        unknown=(("two", ADA), ("three", "00uBo")),
    )
    (ada,) = find(ADA, seen=seen)
    assert ada.uncertain == ("one", "two")


def test_accounts_that_cannot_be_told_apart_are_all_named():
    twins = users(user(scim_id=None), user(id=BO_ACCOUNT, scim_id=None))
    snapshot = world(users=twins, assignments=[assignment(external_id=None)])
    (ada,) = find(ADA, snapshot)
    assert ada.account is None
    assert {each.id for each in ada.candidates} == {ADA_ACCOUNT, BO_ACCOUNT}
    assert find(str(BO_ACCOUNT), snapshot) == (ada,)


def test_a_second_account_is_told_with_the_first():
    second = user(id=BO_ACCOUNT, scim_id=None, email="ada@mail.example.org")
    snapshot = world(
        users=users(user(), second),
        assignments=[assignment(okta_email="ada@mail.example.org")],
    )
    (ada,) = find(ADA, snapshot)
    assert ada.also == (second,)
    assert find(str(BO_ACCOUNT), snapshot) == (ada,)


def test_one_side_is_told_when_the_other_was_not_seen():
    (ada,) = find("ada@example.com", world(users=missing(), access=missing()))
    assert ada.okta
    assert ada.account is None
    assert list(ada.unseen) == [str(USERS)]
    for lesser in (world(assignments=missing()), world(assignments=missing(), users=missing())):
        (account,) = find("ada@example.com", lesser)
        assert account.okta is None
        assert account.account
        assert str(ASSIGNMENTS) in account.unseen


def test_groups_that_were_not_seen_are_said_to_be_missing():
    (ada,) = find(ADA, world(groups=missing(), access=missing()))
    assert (ada.groups, list(ada.unseen)) == ((), [str(GROUPS)])


def test_where_names_are_hidden_a_person_is_found_all_the_same():
    (ada,) = find(
        "Ada@example.com", pseudonymize(world(assignments=[assignment(), assignment_of("Bo")]))
    )
    assert ada.okta
    assert ada.okta.user_id == ADA
    assert "ada@" not in (ada.okta.login or "")
