"""The endpoints to which faults are applied, and the fields that the auditor needs of each."""

from dataclasses import dataclass

from auditor.sandbox.faults.patterns import compile_pattern


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path of a service, with fields as `fields.places` names them."""

    service: str
    pattern: str
    needed: str | None = None
    """The field without which the answer cannot be used."""
    enum: str | None = None
    """A field with a closed list of values."""


ENDPOINTS = (
    Endpoint("okta", "/api/v1/apps/*", "features", "status"),
    Endpoint("okta", "/api/v1/apps/*/features", "[].capabilities", "[].status"),
    Endpoint("okta", "/api/v1/apps/*/connections/default", "status", "status"),
    Endpoint("okta", "/api/v1/apps/*/users", "[].id", "[].status"),
    Endpoint("okta", "/api/v1/apps/*/groups", "[].id"),
    Endpoint("okta", "/api/v1/apps/*/group-push/mappings", "[].sourceGroupId", "[].status"),
    Endpoint("okta", "/api/v1/mappings", "[].id", "[].source.type"),
    Endpoint("okta", "/api/v1/mappings/*", "properties", "properties.*.pushStatus"),
    Endpoint("okta", "/api/v1/meta/types/user", "[].id"),
    Endpoint(
        "okta",
        "/api/v1/meta/schemas/apps/*/default",
        "definitions",
        "definitions.*.properties.*.type",
    ),
    Endpoint("okta", "/api/v1/groups/*", "id", "type"),
    Endpoint("okta", "/api/v1/groups/*/users", "[].id", "[].status"),
    Endpoint("okta", "/api/v1/logs", "[].eventType", "[].outcome.result"),
    Endpoint("okta", "/oauth2/v1/token", "access_token", "token_type"),
    Endpoint("unleash", "/api/admin/user-admin", "users.[].id", "users.[].accountType"),
    Endpoint("unleash", "/api/admin/user-admin/admin-count", "password"),
    Endpoint("unleash", "/api/admin/user-admin/access", "users.[].id"),
    Endpoint("unleash", "/api/admin/user-admin/*/permissions", "overview"),
    Endpoint("unleash", "/api/admin/groups", "groups.[].id"),
    Endpoint("unleash", "/api/admin/ui-config", "disablePasswordAuth"),
    Endpoint("unleash", "/api/admin/scim-settings", "enabled"),
    Endpoint("unleash", "/api/admin/instance-admin/statistics", "SCIMenabled"),
    # `disabled` may be absent (password login is then on), so nothing is needed there.
    Endpoint("unleash", "/api/admin/auth/simple/settings"),
    Endpoint("unleash", "/api/admin/auth/saml/settings", "enabled"),
    Endpoint("unleash", "/api/admin/auth/oidc/settings", "enabled"),
    Endpoint("unleash", "/api/admin/search/events", "events.[].type", "events.[].type"),
    Endpoint("unleash", "/api/admin/user", "user.id", "user.accountType"),
    Endpoint("unleash", "/api/admin/user/tokens", "pats.[].expiresAt"),
    Endpoint("unleash", "/api/admin/service-account", "serviceAccounts.[].id"),
    # requested without a credential; only the kind of its answer matters
    Endpoint("unleash", "/scim/Users"),
)


def find_endpoint(service: str, path: str) -> Endpoint:
    """Return the entry of a path, or an entry without fields."""
    for endpoint in ENDPOINTS:
        if endpoint.service == service and compile_pattern(endpoint.pattern).fullmatch(path):
            return endpoint
    return Endpoint(service, path)
