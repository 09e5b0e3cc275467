"""The apps of an org that may provision Unleash, with the address of Unleash if Okta shows it."""

from auditor.collect.http.collect_error import CollectError
from auditor.collect.okta.app import read_connection
from auditor.collect.okta.app_search import APPS_ENDPOINT, FoundApp, read_in_org
from auditor.collect.reader import Reader, Schema
from auditor.config.addresses import unleash_url
from auditor.config.rejected import RejectedError
from auditor.config.secrets import OktaCredentials

DISCOVERY_TIMEOUT_SECONDS = 600
"""Seconds that reading all apps of an org may take: an org can have some thousands."""

PRODUCT = "unleash"
# The longest first, because `/api/scim` also ends with `/scim`. A screenshot of the guide shows it.
_ENDPOINT_PATHS = ("/api/scim", "/scim", "/auth/saml/callback")


class DiscoveredApp(FoundApp, frozen=True, kw_only=True):
    """An app that may provision Unleash."""

    unleash_url: str | None
    """``None``: no address that Okta shows contains it."""


class _SignOn(Schema):
    sso_acs_url: str | None = None
    audience: str | None = None


class _Settings(Schema):
    sign_on: _SignOn | None = None


class _ListedApp(Schema):
    id: str
    name: str | None = None
    label: str | None = None
    status: str | None = None
    settings: _Settings | None = None

    @property
    def sign_on(self) -> _SignOn:
        return (self.settings and self.settings.sign_on) or _SignOn()


def discover_apps(org_url: str, credentials: OktaCredentials) -> tuple[DiscoveredApp, ...]:
    """Return the apps whose label, name or sign-on address contains "unleash", by label.

    Raises as :func:`~auditor.collect.okta.app_search.find_apps` does.
    """
    found = read_in_org(org_url, credentials, _discover, timeout_seconds=DISCOVERY_TIMEOUT_SECONDS)
    return tuple(sorted(found, key=lambda app: (app.label.casefold(), app.id)))


def _discover(reader: Reader) -> list[DiscoveredApp]:
    rows = reader.rows(_ListedApp, APPS_ENDPOINT, key=lambda row: row.id, limit="200")
    return [
        DiscoveredApp(
            id=app.id,
            label=app.label or app.name or app.id,
            status=app.status or "of unknown status",
            unleash_url=_base_url(_connector_url(reader, app.id))
            or _base_url(app.sign_on.sso_acs_url),
        )
        for app in rows
        if _may_provision_unleash(app)
    ]


def _may_provision_unleash(app: _ListedApp) -> bool:
    texts = (app.label, app.name, app.sign_on.sso_acs_url, app.sign_on.audience)
    return any(PRODUCT in text.casefold() for text in texts if text)


def _connector_url(reader: Reader, app_id: str) -> str | None:
    try:
        return read_connection(reader, app_id).base_url
    except CollectError:
        return None  # the user enters the address later


def _base_url(endpoint: str | None) -> str | None:
    """Return the address of Unleash, from one of its endpoints; ``None`` for another address."""
    bare = (endpoint or "").rstrip("/")
    path = next((path for path in _ENDPOINT_PATHS if bare.endswith(path)), None)
    try:
        return unleash_url(bare.removesuffix(path), allow_http=False) if path else None
    except RejectedError:
        return None
