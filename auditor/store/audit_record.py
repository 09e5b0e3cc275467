"""What goes into the store, and what others take out of it to work on. Pure records."""

from datetime import datetime

from msgspec import Struct, field

from auditor.domain.collections import MissingData
from auditor.domain.provisioning.log_facts import LogFacts
from auditor.domain.snapshot import RateLimit
from auditor.domain.unleash import ScimEndpoint
from auditor.engine.changes.configuration_paths import Configuration
from auditor.engine.changes.diff import Change
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.engine.incidents.incident import NotifiedState
from auditor.engine.incidents.notification import Notification


class RunRecord(Struct, frozen=True, kw_only=True):
    """All that one run leaves behind, kept as a whole or not at all."""

    target: str
    at: datetime
    follows: int | None
    """``Memory.last_run`` of the memory that it was judged against."""

    version: str
    """Of the auditor."""

    rules: dict[str, str]
    """Rule id to configuration hash: ``Evaluated.configurations``."""

    reconciled: Reconciled
    changes: tuple[Change, ...] = ()
    notifications: tuple[Notification, ...] = ()
    channels: tuple[str, ...] = ()
    """Where each announcement is to be told; each delivers, fails and retries for itself."""

    notified_state: NotifiedState | None = None
    """What the next run must know of what is told; ``None``: what it knew before."""

    configuration: Configuration = field(default_factory=dict)
    """The set-up as seen; a collection that is not in it keeps its last look."""

    checkpoints: dict[str, datetime] = field(default_factory=dict)
    """Collection name of a log to the instant up to which it was read."""

    log_facts: dict[tuple[str, str], LogFacts] = field(default_factory=dict)
    """Address of the org and id of the app to what later audits need of its log."""

    scim_endpoint: dict[str, ScimEndpoint] = field(default_factory=dict)
    """Address of the instance to the last answer of its SCIM endpoint."""

    collections_read: tuple[str, ...] = ()
    missing: dict[str, MissingData] = field(default_factory=dict)
    duration: float = 0.0
    """Seconds."""

    requests: int = 0
    request_ids: dict[str, str] = field(default_factory=dict)
    """``Snapshot.request_ids``."""

    rate_limits: tuple[RateLimit, ...] = ()
    """Only the last run's are kept."""

    snapshot: str = ""
    """Hash of the snapshot."""
