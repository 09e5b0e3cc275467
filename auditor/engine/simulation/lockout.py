"""The admins who could still sign in in each scenario, and by which path. Pure.

Effects inside Unleash's SCIM server (adoption, demotion) are possible, never certain: its code is
closed. Unleash's documentation describes them.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from auditor.domain.admin_access.admins import Admins
from auditor.domain.admin_access.recovery import Recovery
from auditor.domain.collections import USERS
from auditor.domain.context import RuleContext
from auditor.domain.reasons import Reason, Undecidable
from auditor.domain.tristate import Claim, Tristate, all_of, disproven, unknown
from auditor.engine.simulation.scenario_data import ScenarioData
from auditor.engine.simulation.scenarios import Scenario, scenarios


class AccessAnswer(StrEnum):
    """Whether an admin can sign in, or one path works."""

    PROVEN = "proven"
    UNKNOWN = "unknown"
    DISPROVEN = "disproven"


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

    state: AccessAnswer
    reasons: tuple[Reason, ...]


class ScenarioOutcome(Struct, frozen=True, kw_only=True):
    """Admin access in one scenario."""

    name: str
    title: str
    reachable: AccessAnswer
    """An admin can sign in."""

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

    def without_paths(self) -> "Lockout":
        """Return the matrix without the list of paths of each scenario."""
        scenarios = tuple(replace(each, paths=()) for each in self.scenarios)
        return replace(self, scenarios=scenarios)

    @property
    def is_locked_out(self) -> bool:
        """Return whether no admin can sign in today."""
        return self.scenarios[0].reachable is AccessAnswer.DISPROVEN

    @property
    def single_points(self) -> tuple[ScenarioOutcome, ...]:
        """Return the scenarios after which no admin can sign in, though one can today."""
        if self.is_locked_out:
            return ()
        _, *failures = self.scenarios
        return tuple(each for each in failures if each.reachable is AccessAnswer.DISPROVEN)


def simulate_lockout(context: RuleContext) -> Lockout:
    """Compute admin access for every scenario of the snapshot."""
    data = ScenarioData.of(context)
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
        scenarios=tuple(_outcome(data, each) for each in scenarios(data.deciding)),
    )


def _outcome(data: ScenarioData, scenario: Scenario) -> ScenarioOutcome:
    attestations = tuple(
        # The attestation is about the password that this scenario takes away.
        each
        for each in data.context.attestations
        if each.subject != str(scenario.passwordless)
    )
    worlds = [_admin_access(data.context_of(each, attestations)) for each in scenario.worlds]
    reachable, reasons = _agreed([(_answer(claim), claim.reasons) for claim, _ in worlds])
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
    claims: Sequence[tuple[AccessAnswer, tuple[Reason, ...]]],
) -> tuple[AccessAnswer, tuple[Reason, ...]]:
    """Return what all possible worlds have in common; where they differ, it is unknown."""
    (state, reasons), *others = claims
    if all(each == state for each, _ in others):
        return state, reasons
    return AccessAnswer.UNKNOWN, (Undecidable(why="no API shows who has a password"),)


def _answer(claim: Claim) -> AccessAnswer:
    return AccessAnswer[claim.state.name]


def _merged(paths: Sequence[AdminPath]) -> AdminPath:
    state, reasons = _agreed([(path.state, path.reasons) for path in paths])
    return replace(paths[0], state=state, reasons=reasons)


def _has_password(recovery: Recovery) -> Claim:
    """Decide whether a single recovery admin has a password: Unleash only counts passwords."""
    eligible = len(recovery.eligible)
    if recovery.reachable.state is not Tristate.PROVEN or recovery.certain == eligible:
        return Claim(state=recovery.reachable.state, reasons=recovery.reachable.reasons)
    return unknown(
        f"at least {recovery.certain} of {eligible} recovery admins have a password; "
        "no API shows which"
    )


def _paths(admins: Admins) -> Iterator[AdminPath]:
    for admin in admins.recovery.admins:
        claim = all_of(admins.recovery.password_login, admin.eligible)
        # An attested sign-in proves the password of this account; the count proves it of none.
        if claim.state is Tristate.PROVEN and admin.tried is None:
            claim = _has_password(admins.recovery)
        yield AdminPath(
            kind=PathKind.PASSWORD,
            who=admin.account.label,
            id=admin.account.id,
            state=_answer(claim),
            reasons=claim.reasons,
        )
    for group in admins.groups:
        yield AdminPath(
            kind=PathKind.PUSHED_GROUP,
            who=group.group.name,
            id=group.group.id,
            state=_answer(group.reachable),
            reasons=group.reachable.reasons,
        )
