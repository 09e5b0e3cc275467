"""With any fault, a collection is complete, or missing with the reason."""

import pytest

from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import Limits
from auditor.collect.okta.app import read_app
from auditor.collect.okta.assignments import read_assignments
from auditor.collect.unleash.users import read_users_and_count
from auditor.domain.collections import MissingData, MissingReason
from auditor.sandbox import Sandbox
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.sockets import refusing_port, tls_garbage_server
from tests.support.collecting import HASTY, PLAIN, okta_reader, reading, unleash_reader

BY_FAULT: dict[str, MissingReason | None] = {
    "status-400": MissingReason.BAD_PAYLOAD,
    "status-401": MissingReason.UNAUTHORIZED,
    "status-403": MissingReason.FORBIDDEN,
    "status-404": MissingReason.NOT_FOUND,
    "status-404-from-a-gateway": MissingReason.NOT_FOUND,
    "status-429-with-reset": MissingReason.RATE_LIMITED,
    "status-429-without-reset": MissingReason.RATE_LIMITED,
    "status-429-reset-far-ahead": MissingReason.RATE_LIMITED,
    "status-429-concurrency": MissingReason.RATE_LIMITED,
    "status-500": MissingReason.NETWORK,
    "status-502": MissingReason.NETWORK,
    "status-503": MissingReason.NETWORK,
    "redirect-elsewhere": MissingReason.BAD_PAYLOAD,
    "closed-before-answer": MissingReason.NETWORK,
    "closed-in-body": MissingReason.NETWORK,
    "reset-in-body": MissingReason.NETWORK,
    "silent-before-answer": MissingReason.TIMEOUT,
    "silent-in-body": MissingReason.TIMEOUT,
    "dripping": MissingReason.TIMEOUT,
    "huge-body": MissingReason.TRUNCATED,
    "gzip-bomb": MissingReason.TRUNCATED,
    "truncated-json": MissingReason.BAD_PAYLOAD,
    "empty-body": MissingReason.BAD_PAYLOAD,
    "html-with-200": MissingReason.BAD_PAYLOAD,
    "wrong-type": MissingReason.BAD_PAYLOAD,
    "wrong-charset-utf16": MissingReason.BAD_PAYLOAD,
    "duplicated-page": MissingReason.TRUNCATED,
    "looping-next": MissingReason.TRUNCATED,
    "next-drops-the-filter": MissingReason.TRUNCATED,
    "next-to-another-host": MissingReason.TRUNCATED,
    "never-a-last-page": MissingReason.TRUNCATED,
    "wrong-charset-latin1": MissingReason.BAD_PAYLOAD,
    "missing-field": MissingReason.BAD_PAYLOAD,
    "null-field": MissingReason.BAD_PAYLOAD,
    "invalid-utf8": MissingReason.BAD_PAYLOAD,
    "wrong-type-inside": MissingReason.BAD_PAYLOAD,
    "unknown-enum": None,
    "extra-fields": None,
    "ignored-offset": None,
}
"""Fault of a list to the reason for which it is missing; ``None``: the list can be read."""


def limits_for(name: str) -> Limits:
    return HASTY if BY_FAULT[name] is MissingReason.TIMEOUT else PLAIN


def test_every_fault_is_expected() -> None:
    assert BY_FAULT.keys() == ALL_FAULTS.keys()


@pytest.mark.parametrize("name", BY_FAULT)
def test_a_list_of_okta(without_faults: Sandbox, name: str) -> None:
    app_id, path = without_faults.world.app_id, f"/api/v1/apps/{without_faults.world.app_id}/users"
    with okta_reader(without_faults) as reader:
        truth = read_assignments(reader, app_id)
    without_faults.faults.add("okta", path, ALL_FAULTS[name])
    with okta_reader(without_faults, limits=limits_for(name)) as reader:
        if (why := BY_FAULT[name]) is None:
            found = read_assignments(reader, app_id)
            assert [each.user_id for each in found] == [each.user_id for each in truth]
            return
        with pytest.raises(CollectError) as raised:
            read_assignments(reader, app_id)
    assert without_faults.faults.struck
    assert raised.value.missing.why is why
    assert raised.value.missing.endpoint == f"GET {path}"


OF_ONE_PAGE = [
    name
    for name, why in BY_FAULT.items()
    if why and name not in {"next-drops-the-filter", "duplicated-page"}
]


@pytest.mark.parametrize("name", OF_ONE_PAGE)
def test_a_failure_on_the_second_page_leaves_no_first_page(sandbox: Sandbox, name: str) -> None:
    world = sandbox.world
    for number in range(500):
        world.assign(world.add_person(f"p{number}@example.com", "Jürgen", "Doe"))
    path = f"/api/v1/apps/{world.app_id}/users"
    sandbox.faults.add("okta", path, ALL_FAULTS[name], page=2)
    with (
        okta_reader(sandbox, limits=limits_for(name)) as reader,
        pytest.raises(CollectError) as raised,
    ):
        read_assignments(reader, world.app_id)
    assert sandbox.faults.struck
    assert raised.value.missing.why is BY_FAULT[name]


DOCUMENT_FAULTS = [
    name
    for name, why in BY_FAULT.items()
    if why and why is not MissingReason.TRUNCATED and name != "wrong-charset-latin1"
]


@pytest.mark.parametrize("name", DOCUMENT_FAULTS)
def test_a_document_of_unleash(without_faults: Sandbox, name: str) -> None:
    without_faults.faults.add("unleash", "/api/admin/user-admin", ALL_FAULTS[name])
    with (
        unleash_reader(without_faults, limits=limits_for(name)) as reader,
        pytest.raises(CollectError) as raised,
    ):
        read_users_and_count(reader)
    assert raised.value.missing.why is BY_FAULT[name]
    assert raised.value.missing.endpoint == "GET /api/admin/user-admin"


def test_a_body_beyond_its_limit_is_not_read_completely(without_faults: Sandbox) -> None:
    limits = {"huge-body": "larger than", "gzip-bomb": "times its compressed size"}
    for name, limit in limits.items():
        without_faults.faults.clear()
        without_faults.faults.add("okta", "/api/v1/apps/*", ALL_FAULTS[name])
        with okta_reader(without_faults) as reader, pytest.raises(CollectError, match=limit):
            read_app(reader, without_faults.world.app_id)


def test_a_port_that_refuses_connections() -> None:
    with refusing_port() as port:
        assert _missing_at(f"http://127.0.0.1:{port}").why is MissingReason.NETWORK


def test_a_server_without_tls() -> None:
    with tls_garbage_server() as port:
        assert _missing_at(f"https://127.0.0.1:{port}").why is MissingReason.NETWORK


def test_a_host_name_that_does_not_exist() -> None:
    assert _missing_at("http://nowhere.invalid").why is MissingReason.NETWORK


def _missing_at(url: str) -> MissingData:
    with reading(url) as reader, pytest.raises(CollectError) as raised:
        read_app(reader, "0oa1")
    assert raised.value.missing.endpoint == "GET /api/v1/apps/0oa1"
    assert raised.value.missing.status is None
    return raised.value.missing
