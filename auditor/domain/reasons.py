"""Why a rule or a claim has its state: records, never prose. Pure.

``auditor.rule.texts.reason_text`` renders them for readers. No other code reads meaning from it.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.domain.collections import MissingData


class MissingDataReason(Struct, frozen=True, kw_only=True, tag="missing_data"):
    """A collection could not be read."""

    collection: str
    """Name of the collection: ``okta.mappings``."""

    missing: MissingData
    what: str = ""
    """What cannot be decided without the collection, for readers; empty: the whole rule."""


class Undecidable(Struct, frozen=True, kw_only=True, tag="undecidable"):
    """The data that was read does not decide the question."""

    why: str
    what: str = ""
    """What cannot be decided, for readers; empty: the whole rule."""

    lacking: str | None = None
    """Name of a missing collection that could decide it; ``None``: no missing data could."""


class RuleFailed(Struct, frozen=True, kw_only=True, tag="rule_failed"):
    """The code of the rule raised an error."""

    error: str
    """Name of the exception's class."""

    line: int | None = None
    """Line in which it was raised."""


class ProcessEnd(StrEnum):
    """Why the process that executes the rules of ``rule_paths`` ended before it was done."""

    TIME = "time"
    """It exceeded the limit of time."""

    MEMORY = "memory"
    """The kernel ended it, as it does when memory is exhausted."""

    OUTPUT = "output"
    """Its results exceeded the limit of their size."""

    EXIT = "exit"
    """It exited or crashed."""

    NOT_STARTED = "not_started"
    """The system could not start it."""


class RuleProcessEnded(Struct, frozen=True, kw_only=True, tag="rule_process_ended"):
    """The process that executes the rules of ``rule_paths`` ended before this rule was done."""

    why: ProcessEnd
    rule: str
    """The rule that was evaluated at that time; empty: none yet."""


class GroupedUnder(Struct, frozen=True, kw_only=True, tag="grouped"):
    """Findings of the rule are listed under their root cause."""

    rule: str
    """Rule of the root cause."""

    count: int


class Pending(Struct, frozen=True, kw_only=True, tag="pending"):
    """Findings of the rule are still within the grace period."""

    until: datetime
    """When the first of them opens, if it is found again."""

    count: int


class ManualCheck(Struct, frozen=True, kw_only=True, tag="manual_check"):
    """A person must check a fact that no API exposes."""

    todo: str


class AttestedBy(Struct, frozen=True, kw_only=True, tag="attested"):
    """A person attests the fact."""

    by: str
    until: str
    """ISO date of the last day on which the attestation holds."""


class Note(Struct, frozen=True, kw_only=True, tag="note"):
    """The basis of a pass, or why a rule does not apply."""

    code: str
    """Kebab case; ``auditor.rule.texts.reason_text`` has the sentence of each code."""

    about: str = ""
    """The thing that the sentence names."""

    at: datetime | None = None


Reason = (
    MissingDataReason
    | Undecidable
    | RuleFailed
    | RuleProcessEnded
    | GroupedUnder
    | Pending
    | ManualCheck
    | AttestedBy
    | Note
)
