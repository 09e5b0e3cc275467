"""The stored state of findings, and their transitions in one audit. Pure records."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from msgspec import Struct

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import Finding, Verdict
from auditor.rule.results import Reason
from auditor.rule.severity import Severity


class State(StrEnum):
    """The state of a finding between audits."""

    PENDING = "pending"
    OPEN = "open"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """Why a finding is no longer open."""

    FIXED = "fixed"
    CONFIGURATION_CHANGED = "configuration_changed"
    """The rule, its parameters or its severity changed, so the finding counts as not fixed."""

    GROUPED = "grouped"
    """An open root cause now lists its people."""

    TRANSIENT = "transient"
    """It was pending and never opened."""

    NOT_APPLICABLE = "not_applicable"
    ATTESTED = "attested"
    RULE_REMOVED = "rule_removed"


class Transition(StrEnum):
    """What an audit did to a finding.

    The terminal, Slack and the report use these meanings and the labels of this class. The period
    of the terminal and of Slack is one audit, and the period of the report is its week.
    """

    PENDING = "pending"
    """It waits for the end of its grace period, or it was no longer found during that period."""

    NEW = "new"
    """It opened in the period, for the first time."""

    REOPENED = "reopened"
    """It opened in the period, and it was open before or its waiver ended."""

    STILL_OPEN = "still_open"
    """It opened before the period."""

    RESOLVED = "resolved"
    """It closed in the period. It is fixed only if its resolution is ``fixed``."""

    NOT_EVALUATED = "not_evaluated"
    """Not found, and the rule could not evaluate the subject."""

    REMOVED = "removed"
    """Its rule no longer exists or is off. The state is ``resolved``."""

    @property
    def label(self) -> str:
        """Return the word that readers see: ``still open``."""
        return self.value.replace("_", " ")

    @classmethod
    def leading(cls, kinds: Iterable["Transition"]) -> "Transition":
        """Return the transition that is shown for several open findings, such as of a cause."""
        present = set(kinds)
        return next((kind for kind in _LEADING if kind in present), cls.STILL_OPEN)

    @classmethod
    def of_opening(cls, opened_at: datetime, since: datetime, *, was_open: bool) -> "Transition":
        """Return the transition of an open finding in the period that begins at ``since``.

        ``was_open``: it was open before it opened at ``opened_at``.
        """
        if opened_at < since:
            return cls.STILL_OPEN
        return cls.REOPENED if was_open else cls.NEW


_LEADING = (
    Transition.REOPENED,
    Transition.NEW,
    Transition.NOT_EVALUATED,
    Transition.STILL_OPEN,
)


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
    """The rule is new, or it or its parameters changed since the last audit."""


# gc=False: there can be 100,000 of these records, and none is part of a reference cycle.
class TrackedFinding(Struct, frozen=True, kw_only=True, gc=False):
    """The stored state of a finding."""

    id: str
    rule: str
    subject: str
    attribute: str
    subject_name: str = ""
    """Empty: the subject has no name, or its names were deleted."""

    kind: str = ""
    """Key of the problem title; empty: that of the rule, or of its subject or attribute."""

    severity: Severity
    state: State
    first_seen_at: datetime
    last_seen_at: datetime
    message: str = ""
    """The last message; empty when its names were deleted."""

    affected_count: int = 0
    is_counting: bool = False
    """A targeted audit found it. The next full audit counts its affected users."""

    pending_since: datetime | None = None
    """When its grace period began; ``None``: it is not pending."""

    opened_at: datetime | None = None
    """When it last opened; ``None``: it never opened."""

    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    missed: int = 0
    """Audits in a row that evaluated the rule and did not find it."""

    missed_at: datetime | None = None

    reopened: int = 0
    """How often it was reopened."""

    waived: bool = False
    cause: str = ""
    """Id of the cause that explains it; kept until it opens again."""

    @property
    def took(self) -> timedelta | None:
        """Return the time from the last opening to the resolution; ``None``: one is missing."""
        if self.opened_at is None or self.resolved_at is None:
            return None
        return self.resolved_at - self.opened_at


class GroupedFinding(Struct, frozen=True, kw_only=True):
    """A finding that is listed under its root cause."""

    rule: str
    subject: str
    root_rule: str
    root_subject: str


# gc=False: there can be 100,000 of these records, and none is part of a reference cycle.
class FindingTransition(Struct, frozen=True, kw_only=True, gc=False):
    """One finding in one audit."""

    transition: Transition
    after: TrackedFinding
    """The state to store."""

    finding: Finding | None = None
    """The finding of this audit; ``None``: this audit did not find it."""

    shift: Shift | None = None
    novelty: Novelty | None = None
    waiver: Waiver | None = None
    """The valid waiver that covers it."""

    reason: Reason | None = None
    """Why it was not evaluated; ``None`` for any other transition."""

    @property
    def opens(self) -> bool:
        """Return whether the audit opened it, and no waiver covers it."""
        return self.counts and self.transition in {Transition.NEW, Transition.REOPENED}

    @property
    def counts(self) -> bool:
        """Return whether the finding is open and not waived."""
        return self.after.state is State.OPEN and not self.after.waived


class Reconciled(Struct, frozen=True, kw_only=True, dict=True):
    """The transitions, highest severity first, and the verdicts of an audit."""

    transitions: tuple[FindingTransition, ...]
    verdicts: tuple[Verdict, ...]
    """The verdicts without pending findings, and with findings that stay open until a success."""

    grouped: dict[str, GroupedFinding] = {}
    """The findings that are listed under their root cause, by id."""

    unmatched_waivers: tuple[Waiver, ...] = ()
    expired_waivers: tuple[Waiver, ...] = ()

    @cached_property
    def open(self) -> tuple[FindingTransition, ...]:
        """All open findings that are not waived, whether this audit found them or not."""
        return tuple(entry for entry in self.transitions if entry.counts)

    def of(self, *kinds: Transition) -> tuple[FindingTransition, ...]:
        """Return the entries of these kinds."""
        return tuple(entry for entry in self.transitions if entry.transition in kinds)
