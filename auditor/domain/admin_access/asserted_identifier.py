"""The identifier that SSO asserts for one user, by which Unleash finds the account. Pure."""

import re

from msgspec import Struct

from auditor.domain.collections import APP, SSO_APP
from auditor.domain.okta import App, Assignment
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash_settings import has_single_sign_on

# A mapping refers to user.x; a username template refers to ${source.x}.
_REFERENCE = re.compile(r"(?:\$\{)?\s*(?:user|source)\.(\w+)\s*\}?")
"""A plain reference to one attribute; any other template is unknown here."""


class AssertedIdentifier(Struct, frozen=True, kw_only=True):
    """What SSO asserts for a user."""

    value: str | None
    """``None``: unknown."""

    is_inferred: bool = False
    """OIDC: that it asserts the primary email is inferred."""


def asserted_identifier(snapshot: Snapshot, user: Assignment) -> AssertedIdentifier:
    """Return the identifier that SSO asserts for ``user``.

    It is unknown while a sign-on method is unknown, when two methods assert different values, when
    the app that signs users in is not the app that was read, or when its template is not a plain
    reference.
    """
    saml, oidc = has_single_sign_on(snapshot, "saml"), has_single_sign_on(snapshot, "oidc")
    if saml is None or oidc is None:
        return AssertedIdentifier(value=None)
    found = []
    if saml:
        found.append(AssertedIdentifier(value=_asserted_by_saml(snapshot, user)))
    if oidc:
        found.append(AssertedIdentifier(value=user.okta_email, is_inferred=True))
    # Unleash finds an account by its email in lower case, so values that differ only in case are
    # one. Without any sign-on method the set is empty, and the identifier is unknown.
    values = {each.value.lower() if each.value else None for each in found}
    return found[0] if len(values) == 1 else AssertedIdentifier(value=None)


def _asserted_by_saml(snapshot: Snapshot, user: Assignment) -> str | None:
    app = _sign_on_app(snapshot)
    # Unleash accepts SAML, but this app does not send it: the users sign in through an unknown app.
    if app is None or app.sign_on_mode != "SAML_2_0":
        return None
    attribute = _attribute(app.saml_subject)
    if attribute == "userName":
        # The assignments contain the application username of the SSO app only if it is this app.
        if app.id == snapshot.target.app_id and user.username:
            return user.username
        attribute = _attribute(app.username_template)
    return {"login": user.login, "email": user.okta_email}.get(attribute or "")


def _sign_on_app(snapshot: Snapshot) -> App | None:
    return snapshot.get(SSO_APP if snapshot.target.sso_app_id else APP)


def _attribute(template: str | None) -> str | None:
    found = _REFERENCE.fullmatch((template or "").strip())
    return found[1] if found else None
