"""What is remembered of findings between runs, and what one run did to them. Pure records."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from msgspec import Struct

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import Finding, Verdict
from auditor.rule.results import Reason
from auditor.rule.severity import Severity


class State(StrEnum):
    """Where a finding stands between runs."""

    PENDING = "pending"
    OPEN = "open"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """Why a finding is no longer open."""

    FIXED = "fixed"
    CONFIGURATION_CHANGED = "configuration_changed"
    """A parameter or a severity changed, or the rule was switched off: nobody mended anything."""

    GROUPED = "grouped"
    TRANSIENT = "transient"
    """It was pending and never opened."""

    NOT_APPLICABLE = "not_applicable"
    ATTESTED = "attested"
    RULE_REMOVED = "rule_removed"


class Transition(StrEnum):
    """What a run did to a finding."""

    PENDING = "pending"
    NEW = "new"
    REOPENED = "reopened"
    STILL_OPEN = "still_open"
    RESOLVED = "resolved"
    NOT_EVALUATED = "not_evaluated"
    """Not seen, and not known to be gone."""

    REMOVED = "removed"


class Shift(StrEnum):
    """How an open finding changed while it stayed open."""

    WORSE = "worse"
    BETTER = "better"
    WAIVED = "waived"
    WAIVER_ENDED = "waiver_ended"


class Novelty(StrEnum):
    """Why a new finding is new."""

    DRIFT = "drift"
    BASELINE = "baseline"
    """The target was never audited before."""

    NEWLY_CHECKED = "newly_checked"
    """The rule, or its parameters, were not there in the last run."""


class TrackedFinding(Struct, frozen=True, kw_only=True):
    """What the store remembers of a finding."""

    id: str
    rule: str
    subject: str
    attribute: str
    severity: Severity
    state: State
    first_seen_at: datetime
    last_seen_at: datetime
    message: str = ""
    """What was last seen of it, in a sentence; empty when names were dropped since."""

    affected_count: int = 0
    pending_since: datetime | None = None
    opened_at: datetime | None = None
    """When it last opened; ``None``: it never did."""

    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    missed: int = 0
    """Complete runs in a row that did not see it."""

    missed_at: datetime | None = None

    reopened: int = 0
    """How often it came back."""

    waived: bool = False
    cause: str = ""
    """Id of the cause that explains it; kept until it opens again."""

    @property
    def took(self) -> timedelta | None:
        """How long it stood open, the last time, until it was resolved."""
        if self.opened_at is None or self.resolved_at is None:
            return None
        return self.resolved_at - self.opened_at


class GroupedFinding(Struct, frozen=True, kw_only=True):
    """A finding that is listed under its root cause."""

    rule: str
    subject: str
    root_rule: str
    root_subject: str


class FindingTransition(Struct, frozen=True, kw_only=True):
    """One finding in one run."""

    transition: Transition
    after: TrackedFinding
    """What is to be remembered from now on."""

    finding: Finding | None = None
    """What was seen this time; ``None`` when it was not."""

    shift: Shift | None = None
    novelty: Novelty | None = None
    waiver: Waiver | None = None
    """The waiver in force."""

    reason: Reason | None = None
    """Why it was not evaluated; ``None`` for any other transition."""

    @property
    def counts(self) -> bool:
        """Tell whether it is an open finding that nobody accepted."""
        return self.after.state is State.OPEN and not self.after.waived


class Reconciled(Struct, frozen=True, kw_only=True, dict=True):
    """What a run changed. Entries come worst first."""

    transitions: tuple[FindingTransition, ...]
    verdicts: tuple[Verdict, ...]
    """As evaluated, with pending findings left out and open sticky ones counted."""

    grouped: dict[str, GroupedFinding] = {}
    """The findings that are listed under their root cause, by id."""

    unmatched_waivers: tuple[Waiver, ...] = ()
    expired_waivers: tuple[Waiver, ...] = ()

    @cached_property
    def open(self) -> tuple[FindingTransition, ...]:
        """All that stands open and is not waived, whether seen this time or not."""
        return tuple(entry for entry in self.transitions if entry.counts)

    def of(self, *kinds: Transition) -> tuple[FindingTransition, ...]:
        """Return the entries of these kinds."""
        return tuple(entry for entry in self.transitions if entry.transition in kinds)
