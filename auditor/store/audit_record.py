"""The record of one audit, as the store receives it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from msgspec import Struct, field

from auditor import __version__
from auditor.domain.collections import EVENTS, LOG, SCIM_ENDPOINT, MissingData
from auditor.domain.provisioning.log_events.log_facts import LogFacts, facts_of
from auditor.domain.snapshot import RateLimit, Snapshot, snapshot_hash
from auditor.domain.unleash import ScimEndpoint
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.changes.configuration_names import Names
from auditor.engine.changes.configuration_paths import Configuration
from auditor.engine.changes.diff import Change
from auditor.engine.configuration_changes import ConfigurationChanges
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.exposure.access_delay import AccessDelay
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notification import Notification
from auditor.engine.incidents.notification_decision import Decision
from auditor.engine.simulation.fix_effects import CauseEffects
from auditor.engine.simulation.lockout import Lockout


class AuditRecord(Struct, frozen=True, kw_only=True):
    """All results of one audit. They are stored in one transaction or not at all."""

    target: str
    at: datetime
    follows: int | None
    """Id of the previous audit; ``None``: this is the first. The store rejects the record when
    another audit of the target was recorded after the previous one."""

    version: str
    """The auditor's version."""

    rules: dict[str, str]
    """Rule id to the hash of its file and parameters."""

    reconciled: Reconciled
    changes: tuple[Change, ...] = ()
    attributed: tuple[Change, ...] = ()
    """Stored changes whose actor is known only now."""

    notifications: tuple[Notification, ...] = ()
    notified_state: NotifiedState | None = None
    """What the next audit compares with to decide its notifications; ``None``: unchanged."""

    configuration: Configuration = field(default_factory=dict)
    """The collections that this audit read. Each other collection keeps its last complete read."""

    configuration_names: Mapping[str, Names] = field(default_factory=dict)
    """The names of the objects in the configuration, by collection."""

    checkpoints: dict[str, datetime] = field(default_factory=dict)
    """Collection name of a log to the time up to which it has been read."""

    log_facts: dict[tuple[str, str], LogFacts] = field(default_factory=dict)
    """URL of the org and id of the app to the facts from its log that later audits need."""

    scim_endpoint: dict[str, ScimEndpoint] = field(default_factory=dict)
    """URL of the instance to the last response of its SCIM endpoint."""

    collections_read: tuple[str, ...] = ()
    missing: dict[str, MissingData] = field(default_factory=dict)
    requests: int = 0
    endpoints: dict[str, str] = field(default_factory=dict)
    """Collection name to method and path of its last request."""

    request_ids: dict[str, str] = field(default_factory=dict)
    """Collection name to the request id of its last response."""

    rate_limits: tuple[RateLimit, ...] = ()
    """The rate limits. Only those of the last audit are stored."""

    admin_access: Lockout | None = None
    """Only that of the last audit is stored. Its paths are not stored: they name admin groups."""

    fix_effects: tuple[CauseEffects, ...] = ()
    """What the fix of each cause can do. Only those of the last audit are stored."""

    access_delays: tuple[AccessDelay, ...] = ()
    """The delays of leavers and joiners that this audit read."""

    snapshot_hash: str = ""

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        evaluated: Evaluated,
        reconciled: Reconciled,
        changes: ConfigurationChanges,
        decision: Decision,
        *,
        follows: PreviousAudits,
        admin_access: Lockout | None = None,
        fix_effects: tuple[CauseEffects, ...] = (),
        access_delays: tuple[AccessDelay, ...] = (),
    ) -> Self:
        """Build the record of one audit from its snapshot and its results.

        ``follows`` are the earlier audits that the results were compared with.
        """
        target, log, scim_endpoint = (
            snapshot.target,
            snapshot.get(LOG),
            snapshot.get(SCIM_ENDPOINT),
        )
        logs = {LOG.name: log, EVENTS.name: snapshot.get(EVENTS)}
        return cls(
            target=target.name,
            at=snapshot.taken_at,
            follows=follows.last_audit,
            version=__version__,
            rules=evaluated.configurations,
            reconciled=reconciled,
            changes=changes.found,
            attributed=tuple(changes.attributed.values()),
            notifications=decision.notifications,
            notified_state=decision.notified_state,
            configuration=changes.configuration,
            configuration_names=changes.names,
            # A log that could not be read keeps its checkpoint, so the next audit reads from there.
            checkpoints={name: log.until for name, log in logs.items() if log},
            log_facts={(target.org_url, target.app_id): facts_of(log)} if log else {},
            scim_endpoint={target.unleash_url: scim_endpoint} if scim_endpoint else {},
            collections_read=tuple(snapshot.read),
            missing=dict(snapshot.missing),
            requests=snapshot.requests,
            endpoints=dict(snapshot.endpoints),
            request_ids=dict(snapshot.request_ids),
            rate_limits=snapshot.rate_limits,
            admin_access=admin_access.without_paths() if admin_access else None,
            fix_effects=fix_effects,
            access_delays=access_delays,
            snapshot_hash=snapshot_hash(snapshot),
        )
