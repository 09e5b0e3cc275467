"""No secret is stored, written or logged. Canaries stand in every place of a secret."""

import logging
import traceback
from pathlib import Path

import pytest

from auditor.collect.http.collect_error import CollectError
from auditor.collect.okta.app import read_app
from auditor.collect.snapshot_file import save
from auditor.config.secrets import OktaCredentials, Secret
from auditor.sandbox import Sandbox
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from tests.support.collecting import HASTY, collect_from, credentials_of, okta_reader
from tests.support.plain_http import plain_get

CANARY = "sandbox-canary"
"""The text in every secret of the sandbox's answers."""


def secrets_of(sandbox: Sandbox) -> list[str]:
    world = sandbox.world
    tokens = [token for client in world.oauth_clients.values() for token in client.issued]
    keys = [client.private_key.splitlines()[1] for client in world.oauth_clients.values()]
    return [CANARY, world.okta_token, *world.unleash.tokens, *tokens, *keys]


def assert_no_secret_in(sandbox: Sandbox, text: str) -> None:
    assert not [secret for secret in secrets_of(sandbox) if secret in text]


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Set the log level of every logger to DEBUG."""
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.fixture(params=["token", "private key"])
def signed_in(request: pytest.FixtureRequest, sandbox: Sandbox) -> OktaCredentials:
    if request.param == "token":
        return OktaCredentials(token=Secret(sandbox.world.okta_token))
    client = sandbox.world.add_oauth_client()
    return OktaCredentials(client_id=client.id, private_key=Secret(client.private_key))


def test_the_canaries_are_in_the_requests(sandbox: Sandbox) -> None:
    headers = {"authorization": sandbox.world.unleash_token}
    for path in ("user-admin", "auth/saml/settings", "auth/oidc/settings"):
        assert CANARY in plain_get(f"{sandbox.unleash_url}/api/admin/{path}", headers=headers).text


def test_neither_the_snapshot_nor_the_log_has_a_secret(
    sandbox: Sandbox,
    signed_in: OktaCredentials,
    everything_logged: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    known = credentials_of(sandbox, okta=signed_in)
    snapshot = collect_from(sandbox, credentials=known)
    save(snapshot, tmp_path / "snapshot.json")
    assert_no_secret_in(sandbox, repr(snapshot))
    assert_no_secret_in(sandbox, (tmp_path / "snapshot.json").read_text())
    assert_no_secret_in(sandbox, everything_logged.text)
    assert_no_secret_in(sandbox, repr(known))


@pytest.mark.parametrize(
    "fault", ["status-403", "truncated-json", "html-with-200", "closed-in-body", "dripping"]
)
def test_no_failure_shows_a_secret(
    sandbox: Sandbox,
    signed_in: OktaCredentials,
    everything_logged: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    sandbox.faults.add("okta", "/**", ALL_FAULTS[fault])
    sandbox.faults.add("unleash", "/**", ALL_FAULTS[fault])
    known = credentials_of(sandbox, okta=signed_in)
    snapshot = collect_from(sandbox, credentials=known, limits=HASTY)
    assert_no_secret_in(sandbox, " ".join(map(str, snapshot.missing.values())))
    with okta_reader(sandbox, limits=HASTY, credentials=signed_in) as reader:
        with pytest.raises(CollectError) as raised:
            read_app(reader, sandbox.world.app_id)
        assert_no_secret_in(sandbox, "".join(traceback.format_exception(raised.value)))
    assert_no_secret_in(sandbox, everything_logged.text)
