"""The join of Okta users and Unleash accounts: linked, not linked, or ambiguous."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from auditor.domain.context import RuleContext
from auditor.domain.identity.matching import IdentityLink
from auditor.domain.identity.people import People, join
from auditor.domain.okta import Assignment
from auditor.domain.snapshot import DataMissing
from auditor.domain.target import Exclusions
from auditor.domain.unleash import Access, Self, ServiceAccount, User
from tests.support.builders.contexts import (
    ADA,
    assignment,
    assignment_of,
    clean_snapshot,
    missing,
    pushed_group,
    recovery,
    target,
    user,
    user_of,
    users,
)
from tests.support.inspection.counted_calls import counted_calls


def joined(okta: list[Assignment], accounts: list[User], **changes) -> People:
    return join(clean_snapshot(assignments=okta, users=users(*accounts), **changes))


def bare(**known) -> Assignment:
    nothing = {"external_id": None, "email": None, "login": None, "username": None}
    return assignment(**nothing | {"okta_email": None} | known)


def account(**known) -> User:
    return user(**{"scim_id": None, "email": None, "username": None} | known)


LINKS = {
    IdentityLink.SCIM_ID: (bare(external_id="s-1"), account(scim_id="s-1")),
    IdentityLink.EMAIL: (bare(email="Ada@Example.com"), account(email="ada@example.com")),
    IdentityLink.LOGIN: (bare(login="Ada@Example.com"), account(email="ada@example.com")),
    IdentityLink.USERNAME: (bare(username="ADA"), account(username="ada")),
}


@pytest.mark.parametrize(("basis", "pair"), LINKS.items(), ids=LINKS)
def test_a_user_is_linked_and_the_basis_is_stated(basis, pair):
    okta, theirs = pair
    (person,) = joined([okta], [theirs]).persons
    assert (person.account, person.basis, person.is_ambiguous) == (theirs, basis, False)


NO_LINKS = {
    "SCIM ids are compared to the letter": (bare(external_id="S-1"), account(scim_id="s-1")),
    "an email is no username": (bare(email="ada"), account(username="ada")),
    "a username is no email": (bare(username="a@b.example"), account(email="a@b.example")),
    "the email in Okta is not what was sent": (
        assignment(external_id=None, email=None, login=None, username=None),
        account(email="ada@example.com"),
    ),
    "nothing equals nothing": (bare(), account()),
}


@pytest.mark.parametrize("pair", NO_LINKS.values(), ids=NO_LINKS)
def test_other_values_do_not_link_a_user(pair):
    okta, theirs = pair
    people = joined([okta], [theirs])
    assert people.persons[0].account is None
    assert people.strangers == (theirs,)


def test_the_stronger_basis_takes_the_account():
    first, second = assignment(), assignment_of("Bo", external_id=None, email="ada@example.com")
    people = joined([second, first], [user()])
    assert [person.basis for person in people.persons] == [None, IdentityLink.SCIM_ID]


def test_each_link_has_the_strongest_available_basis():
    okta = assignment(external_id="scim-2", email="two@example.com")
    by_id, by_email = (
        user(id=1, scim_id="scim-2"),
        user(id=2, email="two@example.com", scim_id=None),
    )
    (person,) = joined([okta], [by_id, by_email]).persons
    assert (person.account, person.also) == (by_id, (by_email,))


ALSO = {
    "under the mapped email": ({"email": "X@y.example"}, {"email": "x@y.example"}),
    "under the login": ({"login": "X@y.example"}, {"email": "x@y.example"}),
    "under the email in Okta": ({"okta_email": "X@y.example"}, {"email": "x@y.example"}),
    "under the username": ({"username": "X"}, {"username": "x"}),
}


@pytest.mark.parametrize(("names", "theirs"), ALSO.values(), ids=ALSO)
def test_a_second_account_is_found(names, theirs):
    second = account(id=12, **theirs)
    (person,) = joined([bare(external_id="s-1", **names)], [account(scim_id="s-1"), second]).persons
    assert person.also == (second,)


def test_two_matching_accounts_are_ambiguous():
    twins = [account(id=1, email="ada@example.com"), account(id=2, email="ADA@example.com")]
    people = joined([bare(email="ada@example.com")], twins)
    assert people.persons[0].candidates == tuple(twins)
    assert people.persons[0].account is None
    assert people.strangers == ()
    assert set(people.ambiguous) == {1, 2}


def test_the_accounts_of_several_ambiguous_matches_are_found_once():
    rivals = [bare(user_id=f"00u{number}", email="ada@example.com") for number in range(3)]
    twins = [account(id=number, email="bo@example.com") for number in (1, 2)]
    shared = account(id=3, email="ada@example.com")
    free = account(id=4, email="cy@example.com")
    people = joined([*rivals, bare(user_id="00ub", email="bo@example.com")], [*twins, shared, free])
    assert people.ambiguous == {1: twins[0], 2: twins[1], 3: shared}
    assert sorted(each.id for each, _ in people.accounts()) == [1, 2, 3, 4]


def test_two_matching_users_are_both_ambiguous():
    rivals = [bare(email="ada@example.com"), bare(user_id="00uBo", email="ada@example.com")]
    people = joined(rivals, [account(email="ada@example.com")])
    assert [person.is_ambiguous for person in people.persons] == [True, True]
    assert people.by_account_id == {}


def test_an_ambiguous_user_has_the_shared_value():
    rivals = [bare(login="a@b.example"), bare(user_id="00uBo", login="a@b.example")]
    person = joined(rivals, [account(email="a@b.example")]).persons[0]
    assert person.puzzle == ("user 11 matches several Okta users; the link is ambiguous")
    twins = [account(email="a@b.example"), account(id=12, email="a@b.example")]
    person = joined(rivals[:1], twins).persons[0]
    assert person.puzzle == "2 Unleash accounts match; the link is ambiguous"


IDS = {
    "one matches": (["a", "b"], ["b", "c"], False),
    "none matches": (["a"], ["b"], True),
    "none of the few matches": (["a", None], ["b", None], True),
    "Okta has none": ([None], ["b"], False),
    "Unleash has none": (["a"], [None], False),
}


@pytest.mark.parametrize(("okta_ids", "scim_ids", "disproved"), IDS.values(), ids=IDS)
def test_ids_that_never_match_are_disproved(okta_ids, scim_ids, disproved):
    okta = [bare(user_id=f"00u{n}", external_id=each) for n, each in enumerate(okta_ids)]
    people = joined(okta, [account(id=n, scim_id=each) for n, each in enumerate(scim_ids)])
    assert people.ids_disproved is disproved
    assert ("do not match on either side" in people.ties) is disproved


def test_the_bases_of_the_links_are_counted():
    okta = [assignment(), assignment_of("Bo", external_id=None), assignment_of("Cy")]
    people = joined(okta, [user(), user_of("Bo", 12)])
    assert people.ties == "2 users linked: 1 by SCIM id, 1 by mapped email."
    assert joined([], []).ties == "0 users linked."


def test_service_accounts_are_not_linked():
    people = joined([assignment()], [user()], service_accounts=[ServiceAccount(id=11)])
    assert (people.persons[0].account, people.strangers) == (None, ())


def test_the_auditors_own_account_is_not_unmanaged():
    assert joined([], [recovery()]).strangers == (recovery(),)
    assert joined([], [recovery()], self=missing()).strangers == (recovery(),)
    assert joined([], [recovery()], self=Self(user_id=2)).strangers == ()


def test_the_auditors_own_account_is_linked_when_it_is_assigned():
    (person,) = joined([assignment()], [user()], self=Self(user_id=11)).persons
    assert person.account == user()


def test_a_token_with_fewer_permissions_still_joins_by_names():
    lesser = Access(users=(User(id=11, email="ada@example.com"),), groups=())
    (person,) = join(
        clean_snapshot(assignments=[assignment()], users=missing(), access=lesser)
    ).persons
    assert (person.basis, person.okta.user_id) == (IdentityLink.EMAIL, ADA)


def test_a_token_with_more_permissions_does_not_need_the_reduced_list():
    assert join(clean_snapshot(access=missing())).persons[0].account == user()


@pytest.mark.parametrize("lost", [{"assignments"}, {"users", "access"}])
def test_a_missing_list_does_not_count_as_empty(lost):
    with pytest.raises(DataMissing):
        join(clean_snapshot(**dict.fromkeys(lost, missing())))


def test_every_account_is_returned_once_with_its_owner():
    rivals = [bare(user_id="00uX", email="x@y.example"), bare(user_id="00uY", email="x@y.example")]
    accounts = [user(), account(id=12, email="x@y.example"), recovery()]
    found = list(joined([assignment(), *rivals], accounts).accounts())
    assert [(each.id, owner and owner.okta.user_id) for each, owner in found] == [
        (11, ADA),
        (12, None),
        (2, None),
    ]


def test_exclusions_match_ids_of_both_sides_and_patterns():
    def excludes(**exclude) -> bool:
        snapshot = clean_snapshot(target=target(exclude=Exclusions(**exclude)))
        return RuleContext(snapshot).leaves_out(user())

    assert excludes(ids=frozenset({"11"}))
    assert excludes(ids=frozenset({ADA}))
    assert excludes(patterns=("*@EXAMPLE.com",))
    assert not excludes(ids=frozenset({"12"}), patterns=("*@example.org",))


def test_an_exclusion_by_a_group_without_readable_members_is_unknown():
    excluded = target(exclude=Exclusions(okta_group="00gOut"))

    def excludes(members) -> bool:
        out = pushed_group(id="00gOut", member_ids=members)
        return RuleContext(clean_snapshot(target=excluded, excluded_group=out)).leaves_out(user())

    assert excludes(frozenset({ADA}))
    assert not excludes(frozenset({"00uAnotherUser"}))
    with pytest.raises(DataMissing, match="excluded_group"):
        excludes(None)


names = st.sampled_from([None, "a", "b", "C", "c"])
okta_side = st.builds(bare, external_id=names, email=names, login=names, username=names)
unleash_side = st.builds(account, scim_id=names, email=names, username=names)


@given(st.lists(okta_side, max_size=5), st.lists(unleash_side, max_size=5))
def test_every_account_is_linked_ambiguous_or_unlinked(okta, accounts):
    okta = [replace(each, user_id=f"00u{n}") for n, each in enumerate(okta)]
    accounts = [replace(each, id=100 + n) for n, each in enumerate(accounts)]
    people = joined(okta, accounts)
    owned = [person.account.id for person in people.persons if person.account]
    strange = [each.id for each in people.strangers]
    assert sorted([*owned, *people.ambiguous, *strange]) == [each.id for each in accounts]
    assert [person.okta for person in people.persons] == okta
    assert all(
        len(person.candidates) > 1 or rivals_of(people, person) > 1
        for person in people.persons
        if person.is_ambiguous
    )


def rivals_of(people: People, person) -> int:
    return sum(each.candidates == person.candidates for each in people.persons)


def calls_to_join(count: int, **shared) -> int:
    okta = [assignment_of(f"P{n}", **shared) for n in range(count)]
    snapshot = clean_snapshot(
        assignments=okta, users=users(*(user_of(f"P{n}", n) for n in range(count)))
    )
    return counted_calls(lambda: join(snapshot))


@pytest.mark.parametrize(
    "shared",
    [{}, {"external_id": None}, {"external_id": "same"}, {"external_id": None, "email": "same"}],
    ids=["by id", "by email", "all of one id", "all of one email"],
)
def test_the_work_grows_linearly_with_the_number_of_users(shared):
    assert calls_to_join(2000, **shared) < 2.1 * calls_to_join(1000, **shared)


def test_users_with_the_same_name_share_the_list_of_candidates():
    okta = [bare(user_id=f"00u{n}", email="same") for n in range(3)]
    people = joined(okta, [account(id=n, email="same") for n in range(3)])
    assert len({id(person.candidates) for person in people.persons}) == 1


def test_an_active_user_with_one_account_under_the_login_does_not_deviate():
    assert joined([assignment()], [user(email="ADA@example.com")]).deviating == ()


DEVIATING = {
    "no account": ([], {}),
    "a link by another value": ([user(scim_id=None)], {}),
    "another email": ([user(email="other@example.com")], {}),
    "no email": ([user(email=None)], {}),
    "a second account": ([user(), user(id=40, scim_id=None)], {}),
    "two accounts with its SCIM id": ([user(), user(id=40)], {}),
    "no login": ([user()], {"login": None}),
    "a suspended user": ([user()], {"user_status": "SUSPENDED"}),
    "an unlisted status": ([user()], {"status": "NEW"}),
    "a queued push": ([user()], {"status": "STAGED"}),
}


@pytest.mark.parametrize(("accounts", "changes"), DEVIATING.values(), ids=DEVIATING)
def test_each_difference_makes_a_user_deviate(accounts, changes):
    people = joined([assignment(**changes), assignment_of("Bo")], [*accounts, user_of("Bo", 12)])
    assert [person.okta.user_id for person in people.deviating] == [ADA]
    known = {account.id for account, _ in people.deviating_accounts()}
    assert known == {account.id for account in accounts}


def test_only_the_reduced_list_leaves_scim_ids_unread() -> None:
    reduced = Access(users=(user(scim_id=UNSET), recovery(scim_id="s-9")), groups=())
    assert join(clean_snapshot(users=missing(), access=reduced)).ids_unread
    complete = Access(users=(user(), recovery()), groups=())
    assert not join(clean_snapshot(users=missing(), access=complete)).ids_unread
    assert not joined([assignment()], [user(scim_id=UNSET)]).ids_unread
