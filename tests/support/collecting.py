"""Collects a snapshot from a sandbox as an audit does, with shorter limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from auditor.collect.collector import LogCheckpoints, collect
from auditor.collect.http import ApiClient, Deadline, SignIn
from auditor.collect.http.limits import Limits
from auditor.collect.okta.authentication import okta_sign_in
from auditor.collect.reader import Reader
from auditor.collect.unleash.unleash_collector import unleash_sign_in
from auditor.config.secrets import Credentials, OktaCredentials, Secret, UnleashCredentials
from auditor.domain.collections import Collection, MissingData
from auditor.domain.snapshot import Snapshot
from auditor.domain.target import Target
from auditor.sandbox import Sandbox

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)

PLAIN = Limits(audit=120, silence=20, attempts=2, backoff=0.01, patience=2, pages=5)
"""Limits with few attempts and short waits, for peers that fail at once."""

HASTY = replace(PLAIN, audit=20, request=0.6, silence=0.3)
"""Limits with short timeouts too, for peers that answer slowly."""


def target_of(sandbox: Sandbox, **changes: Any) -> Target:
    facts = {
        "name": "main",
        "org_url": sandbox.okta_url,
        "app_id": sandbox.world.app_id,
        "unleash_url": sandbox.unleash_url,
    }
    return Target(**{**facts, **changes})


def credentials_of(
    sandbox: Sandbox, *, okta: OktaCredentials | None = None, unleash: str | None = None
) -> Credentials:
    return Credentials(
        okta=okta or OktaCredentials(token=Secret(sandbox.world.okta_token)),
        unleash=UnleashCredentials(token=Secret(unleash or sandbox.world.unleash_token)),
    )


def collect_from(
    sandbox: Sandbox,
    target: Target | None = None,
    *,
    credentials: Credentials | None = None,
    limits: Limits = PLAIN,
    since: LogCheckpoints | None = None,
    all_members: bool = False,
) -> Snapshot:
    return collect(
        target or target_of(sandbox),
        credentials or credentials_of(sandbox),
        at=AT,
        since=since,
        limits=limits,
        all_members=all_members,
    )


@contextmanager
def okta_reader(
    sandbox: Sandbox, *, limits: Limits = PLAIN, credentials: OktaCredentials | None = None
) -> Iterator[Reader]:
    known = credentials or OktaCredentials(token=Secret(sandbox.world.okta_token))
    with reading(sandbox.okta_url, limits, okta_sign_in(sandbox.okta_url, known)) as reader:
        yield reader


@contextmanager
def unleash_reader(sandbox: Sandbox, *, limits: Limits = PLAIN) -> Iterator[Reader]:
    known = UnleashCredentials(token=Secret(sandbox.world.unleash_token))
    with reading(sandbox.unleash_url, limits, unleash_sign_in(known)) as reader:
        yield reader


ANY_TOKEN = unleash_sign_in(UnleashCredentials(token=Secret("token")))


@contextmanager
def reading(url: str, limits: Limits = PLAIN, sign_in: SignIn = ANY_TOKEN) -> Iterator[Reader]:
    with ApiClient(url, sign_in, limits=limits, deadline=Deadline(limits.audit)) as origin:
        yield Reader(origin, lambda _: None)


def gap_of(snapshot: Snapshot, collection: Collection[Any]) -> MissingData:
    missing = snapshot.lacks(collection)
    assert missing is not None
    return missing
