"""The snapshot after a fix, before any push."""

import pytest
from msgspec.structs import replace

from auditor.domain.collections import (
    APP,
    CAPABILITIES,
    GROUP_PUSH,
    LOG,
    MAPPINGS,
)
from auditor.domain.context import RuleContext
from auditor.domain.okta import MappedAttribute
from auditor.domain.remediation.fix import GroupPushFix, PushFlagFix
from auditor.engine.simulation.fixed_snapshot import with_fix
from tests.support.builders.contexts import (
    AT,
    CONTRACTOR_TYPE,
    FEATURES,
    USER_TYPE,
    app,
    capabilities,
    clean_snapshot,
    event,
    group_push,
    log,
    mapping,
    missing,
    on_app,
)
from tests.support.builders.simulated_steps import mapped_to


def fixed(fix, **changes):
    return with_fix(RuleContext(clean_snapshot(**changes)), fix)


def expressions(snapshot, name="email"):
    """Return the expression of an attribute by source and target of the mapping."""
    return {
        (each.source_id, each.target_id): each.properties[name].expression
        for each in snapshot[MAPPINGS]
        if name in each.properties
    }


OTHER_APP = "0oaOther000000000001"


@pytest.mark.parametrize(
    ("type_id", "of_users", "of_contractors"),
    [
        (USER_TYPE, "user.login", "user.email"),
        (CONTRACTOR_TYPE, "user.email", "user.login"),
        (None, "user.login", "user.login"),
    ],
)
def test_a_mapping_fix_changes_the_mapping_of_its_type_to_the_audited_app_only(
    type_id, of_users, of_contractors
):
    before = [
        replace(mapping(email="user.email"), id="prmOther", target_id=OTHER_APP),
        mapping(email="user.email"),
        mapping(email="user.email", source_id=CONTRACTOR_TYPE, mapping_id="prm2"),
    ]
    after = fixed(mapped_to("user.login", type_id), mappings=before)
    app_id = after.target.app_id
    assert expressions(after) == {
        (USER_TYPE, OTHER_APP): "user.email",
        (USER_TYPE, app_id): of_users,
        (CONTRACTOR_TYPE, app_id): of_contractors,
    }
    assert [each.id for each in after[MAPPINGS]] == [each.id for each in before]


def test_a_mapped_attribute_applies_on_create_and_update():
    create_only = mapping(email=MappedAttribute(expression="user.email", push_status="DONT_PUSH"))
    (after,) = fixed(mapped_to("user.login"), mappings=[create_only])[MAPPINGS]
    assert after.properties["email"] == MappedAttribute(expression="user.login", push_status="PUSH")


def test_a_fix_without_an_expression_removes_the_attribute():
    before = [mapping(title="user.title")]
    (after,) = fixed(mapped_to(None, name="title"), mappings=before)[MAPPINGS]
    assert after.properties == mapping().properties


def test_the_removal_of_an_attribute_that_is_not_mapped_changes_nothing():
    assert fixed(mapped_to(None, name="title"))[MAPPINGS] == (mapping(),)


def test_a_type_without_a_mapping_gets_one_with_the_attribute_only():
    added = fixed(mapped_to("user.login", CONTRACTOR_TYPE))[MAPPINGS][-1]
    assert (added.source_id, added.target_id) == (CONTRACTOR_TYPE, mapping().target_id)
    assert set(added.properties) == {"email"}


def test_a_fix_for_every_type_adds_no_mapping():
    assert fixed(mapped_to("user.login", None), mappings=[])[MAPPINGS] == ()


def test_a_mapping_fix_is_logged_after_every_known_event_and_before_the_push():
    known = event("user.session.start", on_app(), minutes_ago=1)
    *before, change = fixed(mapped_to("user.login"), log=log(known))[LOG].events
    assert before == [known]
    assert known.published_at < change.published_at < AT
    assert [each.id for each in change.targets] == [app().id]


def test_without_the_log_no_change_is_dated():
    after = fixed(mapped_to("user.email"), log=missing())
    assert expressions(after) == {(USER_TYPE, app().id): "user.email"}
    assert after.get(LOG) is None


def test_an_action_that_is_turned_on_is_on_in_features_and_capabilities():
    after = fixed(
        PushFlagFix(flag="create-users"),
        app=app(features=frozenset({"GROUP_PUSH"})),
        capabilities=capabilities(create="DISABLED", update="DISABLED"),
    )
    assert after[APP].features == {"GROUP_PUSH", "PUSH_NEW_USERS"}
    assert after[CAPABILITIES] == capabilities(update="DISABLED")


def test_an_action_without_a_capability_leaves_the_capabilities_as_they_are():
    before = capabilities(create="DISABLED")
    off = app(features=FEATURES - {"GROUP_PUSH"})
    after = fixed(PushFlagFix(flag="push-groups"), app=off, capabilities=before)
    assert (after[APP].features, after[CAPABILITIES]) == (FEATURES, before)


def test_features_that_were_not_reported_stay_unknown():
    after = fixed(PushFlagFix(flag="create-users"), app=app(features=None))
    assert after[APP].features is None
    assert fixed(PushFlagFix(flag="create-users"), app=missing()).get(APP) is None


def test_a_group_push_fix_activates_this_push_only():
    failing = [
        group_push(status="ERROR", error_summary="Timeout"),
        group_push(id="gPmOther", status="ERROR", error_summary="Timeout"),
    ]
    after = fixed(GroupPushFix(push_id=group_push().id), group_push=failing)
    assert after[GROUP_PUSH] == (group_push(), failing[1])
