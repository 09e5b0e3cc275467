"""The simulated effects of a mapping change, against the sandbox that applies the change.

Agreement with our own sandbox proves the computation, not what Unleash's closed SCIM server does.
"""

import os

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from auditor.domain.context import RuleContext
from auditor.engine.simulation.mapping_change import EmailChange, simulate_email_change
from auditor.sandbox import Sandbox, World
from tests.support.collecting import AT, collect_from

EXAMPLES = int(os.environ.get("AUDITOR_TEST_EXAMPLES", "20"))
"""Random worlds that are tried; `make test-all` tries 200."""

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
def worlds(draw) -> World:
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


@given(worlds(), st.sampled_from(EXPRESSIONS))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
def test_the_prediction_equals_what_the_sandbox_does(world, expression):
    with Sandbox(world) as sandbox:
        context = RuleContext(collect_from(sandbox))
        effects = simulate_email_change(context, EmailChange(expression=expression))
    before = {account.id: account.email for account in world.unleash.people}
    staged = {each.person_id for each in world.app.assignments.values() if each.external_id is None}

    world.map_attribute("user", "email", expression)
    world.push_again()

    after = {account.id: account.email for account in world.unleash.people}
    actual_renames = {
        account_id: email
        for account_id, email in after.items()
        if account_id in before and email != before[account_id]
    }
    predicted = {each.account_id: each.after.lower() for each in effects.renamed}
    ambiguous = {each.okta.user_id for each in context.people.persons if each.is_ambiguous}
    open_to_order = {each.okta_user_id for each in effects.collisions if each.depends_on_order}
    accounts_of_open = {
        person.account.id
        for person in context.people.persons
        if person.okta.user_id in open_to_order and person.account
    } | set(context.people.ambiguous)
    certain = {
        account_id: email
        for account_id, email in actual_renames.items()
        if account_id not in accounts_of_open
    }
    assert certain == predicted
    for collision in effects.collisions:
        if not collision.depends_on_order:
            assert world.app.assignments[collision.okta_user_id].sync_state == "ERROR"
    created = {after[account_id] for account_id in after.keys() - before.keys()}
    assert {each.email.lower() for each in effects.created} <= created
    assert {each.okta_user_id for each in effects.created} <= staged
    for each in effects.adopted:
        assert world.unleash.accounts[each.account_id].scim_id is not None
    assert {each.okta_user_id for each in effects.undecided} == ambiguous
