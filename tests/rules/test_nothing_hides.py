"""An item that passes, or is unknown, does not hide the result of the items after it."""

import pytest
from msgspec import UNSET

from auditor.domain import okta, unleash
from tests.support.builders.contexts import (
    ADMIN_ROLE,
    CONTRACTOR_TYPE,
    assignment,
    assignment_of,
    clean_snapshot,
    mapping,
    missing,
    recovery,
    user,
    user_of,
    users,
)


def pushed(status, **of):
    email = okta.MappedAttribute(expression="user.login", push_status=status)
    return mapping(email=email, **of)


LAST = "otyZulu000000000000"
"""User types are evaluated in the order of their ids."""

OF_THE_LAST = {"source_id": LAST}
RENAMED = mapping(email=None, primaryEmail="user.login")
"""Without the profile it is unknown whether this is the email under another name."""

ON_CREATE = pushed("DONT_PUSH", **OF_THE_LAST)
CASES = {
    "attribute-create-only": (
        {"mappings": [pushed("PUSH"), pushed(None, source_id="otyOther"), ON_CREATE]},
        {(LAST, "")},
    ),
    "attribute-missing": (
        {
            "mappings": [RENAMED, mapping(displayName=None, **OF_THE_LAST)],
            "app_schema": missing(),
        },
        {(LAST, "displayName")},
    ),
    "email-not-login": (
        {
            "mappings": [
                RENAMED,
                mapping(source_id="otyOther", email=None),
                mapping(email="user.email", **OF_THE_LAST),
            ],
            "app_schema": missing(),
        },
        {(LAST, "")},
    ),
    "extra-attribute": (
        {
            "mappings": [RENAMED, mapping(locale="user.locale", title="user.title", **OF_THE_LAST)],
            "app_schema": missing(),
        },
        {(LAST, "title")},
    ),
    "login-mismatch": (
        {
            "users": users(user(), user_of("Bo", 12), user_of("Cy", 13, email="cy@old.example")),
            "assignments": [
                assignment(status="DEPROVISIONED"),
                assignment_of("Bo"),
                assignment_of("Cy"),
            ],
        },
        {("00uCy000000000000000", "")},
    ),
    "recovery-admin-at-risk": (
        {
            "users": users(
                user(root_role=ADMIN_ROLE),
                recovery(id=12, username="admin", email=None),
            )
        },
        {("11", "scim-managed"), ("12", "default-admin")},
    ),
    "sso-autocreate-with-scim": (
        {"saml": missing(), "oidc": unleash.SsoSettings(enabled=True, auto_create=True)},
        {("oidc", "")},
    ),
    "unmanaged-user": (
        {
            "users": users(
                user(),
                user_of("Di", 12, scim_id=None),
                recovery(),
                user_of("Ed", 14, scim_id=UNSET),
                user_of("Cy", 15, scim_id=None),
            )
        },
        {("15", "")},
    ),
    "user-not-removed": (
        {
            "users": users(
                user(),
                recovery(),
                user_of("Di", 12, scim_id=UNSET),
                user_of("Cy", 13),
            ),
            "assignments": [assignment()],
        },
        {("13", "")},
    ),
    "user-type-unmapped": (
        {
            "assignments": [
                assignment(status="DEPROVISIONED"),
                assignment_of("Bo", user_type_id=None),
                assignment_of("Cy", user_type_id=CONTRACTOR_TYPE),
            ]
        },
        {(CONTRACTOR_TYPE, "")},
    ),
}
PARAMS = {"extra-attribute": {"allowed": ["locale"]}, "unmanaged-user": {"allowed": ["12"]}}


@pytest.mark.parametrize(("rule", "changes", "found"), [(key, *CASES[key]) for key in CASES])
def test_the_first_item_does_not_hide_the_next(check, rule, changes, found):
    _, findings = check(rule, clean_snapshot(**changes), **PARAMS.get(rule, {}))
    assert {(each.subject, each.attribute) for each in findings} >= found
