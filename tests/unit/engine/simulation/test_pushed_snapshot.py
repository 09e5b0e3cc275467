"""The snapshot after the push of users and of groups."""

from auditor.domain.collections import (
    ASSIGNMENTS,
    GROUPS,
    USERS,
)
from auditor.domain.context import RuleContext
from auditor.domain.okta import MappedAttribute
from auditor.domain.unleash import Access
from auditor.engine.simulation.fixed_snapshot import with_group_members, with_push
from auditor.engine.simulation.group_effects import GroupEffects, simulate_group_push
from auditor.engine.simulation.push_effects import effects_of, pushed_users
from tests.support.builders.contexts import (
    ADA,
    ADA_ACCOUNT,
    ADMIN_GROUP,
    AT,
    BO,
    BO_ACCOUNT,
    RECOVERY_ACCOUNT,
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


def pushed(**changes):
    """Return the snapshot after a push of every assigned user."""
    context = RuleContext(clean_snapshot(**changes))
    found = pushed_users(context)
    return with_push(context, effects_of(context, found), found.sent)


def account_of(snapshot, number):
    return next(each for each in snapshot[USERS].users if each.id == number)


def assignment_in(snapshot, user_id):
    return next(each for each in snapshot[ASSIGNMENTS] if each.user_id == user_id)


def test_a_renamed_account_keeps_its_scim_id_and_its_assignment_has_the_new_email():
    before = assignment(email="ada@mail.example", status="ACTIVE")
    after = pushed(assignments=[before], users=users(user(email="ada@mail.example"), recovery()))
    account = account_of(after, ADA_ACCOUNT)
    assert (account.email, account.scim_id) == ("ada@example.com", "scim-ada")
    sent = assignment_in(after, ADA)
    assert (sent.email, sent.external_id, sent.status) == ("ada@example.com", "scim-ada", "ACTIVE")
    assert sent.updated_at == AT


def test_a_create_only_mapping_changes_neither_an_account_nor_its_assignment():
    create_only = mapping(email=MappedAttribute(expression="user.login", push_status="DONT_PUSH"))
    before = assignment(email="ada@mail.example")
    account = user(email="ada@mail.example")
    after = pushed(mappings=[create_only], assignments=[before], users=users(account))
    assert after[ASSIGNMENTS] == (before,)
    assert after[USERS].users == (account,)


def test_a_create_only_mapping_applies_to_a_user_without_an_account():
    create_only = mapping(email=MappedAttribute(expression="user.login", push_status="DONT_PUSH"))
    cy = assignment_of("Cy", external_id=None, email=None)
    after = pushed(mappings=[create_only], assignments=[cy])
    assert after[USERS].users[-1].email == "cy@example.com"
    assert assignment_in(after, cy.user_id).email == "cy@example.com"


def test_created_accounts_get_new_ids_and_are_linked_to_their_users():
    cy, di = (assignment_of(name, external_id=None, status="STAGED") for name in ("Cy", "Di"))
    after = pushed(
        assignments=[assignment(status="PENDING"), cy, di],
        users=users(user(), recovery(id=40)),
    )
    *_, first, second = after[USERS].users
    assert [(each.id, each.email) for each in (first, second)] == [
        (41, "cy@example.com"),
        (42, "di@example.com"),
    ]
    assert {first.created_at, second.created_at} == {AT}
    links = {each.user_id: (each.external_id, each.status) for each in after[ASSIGNMENTS]}
    assert links == {
        ADA: ("scim-ada", "PENDING"),
        cy.user_id: (first.scim_id, "PROVISIONED"),
        di.user_id: (second.scim_id, "PROVISIONED"),
    }
    assert first.scim_id != second.scim_id


def test_the_first_account_of_an_instance_has_the_id_1():
    cy = assignment_of("Cy", external_id=None)
    assert [each.id for each in pushed(assignments=[cy], users=users())[USERS].users] == [1]


def test_an_adopted_account_keeps_its_role_and_gets_the_scim_id_of_the_user():
    cy = assignment_of("Cy", external_id=None, email=None, username=None, login="cy@example.com")
    admin = recovery(email="cy@example.com")
    after = pushed(assignments=[assignment(), cy], users=users(admin, user()))
    adopted = account_of(after, RECOVERY_ACCOUNT)
    assert (adopted.email, adopted.root_role) == (admin.email, admin.root_role)
    assert adopted.scim_id == assignment_in(after, cy.user_id).external_id
    assert account_of(after, ADA_ACCOUNT).scim_id == "scim-ada"


def test_a_collision_changes_no_account():
    taken = user_of("Bo", BO_ACCOUNT, email="ada@example.com", scim_id=None)
    before = users(user(email="ada@mail.example"), taken)
    after = pushed(assignments=[assignment(email="ada@mail.example")], users=before)
    assert after[USERS] == before


ADMINS, OTHERS = group(), group(id=2, name="Others", member_ids=frozenset({BO_ACCOUNT}))


def with_members(*effects, **changes):
    context = RuleContext(clean_snapshot(**{"groups": [ADMINS, OTHERS]} | changes))
    return with_group_members(context, effects).get(GROUPS)


def members(group_id=1, **changes):
    return GroupEffects(push_id="gPm1", name="admins", group_id=group_id, **changes)


def test_a_group_gets_its_new_members_and_the_others_stay_as_they_are():
    admins, others = with_members(members(added=(BO_ACCOUNT, 50), removed=(ADA_ACCOUNT,)))
    assert admins.member_ids == {BO_ACCOUNT, 50}
    assert others == OTHERS


def test_an_undecided_push_of_the_same_group_takes_no_members_away():
    effects = (members(added=(50,)), members(undecided="the members were not read"))
    admins, _ = with_members(*effects)
    assert admins.member_ids == {ADA_ACCOUNT, 50}


def test_a_push_without_a_counterpart_changes_no_group():
    unknown = members(group_id=None, undecided="the group in Unleash was not identified")
    assert with_members(unknown) == (ADMINS, OTHERS)


def test_groups_that_only_the_access_list_shows_stay_unread():
    context = RuleContext(
        clean_snapshot(
            groups=missing(),
            access=Access(users=(user(),), groups=(ADMINS,)),
            pushed_groups=[pushed_group(id=ADMIN_GROUP, member_ids=frozenset({BO}))],
        )
    )
    effects = simulate_group_push(context, group_push())
    assert effects.added == (BO_ACCOUNT,)
    assert with_group_members(context, (effects,)).get(GROUPS) is None
