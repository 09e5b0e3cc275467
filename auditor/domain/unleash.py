"""The records of Unleash's admin API. Pure.

The responses contain secrets (invite links, the OIDC secret, the SAML key). No record has a field
for them.
"""

from datetime import datetime
from enum import StrEnum
from functools import cached_property

from msgspec import UNSET, Struct, UnsetType, field

ADMIN_ROLE = "Admin"


# gc=False: there can be 100,000 of these records, and none is part of a reference cycle.
class User(Struct, frozen=True, kw_only=True, gc=False):
    """A user's account: ``/api/admin/user-admin``, or ``/access`` for a token with fewer rights."""

    id: int
    name: str | None = None
    username: str | None = None
    email: str | None = None
    scim_id: str | UnsetType | None = UNSET
    """``None``: not managed by SCIM. Unset: the response has no such field."""

    root_role: int | None = None
    seen_at: datetime | None = None
    """The last successful login; API calls do not count."""

    created_at: datetime | None = None

    @property
    def is_scim_managed(self) -> bool | None:
        """Whether SCIM manages the account; ``None``: unknown."""
        return None if self.scim_id is UNSET else self.scim_id is not None

    @property
    def label(self) -> str:
        """The name of the account for readers."""
        return self.name or self.email or self.username or f"user {self.id}"


class RootRole(Struct, frozen=True, kw_only=True):
    """A root role: it is valid for the whole instance."""

    id: int
    name: str
    type: str | None = None


class Users(Struct, frozen=True, kw_only=True, dict=True):
    """All users and root roles of the instance, sorted by id."""

    users: tuple[User, ...]
    roles: tuple[RootRole, ...]

    @cached_property
    def admins(self) -> tuple[User, ...]:
        """The users with the root role Admin; empty if the response lists no such role."""
        role = self.admin_role_id
        # Without the id, every account without a role would be an admin.
        return () if role is None else tuple([x for x in self.users if x.root_role == role])

    @cached_property
    def without_known_role(self) -> int:
        """The number of users whose root role the response does not contain."""
        return sum(each.root_role is None for each in self.users)

    @cached_property
    def admin_role_id(self) -> int | None:
        """Id of the root role Admin; ``None``: the response lists no such role."""
        return next(
            # The name alone is not enough: roles that admins create have other types.
            (role.id for role in self.roles if role.name == ADMIN_ROLE and role.type == "root"),
            None,
        )


class AdminCount(Struct, frozen=True, kw_only=True):
    """Number of direct admins of each kind: ``/api/admin/user-admin/admin-count``."""

    password: int
    no_password: int
    service: int = 0


class Group(Struct, frozen=True, kw_only=True):
    """A group of Unleash: ``/api/admin/groups`` or ``/api/admin/user-admin/access``."""

    id: int
    name: str
    root_role: int | None = None
    scim_id: str | UnsetType | None = UNSET
    member_ids: frozenset[int] | None = None
    """``None``: the response has only the number of members."""


class Access(Struct, frozen=True, kw_only=True):
    """The users and groups that any token may read: ``/api/admin/user-admin/access``."""

    users: tuple[User, ...] | None
    """``None``: the user list was read. It lists the same users, with more fields."""

    groups: tuple[Group, ...]


class Instance(Struct, frozen=True, kw_only=True):
    """``/api/admin/ui-config``."""

    version_oss: str | None = None
    version_enterprise: str | None = None
    """Suggests the edition, but does not prove it."""

    environment: str | None = None
    unleash_url: str | None = None
    base_uri_path: str | None = None
    """Base path of the instance; ``""``: none. Use this one: ``unleash_url`` can lack the path."""

    password_login_disabled: bool | None = None


class Statistics(Struct, frozen=True, kw_only=True):
    """``/api/admin/instance-admin/statistics``; can be some minutes old."""

    instance_id: str | None = None
    scim_enabled: bool | None = None
    saml_enabled: bool | None = None
    oidc_enabled: bool | None = None
    password_login_enabled: bool | None = None


class ScimSettings(Struct, frozen=True, kw_only=True):
    """``/api/admin/scim-settings``."""

    enabled: bool | None = None
    has_token: bool | None = None


class ScimAnswer(StrEnum):
    """The kind of response of the SCIM endpoint to a request without a credential."""

    SCIM = "scim"
    """200 with a SCIM content type, or with JSON that has SCIM's ``schemas``."""

    REFUSED = "refused"
    """401 or 403 in JSON: the endpoint asks for a token."""

    HTML = "html"
    """A web page with status 200: without SCIM, Unleash returns its admin interface."""

    NOT_FOUND = "not_found"
    REDIRECT = "redirect"
    OTHER = "other"
    """Any other response. It proves nothing."""


class ScimEndpoint(Struct, frozen=True, kw_only=True):
    """The response to ``GET {origin}{baseUriPath}/scim/Users``, sent without a credential.

    It shows what the network of the auditor reaches. Okta can reach another server.
    """

    url: str
    """Address of the SCIM endpoint, without ``/Users``."""

    answer: ScimAnswer
    status: int
    content_type: str = ""
    """Media type of the response, without parameters; empty: none, or not a media type."""

    at: datetime
    """When the request was sent. An audit less than an hour later reuses the response."""


class PasswordLogin(Struct, frozen=True, kw_only=True):
    """``/api/admin/auth/simple/settings``."""

    disabled: bool = False
    """A missing field means enabled."""


class SsoSettings(Struct, frozen=True, kw_only=True):
    """``/api/admin/auth/{saml,oidc}/settings``, without its secrets."""

    enabled: bool | None = None
    auto_create: bool | None = None


class ServiceAccount(Struct, frozen=True, kw_only=True):
    """An account for a program, not for a user."""

    id: int
    name: str | None = None
    root_role: int | None = None


class AccessToken(Struct, frozen=True, kw_only=True):
    """A personal access token of the auditor's own account, without its secret."""

    id: int
    description: str | None = None
    expires_at: datetime | None = None


class Self(Struct, frozen=True, kw_only=True):
    """The account that the auditor's token belongs to."""

    user_id: int | None = None
    """``None``: an admin API token, which has no owner."""

    name: str | None = None
    is_admin: bool = False


class Event(Struct, frozen=True, kw_only=True):
    """One entry of Unleash's event log."""

    id: int
    type: str
    created_at: datetime
    created_by: str | None = None
    created_by_id: int | None = None
    """-42: an admin API token, and ``created_by`` is its name. -1337: Unleash itself."""

    subject: str | None = None
    """Id of the user, group or setting that the event is about."""

    before: dict[str, str] = field(default_factory=dict)
    """The fields of ``preData`` that the rules use, each in canonical JSON."""

    after: dict[str, str] = field(default_factory=dict)


class EventLog(Struct, frozen=True, kw_only=True):
    """The event log between two times."""

    since: datetime
    until: datetime
    events: tuple[Event, ...] = ()
    """Oldest first, each once."""
