"""The possible effects of a new email mapping, one by one."""

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.snapshot import DataMissing
from auditor.engine.simulation.mapping_change import (
    EmailChange,
    after_email_change,
    simulate_email_change,
)
from tests.support.builders.contexts import (
    assignment_of,
    mapping,
    missing,
    recovery,
    user,
    users,
    world,
)

TO_LOGIN = EmailChange(expression="user.login")


def linked(name, **fields):
    """Return an assigned user and the account that SCIM has linked."""
    scim_id = f"scim-{name.lower()}"
    person = assignment_of(name, external_id=scim_id, **fields)
    number = 100 + sum(map(ord, name))
    return person, user(id=number, email=person.email, scim_id=scim_id)


def effects_of(*pairs, change=TO_LOGIN, others=(), **collections):
    people = [person for person, _ in pairs]
    accounts = [account for _, account in pairs if account]
    snapshot = world(**{"assignments": people, "users": users(*accounts, *others)} | collections)
    return simulate_email_change(RuleContext(snapshot), change)


def test_an_account_with_another_email_is_renamed():
    person, account = linked("Ada", login="ada@corp.example", email="ada@mail.example")
    effects = effects_of((person, account))
    (renamed,) = effects.renamed
    assert (renamed.before, renamed.after) == ("ada@mail.example", "ada@corp.example")
    assert (renamed.account_id, effects.pushes) == (account.id, 1)


def test_an_email_that_differs_in_case_only_stays_as_it_is():
    effects = effects_of(linked("Ada", login="ADA@corp.example", email="ada@corp.example"))
    assert (effects.renamed, effects.unchanged) == ((), 1)


def test_an_email_of_another_account_is_a_collision():
    taken = user(id=7, email="ada@corp.example", scim_id=None)
    pair = linked("Ada", login="ada@corp.example", email="ada@mail.example")
    (collision,) = effects_of(pair, others=[taken]).collisions
    assert (collision.account_id, collision.depends_on_order) == (7, False)


def test_two_users_with_the_same_new_email_collide_with_each_other():
    same = EmailChange(expression="'team@corp.example'")
    collisions = effects_of(linked("Ada"), linked("Bo"), change=same).collisions
    assert [each.depends_on_order for each in collisions] == [True, True]
    assert effects_of(linked("Ada"), linked("Bo"), change=same).renamed == ()


def test_an_assigned_user_without_an_account_gets_one():
    (created,) = effects_of((assignment_of("Ada", external_id=None), None)).created
    assert created.email == "ada@example.com"


def test_a_recovery_admin_with_the_new_email_can_be_adopted():
    admin = recovery(id=9, email="ada@corp.example")
    person = assignment_of("Ada", external_id=None, login="ada@corp.example", email="x@y.example")
    (adopted,) = effects_of((person, None), others=[admin]).adopted
    assert (adopted.account_id, adopted.is_recovery_admin) == (9, True)


def test_a_user_whose_email_cannot_be_computed_is_listed_with_the_reason():
    change = EmailChange(expression="user.department + '@corp.example'")
    (undecided,) = effects_of(linked("Ada"), change=change).undecided
    assert undecided.why == "the auditor does not read user.department"


def test_a_result_that_is_no_email_address_is_not_called_an_email():
    (undecided,) = effects_of(linked("Ada"), change=EmailChange(expression="'constant'")).undecided
    assert undecided.why == "the result is no email address"


def test_without_the_users_no_effect_is_known():
    with pytest.raises(DataMissing):
        effects_of(linked("Ada"), users=missing(), access=missing())


def test_the_snapshot_afterwards_has_the_new_mapping_and_the_new_emails():
    person, account = linked("Ada", login="ada@corp.example", email="ada@mail.example")
    snapshot = world(
        assignments=[person], users=users(account), mappings=[mapping(email="user.email")]
    )
    after = RuleContext(after_email_change(RuleContext(snapshot), TO_LOGIN))
    assert simulate_email_change(after, TO_LOGIN).unchanged == 1
    assert "user.login" in str(after.snapshot.read["okta.mappings"])
