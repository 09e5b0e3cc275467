"""What history tells of a target: what the store reads and reports are built from. Pure.

A run, a verdict, a finding, a transition, a change: each as it was kept, with nothing worked out.
"""

from datetime import datetime

from msgspec import Struct, field

from auditor.domain.collections import MissingData
from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import Change, ConfigurationRead
from auditor.engine.evaluation.verdicts import Verdict
from auditor.engine.findings.tracked_findings import (
    Novelty,
    Resolution,
    Shift,
    TrackedFinding,
    Transition,
)
from auditor.engine.incidents.incident import NotifiedState
from auditor.rule.results import Affected, Evidence, Reason, Remediation
from auditor.rule.severity import Severity


class AuditCounts(Struct, frozen=True, kw_only=True):
    """A run in numbers."""

    open: dict[Severity, int]
    """Open findings that nobody accepted."""

    waived: int
    pending: int
    not_evaluated: int
    verdicts: dict[str, int]
    """How many rules said what."""


class StoredRun(Struct, frozen=True, kw_only=True):
    """A run, as history shows it."""

    id: int
    target: str
    at: datetime
    version: str
    """Of the auditor."""

    duration: float
    """Seconds."""

    requests: int
    request_ids: dict[str, str] = {}
    """Collection to what the service's own logs call the last answer about it."""

    snapshot: str
    """Hash of the snapshot."""

    rules: dict[str, str]
    """Rule id to configuration and version: ``Evaluated.configurations``."""

    collections_read: tuple[str, ...]
    missing: dict[str, MissingData]
    counts: AuditCounts


class Tally(Struct, frozen=True, kw_only=True):
    """The number of findings of one rule with one severity in one state."""

    target: str
    rule: str
    severity: Severity
    state: str
    """``open``; ``not_evaluated``: open, and the last audit could not evaluate it; ``waived``;
    ``pending``."""

    number: int
    affected: int = 0
    """Affected users of these findings. A user of two findings counts twice."""


class StoredVerdict(Verdict, frozen=True, kw_only=True):
    """A rule's answer, for as long as it stayed the same."""

    target: str
    since: datetime
    until: datetime | None = None
    """``None``: it still stands."""


class StoredFinding(TrackedFinding, frozen=True, kw_only=True):
    """A finding with what was last seen of it."""

    target: str
    transition: Transition
    """What the last run that looked did to it."""

    novelty: Novelty | None = None
    reason: Reason | None = None
    """Why the last audit did not evaluate it."""

    waiver: Waiver | None = None
    message: str
    """Empty when names were dropped, long after it was resolved."""

    evidence: tuple[Evidence, ...] = ()
    affected: tuple[Affected, ...] = ()
    remediation: Remediation | None = None
    since: datetime | None = None
    """When it began, as far as a dated record says."""


class StoredTransition(Struct, frozen=True, kw_only=True):
    """Something that happened to a finding."""

    target: str
    finding_id: str
    rule: str
    subject: str
    attribute: str
    message: str
    """The finding's present one."""

    at: datetime
    transition: Transition
    shift: Shift | None = None
    novelty: Novelty | None = None
    resolution: Resolution | None = None
    severity: Severity
    affected_count: int
    """As it was then."""


class StoredChange(Change, frozen=True, kw_only=True):
    """A change, and where."""

    target: str


class History(Struct, frozen=True, kw_only=True):
    """All that a report on one target and one period is built from; a few bounded queries."""

    runs: tuple[StoredRun, ...]
    """Those of the period, oldest first; its last one is what the report is about."""

    verdicts: tuple[StoredVerdict, ...]
    """Those that stood at the end of the period, one for each rule."""

    findings: tuple[StoredFinding, ...]
    """All that are open or pending, and what was resolved in the period."""

    transitions: tuple[StoredTransition, ...] = ()
    """Those of the period, oldest first."""

    changes: tuple[StoredChange, ...] = ()
    """Those first seen since the period began, or since the oldest open finding was first seen."""

    weeks: tuple[StoredRun, ...] = ()
    """The last run of each week, oldest first: the trend."""


class PreviousAudits(Struct, frozen=True, kw_only=True):
    """What earlier runs of the target left behind for this one."""

    known: tuple[TrackedFinding, ...] = ()
    """All pending and open findings, and those resolved ones that are seen again."""

    configurations: dict[str, str] | None = None
    """Rule id to configuration hash in the last run; ``None``: there was no run."""

    configuration_reads: dict[str, ConfigurationRead] = field(default_factory=dict)
    """Collection name to the last complete look at its configuration."""

    checkpoints: dict[str, datetime] = field(default_factory=dict)
    """Collection name of a log to the instant up to which it was read."""

    last_audit: int | None = None
    """The store's id of the last run: what is recorded must follow the run that was recalled."""

    notified_state: NotifiedState | None = None
    """What the last run knew of what was told; ``None``: nothing was."""

    @property
    def collections_read(self) -> frozenset[str]:
        """Return the names of the collections that an earlier audit read."""
        return frozenset(self.configuration_reads) | frozenset(self.checkpoints)
