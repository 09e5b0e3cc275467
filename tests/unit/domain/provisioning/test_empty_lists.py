"""Empty lists that other data contradicts."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.collections import (
    APP_GROUPS,
    ASSIGNMENTS,
    GROUP_PUSH,
    LOG,
    MAPPINGS,
    PUSHED_GROUPS,
    MissingReason,
)
from auditor.domain.okta import LogTarget
from auditor.domain.provisioning.empty_lists import (
    without_assignments_that_the_log_contradicts,
    without_contradicted_lists,
    without_log_that_lost_events,
    without_mappings_that_vanished,
    without_pushes_that_the_log_contradicts,
    without_pushes_that_vanished,
)
from auditor.domain.provisioning.log_events.log_facts import LogFacts
from tests.support.builders.contexts import (
    ADMIN_GROUP,
    APP_ID,
    AT,
    BO,
    JUST_NOW,
    LONG_AGO,
    assignment,
    clean_snapshot,
    event,
    group,
    group_push,
    log,
    missing,
    on_app,
    on_person,
    pushed_group,
)

PUSH = "application.provision.user.push_profile"
REMOVED = "application.user_membership.remove"
APP_USER = LogTarget(id="0uaAda", type="AppUser", login="ada@example.com")


def pushed(minutes_ago=60, app=None):
    return event(PUSH, app or on_app(), APP_USER, on_person(), minutes_ago=minutes_ago)


def removed(minutes_ago=30, *targets):
    return event(REMOVED, on_app(), *(targets or (APP_USER,)), minutes_ago=minutes_ago)


def complete(*events):
    """Return a log that misses nothing since long ago."""
    return replace(log(*events), complete_since=LONG_AGO)


def detail_of(snapshot, collection):
    gap = snapshot.lacks(collection)
    assert gap
    return gap.detail


def test_an_assigned_user_in_the_log_contradicts_an_empty_list():
    found = without_assignments_that_the_log_contradicts(
        clean_snapshot(assignments=[], log=log(pushed()))
    )
    assert detail_of(found, ASSIGNMENTS) == (
        "the list is empty, but the System Log shows 1 assigned user"
    )
    assert found.lacks(LOG) is None


def test_the_gap_names_the_answer_of_okta():
    found = without_assignments_that_the_log_contradicts(
        clean_snapshot(assignments=[], log=log(pushed()))
    )
    gap = found.lacks(ASSIGNMENTS)
    assert gap
    assert (gap.why, gap.endpoint, gap.status) == (
        MissingReason.BAD_PAYLOAD,
        f"GET /api/v1/apps/{APP_ID}/users",
        200,
    )


def pushed_bo(minutes_ago=10):
    return event(PUSH, on_app(), on_person(BO, login="bo@example.com"), minutes_ago=minutes_ago)


WEEK = 7 * 24 * 60
ASSIGNED_USERS = {
    "two users": (log(pushed(), pushed_bo()), 2),
    "a user after a push that was queued before the end of another": (
        log(pushed(), removed(30), pushed(20), pushed_bo()),
        1,
    ),
    "a user after an event that concerns no assignment": (
        log(event("application.lifecycle.update", on_app(), minutes_ago=90), pushed()),
        1,
    ),
    "a user after an event before the known part": (
        replace(log(pushed()), earlier=(pushed_bo(WEEK + 60),)),
        1,
    ),
    "a user at the start of the known part": (log(pushed(WEEK)), 1),
}


@pytest.mark.parametrize(("read", "number"), ASSIGNED_USERS.values(), ids=ASSIGNED_USERS)
def test_the_assigned_users_of_the_log_are_counted(read, number):
    found = without_assignments_that_the_log_contradicts(clean_snapshot(assignments=[], log=read))
    assert f" shows {number} assigned user" in detail_of(found, ASSIGNMENTS)


NOT_CONTRADICTED = {
    "a list with users": clean_snapshot(log=log(pushed())),
    "no event": clean_snapshot(assignments=[]),
    "no log": clean_snapshot(assignments=[], log=missing()),
    "a removal that names the app user": clean_snapshot(
        assignments=[], log=log(pushed(), removed())
    ),
    "a removal that names the user": clean_snapshot(
        assignments=[], log=log(pushed(), removed(30, on_person()))
    ),
    "a removal in another spelling": clean_snapshot(
        assignments=[], log=log(pushed(), removed(30, on_person("00uX", login="ADA@example.com")))
    ),
    "a push of another app": clean_snapshot(
        assignments=[], log=log(pushed(app=on_app(id="0oaOther")))
    ),
    "a push that was queued before the removal": clean_snapshot(
        assignments=[], log=log(pushed(60), removed(30), pushed(20))
    ),
    "an assignment before a part of the log that is not known": clean_snapshot(
        assignments=[], log=replace(log(), earlier=(pushed(8 * 24 * 60),))
    ),
    "a failed push": clean_snapshot(
        assignments=[], log=log(event(PUSH, on_app(), APP_USER, result="FAILURE"))
    ),
}


@pytest.mark.parametrize("snapshot", NOT_CONTRADICTED.values(), ids=NOT_CONTRADICTED)
def test_an_empty_list_counts_if_the_log_shows_no_assigned_user(snapshot):
    assert without_assignments_that_the_log_contradicts(snapshot) is snapshot


def test_mappings_that_vanish_without_a_change_are_missing():
    empty = clean_snapshot(mappings=[], log=complete(pushed()))
    found = without_mappings_that_vanished(empty, LONG_AGO)
    assert detail_of(found, MAPPINGS) == (
        "the list is empty, but the System Log shows no change of a mapping"
    )


def test_mappings_can_be_removed():
    empty = clean_snapshot(mappings=[])
    assert without_mappings_that_vanished(empty, None) is empty
    changed = clean_snapshot(mappings=[], log=log(event("directory.mapping.update", on_app())))
    later = without_mappings_that_vanished(changed, JUST_NOW)
    assert later.lacks(MAPPINGS), "the change was before the mappings were found"
    assert without_mappings_that_vanished(changed, LONG_AGO) is changed
    assert without_mappings_that_vanished(clean_snapshot(), LONG_AGO).lacks(MAPPINGS) is None
    unread = clean_snapshot(mappings=[], log=missing())
    assert without_mappings_that_vanished(unread, LONG_AGO) is unread


def test_a_change_at_the_time_of_the_last_read_explains_no_empty_list():
    change = event("directory.mapping.update", on_app(), minutes_ago=30)
    empty = clean_snapshot(mappings=[], log=complete(change))
    assert without_mappings_that_vanished(empty, change.published_at).lacks(MAPPINGS)


def test_a_user_who_is_assigned_again_contradicts_an_empty_list():
    again = event("application.user_membership.add", on_app(), APP_USER, minutes_ago=10)
    found = without_assignments_that_the_log_contradicts(
        clean_snapshot(assignments=[], log=log(pushed(60), removed(30), again))
    )
    assert found.lacks(ASSIGNMENTS)


def test_a_time_that_the_log_does_not_cover_contradicts_nothing():
    unknown = clean_snapshot(mappings=[], group_push=[], log=log(pushed()))
    assert without_mappings_that_vanished(unknown, LONG_AGO) is unknown
    assert without_pushes_that_vanished(unknown, LONG_AGO) is unknown


def test_nothing_stays_missing_for_longer_than_okta_keeps_its_log():
    long_ago = AT - timedelta(days=91)
    old = replace(log(), complete_since=AT - timedelta(days=400))
    empty = clean_snapshot(mappings=[], group_push=[], log=old)
    assert without_mappings_that_vanished(empty, long_ago) is empty
    assert without_pushes_that_vanished(empty, long_ago) is empty
    earlier = replace(old, earlier=(group_pushed(91 * 24 * 60),))
    pushed_long_ago = clean_snapshot(group_push=[], log=earlier)
    assert without_pushes_that_the_log_contradicts(pushed_long_ago) is pushed_long_ago


GROUP = LogTarget(id=ADMIN_GROUP, type="UserGroup", login=None)


def group_pushed(minutes_ago=60, *targets):
    kind = "application.provision.group_push.push_memberships"
    return event(kind, *(targets or (on_app(), GROUP)), minutes_ago=minutes_ago)


def push_ended(minutes_ago=30, *targets):
    kind = "application.provision.group_push.removed"
    return event(kind, *(targets or (on_app(), GROUP)), minutes_ago=minutes_ago)


def test_a_pushed_group_in_the_log_contradicts_an_empty_list_of_pushes():
    empty = clean_snapshot(group_push=[], log=log(group_pushed()))
    found = without_contradicted_lists(empty)
    assert detail_of(found, GROUP_PUSH) == (
        "the list is empty, but the System Log shows 1 pushed group"
    )


PUSHES_ENDED = {
    "an end of the push": log(group_pushed(), push_ended()),
    "an end that names no group": log(group_pushed(), push_ended(30, on_app())),
    "a push of another app": log(group_pushed(60, on_app(id="0oaOther"), GROUP)),
    "no push": log(),
    "no log": missing(),
}


@pytest.mark.parametrize("read", PUSHES_ENDED.values(), ids=PUSHES_ENDED)
def test_an_empty_list_of_pushes_counts(read):
    empty = clean_snapshot(group_push=[], log=read)
    assert without_pushes_that_the_log_contradicts(empty) is empty


def test_a_push_after_the_end_contradicts_an_empty_list_of_pushes():
    again = clean_snapshot(group_push=[], log=log(push_ended(90), group_pushed()))
    assert without_contradicted_lists(again).lacks(GROUP_PUSH)


OTHER_GROUP = LogTarget(id="00gOther000000000001", type="UserGroup")
PUSHED = {
    "a push after an event of another app": log(
        push_ended(90, on_app(id="0oaOther"), GROUP), group_pushed()
    ),
    "a push at the start of the known part": log(group_pushed(WEEK)),
    "an end of the push of another group": log(
        group_pushed(), push_ended(30, on_app(), OTHER_GROUP)
    ),
}


@pytest.mark.parametrize("read", PUSHED.values(), ids=PUSHED)
def test_a_push_without_its_end_contradicts_an_empty_list_of_pushes(read):
    empty = clean_snapshot(group_push=[], log=read)
    assert without_pushes_that_the_log_contradicts(empty).lacks(GROUP_PUSH)


def test_pushes_that_vanish_without_a_change_are_missing():
    empty = clean_snapshot(group_push=[], log=complete())
    found = without_pushes_that_vanished(empty, LONG_AGO)
    assert detail_of(found, GROUP_PUSH) == (
        "the list is empty, but the System Log shows no change of a group push"
    )
    ended = clean_snapshot(group_push=[], log=complete(push_ended()))
    assert without_pushes_that_vanished(ended, LONG_AGO) is ended
    assert without_pushes_that_vanished(ended, JUST_NOW).lacks(GROUP_PUSH)
    assert without_pushes_that_vanished(clean_snapshot(), LONG_AGO).lacks(GROUP_PUSH) is None


def test_an_assignment_by_a_group_contradicts_an_empty_list_of_assigned_groups():
    found = without_contradicted_lists(clean_snapshot(app_groups=[]))
    assert detail_of(found, APP_GROUPS).startswith("the list is empty, but Okta lists ")
    single = clean_snapshot(app_groups=[], assignments=[assignment(scope="USER")])
    assert without_contradicted_lists(single) is single


def members(changed_at=LONG_AGO - timedelta(days=1), **changes):
    none = pushed_group(member_ids=frozenset(), members_changed_at=changed_at)
    return clean_snapshot(pushed_groups=[none], **changes)


def test_members_in_unleash_contradict_an_empty_list_of_a_group_that_was_pushed_since():
    (group_,) = without_contradicted_lists(members())[PUSHED_GROUPS]
    assert group_.member_ids is None
    assert group_.members_gap == (
        "Okta lists no member, but Unleash lists 1 active user of Okta, and Okta pushed the group "
        "after the last change of its members"
    )


def test_the_access_lists_the_members_if_the_groups_of_unleash_are_not_read():
    (group_,) = without_contradicted_lists(members(groups=missing()))[PUSHED_GROUPS]
    assert group_.member_ids is None


EMPTY_GROUPS = {
    "the members changed after the push": members(JUST_NOW),
    "the members changed at the time of the push": members(LONG_AGO),
    "the time of the change is unknown": members(None),
    "the push has no time": members(group_push=[group_push(last_push_at=None)]),
    "no member in Unleash": members(groups=[group(member_ids=frozenset())]),
    "the member is staged": members(assignments=[assignment(user_status="STAGED")]),
    "the groups of Unleash are not read": members(groups=missing(), access=missing()),
    "the users of Unleash are not read": members(users=missing()),
    "no group of Unleash has the name": members(groups=[group(name="Other")]),
}


@pytest.mark.parametrize("snapshot", EMPTY_GROUPS.values(), ids=EMPTY_GROUPS)
def test_an_empty_list_of_members_counts(snapshot):
    assert without_contradicted_lists(snapshot) is snapshot


def facts(*events):
    return LogFacts(until=AT, complete_since=AT - timedelta(days=90), events=events)


def test_an_empty_log_is_missing_if_events_of_its_time_are_known():
    found = without_log_that_lost_events(clean_snapshot(), facts(pushed(60)))
    assert detail_of(found, LOG) == "the list is empty, but 1 event of this time is known"


def test_an_event_at_the_start_of_an_empty_log_belongs_to_it():
    assert without_log_that_lost_events(clean_snapshot(), facts(pushed(WEEK))).lacks(LOG)


KEPT = {
    "no facts": (clean_snapshot(), None),
    "a log with events": (clean_snapshot(log=log(removed())), facts(pushed())),
    "an event before its time": (clean_snapshot(), facts(pushed(8 * 24 * 60))),
    "an event of another app": (clean_snapshot(), facts(pushed(app=on_app(id="0oaOther")))),
    "no log": (clean_snapshot(log=missing()), facts(pushed())),
}


@pytest.mark.parametrize(("snapshot", "known"), KEPT.values(), ids=KEPT)
def test_any_other_log_is_kept(snapshot, known):
    assert without_log_that_lost_events(snapshot, known) is snapshot
