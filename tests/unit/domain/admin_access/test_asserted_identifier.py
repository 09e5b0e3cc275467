"""The identifier that SSO asserts for a user."""

import pytest

from auditor.domain.admin_access.asserted_identifier import asserted_identifier
from auditor.domain.unleash import SsoSettings
from tests.support.builders.contexts import (
    APP_ID,
    app,
    assignment,
    clean_snapshot,
    missing,
    target,
)

ON = SsoSettings(enabled=True, auto_create=False)
OFF = SsoSettings(enabled=False, auto_create=False)
LOGIN, EMAIL, USERNAME = "ada@login.example", "ada@mail.example", "ada@app.example"
USER = assignment(login=LOGIN, okta_email=EMAIL, username=USERNAME)


@pytest.mark.parametrize(
    ("saml", "oidc", "value"),
    [
        (OFF, ON, EMAIL),
        (OFF, OFF, None),
        # While one method is unknown, it can assert another value.
        (missing(), ON, None),
        (OFF, missing(), None),
    ],
)
def test_an_unknown_sign_on_method_leaves_the_identifier_unknown(saml, oidc, value) -> None:
    snapshot = clean_snapshot(saml=saml, oidc=oidc, statistics=missing())
    assert asserted_identifier(snapshot, USER).value == value


OTHER = app(id="0oaSignOn00000000001", saml_subject="${user.userName}")


@pytest.mark.parametrize(
    ("user", "value"),
    [
        (USER, USERNAME),
        (assignment(login=LOGIN, username=None), LOGIN),
    ],
)
def test_the_username_is_that_of_the_assignment_or_of_the_template(user, value) -> None:
    snapshot = clean_snapshot(app=app(saml_subject="${user.userName}"))
    assert asserted_identifier(snapshot, user).value == value


def test_the_username_of_another_app_comes_from_its_template() -> None:
    snapshot = clean_snapshot(sso_app=OTHER, target=target(sso_app_id=OTHER.id))
    assert asserted_identifier(snapshot, USER).value == LOGIN
    assert snapshot.target.app_id == APP_ID


def test_the_app_that_signs_users_in_is_the_configured_one() -> None:
    by_email = app(saml_subject="${user.email}")
    assert asserted_identifier(clean_snapshot(app=by_email), USER).value == EMAIL
    other = clean_snapshot(app=by_email, sso_app=OTHER, target=target(sso_app_id=OTHER.id))
    assert asserted_identifier(other, USER).value == LOGIN
