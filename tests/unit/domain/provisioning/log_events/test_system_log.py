"""The events of the System Log that concern the app."""

from msgspec.structs import replace

from auditor.domain.context import RuleContext
from auditor.domain.okta import LogEvent, LogTarget
from auditor.domain.provisioning.log_events.event_meanings import EventProof
from auditor.domain.provisioning.log_events.system_log import (
    departures,
    last_success,
    of_app,
    of_unknown_app,
)
from tests.support.builders.contexts import (
    ADA,
    BO,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)

UPDATED = "application.provision.user.push_profile"
CREATED = "application.provision.user.push"
REMOVED = "application.user_membership.remove"


def context(*events: LogEvent) -> RuleContext:
    return RuleContext(clean_snapshot(log=log(*events)))


def of_user(kind: str, minutes_ago: float, **changes) -> LogEvent:
    return event(kind, on_app(), on_person(), minutes_ago=minutes_ago, **changes)


def of_app_user(
    app_user: str, login: str | None = None, *, of_unknown_app: bool = True
) -> LogEvent:
    named = LogTarget(id=app_user, type="AppUser", login=login)
    return event(UPDATED, named, id=app_user, of_unknown_app=of_unknown_app)


def test_the_last_success_is_the_latest() -> None:
    created, first, last = of_user(CREATED, 90), of_user(UPDATED, 60), of_user(UPDATED, 30)
    failed = of_user(CREATED, 10, result="FAILURE")
    read = context(created, first, last, failed)
    assert last_success(read) == last
    assert last_success(read, EventProof.USER_UPDATED) == last
    assert last_success(read, EventProof.USER_CREATED) == created
    assert last_success(read, EventProof.USER_REMOVED) is None


def test_an_accepted_request_is_a_success_and_a_change_of_the_app_is_not() -> None:
    verified = of_user("application.provision.user.verify_exists", 60)
    changed = event("application.lifecycle.update", on_app(), minutes_ago=30)
    assert last_success(context(verified, changed)) == verified


def test_an_event_of_an_app_user_belongs_to_the_app_that_another_event_shows() -> None:
    linked = event(UPDATED, on_app(), on_person(), LogTarget(id="0uaAda", type="AppUser"))
    own, read_for_app = of_app_user("0uaAda"), of_app_user("0uaBo", of_unknown_app=False)
    stranger, other = of_app_user("0uaCy"), event(UPDATED, on_app(id="0oaOther"), on_person())
    read = context(linked, own, read_for_app, stranger, other)
    assert list(of_app(read)) == [linked, own, read_for_app]


def test_an_event_of_a_known_login_can_concern_another_app() -> None:
    by_login = of_app_user("0uaAda", "ADA@example.com")
    stranger = of_app_user("0uaCy", "cy@example.com")
    ours = event(UPDATED, on_app(), on_person())
    assert list(of_unknown_app(context(by_login, stranger, ours))) == [by_login]
    linked = replace(ours, targets=(*ours.targets, LogTarget(id="0uaAda", type="AppUser")))
    assert list(of_unknown_app(context(by_login, linked))) == []


def test_without_the_log_there_are_no_events() -> None:
    unread = RuleContext(clean_snapshot(log=missing()))
    assert list(of_app(unread)) == []
    assert list(of_unknown_app(unread)) == []
    assert departures(unread) == {}


def test_the_last_departure_of_each_user_is_known_by_login_and_id() -> None:
    first = of_user(REMOVED, 90)
    bo = event(REMOVED, on_app(), on_person(BO, login="Bo@example.com"), minutes_ago=60)
    last = of_user(REMOVED, 30)
    added = of_user("application.user_membership.add", 10)
    assert departures(context(first, bo, last, added)) == {
        ADA: last.published_at,
        BO: bo.published_at,
        "bo@example.com": bo.published_at,
    }
