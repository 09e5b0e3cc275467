"""What a check may say: a breach, a gap, a success, or that nobody can tell. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from auditor.domain import okta
from auditor.domain.collections import Collection
from auditor.domain.context import RuleContext
from auditor.domain.provisioning import profile_mapping
from auditor.domain.reasons import (
    AttestedBy,
    GroupedUnder,
    ManualCheck,
    MissingDataReason,
    Note,
    Pending,
    Reason,
    RuleFailed,
    Undecidable,
)
from auditor.rule.severity import Basis, Severity

__all__ = [
    "Affected",
    "Attested",
    "AttestedBy",
    "Cleared",
    "Evidence",
    "GroupedUnder",
    "ManualCheck",
    "MissingDataReason",
    "NeedsAttestation",
    "NotApplicable",
    "Note",
    "Passed",
    "Pending",
    "Reason",
    "Remediation",
    "Result",
    "RootCause",
    "RuleFailed",
    "Undecidable",
    "Unknown",
    "Violation",
    "affected_users",
    "attestation_result",
    "contradicting_attestation",
    "mapping_remediation",
]


class Evidence(Struct, frozen=True, kw_only=True):
    """One observed value, and the value that it should have."""

    collection: str
    field: str
    """What it is about. For configuration, a path or the beginning of one, as
    ``engine/changes/configuration_paths.py`` writes it: ``mapping[oty1].email.expression``."""

    observed: str
    expected: str
    label: str = ""
    """The field as readers see it; empty: ``field`` itself."""

    @property
    def title(self) -> str:
        """Return what readers see of the field."""
        return self.label or self.field

    @classmethod
    def of(
        cls,
        collection: Collection[Any],
        field: str,
        label: str,
        *,
        observed: str,
        expected: str,
    ) -> tuple["Evidence", ...]:
        """Return one piece of evidence, as :attr:`Violation.evidence` holds it."""
        piece = cls(
            collection=collection.name,
            field=field,
            label=label,
            observed=observed,
            expected=expected,
        )
        return (piece,)


class Affected(Struct, frozen=True, kw_only=True):
    """A person whom a breach hurts."""

    id: str
    """Okta or Unleash user id."""

    name: str
    detail: str = ""
    """What differs for this person: ``mapped ada@a.example, login ada@b.example``."""


class Remediation(Struct, frozen=True, kw_only=True):
    """How one breach is put back."""

    steps: tuple[str, ...]
    """What to do in the console, one step each."""

    link: str | None = None
    """Where in the console; built from configured addresses and checked ids only."""

    api: str | None = None
    """The call that does it, for a person to send; the auditor never does."""

    terraform: str | None = None


class RootCause(Struct, frozen=True, kw_only=True):
    """The finding that explains another one."""

    rule: str
    subject: str


class Violation(Struct, frozen=True, kw_only=True):
    """A breach, as the rule knows it; the engine stamps the rest.

    ``subject`` and ``attribute`` are identity and must never change with wording, names or order.
    """

    subject: str
    message: str
    attribute: str = ""
    severity: Severity | None = None
    """Below or above the rule's own; ``None``: the rule's own."""

    evidence: tuple[Evidence, ...] = ()
    affected: tuple[Affected, ...] = ()
    since: datetime | None = None
    """When it began, as far as a dated record says."""

    within_grace: bool = False
    """It may mend itself: opens only when still seen a grace period later."""

    root_cause: RootCause | None = None
    remediation: Remediation | None = None


class Unknown(Struct, frozen=True, kw_only=True):
    """The check cannot be decided for ``subject``; ``None``: for the whole rule."""

    reason: Reason
    subject: str | None = None

    def __post_init__(self) -> None:
        """Raise ``TypeError`` for a reason that is no record; a rule of the user can pass any."""
        _require(self.reason, Reason)


class Cleared(Struct, frozen=True, kw_only=True):
    """A later success of ``subject``: the only thing that closes a sticky finding."""

    subject: str


class Passed(Struct, frozen=True, kw_only=True):
    """What a pass rests on, where it is not simply what the API reports."""

    basis: Basis
    note: Note | None = None

    def __post_init__(self) -> None:
        """Raise ``TypeError`` for a note that is no record."""
        _require(self.note, Note | None)


class NotApplicable(Struct, frozen=True, kw_only=True):
    """The rule does not apply to this target."""

    reason: Note

    def __post_init__(self) -> None:
        """Raise ``TypeError`` for a reason that is no note."""
        _require(self.reason, Note)


class NeedsAttestation(Struct, frozen=True, kw_only=True):
    """No API shows it, and nobody has vouched for it."""

    subject: str
    todo: str
    """What a person should look at, and where."""


class Attested(Struct, frozen=True, kw_only=True):
    """Somebody vouches for it."""

    subject: str
    by: str
    until: str


Result = Violation | Unknown | Cleared | Passed | NotApplicable | NeedsAttestation | Attested


def _require(value: object, kind: Any) -> None:  # noqa: ANN401  (a class or a union)
    if not isinstance(value, kind):
        msg = f"expected {kind}, got {type(value).__name__}"
        raise TypeError(msg)


def attestation_result(
    context: RuleContext, rule: str, subject: str, todo: str
) -> Attested | NeedsAttestation:
    """Say who vouches today for what no API shows, or what a person should look at."""
    attestation = context.attestation(rule, subject)
    if attestation is None:
        return NeedsAttestation(subject=subject, todo=todo)
    return Attested(subject=subject, by=attestation.by, until=attestation.expires.isoformat())


def contradicting_attestation(context: RuleContext, rule: str, subject: str) -> str:
    """Say, for the end of a breach's message, who vouches today for the contrary; else nothing."""
    attestation = context.attestation(rule, subject)
    if attestation is None:
        return ""
    return f" {attestation.by} vouches for the contrary until {attestation.expires}: look again."


def affected_users(
    people: Iterable[okta.Assignment], detail: Callable[[okta.Assignment], str]
) -> tuple[Affected, ...]:
    """List assigned people as the affected, by name."""
    affected = (
        Affected(id=person.user_id, name=person.label, detail=detail(person)) for person in people
    )
    return tuple(sorted(affected, key=lambda each: (each.name, each.id)))


def mapping_remediation(
    mapping: profile_mapping.TypeMapping, what: str, changes: Mapping[str, str | None], *then: str
) -> Remediation:
    """Say how a mapping is changed: by hand (``what``), by a call, and by Terraform."""
    return Remediation(
        steps=(f"{mapping.place}, for {mapping.title}: {what}, then save.", *then),
        link=mapping.link,
        api=mapping.call(changes),
        terraform=mapping.terraform(),
    )
