"""A clean snapshot and its records. Every rule passes on it; a test changes one fact.

Ada and Bo are assigned and provisioned. An admin outside SCIM can sign in without Okta, and a
pushed group of admins, with Ada in it, is the second path.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from auditor.domain import collections
from auditor.domain.collections import Collection, MissingData, MissingReason
from auditor.domain.okta import (
    Actor,
    App,
    AppGroup,
    Assignment,
    Capabilities,
    Connection,
    GroupPush,
    Log,
    LogEvent,
    LogTarget,
    MappedAttribute,
    ProfileMapping,
    PushedGroup,
    SchemaAttribute,
    UserType,
)
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.domain.unleash import (
    Access,
    AdminCount,
    Event,
    EventLog,
    Group,
    Instance,
    PasswordLogin,
    RootRole,
    ScimAnswer,
    ScimEndpoint,
    ScimSettings,
    Self,
    SsoSettings,
    Statistics,
    User,
    Users,
)
from auditor.domain.waivers import Attestation

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=30)
JUST_NOW = AT - timedelta(minutes=5)

APP_ID = "0oaUnleash0000000001"
USER_TYPE = "otyUser0000000000001"
CONTRACTOR_TYPE = "otyContractor0000001"
MAPPING_ID = "prmUserToUnleash0001"
ADA, BO = "00uAda00000000000001", "00uBo000000000000001"
ADMIN_GROUP, GROUP_PUSH_ID = "00gUnleashAdmins0001", "gPmUnleashAdmins0001"
ADMIN_ROLE, EDITOR_ROLE, VIEWER_ROLE = 1, 2, 3
ADA_ACCOUNT, BO_ACCOUNT, RECOVERY_ACCOUNT, OWN_ACCOUNT = 11, 12, 2, 3

FEATURES = frozenset(
    {
        "SCIM_PROVISIONING",
        "PUSH_NEW_USERS",
        "PUSH_PROFILE_UPDATES",
        "PUSH_USER_DEACTIVATION",
        "GROUP_PUSH",
    }
)

TARGET = Target(
    name="production",
    org_url="https://acme.okta.com",
    app_id=APP_ID,
    unleash_url="https://unleash.example.com",
)


def target(**changes: Any) -> Target:
    return replace(TARGET, **changes)


def missing(
    why: MissingReason = MissingReason.FORBIDDEN, endpoint: str = "GET /here", **changes: Any
) -> MissingData:
    return MissingData(why=why, endpoint=endpoint, **changes)


def app(**changes: Any) -> App:
    clean = App(
        id=APP_ID,
        label="Unleash",
        name="acme_unleash_1",
        status="ACTIVE",
        sign_on_mode="SAML_2_0",
        features=FEATURES,
        username_template="${source.login}",
        username_template_type="BUILT_IN",
        saml_subject="${user.userName}",
        updated_at=LONG_AGO,
    )
    return replace(clean, **changes)


def capabilities(**changes: Any) -> Capabilities:
    clean = Capabilities(create="ENABLED", update="ENABLED", deactivate="ENABLED")
    return replace(clean, **changes)


def connection(**changes: Any) -> Connection:
    clean = Connection(
        status="ENABLED", auth_scheme="TOKEN", base_url="https://unleash.example.com/scim"
    )
    return replace(clean, **changes)


def mapping(
    *,
    mapping_id: str = MAPPING_ID,
    source_id: str = USER_TYPE,
    without: str = "",
    **attributes: str | MappedAttribute | None,
) -> ProfileMapping:
    """Change attributes by name: an expression, a whole record, or ``None`` to leave one out."""
    expressions: dict[str, str | MappedAttribute | None] = {
        "givenName": "user.firstName",
        "familyName": "user.lastName",
        "email": "user.login",
        "emailType": "(user.email != null && user.email != '') ? 'work' : ''",
        "displayName": "user.displayName",
    }
    properties = {
        name: each
        if isinstance(each, MappedAttribute)
        else MappedAttribute(expression=each, push_status="PUSH")
        for name, each in (expressions | attributes).items()
        if each is not None and name != without
    }
    return ProfileMapping(
        id=mapping_id, source_id=source_id, target_id=APP_ID, properties=properties
    )


def user_type(**changes: Any) -> UserType:
    clean = UserType(id=USER_TYPE, name="user", display_name="User", default=True)
    return replace(clean, **changes)


def schema_attribute(name: str, **changes: Any) -> SchemaAttribute:
    return replace(SchemaAttribute(name=name, title=name, external_name=name), **changes)


def schema(*more: SchemaAttribute, without: str = "") -> tuple[SchemaAttribute, ...]:
    six = ("userName", "givenName", "familyName", "email", "emailType", "displayName")
    return (*(schema_attribute(name) for name in six if name != without), *more)


def assignment(**changes: Any) -> Assignment:
    """Return Ada's assignment."""
    clean = Assignment(
        user_id=ADA,
        status="PROVISIONED",
        sync_state="DISABLED",
        external_id="scim-ada",
        scope="GROUP",
        username="ada@example.com",
        email="ada@example.com",
        login="ada@example.com",
        okta_email="ada@example.com",
        name="Ada Lind",
        user_status="ACTIVE",
        user_type_id=USER_TYPE,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
        status_changed_at=LONG_AGO,
    )
    return replace(clean, **changes)


def assignment_of(first_name: str, **changes: Any) -> Assignment:
    """Return the assignment of any user: ids, email and login follow from the first name."""
    key = first_name.lower()
    email = f"{key}@example.com"
    own = {
        "user_id": f"00u{first_name}".ljust(20, "0"),
        "external_id": f"scim-{key}",
        "username": email,
        "email": email,
        "login": email,
        "okta_email": email,
        "name": f"{first_name} Berg",
    }
    return assignment(**own | changes)


def user(**changes: Any) -> User:
    """Return Ada's account."""
    clean = User(
        id=ADA_ACCOUNT,
        name="Ada Lind",
        username="ada@example.com",
        email="ada@example.com",
        scim_id="scim-ada",
        root_role=VIEWER_ROLE,
        seen_at=AT - timedelta(days=2),
        created_at=LONG_AGO,
    )
    return replace(clean, **changes)


def user_of(first_name: str, account_id: int, **changes: Any) -> User:
    """Return the account of the user of :func:`assignment_of`."""
    key = first_name.lower()
    email = f"{key}@example.com"
    own = {"name": f"{first_name} Berg", "username": email, "email": email}
    return user(**own | {"id": account_id, "scim_id": f"scim-{key}"} | changes)


def recovery(**changes: Any) -> User:
    """Return an admin outside SCIM, with an email that is not in Okta."""
    clean = user(
        id=RECOVERY_ACCOUNT,
        name="Break glass",
        username="break-glass",
        email="break-glass@vault.example.org",
        scim_id=None,
        root_role=ADMIN_ROLE,
    )
    return replace(clean, **changes)


def users(*people: User) -> Users:
    roles = tuple(
        RootRole(id=role_id, name=name, type="root")
        for role_id, name in (
            (ADMIN_ROLE, "Admin"),
            (EDITOR_ROLE, "Editor"),
            (VIEWER_ROLE, "Viewer"),
        )
    )
    return Users(users=tuple(sorted(people, key=lambda each: each.id)), roles=roles)


def instance(**changes: Any) -> Instance:
    clean = Instance(
        version_enterprise="7.5.0",
        version_oss="7.5.0",
        environment="Enterprise",
        unleash_url="https://unleash.example.com",
        password_login_disabled=False,
    )
    return replace(clean, **changes)


def group(**changes: Any) -> Group:
    clean = Group(
        id=1,
        name="Unleash admins",
        root_role=ADMIN_ROLE,
        scim_id="scim-group-admins",
        member_ids=frozenset({ADA_ACCOUNT}),
    )
    return replace(clean, **changes)


def group_push(**changes: Any) -> GroupPush:
    clean = GroupPush(
        id=GROUP_PUSH_ID, source_group_id=ADMIN_GROUP, status="ACTIVE", last_push_at=LONG_AGO
    )
    return replace(clean, **changes)


def pushed_group(**changes: Any) -> PushedGroup:
    clean = PushedGroup(id=ADMIN_GROUP, name="Unleash admins", member_ids=frozenset({ADA}))
    return replace(clean, **changes)


def event(kind: str, *targets: LogTarget, minutes_ago: float = 60, **changes: Any) -> LogEvent:
    """Return a log entry that succeeded; its id follows from kind and age.

    Okta itself causes pushes, an administrator everything else.
    """
    is_push = kind.startswith("application.provision.")
    okta_itself = Actor(id="okta", type="SystemPrincipal", name="Okta System")
    clean = LogEvent(
        id=f"{kind}-{minutes_ago}",
        type=kind,
        published_at=AT - timedelta(minutes=minutes_ago),
        actor=okta_itself
        if is_push
        else Actor(id="00uRoot0000000000001", type="User", name="Ro Ott"),
        targets=targets,
        result="SUCCESS",
    )
    return replace(clean, **changes)


def on_app(**changes: Any) -> LogTarget:
    return replace(LogTarget(id=APP_ID, type="AppInstance", name="Unleash"), **changes)


def on_person(user_id: str = ADA, **changes: Any) -> LogTarget:
    return replace(LogTarget(id=user_id, type="User"), **changes)


def log(*events: LogEvent, days: float = 7) -> Log:
    entries = tuple(sorted(events, key=lambda each: each.published_at))
    return Log(since=AT - timedelta(days=days), until=AT, events=entries)


def event_log(*events: Event, days: float = 7) -> EventLog:
    return EventLog(since=AT - timedelta(days=days), until=AT, events=events)


def attestation(rule: str, subject: str | None = None, **changes: Any) -> Attestation:
    """Return an attestation that was signed yesterday and is valid for 90 days."""
    today = AT.date()
    clean = Attestation(
        rule=rule,
        subject=subject,
        by="Ro Ott",
        on=today - timedelta(days=1),
        expires=today + timedelta(days=90),
        evidence="OPS-1",
    )
    return replace(clean, **changes)


def _statistics_of(values: dict[str, Any]) -> Statistics:
    """Return the statistics that agree with the settings, if those were read."""
    scim, saml, oidc = (
        getattr(values[name], "enabled", default)
        for name, default in (("scim", True), ("saml", True), ("oidc", False))
    )
    is_off = getattr(values["instance"], "password_login_disabled", None)
    return Statistics(
        instance_id="c5d1a5ba-6f5e-4a3c-9d0e-1f0f5f0b7a10",
        scim_enabled=scim,
        saml_enabled=saml,
        oidc_enabled=oidc,
        password_login_enabled=None if is_off is None else not is_off,
    )


def clean_snapshot(**changes: Any) -> Snapshot:
    """Return a clean snapshot, changed by collection (``app=``, ``mappings=``, …).

    A :class:`Missing` makes the collection missing; a list is converted to a tuple.
    ``target=`` and ``at=`` change the snapshot itself.
    """
    target, at = changes.pop("target", TARGET), changes.pop("at", AT)
    people = (user(), user_of("Bo", BO_ACCOUNT), recovery())
    unsupported = missing(
        MissingReason.NOT_FOUND, "GET /api/v1/apps/{id}/features", status=400, detail="E0000001"
    )
    values: dict[str, Any] = {
        "app": app(),
        "sso_app": changes.get("app", app()),
        "capabilities": unsupported,
        "connection": Connection(status="UNKNOWN", auth_scheme="UNKNOWN"),
        "mappings": (mapping(),),
        "user_types": (user_type(),),
        "app_schema": schema(),
        "assignments": (assignment(), assignment_of("Bo", user_id=BO)),
        "app_groups": (AppGroup(id="00gEveryone000000001", name="Everyone"),),
        "group_push": (group_push(),),
        "pushed_groups": (pushed_group(),),
        "log": log(),
        "users": users(*people),
        "admin_count": AdminCount(password=1, no_password=0),
        "groups": (group(),),
        "access": Access(users=people, groups=(group(),)),
        "instance": instance(),
        "scim": ScimSettings(enabled=True, has_token=True),
        "scim_endpoint": ScimEndpoint(
            url="https://unleash.example.com/scim",
            answer=ScimAnswer.REFUSED,
            status=401,
            at=at,
        ),
        "saml": SsoSettings(enabled=True, auto_create=False),
        "oidc": SsoSettings(enabled=False, auto_create=False),
        "service_accounts": (),
        "self": Self(user_id=OWN_ACCOUNT, name="auditor", is_admin=True),
        "own_tokens": (),
        "events": event_log(),
    } | changes
    is_off = getattr(values["instance"], "password_login_disabled", None)
    values.setdefault("password_login", PasswordLogin(disabled=bool(is_off)))
    values.setdefault("statistics", _statistics_of(values))
    seen: dict[str, Any] = {}
    gaps: dict[str, MissingData] = {}
    for key, value in values.items():
        collection: Collection[Any] = getattr(collections, key.upper())
        if isinstance(value, MissingData):
            gaps[collection.name] = value
        else:
            seen[collection.name] = tuple(value) if isinstance(value, list) else value
    return Snapshot(target=target, taken_at=at, read=seen, missing=gaps)
