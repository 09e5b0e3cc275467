"""Actions of an Unleash admin on settings and tokens."""

from datetime import timedelta

from auditor.sandbox.actions.base import action
from auditor.sandbox.actions.statuses import StatusActions
from auditor.sandbox.model.accounts import (
    API_TOKEN_USER_ID,
    SYSTEM,
    Account,
    SignOn,
    Token,
    TokenKind,
)
from auditor.sandbox.model.ids import CANARY

UNLEASH_ADMIN = "recovery.one"
"""The default actor of an action in Unleash."""


class SettingActions(StatusActions):
    """SCIM, password login, single sign-on, the version, tokens."""

    @action
    def set_scim(
        self,
        enabled: bool = True,  # noqa: FBT001, FBT002 -- one switch
        has_token: bool = True,  # noqa: FBT001, FBT002 -- one switch
        by: str = UNLEASH_ADMIN,
    ) -> None:
        """Set whether SCIM is on, and whether it has a token. The connector uses this token."""
        self.unleash.scim_enabled, self.unleash.scim_has_token = enabled, has_token
        self._log_setting("scim", by)

    @action
    def set_scim_reachable(self, reachable: bool = True) -> None:  # noqa: FBT001, FBT002 -- one switch
        """Set whether requests to `/scim` reach Unleash, or a proxy that answers with a page."""
        self.unleash.scim_is_reachable = reachable

    @action
    def set_password_login(self, on: bool, by: str = UNLEASH_ADMIN) -> None:  # noqa: FBT001 -- one switch
        """Turn the sign-in with a password on or off."""
        self.unleash.password_login = on
        self._log_setting("unleash.auth.simple", by)

    @action
    def set_sso(
        self,
        kind: str = "saml",
        enabled: bool = True,  # noqa: FBT001, FBT002 -- one switch
        auto_create: bool = False,  # noqa: FBT001, FBT002 -- one switch
        by: str = UNLEASH_ADMIN,
    ) -> None:
        """Turn SAML or OIDC on or off, and set whether a sign-in creates the user."""
        sign_on = SignOn(enabled, auto_create, secret=f"{CANARY}-{kind}-secret")
        if kind == "saml":
            self.unleash.saml = sign_on
        else:
            self.unleash.oidc = sign_on
        self._log_setting(f"unleash.enterprise.auth.{kind}", by)

    @action
    def set_version(self, version: str, enterprise: bool = True) -> None:  # noqa: FBT001, FBT002 -- one switch
        """Set the version and the edition of Unleash."""
        self.unleash.version, self.unleash.is_enterprise = version, enterprise

    def _log_setting(self, setting: str, by: str) -> None:
        """Write the event of a changed setting. As in the real event, the values are hidden."""
        self.unleash.record(
            self.clock.tick(), "setting-updated", self._actor_of(by), data={"id": setting}
        )

    def add_token(
        self,
        kind: TokenKind,
        name: str,
        *,
        owner: Account | None = None,
        by: str = UNLEASH_ADMIN,
    ) -> str:
        """Create a token of a kind and return it."""
        # The forms of a real server's tokens.
        secret = {
            "pat": f"user:{self.ids.noise(56)}",
            "admin": f"*:*.{self.ids.noise(56)}",
            "backend": f"default:development.{self.ids.noise(56)}",
        }[kind]
        at = self.clock.tick()
        number = len(self.unleash.tokens) + 1
        user_id = owner.id if owner else API_TOKEN_USER_ID
        self.unleash.tokens[secret] = Token(number, kind, name, at, user_id)
        event = "pat-created" if kind == "pat" else "api-token-created"
        data: dict[str, object] = {"id": number, "description": name, "secure": False}
        project = None if kind == "pat" else "*"
        self.unleash.record(at, event, self._actor_of(by), data=data, project=project)
        return secret

    @action
    def set_token_expiry(self, name: str, days: float) -> None:
        """Let a token expire in `days` days (negative: it is expired)."""
        for token in self.unleash.tokens.values():
            if token.name == name:
                token.expires_at = self.now + timedelta(days=days)

    @action
    def revoke_token(self, name: str) -> None:
        """Delete a token by its description."""
        self.unleash.tokens = {
            secret: token for secret, token in self.unleash.tokens.items() if token.name != name
        }

    def _actor_of(self, name: str) -> tuple[str, int]:
        try:
            account = self.account(name)
        except KeyError:
            return SYSTEM
        return account.label, account.id
