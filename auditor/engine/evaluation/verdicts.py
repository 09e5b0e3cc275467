"""Verdicts and findings: what the evaluation of a snapshot returns. Pure."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.rule.results import (
    Affected,
    Evidence,
    MissingDataReason,
    Reason,
    Remediation,
    RootCause,
    RuleFailed,
    RuleProcessEnded,
    Undecidable,
)
from auditor.rule.severity import Basis, Severity


class VerdictStatus(StrEnum):
    """The status of a rule for a target, from worst to best."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    NEEDS_ATTESTATION = "needs_attestation"
    ATTESTED = "attested"
    PASS = "pass"  # noqa: S105  (a verdict, no password)
    NOT_APPLICABLE = "not_applicable"


class Verdict(Struct, frozen=True, kw_only=True):
    """The status of one rule for one target, with the reasons."""

    rule: str
    status: VerdictStatus
    severity: Severity
    basis: Basis | None = None
    """The basis of a pass; ``None`` for other verdicts."""

    reasons: tuple[Reason, ...] = ()
    """The reasons for the status; for ``fail``, only those of unknown subjects and of grouped
    findings."""

    @property
    def unknown_reasons(self) -> tuple[Reason, ...]:
        """Return the reasons that leave something unknown."""
        unknown = MissingDataReason, Undecidable, RuleFailed, RuleProcessEnded
        return tuple(each for each in self.reasons if isinstance(each, unknown))

    @property
    def has_unknown(self) -> bool:
        """Return whether the rule is unknown, or fails and is unknown in part."""
        return self.status is VerdictStatus.UNKNOWN or (
            self.status is VerdictStatus.FAIL and bool(self.unknown_reasons)
        )


KEPT_AFFECTED = 100
"""Affected users of a finding that are stored; the others are counted."""


# gc=False: there can be 100,000 of these records, and none is part of a reference cycle.
class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """A violation with its id and its rule."""

    id: str
    """Sixteen hex digits of rule, subject and attribute; unique within a target."""

    rule: str
    subject: str
    attribute: str
    subject_name: str = ""
    kind: str = ""
    severity: Severity
    message: str
    evidence: tuple[Evidence, ...]
    affected: tuple[Affected, ...]
    """All users, in the audit; the store keeps the first :data:`KEPT_AFFECTED`."""

    affected_count: int
    since: datetime | None
    within_grace: bool
    root_cause: RootCause | None
    remediation: Remediation | None
    has_details: bool = True
    """``False``: the rule has so many findings that only the paths of the evidence are kept."""


class Evaluated(Struct, frozen=True, kw_only=True):
    """The results of all rules for one snapshot."""

    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    """Each id once, in the order of rules and subjects."""

    unknown_rules: frozenset[str]
    """Rules that are unknown for every subject without a finding."""

    unknown_subjects: frozenset[tuple[str, str]]
    """Rule id and subject, for each subject that the rule could not evaluate."""

    cleared: dict[str, frozenset[str]]
    """Rule id to the subjects whose sticky findings are over."""

    resolves_on_success: frozenset[str]
    configurations: dict[str, str]
    """Rule id to the hash of its parameters: what ran, and how."""

    versions: dict[str, str]
    """Rule id to the hash of its file."""

    def is_unknown(self, rule: str, subject: str) -> bool:
        """Return whether ``rule`` could not evaluate ``subject``."""
        return rule in self.unknown_rules or (rule, subject) in self.unknown_subjects

    def has_cleared(self, rule: str, subject: str) -> bool:
        """Return whether a sticky finding of ``rule`` about ``subject`` is over."""
        return subject in self.cleared.get(rule, ())
