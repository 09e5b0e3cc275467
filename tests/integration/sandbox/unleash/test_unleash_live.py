"""The sandbox's Unleash and a real one with equal data: every answer, field by field.

Values are compared too, except those that are generated or counted from other data.
"""

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import httpx
import pytest

from auditor.collect import unleash as collecting
from auditor.collect.http import Endpoint
from auditor.sandbox import Sandbox
from auditor.sandbox.unleash.endpoints import PATHS
from tests.integration.sandbox.twin import FirstData, create_data, twin
from tests.support.peers.unleash_server import RealUnleash
from tests.support.plain_http import plain_get

ASKED = (
    "/api/admin/user-admin",
    "/api/admin/user-admin/access",
    "/api/admin/user-admin/admin-count",
    "/api/admin/user-admin/{ada}",
    "/api/admin/user-admin/{bob}",
    "/api/admin/user-admin/{gone}",
    "/api/admin/user-admin/{ada}/permissions",
    "/api/admin/user-admin/{bob}/permissions",
    "/api/admin/user-admin/{gone}/permissions",
    "/api/admin/ui-config",
    "/api/admin/instance-admin/statistics",
    "/api/admin/search/events",
    "/api/admin/search/events?type=IS_ANY_OF:user-created,user-deleted&from=IS:2020-01-01&limit=1000",
    "/api/admin/search/events?type=IS:user-created&limit=2&offset=1",
    "/api/admin/search/events?createdBy=IS:-42&limit=3",
    "/api/admin/search/events?query=gone@example.com",
    "/api/admin/search/events?from=IS:2199-01-01",
    "/api/admin/search/events?to=IS:2020-01-01",
    "/api/admin/search/events?limit=5000",
    "/api/admin/search/events?limit=many&offset=-1",
    "/api/admin/search/events?type=user-created",
    "/api/admin/search/events?from=2020-01-01",
    "/api/admin/user",
    "/api/admin/user/tokens",
    "/api/admin/groups",
    "/api/admin/roles",
    "/api/admin/service-account",
    "/api/admin/scim-settings",
    "/api/admin/auth/simple/settings",
    "/api/admin/auth/saml/settings",
    "/api/admin/auth/oidc/settings",
    "/api/admin/no-such-path",
)

VARIES = {
    "edgeInstanceUsage": "by the calendar",
    "flags": "by the release: some sixty, of which the sandbox shows three",
    "inviteLink": "a secret, made anew",
    "licensedUsers": "counted by who was seen lately",
    "resourceLimits": "by the release",
    "seenAt": "written some time after",
    "sum": "a value that the auditor does not read",
    "timestamp": "now",
    "unleashContext": "of the caller, in a form of the release's own",
}
"""Fields of which only the presence is compared, and why."""

OPTIONAL = {"groupId", "groupType"}
"""Fields that only events of one transaction have."""


@dataclass(frozen=True)
class Twins:
    real: RealUnleash
    sandbox: Sandbox
    furnished: FirstData

    def ask(self, path: str, caller: str) -> tuple[httpx.Response, httpx.Response]:
        """Send a request to both; the real one first."""
        there = path.format(**vars(self.furnished))
        token = self.furnished.tokens[caller]
        headers = {"Authorization": token} if token else {}
        urls = (self.real.url, self.sandbox.unleash_url)
        first, second = (plain_get(url + there, headers=headers) for url in urls)
        return first, second


@pytest.fixture(scope="module")
def twins(unleash_server: RealUnleash) -> Iterator[Twins]:
    unleash_server.reset()
    furnished = create_data(unleash_server)
    with Sandbox(twin(unleash_server)) as sandbox:
        sandbox.world.unleash.url = unleash_server.url
        yield Twins(unleash_server, sandbox, furnished)


def comparable(value: Any) -> Any:
    """Remove the values that differ between servers and times."""
    if isinstance(value, list):
        rows = [comparable(one) for one in value]
        has_ids = all(isinstance(one, dict) and "id" in one for one in rows)
        return sorted(rows, key=lambda one: int(one["id"])) if has_ids else rows
    if not isinstance(value, dict):
        return value
    made_anew = {"id"} if "details" in value else set()
    return {
        key: "…" if key in made_anew or key in VARIES else comparable(one)
        for key, one in value.items()
        if key not in OPTIONAL
    }


def of_those_shown(real: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """Reduce a real permission overview to the permissions of the sandbox's."""
    overview, names = real["overview"], {one["name"] for one in shown["overview"]["root"]}
    root = [one for one in overview["root"] if one["name"] in names]
    return {**real, "overview": {**overview, "root": root, "project": []}}


CALLERS = (
    "an admin",
    "an admin, as a bearer",
    "an admin by group",
    "a viewer",
    "an admin API token",
    "a backend",
    "one whose token has expired",
    "a stranger",
    "anonymous",
)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("path", ASKED)
def test_both_answers_are_equal(twins: Twins, path: str, caller: str) -> None:
    real, ours = twins.ask(path, caller)
    assert ours.status_code == real.status_code
    assert ours.headers["content-type"] == real.headers["content-type"]
    real_body, shown = comparable(real.json()), comparable(ours.json())
    if "overview" in real_body:
        real_body = of_those_shown(real_body, shown)
    assert shown == real_body


def test_answers_without_a_token_are_equal(twins: Twins) -> None:
    real, ours = twins.ask("/health", "anonymous")
    assert (ours.status_code, ours.json()) == (real.status_code, real.json())
    assert ours.headers["content-type"] == real.headers["content-type"]


def test_both_report_missing_scim(twins: Twins) -> None:
    twins.sandbox.world.set_scim(enabled=False)
    try:
        real, ours = twins.ask("/scim/Users", "anonymous")
    finally:
        twins.sandbox.world.set_scim()
    assert ours.status_code == real.status_code
    assert ours.headers["content-type"] == real.headers["content-type"]


def asked(path: str) -> str:
    """Return a path as it is written in a request for the account 1."""
    return path.partition("?")[0].format(ada=1, bob=1, gone=1)


def test_all_that_the_sandbox_serves_is_compared() -> None:
    left = [one.pattern.pattern for one in PATHS if not any(map(one.pattern.fullmatch, PLAIN))]
    assert left == []


def test_all_that_an_audit_reads_is_compared() -> None:
    modules = [
        import_module(f"{collecting.__name__}.{each.name}")
        for each in pkgutil.iter_modules(collecting.__path__)
    ]
    read = {
        each.path
        for module in modules
        for each in vars(module).values()
        if isinstance(each, Endpoint)
    }
    assert len(read) > 10
    assert read - set(PLAIN) == set()


PLAIN = [asked(path) for path in ASKED]
