"""Read all collections of an Okta org at the same time."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from auditor.collect.collection_tasks import CollectionTask, CollectionTasks
from auditor.collect.http import ApiClient
from auditor.collect.http.collect_error import CollectError
from auditor.collect.okta.app import read_app, read_capabilities, read_connection
from auditor.collect.okta.assignments import read_assignments
from auditor.collect.okta.group_push import (
    read_app_groups,
    read_group,
    read_group_push,
    read_pushed_groups,
)
from auditor.collect.okta.log_reader import LogRange, read_log
from auditor.collect.okta.mappings import read_app_schema, read_mappings, read_user_types
from auditor.collect.okta.org_log import OrgLog
from auditor.collect.reader import Reader
from auditor.domain.collections import (
    APP,
    APP_GROUPS,
    APP_SCHEMA,
    ASSIGNMENTS,
    CAPABILITIES,
    CONNECTION,
    EXCLUDED_GROUP,
    GROUP_PUSH,
    LOG,
    MAPPINGS,
    OTHER_ASSIGNMENTS,
    PUSHED_GROUPS,
    SSO_APP,
    USER_TYPES,
    MissingReason,
)
from auditor.domain.okta import App, Assignment, Log, PushedGroup
from auditor.domain.provisioning.app_users import AppUsers
from auditor.domain.target import Target

T = TypeVar("T")


def gather_okta(
    gathering: CollectionTasks,
    org: ApiClient,
    target: Target,
    *,
    span: LogRange,
    at: datetime,
    org_log: OrgLog,
    watched: Callable[[], Collection[str]] | None,
) -> None:
    """Begin to read all collections of the target's org, the longest first.

    ``watched`` returns the names of the pushed groups whose members are read; ``None``: all. It can
    wait for another collection, and raises the CollectError of that one.
    """
    app_id = target.app_id
    start = gathering.start
    assignments = start(ASSIGNMENTS, org, lambda reader: read_assignments(reader, app_id))
    app = start(APP, org, lambda reader: read_app(reader, app_id))

    def log(reader: Reader) -> Log:
        found = read_log(reader, target, span, at=at, org=org_log, deadline=org.deadline)
        return without_strangers(of_an_app(app, found), assignments)

    start(LOG, org, log)
    start(OTHER_ASSIGNMENTS, org, lambda reader: read_other_assignments(reader, target))
    start(MAPPINGS, org, lambda reader: of_an_app(app, read_mappings(reader, app_id)))
    start(USER_TYPES, org, read_user_types)
    start(APP_SCHEMA, org, lambda reader: read_app_schema(reader, app_id))
    start(CAPABILITIES, org, lambda reader: read_capabilities(reader, app_id))
    start(CONNECTION, org, lambda reader: read_connection(reader, app_id))
    start(APP_GROUPS, org, lambda reader: read_app_groups(reader, app_id))
    pushes = start(GROUP_PUSH, org, lambda reader: read_group_push(reader, app_id))

    def pushed_groups(reader: Reader) -> tuple[PushedGroup, ...]:
        return read_pushed_groups(reader, pushes.get(), watched() if watched else None)

    start(PUSHED_GROUPS, org, pushed_groups)
    sso_app_id = target.sso_app_id
    if sso_app_id in {None, app_id}:
        gathering.derive(SSO_APP, app.get)
    else:
        start(SSO_APP, org, lambda reader: read_app(reader, sso_app_id))
    excluded = target.exclude.okta_group
    if excluded is not None:
        start(EXCLUDED_GROUP, org, lambda reader: read_group(reader, excluded))


def of_an_app(app: CollectionTask[App], found: T) -> T:
    """Return the rows that a filter by app id found, if the app exists.

    If the app does not exist, Okta answers 404 for paths of the app, but with an empty list for a
    filter by its id.
    """
    try:
        app.get()
    except CollectError as error:
        # Any other failure leaves open whether the app exists, so the rows count.
        if error.missing.why is MissingReason.NOT_FOUND:
            raise
    return found


def without_strangers(log: Log, assignments: CollectionTask[tuple[Assignment, ...]]) -> Log:
    """Remove events of an unknown app whose app user is not an assigned user.

    They concern another app, or a user without an assignment. All are kept while the assignments
    cannot be read.
    """
    # Most logs have no such event, and then nothing waits for the assignments.
    if not any(event.of_unknown_app for event in log.known):
        return log
    try:
        users = AppUsers(assignments.get(), log.known, log.known)
    except CollectError:
        return log
    return replace(
        log,
        events=tuple(each for each in log.events if users.may_concern(each)),
        earlier=tuple(each for each in log.earlier if users.may_concern(each)),
    )


def read_other_assignments(reader: Reader, target: Target) -> tuple[Assignment, ...]:
    """Read the assignments of the other apps of this org that provision the same Unleash.

    Apps of other orgs cannot be read with this org's credential.
    """
    here = {None, target.org_url}
    sources = [source for source in target.also_provisioned_by if source.org_url in here]
    return tuple(each for source in sources for each in read_assignments(reader, source.app_id))
