"""The users that a name finds, and the facts about them."""

import pytest
from msgspec.structs import replace

from auditor.domain.collections import ASSIGNMENTS, GROUPS, USERS
from auditor.domain.context import RuleContext
from auditor.domain.privacy import pseudonymize
from auditor.engine.views.person_lookup import PersonMatch, dossiers, people_matching
from auditor.rule.results import Affected
from tests.support.builders.contexts import (
    ADA,
    ADA_ACCOUNT,
    BO,
    BO_ACCOUNT,
    assignment,
    assignment_of,
    clean_snapshot,
    missing,
    recovery,
    user,
    users,
)
from tests.support.builders.findings import evaluated, finding


def find(who, snapshot=None, seen=None):
    return dossiers(RuleContext(snapshot or clean_snapshot()), seen or evaluated(), who)


@pytest.mark.parametrize(
    "who", [ADA, str(ADA_ACCOUNT), "ada@example.com", "ADA@Example.com"], ids=str
)
def test_a_user_is_found_by_each_identifier(who):
    (ada,) = find(who)
    assert ada.okta
    assert ada.account
    assert (ada.okta.user_id, ada.account.id) == (ADA, ADA_ACCOUNT)


def test_a_user_is_found_by_a_wrongly_mapped_email_and_by_the_login():
    snapshot = clean_snapshot(assignments=[assignment(email="ada@mail.example.org")])
    assert find("ada@mail.example.org", snapshot) == find("ada@example.com", snapshot) != ()


def test_a_role_is_listed_with_the_group_that_gives_it():
    (ada,) = find(ADA)
    assert (ada.role, [(each.group, each.role) for each in ada.groups]) == (
        "Viewer",
        [("Unleash admins", "Admin")],
    )


def test_an_account_without_an_okta_user_is_found():
    (found,) = find(recovery().username or "")
    assert found.okta is None
    assert found.account == recovery()
    assert found.role == "Admin"


def test_an_unknown_name_finds_no_user():
    assert find("unknown@example.com") == ()


def test_only_the_users_own_part_of_findings_is_listed():
    both = (Affected(id=ADA, name="Ada"), Affected(id="00uBo", name="Bo"))
    mine, other = finding(affected=both), finding(subject="x", affected=both[1:])
    (ada,) = find(ADA, seen=evaluated(mine, other))
    assert ada.findings == (replace(mine, affected=both[:1]),)


def test_a_finding_about_the_account_names_its_owner():
    mine = finding("user-not-removed", affected=(Affected(id=str(ADA_ACCOUNT), name="Ada"),))
    (ada,) = find(ADA, seen=evaluated(mine))
    assert ada.findings == (mine,)


def test_a_rule_that_is_unknown_for_the_user_is_listed():
    seen = evaluated(
        rules=("one", "two", "three"),
        unknown_rules=("one",),
        unknown=(("two", ADA), ("three", "00uBo")),
    )
    (ada,) = find(ADA, seen=seen)
    assert ada.uncertain == ("one", "two")


def test_ambiguous_accounts_are_all_named():
    twins = users(user(scim_id=None), user(id=BO_ACCOUNT, scim_id=None))
    snapshot = clean_snapshot(users=twins, assignments=[assignment(external_id=None)])
    (ada,) = find(ADA, snapshot)
    assert ada.account is None
    assert {each.id for each in ada.candidates} == {ADA_ACCOUNT, BO_ACCOUNT}
    assert find(str(BO_ACCOUNT), snapshot) == (ada,)


def test_a_second_account_is_listed_with_the_first():
    second = user(id=BO_ACCOUNT, scim_id=None, email="ada@mail.example.org")
    snapshot = clean_snapshot(
        users=users(user(), second),
        assignments=[assignment(okta_email="ada@mail.example.org")],
    )
    (ada,) = find(ADA, snapshot)
    assert ada.also == (second,)
    assert find(str(BO_ACCOUNT), snapshot) == (ada,)


def test_one_side_is_listed_when_the_other_is_missing():
    (ada,) = find("ada@example.com", clean_snapshot(users=missing(), access=missing()))
    assert ada.okta
    assert ada.account is None
    assert list(ada.unseen) == [str(USERS)]
    for lesser in (
        clean_snapshot(assignments=missing()),
        clean_snapshot(assignments=missing(), users=missing()),
    ):
        (account,) = find("ada@example.com", lesser)
        assert account.okta is None
        assert account.account
        assert str(ASSIGNMENTS) in account.unseen


def test_unavailable_groups_are_reported_as_missing():
    (ada,) = find(ADA, clean_snapshot(groups=missing(), access=missing()))
    assert (ada.groups, list(ada.unseen)) == ((), [str(GROUPS)])


def test_a_user_is_found_in_a_pseudonymized_snapshot():
    (ada,) = find(
        "Ada@example.com",
        pseudonymize(clean_snapshot(assignments=[assignment(), assignment_of("Bo")])),
    )
    assert ada.okta
    assert ada.okta.user_id == ADA
    assert "ada@" not in (ada.okta.login or "")


def matches(part, snapshot=None):
    return people_matching(RuleContext(snapshot or clean_snapshot()), part)


@pytest.mark.parametrize("part", ["lind", "ADA L", " ada@ex", "00uada", "11"])
def test_a_user_is_matched_by_a_part_of_the_name_or_an_identifier(part):
    assert matches(part) == (
        PersonMatch(id=ADA, text="Ada Lind, ada@example.com, 00uAda00000000000001"),
    )


@pytest.mark.parametrize("part", ["married", "lind"], ids=["in Okta", "in Unleash"])
def test_a_user_is_matched_by_the_name_on_each_side(part):
    snapshot = clean_snapshot(assignments=[assignment(name="Ada Married")])
    assert [each.id for each in matches(part, snapshot)] == [ADA]


def test_an_account_without_an_okta_user_is_matched_with_its_unleash_id():
    assert matches("glass") == (
        PersonMatch(id="2", text="Break glass, break-glass@vault.example.org, Unleash id 2"),
    )


def test_the_text_of_a_match_states_each_fact_once_and_leaves_out_what_is_missing():
    nameless = user(id=BO_ACCOUNT, scim_id=None, name=None, username=None, email="cy@acme.org")
    only_id = assignment(user_id="00uCy", name=None, login=None)
    snapshot = clean_snapshot(users=users(nameless), assignments=[only_id])
    assert [each.text for each in matches("cy", snapshot)] == [
        "00uCy",
        "cy@acme.org, Unleash id 12",
    ]


def test_all_users_that_contain_the_text_are_matched_with_the_accounts_of_their_candidates():
    named = user(id=BO_ACCOUNT, scim_id=None, name="Ada Old")
    snapshot = clean_snapshot(
        users=users(user(scim_id=None), named), assignments=[assignment(external_id=None)]
    )
    assert [each.id for each in matches("ada old", snapshot)] == [ADA]
    assert [each.id for each in matches("example.com")] == [ADA, BO]


@pytest.mark.parametrize("part", ["", "  ", "zoe"])
def test_a_text_that_no_user_contains_matches_no_user(part):
    assert matches(part) == ()
