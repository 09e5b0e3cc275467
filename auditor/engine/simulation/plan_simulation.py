"""The possible effects of each step of a remediation plan, one step after the other. Pure.

Nothing is executed. A step is simulated if its remediation has a fix as data. A person does the
other steps, account by account, and the simulation does not change the snapshot for them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from auditor.domain.admin_access.asserted_identifier import asserted_identifier
from auditor.domain.collections import GROUP_PUSH, PUSHED_GROUPS
from auditor.domain.context import RuleContext
from auditor.domain.identity.comparison import is_same_login
from auditor.domain.okta import GroupPush
from auditor.domain.remediation.fix import Fix, GroupPushFix, MappingFix, PushFlagFix
from auditor.domain.snapshot import DataMissing, Snapshot
from auditor.domain.tristate import Tristate
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import Evaluated, Finding
from auditor.engine.simulation.fixed_snapshot import with_fix, with_group_members, with_push
from auditor.engine.simulation.group_effects import GroupEffects, simulate_group_push
from auditor.engine.simulation.push_effects import PushEffects, Reach, effects_of, pushed_users
from auditor.engine.simulation.scenarios import adopted_worlds
from auditor.rule.binding import BoundRule
from auditor.rule.severity import Severity

_FLAG_REACH = {"create-users": Reach.NEW, "update-attributes": Reach.LINKED}
"""The users that the remediation of a provisioning action pushes; the other actions push none."""


class SimulatedFinding(Struct, frozen=True, kw_only=True):
    """A finding that a step opens or closes."""

    id: str
    rule: str
    severity: Severity
    message: str


class SignOn(Struct, frozen=True, kw_only=True):
    """Number of users whose account has the identifier that SSO asserts."""

    before: int
    after: int
    unknown: int
    """Users whose asserted identifier is unknown, after the step."""

    @property
    def locks_out_everyone(self) -> bool:
        """Return whether users can sign in before the step, and none afterwards."""
        return self.before > 0 and self.after == 0 and not self.unknown


class StepEffects(Struct, frozen=True, kw_only=True):
    """The possible effects of one step, after all earlier steps."""

    number: int
    """Number of the cause in the plan, from 1. A cause can have several fixes."""

    not_simulated: str = ""
    """Why the step is not simulated; empty: it is."""

    pushed: PushEffects | None = None
    groups: tuple[GroupEffects, ...] = ()
    """The groups whose members the step changes, or can change."""

    sign_on: SignOn | None = None
    admin_before: Tristate = Tristate.UNKNOWN
    admin_after: Tristate = Tristate.UNKNOWN
    """Whether an admin can sign in; unknown if it depends on what adoption does."""

    disappearing: tuple[SimulatedFinding, ...] = ()
    appearing: tuple[SimulatedFinding, ...] = ()
    not_evaluated: tuple[tuple[str, str], ...] = ()
    """Rule id and subject of what is evaluated before the step and unknown after it; without a
    subject, the whole rule."""

    @property
    def can_lock_out(self) -> bool:
        """Return whether, after the step, no admin or no user may be able to sign in."""
        loses_admin = (
            self.admin_before is Tristate.PROVEN and self.admin_after is not Tristate.PROVEN
        )
        return loses_admin or (self.sign_on is not None and self.sign_on.locks_out_everyone)


class PlanSimulation(Struct, frozen=True, kw_only=True):
    """The possible effects of a plan for one target."""

    target: str
    at: datetime
    steps: tuple[StepEffects, ...]
    not_evaluated: tuple[str, ...]
    """Ids of the rules that are unknown at least in part before the first step."""


def simulate_plan(
    context: RuleContext, plan: Iterable[Sequence[Fix | None]], rules: Iterable[BoundRule]
) -> PlanSimulation:
    """Apply each fix to the snapshot that the earlier ones leave, and compare the findings.

    ``plan``: the fixes of each cause in the order of the plan; ``None``: a part has none.
    """
    rules = tuple(rules)
    effects: list[StepEffects] = []
    first = before = _evaluate(context, rules)
    # A cause without a fix has a number in the plan too.
    fixes = ((number, fix) for number, each in enumerate(plan, start=1) for fix in each or (None,))
    for number, fix in fixes:
        if fix is None:
            why = "a person decides it for each account or setting"
            effects.append(StepEffects(number=number, not_simulated=why))
            continue
        simulated, context, before = _simulate_step(context, before, rules, number, fix)
        effects.append(simulated)
    return _simulation(context, first, tuple(effects))


def simulate_fix(context: RuleContext, fix: Fix, rules: Iterable[BoundRule]) -> PlanSimulation:
    """Apply a single fix that is in no plan, such as a mapping that a person wants to try."""
    rules = tuple(rules)
    before = _evaluate(context, rules)
    simulated, _, _ = _simulate_step(context, before, rules, 1, fix)
    return _simulation(context, before, (simulated,))


def _simulation(
    context: RuleContext, before: Evaluated, steps: tuple[StepEffects, ...]
) -> PlanSimulation:
    return PlanSimulation(
        target=context.target.name,
        at=context.at,
        steps=steps,
        not_evaluated=tuple(each.rule for each in before.verdicts if each.has_unknown),
    )


def _simulate_step(
    context: RuleContext, before: Evaluated, rules: tuple[BoundRule, ...], number: int, fix: Fix
) -> tuple[StepEffects, RuleContext, Evaluated]:
    """Return the effects, and the context and the evaluation after the step."""
    try:
        return _effects(context, before, rules, number, fix)
    except DataMissing as missing:
        why = f"{missing.collection.name} could not be read"
        return StepEffects(number=number, not_simulated=why), context, before


def _effects(
    context: RuleContext, before: Evaluated, rules: tuple[BoundRule, ...], number: int, fix: Fix
) -> tuple[StepEffects, RuleContext, Evaluated]:
    """Return the same; raises DataMissing if a part depends on missing data."""
    pushed, groups, after = _apply(context, fix)
    evaluated = _evaluate(after, rules)
    effects = StepEffects(
        number=number,
        pushed=pushed,
        groups=tuple(each for each in groups if each.added or each.removed or each.undecided),
        sign_on=_sign_on(context, after),
        admin_before=context.admins.reachable.state,
        admin_after=_admin_after(after, pushed),
        disappearing=tuple(_gone(before, evaluated)),
        # The same in the other direction: what was unknown before has not appeared.
        appearing=tuple(_gone(evaluated, before)),
        not_evaluated=tuple(sorted(_unknown(evaluated) - _unknown(before))),
    )
    return effects, after, evaluated


def _apply(
    context: RuleContext, fix: Fix
) -> tuple[PushEffects | None, tuple[GroupEffects, ...], RuleContext]:
    after = _with_snapshot(context, with_fix(context, fix))
    reach, type_id, pushes = _reach(after, fix)
    pushed = None
    if reach is not None:
        users = pushed_users(after, reach, type_id=type_id)
        pushed = effects_of(after, users)
        after = _with_snapshot(after, with_push(after, pushed, users.sent))
    # After the users: an account that the push creates can become a member.
    groups = tuple(simulate_group_push(after, each) for each in pushes)
    return pushed, groups, _with_snapshot(after, with_group_members(after, groups))


def _reach(
    context: RuleContext, fix: Fix
) -> tuple[Reach | None, str | None, tuple[GroupPush, ...]]:
    """Return the users that a fix pushes (``None``: none), their type, and the groups."""
    match fix:
        case MappingFix():
            return Reach.ALL, fix.type_id, ()
        case PushFlagFix(flag="push-groups"):
            pushes = context.get(GROUP_PUSH) or ()
            can_be_pushed = context.get(PUSHED_GROUPS) is not None
            return None, None, tuple(each for each in pushes if can_be_pushed and _is_active(each))
        case PushFlagFix():
            return _FLAG_REACH.get(fix.flag), None, ()
        case GroupPushFix():
            return None, None, tuple(each for each in context[GROUP_PUSH] if each.id == fix.push_id)


def _is_active(push: GroupPush) -> bool:
    return push.status == "ACTIVE"


def _with_snapshot(context: RuleContext, snapshot: Snapshot) -> RuleContext:
    # A new context, because the cached conclusions belong to the snapshot before.
    return RuleContext(snapshot, context.attestations, context.allowed_attributes)


def _evaluate(context: RuleContext, rules: tuple[BoundRule, ...]) -> Evaluated:
    return evaluate(context.snapshot, rules, context.attestations)


def _admin_after(after: RuleContext, pushed: PushEffects | None) -> Tristate:
    """Return admin access in every possible world: adoption can reset the role of an admin."""
    adopted = {each.account_id for each in pushed.adopted} if pushed else set()
    states = {
        _with_snapshot(after, world).admins.reachable.state
        for world in adopted_worlds(after.snapshot, adopted)
    }
    return states.pop() if len(states) == 1 else Tristate.UNKNOWN


def _sign_on(before: RuleContext, after: RuleContext) -> SignOn | None:
    matching_before, _ = _signed_on(before)
    matching_after, unknown = _signed_on(after)
    if not (matching_before or matching_after or unknown):
        return None
    return SignOn(before=matching_before, after=matching_after, unknown=unknown)


def _signed_on(context: RuleContext) -> tuple[int, int]:
    """Count the active users whose account SSO finds, and those where that is unknown."""
    found = unknown = 0
    for person in context.people.persons:
        if person.account is None or not person.okta.is_active:
            continue
        asserted = asserted_identifier(context.snapshot, person.okta).value
        if asserted is None:
            unknown += 1
        elif is_same_login(asserted, person.account.email):
            found += 1
    return found, unknown


def _gone(before: Evaluated, after: Evaluated) -> Iterator[SimulatedFinding]:
    """Yield the findings of ``before`` that ``after`` has not, unless they are unknown there."""
    remaining = {each.id for each in after.findings}
    for each in before.findings:
        if each.id not in remaining and not after.is_unknown(each.rule, each.subject):
            yield _in_short(each)


def _unknown(evaluated: Evaluated) -> set[tuple[str, str]]:
    return {(rule, "") for rule in evaluated.unknown_rules} | evaluated.unknown_subjects


def _in_short(finding: Finding) -> SimulatedFinding:
    return SimulatedFinding(
        id=finding.id, rule=finding.rule, severity=finding.severity, message=finding.message
    )
