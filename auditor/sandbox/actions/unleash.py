"""What an Unleash admin does, and what people do by signing in."""

from datetime import datetime, timedelta

from auditor.sandbox.actions.base import AccountRef, Who, action
from auditor.sandbox.actions.groups import GroupActions
from auditor.sandbox.instance import (
    API_TOKEN_USER_ID,
    ROLES,
    SYSTEM,
    Account,
    SignOn,
    Team,
    Token,
    TokenKind,
    facts,
)
from auditor.sandbox.language import evaluate

UNLEASH_ADMIN = "recovery.one"


class UnleashActions(GroupActions):
    """The instance's users, groups and settings."""

    @action
    def set_scim(
        self,
        enabled: bool = True,  # noqa: FBT001, FBT002 -- one switch
        has_token: bool = True,  # noqa: FBT001, FBT002 -- one switch
        by: str = UNLEASH_ADMIN,
    ) -> None:
        """Switch SCIM, and say whether it has a token; the connector knows that token."""
        self.unleash.scim_enabled, self.unleash.scim_has_token = enabled, has_token
        self._log_setting("scim", by)

    @action
    def set_password_login(self, on: bool, by: str = UNLEASH_ADMIN) -> None:  # noqa: FBT001 -- one switch
        """Switch signing in with a password."""
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
        """Set SAML or OIDC."""
        sign_on = SignOn(enabled, auto_create, secret=f"sandbox-canary-{kind}-secret")
        if kind == "saml":
            self.unleash.saml = sign_on
        else:
            self.unleash.oidc = sign_on
        self._log_setting(f"unleash.enterprise.auth.{kind}", by)

    @action
    def add_local_user(
        self,
        *,
        username: str | None = None,
        email: str | None = None,
        name: str | None = None,
        role: str = "Viewer",
        password: bool = False,
        by: str = UNLEASH_ADMIN,
    ) -> Account:
        """Add a user by hand, outside SCIM."""
        account = self._fresh_account()
        account.scim_id = None
        account.name, account.username, account.email = name, username, email
        account.root_role, account.has_password = ROLES[role], password
        return self.unleash.create(account, self.clock.tick(), self._actor_of(by))

    @action
    def add_service_account(
        self, username: str, role: str = "Viewer", by: str = UNLEASH_ADMIN
    ) -> Account:
        """Add a service account."""
        account = self._fresh_account()
        account.scim_id = None
        account.username = account.name = username
        account.root_role, account.is_service = ROLES[role], True
        return self.unleash.create(account, self.clock.tick(), self._actor_of(by))

    @action
    def remove_user(self, who: AccountRef, by: str = UNLEASH_ADMIN) -> None:
        """Delete a user."""
        self.unleash.delete(self.account(who), self.clock.tick(), self._actor_of(by))

    @action
    def remove_everyone(self, by: str = UNLEASH_ADMIN) -> None:
        """Delete every user that there is."""
        for account in self.unleash.people:
            self.remove_user(account, by=by)

    @action
    def set_role(self, who: AccountRef, role: str, by: str = UNLEASH_ADMIN) -> None:
        """Give a user a root role; on who is managed by SCIM it lasts until the next sync."""
        account = self.account(who)
        before = facts(account)
        account.root_role = ROLES[role]
        self._log_user(account, before, by)

    @action
    def make_admin(self, who: AccountRef, by: str = UNLEASH_ADMIN) -> None:
        """Give a user the Admin root role."""
        self.set_role(who, "Admin", by=by)

    @action
    def set_password(self, who: AccountRef, has_password: bool = True) -> None:  # noqa: FBT001, FBT002 -- one switch
        """Let a user set a password, or lose it; Unleash logs nothing."""
        self.account(who).has_password = has_password

    @action
    def change_email(self, who: AccountRef, email: str, by: str = UNLEASH_ADMIN) -> None:
        """Change a user's email by hand."""
        account = self.account(who)
        before = facts(account)
        self.unleash.set_email(account, email)
        self._log_user(account, before, by)

    @action
    def see(self, who: AccountRef, days_ago: float = 0) -> datetime:
        """Let a user sign in, today or some days ago."""
        account = self.account(who)
        account.seen_at = self.now - timedelta(days=days_ago)
        return account.seen_at

    @action
    def sign_in(self, who: Who) -> Account | None:
        """Let a person sign in by single sign-on, with the identifier that Okta asserts.

        Unleash looks for that email alone: an unknown one gets a second account when
        auto-create is on, and none otherwise.
        """
        person = self.person(who)
        email = self._asserted(who).lower()
        sign_on = self.unleash.saml if self.unleash.saml.enabled else self.unleash.oidc
        account = self.unleash.by_email(email)
        if account is None and sign_on.enabled and sign_on.auto_create:
            account = self._fresh_account()
            account.scim_id = None
            account.email, account.name = email, person.name
            account.root_role = sign_on.default_role
            self.unleash.create(account, self.clock.tick(), SYSTEM)
        if account is not None:
            account.seen_at = self.now
        return account

    @action
    def add_team(
        self,
        name: str,
        role: str | None = None,
        members: list[str] | tuple[str, ...] = (),
        by: str = UNLEASH_ADMIN,
    ) -> Team:
        """Add a group by hand."""
        team = Team(
            id=max(self.unleash.teams, default=0) + 1, name=name, created_at=self.clock.tick()
        )
        team.member_ids = {self.account(member).id: None for member in members}
        self.unleash.teams[team.id] = team
        data: dict[str, object] = {"id": team.id, "name": name}
        self.unleash.record(self.clock.tick(), "group-created", self._actor_of(by), data=data)
        if role:
            self.set_team_role(team, role, by=by)
        return team

    @action
    def set_team_role(
        self, name: Team | str, role: str | None = None, by: str = UNLEASH_ADMIN
    ) -> None:
        """Give a group a root role, or take it."""
        team = self.team(name)
        before: dict[str, object] = {"id": team.id, "name": team.name, "rootRole": team.root_role}
        team.root_role = ROLES[role] if role else None
        self.unleash.record(
            self.clock.tick(),
            "group-updated",
            self._actor_of(by),
            data={**before, "rootRole": team.root_role},
            before=before,
        )

    @action
    def set_team_members(
        self, name: Team | str, members: list[str] | tuple[str, ...], by: str = UNLEASH_ADMIN
    ) -> None:
        """Set a group's members by hand."""
        team = self.team(name)
        team.member_ids = {self.account(member).id: None for member in members}
        data: dict[str, object] = {"id": team.id, "name": team.name}
        self.unleash.record(self.clock.tick(), "group-updated", self._actor_of(by), data=data)

    @action
    def remove_team(self, name: Team | str, by: str = UNLEASH_ADMIN) -> None:
        """Delete a group."""
        team = self.team(name)
        del self.unleash.teams[team.id]
        before: dict[str, object] = {"id": team.id, "name": team.name}
        self.unleash.record(self.clock.tick(), "group-deleted", self._actor_of(by), before=before)

    @action
    def set_version(self, version: str, enterprise: bool = True) -> None:  # noqa: FBT001, FBT002 -- one switch
        """Replace the server by another version or edition."""
        self.unleash.version, self.unleash.is_enterprise = version, enterprise

    def add_token(
        self,
        kind: TokenKind,
        name: str,
        *,
        owner: Account | None = None,
        expires_at: datetime | None = None,
        by: str = UNLEASH_ADMIN,
    ) -> str:
        """Create a token of a kind and return it."""
        secret = {
            "pat": f"user:{self.ids.noise(56)}",
            "admin": f"*:*.{self.ids.noise(56)}",
            "backend": f"default:development.{self.ids.noise(56)}",
        }[kind]
        at = self.clock.tick()
        number = len(self.unleash.tokens) + 1
        user_id = owner.id if owner else API_TOKEN_USER_ID
        self.unleash.tokens[secret] = Token(number, kind, name, at, user_id, expires_at)
        event = "pat-created" if kind == "pat" else "api-token-created"
        data: dict[str, object] = {"id": number, "description": name, "secure": False}
        project = None if kind == "pat" else "*"
        self.unleash.record(at, event, self._actor_of(by), data=data, project=project)
        return secret

    @action
    def set_token_expiry(self, name: str, days: float) -> None:
        """Let a token expire some days from now (negative: it has expired)."""
        for token in self.unleash.tokens.values():
            if token.name == name:
                token.expires_at = self.now + timedelta(days=days)

    @action
    def revoke_token(self, name: str) -> None:
        """Delete a token by its description."""
        self.unleash.tokens = {
            secret: token for secret, token in self.unleash.tokens.items() if token.name != name
        }

    def _asserted(self, who: Who) -> str:
        """What Okta asserts on sign-on: the SAML subject, or the email claim of OIDC."""
        person = self.person(who)
        if not self.unleash.saml.enabled:
            return person.email
        username = self.app.assignments[person.id].username
        template = str(self.app.sign_on.get("subjectNameIdTemplate", "${user.userName}"))
        return str(evaluate(template, {**person.profile, "userName": username}))

    def _actor_of(self, name: str) -> tuple[str, int]:
        try:
            account = self.account(name)
        except KeyError:
            return SYSTEM
        return account.label, account.id

    def _log_setting(self, setting: str, by: str) -> None:
        """Note that a setting changed; the real event hides the details."""
        self.unleash.record(
            self.clock.tick(), "setting-updated", self._actor_of(by), data={"id": setting}
        )

    def _log_user(self, account: Account, before: dict[str, object], by: str) -> None:
        self.unleash.record(
            self.clock.tick(),
            "user-updated",
            self._actor_of(by),
            data=facts(account),
            before=before,
        )
