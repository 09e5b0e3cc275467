"""Every sign-in method of Okta's API."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.transport import HeaderAuth
from auditor.collect.okta.app import read_app
from auditor.collect.okta.possession_proof import ProofSigner
from auditor.collect.reader import Reader
from auditor.config.secrets import OktaCredentials, Secret
from auditor.domain.collections import CAPABILITIES, MissingData, MissingReason
from auditor.sandbox import Sandbox
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from tests.support.collecting import HASTY, PLAIN, collect_from, credentials_of, okta_reader
from tests.support.peers.canned_server import answer, serving
from tests.support.peers.sandbox_app import serve
from tests.support.session.process_groups import uses_okta_sdk

TOKEN = "/oauth2/v1/token"


def private_key(sandbox: Sandbox, **changes: Any) -> OktaCredentials:
    client = sandbox.world.add_oauth_client()
    known = OktaCredentials(client_id=client.id, private_key=Secret(client.private_key))
    return replace(known, **changes)


def token_requests(sandbox: Sandbox) -> int:
    return sum(request.path == TOKEN for request in sandbox.requests)


@contextmanager
def refused(reader: Reader, app_id: str) -> Iterator[list[MissingData]]:
    missing: list[MissingData] = []
    with pytest.raises(CollectError) as raised:
        read_app(reader, app_id)
    missing.append(raised.value.missing)
    yield missing


@uses_okta_sdk
def test_an_api_token_is_sent_as_the_sdk_would_send_it() -> None:
    from okta.cache.no_op_cache import NoOpCache
    from okta.request_executor import RequestExecutor

    token = "00" + "x" * 40
    config = {
        "client": {
            "orgUrl": "https://acme.okta.com",
            "authorizationMode": "SSWS",
            "token": token,
            "rateLimit": {},
        }
    }
    url = "https://acme.okta.com/api/v1/apps/0oa1"
    executor: Any = RequestExecutor
    cache: Any = NoOpCache
    signed, error = asyncio.run(executor(config, cache()).create_request("GET", url))
    assert error is None
    ours = next(HeaderAuth(Secret(token), "SSWS").auth_flow(httpx.Request("GET", url)))
    assert ours.headers["authorization"] == signed["headers"]["Authorization"]


def test_an_api_token_is_sent_without_importing_the_sdk() -> None:
    code = (
        "import sys; from auditor.collect import collector;"
        "from auditor.collect.okta.authentication import okta_sign_in;"
        "from auditor.config.secrets import OktaCredentials, Secret;"
        "sign_in = okta_sign_in('https://acme.okta.com', OktaCredentials(token=Secret('t')));"
        "print(type(sign_in(None)).__name__, {'okta', 'aiohttp'} & set(sys.modules) or 'lean')"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, text=True) == "HeaderAuth lean\n"


def test_a_private_key_gets_one_token_for_the_whole_audit(sandbox: Sandbox) -> None:
    snapshot = collect_from(sandbox, credentials=credentials_of(sandbox, okta=private_key(sandbox)))
    assert snapshot.missing.keys() == {CAPABILITIES.name}
    assert token_requests(sandbox) == 1
    assert not sandbox.refused


def test_a_private_key_may_be_a_jwk(sandbox: Sandbox) -> None:
    client = sandbox.world.add_oauth_client()
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(client.key, as_dict=True)
    known = OktaCredentials(
        client_id=client.id,
        private_key=Secret(json.dumps({**jwk, "kid": "key-1", "key_ops": ["sign"], "ext": True})),
    )
    with okta_reader(sandbox, credentials=known) as reader:
        read_app(reader, sandbox.world.app_id)


def test_a_token_that_is_revoked_during_parallel_requests_is_replaced(sandbox: Sandbox) -> None:
    known, app_id = private_key(sandbox), sandbox.world.app_id
    limits = replace(PLAIN, connections=2, request=5)
    with (
        okta_reader(sandbox, credentials=known, limits=limits) as reader,
        ThreadPoolExecutor(8) as threads,
    ):
        for _ in range(5):
            for client in sandbox.world.oauth_clients.values():
                client.issued.clear()
            apps = threads.map(lambda _: read_app(reader, app_id), range(8))
            assert {app.id for app in apps} == {app_id}


def test_a_client_proves_possession_if_okta_requires_it(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.world.requires_dpop = True
    known = private_key(sandbox, dpop=True)
    snapshot = collect_from(sandbox, credentials=credentials_of(sandbox, okta=known))
    assert snapshot.missing.keys() == {CAPABILITIES.name}
    schemes = {r.headers.get("authorization") for r in sandbox.requests if r.service == "okta"}
    assert schemes == {"DPoP", None}
    assert not caplog.records


@uses_okta_sdk
def test_a_proof_of_possession_equals_that_of_the_sdk() -> None:
    from okta.dpop import DPoPProofGenerator

    sdk: Any = DPoPProofGenerator({})
    ours = ProofSigner()
    sdk.set_nonce("a nonce")
    ours.nonce = "a nonce"
    url = "https://acme.okta.com/api/v1/logs?since=2026-11-01T00%3A00%3A00Z#part"
    proofs = (
        sdk.generate_proof_jwt("GET", url, "token"),
        ours.sign("GET", httpx.URL(url), "token"),
    )
    headers = [jwt.get_unverified_header(each) for each in proofs]
    claims = [
        jwt.decode(each, jwt.PyJWK(header["jwk"]), algorithms=["RS256"])
        for each, header in zip(proofs, headers, strict=True)
    ]
    for header in headers:
        del header["jwk"]["n"]
    assert headers[0] == headers[1]
    for each in claims:
        assert len(each.pop("jti")) == 36
        assert time.time() - each.pop("iat") < 600
    assert claims[0] == claims[1]
    assert claims[0]["htu"] == "https://acme.okta.com/api/v1/logs"


def test_signing_needs_no_event_loop_of_its_own(sandbox: Sandbox) -> None:
    """A second loop in a thread that has one is an error of asyncio."""
    known = private_key(sandbox)

    async def read() -> str:
        with okta_reader(sandbox, credentials=known) as reader:
            return read_app(reader, sandbox.world.app_id).id

    assert asyncio.run(read()) == sandbox.world.app_id


def test_the_file_that_a_private_key_names_is_not_read(sandbox: Sandbox, tmp_path: Path) -> None:
    """The SDK reads a file if the text of the key is its name."""
    known = private_key(sandbox)
    assert known.private_key
    (tmp_path / "key.pem").write_text(known.private_key.reveal())
    named = replace(known, private_key=Secret(str(tmp_path / "key.pem")))
    with (
        okta_reader(sandbox, credentials=named) as reader,
        refused(reader, sandbox.world.app_id) as (missing,),
    ):
        assert missing.why is MissingReason.UNAUTHORIZED
    assert token_requests(sandbox) == 0


def test_a_token_that_was_revoked_is_replaced(sandbox: Sandbox) -> None:
    known = private_key(sandbox)
    with okta_reader(sandbox, credentials=known) as reader:
        read_app(reader, sandbox.world.app_id)
        for client in sandbox.world.oauth_clients.values():
            client.issued.clear()
        read_app(reader, sandbox.world.app_id)
    assert token_requests(sandbox) == 2


def test_a_client_without_the_scopes_is_refused_once(sandbox: Sandbox) -> None:
    client = sandbox.world.add_oauth_client(frozenset({"okta.apps.read"}))
    known = OktaCredentials(client_id=client.id, private_key=Secret(client.private_key))
    snapshot = collect_from(sandbox, credentials=credentials_of(sandbox, okta=known))
    gaps = {gap for name, gap in snapshot.missing.items() if name.startswith("okta.")}
    assert gaps == {
        MissingData(
            why=MissingReason.UNAUTHORIZED,
            endpoint=f"POST {TOKEN}",
            status=400,
            detail="invalid_scope",
        )
    }
    assert token_requests(sandbox) == 1


@pytest.mark.parametrize(
    "key", ["-----BEGIN PRIVATE KEY-----\nbroken\n-----END PRIVATE KEY-----", "{broken", "{}", ""]
)
def test_an_invalid_key_is_refused_and_not_quoted(sandbox: Sandbox, key: str) -> None:
    known = private_key(sandbox, private_key=Secret(key))
    with (
        okta_reader(sandbox, credentials=known) as reader,
        refused(reader, sandbox.world.app_id) as (missing,),
    ):
        assert missing.why is MissingReason.UNAUTHORIZED
        assert "broken" not in str(missing)
    assert token_requests(sandbox) == 0


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("status-503", MissingReason.NETWORK),
        ("status-429-without-reset", MissingReason.RATE_LIMITED),
        ("closed-before-answer", MissingReason.NETWORK),
        ("silent-before-answer", MissingReason.TIMEOUT),
        ("status-403", MissingReason.UNAUTHORIZED),
        ("html-with-200", MissingReason.UNAUTHORIZED),
        ("empty-body", MissingReason.UNAUTHORIZED),
        ("truncated-json", MissingReason.UNAUTHORIZED),
        ("missing-field", MissingReason.UNAUTHORIZED),
        ("wrong-type", MissingReason.UNAUTHORIZED),
        ("redirect-elsewhere", MissingReason.UNAUTHORIZED),
        ("huge-body", MissingReason.UNAUTHORIZED),
    ],
)
def test_a_token_request_that_fails_is_the_reason(
    sandbox: Sandbox, fault: str, why: MissingReason
) -> None:
    sandbox.faults.add("okta", TOKEN, ALL_FAULTS[fault])
    limits = HASTY if why is MissingReason.TIMEOUT else PLAIN
    with (
        okta_reader(sandbox, limits=limits, credentials=private_key(sandbox)) as reader,
        refused(reader, sandbox.world.app_id) as (missing,),
    ):
        assert (missing.why, missing.endpoint) == (why, f"POST {TOKEN}")


def test_a_token_request_that_fails_once_is_sent_again_with_a_new_assertion(
    sandbox: Sandbox,
) -> None:
    sandbox.faults.add("okta", TOKEN, ALL_FAULTS["closed-in-body"], times=1)
    with okta_reader(sandbox, credentials=private_key(sandbox)) as reader:
        read_app(reader, sandbox.world.app_id)
    assert token_requests(sandbox) == 2


def test_an_api_that_requires_a_nonce_gets_it(sandbox: Sandbox) -> None:
    """RFC 9449, section 9; the sandbox's API requires none."""
    nonces: list[str | None] = []

    async def api(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        proof = jwt.decode(request.headers["dpop"], options={"verify_signature": False})
        if request.url.path == TOKEN:
            good = answer({"access_token": "t", "token_type": "DPoP", "expires_in": 3600})
        else:
            nonces.append(proof.get("nonce"))
            good = answer({"id": "0oa1"})
            if proof.get("nonce") != "fresh":
                good = answer({"error": "use_dpop_nonce"}, 400, dpop_nonce="fresh")
        await good(scope, receive, send)

    with serve(api) as url:
        sandbox.okta_url = url
        with okta_reader(sandbox, credentials=private_key(sandbox, dpop=True)) as reader:
            assert read_app(reader, "0oa1").id == "0oa1"
    assert nonces == [None, "fresh"]


def test_an_okta_yaml_in_the_working_directory_redirects_no_request(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(answer({})) as thief:
        planted = f"okta:\n  client:\n    orgUrl: {thief.url}\n    token: stolen\n"
        (tmp_path / "okta.yaml").write_text(planted)
        (tmp_path / ".okta").mkdir()
        (tmp_path / ".okta" / "okta.yaml").write_text(planted)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("OKTA_CLIENT_ORGURL", thief.url)
        for known in (None, private_key(sandbox)):
            with okta_reader(sandbox, credentials=known) as reader:
                read_app(reader, sandbox.world.app_id)
        assert not thief.requests
