"""The simulated effects of a plan, against the sandbox that applies each step of it.

Agreement with our own sandbox proves only the computation, not the behaviour of Unleash's SCIM
server, whose code is closed.
"""

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from auditor.domain.context import RuleContext
from auditor.domain.remediation.fix import AttributeFix, Fix, GroupPushFix, MappingFix, PushFlagFix
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import Finding
from auditor.engine.simulation.plan_simulation import (
    SimulatedFinding,
    StepEffects,
    simulate_fix,
    simulate_plan,
)
from auditor.engine.views.remediation_plan import plan
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules
from auditor.sandbox import Sandbox, World
from auditor.sandbox.model.org import ProfileMapping
from tests.support.collecting import AT, collect_from

PARTS = 5
WORLDS_PER_PART = 40

EXAMPLES = (
    (0, 10),
    *(
        pytest.param(part, WORLDS_PER_PART, marks=pytest.mark.exhaustive("200 random worlds"))
        for part in range(1, PARTS + 1)
    ),
)
"""Seed and number of random worlds. The 200 worlds are in parts, which run at the same time."""

RULES = bind(load_rules([shipped("rules")]), where="tests")
RULES_BY_ID = {each.id: each.rule for each in RULES}

COMPARED = {
    "email-not-login",
    "extra-attribute",
    "attribute-create-only",
    "attribute-missing",
    "push-flag-off",
    "login-mismatch",
}
"""Rules whose findings do not depend on what only a real push shows: System Log events, and the
group members that a force sync sends too."""

COMPARED_RULES = tuple(each for each in RULES if each.id in COMPARED)

FEATURES = {
    "create-users": "PUSH_NEW_USERS",
    "update-attributes": "PUSH_PROFILE_UPDATES",
    "deactivate-users": "PUSH_USER_DEACTIVATION",
    "push-groups": "GROUP_PUSH",
}

NAMES = ("ada", "ben", "cy", "di")
emails = st.builds("{}@{}.example".format, st.sampled_from(NAMES), st.sampled_from(("a", "b")))
EXPRESSIONS = (
    "user.login",
    "user.email",
    "String.toUpperCase(user.email)",
    "String.substringBefore(user.login, '@') + '@b.example'",
    "user.email == user.login ? user.login : user.email",
)


@st.composite
def worlds(draw):
    world = World.clean(people=2, at=AT)
    world.map_attribute("user", "email", draw(st.sampled_from(EXPRESSIONS)))
    logins = draw(st.lists(emails, unique=True, min_size=1, max_size=5))
    for number, login in enumerate(logins):
        email = draw(st.one_of(st.just(login), emails))
        person = world.add_person(login, f"First{number}", f"Last{number}", email=email)
        if draw(st.integers(0, 3)):
            world.assign(person)
        else:
            world.stage(person)
    for email in draw(st.lists(emails, unique=True, max_size=2)):
        if world.unleash.by_email(email) is None:
            world.add_local_user(email=email, role=draw(st.sampled_from(("Admin", "Viewer"))))
    return world


@st.composite
def broken_worlds(draw):
    """Break further parts of the configuration, each of which has a step in the plan."""
    world = draw(worlds())
    if draw(st.booleans()):
        world.map_attribute("user", "title", "user.title")
    if draw(st.booleans()):
        expression = world.mapping("user").properties["email"].expression
        world.map_attribute("user", "email", expression, push_status="DONT_PUSH")
    for feature in draw(st.lists(st.sampled_from(sorted(FEATURES.values())), unique=True)):
        world.switch_push(feature, False)
    for push in world.app.pushes.values():
        if draw(st.booleans()):
            status = draw(st.sampled_from(("ERROR", "INACTIVE")))
            world.break_group_push(world.okta.groups[push.source_id].name, status)
    return world


@pytest.mark.parametrize(("part", "examples"), EXAMPLES)
def test_the_prediction_for_a_mapping_equals_what_the_sandbox_does(part, examples):
    try_examples(part, examples, compare_mapping, worlds(), st.sampled_from(EXPRESSIONS))


@pytest.mark.parametrize(("part", "examples"), EXAMPLES)
def test_the_prediction_for_each_step_of_a_plan_equals_what_the_sandbox_does(part, examples):
    try_examples(part, examples, compare_plan, broken_worlds())


def try_examples(part: int, examples: int, compare, *strategies) -> None:
    """Call ``compare`` with so many drawn examples; a part draws the same ones each time."""
    repeatable = settings(
        max_examples=examples,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.explicit, Phase.generate],
    )
    seed(part)(repeatable(given(*strategies)(compare)))()


def compare_mapping(world: World, expression: str) -> None:
    fix = MappingFix(type_id=None, attributes=(AttributeFix(name="email", expression=expression),))
    with Sandbox(world) as sandbox:
        context = RuleContext(collect_from(sandbox))
        (effects,) = simulate_fix(context, fix, RULES).steps
        compare_step(sandbox, context, effects, fix)


def compare_plan(world: World) -> None:
    with Sandbox(world) as sandbox:
        snapshot = collect_from(sandbox)
        context = RuleContext(snapshot)
        causes = plan((("", each) for each in evaluate(snapshot, RULES).findings), RULES_BY_ID)
        fixes = [fix for cause in causes for fix in cause.fixes]
        predicted = simulate_plan(context, [cause.fixes for cause in causes], RULES).steps
        for fix, effects in zip(fixes, predicted, strict=True):
            if fix is None:
                assert effects.not_simulated
                continue
            after = compare_step(sandbox, context, effects, fix)
            if after is None:
                # The next prediction rests on an outcome that depends on the order of the pushes.
                break
            context = after


def compare_step(
    sandbox: Sandbox, context: RuleContext, effects: StepEffects, fix: Fix
) -> RuleContext | None:
    """Apply a step and compare; return the state afterwards, or ``None`` if it is not certain."""
    world = sandbox.world
    before = {account.id: account.email for account in world.unleash.people}
    members = {team.id: set(team.member_ids) for team in world.unleash.teams.values()}
    found_before = compared_findings(context)

    apply(world, fix)

    is_certain = compare_accounts(world, context, effects, before)
    for group in effects.groups:
        if group.group_id is not None and not group.undecided and is_certain:
            team = set(world.unleash.teams[group.group_id].member_ids)
            assert team == (members[group.group_id] - set(group.removed)) | set(group.added)
    if not is_certain:
        return None
    after = RuleContext(collect_from(sandbox))
    found = compared_findings(after)
    assert found_before - found == compared(effects.disappearing)
    assert found - found_before == compared(effects.appearing)
    return after


def compare_accounts(
    world: World, context: RuleContext, effects: StepEffects, before: dict[int, str | None]
) -> bool:
    """Compare renamed, created, adopted and rejected accounts."""
    after = {account.id: account.email for account in world.unleash.people}
    actual = {
        account_id: email
        for account_id, email in after.items()
        if account_id in before and email != before[account_id]
    }
    pushed = effects.pushed
    if pushed is None:
        assert actual == {}
        assert after.keys() == before.keys()
        return True
    predicted = {each.account_id: each.after.lower() for each in pushed.renamed}
    ambiguous = {each.okta.user_id for each in context.people.persons if each.is_ambiguous}
    open_to_order = {each.okta_user_id for each in pushed.collisions if each.depends_on_order}
    accounts_of_open = {
        person.account.id
        for person in context.people.persons
        if person.okta.user_id in open_to_order and person.account
    } | set(context.people.ambiguous)
    assert predicted == {
        account_id: email
        for account_id, email in actual.items()
        if account_id not in accounts_of_open
    }
    for collision in pushed.collisions:
        if not collision.depends_on_order:
            assert world.app.assignments[collision.okta_user_id].sync_state == "ERROR"
    created = {after[account_id] for account_id in after.keys() - before.keys()}
    assert {each.email.lower() for each in pushed.created} <= created
    for each in pushed.adopted:
        assert world.unleash.accounts[each.account_id].scim_id is not None
    assert {each.okta_user_id for each in pushed.undecided} <= ambiguous
    return not (open_to_order or ambiguous)


def compared_findings(context: RuleContext) -> set[tuple[str, str]]:
    """Return rule and id of the findings that are compared."""
    return compared(evaluate(context.snapshot, COMPARED_RULES).findings)


def compared(findings: Iterable[Finding | SimulatedFinding]) -> set[tuple[str, str]]:
    """Return rule and id of the findings of rules that are compared."""
    return {(each.rule, each.id) for each in findings if each.rule in COMPARED}


def apply(world: World, fix: Fix) -> None:
    """Do in the sandbox what a person does who follows the step."""
    match fix:
        case MappingFix():
            for mapping in [each for each in world.okta.mappings.values() if is_fixed(each, fix)]:
                for each in fix.attributes:
                    if each.expression:
                        world.map_attribute(mapping.source.name, each.name, each.expression)
                    elif each.name in mapping.properties:
                        world.unmap_attribute(mapping.source.name, each.name)
            world.push_again()
        case PushFlagFix():
            world.switch_push(FEATURES[fix.flag], True)
            push_missed_users(world, fix.flag)
        case GroupPushFix():
            source = world.app.pushes[fix.push_id].source_id
            world.fix_group_push(world.okta.groups[source].name)


def is_fixed(mapping: ProfileMapping, fix: MappingFix) -> bool:
    return mapping.source.type == "user" and fix.type_id in {None, mapping.source.id}


def push_missed_users(world: World, flag: str) -> None:
    """Push the users that the remediation of a provisioning action pushes."""
    for assignment in list(world.app.assignments.values()):
        is_new = assignment.external_id is None
        if (flag == "create-users" and is_new) or (flag == "update-attributes" and not is_new):
            world.push_again(assignment.person_id)
    if flag == "push-groups":
        for push in world.app.pushes.values():
            if push.status == "ACTIVE":
                world.fix_group_push(world.okta.groups[push.source_id].name)
