"""Several versions of a real Unleash, in each state: the verdict of every rule."""

from collections.abc import Mapping

import pytest

from auditor.sandbox import World
from tests.e2e.unleash.states import STATES, State, many_people
from tests.support.peers.unleash_provisioning import NOT_ON_THIS_EDITION, provision, recovery_admin

VERSIONS: Mapping[str, Mapping[str, str]] = {
    "5.12.8": {"unleash.events": "not found"},
    "6.4.1": {},
    "6.10.1": {},
    "7.6.5": {},
    "8.2.0": {},
}
"""Version to the collections that it lacks beyond those of its edition: the search of the event log
came with Unleash 6."""

every_version = pytest.mark.parametrize("unleash_server", VERSIONS, indirect=True)


@pytest.fixture
def state() -> State | None:
    return None


@pytest.fixture
def world(state: State | None) -> World:
    return World.crowd(2000) if state is many_people else World.clean(people=6)


@every_version
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_state_has_the_same_verdicts_on_every_version(state, world, real_unleash, audit):
    expected = state(world, real_unleash)
    audited = audit(expected.token)
    assert audited.differing == expected.verdicts
    assert audited.unseen == {
        **NOT_ON_THIS_EDITION,
        **VERSIONS[real_unleash.version],
        **expected.unseen,
    }
    for rule, reason in expected.because.items():
        assert reason in audited.because(rule)
    for rule, subjects in expected.subjects.items():
        assert audited.subjects(rule) == subjects, rule


@every_version
def test_the_actor_who_made_an_admin_is_named_if_there_is_an_event_log(world, real_unleash, audit):
    person = next(iter(provision(world, real_unleash).values()))
    recovery_admin(real_unleash)
    assert audit().changes == []
    real_unleash.change_role(person, "Admin")
    (change,) = audit().changes
    assert (change["path"], change["before"], change["after"]) == (f"admin[{person}]", None, "on")
    if "unleash.events" in VERSIONS[real_unleash.version]:
        assert (change["confidence"], change["actors"]) == ("unknown", [])
        assert change["unknown_reason"].startswith("unleash.events: not found (404)")
    else:
        assert change["confidence"] == "exact"
        assert [actor["name"] for actor in change["actors"]] == ["admin"]
