"""The part of Okta's System Log that an audit reads."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from auditor.collect.collector import LogCheckpoints, collect
from auditor.collect.okta.log_reader import (
    app_filter,
    app_user_filter,
    org_filter,
    profile_update_filter,
)
from auditor.collect.okta.org_log import OrgLogs
from auditor.domain.collections import (
    LOG,
)
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.fault import Answer, Exchange, Fault, in_the_answer
from auditor.sandbox.model.org import LogTarget
from tests.support.collecting import AT, PLAIN, collect_from, credentials_of, target_of


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
