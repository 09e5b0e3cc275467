"""The users whose email is not their login, by the expression or by the computed emails."""

import pytest

from auditor.domain.collections import ASSIGNMENTS, LOG
from auditor.domain.context import RuleContext
from auditor.domain.okta import Assignment
from auditor.domain.provisioning.profile_mapping import to_app
from auditor.domain.provisioning.sent_email import SentEmail, assess_sent_email
from auditor.domain.reasons import MissingDataReason, Note, Undecidable
from tests.support.builders.contexts import (
    JUST_NOW,
    LONG_AGO,
    assignment_of,
    clean_snapshot,
    mapping,
    missing,
)

SECOND_EMAIL = "user.secondEmail"
CONDITION = "user.department == 'IT' ? user.login : user.email"


def computed(first_name: str, **changes) -> Assignment:
    """Return a user whose values were computed after the mapping last changed."""
    return assignment_of(first_name, **{"updated_at": JUST_NOW} | changes)


SAME, OTHER = computed("Bo"), computed("Cy", email="cy@corp.example")
ANOTHER = computed("Di", email="di@corp.example")
WITHOUT_EMAIL = computed("Ed", email=None)
OLD = assignment_of("Flo", email="flo@corp.example", updated_at=LONG_AGO)


def sent(expression: str, *users: Assignment, **changes) -> SentEmail:
    values = {"assignments": list(users), "mappings": [mapping(email=expression)]} | changes
    context = RuleContext(clean_snapshot(**values))
    (type_mapping,) = to_app(context)
    email = type_mapping.get("email")
    assert email
    return assess_sent_email(context, type_mapping, email)


def test_a_user_whose_computed_email_is_the_login_is_not_affected() -> None:
    found = sent(SECOND_EMAIL, SAME, OTHER, WITHOUT_EMAIL, OLD)
    assert found.is_login is False
    assert found.affected == (OTHER,)


def test_the_primary_email_shows_the_affected_users_at_any_time() -> None:
    other = assignment_of("Di", okta_email="di@corp.example", updated_at=LONG_AGO)
    assert sent("user.email", SAME, other).affected == (other,)


@pytest.mark.parametrize("unread", [ASSIGNMENTS, LOG], ids=str)
def test_without_its_data_the_affected_users_are_unknown(unread) -> None:
    name = unread.name.removeprefix("okta.")
    assert sent(SECOND_EMAIL, OTHER, **{name: missing()}).affected is None
    reason = sent(CONDITION, OTHER, **{name: missing()}).reason
    assert isinstance(reason, MissingDataReason)
    assert reason.collection == unread.name


DIFFERENT = {
    "1 of 2 differs from the login": (SAME, OTHER),
    "2 of 3 differ from the login": (SAME, OTHER, ANOTHER),
    "1 of 1 differs from the login": (OTHER, WITHOUT_EMAIL, OLD, computed("Gil", login=None)),
}


@pytest.mark.parametrize(("observed", "users"), DIFFERENT.items(), ids=DIFFERENT)
def test_computed_emails_that_differ_decide_a_condition(observed, users) -> None:
    found = sent(CONDITION, *users)
    assert (found.is_login, found.is_observed, found.observed) == (False, True, observed)
    assert set(found.affected or ()) == set(users) & {OTHER, ANOTHER}


def test_equal_emails_decide_a_condition_only_beside_another_primary_email() -> None:
    distinct = computed("Hal", okta_email="hal@corp.example")
    found = sent(CONDITION, SAME, distinct)
    assert (found.is_login, found.is_observed) == (True, True)
    assert found.note == Note(code="computed-emails-are-logins", about="2")
    undecided = sent(CONDITION, SAME)
    assert undecided.is_login is None
    assert isinstance(undecided.reason, Undecidable)
