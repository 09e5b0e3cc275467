"""The attributes that the guide keeps, and what an app's own attribute stands for. Pure."""

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
"""The attributes that the guide keeps, by variable name, with the title in the console."""

GUIDE_EXPRESSIONS = {
    "userName": "user.login",
    "givenName": "user.firstName",
    "familyName": "user.lastName",
    "email": "user.login",
    "emailType": "(user.email != null && user.email != '') ? 'work' : ''",
    "displayName": "user.displayName",
}
"""What fills each of the six: Okta's own defaults, except for the email."""

_BY_EXTERNAL_NAME = {
    "name.givenName": "givenName",
    "name.familyName": "familyName",
    "emails.^[primary==true].value": "email",
    "emails.^[primary==true].type": "emailType",
    "displayName": "displayName",
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
    """Return those of the six that the app's profile does not have."""
    attributes = tuple(schema)
    there = {each.name for each in attributes} | set(aliases(attributes).values())
    return tuple(name for name in SIX_ATTRIBUTES if name not in there)


def beyond(
    schema: Iterable[SchemaAttribute], allowed: Container[str]
) -> tuple[SchemaAttribute, ...]:
    """Return what the app's profile has beyond the six and ``allowed``, sorted by name."""
    attributes = tuple(schema)
    kept = SIX_ATTRIBUTES.keys() | aliases(attributes).keys()
    extras = (each for each in attributes if each.name not in kept and each.name not in allowed)
    return tuple(sorted(extras, key=lambda each: each.name))
