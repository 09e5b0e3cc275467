"""The six attributes that the guide keeps, and the app's own names for them. Pure."""

from collections.abc import Container, Iterable, Mapping

from auditor.domain.okta import SchemaAttribute

SIX_ATTRIBUTES = {
    "userName": "Username",
    "givenName": "Given name",
    "familyName": "Family name",
    "email": "Email",
    "emailType": "Primary email type",
    "displayName": "Display name",
}
"""The six attributes by variable name, with their titles in the console."""

GUIDE_EXPRESSIONS = {
    "userName": "user.login",
    "givenName": "user.firstName",
    "familyName": "user.lastName",
    "email": "user.login",
    "emailType": "(user.email != null && user.email != '') ? 'work' : ''",
    "displayName": "user.displayName",
}
"""The expression of each attribute: Okta's defaults, except for email."""

EXTERNAL_NAMES = {
    "userName": "userName",
    "givenName": "name.givenName",
    "familyName": "name.familyName",
    "email": "emails.^[primary==true].value",
    "emailType": "emails.^[primary==true].type",
    "displayName": "displayName",
}
"""The external name of each attribute (vendor guides, not a recording)."""

SCIM_USER_NAMESPACE = "urn:ietf:params:scim:schemas:core:2.0:User"
_BY_EXTERNAL_NAME = {
    external: name for name, external in EXTERNAL_NAMES.items() if name != "userName"
}


def aliases(schema: Iterable[SchemaAttribute]) -> Mapping[str, str]:
    """Return the app's own names for some of the six: ``{"primaryEmailType": "emailType"}``.

    The variable name counts first: an alias exists only where the schema lacks the usual name.
    """
    attributes = tuple(schema)
    usual = {each.name for each in attributes} & SIX_ATTRIBUTES.keys()
    found = (
        (each.name, _BY_EXTERNAL_NAME.get("".join((each.external_name or "").split())))
        for each in attributes
    )
    return {name: meant for name, meant in found if meant and meant not in usual}


def missing(schema: Iterable[SchemaAttribute]) -> tuple[str, ...]:
    """Return those of the six that the app profile does not have."""
    attributes = tuple(schema)
    there = {each.name for each in attributes} | set(aliases(attributes).values())
    return tuple(name for name in SIX_ATTRIBUTES if name not in there)


def beyond(
    schema: Iterable[SchemaAttribute], allowed: Container[str]
) -> tuple[SchemaAttribute, ...]:
    """Return the attributes of the app profile beyond the six and ``allowed``, sorted by name."""
    attributes = tuple(schema)
    kept = SIX_ATTRIBUTES.keys() | aliases(attributes).keys()
    extras = (each for each in attributes if each.name not in kept and each.name not in allowed)
    return tuple(sorted(extras, key=lambda each: each.name))
