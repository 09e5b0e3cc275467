"""The objects of an Okta org: mutable records without HTTP."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

PushStatus = Literal["PUSH", "DONT_PUSH"]


@dataclass(slots=True)
class Person:
    """An Okta user."""

    id: str
    type_id: str
    status: str
    profile: dict[str, object]
    created_at: datetime
    changed_at: datetime
    status_changed_at: datetime

    @property
    def login(self) -> str:
        """The login of the person."""
        return str(self.profile["login"])

    @property
    def email(self) -> str:
        """The primary email; often, not always, the login."""
        return str(self.profile["email"])

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.profile['firstName']} {self.profile['lastName']}"


@dataclass(slots=True)
class UserType:
    """A user type: the source of one mapping per app."""

    id: str
    schema_id: str
    name: str
    display_name: str
    default: bool
    created_at: datetime


@dataclass(slots=True)
class Attribute:
    """One attribute of an app's schema."""

    title: str
    external_name: str
    custom: bool = False
    required: bool = False


@dataclass(slots=True)
class Mapped:
    """One property of a profile mapping."""

    expression: str
    push_status: PushStatus


@dataclass(slots=True)
class End:
    """One side of a profile mapping: an app (`appuser`) or a user type (`user`)."""

    id: str
    name: str
    type: Literal["appuser", "user"]
    schema_id: str = ""


@dataclass(slots=True)
class ProfileMapping:
    """How the profile of one side is computed from the profile of the other."""

    id: str
    source: End
    target: End
    properties: dict[str, Mapped] = field(default_factory=dict)


@dataclass(slots=True)
class UserNameTemplate:
    """Where the application username comes from."""

    template: str = "${source.login}"
    type: str = "BUILT_IN"
    push_status: PushStatus | None = None


@dataclass(slots=True)
class Connection:
    """The answer of `/connections/default`, if it has one."""

    base_url: str
    auth_scheme: str
    status: str = "ENABLED"


@dataclass(slots=True)
class Assignment:
    """An app user: a person's profile as it was computed for an app when last pushed."""

    person_id: str
    scope: str
    status: str
    username: str
    profile: dict[str, object]
    created_at: datetime
    changed_at: datetime
    status_changed_at: datetime
    sync_state: str = "DISABLED"
    external_id: str | None = None
    synced_at: datetime | None = None
    is_older_than_provisioning: bool = False
    """Assigned while provisioning was off: only "Provision User" creates the account."""


@dataclass(slots=True)
class App:
    """An app integration with its people."""

    id: str
    name: str
    label: str
    created_at: datetime
    changed_at: datetime
    status: str = "ACTIVE"
    sign_on_mode: str = "SAML_2_0"
    features: list[str] = field(default_factory=list)
    username: UserNameTemplate = field(default_factory=UserNameTemplate)
    sign_on: dict[str, object] = field(default_factory=dict)
    schema: dict[str, Attribute] = field(default_factory=dict)
    schema_changed_at: datetime | None = None
    connection: Connection | None = None
    shows_capabilities: bool = False
    assignments: dict[str, Assignment] = field(default_factory=dict)
    group_ids: list[str] = field(default_factory=list)
    pushes: dict[str, "GroupPush"] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """An Okta group, or the app group that a group push leaves on Okta's side."""

    id: str
    name: str
    type: str
    created_at: datetime
    members_changed_at: datetime
    # A dict keeps the order of joining, so that an equal seed gives equal lists.
    member_ids: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class GroupPush:
    """A group-push mapping."""

    id: str
    source_id: str
    target_id: str
    created_at: datetime
    changed_at: datetime
    status: str = "ACTIVE"
    error: str | None = None
    pushed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogTarget:
    """One target of a System Log event."""

    id: str
    type: str
    name: str
    alternate_id: str
    change: tuple[dict[str, object], dict[str, object]] | None = None
    """`changeDetails` from and to, for the few event types that carry it."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of the System Log."""

    uuid: str
    at: datetime
    type: str
    message: str
    actor: LogTarget
    targets: tuple[LogTarget, ...]
    result: str = "SUCCESS"
    reason: str | None = None
    late_by: timedelta = timedelta()
    """Time after `at` until the log shows it."""

    @property
    def persisted_at(self) -> datetime:
        """When the log begins to show it."""
        return self.at + self.late_by


@dataclass(slots=True)
class Org:
    """The whole org."""

    id: str
    url: str = "http://127.0.0.1"
    people: dict[str, Person] = field(default_factory=dict)
    types: dict[str, UserType] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    mappings: dict[str, ProfileMapping] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    log: list[LogEvent] = field(default_factory=list)
