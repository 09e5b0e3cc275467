"""The results of a check: violation, unknown, passed and others. Pure."""

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
    RuleProcessEnded,
    Undecidable,
)
from auditor.domain.remediation.fix import AttributeFix, Fix, MappingFix
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
    "RuleProcessEnded",
    "Undecidable",
    "Unknown",
    "Violation",
    "affected_users",
    "attestation_result",
    "contradicting_attestation",
    "mapping_remediation",
]


# gc=False here and below: there can be 100,000 records, and none is part of a reference cycle.
class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """The value of one field, and the value that it should have."""

    collection: str
    field: str
    """For configuration a path, or the beginning of one, as the changes have it:
    ``mapping[oty1].email.expression``."""

    observed: str
    expected: str
    label: str = ""
    """The field as readers see it; empty: ``field`` itself."""

    expression: str = ""
    """The expression that ``observed`` shows in words, as data; empty: it shows none."""

    @property
    def title(self) -> str:
        """Return what readers see of the field."""
        return self.label or self.field

    @classmethod
    def of(
        cls,
        collection: Collection[Any],
        path: str,
        label: str,
        *,
        observed: str,
        expected: str,
        expression: str = "",
    ) -> "Evidence":
        """Build the evidence of one field of a collection."""
        return cls(
            collection=collection.name,
            field=path,
            label=label,
            observed=observed,
            expected=expected,
            expression=expression,
        )


class Affected(Struct, frozen=True, kw_only=True, gc=False):
    """An affected user of a violation."""

    id: str
    """Okta or Unleash user id."""

    name: str
    detail: str = ""
    """What differs for this user."""


class Remediation(Struct, frozen=True, kw_only=True, gc=False):
    """The steps that fix one finding."""

    steps: tuple[str, ...]
    """Steps in the consoles, in order."""

    link: str | None = None
    """Address of a console page; built from configured addresses and checked ids only."""

    api: str | None = None
    """An API call with the same effect. Never a call that deletes or revokes."""

    terraform: str | None = None
    fix: Fix | None = None
    """The same remediation as data, for the simulation; ``None``: it cannot be simulated."""

    for_many: str = ""
    """The step for several findings of this kind, with ``{n}`` and ``{list}``; empty: none."""


class RootCause(Struct, frozen=True, kw_only=True, gc=False):
    """The finding that explains another one. While it is open, both have one cause."""

    rule: str
    subject: str
    lists_users: bool = True
    """The users are listed under the root cause, and the other finding is not open.

    ``False``: both findings are open, because each needs a fix of its own.
    """


class Violation(Struct, frozen=True, kw_only=True, gc=False):
    """A violation of a rule. The engine adds the identity of the finding.

    ``subject`` and ``attribute`` are its identity, so they never depend on wording, names or order.
    """

    subject: str
    message: str
    attribute: str = ""
    subject_name: str = ""
    """The name of the subject, for titles; empty: the subject has none."""

    kind: str = ""
    """Key of the problem title, of those that the rule declares; empty: the title of the rule.

    It is no part of the identity: a finding can become another kind.
    """

    severity: Severity | None = None
    """The severity of this violation; ``None``: that of the rule."""

    evidence: tuple[Evidence, ...] = ()
    affected: tuple[Affected, ...] = ()
    since: datetime | None = None
    """When it began, if a dated record shows it."""

    within_grace: bool = False
    """It opens only if it is found again after the grace period."""

    root_cause: RootCause | None = None
    remediation: Remediation | None = None


class Unknown(Struct, frozen=True, kw_only=True):
    """The check cannot decide about ``subject``; ``None``: about the whole rule."""

    reason: Reason
    subject: str | None = None

    def __post_init__(self) -> None:
        """Raise ``TypeError`` for a reason that is no record; a rule of the user can pass any."""
        _require(self.reason, Reason)


class Cleared(Struct, frozen=True, kw_only=True):
    """Findings about ``subjects`` are over: a later success was read, or nothing is left to fail.

    Only this result resolves a finding of an event rule (``resolves_on_success``).
    """

    subjects: frozenset[str]
    """All of them in one result, because a rule can clear 100,000 users."""


class Passed(Struct, frozen=True, kw_only=True):
    """The basis of a pass, when it is not a value that the API reports."""

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
    """No API shows the fact, and no attestation holds."""

    subject: str
    todo: str
    """What a person must check, and where."""


class Attested(Struct, frozen=True, kw_only=True):
    """An attestation holds."""

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
    """Return the attestation that holds today, or the manual check that is needed (``todo``)."""
    attestation = context.attestation(rule, subject)
    if attestation is None:
        expired = context.expired_attestation(rule, subject)
        again = (
            f"The attestation by {expired.by} expired on {expired.expires}. Check the field again "
            "and attest it. "
            if expired
            else ""
        )
        return NeedsAttestation(subject=subject, todo=f"{again}{todo}")
    return Attested(subject=subject, by=attestation.by, until=attestation.expires.isoformat())


def contradicting_attestation(context: RuleContext, rule: str, subject: str) -> str:
    """Return the sentence about an attestation that claims the opposite; empty: there is none."""
    attestation = context.attestation(rule, subject)
    if attestation is None:
        return ""
    valid = f"valid until {attestation.expires}"
    return f" An attestation by {attestation.by}, {valid}, claims the opposite."


def affected_users(
    people: Iterable[okta.Assignment], detail: Callable[[okta.Assignment], str]
) -> tuple[Affected, ...]:
    """Return assigned users as the affected users, sorted by name."""
    affected = (
        Affected(id=person.user_id, name=person.label, detail=detail(person)) for person in people
    )
    # By name for readers; the id makes the order of equal names the same in every audit.
    return tuple(sorted(affected, key=lambda each: (each.name, each.id)))


def mapping_remediation(
    mapping: profile_mapping.TypeMapping,
    changes: Mapping[str, str | None],
    *steps: str,
    for_many: str = "",
) -> Remediation:
    """Return the remediation of a mapping: steps, API call, Terraform and fix."""
    return Remediation(
        steps=steps,
        link=mapping.link,
        api=mapping.call(changes),
        terraform=mapping.terraform(),
        fix=MappingFix(
            type_id=mapping.type_id,
            attributes=tuple(
                AttributeFix(name=mapping.own_name(name), expression=expression)
                for name, expression in changes.items()
            ),
        ),
        for_many=for_many,
    )
