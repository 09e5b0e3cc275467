"""Builders for the log entries about who loses access, and the delays that they show."""

from datetime import timedelta

from auditor.domain.context import RuleContext
from auditor.domain.unleash import Event
from auditor.engine.exposure.read_delays import read_delays
from tests.support.builders.contexts import (
    ADA_ACCOUNT,
    AT,
    BO,
    BO_ACCOUNT,
    assignment_of,
    clean_snapshot,
    event,
    on_app,
    on_person,
    recovery,
    user_of,
    users,
)

ADA_LOGIN = "ada@example.com"
BO_ASSIGNMENT, BO_USER = assignment_of("Bo", user_id=BO), user_of("Bo", BO_ACCOUNT)
WITHOUT_ADA = {"assignments": (BO_ASSIGNMENT,), "users": users(BO_USER, recovery())}


def minutes_ago(minutes):
    return AT - timedelta(minutes=minutes)


def unassigned(at, **target):
    return event(
        "application.user_membership.remove",
        on_person(login=ADA_LOGIN, **target),
        on_app(),
        minutes_ago=at,
    )


def pushed(at, kind="deactivate", **changes):
    return event(
        f"application.provision.user.{kind}",
        on_person(login=ADA_LOGIN, type="AppUser"),
        on_person(login=ADA_LOGIN),
        on_app(),
        minutes_ago=at,
        **changes,
    )


def deleted(at, email=ADA_LOGIN, account=ADA_ACCOUNT):
    return Event(
        id=int(at),
        type="user-deleted",
        created_at=minutes_ago(at),
        subject=str(account),
        before={"email": f'"{email}"'},
    )


def delays(*waiting, **changes):
    return read_delays(RuleContext(clean_snapshot(**changes)), waiting)
