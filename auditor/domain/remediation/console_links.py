"""Paths and addresses in the consoles of Okta and Unleash. Pure.

An address contains only configured origins, checked ids and ui-config's base path. Okta documents
none of these addresses; they are those of its console's address bar.
"""

import re
from enum import StrEnum
from urllib.parse import quote, urlsplit

from auditor.domain.okta import App
from auditor.domain.target import Target

_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_EVENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_APP_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_OKTA_HOST = re.compile(
    r"(?P<org>[a-z0-9-]+?)(?:-admin)?"
    r"\.(?P<cell>okta\.com|oktapreview\.com|okta-emea\.com|okta-gov\.com|okta\.mil|trexcloud\.com)"
)


class Tab(StrEnum):
    """A tab of the page of an app: the part of its address after ``#``."""

    GENERAL = "tab-general"
    SIGN_ON = "tab-signon"
    INTEGRATION = "tab-user-management/api-credentials"
    TO_APP = "tab-user-management/create-n-update"
    """Contains the push toggles and the attribute mappings."""

    ASSIGNMENTS = "tab-assignments"
    PUSH_GROUPS = "tab-group-push"


_LABELS = {
    Tab.GENERAL: "General",
    Tab.SIGN_ON: "Sign On",
    Tab.INTEGRATION: "Provisioning > Integration",
    Tab.TO_APP: "Provisioning > To App",
    Tab.ASSIGNMENTS: "Assignments",
    Tab.PUSH_GROUPS: "Push Groups",
}


class UnleashPage(StrEnum):
    """A page of Unleash's admin console, by its path."""

    USERS = "/admin/users"
    GROUPS = "/admin/groups"
    SCIM = "/admin/auth/scim"
    SAML = "/admin/auth/saml"
    OIDC = "/admin/auth/oidc"
    PASSWORD = "/admin/auth/password"  # noqa: S105  (a path)
    INSTANCE = "/admin/instance"
    SERVICE_ACCOUNTS = "/admin/service-accounts"


def admin_console(target: Target) -> str:
    """Return the origin of the org's admin console.

    Under a custom domain, this is the address of the org: the console's address is unknown.
    """
    url = urlsplit(target.org_url)
    okta = _OKTA_HOST.fullmatch(url.netloc.lower())
    return f"{url.scheme}://{okta['org']}-admin.{okta['cell']}" if okta else target.org_url


def app_path(app: App | None, tab: Tab) -> str:
    """Return the path to a tab of the app, as labels of the console."""
    return f"Okta: Applications > Applications > {app.label if app else 'the app'} > {_LABELS[tab]}"


def app_page(target: Target, app: App | None, tab: Tab) -> str | None:
    """Return the address of a tab of the app.

    ``None``: the app was not read, or its ids have an unexpected form.
    """
    if app is None or not (_ID.fullmatch(app.id) and _APP_NAME.fullmatch(app.name)):
        return None
    return f"{admin_console(target)}/admin/app/{app.name}/instance/{app.id}/#{tab}"


def profile_editor(target: Target, app_id: str) -> str | None:
    """Return the address of the app's profile in the Profile Editor."""
    if not _ID.fullmatch(app_id):
        return None
    return f"{admin_console(target)}/admin/universaldirectory#app/{app_id}"


def system_log(target: Target, search: str) -> str:
    """Return the address of a search of the System Log: ``eventType eq "…"``, an event's id."""
    return f"{admin_console(target)}/report/system_log_2?search={quote(search, safe='')}"


def log_entry(target: Target, event_id: str) -> str | None:
    """Return the address of one entry of the System Log; ``None``: its id has an odd form."""
    if not _EVENT_ID.fullmatch(event_id):
        return None
    return system_log(target, f'uuid eq "{event_id}"')


def unleash_root(target: Target, base_path: str | None = None) -> str:
    """Return the address of the Unleash instance, without a trailing slash.

    ``base_path`` is ui-config's ``baseUriPath`` and wins over the path of the configured address.
    """
    # The value comes from Unleash, and must not lead the link to another address.
    if base_path is None or not _BASE_PATH.fullmatch(base_path.rstrip("/")):
        return target.unleash_url
    url = urlsplit(target.unleash_url)
    return f"{url.scheme}://{url.netloc}{base_path.rstrip('/')}"


def unleash_page(target: Target, page: UnleashPage, *, base_path: str | None = None) -> str:
    """Return the address of a page of Unleash's admin console."""
    return f"{unleash_root(target, base_path)}{page}"
