"""How people sign in to Unleash, and what is asserted of them. Pure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from auditor.domain.collections import APP, ASSIGNMENTS, MAPPINGS, SSO_APP, Collection
from auditor.domain.context import RuleContext
from auditor.domain.okta import App, Assignment, MappedAttribute
from auditor.domain.provisioning.expressions import LoginReading, Read, read
from auditor.domain.provisioning.profile_mapping import TypeMapping
from auditor.domain.provisioning.sent_email import assess_sent_email
from auditor.domain.unleash_settings import has_single_sign_on

Way = Literal["saml", "oidc"]
Asserted = Callable[[RuleContext, TypeMapping], Read]
"""What a sign-on asserts as the email of the people of one user type."""


def app(context: RuleContext) -> App:
    """Return the app that signs people in: the provisioning app unless another one is configured.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when it is missing.
    """
    return context[SSO_APP if context.target.sso_app_id else APP]


def is_enabled(context: RuleContext, way: Literal["saml", "oidc"]) -> bool | None:
    """Tell whether Unleash lets people in that way; ``None`` when nothing tells."""
    return has_single_sign_on(context.snapshot, way)


def asserted_by_saml(context: RuleContext, mapping: TypeMapping) -> Read:
    """Read what a SAML sign-on asserts of the people of one user type.

    ``user.userName`` is the application username: by the mapping, where the same app provisions
    and the mapping has one, else by the template of the app that signs people in.
    Raises :class:`~auditor.domain.snapshot.DataMissing` when that app is missing.
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
    """Return where it is decided what is asserted: the collection, and the field in it.

    Raises :class:`~auditor.domain.snapshot.DataMissing` when the app that signs people in is
    missing.
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
    """Return what is mapped to the username, where the same app provisions and signs people in."""
    return mapping.get("userName") if app(context).id == context.target.app_id else None


def pushed(context: RuleContext, mapping: TypeMapping, email: MappedAttribute) -> Read:
    """Read what SCIM pushes as the email; what cannot be decided by reading, by what it gave."""
    answer = read(email.expression)
    if answer.reading is not LoginReading.UNDECIDABLE:
        return answer
    gave_login = assess_sent_email(context, mapping, email).is_login
    if gave_login is None:
        return answer
    if gave_login:
        return replace(answer, attribute="login")
    return replace(answer, reading=LoginReading.IS_NOT_LOGIN)


def asserted_by_oidc(_world: RuleContext, _mapping: TypeMapping) -> Read:
    """Read the email claim of OpenID Connect: the email in Okta, whatever is mapped."""
    return read("user.email")


def is_torn(person: Assignment, asserted: Read) -> bool:
    """Tell whether a person is known to have another email pushed than is asserted, case aside."""
    value = {"login": person.login, "email": person.okta_email}.get(asserted.attribute or "")
    return bool(value and person.email and value.casefold() != person.email.casefold())
