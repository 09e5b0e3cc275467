"""Each collection has the data of the sandbox."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from msgspec import UNSET

from auditor.collect.collector import LogCheckpoints, collect
from auditor.collect.okta.log_reader import (
    app_filter,
    app_user_filter,
    org_filter,
    profile_update_filter,
)
from auditor.collect.okta.org_log import OrgLogs
from auditor.domain.collections import (
    ACCESS,
    ADMIN_COUNT,
    APP,
    APP_GROUPS,
    APP_SCHEMA,
    ASSIGNMENTS,
    CAPABILITIES,
    COLLECTIONS,
    CONNECTION,
    EVENTS,
    EXCLUDED_GROUP,
    GROUP_PUSH,
    GROUPS,
    INSTANCE,
    LOG,
    MAPPINGS,
    OIDC,
    OTHER_ASSIGNMENTS,
    OWN_TOKENS,
    PASSWORD_LOGIN,
    PUSHED_GROUPS,
    SAML,
    SCIM,
    SELF,
    SERVICE_ACCOUNTS,
    SSO_APP,
    STATISTICS,
    USER_TYPES,
    USERS,
    Collection,
    MissingReason,
)
from auditor.domain.okta import MappedAttribute
from auditor.domain.target import Exclusions, OtherSource
from auditor.domain.unleash import Self
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.fault import Answer, Exchange, Fault, in_the_answer
from auditor.sandbox.faults.refusals import status
from auditor.sandbox.model.org import LogTarget
from tests.support.collecting import AT, PLAIN, collect_from, credentials_of, gap_of, target_of


def test_every_collection_is_read_except_those_not_requested(
    world: World, sandbox: Sandbox
) -> None:
    world.show_capabilities()
    snapshot = collect_from(sandbox)
    assert snapshot.missing == {}
    assert COLLECTIONS.keys() - snapshot.read.keys() == {EXCLUDED_GROUP.name}


def test_only_get_requests_are_sent(sandbox: Sandbox) -> None:
    collect_from(sandbox)
    assert {request.method for request in sandbox.requests} == {"GET"}
    assert not sandbox.refused


def test_the_app(world: World, sandbox: Sandbox) -> None:
    app = collect_from(sandbox)[APP]
    assert (app.id, app.label, app.name) == (world.app.id, world.app.label, world.app.name)
    assert (app.status, app.sign_on_mode) == ("ACTIVE", "SAML_2_0")
    assert app.features == frozenset(world.app.features)
    assert (app.username_template, app.username_template_type) == ("${source.login}", "BUILT_IN")
    assert app.saml_subject == "${user.userName}"


def test_the_app_is_the_sso_app_unless_another_one_is_configured(
    world: World, sandbox: Sandbox
) -> None:
    assert collect_from(sandbox)[SSO_APP].id == world.app_id
    other = world.add_app("Single sign-on")
    assert collect_from(sandbox, target_of(sandbox, sso_app_id=other.id))[SSO_APP].id == other.id


def test_capabilities_that_the_kind_of_app_does_not_have_do_not_exist(sandbox: Sandbox) -> None:
    missing = gap_of(collect_from(sandbox), CAPABILITIES)
    assert (missing.why, missing.status) == (MissingReason.NOT_ON_THIS_EDITION, 400)
    assert missing.detail == "this kind of app has none (E0000001)"


def test_capabilities(world: World, sandbox: Sandbox) -> None:
    world.show_capabilities()
    world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    shown = collect_from(sandbox)[CAPABILITIES]
    assert (shown.create, shown.update, shown.deactivate) == ("ENABLED", "ENABLED", "DISABLED")


def test_the_connection(world: World, sandbox: Sandbox) -> None:
    assert collect_from(sandbox)[CONNECTION].status == "UNKNOWN"
    world.show_connection("https://unleash.example.com/scim", "TOKEN")
    connection = collect_from(sandbox)[CONNECTION]
    assert connection.base_url == "https://unleash.example.com/scim"
    assert connection.auth_scheme == "TOKEN"


def test_mappings_from_user_types_to_the_app_are_read(world: World, sandbox: Sandbox) -> None:
    mappings = collect_from(sandbox)[MAPPINGS]
    assert {each.source_id for each in mappings} == {
        world.user_type("user").id,
        world.user_type("contractor").id,
    }
    assert {each.target_id for each in mappings} == {world.app_id}
    assert mappings[0].properties["email"] == MappedAttribute(
        expression="user.login", push_status="PUSH"
    )


def test_mappings_of_other_apps_are_ignored_when_the_next_link_drops_the_filter(
    world: World, sandbox: Sandbox
) -> None:
    for number in range(250):
        world.add_user_type(f"type{number}", f"Type {number}")
    mappings = collect_from(sandbox)[MAPPINGS]
    assert len(mappings) == 252
    assert {each.target_id for each in mappings} == {world.app_id}


def test_user_types(world: World, sandbox: Sandbox) -> None:
    types = collect_from(sandbox)[USER_TYPES]
    assert {each.id: each.title for each in types} == {
        each.id: each.display_name for each in world.okta.types.values()
    }
    assert [each.name for each in types if each.default] == ["user"]


def test_the_schema_has_base_and_custom_attributes(world: World, sandbox: Sandbox) -> None:
    world.add_schema_attribute("shoeSize")
    schema = {each.name: each for each in collect_from(sandbox)[APP_SCHEMA]}
    assert schema.keys() == world.app.schema.keys()
    assert schema["shoeSize"].custom
    assert not schema["email"].custom
    assert schema["email"].title == "Email"


def test_assignments_have_the_data_of_their_users(world: World, sandbox: Sandbox) -> None:
    assignments = collect_from(sandbox)[ASSIGNMENTS]
    assert [each.user_id for each in assignments] == list(world.app.assignments)
    for each in assignments:
        there, person = world.app.assignments[each.user_id], world.person(each.user_id)
        assert each.status == there.status
        assert each.external_id == there.external_id
        assert each.username == there.username
        assert each.email == there.profile["email"]
        assert (each.login, each.okta_email) == (person.login, person.email)
        assert (each.name, each.user_type_id) == (person.name, person.type_id)
        assert each.user_status == "ACTIVE"
        assert each.status_changed_at is not None


def test_a_list_of_many_pages_is_read_completely(sandbox: Sandbox) -> None:
    for number in range(1100):
        sandbox.world.assign(sandbox.world.add_person(f"p{number}@example.com", "Pat", "Doe"))
    assert len(collect_from(sandbox)[ASSIGNMENTS]) == 1112


def test_groups_assigned_and_pushed(world: World, sandbox: Sandbox) -> None:
    snapshot = collect_from(sandbox)
    assert [each.name for each in snapshot[APP_GROUPS]] == ["Unleash users"]
    assert {each.source_group_id for each in snapshot[GROUP_PUSH]} == {
        world.group("Unleash Admins").id,
        world.group("Unleash Editors").id,
    }
    sources = {each.source_group_id for each in snapshot[GROUP_PUSH]}
    pushed = [each for each in snapshot[PUSHED_GROUPS] if each.id in sources]
    assert {each.name: each.member_ids for each in pushed} == {
        name: frozenset(world.group(name).member_ids)
        for name in ("Unleash Admins", "Unleash Editors")
    }


def test_members_are_read_of_groups_with_a_root_role_only(world: World, sandbox: Sandbox) -> None:
    world.set_team_role("Unleash Editors", None)
    editors, admins = world.group("Unleash Editors"), world.group("Unleash Admins")
    pushed = {each.id: each.member_ids for each in collect_from(sandbox)[PUSHED_GROUPS]}
    assert pushed[editors.id] is None
    assert pushed[admins.id]
    everyone = collect_from(sandbox, all_members=True)[PUSHED_GROUPS]
    (found,) = (each.member_ids for each in everyone if each.id == editors.id)
    assert found == frozenset(editors.member_ids)


def test_an_excluded_group_is_read_with_its_members(world: World, sandbox: Sandbox) -> None:
    group = world.group("Unleash Editors")
    target = target_of(sandbox, exclude=Exclusions(okta_group=group.id))
    assert collect_from(sandbox, target)[EXCLUDED_GROUP].member_ids == frozenset(group.member_ids)


def test_people_of_other_apps_in_the_same_org(world: World, sandbox: Sandbox) -> None:
    assert collect_from(sandbox)[OTHER_ASSIGNMENTS] == ()
    source = OtherSource(app_id=world.app_id)
    target = target_of(sandbox, also_provisioned_by=(source,))
    assert len(collect_from(sandbox, target)[OTHER_ASSIGNMENTS]) == len(world.app.assignments)


def test_apps_of_another_org_are_not_requested_in_this_one(world: World, sandbox: Sandbox) -> None:
    foreign = OtherSource(app_id="0oaForeign", org_url="https://other.example.com")
    own = OtherSource(app_id=world.app_id, org_url=sandbox.okta_url)
    snapshot = collect_from(sandbox, target_of(sandbox, also_provisioned_by=(foreign, own)))
    assert len(snapshot[OTHER_ASSIGNMENTS]) == len(world.app.assignments)
    assert not [request for request in sandbox.requests if "0oaForeign" in request.path]


def test_the_log_has_the_actor_of_a_mapping_change(world: World, sandbox: Sandbox) -> None:
    world.clock.travel(AT - timedelta(hours=2))
    world.map_attribute("user", "email", "user.email", by="mira.torres@example.com")
    world.clock.travel(AT)
    log = collect_from(sandbox)[LOG]
    assert log.until == AT
    changes = [event for event in log.events if event.type == "directory.mapping.update"]
    assert changes[-1].actor.login == "mira.torres@example.com"
    assert changes[-1].result == "SUCCESS"
    assert AT - timedelta(hours=3) < changes[-1].published_at < AT


def test_the_log_has_the_old_value_of_a_setting(world: World, sandbox: Sandbox) -> None:
    world.clock.travel(AT - timedelta(hours=2))
    world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    world.clock.travel(AT)
    updates = [
        e for e in collect_from(sandbox)[LOG].events if e.type == "application.lifecycle.update"
    ]
    target = next(each for each in updates[-1].targets if each.id == world.app_id)
    assert target.before != target.after


def test_the_log_is_read_from_the_checkpoint_minus_an_overlap(sandbox: Sandbox) -> None:
    mark = AT - timedelta(hours=5)
    log = collect_from(sandbox, since=LogCheckpoints(okta_log=mark))[LOG]
    assert log.since == mark - timedelta(minutes=30)
    asked = [request.query for request in sandbox.requests if request.path == "/api/v1/logs"]
    updates = [query for query in asked if query["filter"] == profile_update_filter()]
    assert {query["since"] for query in asked if query not in updates} == {
        "2026-05-04T03:30:00.000Z"
    }
    assert [query["since"] for query in updates] == ["2026-05-02T09:00:00.000Z"]
    assert {query["until"] for query in asked} == {"2026-05-04T09:00:00.000Z"}


@pytest.mark.parametrize(
    ("mark", "reach"), [(None, timedelta(days=7)), (AT - timedelta(days=200), timedelta(days=90))]
)
def test_the_log_is_not_requested_beyond_its_retention(
    sandbox: Sandbox, mark: object, reach: timedelta
) -> None:
    assert collect_from(sandbox, since=LogCheckpoints(okta_log=mark))[LOG].since == AT - reach  # type: ignore[arg-type]  # in a table of cases


def test_a_first_audit_reads_the_log_to_the_horizon_of_okta() -> None:
    world = World.clean(at=AT - timedelta(days=60))
    world.fail_provisioning("kofi.okafor@example.com")
    world.clock.travel(AT)
    with Sandbox(world) as sandbox:
        log = collect_from(sandbox)[LOG]
    assert (log.since, log.complete_since) == (AT - timedelta(days=7), AT - timedelta(days=90))
    assert [each for each in log.earlier if each.result == "FAILURE"]
    assert all(each.published_at < log.since for each in log.earlier)
    assert not {each.id for each in log.earlier} & {each.id for each in log.events}


def test_events_older_than_the_readable_part_are_unknown(sandbox: Sandbox) -> None:
    first_part = [
        app_filter(target_of(sandbox)),
        org_filter(),
        app_user_filter(),
        profile_update_filter(),
    ]
    sandbox.faults.add("okta", "/api/v1/logs", refuse_after(len(first_part)))
    log = collect_from(sandbox)[LOG]
    assert log.complete_since == log.since == AT - timedelta(days=7)
    assert log.earlier == ()


def refuse_after(answers: int) -> Fault:
    """Refuse every request after a number of good answers."""
    left = [None] * answers

    def change(_: Exchange, answer: Answer) -> Answer | None:
        if left:
            left.pop()
            return None
        return replace(answer, status=403)

    return in_the_answer("refuse-after", change)


def test_targets_of_one_org_read_the_profile_updates_once(sandbox: Sandbox) -> None:
    org_logs = OrgLogs()
    for minutes in (0, 5):
        collect(
            target_of(sandbox),
            credentials_of(sandbox),
            at=AT + timedelta(minutes=minutes),
            limits=PLAIN,
            org_logs=org_logs,
        )
    asked = [request.query for request in sandbox.requests if request.path == "/api/v1/logs"]
    updates = [query["since"] for query in asked if query["filter"] == profile_update_filter()]
    assert updates == ["2026-05-02T09:00:00.000Z", "2026-05-04T08:30:00.000Z"]


def test_the_settings_of_a_separate_sso_app_are_read_from_the_log() -> None:
    world = World.clean(at=AT - timedelta(hours=2))
    sso = world.add_app("Single sign-on")
    there = LogTarget(sso.id, "AppInstance", sso.label, sso.label)
    world.write("application.lifecycle.update", "Update application", there)
    world.clock.travel(AT)
    with Sandbox(world) as sandbox:
        found = collect_from(sandbox, target_of(sandbox, sso_app_id=sso.id))[LOG]
        without = collect_from(sandbox)[LOG]
    assert sso.id in {target.id for event in found.events for target in event.targets}
    assert sso.id not in {target.id for event in without.events for target in event.targets}


def test_a_push_that_names_no_app_is_read_for_assigned_users_only() -> None:
    world = World.clean(at=AT - timedelta(hours=2))
    world.add_person("stranger@example.com", "Sam", "Stranger")
    for each in ("kofi.okafor@example.com", "stranger@example.com"):
        world.log_failed_app_user(each)
    world.clock.travel(AT)
    with Sandbox(world) as sandbox:
        log = collect_from(sandbox)[LOG]
        asked = [each.query["filter"] for each in sandbox.requests if each.path == "/api/v1/logs"]
    (event,) = [each for each in log.known if each.of_unknown_app]
    assert [(each.type, each.login) for each in event.targets] == [
        ("AppUser", "kofi.okafor@example.com")
    ]
    assert event.result == "FAILURE"
    assert app_user_filter() in asked


def test_a_service_that_refuses_the_filter_for_app_users_has_no_such_events() -> None:
    world = World.clean(at=AT - timedelta(hours=2))
    world.log_failed_app_user("kofi.okafor@example.com")
    world.clock.travel(AT)

    def refuse(exchange: Exchange, answer: Answer) -> Answer | None:
        is_it = ("filter", app_user_filter()) in parse_qsl(exchange.url.query)
        return replace(answer, status=400) if is_it else None

    with Sandbox(world) as sandbox:
        sandbox.faults.add("okta", "/api/v1/logs", in_the_answer("refuse", refuse))
        log = collect_from(sandbox)[LOG]
    assert log.complete_since == AT - timedelta(days=90)
    assert not [each for each in log.known if each.of_unknown_app]


def test_events_of_other_apps_are_not_requested(world: World, sandbox: Sandbox) -> None:
    log = collect_from(sandbox, since=LogCheckpoints(okta_log=AT - timedelta(days=80)))[LOG]
    assert {event.type for event in log.events} >= {
        "application.user_membership.add",
        "application.provision.user.push",
    }
    for event in log.events:
        if event.type.startswith("application."):
            assert world.app_id in {target.id for target in event.targets}


def test_users_and_roles(world: World, sandbox: Sandbox) -> None:
    users = collect_from(sandbox)[USERS]
    assert [user.id for user in users.users] == sorted(each.id for each in world.unleash.people)
    for user in users.users:
        there = world.unleash.accounts[user.id]
        assert (user.name, user.username, user.email) == (there.name, there.username, there.email)
        assert (user.scim_id, user.root_role) == (there.scim_id, there.root_role)
    assert users.admin_role_id == 1


@pytest.mark.parametrize(("times", "counted"), [(1, 2), (None, 7)])
def test_admins_are_counted_again_when_list_and_count_differ(
    sandbox: Sandbox, times: int | None, counted: int
) -> None:
    miscounted = in_the_answer(
        "miscounted", lambda _, answer: answer.carrying({"password": 7, "noPassword": 0})
    )
    sandbox.faults.add("unleash", "/api/admin/user-admin/admin-count", miscounted, times=times)
    assert collect_from(sandbox)[ADMIN_COUNT].password == counted
    asked = Counter(request.path for request in sandbox.requests)
    assert asked["/api/admin/user-admin/admin-count"] == 2
    assert asked["/api/admin/user-admin"] == 2


def test_an_unreadable_count_does_not_affect_the_list(sandbox: Sandbox) -> None:
    sandbox.faults.add("unleash", "/api/admin/user-admin/admin-count", status(403))
    snapshot = collect_from(sandbox)
    assert snapshot[USERS].users
    missing = gap_of(snapshot, ADMIN_COUNT)
    assert missing.endpoint == "GET /api/admin/user-admin/admin-count"


def test_groups_and_access(world: World, sandbox: Sandbox) -> None:
    snapshot = collect_from(sandbox)
    for group in snapshot[GROUPS]:
        there = world.unleash.teams[group.id]
        assert (group.name, group.root_role, group.scim_id) == (
            there.name,
            there.root_role,
            there.scim_id,
        )
        assert group.member_ids == frozenset(there.member_ids)
    access = snapshot[ACCESS]
    assert {group.root_role for group in access.groups} == {1, 2}
    assert {group.member_ids for group in access.groups} == {None}
    # The user list was read, which has the same users with more fields.
    assert access.users is None


NO_USERS = in_the_answer("empty", lambda _, it: it.carrying(json.loads(it.body) | {"users": []}))


@pytest.mark.parametrize("fault", [status(403), NO_USERS])
def test_access_has_its_users_when_the_user_list_has_none(
    world: World, sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.faults.add("unleash", "/api/admin/user-admin", fault)
    users = collect_from(sandbox)[ACCESS].users or ()
    assert {user.id for user in users} == {account.id for account in world.unleash.people}
    assert {user.scim_id for user in users} == {UNSET}


def test_access_whose_users_have_no_id_is_missing(sandbox: Sandbox) -> None:
    nameless = in_the_answer("no-id", lambda _, it: it.carrying({"users": [{}], "groups": []}))
    sandbox.faults.add("unleash", "/api/admin/user-admin/access", nameless)
    assert gap_of(collect_from(sandbox), ACCESS).why is MissingReason.BAD_PAYLOAD


@pytest.mark.parametrize(
    ("path", "noun", "collection"),
    [("/api/admin/user-admin", "user", USERS), ("/api/admin/groups", "group", GROUPS)],
)
def test_an_empty_list_that_a_second_source_contradicts_is_not_read(
    world: World, sandbox: Sandbox, path: str, noun: str, collection: Collection[Any]
) -> None:
    empty: dict[str, list[Any]] = {f"{noun}s": []}
    fault = in_the_answer("empty", lambda _, it: it.carrying(json.loads(it.body) | empty))
    sandbox.faults.add("unleash", path, fault)
    missing = gap_of(collect_from(sandbox), collection)
    assert missing.why is MissingReason.BAD_PAYLOAD
    number = {"user": len(list(world.unleash.people)), "group": len(world.unleash.teams)}[noun]
    assert missing.detail == f"the list is empty, but /access lists {number} {noun}s"
    no_members = in_the_answer("no_members", lambda _, it: it.carrying({"users": [], "groups": []}))
    sandbox.faults.add("unleash", "/api/admin/user-admin/access", no_members)
    assert collect_from(sandbox).lacks(collection) is None


BLANKS = ["", "  "]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_value_without_information_is_none_or_unknown(sandbox: Sandbox, blank: str) -> None:
    def without_information(_: Exchange, answer: Answer) -> Answer:
        listed = json.loads(answer.body)
        rows = [row | {"scimId": blank, "email": blank} for row in listed["users"]]
        return answer.carrying(listed | {"users": rows})

    def unlinked(_: Exchange, answer: Answer) -> Answer:
        return answer.carrying([row | {"externalId": blank} for row in json.loads(answer.body)])

    users = in_the_answer("blank", without_information)
    sandbox.faults.add("unleash", "/api/admin/user-admin", users)
    sandbox.faults.add("okta", "/api/v1/apps/*/users", in_the_answer("unlinked", unlinked))
    snapshot = collect_from(sandbox)
    assert {(each.scim_id, each.email) for each in snapshot[USERS].users} == {(UNSET, None)}
    assert {each.external_id for each in snapshot[ASSIGNMENTS]} == {None}


def test_the_date_of_a_schedule_can_be_in_any_text_of_the_debug_data(
    world: World, sandbox: Sandbox
) -> None:
    def dated(_: Exchange, answer: Answer) -> Answer:
        debug = {"debugData": {"number": 1, "job": "due 2026-06-03T09:00:00.000Z"}}
        rows = [row | {"debugContext": debug} for row in json.loads(answer.body)]
        return answer.carrying(rows)

    world.schedule_deletion("grace.tanaka@example.com")
    world.advance(hours=1)
    sandbox.faults.add("okta", "/api/v1/logs", in_the_answer("dated", dated))
    found = collect(target_of(sandbox), credentials_of(sandbox), at=world.now, limits=PLAIN)[LOG]
    notes = {event.type.endswith(".schedule"): event.note for event in found.events}
    assert notes == {True: "2026-06-03T09:00:00.000Z", False: None}


def test_an_app_profile_without_attributes_is_not_read(sandbox: Sandbox) -> None:
    nothing: dict[str, Any] = {
        "definitions": {"base": {"properties": {}}, "custom": {"properties": {}}}
    }
    bare = in_the_answer("bare", lambda _, answer: answer.carrying(nothing))
    sandbox.faults.add("okta", "/api/v1/meta/schemas/apps/*/default", bare)
    assert gap_of(collect_from(sandbox), APP_SCHEMA).why is MissingReason.BAD_PAYLOAD


def test_settings(sandbox: Sandbox) -> None:
    snapshot = collect_from(sandbox)
    assert snapshot[INSTANCE].version_enterprise == "8.2.0"
    assert snapshot[INSTANCE].password_login_disabled is False
    assert snapshot[INSTANCE].unleash_url == sandbox.unleash_url
    assert snapshot[STATISTICS].scim_enabled
    assert (snapshot[SCIM].enabled, snapshot[SCIM].has_token) == (True, True)
    assert not snapshot[PASSWORD_LOGIN].disabled
    assert (snapshot[SAML].enabled, snapshot[SAML].auto_create) == (True, False)
    assert snapshot[OIDC].enabled is False


def test_the_auditors_own_account(world: World, sandbox: Sandbox) -> None:
    snapshot = collect_from(sandbox)
    assert snapshot[SELF].name == "provisioning-auditor"
    assert snapshot[SELF].is_admin
    assert [each.name for each in snapshot[SERVICE_ACCOUNTS]] == ["provisioning-auditor", "viewer"]
    (token,) = snapshot[OWN_TOKENS]
    assert token.expires_at is not None
    assert token.description == "auditor"
    assert world.unleash_token not in repr(snapshot)


def test_events_of_unleash(world: World, sandbox: Sandbox) -> None:
    world.clock.travel(AT - timedelta(hours=2))
    world.add_local_user(email="late@example.com", role="Admin")
    world.clock.travel(AT)
    log = collect_from(sandbox, since=LogCheckpoints(unleash_events=AT - timedelta(hours=3)))[
        EVENTS
    ]
    assert log.since == AT - timedelta(hours=3, minutes=30)
    (event,) = [each for each in log.events if each.type == "user-created"]
    assert event.after == {"email": '"late@example.com"', "rootRole": "1"}
    assert event.subject == str(world.account("late@example.com").id)


def test_events_of_many_pages(world: World, sandbox: Sandbox) -> None:
    world.clock.travel(AT - timedelta(days=2))
    for number in range(2100):
        world.add_local_user(email=f"p{number}@example.com")
    world.clock.travel(AT)
    created = [e for e in collect_from(sandbox)[EVENTS].events if e.type == "user-created"]
    assert len({event.id for event in created}) >= 2100


def test_fewer_events_than_counted_are_missing_data(sandbox: Sandbox) -> None:
    short = in_the_answer("short", lambda _, it: it.carrying({"events": [], "total": 3}))
    sandbox.faults.add("unleash", "/api/admin/search/events", short)
    assert gap_of(collect_from(sandbox), EVENTS).why is MissingReason.TRUNCATED


def test_a_viewer_reads_access_and_gets_refusals_for_the_rest(
    world: World, sandbox: Sandbox
) -> None:
    snapshot = collect_from(
        sandbox, credentials=credentials_of(sandbox, unleash=world.viewer_token)
    )
    assert snapshot[ACCESS].users
    assert snapshot[SELF].is_admin is False
    for hidden in (USERS, ADMIN_COUNT, EVENTS):
        missing = gap_of(snapshot, hidden)
        assert (missing.why, missing.status) == (MissingReason.FORBIDDEN, 403)


def test_an_admin_by_group_reads_everything_but_the_event_log(
    world: World, sandbox: Sandbox
) -> None:
    world.add_team("Auditors", role="Admin", members=["viewer"])
    snapshot = collect_from(
        sandbox, credentials=credentials_of(sandbox, unleash=world.viewer_token)
    )
    assert snapshot[USERS].users
    assert snapshot[SELF].is_admin
    missing = gap_of(snapshot, EVENTS)
    assert (missing.why, missing.endpoint) == (
        MissingReason.FORBIDDEN,
        "GET /api/admin/search/events",
    )
    assert "projects only" in missing.detail


def test_with_an_unknown_role_the_event_log_may_be_incomplete(sandbox: Sandbox) -> None:
    sandbox.faults.add("unleash", "/api/admin/service-account", status(403))
    assert gap_of(collect_from(sandbox), EVENTS).endpoint == "GET /api/admin/service-account"


def test_an_admin_api_token_has_no_user_and_reads_everything(
    world: World, sandbox: Sandbox
) -> None:
    snapshot = collect_from(
        sandbox, credentials=credentials_of(sandbox, unleash=world.admin_api_token)
    )
    assert snapshot[USERS].users
    assert snapshot[EVENTS] is not None
    assert snapshot[SELF] == Self(user_id=None, name="admin", is_admin=True)
    assert gap_of(snapshot, OWN_TOKENS).why is MissingReason.FORBIDDEN
    assert world.admin_api_token not in repr(snapshot)


@pytest.mark.parametrize(
    ("token", "why"),
    [("backend_token", MissingReason.FORBIDDEN), ("wrong", MissingReason.UNAUTHORIZED)],
)
def test_a_token_of_a_wrong_kind_reads_nothing(
    world: World, sandbox: Sandbox, token: str, why: MissingReason
) -> None:
    known = credentials_of(sandbox, unleash=getattr(world, token, token))
    snapshot = collect_from(sandbox, credentials=known)
    gaps = {name: gap.why for name, gap in snapshot.missing.items() if name.startswith("unleash.")}
    assert not [name for name in snapshot.read if name.startswith("unleash.")]
    assert set(gaps.values()) == {why}


def test_the_open_source_edition_lacks_the_enterprise_collections(
    world: World, sandbox: Sandbox
) -> None:
    world.set_version("8.2.0", enterprise=False)
    snapshot = collect_from(sandbox)
    absent = {
        name
        for name, gap in snapshot.missing.items()
        if gap.why is MissingReason.NOT_ON_THIS_EDITION and name.startswith("unleash.")
    }
    assert absent == {
        each.name for each in (GROUPS, SCIM, PASSWORD_LOGIN, SAML, OIDC, SERVICE_ACCOUNTS)
    }
    assert snapshot[PUSHED_GROUPS]


def test_a_404_of_the_enterprise_edition_does_not_mean_another_edition(sandbox: Sandbox) -> None:
    sandbox.faults.add("unleash", "/api/admin/groups", ALL_FAULTS["status-404"])
    assert gap_of(collect_from(sandbox), GROUPS).why is MissingReason.NOT_FOUND


def test_progress_names_collections_and_counts_rows(sandbox: Sandbox) -> None:
    counted: dict[str, int] = {}
    collect(
        target_of(sandbox),
        credentials_of(sandbox),
        at=AT,
        progress=lambda name, rows: counted.update({name: rows}),
    )
    assert counted[ASSIGNMENTS.name] == 12
    assert counted[APP.name] == 1
