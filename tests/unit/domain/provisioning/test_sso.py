"""Whether SSO asserts the email that SCIM sends: by the expressions, then by the users."""

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.provisioning.profile_mapping import to_app
from auditor.domain.provisioning.sent_email import assess_sent_email
from auditor.domain.provisioning.sso import asserts_sent_email
from auditor.domain.unleash import SsoSettings
from tests.support.builders.contexts import (
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    mapping,
    missing,
)

ON = SsoSettings(enabled=True, auto_create=False)
OFF = SsoSettings(enabled=False, auto_create=False)


def is_same(expression: str = "user.login", **changes) -> bool | None:
    values = {"mappings": [mapping(email=expression)]} | changes
    context = RuleContext(clean_snapshot(**values))
    (type_mapping,) = to_app(context)
    email = type_mapping.get("email")
    assert email
    return asserts_sent_email(
        context, type_mapping, assess_sent_email(context, type_mapping, email)
    )


ASSERTS_EMAIL = app(saml_subject="${user.email}")
UNREAD_OIDC = {"oidc": missing(), "statistics": missing()}
BY_TEXT = {
    "SAML asserts the login": ({}, True),
    "SAML asserts the email": ({"app": ASSERTS_EMAIL}, False),
    "OIDC asserts the email": ({"saml": OFF, "oidc": ON}, False),
    "SAML asserts the login and OIDC the email": ({"oidc": ON}, None),
    "neither asserts the login": ({"app": ASSERTS_EMAIL, "oidc": ON}, False),
    "no sign-on": ({"saml": OFF}, None),
    "SAML, and it is unknown whether OIDC is on": (UNREAD_OIDC, None),
    "an app that does not send SAML": ({"app": app(sign_on_mode="BOOKMARK")}, None),
    "an app that was not read": ({"app": missing(), "sso_app": missing()}, None),
}


@pytest.mark.parametrize(("changes", "expected"), BY_TEXT.values(), ids=BY_TEXT)
def test_the_text_of_both_expressions_decides_first(changes, expected) -> None:
    assert is_same(**changes) is expected


COMPUTED = "String.toLowerCase(user.firstName) + '@example.com'"
SAME, DIFFERENT = assignment(), assignment_of("Bo", email="bo@corp.example")
UNKNOWN = assignment_of("Cy", email=None)
BY_USERS = {
    "all users have one value": ([SAME], True),
    "a user with two values": ([SAME, DIFFERENT], False),
    "a user with two values, and one without": ([UNKNOWN, DIFFERENT], False),
    "a user without a value": ([SAME, UNKNOWN], None),
    "no users": ([], None),
    "users that were not read": (missing(), None),
}


@pytest.mark.parametrize(("users", "expected"), BY_USERS.values(), ids=BY_USERS)
def test_the_values_of_the_users_decide_where_the_text_does_not(users, expected) -> None:
    assert is_same(COMPUTED, app=ASSERTS_EMAIL, assignments=users) is expected
