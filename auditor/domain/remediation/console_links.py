"""Where a person mends it: addresses in the consoles of Okta and Unleash. Pure.

Built from configured addresses and checked ids only; nothing else that came from outside gets in.
Okta documents none of these paths: they are what its console shows in the address bar.
"""

import re
from enum import StrEnum
from urllib.parse import quote, urlsplit

from auditor.domain.okta import App
from auditor.domain.target import Target

_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_EVENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_APP_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_OKTA_HOST = re.compile(
    r"(?P<org>[a-z0-9-]+?)(?:-admin)?"
    r"\.(?P<cell>okta\.com|oktapreview\.com|okta-emea\.com|okta-gov\.com|okta\.mil|trexcloud\.com)"
)


class Tab(StrEnum):
    """A tab of an app's page, by what follows the ``#`` of its address."""

    GENERAL = "tab-general"
    SIGN_ON = "tab-signon"
    PROVISIONING = "tab-user-management"
    INTEGRATION = "tab-user-management/api-credentials"
    TO_APP = "tab-user-management/create-n-update"
    """Holds the push toggles and the attribute mappings."""

    ASSIGNMENTS = "tab-assignments"
    PUSH_GROUPS = "tab-group-push"


_LABELS = {
    Tab.GENERAL: "General",
    Tab.SIGN_ON: "Sign On",
    Tab.PROVISIONING: "Provisioning",
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
    OIDC = "/admin/auth"
    PASSWORD = "/admin/auth/password"  # noqa: S105  (a path)
    INSTANCE = "/admin/instance"


def admin_console(target: Target) -> str:
    """Return the origin of the org's admin console.

    The org's own address under a custom domain, whose console address cannot be known.
    """
    url = urlsplit(target.org_url)
    okta = _OKTA_HOST.fullmatch(url.netloc.lower())
    return f"{url.scheme}://{okta['org']}-admin.{okta['cell']}" if okta else target.org_url


def app_path(app: App | None, tab: Tab) -> str:
    """Return the way to one of the app's tabs, as a path of labels."""
    return f"Okta: Applications > {app.label if app else 'the app'} > {_LABELS[tab]}"


def app_page(target: Target, app: App | None, tab: Tab) -> str | None:
    """Return the address of one of the app's tabs.

    ``None`` when the app was not seen, or when its ids look odd.
    """
    if app is None or not (_ID.fullmatch(app.id) and _APP_NAME.fullmatch(app.name)):
        return None
    return f"{admin_console(target)}/admin/app/{app.name}/instance/{app.id}/#{tab}"


def profile_editor(target: Target, app_id: str) -> str | None:
    """Return the address of the app's profile, where attributes are added and removed."""
    if not _ID.fullmatch(app_id):
        return None
    return f"{admin_console(target)}/admin/universaldirectory#app/{app_id}"


def system_log(target: Target, search: str) -> str:
    """Return the address of a search of the System Log: ``eventType eq "…"``, an event's id."""
    return f"{admin_console(target)}/report/system_log_2?search={quote(search, safe='')}"


def log_entry(target: Target, event_id: str) -> str | None:
    """Return the address of one entry of the System Log; ``None`` when its id looks odd."""
    if not _EVENT_ID.fullmatch(event_id):
        return None
    return system_log(target, f'uuid eq "{event_id}"')


def unleash_page(target: Target, page: UnleashPage) -> str:
    """Return the address of a page of Unleash's admin console."""
    return f"{target.unleash_url}{page}"
