"""An invalid field makes only that field absent; a missing id makes the list fail."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET

from auditor.collect.http.collect_error import CollectError
from auditor.collect.okta.app import read_app
from auditor.collect.okta.assignments import read_assignments
from auditor.collect.okta.mappings import read_app_schema, read_mappings, read_user_types
from auditor.collect.unleash.groups import read_groups
from auditor.collect.unleash.instance_settings import read_password_login, read_scim
from auditor.collect.unleash.own_account import read_self
from auditor.collect.unleash.users import read_users_and_count
from auditor.domain.collections import MissingReason
from auditor.domain.okta import Assignment, AssignmentStatus, MappedAttribute
from tests.support.collecting import reading
from tests.support.peers.canned_server import answer, serving

ODD: list[Any] = [7, True, [], {}, {"value": "x"}, ["x"], "2026-13-45", "2026-05-04T09:00:00"]
"""Values that are no time; some of them are no text."""


def assignment(**changes: Any) -> Assignment:
    row = {"id": "00u1", "status": "ACTIVE", **changes}
    with serving(answer([row])) as peer, reading(peer.url) as reader:
        (found,) = read_assignments(reader, "0oa1")
    return found


def user(**changes: Any) -> Any:
    rows = [{"id": 1, "email": "a@example.com", "scimId": None, **changes}, {"id": 2}]
    body = {"users": rows, "rootRoles": []}
    with serving(answer(body)) as peer, reading(peer.url) as reader:
        first, second = read_users_and_count(reader).users.users
    assert second.id == 2
    return first


@pytest.mark.parametrize("odd", ODD)
def test_an_invalid_time_is_absent(odd: Any) -> None:
    found = assignment(lastUpdated=odd, created="2026-05-04T09:00:00.000Z")
    assert found.updated_at is None
    assert found.created_at == datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize("odd", [7, True, [], {}])
def test_an_invalid_text_is_absent(odd: Any) -> None:
    assert assignment(externalId=odd).external_id is None
    assert assignment(status=odd).state is AssignmentStatus.UNKNOWN
    assert assignment(profile={"email": odd}).email is None


@pytest.mark.parametrize("odd", [7, True, [], "x"])
def test_an_invalid_part_is_absent(odd: Any) -> None:
    found = assignment(profile=odd, credentials=odd, _embedded={"user": odd}, scope="USER")
    assert (found.email, found.username, found.login) == (None, None, None)
    assert found.scope == "USER"


def test_nulls_and_unknown_values_are_accepted() -> None:
    found = assignment(
        status="TELEPORTED", syncState=None, profile=None, _embedded=None, brandNew={"a": [1]}
    )
    assert found.status == "TELEPORTED"
    assert found.sync_state is None


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": 7}, "x", None, []])
def test_a_row_without_an_id_fails_the_list(row: Any) -> None:
    with serving(answer([{"id": "00u1"}, row])) as peer, reading(peer.url) as reader:
        with pytest.raises(CollectError) as raised:
            read_assignments(reader, "0oa1")
        assert raised.value.missing.why is MissingReason.BAD_PAYLOAD


def test_an_invalid_scim_id_is_unknown_and_not_none() -> None:
    assert user(scimId=None).is_scim_managed is False
    assert user(scimId="x").is_scim_managed is True
    assert user(scimId=7).scim_id is UNSET
    assert user(scimId=7).is_scim_managed is None


def test_an_invalid_role_is_absent() -> None:
    assert user(rootRole="Admin").root_role is None


@pytest.mark.parametrize("features", [None, "x", [1], {}])
def test_invalid_features_are_unknown_and_not_empty(features: Any) -> None:
    body = {"id": "0oa1", "features": features}
    with serving(answer(body)) as peer, reading(peer.url) as reader:
        app = read_app(reader, "0oa1")
    assert app.features is None
    assert app.label == "0oa1"


def test_an_answer_about_another_app_is_rejected() -> None:
    with (
        serving(answer({"id": "0oa2"})) as peer,
        reading(peer.url) as reader,
        pytest.raises(CollectError, match="another app"),
    ):
        read_app(reader, "0oa1")


def test_a_mapped_attribute_with_an_invalid_value_is_kept() -> None:
    ends = {"source": {"id": "oty1", "type": "user"}, "target": {"id": "0oa1", "type": "appuser"}}
    properties = {"email": {"expression": ["x"], "pushStatus": "PUSH"}, "title": None}
    with (
        serving(
            answer([{"id": "prm1", **ends}]),
            answer({"id": "prm1", **ends, "properties": properties}),
        ) as peer,
        reading(peer.url) as reader,
    ):
        (mapping,) = read_mappings(reader, "0oa1")
    assert mapping.properties == {
        "email": MappedAttribute(expression=None, push_status="PUSH"),
        "title": MappedAttribute(expression=None),
    }


def test_an_entry_that_is_no_mapped_attribute_fails_the_mapping() -> None:
    ends = {"source": {"id": "oty1", "type": "user"}, "target": {"id": "0oa1", "type": "appuser"}}
    wrapped = {"properties": {"email": {"expression": "user.login", "pushStatus": "PUSH"}}}
    with (
        serving(
            answer([{"id": "prm1", **ends}]), answer({"id": "prm1", **ends, "properties": wrapped})
        ) as peer,
        reading(peer.url) as reader,
        pytest.raises(CollectError, match="no attribute with an expression"),
    ):
        read_mappings(reader, "0oa1")


def test_mappings_to_other_apps_are_ignored() -> None:
    own, foreign = (
        {"id": f"prm{app}", "source": {"id": "oty1"}, "target": {"id": app}, "properties": {}}
        for app in ("0oa1", "0oa2")
    )
    with serving(answer([foreign, own]), answer(own)) as peer, reading(peer.url) as reader:
        (mapping,) = read_mappings(reader, "0oa1")
        assert mapping.id == "prm0oa1"
        assert len(peer.requests) == 2


@pytest.mark.parametrize("changes", [{"id": "prm2"}, {"target": {"id": "0oa2"}}])
def test_an_answer_about_another_mapping_is_rejected(changes: dict[str, Any]) -> None:
    row = {"id": "prm1", "source": {"id": "oty1"}, "target": {"id": "0oa1"}, "properties": {}}
    with (
        serving(answer([row]), answer({**row, **changes})) as peer,
        reading(peer.url) as reader,
        pytest.raises(CollectError, match="another mapping"),
    ):
        read_mappings(reader, "0oa1")


PART: dict[str, Any] = {"properties": {"email": {"title": 7}, "title": None}}


@pytest.mark.parametrize(
    "definitions",
    [{}, {"base": PART}, {"custom": PART}, {"base": PART, "custom": {}}, {"x": {"base": PART}}],
)
def test_a_schema_without_one_of_its_parts_is_rejected(definitions: Any) -> None:
    body = {"definitions": definitions}
    with serving(answer(body)) as peer, reading(peer.url) as reader, pytest.raises(CollectError):
        read_app_schema(reader, "0oa1")


def test_an_attribute_with_an_invalid_definition_is_in_the_schema() -> None:
    body = {"definitions": {"base": PART, "custom": {"properties": {}}, "type": "object"}}
    with serving(answer(body)) as peer, reading(peer.url) as reader:
        found = read_app_schema(reader, "0oa1")
    assert [(each.name, each.title) for each in found] == [("email", None), ("title", None)]


def test_user_types_without_a_name_keep_their_id() -> None:
    with serving(answer([{"id": "oty1", "default": "yes"}])) as peer, reading(peer.url) as reader:
        (found,) = read_user_types(reader)
    assert (found.title, found.default) == ("oty1", False)


@pytest.mark.parametrize("settings", [{}, {"disabled": False}])
def test_password_login_is_on_unless_it_is_disabled(settings: Any) -> None:
    with serving(answer(settings)) as peer, reading(peer.url) as reader:
        assert not read_password_login(reader).disabled


@pytest.mark.parametrize("odd", [None, "yes", 1])
def test_an_invalid_password_setting_does_not_count_as_on(odd: Any) -> None:
    with (
        serving(answer({"disabled": odd})) as peer,
        reading(peer.url) as reader,
        pytest.raises(CollectError),
    ):
        read_password_login(reader)


@pytest.mark.parametrize(
    ("changes", "members"),
    [
        ({"users": [{"user": {"id": 1}}], "userCount": 1}, {1}),
        ({"users": [{"user": {"id": 1}}]}, {1}),
        ({"users": [], "userCount": 0}, set()),
        ({"users": [{"user": {"id": 1}}], "userCount": 2}, None),
        ({"userCount": 2}, None),
        ({"users": None}, None),
        ({"users": [{"user": {"id": "x"}}]}, None),
    ],
)
def test_members_are_known_completely_or_not_at_all(
    changes: dict[str, Any], members: set[int] | None
) -> None:
    body = {"groups": [{"id": 1, "name": "Admins", **changes}]}
    with serving(answer(body)) as peer, reading(peer.url) as reader:
        (group,) = read_groups(reader)
    assert group.member_ids == members


def test_a_setting_that_is_not_reported_is_unknown() -> None:
    with serving(answer({"enabled": "on"})) as peer, reading(peer.url) as reader:
        found = read_scim(reader)
    assert (found.enabled, found.has_token) == (None, None)


def test_an_identity_without_an_id_is_rejected() -> None:
    with (
        serving(answer({"user": {"name": "x"}})) as peer,
        reading(peer.url) as reader,
        pytest.raises(CollectError),
    ):
        read_self(reader)


def test_deeply_nested_json_does_not_crash() -> None:
    deep = b'[{"id":"00u1","profile":' + b"[" * 100_000 + b"]" * 100_000 + b"}]"
    with serving(answer(deep)) as peer, reading(peer.url) as reader:
        with pytest.raises(CollectError) as raised:
            read_assignments(reader, "0oa1")
        assert raised.value.missing.why is MissingReason.BAD_PAYLOAD
