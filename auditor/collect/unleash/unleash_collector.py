"""Read all collections of an Unleash instance at the same time, and find its edition."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from auditor.collect.collection_tasks import CollectionTask, CollectionTasks
from auditor.collect.http import NOT_FOUND_ERROR, ApiClient, Endpoint, SignIn
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.transport import HeaderAuth
from auditor.collect.reader import Reader
from auditor.collect.unleash.event_log import EVENTS_ENDPOINT, read_events
from auditor.collect.unleash.groups import GROUPS_ENDPOINT, read_groups
from auditor.collect.unleash.instance_settings import (
    read_instance,
    read_oidc,
    read_password_login,
    read_saml,
    read_scim,
    read_statistics,
)
from auditor.collect.unleash.own_account import read_own_tokens, read_self
from auditor.collect.unleash.scim_endpoint import (
    MIN_SCIM_REQUEST_INTERVAL,
    endpoint_url,
    read_scim_endpoint,
)
from auditor.collect.unleash.users import (
    USERS_ENDPOINT,
    UsersAndCount,
    read_access,
    read_service_accounts,
    read_users_and_count,
)
from auditor.config.secrets import UnleashCredentials
from auditor.domain.collections import (
    ACCESS,
    ADMIN_COUNT,
    EVENTS,
    GROUPS,
    INSTANCE,
    OIDC,
    OWN_TOKENS,
    PASSWORD_LOGIN,
    SAML,
    SCIM,
    SCIM_ENDPOINT,
    SELF,
    SERVICE_ACCOUNTS,
    STATISTICS,
    USERS,
    MissingData,
    MissingReason,
)
from auditor.domain.target import Target
from auditor.domain.unleash import (
    Access,
    AdminCount,
    EventLog,
    Group,
    Instance,
    ScimEndpoint,
    Self,
    ServiceAccount,
    Users,
)
from auditor.text import count


def unleash_sign_in(credentials: UnleashCredentials) -> SignIn:
    """Sign in to Unleash: the token is the whole header."""
    return lambda _: HeaderAuth(credentials.token)


ENTERPRISE_COLLECTIONS = (GROUPS, SCIM, PASSWORD_LOGIN, SAML, OIDC, SERVICE_ACCOUNTS)
"""Collections that the open-source edition does not have."""


def gather_unleash(
    gathering: CollectionTasks,
    instance: ApiClient,
    target: Target,
    *,
    last: datetime | None,
    at: datetime,
    known_scim_endpoint: ScimEndpoint | None,
) -> Callable[[], tuple[Group, ...]]:
    """Start to read all collections of an instance. Return a function that waits for its groups.

    ``known_scim_endpoint`` is the answer of an earlier audit. It is kept while it is recent.
    """
    start = gathering.start
    headcount = gathering.prepare(USERS, instance, read_users_and_count)
    access = start(ACCESS, instance, lambda reader: read_access(reader, headcount.get))
    users = gathering.derive(USERS, lambda: _users_of(headcount, access))
    gathering.derive(ADMIN_COUNT, lambda: _count_of(headcount))
    listed_groups = gathering.prepare(GROUPS, instance, read_groups)
    groups = gathering.derive(GROUPS, lambda: _groups_of(listed_groups, access))
    own = start(SELF, instance, read_self)
    config = start(INSTANCE, instance, read_instance)
    if target.scim_probe:
        gathering.derive(
            SCIM_ENDPOINT,
            lambda: _scim_endpoint(instance, target, config, known_scim_endpoint, at),
        )
    start(STATISTICS, instance, read_statistics)
    start(SCIM, instance, read_scim)
    start(PASSWORD_LOGIN, instance, read_password_login)
    start(SAML, instance, read_saml)
    start(OIDC, instance, read_oidc)
    machines = start(SERVICE_ACCOUNTS, instance, read_service_accounts)
    start(OWN_TOKENS, instance, read_own_tokens)

    def events(reader: Reader) -> EventLog:
        # This comes first: without the role, Unleash answers with 200 and a part of the events.
        _demand_root_admin(own, users, machines)
        return read_events(reader, last=last, at=at)

    start(EVENTS, instance, events)

    def readable_groups() -> tuple[Group, ...]:
        try:
            # The open-source edition and a token with fewer rights list their groups only there.
            return groups.get()
        except CollectError:
            return access.get().groups

    return readable_groups


def _scim_endpoint(
    instance: ApiClient,
    target: Target,
    config: CollectionTask[Instance],
    known: ScimEndpoint | None,
    at: datetime,
) -> ScimEndpoint:
    settings = config.get()
    # An answer from the future is not recent: the clock was set back.
    is_recent = known is not None and timedelta() <= at - known.at < MIN_SCIM_REQUEST_INTERVAL
    # An answer of another address is no evidence.
    if known is not None and is_recent and known.url == endpoint_url(target.unleash_url, settings):
        return known
    return read_scim_endpoint(instance, target.unleash_url, settings, at)


def settle_editions(
    seen: Mapping[str, Any], missing: Mapping[str, MissingData]
) -> dict[str, MissingData]:
    """Distinguish a wrong address from an edition that lacks a resource.

    The edition lacks it when Unleash itself answers 404 to a credential that another path accepts,
    and no Enterprise path answers. If one does, the address or a gateway is wrong.
    """
    settled = dict(missing)
    enterprise = {each.name for each in ENTERPRISE_COLLECTIONS}
    if enterprise & seen.keys() or not any(name.startswith("unleash.") for name in seen):
        return settled
    for name in enterprise & missing.keys():
        gap = missing[name]
        if gap.why is MissingReason.NOT_FOUND and gap.detail == NOT_FOUND_ERROR:
            settled[name] = replace(gap, why=MissingReason.NOT_ON_THIS_EDITION, detail="")
    return settled


def _users_of(headcount: CollectionTask[UsersAndCount], access: CollectionTask[Access]) -> Users:
    """Return the users. An empty list that ``/access`` contradicts counts as unreadable."""
    users = headcount.get().users
    if not users.users:
        _refuse_empty(USERS_ENDPOINT, "user", len(_access_of(access).users or ()))
    return users


def _groups_of(
    groups: CollectionTask[tuple[Group, ...]], access: CollectionTask[Access]
) -> tuple[Group, ...]:
    """Return the groups. An empty list that ``/access`` contradicts counts as unreadable."""
    listed = groups.get()
    if not listed:
        _refuse_empty(GROUPS_ENDPOINT, "group", len(_access_of(access).groups))
    return listed


def _access_of(access: CollectionTask[Access]) -> Access:
    try:
        return access.get()
    # Then nothing contradicts the other list.
    except CollectError:
        return Access(users=(), groups=())


def _refuse_empty(endpoint: Endpoint, noun: str, number: int) -> None:
    if number:
        detail = f"the list is empty, but /access lists {count(number, noun)}"
        raise CollectError(MissingReason.BAD_PAYLOAD, f"GET {endpoint.path}", detail)


def _count_of(headcount: CollectionTask[UsersAndCount]) -> AdminCount:
    admins = headcount.get().admins
    if isinstance(admins, CollectError):
        raise admins
    return admins


def _demand_root_admin(
    own: CollectionTask[Self],
    users: CollectionTask[Users],
    machines: CollectionTask[tuple[ServiceAccount, ...]],
) -> None:
    """Raise unless the credential's account holds the Admin root role itself.

    To all others, admins by a group among them, the event log shows projects only.
    """
    listed, account_id = users.get(), own.get().user_id
    if account_id is None:
        return  # an admin API token
    own_roles = [each.root_role for each in listed.users if each.id == account_id]
    # The list of users does not contain service accounts.
    if not own_roles:
        own_roles = [each.root_role for each in machines.get() if each.id == account_id]
    if listed.admin_role_id is None or listed.admin_role_id not in own_roles:
        detail = "without the Admin root role of its own, an account sees projects only"
        raise CollectError(MissingReason.FORBIDDEN, f"GET {EVENTS_ENDPOINT.path}", detail)
