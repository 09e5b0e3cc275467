"""Read a snapshot of one target, for an audit or for a command that stores nothing."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import structs

from auditor.config.settings import Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.domain.collections import EVENTS, GROUP_PUSH, LOG, MAPPINGS, Collection
from auditor.domain.privacy import pseudonymize
from auditor.domain.provisioning.empty_lists import (
    without_contradicted_lists,
    without_log_that_lost_events,
    without_mappings_that_vanished,
    without_pushes_that_vanished,
)
from auditor.domain.provisioning.log_events.log_facts import LogFacts, with_facts
from auditor.domain.snapshot import Snapshot
from auditor.domain.unleash import ScimEndpoint
from auditor.engine.audit_history import PreviousAudits
from auditor.rule.binding import BoundRule

if TYPE_CHECKING:
    from auditor.collect.collection_tasks import Progress
    from auditor.collect.okta.org_log import OrgLogs
    from auditor.store.store import Store

MAX_ATTRIBUTION_AGE = timedelta(days=7)
"""A change since an older read gets no actor: the log is not read for longer than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFactsRead:
    """Facts about the org's log and the instance that audits of any target stored."""

    log: LogFacts | None = None
    scim_endpoint: ScimEndpoint | None = None


def read_facts(store: "Store", target: TargetSettings) -> SourceFactsRead:
    """Return the stored facts about the target's org and instance."""
    audited = target.target
    return SourceFactsRead(
        log=store.facts.log_facts(audited.org_url, audited.app_id),
        scim_endpoint=store.facts.scim_endpoint(audited.unleash_url),
    )


def read_snapshot(
    settings: Settings,
    target: TargetSettings,
    rules: tuple[BoundRule, ...],
    before: PreviousAudits,
    at: datetime,
    *,
    facts: SourceFactsRead | None = None,
    progress: "Progress | None" = None,
    org_logs: "OrgLogs | None" = None,
) -> Snapshot:
    """Read Okta and Unleash. With ``privacy = "ids"``, replace names before anything else.

    The logs are read from the earliest of three times: the checkpoint, the oldest recent read of
    the configuration (to attribute changes), and the time that a rule needs.
    ``facts=None``: not an audit. Okta's log is read for :data:`MAX_ATTRIBUTION_AGE`, or longer for
    a rule, and the SCIM endpoint is not requested.
    """
    from auditor.collect.collector import LogCheckpoints, collect

    recent = (
        each.at
        for each in before.configuration_reads.values()
        if at - each.at < MAX_ATTRIBUTION_AGE
    )
    for_rules = at - max((bound.params.log_window for bound in rules), default=timedelta())
    for_attribution = min(recent, default=at)

    def since(until: datetime | None) -> datetime | None:
        # `None` stays: the collection then reads the period of a first audit.
        return until and min(until, for_attribution, for_rules)

    is_audit = facts is not None
    facts = facts or SourceFactsRead()
    # By app, not by target: another target with the same app may have read its log further.
    log_until = facts.log.until if facts.log else None
    read = target.target if is_audit else structs.replace(target.target, scim_probe=False)
    snapshot = collect(
        read,
        target.credentials(),
        since=LogCheckpoints(
            okta_log=since(log_until if is_audit else at - MAX_ATTRIBUTION_AGE),
            unleash_events=since(before.checkpoints.get(EVENTS.name)),
            profile_updates=for_rules,
        ),
        at=at,
        progress=progress,
        known_scim_endpoint=facts.scim_endpoint,
        org_logs=org_logs,
        all_members=any(bound.params.reads_all_members for bound in rules),
    )
    if settings.hides_identities:
        snapshot = pseudonymize(snapshot)
    snapshot = without_log_that_lost_events(snapshot, facts.log)
    if (log := snapshot.get(LOG)) is None:
        return snapshot
    # The stored facts contain no names, so they are added after the names are replaced.
    snapshot = replace(snapshot, read={**snapshot.read, LOG.name: with_facts(log, facts.log)})
    snapshot = without_mappings_that_vanished(snapshot, _found_at(before, MAPPINGS))
    snapshot = without_pushes_that_vanished(snapshot, _found_at(before, GROUP_PUSH))
    # Again, because facts of earlier audits can contradict a list too.
    return without_contradicted_lists(snapshot)


def _found_at(before: PreviousAudits, collection: Collection[Any]) -> datetime | None:
    """Return when the last complete read found rows; ``None``: it found none, or there was none."""
    known = before.configuration_reads.get(collection.name)
    return known.at if known and known.paths else None
