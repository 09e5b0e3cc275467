"""Who could still sign in as an admin in each scenario, and by which path. Pure.

Effects inside Unleash's SCIM server (adoption, demotion) are possible, never certain: its code is
closed. Unleash's documentation describes them.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.admin_access.admins import Admins
from auditor.domain.collections import USERS
from auditor.domain.context import RuleContext
from auditor.domain.reasons import Reason, Undecidable
from auditor.domain.tristate import Claim, Tristate, all_of, disproven
from auditor.engine.simulation.scenarios import Scenario, scenarios


class PathKind(StrEnum):
    """How an admin signs in."""

    PASSWORD = "password"  # noqa: S105  (a kind of path, no password)
    PUSHED_GROUP = "pushed group"


class AdminPath(Struct, frozen=True, kw_only=True):
    """One way in for one recovery admin or one pushed group."""

    kind: PathKind
    who: str
    """The label of the account, or the name of the group."""

    id: int
    """Unleash user id or group id."""

    state: Tristate
    reasons: tuple[Reason, ...]


class ScenarioOutcome(Struct, frozen=True, kw_only=True):
    """Admin access in one scenario."""

    name: str
    title: str
    reachable: Tristate
    """An admin can sign in: proven, disproven or unknown."""

    reasons: tuple[Reason, ...]
    paths: tuple[AdminPath, ...]


class RecoveryProof(Struct, frozen=True, kw_only=True):
    """When it was last shown that a recovery admin can sign in."""

    who: str
    id: int
    signed_in_at: datetime | None
    """The last successful login that Unleash reports; ``None``: never, or not reported."""

    attested_on: date | None
    """When a person last attested the sign-in; ``None``: no attestation is in force."""


class Lockout(Struct, frozen=True, kw_only=True):
    """The lock-out matrix of one target."""

    target: str
    at: datetime
    scenarios: tuple[ScenarioOutcome, ...]
    recovery_admins: tuple[RecoveryProof, ...]

    @property
    def is_locked_out(self) -> bool:
        """Return whether no admin can sign in today."""
        return self.scenarios[0].reachable is Tristate.DISPROVEN

    @property
    def single_points(self) -> tuple[ScenarioOutcome, ...]:
        """Return the scenarios after which no admin can sign in, though one can today."""
        if self.is_locked_out:
            return ()
        _, *failures = self.scenarios
        return tuple(each for each in failures if each.reachable is Tristate.DISPROVEN)


def simulate_lockout(context: RuleContext) -> Lockout:
    """Compute admin access for every scenario of the snapshot."""
    return Lockout(
        target=context.target.name,
        at=context.at,
        recovery_admins=tuple(
            RecoveryProof(
                who=admin.account.label,
                id=admin.account.id,
                signed_in_at=admin.account.seen_at,
                attested_on=admin.tried.on if admin.tried else None,
            )
            for admin in context.admins.recovery.eligible
        ),
        scenarios=tuple(_outcome(context, each) for each in scenarios(context)),
    )


def _outcome(context: RuleContext, scenario: Scenario) -> ScenarioOutcome:
    attestations = tuple(
        each for each in context.attestations if each.subject != str(scenario.passwordless)
    )
    worlds = [_admin_access(RuleContext(each, attestations)) for each in scenario.worlds]
    reachable, reasons = _agreed([(claim.state, claim.reasons) for claim, _ in worlds])
    by_path: dict[tuple[PathKind, int], list[AdminPath]] = {}
    for _, paths in worlds:
        for path in paths:
            by_path.setdefault((path.kind, path.id), []).append(path)
    return ScenarioOutcome(
        name=scenario.name,
        title=scenario.title,
        reachable=reachable,
        reasons=reasons,
        paths=tuple(map(_merged, by_path.values())),
    )


def _admin_access(context: RuleContext) -> tuple[Claim, tuple[AdminPath, ...]]:
    users = context.get(USERS)
    if users is not None and not users.users:
        return disproven("Unleash has no user"), ()
    return context.admins.reachable, tuple(_paths(context.admins))


def _agreed(
    claims: Sequence[tuple[Tristate, tuple[Reason, ...]]],
) -> tuple[Tristate, tuple[Reason, ...]]:
    """Return what all possible worlds have in common; where they differ, it is unknown."""
    (state, reasons), *others = claims
    if all(each == state for each, _ in others):
        return state, reasons
    return Tristate.UNKNOWN, (Undecidable(why="no API shows who has a password"),)


def _merged(paths: Sequence[AdminPath]) -> AdminPath:
    state, reasons = _agreed([(path.state, path.reasons) for path in paths])
    return replace(paths[0], state=state, reasons=reasons)


def _paths(admins: Admins) -> Iterator[AdminPath]:
    for admin in admins.recovery.admins:
        # The number of passwords decides for all recovery admins together, not for a single one.
        claim = all_of(admins.recovery.password_login, admin.eligible)
        if claim.state is Tristate.PROVEN and admin.tried is None:
            claim = Claim(
                state=admins.recovery.reachable.state, reasons=admins.recovery.reachable.reasons
            )
        yield AdminPath(
            kind=PathKind.PASSWORD,
            who=admin.account.label,
            id=admin.account.id,
            state=claim.state,
            reasons=claim.reasons,
        )
    for group in admins.groups:
        yield AdminPath(
            kind=PathKind.PUSHED_GROUP,
            who=group.group.name,
            id=group.group.id,
            state=group.reachable.state,
            reasons=group.reachable.reasons,
        )
