"""Recorded answers of real services are read without an error, and refusals are missing data."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.collect.http import Deadline
from auditor.collect.http.collect_error import CollectError
from auditor.collect.okta.app import read_app, read_capabilities, read_connection
from auditor.collect.okta.assignments import read_assignments
from auditor.collect.okta.group_push import read_app_groups, read_group, read_group_push
from auditor.collect.okta.log_reader import LogRange, read_log
from auditor.collect.okta.mappings import read_app_schema, read_mappings, read_user_types
from auditor.collect.okta.org_log import OrgLog
from auditor.collect.reader import Reader
from auditor.collect.unleash.event_log import read_events
from auditor.collect.unleash.groups import read_groups
from auditor.collect.unleash.instance_settings import (
    read_instance,
    read_oidc,
    read_password_login,
    read_saml,
    read_scim,
    read_statistics,
)
from auditor.collect.unleash.own_account import read_own_tokens, read_self
from auditor.collect.unleash.users import (
    UsersAndCount,
    read_access,
    read_service_accounts,
    read_users_and_count,
)
from auditor.domain.collections import MissingData, MissingReason
from auditor.domain.target import Target
from tests.support.collecting import PLAIN, reading
from tests.support.peers.canned_server import answer, serving
from tests.support.recorded_answers import body, names, needs_recordings, rows

pytestmark = needs_recordings

AT = datetime(2026, 11, 24, tzinfo=UTC)
TARGET = Target(
    name="main",
    org_url="https://acme.okta.com",
    app_id="0oa1",
    unleash_url="https://unleash.example.com",
)


def read(reading_of: Callable[[Reader], Any], *bodies: Any, status: int = 200) -> Any:
    """Collect from a peer that answers with these bodies, one after the other."""
    answers = [answer(each, status) for each in bodies]
    with serving(*answers) as peer, reading(peer.url, PLAIN) as reader:
        return reading_of(reader)


def gap(reading_of: Callable[[Reader], Any], recorded: Any, status: int) -> MissingData:
    with pytest.raises(CollectError) as raised:
        read(reading_of, recorded, status=status)
    return raised.value.missing


def _apps() -> list[Any]:
    found = names("okta", "sdk-app-S*", "sdk-apps-list*", "tf-app-[A-Z]*", "oas-GetApplications*")
    documents = [body("okta", name) for name in found]
    return [app for each in documents for app in (each if isinstance(each, list) else [each])]


@pytest.mark.parametrize("recorded", _apps(), ids=lambda app: f"{app['signOnMode']}-{app['id']}")
def test_apps(recorded: Any) -> None:
    app = read(lambda reader: read_app(reader, recorded["id"]), recorded)
    assert (app.label, app.status) == (recorded["label"], recorded["status"])
    assert app.sign_on_mode == recorded["signOnMode"]
    assert app.features == frozenset(recorded.get("features") or ())
    template = (recorded.get("credentials") or {}).get("userNameTemplate") or {}
    assert app.username_template == template.get("template")


@pytest.mark.parametrize(
    "name",
    names("okta", "sdk-app-connection*", "tf-app-connection*", "oas-ProvisioningConnection*"),
)
def test_connections(name: str) -> None:
    recorded = body("okta", name)
    connection = read(lambda reader: read_connection(reader, "0oa1"), recorded)
    assert connection.status == recorded["status"]
    assert connection.auth_scheme == recorded["profile"]["authScheme"]


def test_capabilities() -> None:
    for recorded in (
        body("okta", "oas-AppFeatureListResponseEx.json"),
        [body("okta", "tf-app-feature-USER_PROVISIONING-1.json")],
    ):
        found = read(lambda reader: read_capabilities(reader, "0oa1"), recorded)
        switches = recorded[0]["capabilities"]
        assert found.create == switches["create"]["lifecycleCreate"]["status"]
        assert found.update == switches["update"]["profile"]["status"]
        assert found.deactivate == switches["update"]["lifecycleDeactivate"]["status"]


@pytest.mark.parametrize(
    ("name", "status", "why", "code"),
    [
        (
            "sdk-app-features-400-not-supported.json",
            400,
            MissingReason.NOT_ON_THIS_EDITION,
            "E0000001",
        ),
        ("sdk-app-features-404.json", 404, MissingReason.NOT_FOUND, "E0000007"),
        ("sdk-app-features-429.json", 429, MissingReason.RATE_LIMITED, "E0000047"),
        (
            "oas-ErrorAppFeatureAPIValidationFailed.json",
            400,
            MissingReason.NOT_ON_THIS_EDITION,
            "E0000001",
        ),
        ("oas-ErrorResourceNotFound.json", 404, MissingReason.NOT_FOUND, "E0000007"),
        ("sdk-mapping-404.json", 404, MissingReason.NOT_FOUND, "E0000007"),
        ("oas-ErrorAccessDenied.json", 403, MissingReason.FORBIDDEN, "E0000006"),
        ("oas-ErrorInvalidTokenProvided.json", 401, MissingReason.UNAUTHORIZED, "E0000011"),
        ("oas-ErrorTooManyRequests.json", 429, MissingReason.RATE_LIMITED, "E0000047"),
    ],
)
def test_refusals_of_okta(name: str, status: int, why: MissingReason, code: str) -> None:
    missing = gap(lambda reader: read_capabilities(reader, "0oa1"), body("okta", name), status)
    assert (missing.why, missing.status) == (why, status)
    assert code in missing.detail


@pytest.mark.parametrize(
    "name", names("okta", "sdk-app-user*", "tf-app-users*", "oas-AppUserListEx*")
)
def test_assignments(name: str) -> None:
    recorded = rows("okta", name)
    found = read(lambda reader: read_assignments(reader, "0oa1"), recorded)
    assert [each.user_id for each in found] == [row["id"] for row in recorded]
    assert [each.status for each in found] == [row["status"] for row in recorded]
    assert all(each.updated_at for each in found)


@pytest.mark.parametrize("name", names("okta", "sdk-app-groups*", "oas-GroupAssignmentEx*"))
def test_app_groups(name: str) -> None:
    recorded = body("okta", name)
    found = read(lambda reader: read_app_groups(reader, "0oa1"), recorded)
    assert [each.id for each in found] == [row["id"] for row in recorded]


@pytest.mark.parametrize("name", names("okta", "tf-push-group*", "oas-ListGroupPush*"))
def test_group_pushes(name: str) -> None:
    recorded = rows("okta", name)
    found = read(lambda reader: read_group_push(reader, "0oa1"), recorded)
    assert [(each.source_group_id, each.status) for each in found] == [
        (row["sourceGroupId"], row["status"]) for row in recorded
    ]


@pytest.mark.parametrize(
    "name",
    names("okta", "*-mapping-get*", "*-mapping-post*", "oas-*MappingResponse*", "oas-Retrieve*"),
)
def test_mappings(name: str) -> None:
    recorded = body("okta", name)
    target = recorded["target"]["id"]
    listed = {key: value for key, value in recorded.items() if key != "properties"}
    # Most recordings are mappings from an app; only those from a user type are read.
    listed["source"] = recorded["source"] | {"type": "user"}
    (found,) = read(lambda reader: read_mappings(reader, target), [listed], recorded)
    assert found.source_id == recorded["source"]["id"]
    assert {key: each.expression for key, each in found.properties.items()} == {
        key: each["expression"] for key, each in recorded["properties"].items()
    }


def test_a_mapping_from_another_app_is_not_read() -> None:
    recorded = body("okta", "sdk-mapping-get.json")
    assert recorded["source"]["type"] == "appuser"
    target = recorded["target"]["id"]
    assert read(lambda reader: read_mappings(reader, target), [recorded]) == ()


@pytest.mark.parametrize("name", names("okta", "*-mappings-list*", "oas-ListMappings*"))
def test_lists_of_mappings(name: str) -> None:
    recorded = body("okta", name)
    assert recorded
    assert read(lambda reader: read_mappings(reader, "0oaOther"), recorded) == ()


@pytest.mark.parametrize("name", names("okta", "*-user-types*"))
def test_user_types(name: str) -> None:
    recorded = body("okta", name)
    found = read(read_user_types, recorded)
    assert [(each.id, each.title) for each in found] == [
        (row["id"], row["displayName"]) for row in recorded
    ]


@pytest.mark.parametrize("name", names("okta", "tf-app-schema*", "oas-*AppUserSchema*"))
def test_schemas(name: str) -> None:
    recorded = body("okta", name)
    found = read(lambda reader: read_app_schema(reader, "0oa1"), recorded)
    base, custom = (recorded["definitions"][part]["properties"] for part in ("base", "custom"))
    assert {each.name for each in found} == base.keys() | custom.keys()
    assert {each.name for each in found if each.custom} == custom.keys()


@pytest.mark.parametrize("name", names("okta", "sdk-users-list*", "oas-ListUsers*"))
def test_members(name: str) -> None:
    recorded = body("okta", name)
    group = {"id": "00g1", "profile": {"name": "Everyone"}}
    found = read(lambda reader: read_group(reader, "00g1"), group, recorded)
    assert found.member_ids == frozenset(row["id"] for row in recorded)


def test_the_log() -> None:
    recorded = body("okta", "oas-ListLogs.json")
    log = read(
        lambda reader: read_log(
            reader, TARGET, LogRange(), at=AT, org=OrgLog(), deadline=Deadline(60)
        ),
        recorded,
    )
    assert {event.id for event in log.events} == {row["uuid"] for row in recorded}
    assert log.events[0].actor.name == "John Doe"


def _forbidden() -> UsersAndCount:
    raise CollectError(MissingReason.FORBIDDEN, "GET /api/admin/user-admin")


READERS: dict[str, Callable[[Reader], Any]] = {
    "/api/admin/user-admin": read_users_and_count,
    "/api/admin/user-admin/access": lambda reader: read_access(reader, _forbidden),
    "/api/admin/groups": read_groups,
    "/api/admin/service-account": read_service_accounts,
    "/api/admin/ui-config": read_instance,
    "/api/admin/instance-admin/statistics": read_statistics,
    "/api/admin/scim-settings": read_scim,
    "/api/admin/auth/simple/settings": read_password_login,
    "/api/admin/auth/saml/settings": read_saml,
    "/api/admin/auth/oidc/settings": read_oidc,
    "/api/admin/user": read_self,
    "/api/admin/user/tokens": read_own_tokens,
    "/api/admin/search/events": lambda reader: read_events(reader, last=None, at=AT),
}


def _recorded_of_unleash() -> list[tuple[str, Callable[[Reader], Any], Any]]:
    found = []
    for name in names("unleash", "*.json"):
        recorded = body("unleash", name)
        path = recorded["request"]["path"].partition("?")[0]
        if recorded["request"]["method"] == "GET" and path in READERS:
            found.append((name, READERS[path], recorded))
    return found


OF_UNLEASH = _recorded_of_unleash()


@pytest.mark.parametrize(
    ("reading_of", "recorded"),
    [pytest.param(reader, it, id=name) for name, reader, it in OF_UNLEASH if it["status"] == 200],
)
def test_answers_of_unleash(reading_of: Callable[[Reader], Any], recorded: Any) -> None:
    body = recorded["body"]
    if "total" in body:  # pages are requested until all events are read; this is the only page
        body = {**body, "total": len(body["events"])}
    count = {"password": 4, "noPassword": 1, "service": 0}
    bodies = (body, count, body, count) if reading_of is read_users_and_count else (body,)
    found = read(reading_of, *bodies)
    if reading_of is read_users_and_count:
        assert [user.id for user in found.users.users] == sorted(u["id"] for u in body["users"])
        assert found.users.admin_role_id == 1
    if "total" in body:
        assert [event.id for event in found.events] == sorted(e["id"] for e in body["events"])
    assert "scrubbed" not in repr(found)


@pytest.mark.parametrize(
    ("reading_of", "recorded"),
    [pytest.param(reader, it, id=name) for name, reader, it in OF_UNLEASH if it["status"] != 200],
)
def test_refusals_of_unleash(reading_of: Callable[[Reader], Any], recorded: Any) -> None:
    status = recorded["status"]
    missing = gap(reading_of, recorded["body"], status)
    whys = {
        400: MissingReason.BAD_PAYLOAD,
        401: MissingReason.UNAUTHORIZED,
        403: MissingReason.FORBIDDEN,
        404: MissingReason.NOT_FOUND,
    }
    assert (missing.why, missing.status) == (whys[status], status)
    if status == 404:
        assert missing.detail == "NotFoundError"
