"""Who made a change in Unleash, by its events."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain import unleash
from auditor.domain.collections import (
    EVENTS,
    GROUPS,
    SCIM,
    USERS,
)
from auditor.domain.snapshot import Snapshot
from auditor.engine.changes.attribution import attribute
from auditor.engine.changes.diff import Change, Confidence
from tests.support.builders.findings import hours
from tests.support.changed_settings import TARGET


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
