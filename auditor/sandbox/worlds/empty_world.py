"""A world without people: an Okta org that provisions an Unleash instance by the guide."""

from auditor.sandbox.actions.settings import UNLEASH_ADMIN
from auditor.sandbox.actions.teams import TeamActions
from auditor.sandbox.model import guide
from auditor.sandbox.model.clock import Clock
from auditor.sandbox.model.oauth_client import OAuthClient, client_key
from auditor.sandbox.model.org import App

OKTA_PERMISSIONS = frozenset(
    {
        "okta.apps.read",
        "okta.groups.read",
        "okta.logs.read",
        "okta.profileMappings.read",
        "okta.schemas.read",
        "okta.users.read",
        "okta.userTypes.read",
    }
)


class EmptyWorld(TeamActions):
    """Pure state, changed by the actions of `auditor.sandbox.actions`; no HTTP.

    A new world follows the guide and is empty of people: two user types are mapped, SCIM
    is on, two recovery admins exist beside the auditor's own service account.
    """

    def __init__(self, *, clock: Clock | None = None, seed: int = 1) -> None:
        super().__init__(clock=clock, seed=seed)
        self.okta_permissions = set(OKTA_PERMISSIONS)
        """The scopes of the auditor in Okta. A request without its scope gets 403."""
        self.okta_token = "00" + self.ids.noise(40)
        self.oauth_clients: dict[str, OAuthClient] = {}
        self.requires_dpop = False
        self.rate_limits: dict[str, int] = {}
        """Requests per window by bucket (`apps`, `app`, `app users`, `mappings` …)."""
        self.rate_limit_seconds = 60
        """The length of a window."""
        self.frozen = False
        """Whether the world does not change any more, so that encoded answers can be reused."""
        self._found_app()
        self._found_instance()

    def add_oauth_client(self, scopes: frozenset[str] = OKTA_PERMISSIONS) -> OAuthClient:
        """Add a service app that signs in with a private key, granted some scopes."""
        key = client_key(len(self.oauth_clients))
        client = OAuthClient(self.ids.okta("0oa"), scopes, key)
        self.oauth_clients[client.id] = client
        return client

    def _found_app(self) -> None:
        at = self.clock.tick()
        app = App(
            id=self.ids.okta("0oa"),
            name="example_unleash_1",
            label="Unleash",
            created_at=at,
            changed_at=at,
            features=guide.features(),
            sign_on=guide.sign_on(),
            schema=guide.schema(),
            schema_changed_at=at,
        )
        self.app_id = app.id
        self.okta.apps[app.id] = app
        self.add_user_type("user", "User")
        self.add_user_type("contractor", "Contractor")

    def _found_instance(self) -> None:
        for name in (UNLEASH_ADMIN, "recovery.two"):
            self.add_local_user(
                username=name,
                email=f"{name}@breakglass.example.net",
                name=name.replace(".", " ").title(),
                role="Admin",
                password=True,
            )
            # A recovery admin that never signed in would be a finding after 90 days.
            self.see(name)
        auditor = self.add_service_account("provisioning-auditor", role="Admin")
        viewer = self.add_service_account("viewer", role="Viewer")
        self.unleash_token = self.add_token("pat", "auditor", owner=auditor)
        self.viewer_token = self.add_token("pat", "viewer", owner=viewer)
        self.admin_api_token = self.add_token("admin", "admin")
        self.backend_token = self.add_token("backend", "backend")
        self.set_token_expiry("auditor", days=365)
        self.set_scim(enabled=True, has_token=True)
        self.set_password_login(on=True)
        self.set_sso("saml", enabled=True, auto_create=False)
        self.set_sso("oidc", enabled=False)
