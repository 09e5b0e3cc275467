"""How people sign in to Unleash, and what is asserted of them. Pure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from auditor.world.expression import Read, Reading, read
from auditor.world.logins import judge
from auditor.world.mapped import TypeMapping
from auditor.world.okta import App, Assignment, MappedAttribute
from auditor.world.sign_in import has_single_sign_on
from auditor.world.snapshot import APP, ASSIGNMENTS, MAPPINGS, SSO_APP, Collection
from auditor.world.world import World

Way = Literal["saml", "oidc"]
Asserted = Callable[[World, TypeMapping], Read]
"""What a sign-on asserts as the email of the people of one user type."""


def app(world: World) -> App:
    """Return the app that signs people in: the provisioning app unless another one is configured.

    Raises :class:`~auditor.world.snapshot.NotSeen` when it is missing.
    """
    return world[SSO_APP if world.target.sso_app_id else APP]


def is_enabled(world: World, way: Literal["saml", "oidc"]) -> bool | None:
    """Tell whether Unleash lets people in that way; ``None`` when nothing tells."""
    return has_single_sign_on(world.snapshot, way)


def asserted_by_saml(world: World, mapping: TypeMapping) -> Read:
    """Read what a SAML sign-on asserts of the people of one user type.

    ``user.userName`` is the application username: by the mapping, where the same app provisions
    and the mapping has one, else by the template of the app that signs people in.
    Raises :class:`~auditor.world.snapshot.NotSeen` when that app is missing.
    """
    signs_in = app(world)
    subject = read(signs_in.saml_subject)
    if subject.attribute != "userName":
        return subject
    own = _mapped_username(world, mapping)
    return read(own.expression if own else signs_in.username_template)


def asserted_at(world: World, mapping: TypeMapping, way: Way) -> tuple[Collection[Any], str]:
    """Return where it is decided what is asserted: the collection, and the field in it.

    Raises :class:`~auditor.world.snapshot.NotSeen` when the app that signs people in is missing.
    """
    if way == "oidc":
        return ASSIGNMENTS, "profile.email"
    signs_in = SSO_APP if world.target.sso_app_id else APP
    if read(world[signs_in].saml_subject).attribute != "userName":
        return signs_in, "settings.signOn.subjectNameIdTemplate"
    if _mapped_username(world, mapping):
        return MAPPINGS, f"mapping[{mapping.type_id}].userName.expression"
    return signs_in, "credentials.userNameTemplate.template"


def _mapped_username(world: World, mapping: TypeMapping) -> MappedAttribute | None:
    """Return what is mapped to the username, where the same app provisions and signs people in."""
    return mapping.get("userName") if app(world).id == world.target.app_id else None


def pushed(world: World, mapping: TypeMapping, email: MappedAttribute) -> Read:
    """Read what SCIM pushes as the email; what cannot be decided by reading, by what it gave."""
    answer = read(email.expression)
    if answer.reading is not Reading.CANNOT_TELL:
        return answer
    gave_login = judge(world, mapping, email).is_login
    if gave_login is None:
        return answer
    if gave_login:
        return replace(answer, attribute="login")
    return replace(answer, reading=Reading.IS_NOT_LOGIN)


def asserted_by_oidc(_world: World, _mapping: TypeMapping) -> Read:
    """Read the email claim of OpenID Connect: the email in Okta, whatever is mapped."""
    return read("user.email")


def is_torn(person: Assignment, asserted: Read) -> bool:
    """Tell whether a person is known to have another email pushed than is asserted, case aside."""
    value = {"login": person.login, "email": person.okta_email}.get(asserted.attribute or "")
    return bool(value and person.email and value.casefold() != person.email.casefold())
