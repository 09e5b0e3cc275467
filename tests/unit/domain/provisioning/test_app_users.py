"""The users of events that name only an app user."""

from msgspec.structs import replace

from auditor.domain.okta import LogEvent, LogTarget
from auditor.domain.provisioning.app_users import AppUsers
from tests.support.builders.contexts import ADA, assignment, event, on_person

PUSH = "application.provision.user.push_profile"


def of_app_user(app_user: str = "0uaAda", login: str | None = None, **changes) -> LogEvent:
    named = LogTarget(id=app_user, type="AppUser", login=login)
    return replace(event(PUSH, named), of_unknown_app=True, **changes)


def users(asked: LogEvent, *named: LogEvent) -> AppUsers:
    return AppUsers([assignment()], named, [asked])


KNOWN = event(PUSH, LogTarget(id="0uaAda", type="AppUser"), on_person(ADA))


def test_an_event_concerns_the_user_of_its_login() -> None:
    by_login, stranger = of_app_user(login="ADA@example.com"), of_app_user(login="x@example.com")
    assert users(by_login).may_concern(by_login)
    assert not users(by_login).is_of_this_app(by_login)
    assert not users(stranger).may_concern(stranger)


def test_an_event_of_this_app_concerns_it_without_a_user() -> None:
    ours = replace(of_app_user(login="x@example.com"), of_unknown_app=False)
    assert users(ours).may_concern(ours)
    assert users(ours).is_of_this_app(ours)


def test_another_event_shows_the_app_of_an_app_user() -> None:
    asked = of_app_user()
    several = replace(asked, targets=(*asked.targets, LogTarget(id="0uaElse", type="AppUser")))
    assert not users(asked).is_of_this_app(asked)
    assert users(asked, KNOWN).is_of_this_app(asked)
    assert users(several, KNOWN).is_of_this_app(several)
    assert users(asked, KNOWN).user_of(asked) == ADA


def test_an_app_user_can_have_the_id_of_the_user() -> None:
    asked = of_app_user(ADA)
    assert users(asked).user_of(asked) == ADA
    assert users(asked).is_of_this_app(asked)
