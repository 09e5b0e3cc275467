"""The world at one instant, and what of it could not be seen. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

from msgspec import Struct

from auditor.config.target import Target
from auditor.world import okta, unleash

T = TypeVar("T")


class Why(StrEnum):
    """Why something was not seen."""

    FORBIDDEN = "forbidden"
    NOT_FOUND = "not found"
    NOT_ON_THIS_EDITION = "not on this edition"
    """It was looked for and does not exist here: this is knowledge, not blindness."""

    RATE_LIMITED = "rate limited"
    TIMEOUT = "timeout"
    NETWORK = "network"
    BAD_PAYLOAD = "bad payload"
    TRUNCATED = "truncated"
    NOT_CONFIGURED = "not configured"


class Missing(Struct, frozen=True, kw_only=True):
    """Why a collection is absent."""

    why: Why
    endpoint: str
    """Method and path: ``GET /api/v1/mappings``. Never a query, a header or a body."""

    status: int | None = None
    detail: str = ""
    """Okta's error code or our own words; nothing copied from an answer's body."""

    @property
    def cause(self) -> str:
        """Say it without the place."""
        return f"{self._what}{self._detail}"

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self._what} at {self.endpoint}{self._detail}"

    @property
    def _what(self) -> str:
        return f"{self.why.value} ({self.status})" if self.status else self.why.value

    @property
    def _detail(self) -> str:
        return f": {self.detail}" if self.detail else ""


class RateLimit(Struct, frozen=True, kw_only=True):
    """A rate-limit bucket of Okta at the tightest that an audit saw it; others draw on it too."""

    bucket: str
    """The path whose requests it counts, ids left out: ``/api/v1/apps/{}/users``."""

    limit: int
    """Requests in one window, most often a minute."""

    remaining: int


@dataclass(frozen=True, slots=True)
class Collection(Generic[T]):
    """The key of a part of the world that is fetched, and can fail, on its own."""

    name: str
    type: Any
    """What msgspec decodes it as when a saved snapshot is read: the same as ``T``."""

    def __str__(self) -> str:
        """Name it as reports do."""
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

COLLECTIONS: dict[str, Collection[Any]] = {
    value.name: value for value in tuple(globals().values()) if isinstance(value, Collection)
}


class NotSeen(Exception):  # noqa: N818  (it reads as what happened: a rule asked for the unseen)
    """A collection was asked for that is not there; evaluation turns it into *blind*."""

    def __init__(self, collection: Collection[Any], missing: Missing) -> None:
        super().__init__(f"{collection.name}: {missing}")
        self.collection = collection
        self.missing = missing


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that was seen of one target, and why the rest was not."""

    target: Target
    taken_at: datetime
    seen: Mapping[str, Any]
    """Collection name to its value."""

    missing: Mapping[str, Missing]
    """Collection name to the reason; disjoint from ``seen``."""

    requests: int = 0
    """How many it took; none when it was read from a file."""

    request_ids: Mapping[str, str] = field(default_factory=dict)
    """Collection name to what the service's own logs call the last answer about it."""

    rate_limits: tuple[RateLimit, ...] = ()
    """What was left of each bucket meanwhile; none when it was read from a file."""

    def __getitem__(self, collection: Collection[T]) -> T:
        """Return what was seen; raise :class:`NotSeen` rather than anything that looks empty."""
        if collection.name in self.seen:
            return cast("T", self.seen[collection.name])
        raise NotSeen(collection, self.why_missing(collection))

    def get(self, collection: Collection[T]) -> T | None:
        """Return what was seen, or ``None``; for evidence that is welcome but not needed."""
        return cast("T | None", self.seen.get(collection.name))

    def lacks(self, collection: Collection[Any]) -> Missing | None:
        """Return why ``collection`` was not seen; ``None`` when it was."""
        return None if collection.name in self.seen else self.why_missing(collection)

    def why_missing(self, collection: Collection[Any]) -> Missing:
        """Return the recorded reason, or that nobody asked for it."""
        never_asked = Missing(why=Why.NOT_CONFIGURED, endpoint="-", detail="was not collected")
        return self.missing.get(collection.name, never_asked)
