"""What has been told about a target, and what is being counted until it is told. Pure records."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.engine.causes.cause import Cause
from auditor.engine.changes.diff import Change
from auditor.rule.results import Evidence
from auditor.rule.severity import Severity


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    WAIVED = "waived"
    RESOLVED = "resolved"


class IncidentLink(Struct, frozen=True, kw_only=True):
    """A place to go to; built from configured addresses and checked ids only."""

    label: str
    url: str


class IncidentState(Struct, frozen=True, kw_only=True):
    """An incident as its message shows it; the same card twice is nothing to tell."""

    rule: str
    """Rule of the finding that leads the cause, or :data:`NOT_EVALUATED`."""

    title: str
    """At most 60 characters."""

    cause: str = ""
    """Id of the cause; empty for :data:`NOT_EVALUATED`."""

    rules: tuple[str, ...] = ()
    """Rules of all open findings of the cause, sorted."""

    short_title: str = ""
    """At most 32 characters."""

    status: IncidentStatus
    severity: Severity
    since: datetime
    dated: bool
    """A dated record tells when it began; otherwise ``since`` is when it was first seen."""

    opened_at: datetime | None = None
    """When the oldest open finding opened: due dates count from it."""

    until: datetime | None = None
    """When it was seen to be over."""

    findings: int
    lines: tuple[str, ...]
    """What is wrong, in a sentence each; the first few."""

    affected: int = 0
    people: tuple[str, ...] = ()
    """Names of the first ten affected."""

    change: Change | None = None
    """What brought it about."""

    steps: tuple[str, ...] = ()
    """How it is put back."""

    links: tuple[IncidentLink, ...] = ()
    anchor: str | None = None
    """Id of the worst finding: where the report speaks of it."""

    note: str = ""
    """Why it could not be looked at, who accepted it, or how it ended."""


class Acknowledgement(Struct, frozen=True, kw_only=True):
    """Somebody knows, and wants no reminder for a while."""

    by: str
    reason: str
    until: datetime


class FindingTrace(Struct, frozen=True, kw_only=True):
    """The evidence of a finding, so that the change that fixes it can be named."""

    rule: str = ""
    subject: str
    attribute: str
    evidence: tuple[Evidence, ...]


class Incident(Struct, frozen=True, kw_only=True):
    """A cause on a target, as it was last notified."""

    thread: str
    """Names the root message that speaks for it; several may share one."""

    state: IncidentState
    notified_affected: int
    """How many were affected when that was last said aloud."""

    notified_at: datetime
    """When anything was last said about it."""

    reminders: int = 0
    acknowledgement: Acknowledgement | None = None
    traces: tuple[FindingTrace, ...] = ()
    """Of the first few findings."""


class NotEvaluatedRule(Struct, frozen=True, kw_only=True):
    """A rule that cannot tell."""

    since: datetime
    runs: int
    """In a row, so far."""

    notified: bool = False


class NotifiedState(Struct, frozen=True, kw_only=True):
    """All that the next run must know of what was told."""

    audited_at: datetime
    """When the last run took place."""

    incidents: dict[str, Incident] = {}
    """By id of the cause; the incident of unknown rules by :data:`NOT_EVALUATED`."""

    causes: dict[str, Cause] = {}
    """The open causes by id."""

    not_evaluated: dict[str, NotEvaluatedRule] = {}
    """By rule."""

    warned: tuple[str, ...] = ()
    """What was warned of once and need not be again, by a name that includes the date."""


NOT_EVALUATED = "not-evaluated"
"""Stands where a rule's id stands in other incidents."""
