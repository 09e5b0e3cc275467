"""Indirect evidence about the SCIM connector of a custom app, whose settings no API shows. Pure."""

from auditor.domain.collections import APP
from auditor.domain.context import RuleContext
from auditor.domain.identity.matching import IdentityLink
from auditor.domain.snapshot import DataMissing


def linked_since_app_changed(context: RuleContext) -> bool:
    """Whether an account that was created after the app last changed is linked by its SCIM id.

    A push then reached this Unleash and was accepted under the connector's present settings. That
    Okta's ``externalId`` equals Unleash's ``scimId`` is inferred.
    """
    app = context.get(APP)
    # Without this date, the account can be older than the connector's present settings.
    if app is None or app.updated_at is None:
        return False
    try:
        persons = context.people.persons
    except DataMissing:
        return False
    return any(
        person.basis is IdentityLink.SCIM_ID
        and person.account
        and person.account.created_at
        and person.account.created_at > app.updated_at
        for person in persons
    )
