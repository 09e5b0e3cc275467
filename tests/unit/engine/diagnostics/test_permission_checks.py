"""The health check of each permission, and the rules that depend on it."""

import pytest
from msgspec.structs import replace

from auditor.domain.collections import (
    APP,
    APP_SCHEMA,
    EXCLUDED_GROUP,
    LOG,
    MAPPINGS,
    MissingData,
    MissingReason,
)
from auditor.domain.permissions import OKTA_PERMISSIONS, SIDES
from auditor.domain.remediation.missing_data import side_remediation
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Exclusions
from auditor.engine.diagnostics.dependencies import (
    rules_needing,
    unattested,
    unknown_rules_by_collection,
    unlisted_unknown_rules,
)
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.engine.diagnostics.permission_checks import check_access
from auditor.resources import shipped
from auditor.rule.binding import BoundRule, bind
from auditor.rule.loader import load_rules
from tests.support.builders.contexts import clean_snapshot, log, target, user, users

OKTA, UNLEASH = SIDES
PERMISSIONS = {each.name: each for each in OKTA_PERMISSIONS}
LISTS = {
    key: f"/api/v1/{path}"
    for key, path in {
        "app": "apps/a",
        "sso_app": "apps/a",
        "connection": "apps/a/connections/default",
        "assignments": "apps/a/users",
        "app_groups": "apps/a/groups",
        "group_push": "apps/a/group-push/mappings",
        "pushed_groups": "groups/g/users",
        "mappings": "mappings",
        "app_schema": "meta/schemas/apps/a/default",
        "user_types": "meta/types/user",
        "log": "logs",
    }.items()
}


def rules(*ids: str) -> tuple[BoundRule, ...]:
    every = load_rules([shipped("rules")])
    return bind({each: every[each] for each in ids}, {}, where="test")


RULES = rules("app-not-usable", "attribute-missing", "not-steady", "scim-disabled")


def gap(
    key: str, why: MissingReason = MissingReason.FORBIDDEN, status: int | None = 403, **more: str
) -> MissingData:
    return MissingData(why=why, endpoint=f"GET {LISTS.get(key, key)}", status=status, **more)


def without_okta(**but: MissingData) -> Snapshot:
    refused = {key: gap(key, MissingReason.UNAUTHORIZED, 401) for key in LISTS}
    return clean_snapshot(capabilities=gap("app", MissingReason.UNAUTHORIZED, 401), **refused | but)


def checks(snapshot: Snapshot) -> dict[str, HealthCheck]:
    return {each.about: each for each in check_access(OKTA, snapshot, RULES)}


def test_a_granted_permission_names_what_is_read_and_the_rules_that_need_it():
    by_name = checks(clean_snapshot())
    assert by_name["credential"].message == "It is accepted."
    assert list(by_name) == ["credential", *PERMISSIONS]
    log_ = by_name["okta.logs.read"]
    assert (log_.status, log_.message) == (HealthStatus.OK, "Reads log.")
    assert (log_.needed_by, log_.unknown_rules, log_.details, log_.remediation) == (
        ("not-steady",),
        (),
        (),
        "",
    )
    assert by_name["okta.apps.read"].needed_by == ("app-not-usable", "attribute-missing")


def test_a_collection_that_does_not_exist_is_a_detail_and_not_an_error():
    apps = checks(clean_snapshot())["okta.apps.read"]
    assert apps.status is HealthStatus.OK
    assert apps.message.startswith("Reads app, sso app, connection, assignments,")
    (detail,) = apps.details
    assert detail.startswith("capabilities: not found (400)")


def test_a_permission_that_this_target_does_not_use_is_a_notice():
    users = checks(clean_snapshot())["okta.users.read"]
    assert users.status is HealthStatus.NOTICE
    assert users.message == "No data of this target depends on this scope alone."


def test_a_refused_permission_names_the_unknown_rules_and_how_to_grant_it():
    check = checks(clean_snapshot(log=gap("log")))["okta.logs.read"]
    assert (check.status, check.message) == (
        HealthStatus.WARNING,
        "1 of 1 collection cannot be read.",
    )
    assert (check.unknown_rules, check.needed_by) == (("not-steady",), ())
    assert check.details == ("log: forbidden (403) at GET /api/v1/logs",)
    assert check.remediation == PERMISSIONS["okta.logs.read"].grant


def test_each_distinct_cause_is_one_line():
    both = clean_snapshot(app_groups=gap("app_groups"), assignments=gap("assignments"))
    assert checks(both)["okta.apps.read"].details[0] == (
        "assignments, app groups: forbidden (403) "
        "at GET /api/v1/apps/a/users, GET /api/v1/apps/a/groups"
    )
    late = gap("assignments", MissingReason.TIMEOUT, None)
    check = checks(clean_snapshot(app_groups=gap("app_groups"), assignments=late))["okta.apps.read"]
    assert check.details == (
        "assignments: timeout at GET /api/v1/apps/a/users",
        "app groups: forbidden (403) at GET /api/v1/apps/a/groups",
    )
    assert check.remediation.startswith("The answer took too long")
    assert check.remediation.endswith(PERMISSIONS["okta.apps.read"].grant)


def test_a_missing_app_and_a_missing_list_have_different_messages():
    gone = gap("app", MissingReason.NOT_FOUND, 404)
    app = checks(clean_snapshot(app=gone, sso_app=gone))["okta.apps.read"]
    assert app.remediation == "The org has no app with this id: check target.okta.app_id."
    path = checks(clean_snapshot(mappings=gap("mappings", MissingReason.NOT_FOUND, 404)))[
        "okta.profileMappings.read"
    ]
    assert path.status is HealthStatus.WARNING
    assert path.remediation.startswith("It does not exist. Check the address")


NO_APP = "The org has no app with this id: check target.okta.app_id."
NO_LIST = "It does not exist. Check the address and the path in the configuration."
GRANT = PERMISSIONS["okta.apps.read"].grant


@pytest.mark.parametrize(
    ("app", "groups", "remediation"),
    [
        (gap("app", MissingReason.NOT_FOUND, 404), {}, NO_APP),
        (
            gap("app", MissingReason.NOT_FOUND, 404),
            {"app_groups": gap("app_groups")},
            f"{NO_APP} {GRANT}",
        ),
        (gap("app"), {}, f"{GRANT} {NO_LIST}"),
    ],
)
def test_only_data_of_an_app_that_does_not_exist_needs_no_remediation(app, groups, remediation):
    no_list = gap("assignments", MissingReason.NOT_FOUND, 404)
    snapshot = clean_snapshot(app=app, assignments=no_list, **groups)
    some = rules("app-not-usable", "user-not-provisioned")
    by_name = {each.about: each for each in check_access(OKTA, snapshot, some)}
    assert by_name["okta.apps.read"].remediation == remediation


def test_a_side_without_any_readable_collection_is_one_error():
    (check,) = check_access(OKTA, without_okta(), RULES)
    assert (check.about, check.status) == ("credential", HealthStatus.ERROR)
    assert check.message.startswith("Nothing can be read: unauthorized (401)")
    assert check.unknown_rules == ("app-not-usable", "attribute-missing", "not-steady")
    assert check.remediation.startswith("Issue a new credential and store it in the variable")


def test_a_refusal_is_named_first_among_several_causes():
    odd = gap("log", MissingReason.BAD_PAYLOAD, 200)
    (check,) = check_access(OKTA, without_okta(log=odd), RULES)
    assert check.message.startswith("Nothing can be read: unauthorized (401)")


def test_a_credential_that_any_endpoint_accepts_is_accepted():
    assert checks(without_okta(log=gap("log")))["credential"].message == "It is accepted."


@pytest.mark.parametrize(
    ("missing", "remediation"),
    [
        (gap("log"), "Give it the permissions"),
        (gap("log", MissingReason.UNAUTHORIZED, 401), "Issue a new credential"),
        (gap("log", MissingReason.NETWORK, None), ""),
        (gap("log", MissingReason.NETWORK, 502), "There was no usable answer"),
        (gap("log", MissingReason.TIMEOUT, None), "The answer took too long"),
        (gap("log", MissingReason.RATE_LIMITED, 429), "Other clients use up the rate limit"),
        (
            gap("log", MissingReason.UNAUTHORIZED, 400, detail="invalid_scope"),
            "Grant the service app every scope",
        ),
        (
            gap("log", MissingReason.UNAUTHORIZED, 400, detail="invalid_dpop_proof"),
            "The service app requires DPoP",
        ),
    ],
)
def test_an_unreadable_side_states_the_remediation(missing, remediation):
    remediation_text = side_remediation(OKTA, missing)
    assert remediation_text.startswith(remediation)
    assert bool(remediation_text) is bool(remediation)


def test_a_rule_depends_on_a_list_only_if_the_list_makes_it_unknown():
    assert rules_needing(clean_snapshot(), RULES, [LOG]) == {"not-steady"}
    assert rules_needing(clean_snapshot(), RULES, [LOG, MAPPINGS]) == {
        "not-steady",
        "attribute-missing",
    }
    assert rules_needing(clean_snapshot(log=gap("log")), RULES, [LOG, MAPPINGS]) == {
        "attribute-missing"
    }


def test_every_missing_collection_names_the_rule_and_a_read_one_only_if_it_alone_is_missing():
    unknown = gap("app_schema", MissingReason.NOT_FOUND, 404)
    both = clean_snapshot(mappings=gap("mappings"), app_schema=unknown, log=gap("log"))
    blamed = unknown_rules_by_collection(both, RULES)
    assert blamed[MAPPINGS.name] == {"attribute-missing"}
    assert blamed[LOG.name] == {"not-steady"}
    assert blamed[APP_SCHEMA.name] == frozenset()
    assert unknown_rules_by_collection(clean_snapshot(app_schema=unknown), RULES)[
        APP_SCHEMA.name
    ] == {"attribute-missing"}


def test_a_collection_that_a_rule_reads_only_sometimes_names_the_rule_too():
    snapshot = clean_snapshot(
        target=target(exclude=Exclusions(okta_group="00gOut")),
        excluded_group=gap("excluded_group"),
        users=users(user(scim_id=None)),
    )
    blamed = unknown_rules_by_collection(snapshot, rules("unmanaged-user"))
    assert blamed[EXCLUDED_GROUP.name] == {"unmanaged-user"}


def test_a_rule_that_is_unknown_without_missing_data_is_named_once():
    short = clean_snapshot(log=log(days=0.5), app=gap("app"))
    named = check_access(OKTA, short, RULES)
    (check,) = unlisted_unknown_rules(short, RULES, named)
    assert (check.about, check.unknown_rules) == ("not-steady", ("not-steady",))
    assert check.details[0].startswith("the System Log covers 12 hours")
    assert (
        list(unlisted_unknown_rules(short, RULES, [check, *check_access(OKTA, short, RULES)])) == []
    )


def test_only_rules_without_an_attestation_are_reported_as_manual_checks():
    some = rules("app-not-usable", "unique-identifier-not-email")
    (check,) = unattested(clean_snapshot(), some)
    assert (check.about, check.status) == ("unique-identifier-not-email", HealthStatus.NOTICE)
    assert check.message


def opened(name: str, snapshot: Snapshot) -> set[str]:
    return {each.name for each in PERMISSIONS[name].opens(snapshot)}


def test_a_combined_list_depends_on_the_list_that_was_refused():
    pushed = "okta.pushed_groups"
    refused = clean_snapshot(pushed_groups=gap("pushed_groups"))
    assert pushed not in opened("okta.apps.read", refused)
    assert opened("okta.groups.read", refused) == {pushed}
    without_endpoint = clean_snapshot(pushed_groups=replace(gap("pushed_groups"), endpoint="-"))
    assert pushed in opened("okta.apps.read", without_endpoint)
    assert pushed in opened("okta.groups.read", clean_snapshot())


def test_a_list_that_was_not_requested_depends_on_nothing():
    assert opened("okta.groups.read", clean_snapshot(pushed_groups=[])) == set()
    assert APP.name in opened("okta.apps.read", clean_snapshot())
