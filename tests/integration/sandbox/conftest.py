"""A sandbox whose clock stands still at a given time, and its HTTP servers."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from auditor.sandbox import Sandbox, World
from tests.support.plain_http import PlainClient

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World.clean(at=AT)


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture
def okta(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"SSWS {sandbox.world.okta_token}"}
    with PlainClient(base_url=sandbox.okta_url, headers=headers) as client:
        yield client


@pytest.fixture
def unleash(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": sandbox.world.unleash_token}
    with PlainClient(base_url=f"{sandbox.unleash_url}/api/admin", headers=headers) as client:
        yield client
