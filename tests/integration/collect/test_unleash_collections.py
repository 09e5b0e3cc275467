"""The collections of Unleash, by the rights of the token."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET

from auditor.collect.collector import LogCheckpoints, collect
from auditor.domain.collections import (
    ACCESS,
    ADMIN_COUNT,
    APP,
    APP_SCHEMA,
    ASSIGNMENTS,
    EVENTS,
    GROUPS,
    INSTANCE,
    LOG,
    OIDC,
    OWN_TOKENS,
    PASSWORD_LOGIN,
    PUSHED_GROUPS,
    SAML,
    SCIM,
    SELF,
    SERVICE_ACCOUNTS,
    STATISTICS,
    USERS,
    Collection,
    MissingReason,
)
from auditor.domain.unleash import Self
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.fault import Answer, Exchange, Fault, in_the_answer
from auditor.sandbox.faults.refusals import status
from tests.support.collecting import AT, PLAIN, collect_from, credentials_of, gap_of, target_of


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
