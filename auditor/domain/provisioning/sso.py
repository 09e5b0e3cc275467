"""How users sign in to Unleash, and which identifier SSO asserts for them. Pure."""

from collections.abc import Callable
from typing import Any, Literal

from msgspec.structs import replace

from auditor.domain.admin_access.asserted_identifier import (
    AssertedIdentifier,
    asserted_identifier,
)
from auditor.domain.collections import APP, ASSIGNMENTS, MAPPINGS, SSO_APP, Collection
from auditor.domain.context import RuleContext
from auditor.domain.expressions.login_comparison import LoginReading, Read, agree, read
from auditor.domain.identity.comparison import is_same_login
from auditor.domain.okta import App, Assignment, MappedAttribute
from auditor.domain.provisioning.profile_mapping import TypeMapping, assigned
from auditor.domain.provisioning.sent_email import SentEmail, assess_sent_email
from auditor.domain.unleash_settings import Setting, has_single_sign_on, read_single_sign_on

__all__ = ["AssertedIdentifier", "asserted_identifier"]

Way = Literal["saml", "oidc"]
Asserted = Callable[[RuleContext, TypeMapping], Read]
"""Returns what a sign-on method asserts for the users of one user type."""


def app(context: RuleContext) -> App:
    """Return the app that signs users in: the provisioning app unless another one is configured.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when it is missing.
    """
    return context[SSO_APP if context.target.sso_app_id else APP]


def is_enabled(context: RuleContext, way: Way) -> bool | None:
    """Whether users can sign in to Unleash by this method; ``None``: unknown."""
    return has_single_sign_on(context.snapshot, way)


def setting(context: RuleContext, way: Way) -> Setting:
    """Return the state of a sign-on method, with the reason if it is unknown."""
    return read_single_sign_on(context.snapshot, way)


def asserted_by_saml(context: RuleContext, mapping: TypeMapping) -> Read:
    """Read what SAML asserts for the users of one user type.

    ``user.userName`` is the application username. A userName mapping takes precedence over the
    template if the same app provisions.
    Raises :class:`~auditor.domain.snapshot.DataMissing` when the SSO app is missing.
    """
    signs_in = app(context)
    subject = read(signs_in.saml_subject)
    if subject.attribute != "userName":
        return subject
    own = _mapped_username(context, mapping)
    return read(own.expression if own else signs_in.username_template)


def asserted_at(
    context: RuleContext, mapping: TypeMapping, way: Way
) -> tuple[Collection[Any], str]:
    """Return the collection and the path of the field that decides what is asserted.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the SSO app is missing.
    """
    if way == "oidc":
        return ASSIGNMENTS, "profile.email"
    signs_in = SSO_APP if context.target.sso_app_id else APP
    if read(context[signs_in].saml_subject).attribute != "userName":
        return signs_in, "app.subjectNameIdTemplate"
    if _mapped_username(context, mapping):
        return MAPPINGS, f"mapping[{mapping.type_id}].userName.expression"
    return signs_in, "app.userNameTemplate"


def _mapped_username(context: RuleContext, mapping: TypeMapping) -> MappedAttribute | None:
    """Return the userName mapping if the provisioning app also signs users in."""
    return mapping.get("userName") if app(context).id == context.target.app_id else None


def pushed(context: RuleContext, mapping: TypeMapping, email: MappedAttribute) -> Read:
    """Read what SCIM sends as the email; computed emails decide an undecidable expression."""
    answer = read(email.expression)
    if answer.reading is not LoginReading.UNDECIDABLE:
        return answer
    is_login = assess_sent_email(context, mapping, email).is_login
    if is_login is None:
        return answer
    if is_login:
        return replace(answer, attribute="login")
    return replace(answer, reading=LoginReading.IS_NOT_LOGIN)


def asserted_by_oidc(_context: RuleContext, _mapping: TypeMapping) -> Read:
    """Return the primary email. Inferred: OIDC asserts it with any mapping."""
    return read("user.email")


def has_two_values(user: Assignment, asserted: Read) -> bool:
    """Whether SCIM certainly sent another email than SSO asserts, ignoring case."""
    value = {"login": user.login, "email": user.okta_email}.get(asserted.attribute or "")
    return is_same_login(value, user.email) is False


def asserts_sent_email(context: RuleContext, mapping: TypeMapping, sent: SentEmail) -> bool | None:
    """Whether SSO asserts exactly the email that SCIM sends; ``None``: unknown.

    The text of both expressions decides, then the values of the assigned users.
    """
    ways: tuple[tuple[Way, Asserted], ...] = (
        ("saml", asserted_by_saml),
        ("oidc", asserted_by_oidc),
    )
    states = {way: is_enabled(context, way) for way, _ in ways}
    if None in states.values() or not any(states.values()):
        return None
    if states["saml"]:
        signs_in = context.get(SSO_APP if context.target.sso_app_id else APP)
        # Unleash accepts SAML, but this app does not send it: the users sign in through an unknown
        # app.
        if signs_in is None or signs_in.sign_on_mode != "SAML_2_0":
            return None
    sends = read(sent.expression)
    answers = {agree(asserted(context, mapping), sends) for way, asserted in ways if states[way]}
    if answers == {True}:
        return True
    # If only one of two methods asserts the sent email, it depends on how each user signs in.
    if False in answers or context.lacks(ASSIGNMENTS):
        return False if answers == {False} else None
    users = tuple(assigned(context, mapping))
    same = {
        is_same_login(asserted_identifier(context.snapshot, user).value, sent.email_of(user))
        for user in users
    }
    return True if same == {True} else False if False in same else None
