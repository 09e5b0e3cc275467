"""The records of Okta's management API. Pure.

Okta can omit most fields and can add values to its enumerations. Such fields are optional or plain
strings, so that one unknown value does not lose the record.
"""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from msgspec import UNSET, Struct, UnsetType, field

ASSIGNMENT_ACTIVE = frozenset({"ACTIVE", "PROVISIONED"})
ASSIGNMENT_ON_THE_WAY = frozenset({"STAGED", "PENDING", "APPROVED"})
ASSIGNMENT_INACTIVE = frozenset(
    # REVOKED: the access has ended, although an admin's task can be open (Okta > Tasks).
    {"INACTIVE", "REVOKED", "DEPROVISIONED", "UNASSIGNED", "IMPORTED", "MATCHED"}
)
SUSPENDED = "SUSPENDED"
"""Status of a user or an assignment. A suspended user keeps the assignments (help.okta.com)."""

USER_ACTIVE = frozenset({"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED"})
USER_STAGED = "STAGED"
"""Created, not yet activated. With ``PUSH_PENDING_USERS`` the account in the app exists already."""

USER_DEACTIVATED = "DEPROVISIONED"


class AssignmentStatus(StrEnum):
    """What the status of an assignment and of its user means for access to Unleash."""

    ACTIVE = "active"
    ON_THE_WAY = "in progress"
    """A push or an activation is outstanding: the account can exist or not."""

    SUSPENDED = "suspended"
    """The user is suspended and still assigned. The account stays, and the user can return."""

    INACTIVE = "inactive"
    """The assignment has ended, or the user is deactivated."""

    UNKNOWN = "unknown"


class App(Struct, frozen=True, kw_only=True):
    """The provisioning app: ``/api/v1/apps/{id}``."""

    id: str
    label: str
    name: str
    """Name of the app in the org's catalogue; part of the address of its console page."""

    status: str | None = None
    sign_on_mode: str | None = None
    features: frozenset[str] | None = None
    """``None``: the response has no such field. This differs from an app without features."""

    username_template: str | None = None
    username_template_type: str | None = None
    saml_subject: str | None = None
    """``settings.signOn.subjectNameIdTemplate``: the identifier that SAML asserts."""

    updated_at: datetime | None = None


class Capabilities(Struct, frozen=True, kw_only=True):
    """``USER_PROVISIONING`` of ``/api/v1/apps/{id}/features``."""

    create: str | None = None
    update: str | None = None
    deactivate: str | None = None


class Connection(Struct, frozen=True, kw_only=True):
    """``/api/v1/apps/{id}/connections/default``. The value ``UNKNOWN`` is not evidence."""

    status: str | None = None
    auth_scheme: str | None = None
    base_url: str | None = None


class MappedAttribute(Struct, frozen=True, kw_only=True):
    """One attribute of the app and the expression that fills it."""

    expression: str | None
    push_status: str | None = None
    """``PUSH`` on create and update, ``DONT_PUSH`` on create only."""


class ProfileMapping(Struct, frozen=True, kw_only=True):
    """The mapping from one user type to the app: ``/api/v1/mappings/{id}``."""

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
        """The name that the Okta console shows."""
        return self.display_name or self.name


class SchemaAttribute(Struct, frozen=True, kw_only=True):
    """One attribute of the app user profile."""

    name: str
    title: str | None = None
    external_name: str | None = None
    external_namespace: str | UnsetType | None = UNSET
    """SCIM namespace; Okta pushes no attribute without one. Unset: this field was not read."""

    custom: bool = False
    """Custom attributes can be removed in the Profile Editor, base attributes cannot."""


# Tuples: they compare by identity, and the hash of an enumeration's member is computed in Python.
_LIVE = (AssignmentStatus.ACTIVE, AssignmentStatus.ON_THE_WAY, AssignmentStatus.SUSPENDED)
_PAST = (AssignmentStatus.SUSPENDED, AssignmentStatus.INACTIVE)


@lru_cache(maxsize=256)  # 100,000 assignments have only a few pairs of statuses
def _assignment_status(status: str | None, user_status: str | None) -> AssignmentStatus:
    # Either one alone ends the access, so this holds even if the other status is unlisted.
    if status in ASSIGNMENT_INACTIVE or user_status == USER_DEACTIVATED:
        return AssignmentStatus.INACTIVE
    if status not in ASSIGNMENT_ACTIVE | ASSIGNMENT_ON_THE_WAY | {SUSPENDED}:
        return AssignmentStatus.UNKNOWN
    # Before the user's status is checked: SUSPENDED is not in USER_ACTIVE, but it is documented.
    if SUSPENDED in {status, user_status}:
        return AssignmentStatus.SUSPENDED
    if user_status not in USER_ACTIVE | {USER_STAGED}:
        return AssignmentStatus.UNKNOWN
    if status in ASSIGNMENT_ON_THE_WAY or user_status == USER_STAGED:
        return AssignmentStatus.ON_THE_WAY
    return AssignmentStatus.ACTIVE


# gc=False: an app can have 100,000 assignments, and none is part of a reference cycle.
class Assignment(Struct, frozen=True, kw_only=True, gc=False):
    """A user assigned to the app: ``/api/v1/apps/{id}/users?expand=user``."""

    user_id: str
    status: str | None = None
    sync_state: str | None = None
    external_id: str | None = None
    """The SCIM id that the application returned. Inferred: it equals the account's ``scimId``."""

    scope: str | None = None
    username: str | None = None
    """``credentials.userName``: the application username."""

    email: str | None = None
    """``profile.email``: the mapped value, computed at the last push."""

    login: str | None = None
    okta_email: str | None = None
    """The user's primary email in Okta."""

    name: str | None = None
    user_status: str | None = None
    user_type_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    status_changed_at: datetime | None = None
    """When the status of the assignment last changed."""

    user_status_changed_at: datetime | None = None
    """When the status of the user last changed: deactivation, suspension, reactivation."""

    @property
    def state(self) -> AssignmentStatus:
        """Combine the status of the assignment and of the user; an unlisted value is unknown."""
        return _assignment_status(self.status, self.user_status)

    @property
    def is_active(self) -> bool:
        """Return whether the user has access now."""
        return self.state is AssignmentStatus.ACTIVE

    @property
    def is_live(self) -> bool:
        """Whether the assignment exists and can give access, now or after the user returns."""
        return self.state in _LIVE

    @property
    def has_ended(self) -> bool:
        """Whether the assignment has certainly ended, or the user is deactivated."""
        return self.state is AssignmentStatus.INACTIVE

    @property
    def is_past(self) -> bool:
        """Whether the user has no access now: suspended, deactivated or unassigned."""
        return self.state in _PAST

    @property
    def changed_at(self) -> datetime | None:
        """The latest change of either status; ``None``: neither has a date."""
        one, other = self.status_changed_at, self.user_status_changed_at
        return max(one, other) if one and other else one or other

    @property
    def suspended_at(self) -> datetime | None:
        """When the suspension began; ``None``: the user is not suspended, or it has no date."""
        if self.state is not AssignmentStatus.SUSPENDED:
            return None
        is_user = self.user_status == SUSPENDED
        return self.user_status_changed_at if is_user else self.status_changed_at

    @property
    def began_at(self) -> datetime | None:
        """When the current state began: the latest change of either status, or the assignment."""
        dates = (self.status_changed_at or self.created_at, self.user_status_changed_at)
        return max((each for each in dates if each), default=None)

    @property
    def label(self) -> str:
        """The name of the user for readers."""
        return self.name or self.login or self.user_id


class AppGroup(Struct, frozen=True, kw_only=True):
    """A group that is assigned to the app. Pushed groups are separate."""

    id: str
    name: str | None = None


class GroupPush(Struct, frozen=True, kw_only=True):
    """``/api/v1/apps/{id}/group-push/mappings``."""

    id: str
    source_group_id: str
    target_group_id: str | None = None
    """Okta's record of the group in the app, which can have another name."""

    status: str | None = None
    """``ACTIVE``, ``INACTIVE``, ``ERROR`` or a value that is not documented."""

    error_summary: str | None = None
    last_push_at: datetime | None = None


class PushedGroup(Struct, frozen=True, kw_only=True):
    """The source group of a push, or the record of its target group (without members)."""

    id: str
    name: str
    member_ids: frozenset[str] | None = None
    """Okta user ids; ``None`` when the members were not read."""

    members_changed_at: datetime | None = None
    """``lastMembershipUpdated``."""

    members_gap: str = ""
    """Why the members that were read do not count; empty: they count, or were not read."""


class Actor(Struct, frozen=True, kw_only=True):
    """The user, app or system that caused an event."""

    id: str
    type: str
    name: str | None = None
    login: str | None = None


class LogTarget(Struct, frozen=True, kw_only=True):
    """One of the objects that an event concerns."""

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
    """``SUCCESS``, ``FAILURE``, ``SKIPPED``, … or a value that is not documented."""

    reason: str | None = None
    user_agent: str | None = None
    """``client.userAgent.rawUserAgent``: identifies the console, Terraform or a script."""

    note: str | None = None
    """``debugContext.debugData.customMessage``; not a stable contract of Okta."""

    of_unknown_app: bool = False
    """It names an app user and no app, so it can concern any app of the org."""


class Log(Struct, frozen=True, kw_only=True):
    """The part of the System Log between two times, and the last events before it."""

    since: datetime
    until: datetime
    events: tuple[LogEvent, ...] = ()
    """All events between ``since`` and ``until``, oldest first, each once."""

    earlier: tuple[LogEvent, ...] = ()
    """Events before ``since``: the last success and the last failure of each operation on each
    subject, oldest first."""

    complete_since: datetime | None = None
    """Start of the time for which ``earlier`` is complete; ``None``: ``since``. It is unknown
    whether an operation happened before that time."""

    profile_updates_since: datetime | None = None
    """Start of the time for which updates of user profiles were read; ``None``: ``since``. These
    events name no app, so they are read for a short time only."""

    @property
    def known(self) -> tuple[LogEvent, ...]:
        """All events that are known, oldest first."""
        return (*self.earlier, *self.events)
