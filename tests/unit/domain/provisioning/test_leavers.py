"""When Okta removed the account of a leaver, and what deletion it has scheduled."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.domain.context import RuleContext
from auditor.domain.identity.matching import Person
from auditor.domain.okta import LogEvent
from auditor.domain.provisioning.leavers import Leaver, ScheduledRemoval, removals, schedule_of
from tests.support.builders.contexts import (
    ADA,
    AT,
    BO,
    JUST_NOW,
    LONG_AGO,
    assignment,
    clean_snapshot,
    event,
    log,
    on_app,
    on_person,
    user,
)

USER = "application.provision.user"
SCHEDULED = f"{USER}.delete.schedule"
UPDATED = f"{USER}.push_profile"
LOGIN = "ada@example.com"


def leaver(**changes) -> Leaver:
    """Return Ada, whose account is linked to her assignment."""
    own = {"account": user(), "person": Person(okta=assignment(), account=user())}
    return Leaver(**own | changes)


def of_user(kind: str, minutes_ago: float, user_id: str = ADA, **changes) -> LogEvent:
    return event(kind, on_app(), on_person(user_id), minutes_ago=minutes_ago, **changes)


def context(*events: LogEvent) -> RuleContext:
    return RuleContext(clean_snapshot(log=log(*events)))


def test_a_leaver_without_an_assignment_has_the_names_of_the_account() -> None:
    assert leaver(person=None).keys == (LOGIN, LOGIN)
    assert leaver().keys == (ADA, LOGIN, LOGIN, LOGIN)


CREATED_AT = LONG_AGO
REMOVED_AT = {
    "by the id": ({ADA: JUST_NOW}, JUST_NOW),
    "the latest of several names": ({ADA: JUST_NOW, LOGIN: LONG_AGO + timedelta(1)}, JUST_NOW),
    "another user": ({BO: JUST_NOW}, None),
    "before the account was created": ({ADA: CREATED_AT - timedelta(days=1)}, None),
    "when the account was created": ({ADA: CREATED_AT}, None),
}


@pytest.mark.parametrize(("removed", "at"), REMOVED_AT.values(), ids=REMOVED_AT)
def test_a_removal_counts_after_the_creation_of_the_account(removed, at) -> None:
    assert leaver().removed_at(removed) == at


def test_a_removal_counts_if_the_creation_of_the_account_has_no_date() -> None:
    undated = leaver(account=user(created_at=None))
    assert undated.removed_at({ADA: LONG_AGO}) == LONG_AGO


def test_the_latest_removal_of_each_user_is_known_by_id_and_login() -> None:
    first = of_user(f"{USER}.deactivate", 60)
    last = event(f"{USER}.delete", on_app(), on_person(ADA, login="ADA@example.com"), minutes_ago=9)
    other = of_user(f"{USER}.deactivate", 30, BO)
    assert removals(context(first, other, last)) == {
        ADA: last.published_at,
        LOGIN: last.published_at,
        BO: other.published_at,
    }


AFTER_A_REMOVAL = {
    f"{USER}.push": False,
    f"{USER}.reactivate": False,
    UPDATED: True,
    f"{USER}.deprovision": True,
}


@pytest.mark.parametrize(("kind", "counts"), AFTER_A_REMOVAL.items())
def test_only_a_creation_or_a_reactivation_ends_a_removal(kind, counts) -> None:
    removed = of_user(f"{USER}.deactivate", 60)
    assert (ADA in removals(context(removed, of_user(kind, 30)))) is counts


def scheduled(minutes_ago: float = 60, due: str | None = "2026-11-20", user_id: str = ADA):
    note = f"The user is deleted on {due}." if due else None
    return of_user(SCHEDULED, minutes_ago, user_id, note=note)


DUE = ScheduledRemoval(due_at=datetime(2026, 11, 20, tzinfo=UTC))
SCHEDULES = {
    "a date": ([scheduled()], DUE),
    "a time": (
        [scheduled(due="2026-11-02T12:00:01Z")],
        ScheduledRemoval(due_at=AT + timedelta(seconds=1)),
    ),
    "no date": ([scheduled(due=None)], ScheduledRemoval(due_at=None)),
    "a deletion that is due now": ([scheduled(due="2026-11-02T12:00:00Z")], None),
    "a deletion that was due": ([scheduled(due="2026-11-01")], None),
    "the latest of two dates": ([scheduled(90, "2026-11-10"), scheduled()], DUE),
    "an event of another user before": ([of_user(UPDATED, 90, BO), scheduled()], DUE),
    "another user": ([scheduled(user_id=BO)], None),
    "an update after it": ([scheduled(), of_user(UPDATED, 30)], DUE),
    "a removal after it": ([scheduled(), of_user(f"{USER}.delete", 30)], None),
    "a reactivation after it": ([scheduled(), of_user(f"{USER}.reactivate", 30)], None),
    "no event": ([], None),
}


@pytest.mark.parametrize(("events", "expected"), SCHEDULES.values(), ids=SCHEDULES)
def test_the_scheduled_deletion_of_a_user(events, expected) -> None:
    assert schedule_of(context(*events), leaver()) == expected


KINDS = {
    "suspended": ({"user_status": "SUSPENDED"}, "user suspended"),
    "deactivated": ({"user_status": "DEPROVISIONED"}, "user deactivated"),
    "revoked": ({"status": "REVOKED", "user_status": "DEPROVISIONED"}, "no assignment"),
    "unassigned": ({"status": "DEPROVISIONED"}, "no assignment"),
}


@pytest.mark.parametrize(("kind", "statuses", "text"), [(k, *v) for k, v in KINDS.items()])
def test_the_kind_of_a_leaver_follows_from_both_statuses(kind, statuses, text) -> None:
    found = leaver(person=Person(okta=assignment(**statuses), account=user()))
    assert (found.kind, found.okta_state) == (kind, text)


def test_a_leaver_without_an_assignment_is_unassigned() -> None:
    found = leaver(person=None, account=user(name="Ada Berg"))
    assert (found.kind, found.okta_state, found.name) == ("unassigned", "no assignment", "Ada Berg")
    assert leaver(account=user(name="Ada Berg")).name == "Ada Lind"
