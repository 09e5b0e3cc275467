"""Who made a change, by the entries of Okta's System Log."""

from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain import okta
from auditor.domain.collections import (
    APP,
    GROUP_PUSH,
    LOG,
    MAPPINGS,
    SSO_APP,
    MissingData,
    MissingReason,
)
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.engine.changes.attribution import attribute
from auditor.engine.changes.diff import Change, Confidence
from tests.support.builders.findings import hours
from tests.support.changed_settings import EXPRESSION, TARGET, mapping


def event(type_: str = "directory.mapping.update", **fields: Any) -> okta.LogEvent:
    defaults: dict[str, Any] = {
        "id": "e1",
        "type": type_,
        "published_at": hours(0.5),
        "actor": okta.Actor(id="00uadmin", type="User", name="Ada Admin"),
        "targets": (okta.LogTarget(id="prm1", type="Mapping"),),
    }
    return okta.LogEvent(**defaults | fields)


def log(*events: okta.LogEvent) -> okta.Log:
    return okta.Log(since=hours(0), until=hours(1), events=events)


CHANGE = Change(
    collection=MAPPINGS.name,
    path=EXPRESSION,
    before="user.login",
    after="user.email",
    since=hours(0),
    until=hours(1),
)


def attributed(change: Change, *events: okta.LogEvent) -> Change:
    seen = {MAPPINGS.name: (mapping("user.email"),), LOG.name: log(*events)}
    world = Snapshot(target=TARGET, taken_at=hours(1), read=seen, missing={})
    return attribute([change], world)[0]


def test_a_single_matching_entry_is_likely():
    change = attributed(CHANGE, event())
    assert change.confidence is Confidence.LIKELY
    assert [(who.name, who.event_id) for who in change.actors] == [("Ada Admin", "e1")]


def test_two_matching_actors_are_ambiguous_and_both_are_named():
    other = okta.Actor(id="00uother", type="User", name="Other Admin")
    change = attributed(CHANGE, event(id="e2", actor=other, published_at=hours(0.7)), event())
    assert change.confidence is Confidence.AMBIGUOUS
    assert [who.name for who in change.actors] == ["Ada Admin", "Other Admin"]


def test_two_edits_by_one_person_are_one_actor():
    change = attributed(CHANGE, event(), event(id="e2", published_at=hours(0.7)))
    assert change.confidence is Confidence.LIKELY
    assert [who.event_id for who in change.actors] == ["e2"]


SKEW = 5 / 60
"""Hours by which the clocks may differ."""


@pytest.mark.parametrize("at", [-SKEW, 0, 1, 1 + SKEW])
def test_an_entry_within_five_minutes_of_clock_difference_matches(at):
    assert attributed(CHANGE, event(published_at=hours(at))).confidence is Confidence.LIKELY


@pytest.mark.parametrize("at", [-SKEW - 0.001, 1 + SKEW + 0.001])
def test_an_entry_beyond_five_minutes_of_clock_difference_does_not_match(at):
    assert attributed(CHANGE, event(published_at=hours(at))).confidence is Confidence.UNKNOWN


def test_a_change_of_the_sso_app_matches_entries_about_that_app():
    split = Target(
        name="production",
        org_url="https://acme.okta.com",
        app_id="0oa1",
        sso_app_id="0oa2",
        unleash_url="https://unleash.example.com",
    )
    about = {
        app_id: event(
            "application.lifecycle.update",
            id=app_id,
            actor=okta.Actor(id=f"00u{app_id}", type="User"),
            targets=(okta.LogTarget(id=app_id, type="AppInstance"),),
        )
        for app_id in ("0oa1", "0oa2")
    }
    for collection, app_id in ((APP, "0oa1"), (SSO_APP, "0oa2")):
        changed = replace(CHANGE, collection=collection.name, path="app.signOnMode")
        world = Snapshot(
            target=split, taken_at=hours(1), read={LOG.name: log(*about.values())}, missing={}
        )
        (blamed,) = attribute([changed], world)
        assert [who.event_id for who in blamed.actors] == [app_id]


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(event(targets=(okta.LogTarget(id="prm9", type="Mapping"),)), id="other app"),
        pytest.param(event("user.session.start"), id="another kind"),
        pytest.param(event(published_at=hours(-2)), id="before the window"),
        pytest.param(event(published_at=hours(3)), id="after the window"),
    ],
)
def test_an_entry_that_does_not_match_names_no_actor(entry):
    change = attributed(CHANGE, entry)
    assert (change.confidence, change.actors) == (Confidence.UNKNOWN, ())
    assert change.unknown_reason


def test_an_entry_about_the_mapping_precedes_an_entry_about_the_user_type():
    vague = event(
        id="e2",
        targets=(okta.LogTarget(id="oty1", type="UserType"),),
        actor=okta.Actor(id="00uother", type="User", name="Other Admin"),
    )
    assert [who.name for who in attributed(CHANGE, vague, event()).actors] == ["Ada Admin"]


SIGN_ON = Change(
    collection=APP.name,
    path="app.signOnMode",
    before="AUTO_LOGIN",
    after="SAML_2_0",
    since=hours(0),
    until=hours(1),
)


def edited(id_: str = "e1", *, before: dict[str, str], after: dict[str, str], **fields: Any):
    person = okta.LogTarget(id="00u1", type="User")
    details = okta.LogTarget(id="0oa1", type="AppInstance", before=before, after=after)
    kind = "application.lifecycle.update"
    return event(kind, id=id_, targets=(person, details), **fields)


def test_an_entry_with_equal_change_details_is_exact():
    change = SIGN_ON
    exact = edited(before={"signOnMode": '"AUTO_LOGIN"'}, after={"signOnMode": '"SAML_2_0"'})
    other = event(
        "application.lifecycle.update",
        id="e2",
        actor=okta.Actor(id="00uother", type="User"),
        targets=(okta.LogTarget(id="0oa1", type="AppInstance"),),
    )
    change = attributed(change, other, exact)
    assert change.confidence is Confidence.EXACT
    assert [who.actor_id for who in change.actors] == ["00uadmin"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"signOnMode": '"AUTO_LOGIN"'}, {"signOnMode": '"OPENID_CONNECT"'}),
        ({"signOnMode": '"BOOKMARK"'}, {"signOnMode": '"SAML_2_0"'}),
        ({"label": '"AUTO_LOGIN"'}, {"label": '"SAML_2_0"'}),
    ],
)
def test_an_entry_with_details_of_another_change_is_not_exact(before, after):
    change = attributed(SIGN_ON, edited(before=before, after=after))
    assert change.confidence is Confidence.LIKELY


def test_a_deeply_nested_value_in_the_details_of_an_entry_does_not_crash():
    deep = "[" * 50_000 + "]" * 50_000
    change = attributed(SIGN_ON, edited(before={"signOnMode": deep}, after={}))
    assert change.confidence is Confidence.LIKELY


def test_added_and_removed_values_in_the_details_match_a_value_that_was_absent():
    added = replace(SIGN_ON, before=None)
    taken = replace(SIGN_ON, after=None)
    adding = edited(before={}, after={"signOnMode": '"SAML_2_0"'})
    taking = edited(before={"signOnMode": '"AUTO_LOGIN"'}, after={})
    assert attributed(added, adding).confidence is Confidence.EXACT
    assert attributed(taken, taking).confidence is Confidence.EXACT


def test_the_last_of_several_exact_actors_is_named():
    before, after = {"signOnMode": '"AUTO_LOGIN"'}, {"signOnMode": '"SAML_2_0"'}
    other = okta.Actor(id="00uother", type="User")
    again = edited("e2", before=before, after=after, actor=other, published_at=hours(0.7))
    change = attributed(SIGN_ON, again, edited(before=before, after=after))
    assert [who.event_id for who in change.actors] == ["e2"]


def test_boolean_settings_are_compared_as_on_and_off():
    switched = replace(SIGN_ON, path="app.features[PUSH_NEW_USERS]", before="on", after=None)
    off = edited(before={"pushNewUsers": '"ENABLED"'}, after={"pushNewUsers": '"DISABLED"'})
    assert attributed(switched, off).confidence is Confidence.EXACT
    back = replace(switched, before=None, after="on")
    assert attributed(back, off).confidence is Confidence.LIKELY


def test_an_entry_about_the_group_push_names_the_actor_who_switched_it():
    paused = Change(
        collection=GROUP_PUSH.name,
        path="groupPush[gPm1].status",
        before="ACTIVE",
        after="INACTIVE",
        since=hours(0),
        until=hours(1),
    )
    kind = "application.provision.group_push.mapping.deactivated"
    this = event(kind, targets=(okta.LogTarget(id="gPm1", type="GroupPushMapping"),))
    other = event(kind, id="e2", targets=(okta.LogTarget(id="gPm2", type="GroupPushMapping"),))
    vague = event(
        kind,
        id="e3",
        actor=okta.Actor(id="00uother", type="User", name="Other Admin"),
        targets=(okta.LogTarget(id="0oa1", type="AppInstance"),),
    )
    assert [who.event_id for who in attributed(paused, other, this).actors] == ["e1"]
    assert {who.event_id for who in attributed(paused, vague, this).actors} == {"e1", "e3"}


def test_an_unreadable_log_names_no_actor_and_states_the_reason():
    gap = MissingData(why=MissingReason.FORBIDDEN, endpoint="GET /api/v1/logs", status=403)
    world = Snapshot(target=TARGET, taken_at=hours(1), read={}, missing={LOG.name: gap})
    (change,) = attribute([CHANGE], world)
    assert change.confidence is Confidence.UNKNOWN
    assert "forbidden (403) at GET /api/v1/logs" in change.unknown_reason
