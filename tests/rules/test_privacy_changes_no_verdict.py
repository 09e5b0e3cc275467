"""Every rule reaches the same verdict about a snapshot with names and one with ids only."""

from datetime import timedelta

import pytest

from auditor.domain import collections
from auditor.domain.collections import COLLECTIONS
from auditor.domain.okta import LogTarget
from auditor.domain.privacy import filtered_collections, pseudonymize
from tests.support.builders.contexts import (
    ADMIN_ROLE,
    AT,
    BO_ACCOUNT,
    app,
    assignment,
    assignment_of,
    clean_snapshot,
    event,
    group,
    group_push,
    log,
    mapping,
    missing,
    on_app,
    on_person,
    pushed_group,
    recovery,
    schema,
    schema_attribute,
    user,
    user_of,
    users,
)
from tests.support.conclusions import conclusions_of

USER = "application.provision.user"
CY = user_of("Cy", 13)


def failed(reason, *targets):
    return log(event(f"{USER}.push_profile", *targets, result="FAILURE", reason=reason))


LINKED = {
    "group_push": [group_push(target_group_id="00gTarget00000000001")],
    "pushed_groups": [
        pushed_group(name="CORP\\ada"),
        pushed_group(id="00gTarget00000000001", name="Unleash admins", member_ids=None),
    ],
}
SCENARIOS = {
    "in order": {},
    "another mapping": {
        "mappings": [mapping(email="user.email")],
        "assignments": [assignment(okta_email="ada@corp.example")],
    },
    "a literal in the mapping": {"mappings": [mapping(email="user.firstName + '@corp.example'")]},
    "a template with text": {"app": app(username_template="CORP\\${source.login}")},
    "a rejected token": {"log": failed("401 Unauthorized for ada@example.com", on_app())},
    "an unclear failure": {"log": failed("Ada Lind cannot be pushed", on_app(), on_person())},
    "an event of an app user": {
        "log": failed("409", LogTarget(id="0uaAda", type="AppUser", login="ADA@example.com"))
    },
    "a leaver dated by the log": {
        "users": users(user(), CY, recovery()),
        "assignments": [assignment()],
        "log": log(
            event(
                "application.user_membership.remove",
                on_person("00uCy", login="CY@example.com"),
                on_app(),
                minutes_ago=90,
            )
        ),
    },
    "a suspended user": {
        "users": users(user(), CY, recovery()),
        "assignments": [assignment(), assignment_of("Cy", user_status="SUSPENDED")],
    },
    "an admin who is assigned": {
        "users": users(user(), recovery(email="ADA@example.com"), CY),
    },
    "the default account": {"users": users(user(), recovery(username="admin"))},
    "duplicates": {"users": users(user(), user_of("Cy", 13, email="ada@example.com"), recovery())},
    "the sharp s": {
        "users": users(user(email="strasse@example.com", scim_id=None), recovery()),
        "assignments": [
            assignment(external_id=None, email="straße@example.com", login="straße@example.com")
        ],
    },
    "a group in error": {
        "group_push": [group_push(status="ERROR", error_summary="Bo Berg: 401 Unauthorized")]
    },
    "a linked group": LINKED,
    "a member too many": {
        "groups": [group(member_ids=frozenset({11, BO_ACCOUNT}))],
        "users": users(user(), user_of("Bo", BO_ACCOUNT), recovery()),
    },
    "an extra attribute": {
        "mappings": [mapping(costCenter="user.costCenter")],
        "app_schema": schema(schema_attribute("costCenter", custom=True)),
    },
    "an admin by hand": {"users": users(user(root_role=ADMIN_ROLE), recovery())},
    "a dated switch": {
        "log": log(
            event(
                "application.lifecycle.update",
                on_app(),
                note="Stop deprovisioning unassigned users",
            )
        )
    },
    "repeated pushes": {
        "log": log(
            *(
                event(f"{USER}.push_profile", on_person(), on_app(), minutes_ago=minutes)
                for minutes in (60, 120, 180)
            )
        )
    },
    "a scheduled deletion": {
        "users": users(user(), CY, recovery()),
        "assignments": [assignment(), assignment_of("Cy", status="DEPROVISIONED")],
        "log": log(
            event(
                f"{USER}.delete.schedule",
                on_person("00uCy000000000000000", login="cy@example.com"),
                on_app(),
                reason="Deletion of Cy Berg is scheduled for 2026-12-01T00:00:00Z",
            )
        ),
    },
    "reduced mode": {"users": missing()},
    "an unused recovery admin": {"users": users(user(), recovery(seen_at=AT - timedelta(days=99)))},
}


@pytest.mark.parametrize("changes", SCENARIOS.values(), ids=SCENARIOS)
def test_the_verdicts_are_the_same_in_both_modes(changes):
    snapshot = clean_snapshot(**changes)
    assert conclusions_of(pseudonymize(snapshot)) == conclusions_of(snapshot)


def test_every_collection_has_a_filter():
    assert filtered_collections() == set(COLLECTIONS)
    assert collections.LOG.name in filtered_collections()
