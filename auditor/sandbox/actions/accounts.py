"""Actions of an Unleash admin on users, and sign-ins of users."""

from datetime import datetime, timedelta

from auditor.sandbox.actions.base import AccountRef, Who, action
from auditor.sandbox.actions.settings import UNLEASH_ADMIN, SettingActions
from auditor.sandbox.model.accounts import (
    ROLES,
    SYSTEM,
    Account,
    facts,
)
from auditor.sandbox.model.expression_language import evaluate


class AccountActions(SettingActions):
    """The users of the instance: added, removed, given roles, signed in."""

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
        """Add a user that SCIM does not manage, as an admin does."""
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
        """Delete all users."""
        for account in self.unleash.people:
            self.remove_user(account, by=by)

    @action
    def set_role(self, who: AccountRef, role: str, by: str = UNLEASH_ADMIN) -> None:
        """Give a user a root role. For a SCIM-managed user it is kept until the next sync only."""
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
        """Set whether a user has a password. Unleash logs nothing."""
        self.account(who).has_password = has_password

    @action
    def change_email(self, who: AccountRef, email: str, by: str = UNLEASH_ADMIN) -> None:
        """Change the email of a user, as an admin does."""
        account = self.account(who)
        before = facts(account)
        self.unleash.set_email(account, email)
        self._log_user(account, before, by)

    @action
    def see(self, who: AccountRef, days_ago: float = 0) -> datetime:
        """Set the last sign-in of a user to `days_ago`."""
        account = self.account(who)
        account.seen_at = self.now - timedelta(days=days_ago)
        return account.seen_at

    @action
    def sign_in(self, who: Who) -> Account | None:
        """Sign a person in by single sign-on, with the identifier that Okta asserts.

        Unleash searches by that email alone: an unknown one gets a second account when
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

    def _asserted(self, who: Who) -> str:
        """Return the identifier that Okta asserts: the SAML subject or OIDC's email claim."""
        person = self.person(who)
        # Inferred: the email claim of OIDC is the primary email.
        if not self.unleash.saml.enabled:
            return person.email
        username = self.app.assignments[person.id].username
        template = str(self.app.sign_on.get("subjectNameIdTemplate", "${user.userName}"))
        return str(evaluate(template, {**person.profile, "userName": username}))

    def _log_user(self, account: Account, before: dict[str, object], by: str) -> None:
        self.unleash.record(
            self.clock.tick(),
            "user-updated",
            self._actor_of(by),
            data=facts(account),
            before=before,
        )
