"""An app of an org, found by its id or its label."""

import re
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from auditor.collect.http import ApiClient, Deadline, Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MAX_PAGE_BYTES, Limits
from auditor.collect.http.refused_credential import refused_or_unavailable
from auditor.collect.okta.app import APP_ENDPOINT
from auditor.collect.okta.authentication import okta_sign_in
from auditor.collect.reader import Reader, Schema
from auditor.config.secrets import OktaCredentials, Secret
from auditor.errors import ConfigError

T = TypeVar("T")

APPS_ENDPOINT = Endpoint(path="/api/v1/apps", cap=MAX_PAGE_BYTES)
TYPICAL_APP_ID = re.compile(r"0oa[0-9A-Za-z]{10,30}")
SEARCH_TIMEOUT_SECONDS = 60
"""Seconds that the search may take."""


class DpopRequiredError(ConfigError):
    """The service app requires a proof of possession (DPoP)."""


class FoundApp(Struct, frozen=True, kw_only=True):
    """An app that was found."""

    id: str
    label: str
    status: str


class _App(Schema):
    id: str
    label: str | None = None
    status: str | None = None


def find_apps(org_url: str, credentials: OktaCredentials, wanted: str) -> tuple[FoundApp, ...]:
    """Return the app with that id, or the apps with that label or beginning of it.

    Raises :class:`~auditor.errors.ConfigError` when the org cannot be read,
    :class:`DpopRequiredError` when a proof of possession is required, and
    :class:`~auditor.collect.http.refused_credential.CredentialRefusedError` when the credential is
    refused.
    """
    return read_in_org(org_url, credentials, lambda reader: _find(reader, wanted))


def read_in_org(
    org_url: str,
    credentials: OktaCredentials,
    read: Callable[[Reader], T],
    *,
    timeout_seconds: float = SEARCH_TIMEOUT_SECONDS,
) -> T:
    """Return what ``read`` reads from the org. Raises as :func:`find_apps` does."""
    sign_in = okta_sign_in(org_url, credentials)
    # A user waits for the answer, so a failed request is repeated only once.
    limits, deadline = Limits(attempts=2), Deadline(timeout_seconds)
    try:
        with ApiClient(org_url, sign_in, limits=limits, deadline=deadline) as org:
            return read(Reader(org, lambda _: None))
    except CollectError as error:
        # Okta's answer to a token request without a proof, if the service app requires one.
        if error.missing.detail == "invalid_dpop_proof" and not credentials.dpop:
            msg = f"{org_url}: the service app requires DPoP: {error}"
            raise DpopRequiredError(msg) from error
        raise refused_or_unavailable(error, "Okta", org_url) from error


def check_okta_token(org_url: str, token: Secret) -> None:
    """Search for an app with an API token; raises as :func:`find_apps` does."""
    find_apps(org_url, OktaCredentials(token=token), "Unleash")


def _find(reader: Reader, wanted: str) -> tuple[FoundApp, ...]:
    # The parameter `q` searches labels and names, not ids.
    if TYPICAL_APP_ID.fullmatch(wanted):
        return (_found(reader.record(_App, APP_ENDPOINT, wanted)),)
    rows = reader.rows(_App, APPS_ENDPOINT, key=lambda row: row.id, q=wanted, limit="200")
    apps = tuple(map(_found, rows))
    # `q` finds beginnings: "Unleash" also finds "Unleash EU".
    exact = tuple(app for app in apps if app.label.casefold() == wanted.casefold())
    return exact or apps


def _found(app: _App) -> FoundApp:
    return FoundApp(id=app.id, label=app.label or app.id, status=app.status or "of unknown status")
