"""The console paths and the repeated steps of remediations. Pure.

The exact labels of both consoles are uncertain; they come from the guide, from vendor pages and
from Unleash's public front-end source, and they differ between versions.
"""

from auditor.domain.collections import APP, INSTANCE
from auditor.domain.remediation import console_links
from auditor.domain.remediation.console_links import Tab, UnleashPage
from auditor.domain.snapshot import Snapshot

TASKS_PATH = "Okta: Dashboard > Tasks"
USERS_PATH = "Unleash: Admin settings > Users"
GROUPS_PATH = "Unleash: Admin settings > Groups"
SERVICE_ACCOUNTS_PATH = "Unleash: Admin settings > Service accounts"
SCIM_PATH = "Unleash: Admin settings > Single sign-on > SCIM"
SAML_PATH = "Unleash: Admin settings > Single sign-on > SAML 2.0"
OIDC_PATH = "Unleash: Admin settings > Single sign-on > Open ID Connect"
PASSWORD_LOGIN_PATH = "Unleash: Admin settings > Single sign-on > Password login"  # noqa: S105  (a path)
INSTANCE_STATS_PATH = "Unleash: Admin settings > Instance stats"

TEST_CONNECTOR = "On the same page, select Test Connector Configuration, then Save."
FORCE_SYNC = (
    'Alternative to "Apply updates now": on the To App page, select Force Sync. Okta then pushes '
    "only users whose app profile changes."
)


class Steps:
    """Paths, links and repeated steps with the name of the target's app."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._app = snapshot.get(APP)
        self._links: dict[Tab, str | None] = {}
        self.app = self._app.label if self._app else "the app"
        """Label of the Okta app."""

        self.general = self._path(Tab.GENERAL)
        self.sign_on = self._path(Tab.SIGN_ON)
        self.integration = self._path(Tab.INTEGRATION)
        self.to_app = self._path(Tab.TO_APP)
        self.mappings = f"{self.to_app} > Attribute Mappings"
        self.assignments = self._path(Tab.ASSIGNMENTS)
        self.push_groups = self._path(Tab.PUSH_GROUPS)
        self.profile_editor = f"Okta: Directory > Profile Editor > {self.app} User"

    @property
    def retry(self) -> str:
        """Retry the failed tasks."""
        return f"{TASKS_PATH}. Retry the failed tasks of {self.app}."

    @property
    def apply_updates(self) -> str:
        """Push every assigned user."""
        return (
            f"Update the existing users. {self.profile_editor} > Mappings > Save Mappings > Apply "
            "updates now. This pushes every assigned user."
        )

    @property
    def endpoint(self) -> str:
        """Unleash's SCIM endpoint: origin, base path and ``/scim``."""
        return scim_endpoint(self._snapshot)

    def link(self, tab: Tab) -> str | None:
        """Return the address of a tab of the app; ``None``: the app was not read."""
        if tab not in self._links:  # a rule can have a remediation for each user
            self._links[tab] = console_links.app_page(self._snapshot.target, self._app, tab)
        return self._links[tab]

    def profile_link(self) -> str | None:
        """Return the address of the app's profile in the Profile Editor."""
        return console_links.profile_editor(self._snapshot.target, self._snapshot.target.app_id)

    def log_link(self, search: str) -> str:
        """Return the address of a search of the System Log."""
        return console_links.system_log(self._snapshot.target, search)

    def unleash_link(self, page: UnleashPage) -> str:
        """Return the address of a page of Unleash, with its base path."""
        return console_links.unleash_page(
            self._snapshot.target, page, base_path=base_path(self._snapshot)
        )

    def _path(self, tab: Tab) -> str:
        return console_links.app_path(self._app, tab)


def base_path(snapshot: Snapshot) -> str | None:
    """Return ui-config's base path, which is authoritative; ``None``: it was not read."""
    instance = snapshot.get(INSTANCE)
    return instance.base_uri_path if instance else None


def scim_endpoint(snapshot: Snapshot) -> str:
    """Return Unleash's SCIM endpoint: ``{origin}{baseUriPath}/scim``."""
    root = console_links.unleash_root(snapshot.target, base_path(snapshot))
    return f"{root}/scim"
