from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain import okta, unleash
from auditor.domain.collections import (
    APP,
    EVENTS,
    GROUP_PUSH,
    GROUPS,
    LOG,
    MAPPINGS,
    SCIM,
    SSO_APP,
    USERS,
    MissingData,
    MissingReason,
)
from auditor.domain.privacy import pseudonymize
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.engine.changes.attribution import attribute
from auditor.engine.changes.configuration_names import configuration_names
from auditor.engine.changes.configuration_paths import configuration
from auditor.engine.changes.diff import Change, Confidence, ConfigurationRead, diff, whole
from tests.support.builders.findings import hours

TARGET = Target(
    name="production",
    org_url="https://acme.okta.com",
    app_id="0oa1",
    unleash_url="https://unleash.example.com",
)
APP_BEFORE = okta.App(
    id="0oa1",
    label="Unleash",
    name="scim_app",
    status="ACTIVE",
    sign_on_mode="SAML_2_0",
    features=frozenset({"PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"}),
)
EXPRESSION = "mapping[oty1].email.expression"


def mapping(expression: str) -> okta.ProfileMapping:
    properties = {"email": okta.MappedAttribute(expression=expression, push_status="PUSH")}
    return okta.ProfileMapping(id="prm1", source_id="oty1", target_id="0oa1", properties=properties)


def snapshot(**seen) -> Snapshot:
    named = {name.replace("__", "."): value for name, value in seen.items()}
    return Snapshot(target=TARGET, taken_at=hours(1), read=named, missing={})


def reads_of(before: Snapshot) -> dict[str, ConfigurationRead]:
    now = configuration(before)
    names = configuration_names(before, now, {})
    return {
        name: ConfigurationRead(at=hours(0), paths=paths, names=names.get(name, {}))
        for name, paths in now.items()
    }


def changes(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    last = reads_of(before)
    now = configuration(after)
    names = configuration_names(after, now, {name: each.names for name, each in last.items()})
    return diff(last, now, at=hours(1), names=names)


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


def test_an_edited_expression_is_a_change_with_old_and_new_value():
    before = snapshot(okta__mappings=(mapping("user.login"),))
    after = snapshot(okta__mappings=(mapping("user.email"),))
    (change,) = changes(before, after)
    assert (change.path, change.before, change.after) == (EXPRESSION, "user.login", "user.email")
    assert (change.since, change.until) == (hours(0), hours(1))


def test_an_added_or_removed_item_is_one_change():
    title = okta.SchemaAttribute(name="title", external_name="title", title="Title", custom=True)
    push = okta.GroupPush(id="gPm1", source_group_id="00g1", status="ACTIVE")
    full = snapshot(
        okta__app_schema=(title,), okta__mappings=(mapping("user.login"),), okta__group_push=(push,)
    )
    bare = snapshot(
        okta__app_schema=(),
        okta__mappings=(replace(mapping("user.login"), properties={}),),
        okta__group_push=(),
    )
    things = {
        "schema[title]": "custom",
        "groupPush[gPm1].status": "ACTIVE",
        EXPRESSION: "user.login",
    }
    went, came = changes(full, bare), changes(bare, full)
    assert len(went) == len(came) == 7
    assert {each.path: each.difference for each in whole(went)} == {
        path: f"{value} → absent" for path, value in things.items()
    }
    assert {each.path: each.difference for each in whole(came)} == {
        path: f"absent → {value}" for path, value in things.items()
    }


CONTRACTORS = okta.UserType(id="oty1", name="contractor", display_name="Contractors")
ENGINEERS = okta.PushedGroup(id="00g1", name="Engineers")
ADMINS = okta.PushedGroup(id="00g2", name="Admins")
PUSH = okta.GroupPush(id="gPm1", source_group_id="00g1", status="ACTIVE")


def test_a_change_has_the_name_of_its_object_also_after_the_removal():
    full = snapshot(
        okta__mappings=(mapping("user.login"),),
        okta__user_types=(CONTRACTORS,),
        okta__group_push=(PUSH,),
        okta__pushed_groups=(ENGINEERS,),
        unleash__users=unleash.Users(
            users=(unleash.User(id=7, name="Mira Torres", root_role=1),),
            roles=(unleash.RootRole(id=1, name="Admin", type="root"),),
        ),
    )
    bare = snapshot(
        okta__mappings=(),
        okta__user_types=(),
        okta__group_push=(),
        okta__pushed_groups=(),
        unleash__users=unleash.Users(
            users=(), roles=(unleash.RootRole(id=1, name="Admin", type="root"),)
        ),
    )
    expected = {
        EXPRESSION: "Contractors",
        "userType[oty1]": "Contractors",
        "groupPush[gPm1].status": "Engineers",
        "admin[7]": "Mira Torres",
    }
    for found in (changes(full, bare), changes(bare, full)):
        assert {each.path: each.name for each in whole(found)} == expected


def test_a_change_names_the_objects_whose_ids_are_its_values():
    before = snapshot(okta__group_push=(PUSH,), okta__pushed_groups=(ENGINEERS,))
    after = snapshot(
        okta__group_push=(replace(PUSH, source_group_id="00g2"),), okta__pushed_groups=(ADMINS,)
    )
    (change,) = changes(before, after)
    assert (change.before_name, change.after_name) == ("Engineers", "Admins")
    assert change.name == "Admins"


def test_a_name_that_was_not_read_again_is_that_of_the_last_read():
    before = snapshot(okta__group_push=(PUSH,), okta__pushed_groups=(ENGINEERS,))
    after = snapshot(okta__group_push=(replace(PUSH, status="ERROR"),))
    (change,) = changes(before, after)
    assert change.name == "Engineers"
    now = configuration(after)
    last = {GROUP_PUSH.name: {"groupPush[gPm1]": "Engineers", "groupPush[gone]": "Contractors"}}
    assert configuration_names(after, now, last)[GROUP_PUSH.name] == {
        "groupPush[gPm1]": "Engineers"
    }


def test_with_privacy_ids_a_change_names_no_user_and_no_group():
    full = snapshot(
        okta__group_push=(PUSH,),
        okta__pushed_groups=(ENGINEERS,),
        unleash__users=unleash.Users(
            users=(unleash.User(id=7, name="Mira Torres", root_role=1),),
            roles=(unleash.RootRole(id=1, name="Admin", type="root"),),
        ),
    )
    hidden = pseudonymize(full)
    names = configuration_names(hidden, configuration(hidden), {})
    assert names[USERS.name] == {"admin[7]": "user 7"}
    assert names[GROUP_PUSH.name].keys() == {"groupPush[gPm1]", "oktaGroup[00g1]"}
    assert "Engineers" not in str(names)


def test_each_changed_part_of_a_remaining_item_is_a_separate_change():
    long = okta.SchemaAttribute(name="title", external_name="title", title="Title", custom=True)
    short = replace(long, external_name=None, title=None)
    went = changes(snapshot(okta__app_schema=(long,)), snapshot(okta__app_schema=(short,)))
    assert [each.path for each in whole(went)] == [
        "schema[title].externalName",
        "schema[title].title",
    ]


def test_a_different_order_is_not_a_change():
    types = (okta.UserType(id="a", name="user"), okta.UserType(id="b", name="contractor"))
    before, after = snapshot(okta__user_types=types), snapshot(okta__user_types=types[::-1])
    assert changes(before, after) == ()


def test_times_and_errors_of_a_group_push_are_not_changes():
    quiet = okta.GroupPush(id="gPm1", source_group_id="00g1", status="ACTIVE")
    noisy = okta.GroupPush(
        id="gPm1",
        source_group_id="00g1",
        status="ACTIVE",
        last_push_at=hours(0.5),
        error_summary="once",
    )
    assert changes(snapshot(okta__group_push=(quiet,)), snapshot(okta__group_push=(noisy,))) == ()


def test_a_removed_feature_is_a_change():
    after = okta.App(
        id="0oa1",
        label="renamed, which is no change",
        name="scim_app",
        status="ACTIVE",
        sign_on_mode="SAML_2_0",
        features=frozenset({"PUSH_NEW_USERS"}),
    )
    (change,) = changes(snapshot(okta__app=APP_BEFORE), snapshot(okta__app=after))
    path = "app.features[PUSH_USER_DEACTIVATION]"
    assert (change.path, change.before, change.after) == (path, "on", None)


def test_a_missing_collection_has_no_changes():
    assert changes(snapshot(okta__app=APP_BEFORE), snapshot()) == ()


def test_a_collection_that_was_missing_is_compared_with_its_last_complete_read():
    before = reads_of(snapshot(okta__mappings=(mapping("user.login"),)))
    after = configuration(snapshot(okta__mappings=(mapping("user.email"),)))
    (change,) = diff(before, after, at=hours(9))
    assert change.since == hours(0)


def test_a_first_read_has_no_changes():
    assert changes(snapshot(), snapshot(okta__app=APP_BEFORE)) == ()


def test_an_added_admin_is_a_change():
    roles = (unleash.RootRole(id=1, name="Admin", type="root"),)
    viewer = unleash.User(id=7, root_role=3)
    admin = unleash.User(id=7, root_role=1)
    before = snapshot(unleash__users=unleash.Users(users=(viewer,), roles=roles))
    after = snapshot(unleash__users=unleash.Users(users=(admin,), roles=roles))
    assert [(c.path, c.after) for c in changes(before, after)] == [("admin[7]", "on")]


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


def in_unleash(change: Change, *events: unleash.Event) -> Change:
    roles = (unleash.RootRole(id=1, name="Admin", type="root"),)
    seen = {
        EVENTS.name: unleash.EventLog(since=hours(0), until=hours(1), events=events),
        USERS.name: unleash.Users(users=(), roles=roles),
    }
    world = Snapshot(target=TARGET, taken_at=hours(1), read=seen, missing={})
    return attribute([change], world)[0]


def unleash_event(**fields: Any) -> unleash.Event:
    defaults: dict[str, Any] = {
        "id": 5,
        "type": "setting-updated",
        "created_at": hours(0.5),
        "subject": "scim",
    }
    return unleash.Event(**defaults | fields)


SCIM_OFF = Change(
    collection=SCIM.name,
    path="scim.enabled",
    before="on",
    after="off",
    since=hours(0),
    until=hours(1),
)


def test_an_unleash_setting_matches_an_event_by_its_name():
    right = unleash_event(created_by="root", created_by_id=1)
    wrong = unleash_event(id=6, subject="unleash.frontend", created_by="other", created_by_id=2)
    change = in_unleash(SCIM_OFF, wrong, right)
    assert (change.confidence, change.actors[0].name) == (Confidence.LIKELY, "root")


def test_a_token_named_like_a_person_is_called_a_token():
    change = in_unleash(SCIM_OFF, unleash_event(created_by="admin", created_by_id=-42))
    assert change.actors[0].name == "API token admin"


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param(unleash_event(type="feature-created"), id="another kind"),
        pytest.param(unleash_event(created_at=hours(3)), id="after the window"),
        pytest.param(unleash_event(subject="unleash.frontend"), id="another setting"),
        pytest.param(unleash_event(subject=None), id="nothing named"),
    ],
)
def test_an_unleash_event_that_does_not_match_neither_names_nor_hides_an_actor(strange):
    assert in_unleash(SCIM_OFF, strange).actors == ()
    right = unleash_event(id=6, created_by="root", created_by_id=1)
    assert [who.name for who in in_unleash(SCIM_OFF, strange, right).actors] == ["root"]


GAINED = Change(
    collection=USERS.name,
    path="admin[7]",
    before=None,
    after="on",
    since=hours(0),
    until=hours(1),
)
LOST = replace(GAINED, before="on", after=None)


def test_the_deletion_of_all_scim_users_matches_without_a_subject():
    swept = unleash_event(type="scim-users-deleted", subject=None, created_by="root")
    assert [who.name for who in in_unleash(LOST, swept).actors] == ["root"]


@pytest.mark.parametrize(
    ("change", "was", "became", "confidence"),
    [
        (GAINED, "3", "1", Confidence.EXACT),
        (GAINED, "1", "3", Confidence.LIKELY),
        (GAINED, "1", "1", Confidence.LIKELY),
        (GAINED, "3", "2", Confidence.LIKELY),
        (LOST, "1", "3", Confidence.EXACT),
        (LOST, "3", "1", Confidence.LIKELY),
        (LOST, "1", "1", Confidence.LIKELY),
        (LOST, "3", "2", Confidence.LIKELY),
        (replace(GAINED, collection=GROUPS.name), "3", "1", Confidence.LIKELY),
    ],
)
def test_an_admin_change_is_exact_only_if_the_event_itself_changes_the_role(
    change, was, became, confidence
):
    given = unleash_event(
        type="user-updated" if change.collection == USERS.name else "group-updated",
        subject="7",
        created_by="root",
        created_by_id=1,
        before={"rootRole": was},
        after={"rootRole": became},
    )
    assert in_unleash(change, given).confidence is confidence


def test_a_new_version_has_no_actor():
    upgrade = Change(
        collection="unleash.ui_config",
        path="unleash.version",
        before="6.1.4",
        after="7.0.0",
        since=hours(0),
        until=hours(0) + timedelta(hours=1),
    )
    change = in_unleash(upgrade, unleash_event(subject="unleash.auth.simple"))
    assert change.confidence is Confidence.UNKNOWN
