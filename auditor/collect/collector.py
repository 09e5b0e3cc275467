"""Read Okta and Unleash of one target at the same time into one snapshot."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from msgspec import Struct

from auditor.collect.address_space import require_address_space
from auditor.collect.collection_tasks import CollectionTasks, Progress
from auditor.collect.http import ApiClient, Deadline
from auditor.collect.http.limits import Limits
from auditor.collect.okta.authentication import okta_sign_in
from auditor.collect.okta.log_reader import LogRange
from auditor.collect.okta.okta_collector import gather_okta
from auditor.collect.okta.org_log import OrgLogs
from auditor.collect.unleash.unleash_collector import (
    gather_unleash,
    settle_editions,
    unleash_sign_in,
)
from auditor.config.secrets import Credentials
from auditor.domain.collections import COLLECTIONS
from auditor.domain.provisioning.empty_lists import without_contradicted_lists
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.domain.unleash import Group, ScimEndpoint


class LogCheckpoints(Struct, frozen=True, kw_only=True):
    """The times up to which the logs were read by earlier audits; ``None``: never."""

    okta_log: datetime | None = None
    unleash_events: datetime | None = None
    profile_updates: datetime | None = None
    """The time from which a rule needs updates of user profiles. It is not a checkpoint."""


def collect(
    target: Target,
    credentials: Credentials,
    *,
    at: datetime,
    since: LogCheckpoints | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    all_members: bool = False,
    known_scim_endpoint: ScimEndpoint | None = None,
    org_logs: OrgLogs | None = None,
    only: frozenset[str] | None = None,
) -> Snapshot:
    """Read all collections of ``target``. Each missing one has a reason.

    Sends only GET, except for the OAuth token request. ``all_members`` also reads the members of
    pushed groups that have no root role in Unleash. ``known_scim_endpoint`` is the last answer of
    the SCIM endpoint, which is requested at most once an hour. ``org_logs`` is shared by the
    targets of a batch. ``only`` names the collections to read; ``None``: all.
    """
    # This comes before the first thread: with too little memory its start can hang, and nothing
    # would end.
    require_address_space()
    limits, since = limits or Limits(), since or LogCheckpoints()
    deadline = Deadline(limits.audit)
    with (
        ApiClient(
            target.org_url,
            okta_sign_in(target.org_url, credentials.okta),
            limits=limits,
            deadline=deadline,
        ) as org,
        ApiClient(
            target.unleash_url,
            unleash_sign_in(credentials.unleash),
            limits=limits,
            deadline=deadline,
        ) as instance,
        # A thread for each collection, because one can wait for another, and for the two lists of
        # Unleash from which several collections are computed.
        ThreadPoolExecutor(len(COLLECTIONS) + 2) as pool,
    ):
        gathering = CollectionTasks(pool, progress, only)
        try:
            # Unleash first: the pushed groups of Okta wait for its groups.
            groups = gather_unleash(
                gathering,
                instance,
                target,
                last=since.unleash_events,
                at=at,
                known_scim_endpoint=known_scim_endpoint,
            )
            gather_okta(
                gathering,
                org,
                target,
                span=LogRange(last=since.okta_log, profile_updates_since=since.profile_updates),
                at=at,
                org_log=(org_logs or OrgLogs()).of(target.org_url),
                watched=None if all_members else lambda: _names_with_a_role(groups()),
            )
            # Reads end at the deadline by themselves and state their endpoint. They get some
            # seconds for it.
            seen, missing = gathering.outcome(deadline.remaining + limits.silence)
        finally:  # after the deadline or Ctrl-C, every thread that waits or reads stops now
            deadline.call_off()
            org.hang_up()
            instance.hang_up()
    snapshot = Snapshot(
        target=target,
        taken_at=at,
        read=seen,
        missing=settle_editions(seen, missing),
        requests=org.requests + instance.requests,
        endpoints=dict(gathering.endpoints),
        request_ids=dict(gathering.request_ids),
        rate_limits=org.rate_limits,
    )
    # This comes last, because lists of the two sides are compared.
    return without_contradicted_lists(snapshot)


def _names_with_a_role(groups: Iterable[Group]) -> frozenset[str]:
    return frozenset(group.name.lower() for group in groups if group.root_role is not None)
