"""Empty lists that other data contradicts."""

from datetime import timedelta

import pytest

from auditor.domain.collections import ASSIGNMENTS, LOG, MAPPINGS
from auditor.domain.okta import LogTarget
from auditor.domain.provisioning.empty_lists import (
    without_assignments_that_the_log_contradicts,
    without_log_that_lost_events,
    without_mappings_that_vanished,
)
from auditor.domain.provisioning.log_facts import LogFacts
from tests.support.builders.contexts import (
    AT,
    JUST_NOW,
    LONG_AGO,
    event,
    log,
    missing,
    on_app,
    on_person,
    world,
)

PUSH = "application.provision.user.push_profile"
REMOVED = "application.user_membership.remove"
APP_USER = LogTarget(id="0uaAda", type="AppUser", login="ada@example.com")


def pushed(minutes_ago=60, app=None):
    return event(PUSH, app or on_app(), APP_USER, on_person(), minutes_ago=minutes_ago)


def removed(minutes_ago=30, *targets):
    return event(REMOVED, on_app(), *(targets or (APP_USER,)), minutes_ago=minutes_ago)


def detail_of(snapshot, collection):
    gap = snapshot.lacks(collection)
    assert gap
    return gap.detail


def test_an_assigned_user_in_the_log_contradicts_an_empty_list():
    found = without_assignments_that_the_log_contradicts(world(assignments=[], log=log(pushed())))
    assert detail_of(found, ASSIGNMENTS) == (
        "the list is empty, but the System Log shows 1 assigned user"
    )
    assert found.lacks(LOG) is None


NOT_CONTRADICTED = {
    "a list with users": world(log=log(pushed())),
    "no event": world(assignments=[]),
    "no log": world(assignments=[], log=missing()),
    "a removal that names the app user": world(assignments=[], log=log(pushed(), removed())),
    "a removal that names the user": world(
        assignments=[], log=log(pushed(), removed(30, on_person()))
    ),
    "a removal in another spelling": world(
        assignments=[], log=log(pushed(), removed(30, on_person("00uX", login="ADA@example.com")))
    ),
    "a push of another app": world(assignments=[], log=log(pushed(app=on_app(id="0oaOther")))),
    "a failed push": world(
        assignments=[], log=log(event(PUSH, on_app(), APP_USER, result="FAILURE"))
    ),
}


@pytest.mark.parametrize("snapshot", NOT_CONTRADICTED.values(), ids=NOT_CONTRADICTED)
def test_an_empty_list_counts_if_the_log_shows_no_assigned_user(snapshot):
    assert without_assignments_that_the_log_contradicts(snapshot) is snapshot


def test_mappings_that_vanish_without_a_change_are_missing():
    empty = world(mappings=[], log=log(pushed()))
    found = without_mappings_that_vanished(empty, LONG_AGO)
    assert detail_of(found, MAPPINGS) == (
        "the list is empty, but the System Log shows no change of a mapping"
    )


def test_mappings_can_be_removed():
    empty = world(mappings=[])
    assert without_mappings_that_vanished(empty, None) is empty
    changed = world(mappings=[], log=log(event("directory.mapping.update", on_app())))
    later = without_mappings_that_vanished(changed, JUST_NOW)
    assert later.lacks(MAPPINGS), "the change was before the mappings were found"
    assert without_mappings_that_vanished(changed, LONG_AGO) is changed
    assert without_mappings_that_vanished(world(), LONG_AGO).lacks(MAPPINGS) is None
    unread = world(mappings=[], log=missing())
    assert without_mappings_that_vanished(unread, LONG_AGO) is unread


def facts(*events):
    return LogFacts(until=AT, complete_since=AT - timedelta(days=90), events=events)


def test_an_empty_log_is_missing_if_events_of_its_time_are_known():
    found = without_log_that_lost_events(world(), facts(pushed(60)))
    assert detail_of(found, LOG) == "the list is empty, but 1 event of this time is known"


KEPT = {
    "no facts": (world(), None),
    "a log with events": (world(log=log(removed())), facts(pushed())),
    "an event before its time": (world(), facts(pushed(8 * 24 * 60))),
    "an event of another app": (world(), facts(pushed(app=on_app(id="0oaOther")))),
    "no log": (world(log=missing()), facts(pushed())),
}


@pytest.mark.parametrize(("snapshot", "known"), KEPT.values(), ids=KEPT)
def test_any_other_log_is_kept(snapshot, known):
    assert without_log_that_lost_events(snapshot, known) is snapshot
