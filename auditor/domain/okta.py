"""What an Okta org says: the records of its management API. Pure.

Every field that Okta may leave out, or may fill with a value nobody has heard of, is optional or
a plain string: a record is never lost for one odd field, and what is absent stays absent.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

ASSIGNMENT_ACTIVE = frozenset({"ACTIVE", "PROVISIONED"})
ASSIGNMENT_ON_THE_WAY = frozenset({"STAGED", "PENDING", "APPROVED"})
ASSIGNMENT_INACTIVE = frozenset(
    {"INACTIVE", "SUSPENDED", "REVOKED", "DEPROVISIONED", "UNASSIGNED", "IMPORTED", "MATCHED"}
)
USER_ACTIVE = frozenset({"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED"})
USER_INACTIVE = frozenset({"STAGED", "SUSPENDED", "DEPROVISIONED"})


class AssignmentStatus(StrEnum):
    """What an assignment means for access to Unleash."""

    ACTIVE = "active"
    ON_THE_WAY = "on the way"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class App(Struct, frozen=True, kw_only=True):
    """The provisioning app: ``/api/v1/apps/{id}``."""

    id: str
    label: str
    name: str
    """The app's kind in the org's catalogue; part of its console address."""

    status: str | None = None
    sign_on_mode: str | None = None
    features: frozenset[str] | None = None
    """``None`` when the answer had no such field, which is not the same as no features."""

    username_template: str | None = None
    username_template_type: str | None = None
    saml_subject: str | None = None
    """``settings.signOn.subjectNameIdTemplate``: what a SAML sign-on asserts."""

    updated_at: datetime | None = None


class Capabilities(Struct, frozen=True, kw_only=True):
    """``USER_PROVISIONING`` of ``/api/v1/apps/{id}/features``."""

    create: str | None = None
    update: str | None = None
    deactivate: str | None = None


class Connection(Struct, frozen=True, kw_only=True):
    """``/api/v1/apps/{id}/connections/default``; ``UNKNOWN`` in a field is no evidence."""

    status: str | None = None
    auth_scheme: str | None = None
    base_url: str | None = None


class MappedAttribute(Struct, frozen=True, kw_only=True):
    """One attribute of the app and the expression that fills it."""

    expression: str | None
    push_status: str | None = None
    """``PUSH`` on create and update, ``DONT_PUSH`` on create only."""


class ProfileMapping(Struct, frozen=True, kw_only=True):
    """From one user type to the app: ``/api/v1/mappings/{id}``."""

    id: str
    source_id: str
    target_id: str
    properties: dict[str, MappedAttribute]


class UserType(Struct, frozen=True, kw_only=True):
    """``/api/v1/meta/types/user``."""

    id: str
    name: str
    display_name: str | None = None
    default: bool = False

    @property
    def title(self) -> str:
        """What the console calls it."""
        return self.display_name or self.name


class SchemaAttribute(Struct, frozen=True, kw_only=True):
    """One attribute of the app user profile."""

    name: str
    title: str | None = None
    external_name: str | None = None
    custom: bool = False
    """Custom attributes can be removed in the Profile Editor, base attributes cannot."""


class Assignment(Struct, frozen=True, kw_only=True, gc=False):
    """A person assigned to the app: ``/api/v1/apps/{id}/users?expand=user``."""

    user_id: str
    status: str | None = None
    sync_state: str | None = None
    external_id: str | None = None
    """The SCIM id that the application gave."""

    scope: str | None = None
    username: str | None = None
    """``credentials.userName``: the application username."""

    email: str | None = None
    """``profile.email``: what the mapping gave at its last push."""

    login: str | None = None
    okta_email: str | None = None
    """The person's email in Okta, whatever is mapped."""

    name: str | None = None
    user_status: str | None = None
    user_type_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    status_changed_at: datetime | None = None

    @property
    def state(self) -> AssignmentStatus:
        """Weigh the assignment's status and the person's; an unheard-of value is unknown."""
        if self.status in ASSIGNMENT_INACTIVE or self.user_status in USER_INACTIVE:
            return AssignmentStatus.INACTIVE
        if self.user_status not in USER_ACTIVE:
            return AssignmentStatus.UNKNOWN
        if self.status in ASSIGNMENT_ACTIVE:
            return AssignmentStatus.ACTIVE
        if self.status in ASSIGNMENT_ON_THE_WAY:
            return AssignmentStatus.ON_THE_WAY
        return AssignmentStatus.UNKNOWN

    @property
    def is_active(self) -> bool:
        """Tell whether the person should have access now."""
        return self.state is AssignmentStatus.ACTIVE

    @property
    def label(self) -> str:
        """Name the person for a reader."""
        return self.name or self.login or self.user_id


class AppGroup(Struct, frozen=True, kw_only=True):
    """A group that is assigned to the app (not: pushed by it)."""

    id: str
    name: str | None = None


class GroupPush(Struct, frozen=True, kw_only=True):
    """``/api/v1/apps/{id}/group-push/mappings``."""

    id: str
    source_group_id: str
    target_group_id: str | None = None
    status: str | None = None
    """``ACTIVE``, ``INACTIVE``, ``ERROR`` or unheard of."""

    error_summary: str | None = None
    last_push_at: datetime | None = None


class PushedGroup(Struct, frozen=True, kw_only=True):
    """A group of the org whose members are pushed."""

    id: str
    name: str
    member_ids: frozenset[str] | None = None
    """Okta user ids; ``None`` when the members were not read."""


class Actor(Struct, frozen=True, kw_only=True):
    """Who did something."""

    id: str
    type: str
    name: str | None = None
    login: str | None = None


class LogTarget(Struct, frozen=True, kw_only=True):
    """What it was done to."""

    id: str
    type: str
    name: str | None = None
    login: str | None = None
    before: dict[str, str] = field(default_factory=dict)
    """``changeDetails.from``, each value in canonical JSON."""

    after: dict[str, str] = field(default_factory=dict)


class LogEvent(Struct, frozen=True, kw_only=True):
    """One entry of the System Log."""

    id: str
    type: str
    published_at: datetime
    actor: Actor
    targets: tuple[LogTarget, ...] = ()
    result: str | None = None
    """``SUCCESS``, ``FAILURE``, ``SKIPPED``, … or unheard of."""

    reason: str | None = None


class Log(Struct, frozen=True, kw_only=True):
    """A stretch of the System Log."""

    since: datetime
    until: datetime
    events: tuple[LogEvent, ...] = ()
    """Oldest first, each once."""
