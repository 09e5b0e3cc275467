"""The users that Okta pushes, and the emails that it sends."""

import pytest

from auditor.domain.context import RuleContext
from auditor.engine.simulation.push_effects import Reach, pushed_users
from tests.support.builders.contexts import (
    BO,
    CONTRACTOR_TYPE,
    USER_TYPE,
    app,
    assignment,
    assignment_of,
    capabilities,
    clean_snapshot,
    mapping,
    user,
    users,
)

TWO_MAPPINGS = [mapping(), mapping(source_id=CONTRACTOR_TYPE, email="user.email")]
UNKNOWN_ACCOUNT = "it is unknown which account belongs to the user"


def pushed(reach=Reach.ALL, *, type_id=None, **changes):
    return pushed_users(RuleContext(clean_snapshot(**changes)), reach, type_id=type_id)


def emails_of(found):
    return [each.email for each in found.sent]


@pytest.mark.parametrize(
    ("status", "user_status", "emails"),
    [
        ("PROVISIONED", "ACTIVE", ["ada@example.com"]),
        ("STAGED", "ACTIVE", ["ada@example.com"]),
        ("DEPROVISIONED", "ACTIVE", []),
        ("PROVISIONED", "DEPROVISIONED", []),
    ],
)
def test_okta_pushes_no_user_whose_assignment_has_ended(status, user_status, emails):
    found = pushed(assignments=[assignment(status=status, user_status=user_status)])
    assert (emails_of(found), found.undecided) == (emails, ())


@pytest.mark.parametrize(
    ("type_id", "names"),
    [
        (None, ["Ada Lind", "Bo Berg", "Cy Berg"]),
        (USER_TYPE, ["Ada Lind", "Cy Berg"]),
        (CONTRACTOR_TYPE, ["Bo Berg", "Cy Berg"]),
    ],
)
def test_a_push_of_one_user_type_concerns_its_users_and_those_of_unknown_type(type_id, names):
    people = [
        assignment(),
        assignment_of("Bo", user_id=BO, user_type_id=CONTRACTOR_TYPE),
        assignment_of("Cy", user_type_id=None),
    ]
    found = pushed(type_id=type_id, assignments=people, mappings=TWO_MAPPINGS)
    listed = [each.person.okta.label for each in found.sent]
    assert sorted(listed + [each.name for each in found.undecided]) == names


def ambiguous(**changes):
    """Return a world in which two accounts outside SCIM have the email of Ada."""
    accounts = users(*(user(id=number, scim_id=None) for number in (21, 22)))
    return {"assignments": [assignment()], "users": accounts} | changes


@pytest.mark.parametrize(
    ("create", "update", "names"),
    [
        ("ENABLED", "ENABLED", ["Ada Lind"]),
        ("ENABLED", "DISABLED", ["Ada Lind"]),
        ("DISABLED", "ENABLED", ["Ada Lind"]),
        ("DISABLED", "DISABLED", []),
    ],
)
def test_either_action_can_push_a_user_whose_account_is_unknown(create, update, names):
    actions = capabilities(create=create, update=update)
    found = pushed(**ambiguous(capabilities=actions))
    assert [(each.name, each.why) for each in found.undecided] == [
        (name, UNKNOWN_ACCOUNT) for name in names
    ]
    assert (found.sent, found.rival_emails) == ((), ("ada@example.com",) * len(names))


@pytest.mark.parametrize(
    ("create", "update", "names"),
    [
        ("ENABLED", "DISABLED", ["Cy Berg"]),
        ("DISABLED", "ENABLED", ["Ada Lind"]),
        (None, None, ["Ada Lind", "Cy Berg"]),
    ],
)
def test_users_are_created_or_updated_only_by_the_action_that_is_on(create, update, names):
    found = pushed(
        app=app(features=None),
        capabilities=capabilities(create=create, update=update),
        assignments=[assignment(), assignment_of("Cy", external_id=None)],
    )
    assert [each.person.okta.label for each in found.sent] == names


def test_a_user_whose_type_does_not_map_the_email_is_undecided():
    found = pushed(mappings=[mapping(without="email")], assignments=[assignment()])
    assert [each.why for each in found.undecided] == ["email is not mapped for the user's type"]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("user.email", "the value of user.email was not read"),
        ("'team'", "the result is no email address"),
    ],
)
def test_the_reason_that_the_email_is_unknown_names_its_cause(expression, why):
    hidden = [assignment(okta_email=None)]
    found = pushed(mappings=[mapping(email=expression)], assignments=hidden)
    assert [each.why for each in found.undecided] == [why]


def test_an_ambiguous_user_whose_email_is_unknown_is_no_rival():
    found = pushed(**ambiguous(mappings=[mapping(email="'team'")]))
    assert [each.why for each in found.undecided] == ["the result is no email address"]
    assert found.rival_emails == ()
