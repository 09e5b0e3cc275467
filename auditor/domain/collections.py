"""The keys of the collections that are read from Okta and Unleash. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from auditor.domain import okta, unleash

T = TypeVar("T")


class MissingReason(StrEnum):
    """Why a collection was not read."""

    UNAUTHORIZED = "unauthorized"
    """401, or no access token: the credential itself is refused."""

    FORBIDDEN = "forbidden"
    """403: the credential is accepted, but may not read this."""

    NOT_FOUND = "not found"
    NOT_ON_THIS_EDITION = "not on this edition"
    """It was requested and does not exist here. This is known data, not missing data."""

    RATE_LIMITED = "rate limited"
    TIMEOUT = "timeout"
    NETWORK = "network"
    BAD_PAYLOAD = "bad payload"
    TRUNCATED = "truncated"
    NOT_CONFIGURED = "not configured"
    LEFT_TO_FULL_AUDIT = "left to the next full audit"
    """A targeted audit does not read it."""


class MissingData(Struct, frozen=True, kw_only=True):
    """Why a collection was not read."""

    why: MissingReason
    endpoint: str
    """Method and path: ``GET /api/v1/mappings``. Never a query, a header or a body."""

    status: int | None = None
    detail: str = ""
    """Okta's error code or our own words; nothing copied from an answer's body."""

    @property
    def cause(self) -> str:
        """The reason without the endpoint."""
        return f"{self._what}{self._detail}"

    def __str__(self) -> str:
        """Return the reason and the endpoint in one line."""
        return f"{self._what} at {self.endpoint}{self._detail}"

    @property
    def _what(self) -> str:
        return f"{self.why.value} ({self.status})" if self.status else self.why.value

    @property
    def _detail(self) -> str:
        return f": {self.detail}" if self.detail else ""


@dataclass(frozen=True, slots=True)
class Collection(Generic[T]):
    """The key of a part of the context that is fetched, and can fail, on its own."""

    name: str
    type: Any
    """What msgspec decodes it as when a saved snapshot is read: the same as ``T``."""

    def __str__(self) -> str:
        """Return its name: ``okta.mappings``."""
        return self.name


Mappings = tuple[okta.ProfileMapping, ...]
UserTypes = tuple[okta.UserType, ...]
Schema = tuple[okta.SchemaAttribute, ...]
Assignments = tuple[okta.Assignment, ...]
AppGroups = tuple[okta.AppGroup, ...]
GroupPushes = tuple[okta.GroupPush, ...]
PushedGroups = tuple[okta.PushedGroup, ...]
Groups = tuple[unleash.Group, ...]
ServiceAccounts = tuple[unleash.ServiceAccount, ...]
AccessTokens = tuple[unleash.AccessToken, ...]

APP: Collection[okta.App] = Collection("okta.app", okta.App)
SSO_APP: Collection[okta.App] = Collection("okta.sso_app", okta.App)
CAPABILITIES: Collection[okta.Capabilities] = Collection("okta.capabilities", okta.Capabilities)
CONNECTION: Collection[okta.Connection] = Collection("okta.connection", okta.Connection)
MAPPINGS: Collection[Mappings] = Collection("okta.mappings", Mappings)
USER_TYPES: Collection[UserTypes] = Collection("okta.user_types", UserTypes)
APP_SCHEMA: Collection[Schema] = Collection("okta.app_schema", Schema)
ASSIGNMENTS: Collection[Assignments] = Collection("okta.assignments", Assignments)
APP_GROUPS: Collection[AppGroups] = Collection("okta.app_groups", AppGroups)
GROUP_PUSH: Collection[GroupPushes] = Collection("okta.group_push", GroupPushes)
PUSHED_GROUPS: Collection[PushedGroups] = Collection("okta.pushed_groups", PushedGroups)
EXCLUDED_GROUP: Collection[okta.PushedGroup] = Collection("okta.excluded_group", okta.PushedGroup)
OTHER_ASSIGNMENTS: Collection[Assignments] = Collection("okta.other_assignments", Assignments)
LOG: Collection[okta.Log] = Collection("okta.log", okta.Log)

USERS: Collection[unleash.Users] = Collection("unleash.users", unleash.Users)
ADMIN_COUNT: Collection[unleash.AdminCount] = Collection("unleash.admin_count", unleash.AdminCount)
GROUPS: Collection[Groups] = Collection("unleash.groups", Groups)
ACCESS: Collection[unleash.Access] = Collection("unleash.access", unleash.Access)
INSTANCE: Collection[unleash.Instance] = Collection("unleash.ui_config", unleash.Instance)
STATISTICS: Collection[unleash.Statistics] = Collection("unleash.statistics", unleash.Statistics)
SCIM: Collection[unleash.ScimSettings] = Collection("unleash.scim_settings", unleash.ScimSettings)
SCIM_ENDPOINT: Collection[unleash.ScimEndpoint] = Collection(
    "unleash.scim_endpoint", unleash.ScimEndpoint
)
PASSWORD_LOGIN: Collection[unleash.PasswordLogin] = Collection(
    "unleash.password_login", unleash.PasswordLogin
)
SAML: Collection[unleash.SsoSettings] = Collection("unleash.saml", unleash.SsoSettings)
OIDC: Collection[unleash.SsoSettings] = Collection("unleash.oidc", unleash.SsoSettings)
SERVICE_ACCOUNTS: Collection[ServiceAccounts] = Collection(
    "unleash.service_accounts", ServiceAccounts
)
SELF: Collection[unleash.Self] = Collection("unleash.self", unleash.Self)
OWN_TOKENS: Collection[AccessTokens] = Collection("unleash.own_tokens", AccessTokens)
EVENTS: Collection[unleash.EventLog] = Collection("unleash.events", unleash.EventLog)

TARGETED_COLLECTIONS = frozenset(
    {
        APP.name,
        SSO_APP.name,
        CAPABILITIES.name,
        CONNECTION.name,
        MAPPINGS.name,
        USER_TYPES.name,
        APP_SCHEMA.name,
        GROUP_PUSH.name,
        INSTANCE.name,
        STATISTICS.name,
        SCIM.name,
        PASSWORD_LOGIN.name,
        SAML.name,
        OIDC.name,
    }
)
"""Names of the collections that a targeted audit reads: about one request for each."""

PEOPLE_COLLECTIONS: frozenset[Collection[Any]] = frozenset(
    {ASSIGNMENTS, OTHER_ASSIGNMENTS, EXCLUDED_GROUP, ACCESS, SELF, SERVICE_ACCOUNTS, USERS}
)
"""From these, the users of both sides are joined and exclusions are decided."""

ADMIN_COLLECTIONS: frozenset[Collection[Any]] = PEOPLE_COLLECTIONS | {
    *(APP, SSO_APP, GROUP_PUSH, PUSHED_GROUPS, ADMIN_COUNT, GROUPS),
    *(PASSWORD_LOGIN, SAML, OIDC, STATISTICS, INSTANCE),
}
"""From these, it is decided which admins there are and whether they can sign in."""

MAPPING_COLLECTIONS: frozenset[Collection[Any]] = frozenset({APP, APP_SCHEMA, MAPPINGS, USER_TYPES})
"""From these, the mapping of each user type is read."""

SSO_COLLECTIONS: frozenset[Collection[Any]] = frozenset({SSO_APP, SAML, OIDC, STATISTICS})
"""From these, it is decided how users sign in to Unleash."""

SCIM_COLLECTIONS: frozenset[Collection[Any]] = frozenset({SCIM, STATISTICS, INSTANCE})
"""From these, it is decided whether SCIM is in use in Unleash."""

COLLECTIONS: dict[str, Collection[Any]] = {
    each.name: each
    for each in (
        APP,
        SSO_APP,
        CAPABILITIES,
        CONNECTION,
        MAPPINGS,
        USER_TYPES,
        APP_SCHEMA,
        ASSIGNMENTS,
        APP_GROUPS,
        GROUP_PUSH,
        PUSHED_GROUPS,
        EXCLUDED_GROUP,
        OTHER_ASSIGNMENTS,
        LOG,
        USERS,
        ADMIN_COUNT,
        GROUPS,
        ACCESS,
        INSTANCE,
        STATISTICS,
        SCIM,
        SCIM_ENDPOINT,
        PASSWORD_LOGIN,
        SAML,
        OIDC,
        SERVICE_ACCOUNTS,
        SELF,
        OWN_TOKENS,
        EVENTS,
    )
}
"""Every collection by its name. What is not in it is not read from a saved snapshot."""
