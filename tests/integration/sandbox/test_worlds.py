"""The initial states of the sandbox, its clock, and its control endpoint."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from auditor.sandbox import Sandbox, World
from auditor.sandbox.actions.base import actions_of
from auditor.sandbox.model.clock import Clock
from auditor.sandbox.worlds.story import HIRES, PROMOTED, Story
from tests.support.peers.processes import free_port
from tests.support.plain_http import plain_get, plain_post

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


class TestClock:
    def test_stands_still_but_no_two_events_have_the_same_time(self) -> None:
        clock = Clock(AT, runs=False)
        times = [clock.tick(), clock.tick()]
        assert times[0] == AT < times[1] < clock.now
        assert clock.now == clock.now

    def test_continues_from_the_time_that_was_set(self) -> None:
        clock = Clock(AT, runs=True)
        clock.travel(AT + timedelta(days=1))
        before = clock.now
        while clock.now == before:
            pass
        assert timedelta() < clock.now - AT - timedelta(days=1) < timedelta(hours=1)


def test_two_sandboxes_have_equal_data() -> None:
    def answers_of(world: World) -> object:
        people = [(person.id, person.login) for person in world.okta.people.values()]
        return people, world.unleash.accounts, world.okta.log, world.unleash_token

    assert answers_of(World.clean(at=AT)) == answers_of(World.clean(at=AT))
    assert answers_of(World.clean(at=AT)) != answers_of(World.clean(at=AT, seed=2))


def test_a_clean_sandbox_ends_at_the_given_time() -> None:
    assert World.clean(at=AT).now == AT
    assert World.clean(people=3, at=AT, ago=timedelta(days=2)).now == AT - timedelta(days=2)


def test_very_many_users_are_provisioned_like_others() -> None:
    world = World.crowd(300, at=AT)
    assert len(world.app.assignments) == 304
    person = world.person("person000200@example.com")
    before = (
        world.app.assignments[person.id].profile.copy(),
        world.account(person.login).name,
    )
    world.push_again(person)
    assignment = world.app.assignments[person.id]
    assert (assignment.profile, world.account(person.login).name) == before
    world.map_attribute("user", "email", "user.email")
    world.push_again()
    wrong = [
        one
        for one in world.app.assignments.values()
        if one.profile["email"] != world.okta.people[one.person_id].login
    ]
    assert len(wrong) == 121


class TestStory:
    def test_chapter_one_causes_drift(self) -> None:
        story = Story.begin(at=AT)
        assert timedelta() < story.now - (AT - timedelta(days=1)) < timedelta(minutes=1)
        mapping = story.mapping("user")
        assert mapping is not None
        assert mapping.properties["email"].expression == "user.email"
        assert "title" in mapping.properties
        assert not story.has("PUSH_USER_DEACTIVATION")
        affected = [
            person.login
            for person in story.okta.people.values()
            if (assignment := story.app.assignments.get(person.id))
            and assignment.profile["email"] != person.login
        ]
        assert affected == [*PROMOTED, *(login for login, *_ in HIRES)]
        leavers = [one for one in story.app.assignments.values() if one.status == "DEPROVISIONED"]
        assert len(leavers) == 2
        assert all(story.unleash.by_scim_id(one.external_id) for one in leavers)

    def test_chapter_two_fixes_a_part_and_causes_another_breach(self) -> None:
        story = Story.begin(at=AT)
        story.chapter_two()
        assert timedelta() < story.now - AT < timedelta(minutes=1)
        mapping = story.mapping("user")
        assert mapping is not None
        assert mapping.properties["email"].expression == "user.login"
        assert "title" not in story.app.schema
        assert story.account("hana.kim@example.com").scim_id
        assert not story.account("recovery.one").has_password
        assert [push.status for push in story.app.pushes.values()] == ["ERROR", "ACTIVE"]
        assert not story.has("PUSH_USER_DEACTIVATION")


class TestControl:
    def ask(self, sandbox: Sandbox, action: str, **arguments: object) -> tuple[int, str]:
        answer = plain_post(f"{sandbox.control_url}/do/{action}", json=arguments)
        return answer.status_code, answer.text

    def test_lists_every_action_with_its_arguments(self, sandbox: Sandbox) -> None:
        listed = plain_get(sandbox.control_url).json()["actions"]
        assert listed.keys() == actions_of(sandbox.world).keys()
        assert listed["switch_push"]["arguments"] == ["flag", "on", "by"]

    def test_executes_an_action(self, sandbox: Sandbox) -> None:
        assert self.ask(sandbox, "advance", hours=3)[0] == 200
        assert sandbox.world.now >= AT + timedelta(hours=3)
        assert self.ask(sandbox, "deactivate_person", who="amara.okafor@example.com")[0] == 200
        assert sandbox.world.person("amara.okafor@example.com").status == "DEPROVISIONED"

    @pytest.mark.parametrize(
        ("action", "body", "error"),
        [
            ("suspnd", "{}", 'no such action "suspnd" (GET / lists the actions)'),
            ("suspend", "x", "suspend: the body is not a JSON object"),
            ("suspend", "[]", "suspend: the body is not a JSON object"),
            ("suspend", "{}", "suspend: missing a required argument: 'who'"),
            ("suspend", '{"who": "x@y"}', "suspend: there is no 'x@y'"),
        ],
    )
    def test_an_error_names_the_action_the_reason_and_the_arguments(
        self, sandbox: Sandbox, action: str, body: str, error: str
    ) -> None:
        answer = plain_post(f"{sandbox.control_url}/do/{action}", content=body)
        arguments = "" if "such" in error else " (arguments, as a JSON object: who, by)"
        assert answer.json() == {"error": f"{error}{arguments}"}

    def test_each_description_is_a_sentence(self, sandbox: Sandbox) -> None:
        for name, action in plain_get(sandbox.control_url).json()["actions"].items():
            assert action["what"].endswith("."), name
            assert ";" not in action["what"], name

    @pytest.mark.parametrize(
        ("action", "arguments", "status"),
        [
            ("no_such_action", {}, 404),
            ("clean", {}, 404),
            ("suspend", {"who": "unknown@example.com"}, 400),
            ("suspend", {"user": "amara.okafor@example.com"}, 400),
        ],
    )
    def test_reports_a_wrong_request(
        self, sandbox: Sandbox, action: str, arguments: dict[str, object], status: int
    ) -> None:
        answered, text = self.ask(sandbox, action, **arguments)
        assert answered == status
        assert "error" in text

    def test_shows_the_requests_and_the_slack_messages(
        self, sandbox: Sandbox, unleash: httpx.Client
    ) -> None:
        unleash.get("/ui-config")
        shown = plain_get(f"{sandbox.control_url}/requests").json()
        assert shown[0]["path"] == "/api/admin/ui-config"
        assert plain_get(f"{sandbox.control_url}/slack").status_code == 200


def test_four_services_listen_at_the_same_time(world: World) -> None:
    free = free_port(side_by_side=4)
    with Sandbox(world, port=free) as sandbox:
        urls = (sandbox.okta_url, sandbox.unleash_url, sandbox.slack_url, sandbox.control_url)
        assert [int(url.rpartition(":")[2]) - free for url in urls] == [0, 1, 2, 3]
        assert plain_get(f"{sandbox.unleash_url}/health").json() == {"health": "GOOD"}
