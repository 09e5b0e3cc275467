"""What a rule is, and all that a rule file needs to import."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

from auditor.config.target import Exclusions
from auditor.world import (
    admins,
    attributes,
    console,
    expression,
    history,
    left_out,
    logins,
    mapped,
    membership,
    okta,
    people,
    pushes,
    scim,
    sso,
    unleash,
)
from auditor.world.attributes import SIX_ATTRIBUTES
from auditor.world.claim import Proof
from auditor.world.snapshot import (
    ACCESS,
    ADMIN_COUNT,
    APP,
    APP_GROUPS,
    APP_SCHEMA,
    ASSIGNMENTS,
    CAPABILITIES,
    CONNECTION,
    EVENTS,
    GROUP_PUSH,
    GROUPS,
    INSTANCE,
    LOG,
    MAPPINGS,
    OIDC,
    OTHER_ASSIGNMENTS,
    PASSWORD_LOGIN,
    PUSHED_GROUPS,
    SAML,
    SCIM,
    SSO_APP,
    STATISTICS,
    USER_TYPES,
    USERS,
    Collection,
    Missing,
    Why,
)
from auditor.world.world import World

__all__ = [
    "ACCESS",
    "ADMIN_COUNT",
    "APP",
    "APP_GROUPS",
    "APP_SCHEMA",
    "ASSIGNMENTS",
    "CAPABILITIES",
    "CONNECTION",
    "EVENTS",
    "GROUPS",
    "GROUP_PUSH",
    "INSTANCE",
    "LOG",
    "MAPPINGS",
    "OIDC",
    "OTHER_ASSIGNMENTS",
    "PASSWORD_LOGIN",
    "PUSHED_GROUPS",
    "SAML",
    "SCIM",
    "SIX_ATTRIBUTES",
    "SSO_APP",
    "STATISTICS",
    "USERS",
    "USER_TYPES",
    "Affected",
    "Attested",
    "Basis",
    "Cause",
    "Clear",
    "Collection",
    "Evidence",
    "Exclusions",
    "Family",
    "Missing",
    "NoParams",
    "NotApplicable",
    "Params",
    "Passed",
    "Positive",
    "Proof",
    "Remedy",
    "Result",
    "Rule",
    "Severity",
    "Unattested",
    "Unknown",
    "Violation",
    "Why",
    "World",
    "admins",
    "attributes",
    "console",
    "expression",
    "history",
    "hurt",
    "left_out",
    "logins",
    "mapped",
    "membership",
    "okta",
    "people",
    "pushes",
    "remap",
    "rule",
    "scim",
    "sso",
    "unleash",
    "vouched",
]


class Severity(StrEnum):
    """How soon somebody has to look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Order from 0 (low) to 3 (critical)."""
        return list(Severity).index(self)


class Basis(StrEnum):
    """What a pass, or a finding, rests on."""

    OBSERVED = "observed"
    """An effect was seen."""

    REPORTED = "reported"
    """The API says so."""

    PROXY = "proxy"
    """A flag that stands for more than one switch."""


class Family(StrEnum):
    """What a rule watches over; decides which controls it speaks to."""

    IDENTIFIER = "email, username, SSO identifier"
    ONLY_SIX = "only six"
    CONNECTION = "SCIM connection, app"
    PUSH_FLAGS = "push flags"
    RECONCILIATION = "reconciliation"
    ADMIN_REACHABLE = "admin reachable"

    @property
    def controls(self) -> dict[str, tuple[str, ...]]:
        """Controls by framework: SOC 2, ISO 27001 Annex A, NIST 800-53."""
        return _CONTROLS[self]


_CONTROLS: dict[Family, dict[str, tuple[str, ...]]] = {
    Family.IDENTIFIER: {
        "SOC 2": ("CC6.1",),
        "ISO 27001": ("A.5.16",),
        "NIST 800-53": ("IA-4", "CM-6"),
    },
    Family.ONLY_SIX: {
        "SOC 2": ("CC6.1", "C1.1"),
        "ISO 27001": ("A.5.34",),
        "NIST 800-53": ("CM-6", "CM-7"),
    },
    Family.CONNECTION: {
        "SOC 2": ("CC6.1", "CC6.6"),
        "ISO 27001": ("A.5.17", "A.8.9"),
        "NIST 800-53": ("AC-2(1)", "IA-5", "CM-6"),
    },
    Family.PUSH_FLAGS: {
        "SOC 2": ("CC6.2", "CC6.3"),
        "ISO 27001": ("A.5.16", "A.5.18"),
        "NIST 800-53": ("AC-2(1)", "AC-2(3)", "PS-4"),
    },
    Family.RECONCILIATION: {
        "SOC 2": ("CC6.2", "CC6.3"),
        "ISO 27001": ("A.5.16", "A.5.18"),
        "NIST 800-53": ("AC-2", "AC-6(7)"),
    },
    Family.ADMIN_REACHABLE: {
        "SOC 2": ("CC6.1", "A1.2"),
        "ISO 27001": ("A.5.17", "A.8.2"),
        "NIST 800-53": ("AC-2", "CP-2"),
    },
}


class Evidence(Struct, frozen=True, kw_only=True):
    """One thing that was seen, and what should have been."""

    collection: str
    field: str
    seen: str
    wanted: str


class Affected(Struct, frozen=True, kw_only=True):
    """A person whom a breach hurts."""

    id: str
    """Okta or Unleash user id."""

    name: str
    detail: str = ""
    """What differs for this person: ``mapped ada@a.example, login ada@b.example``."""


class Remedy(Struct, frozen=True, kw_only=True):
    """How one breach is put back."""

    steps: tuple[str, ...]
    """What to do in the console, one step each."""

    link: str | None = None
    """Where in the console; built from configured addresses and checked ids only."""

    api: str | None = None
    """The call that does it, for a person to send; the auditor never does."""

    terraform: str | None = None


class Cause(Struct, frozen=True, kw_only=True):
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

    settling: bool = False
    """It may mend itself: opens only when still seen a grace period later."""

    because_of: Cause | None = None
    remedy: Remedy | None = None


class Unknown(Struct, frozen=True, kw_only=True):
    """It could not be told for ``subject``; ``None``: for the whole rule."""

    because: str
    subject: str | None = None


class Clear(Struct, frozen=True, kw_only=True):
    """A later success of ``subject``: the only thing that closes a sticky finding."""

    subject: str


class Passed(Struct, frozen=True, kw_only=True):
    """What a pass rests on, where it is not simply what the API reports."""

    basis: Basis
    note: str = ""


class NotApplicable(Struct, frozen=True, kw_only=True):
    """The question does not arise here."""

    because: str


class Unattested(Struct, frozen=True, kw_only=True):
    """No API shows it, and nobody has vouched for it."""

    subject: str
    todo: str
    """What a person should look at, and where."""


class Attested(Struct, frozen=True, kw_only=True):
    """Somebody vouches for it."""

    subject: str
    by: str
    until: str


Result = Violation | Unknown | Clear | Passed | NotApplicable | Unattested | Attested


def vouched(world: World, rule: str, subject: str, todo: str) -> Attested | Unattested:
    """Say who vouches today for what no API shows, or what a person should look at."""
    attestation = world.attestation(rule, subject)
    if attestation is None:
        return Unattested(subject=subject, todo=todo)
    return Attested(subject=subject, by=attestation.by, until=attestation.expires.isoformat())


def hurt(
    people: Iterable[okta.Assignment], detail: Callable[[okta.Assignment], str]
) -> tuple[Affected, ...]:
    """List assigned people as the affected, by name."""
    affected = (
        Affected(id=person.user_id, name=person.label, detail=detail(person)) for person in people
    )
    return tuple(sorted(affected, key=lambda each: (each.name, each.id)))


def remap(
    mapping: mapped.TypeMapping, what: str, changes: Mapping[str, str | None], *then: str
) -> Remedy:
    """Say how a mapping is changed: by hand (``what``), by a call, and by Terraform."""
    return Remedy(
        steps=(f"{mapping.place}, for {mapping.title}: {what}, then save.", *then),
        link=mapping.link,
        api=mapping.call(changes),
        terraform=mapping.terraform(),
    )


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a rule's parameters; a misspelt key in the configuration is an error."""

    @property
    def looks_back(self) -> timedelta:
        """How far back the rule has to see the logs."""
        return timedelta()


Positive = Annotated[int, Meta(ge=1)]
"""A whole number from one on."""


class NoParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a rule that has none."""


P = TypeVar("P", bound=Params)
Check = Callable[[World, P], Iterable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[P]):
    """A check together with everything that reports say about it."""

    id: str
    title: str
    """The promise, in one sentence."""

    rationale: str
    severity: Severity
    family: Family
    guide: str
    """The guide's step: ``Okta 5``."""

    evidence: str
    """What it looks at, and when it cannot tell."""

    remedy: str
    needs: frozenset[Collection[Any]]
    """Without these it can say nothing; the rest it asks for itself."""

    params: type[P]
    sticky: bool
    enabled: bool
    check: Check[P]


def rule(
    *,
    id: str,  # noqa: A002  (reads best at the top of a rule file)
    severity: Severity,
    family: Family,
    guide: str,
    evidence: str,
    remedy: str,
    needs: Iterable[Collection[Any]] = (),
    params: type[P],
    sticky: bool = False,
    enabled: bool = True,
) -> Callable[[Check[P]], Rule[P]]:
    """Turn a check into a :class:`Rule`; its docstring gives title and rationale."""

    def build(check: Check[P]) -> Rule[P]:
        title, _, rationale = (check.__doc__ or "").strip().partition("\n\n")
        return Rule(
            id=id,
            title=title,
            rationale=" ".join(rationale.split()),
            severity=severity,
            family=family,
            guide=guide,
            evidence=evidence,
            remedy=remedy,
            needs=frozenset(needs),
            params=params,
            sticky=sticky,
            enabled=enabled,
            check=check,
        )

    return build
