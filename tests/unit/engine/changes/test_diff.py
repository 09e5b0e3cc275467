"""Which changes two reads of the configuration show."""

import pytest
from msgspec.structs import replace

from auditor.domain import okta, unleash
from auditor.domain.collections import (
    GROUP_PUSH,
    USERS,
)
from auditor.domain.privacy import pseudonymize
from auditor.domain.snapshot import Snapshot
from auditor.engine.changes.configuration_names import configuration_names
from auditor.engine.changes.configuration_paths import configuration
from auditor.engine.changes.diff import (
    Change,
    ChangeActor,
    Confidence,
    ConfigurationRead,
    diff,
    whole,
)
from tests.support.builders.findings import hours
from tests.support.changed_settings import EXPRESSION, PUSH, TARGET, mapping

APP_BEFORE = okta.App(
    id="0oa1",
    label="Unleash",
    name="scim_app",
    status="ACTIVE",
    sign_on_mode="SAML_2_0",
    features=frozenset({"PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"}),
)


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


def actor(name: str) -> ChangeActor:
    return ChangeActor(name=name, actor_id=name, at=hours(0.5), event_id=name)


@pytest.mark.parametrize(
    ("actors", "made_at"),
    [((), None), ((actor("Ada"),), hours(0.5)), ((actor("Ada"), actor("Bo")), None)],
)
def test_the_time_of_a_change_is_known_only_from_one_matching_log_entry(actors, made_at):
    (change,) = changes(
        snapshot(okta__mappings=(mapping("user.login"),)),
        snapshot(okta__mappings=(mapping("user.email"),)),
    )
    assert replace(change, actors=actors).made_at == made_at
    assert change.summary == f"{EXPRESSION}: user.login → user.email"


@pytest.mark.parametrize(
    ("facts", "changed_by"),
    [
        ({}, "an unknown actor"),
        (
            {"unknown_reason": "no entry of okta.log matches"},
            "an unknown actor (no entry of okta.log matches)",
        ),
        (
            {"confidence": Confidence.AMBIGUOUS, "actors": (actor("Ada"), actor("Bo"))},
            "Ada or Bo (ambiguous)",
        ),
    ],
)
def test_the_possible_actors_are_named_or_the_reason_why_none_is_known(facts, changed_by):
    (change,) = changes(
        snapshot(okta__mappings=(mapping("user.login"),)),
        snapshot(okta__mappings=(mapping("user.email"),)),
    )
    assert replace(change, **facts).changed_by == changed_by
