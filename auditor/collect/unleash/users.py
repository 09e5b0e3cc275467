"""The users and the admins of Unleash."""

from collections.abc import Callable, Iterable

from msgspec import UNSET, Struct, UnsetType

from auditor.collect.http import Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MAX_PAGE_BYTES, MAX_WHOLE_LIST_BYTES
from auditor.collect.reader import (
    Reader,
    Schema,
    Time,
    cap_text,
    decode_body,
    filled,
    plausible,
)
from auditor.collect.unleash.groups import GroupList, groups_of, informative_id
from auditor.domain.unleash import Access, AdminCount, RootRole, ServiceAccount, User, Users

USERS_ENDPOINT = Endpoint(path="/api/admin/user-admin", cap=MAX_WHOLE_LIST_BYTES)
ADMIN_COUNT_ENDPOINT = Endpoint(path="/api/admin/user-admin/admin-count")
ACCESS_ENDPOINT = Endpoint(path="/api/admin/user-admin/access", cap=MAX_WHOLE_LIST_BYTES)
SERVICE_ACCOUNTS_ENDPOINT = Endpoint(path="/api/admin/service-account", cap=MAX_PAGE_BYTES)


class _User(Schema):
    """The answer has more fields. ``inviteLink`` is a valid credential, so it has no field here."""

    id: int
    name: str | None = None
    username: str | None = None
    email: str | None = None
    scim_id: str | UnsetType | None = UNSET
    root_role: int | None = None
    seen_at: Time | None = None
    created_at: Time | None = None


class _RootRole(Schema):
    id: int
    name: str
    type: str | None = None


class _Users(Schema):
    users: list[_User]
    root_roles: list[_RootRole]


class _AdminCount(Schema):
    password: int
    no_password: int
    service: int = 0


class UsersAndCount(Struct, frozen=True):
    """The user list, and how many of its admins have a password: or why that is not known."""

    users: Users
    admins: AdminCount | CollectError


def read_users_and_count(reader: Reader) -> UsersAndCount:
    """Read the user list and the admin count, and both once more if they contradict each other."""
    found = _read_users_and_count(reader)
    return found if _agrees(found) else _read_users_and_count(reader)


def _read_users_and_count(reader: Reader) -> UsersAndCount:
    users = _read_users(reader)
    try:
        # Read directly after the list: an admin who is added in between makes the two differ.
        return UsersAndCount(users, _read_admin_count(reader))
    except CollectError as error:
        return UsersAndCount(users, error)


def _agrees(found: UsersAndCount) -> bool:
    if isinstance(found.admins, CollectError) or found.users.admin_role_id is None:
        return True
    # Unleash counts direct admins only, not those by a group.
    return found.admins.password + found.admins.no_password == len(found.users.admins)


def _read_users(reader: Reader) -> Users:
    listed = reader.record(_Users, USERS_ENDPOINT)
    return Users(
        users=_users(listed.users),
        roles=tuple(
            RootRole(id=role.id, name=role.name, type=role.type) for role in listed.root_roles
        ),
    )


def _users(rows: Iterable[_User]) -> tuple[User, ...]:
    users = (
        User(
            id=row.id,
            name=cap_text(filled(row.name)),
            username=filled(row.username),
            email=filled(row.email),
            scim_id=informative_id(row.scim_id),
            root_role=row.root_role,
            seen_at=plausible(row.seen_at),
            created_at=plausible(row.created_at),
        )
        for row in rows
    )
    # Unleash returns the list in no order (recorded).
    return tuple(sorted(users, key=lambda user: user.id))


def _read_admin_count(reader: Reader) -> AdminCount:
    count = reader.record(_AdminCount, ADMIN_COUNT_ENDPOINT)
    return AdminCount(password=count.password, no_password=count.no_password, service=count.service)


class _Access(GroupList):
    users: list[_User]


class _Listed(Schema):
    id: int


class _AccessGroups(GroupList):
    users: list[_Listed]


def read_access(reader: Reader, headcount: Callable[[], UsersAndCount]) -> Access:
    """Read the data for every token: names, emails, groups with roles but without members.

    Its users are kept only if the user list, which ``headcount`` returns, failed or is empty.
    """
    answer = reader.answer(ACCESS_ENDPOINT)
    # A second record of each of 100,000 users, with fewer fields, would be read by no rule.
    if _lists_users(headcount):
        return Access(users=None, groups=groups_of(decode_body(_AccessGroups, answer).groups))
    access = decode_body(_Access, answer)
    return Access(users=_users(access.users), groups=groups_of(access.groups))


def _lists_users(headcount: Callable[[], UsersAndCount]) -> bool:
    try:
        return bool(headcount().users.users)
    except Exception:  # noqa: BLE001  (after any failure of the list, /access replaces it)
        return False


class _ServiceAccount(Schema):
    id: int
    name: str | None = None
    root_role: int | None = None


class _ServiceAccounts(Schema):
    service_accounts: list[_ServiceAccount]


def read_service_accounts(reader: Reader) -> tuple[ServiceAccount, ...]:
    """Read the service accounts of an Enterprise instance."""
    rows = reader.record(_ServiceAccounts, SERVICE_ACCOUNTS_ENDPOINT).service_accounts
    return tuple(
        ServiceAccount(id=row.id, name=cap_text(row.name), root_role=row.root_role) for row in rows
    )
