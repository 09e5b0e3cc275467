"""The permissions of the auditor, the collections that need them, how to grant them. Pure."""

from typing import Any

from msgspec import Struct

from auditor.domain.collections import (
    ACCESS,
    ADMIN_COUNT,
    APP,
    APP_GROUPS,
    APP_SCHEMA,
    ASSIGNMENTS,
    CAPABILITIES,
    CONNECTION,
    EVENTS,
    EXCLUDED_GROUP,
    GROUP_PUSH,
    GROUPS,
    INSTANCE,
    LOG,
    MAPPINGS,
    OIDC,
    OTHER_ASSIGNMENTS,
    OWN_TOKENS,
    PASSWORD_LOGIN,
    PUSHED_GROUPS,
    SAML,
    SCIM,
    SELF,
    SERVICE_ACCOUNTS,
    SSO_APP,
    STATISTICS,
    USER_TYPES,
    USERS,
    Collection,
)
from auditor.domain.snapshot import Snapshot

_MADE_OF_OTHERS = frozenset({PUSHED_GROUPS, OTHER_ASSIGNMENTS})
"""Collections that are read item by item: without an item, no request is sent."""


class Permission(Struct, frozen=True, kw_only=True):
    """A permission that Okta or Unleash grants or refuses as a whole."""

    name: str
    """Its name in Okta or Unleash: an OAuth scope, a permission."""

    paths: str
    """The common beginning of the paths that it permits."""

    collections: tuple[Collection[Any], ...]
    """What cannot be read without it."""

    grant: str

    def opens(self, snapshot: Snapshot) -> tuple[Collection[Any], ...]:
        """Return the collections of this target that need it."""
        return tuple(each for each in self.collections if self._was_used(snapshot, each))

    def _was_used(self, snapshot: Snapshot, collection: Collection[Any]) -> bool:
        """Whether this permission decides if a collection can be read."""
        if gap := snapshot.missing.get(collection.name):
            # "-": no request was sent, so no path shows which of several permissions would be
            # needed.
            return gap.endpoint == "-" or f" {self.paths}" in gap.endpoint
        if collection.name not in snapshot.read:
            return False
        return collection not in _MADE_OF_OTHERS or bool(snapshot[collection])


def _scope(name: str, paths: str, *collections: Collection[Any], role: str = "") -> Permission:
    who = role or "the role Read-Only Administrator"
    return Permission(
        name=name,
        paths=paths,
        collections=collections,
        grant=(
            f"In Okta's console, give the service app {who}, and grant {name} on its tab Okta API "
            "Scopes. For an API token, give the role to the admin who created it."
        ),
    )


OKTA_PERMISSIONS = (
    _scope(
        "okta.apps.read",
        "/api/v1/apps",
        APP,
        SSO_APP,
        CAPABILITIES,
        CONNECTION,
        ASSIGNMENTS,
        APP_GROUPS,
        GROUP_PUSH,
        PUSHED_GROUPS,
        OTHER_ASSIGNMENTS,
    ),
    _scope("okta.profileMappings.read", "/api/v1/mappings", MAPPINGS),
    _scope("okta.schemas.read", "/api/v1/meta/schemas", APP_SCHEMA),
    _scope("okta.userTypes.read", "/api/v1/meta/types", USER_TYPES),
    _scope("okta.groups.read", "/api/v1/groups", PUSHED_GROUPS, EXCLUDED_GROUP),
    _scope(
        "okta.logs.read",
        "/api/v1/logs",
        LOG,
        role="the role Read-Only Administrator (or a custom role that can view the System Log)",
    ),
    # No collection, but Okta requires it to read assignments with their users (docs/setup.md).
    _scope("okta.users.read", "/api/v1/users"),
)

UNLEASH_PERMISSIONS = (
    Permission(
        name="Admin",
        paths="/api/admin",
        collections=(
            USERS,
            ADMIN_COUNT,
            GROUPS,
            SCIM,
            PASSWORD_LOGIN,
            SAML,
            OIDC,
            SERVICE_ACCOUNTS,
            EVENTS,
        ),
        grant=(
            "In Unleash, give the root role Admin to the service account that owns the token. No "
            "other root role can read the list of users."
        ),
    ),
    Permission(
        name="any token",
        paths="/api/admin",
        collections=(INSTANCE, STATISTICS, ACCESS, SELF, OWN_TOKENS),
        grant=(
            "Use the token of a service account or a personal access token. The token of a "
            "client cannot be used."
        ),
    ),
)


class Side(Struct, frozen=True, kw_only=True):
    """Okta or Unleash: its permissions, and the table of the configuration with its credential."""

    name: str
    permissions: tuple[Permission, ...]
    table: str


SIDES = (
    Side(name="Okta", permissions=OKTA_PERMISSIONS, table="target.okta"),
    Side(name="Unleash", permissions=UNLEASH_PERMISSIONS, table="target.unleash"),
)


def reads_any(side: Side, snapshot: Snapshot) -> bool:
    """Return whether any collection of a side was read."""
    return any(not snapshot.lacks(each) for one in side.permissions for each in one.opens(snapshot))
