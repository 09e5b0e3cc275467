"""How people sign in to Unleash, and what is asserted of them. Pure."""

from typing import Literal

from auditor.world.expression import Read, read
from auditor.world.mapped import TypeMapping
from auditor.world.okta import App
from auditor.world.snapshot import APP, OIDC, SAML, SSO_APP, STATISTICS
from auditor.world.world import World


def app(world: World) -> App:
    """Return the app that signs people in: the provisioning app unless another one is configured.

    Raises :class:`~auditor.world.snapshot.NotSeen` when it is missing.
    """
    return world[SSO_APP if world.target.sso_app_id else APP]


def is_enabled(world: World, way: Literal["saml", "oidc"]) -> bool | None:
    """Tell whether Unleash lets people in that way; ``None`` when nothing tells."""
    settings = world.get(SAML if way == "saml" else OIDC)
    if settings and settings.enabled is not None:
        return settings.enabled
    statistics = world.get(STATISTICS)
    if statistics is None:
        return None
    return statistics.saml_enabled if way == "saml" else statistics.oidc_enabled


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
    own = mapping.get("userName") if signs_in.id == world.target.app_id else None
    return read(own.expression if own else signs_in.username_template)


ASSERTED_BY_OIDC = read("user.email")
"""The email claim of OpenID Connect: the person's email in Okta, whatever is mapped."""
