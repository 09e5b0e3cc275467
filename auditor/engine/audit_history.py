"""The stored history of a target, as the store returns it and reports use it. Pure records.

An audit, a verdict, a finding, a transition, a change: each as it was stored.
"""

from datetime import datetime

from msgspec import Struct, field

from auditor.domain.collections import MissingData
from auditor.domain.waivers import Waiver
from auditor.engine.changes.diff import Change, ConfigurationRead
from auditor.engine.evaluation.verdicts import Verdict
from auditor.engine.findings.tracked_findings import (
    Novelty,
    TrackedFinding,
    Transition,
)
from auditor.engine.incidents.incident import NotifiedState
from auditor.rule.results import Affected, Evidence, Reason, Remediation
from auditor.rule.severity import Severity


class AuditCounts(Struct, frozen=True, kw_only=True):
    """The counts of one audit."""

    open: dict[Severity, int]
    """Severity to the number of open findings that are not waived."""

    waived: int
    pending: int
    not_evaluated: int
    verdicts: dict[str, int]
    """Verdict status to the number of rules."""

    affected: int | None = None
    """Distinct users that open findings affect; ``None``: an older version stored the counts."""


class StoredAudit(Struct, frozen=True, kw_only=True):
    """One stored audit."""

    id: int
    target: str
    at: datetime
    version: str
    """Version of the auditor."""

    duration: float
    """Seconds."""

    requests: int
    endpoints: dict[str, str] = {}
    """Collection to method and path of its last request."""

    request_ids: dict[str, str] = {}
    """Collection to the request id of its last response, as the service logs it."""

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
    """A verdict, with the period in which it did not change."""

    target: str
    since: datetime
    until: datetime | None = None
    """``None``: it is the current verdict."""


# gc=False: there can be 100,000 of these records, and none is part of a reference cycle.
class StoredFinding(TrackedFinding, frozen=True, kw_only=True, gc=False):
    """A finding with the details of the last audit that found it."""

    target: str
    transition: Transition
    """The transition of the last audit that had one for the finding."""

    novelty: Novelty | None = None
    reason: Reason | None = None
    """Why the last audit did not evaluate it."""

    waiver: Waiver | None = None
    message: str
    """Empty if names were deleted, long after the finding was resolved."""

    evidence: tuple[Evidence, ...] = ()
    affected: tuple[Affected, ...] = ()
    remediation: Remediation | None = None
    since: datetime | None = None
    """When the violation began; ``None``: no dated record shows it."""


class StoredChange(Change, frozen=True, kw_only=True):
    """A change, with its target."""

    target: str


class History(Struct, frozen=True, kw_only=True):
    """The data of a report on one target and one period; a few bounded queries."""

    audits: tuple[StoredAudit, ...]
    """The audits of the period, oldest first; the report shows the state at the last one."""

    verdicts: tuple[StoredVerdict, ...]
    """The verdicts at the end of the period, one for each rule."""

    findings: tuple[StoredFinding, ...]
    """All that are open or pending, and those that were resolved in the period."""

    reopened: frozenset[str] = frozenset()
    """Ids of the findings that an audit of the period reopened."""

    changes: tuple[StoredChange, ...] = ()
    """Those first seen since the period began, or since the oldest open finding was first seen."""

    weeks: tuple[StoredAudit, ...] = ()
    """The last audit of each week, oldest first: the trend."""


class PreviousAudits(Struct, frozen=True, kw_only=True):
    """The stored state of earlier audits of the target, which the next audit needs."""

    known: tuple[TrackedFinding, ...] = ()
    """All pending and open findings, and the resolved ones that are found again."""

    configurations: dict[str, str] | None = None
    """Rule id to configuration hash in the last audit; ``None``: there was no audit."""

    configuration_reads: dict[str, ConfigurationRead] = field(default_factory=dict)
    """Collection name to the last complete read of its configuration."""

    checkpoints: dict[str, datetime] = field(default_factory=dict)
    """Collection name of a log to the instant up to which it was read."""

    last_audit: int | None = None
    """Id of the last audit in the store. If another audit is stored meanwhile, this one is not."""

    notified_state: NotifiedState | None = None
    """The stored state of the target's incidents; ``None``: none is stored."""

    @property
    def collections_read(self) -> frozenset[str]:
        """Return the names of the collections that an earlier audit read."""
        return frozenset(self.configuration_reads) | frozenset(self.checkpoints)
