"""The possible effects of a push, one by one."""

import pytest
from msgspec.structs import replace

from auditor.domain.context import RuleContext
from auditor.domain.okta import MappedAttribute
from auditor.domain.snapshot import DataMissing
from auditor.engine.simulation import push_effects
from auditor.engine.simulation.push_effects import Reach, pushed_users
from tests.support.builders.contexts import (
    CONTRACTOR_TYPE,
    app,
    assignment_of,
    clean_snapshot,
    mapping,
    missing,
    recovery,
    user,
    users,
)


def linked(name, **fields):
    """Return an assigned user and the account that SCIM has linked."""
    scim_id = f"scim-{name.lower()}"
    person = assignment_of(name, external_id=scim_id, **fields)
    number = 100 + sum(map(ord, name))
    return person, user(id=number, email=person.email, scim_id=scim_id)


def effects_of(*pairs, email="user.login", others=(), reach=Reach.ALL, **collections):
    people = [person for person, _ in pairs]
    accounts = [account for _, account in pairs if account]
    defaults = {
        "assignments": people,
        "users": users(*accounts, *others),
        "mappings": [mapping(email=email)],
    }
    context = RuleContext(clean_snapshot(**defaults | collections))
    return push_effects.effects_of(context, pushed_users(context, reach))


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
    same = "'team@corp.example'"
    collisions = effects_of(linked("Ada"), linked("Bo"), email=same).collisions
    assert [each.depends_on_order for each in collisions] == [True, True]
    assert effects_of(linked("Ada"), linked("Bo"), email=same).renamed == ()


def collisions_of(*pairs, **changes):
    """Return who collides with which account, and whether it depends on the order."""
    found = effects_of(*pairs, **changes).collisions
    return [(each.name, each.account_id, each.depends_on_order) for each in found]


def test_whether_a_rename_to_the_email_of_a_renamed_account_fails_depends_on_the_order():
    _, bo = pair = linked("Bo", login="bo@corp.example", email="ada@corp.example")
    ada = linked("Ada", login="ada@corp.example", email="ada@mail.example")
    assert collisions_of(ada, pair) == [("Ada Berg", bo.id, True)]


def test_a_rename_to_the_email_of_an_account_that_stays_fails():
    _, bo = pair = linked("Bo", email="ada@corp.example", login="ada@corp.example")
    ada = linked("Ada", login="ada@corp.example", email="ada@mail.example")
    create_only = MappedAttribute(expression="user.login", push_status="DONT_PUSH")
    other_type = mapping(source_id=CONTRACTOR_TYPE, email=create_only)
    bo_stays = (replace(pair[0], user_type_id=CONTRACTOR_TYPE), bo)
    found = collisions_of(ada, bo_stays, mappings=[mapping(), other_type])
    assert found == [("Ada Berg", bo.id, False)]


def test_a_new_user_can_get_the_email_that_a_renamed_account_leaves():
    _, bo = pair = linked("Bo", login="bo@corp.example", email="ada@corp.example")
    new = (assignment_of("Ada", external_id=None, login="ada@corp.example", email=None), None)
    effects = effects_of(new, pair)
    assert [(each.account_id, each.depends_on_order) for each in effects.collisions] == [
        (bo.id, True)
    ]
    assert (effects.adopted, effects.created) == ((), ())


def test_an_account_whose_new_email_is_undecided_can_leave_its_email():
    _, bo = pair = linked("Bo", login=None, email="ada@corp.example")
    ada = linked("Ada", login="ada@corp.example", email="ada@mail.example")
    assert collisions_of(ada, pair) == [("Ada Berg", bo.id, True)]


def test_an_account_that_belongs_to_one_of_several_users_can_leave_its_email():
    taken = [user(id=number, email="cy@corp.example", scim_id=None) for number in (21, 22)]
    cy = (assignment_of("Cy", external_id=None, email="cy@corp.example", login=None), None)
    ada = linked("Ada", login="cy@corp.example", email="ada@mail.example")
    assert collisions_of(ada, cy, others=taken) == [("Ada Berg", 22, True)]


def test_a_user_whose_account_is_unknown_competes_for_the_same_email():
    taken = [user(id=number, email="cy@mail.example", scim_id=None) for number in (21, 22)]
    cy = (assignment_of("Cy", external_id=None, email="cy@mail.example", login="x@y.example"), None)
    ada = linked("Ada", login="x@y.example", email="ada@mail.example")
    assert collisions_of(ada, cy, others=taken) == [("Ada Berg", None, True)]


def test_after_a_collision_the_email_is_still_not_the_login():
    taken = user(id=7, email="ada@corp.example", scim_id=None)
    pair = linked("Ada", login="ada@corp.example", email="ada@mail.example")
    (unmatched,) = effects_of(pair, others=[taken]).unmatched
    assert (unmatched.email, unmatched.login) == ("ada@mail.example", "ada@corp.example")


def test_a_new_user_who_collides_has_no_email_that_could_differ_from_the_login():
    same = "'team@corp.example'"
    new = [(assignment_of(name, external_id=None), None) for name in ("Ada", "Bo")]
    assert effects_of(*new, email=same).unmatched == ()
    assert len(effects_of(*new, email=same).collisions) == 2


def test_a_user_without_a_known_login_is_not_called_unmatched():
    assert effects_of(linked("Ada", login=None), email="user.email").unmatched == ()


def test_an_assigned_user_without_an_account_gets_one():
    (created,) = effects_of((assignment_of("Ada", external_id=None), None)).created
    assert created.email == "ada@example.com"


def test_a_recovery_admin_with_the_new_email_can_be_adopted():
    admin = recovery(id=9, email="ada@corp.example")
    person = assignment_of("Ada", external_id=None, login="ada@corp.example", email="x@y.example")
    (adopted,) = effects_of((person, None), others=[admin]).adopted
    assert (adopted.account_id, adopted.is_recovery_admin) == (9, True)


def test_a_user_whose_email_cannot_be_computed_is_listed_with_the_reason():
    (undecided,) = effects_of(linked("Ada"), email="user.department + '@a.example'").undecided
    assert undecided.why == "the value of user.department was not read"


def test_a_result_that_is_no_email_address_is_not_called_an_email():
    (undecided,) = effects_of(linked("Ada"), email="'team'").undecided
    assert undecided.why == "the result is no email address"


def test_without_the_users_no_effect_is_known():
    with pytest.raises(DataMissing):
        effects_of(linked("Ada"), users=missing(), access=missing())


def test_a_user_whose_email_will_not_be_the_login_is_listed():
    pair = linked(
        "Ada", login="ada@corp.example", okta_email="ada@mail.example", email="x@y.example"
    )
    effects = effects_of(pair, email="user.email")
    assert [each.email for each in effects.unmatched] == ["ada@mail.example"]


def test_a_create_only_mapping_leaves_the_email_of_an_account_as_it_is():
    pair = linked("Ada", login="ada@corp.example", email="ada@mail.example")
    create_only = mapping(email=MappedAttribute(expression="user.login", push_status="DONT_PUSH"))
    effects = effects_of(pair, mappings=[create_only])
    assert (effects.renamed, effects.unchanged) == ((), 1)
    assert [each.email for each in effects.unmatched] == ["ada@mail.example"]


@pytest.mark.parametrize(("reach", "pushes"), [(Reach.NEW, 1), (Reach.LINKED, 1), (Reach.ALL, 2)])
def test_a_push_concerns_only_the_users_that_it_reaches(reach, pushes):
    new = (assignment_of("Bo", external_id=None), None)
    assert effects_of(linked("Ada"), new, reach=reach).pushes == pushes


def test_an_action_that_is_off_pushes_no_user():
    new = (assignment_of("Bo", external_id=None), None)
    off = app(features=frozenset({"PUSH_PROFILE_UPDATES"}))
    effects = effects_of(linked("Ada"), new, app=off)
    assert (effects.created, effects.pushes) == ((), 1)


def test_a_user_of_an_unmapped_type_is_undecided():
    pair = linked("Ada", user_type_id="oty-other")
    (undecided,) = effects_of(pair).undecided
    assert undecided.why == "the mapping of the user's type is unknown"


def test_a_user_of_unknown_type_is_computed_where_all_types_have_one_mapping():
    pair = linked("Ada", user_type_id=None, login="ada@corp.example", email="ada@mail.example")
    same = [mapping(), mapping(source_id="oty2")]
    assert len(effects_of(pair, mappings=same).renamed) == 1
    different = [mapping(), mapping(source_id="oty2", email="user.email")]
    assert len(effects_of(pair, mappings=different).undecided) == 1
