"""The health checks of `auditor doctor`: of each target, and of the parts that targets share."""

from collections.abc import Iterator

from auditor.clock import utc_now
from auditor.collect.collection_tasks import Progress
from auditor.collect.connection_checks import (
    check_connections,
    check_expiry,
    check_okta_privileges,
    check_unleash_privileges,
)
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.domain.permissions import SIDES
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.diagnostics.dependencies import (
    suppose_scim_answer,
    unattested,
    unlisted_unknown_rules,
)
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.engine.diagnostics.permission_checks import check_access
from auditor.engine.diagnostics.slack_connection import check_connections_of_app
from auditor.engine.diagnostics.watch_checks import WatchFact, check_log_access, check_watch
from auditor.errors import AuditorError, ConfigError, StoreError
from auditor.notify.channel_checks import check_channels
from auditor.pipeline.batch import check_shards
from auditor.pipeline.snapshot_reading import read_snapshot
from auditor.pipeline.watch.polls import sources_of
from auditor.publish.destinations import check_destinations
from auditor.store import open_store
from auditor.store.database_checks import check_store


def check_shared(settings: Settings) -> Iterator[HealthCheck]:
    """Yield the health checks of the shared parts: database, channels, destinations, orgs."""
    yield from check_store(settings.store)
    yield from check_channels(settings)
    yield from _check_slack_answers(settings)
    yield from check_watch(_watch_fact(settings), utc_now())
    yield from check_destinations(settings.report)
    yield from check_shards(settings.targets)


def check_target(
    settings: Settings, target: TargetSettings, *, progress: Progress | None = None
) -> Iterator[HealthCheck]:
    """Read a target as an audit does, and yield its health checks."""
    rules = rules_for(settings, target)
    connections = tuple(check_connections(target.target, utc_now))
    secrets = tuple(_check_secrets(target))
    yield from (*connections, *secrets)
    # Without a secret, or without any server, no data can be read: more checks would only repeat
    # these errors.
    if secrets or all(each.status is HealthStatus.ERROR for each in connections):
        return
    snapshot = read_snapshot(
        settings, target, rules, PreviousAudits(), utc_now(), progress=progress
    )
    snapshot = suppose_scim_answer(snapshot, is_probed=target.target.scim_probe)
    attestations = settings.attestations
    access = [
        check for side in SIDES for check in check_access(side, snapshot, rules, attestations)
    ]
    yield from access
    yield from check_log_access(snapshot)
    yield check_okta_privileges(target.credentials().okta)
    yield from check_unleash_privileges(snapshot)
    yield from check_expiry(snapshot, settings.alerts.expiry_notice)
    yield from unlisted_unknown_rules(snapshot, rules, access, attestations)
    yield from unattested(snapshot, rules, attestations)


def _check_secrets(target: TargetSettings) -> Iterator[HealthCheck]:
    """Yield an error for each secret that cannot be read."""
    for area, read in (
        ("Okta", target.sign_in.credentials),
        ("Unleash", target.unleash_token.read_line),
    ):
        try:
            read()
        except ConfigError as error:
            yield HealthCheck(
                area=area, about="credential", status=HealthStatus.ERROR, message=f"{error}."
            )


def _check_slack_answers(settings: Settings) -> Iterator[HealthCheck]:
    """Check the app token, and that no other program uses the Slack app. Opens no connection."""
    slack = settings.slack
    if slack is None or not slack.is_interactive or slack.app_token is None:
        return
    from auditor.notify.slack.interaction.interaction_api import InteractionApi

    try:
        api = InteractionApi.of(slack)
        api.identity()
        api.connection_address(slack.app_token.read_line())
    except AuditorError as error:
        status, message = HealthStatus.WARNING, f"{error}."
    else:
        status, message = HealthStatus.OK, "The app token opens connections."
    yield HealthCheck(area="Slack", about="app token", status=status, message=message)
    try:
        with open_store(settings.store.database_url().reveal(), create=False) as store:
            fact = store.facts.slack_connection()
    except StoreError:  # the check of the database reports this error
        fact = None
    yield check_connections_of_app(fact)


def _watch_fact(settings: Settings) -> WatchFact:
    """Return what the configuration and the store state about the watch."""
    origins = [each.origin for each in sources_of(settings.targets)]
    try:
        with open_store(settings.store.database_url().reveal(), create=False) as store:
            polled_at = store.watch.polled_at()
            targets = store.watch.targets([each.name for each in settings.targets])
    except AuditorError:  # the check of the database reports this error
        polled_at, targets = {}, ()
    return WatchFact(
        is_enabled=settings.watch.enabled,
        interval=settings.watch.interval,
        times=settings.watch.times,
        polled_at={each: polled_at.get(each) for each in origins},
        targets=targets,
    )
