"""An Unleash instance, and the effects of SCIM on it.

The open-source parts behave as recorded from a real server; SCIM, groups and single sign-on follow
Unleash's documentation, their server code being closed.
"""

from dataclasses import dataclass, field
from datetime import datetime

from auditor.sandbox.model.accounts import (
    ROLES,
    SYSTEM,
    Account,
    EmailTakenError,
    Happening,
    ScimUser,
    SignOn,
    Team,
    Token,
    facts,
)


@dataclass(slots=True)
class Instance:
    """The whole instance."""

    id: str
    url: str = "http://127.0.0.1"
    version: str = "8.2.0"
    is_enterprise: bool = True
    accounts: dict[int, Account] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    scim_enabled: bool = False
    scim_has_token: bool = False
    scim_is_reachable: bool = True
    """Whether `/scim` reaches SCIM; otherwise a proxy answers with a page."""
    password_login: bool = True
    saml: SignOn = field(default_factory=SignOn)
    oidc: SignOn = field(default_factory=SignOn)
    happenings: list[Happening] = field(default_factory=list)
    last_account_id: int = 0
    _id_by_email: dict[str, int] = field(default_factory=dict)
    _id_by_scim_id: dict[str, int] = field(default_factory=dict)

    @property
    def people(self) -> list[Account]:
        """The accounts that the user list shows."""
        return [account for account in self.accounts.values() if not account.is_service]

    def is_admin(self, account: Account) -> bool:
        """Return whether the account is an admin, by its own root role or by that of a group."""
        admin = ROLES["Admin"]
        return account.root_role == admin or any(
            team.root_role == admin and account.id in team.member_ids
            for team in self.teams.values()
        )

    def by_email(self, email: str | None) -> Account | None:
        """Return the account with an email, ignoring case."""
        return self._found(self._id_by_email, email.lower() if email else None)

    def by_scim_id(self, scim_id: str | None) -> Account | None:
        """Return the account with a SCIM id."""
        return self._found(self._id_by_scim_id, scim_id)

    def _found(self, index: dict[str, int], key: str | None) -> Account | None:
        return self.accounts[index[key]] if key in index else None

    def add(self, account: Account) -> None:
        """Add an account without an entry in the event log."""
        self.last_account_id = max(self.last_account_id, account.id)
        self.accounts[account.id] = account
        self.set_email(account, account.email)
        if account.scim_id:
            self._id_by_scim_id[account.scim_id] = account.id

    def set_email(self, account: Account, email: str | None) -> None:
        """Set an email. It is stored in lower case; usernames are not."""
        if account.email:
            self._id_by_email.pop(account.email, None)
        account.email = email.lower() if email else None
        if account.email:
            self._id_by_email[account.email] = account.id

    def record(
        self,
        at: datetime,
        kind: str,
        by: tuple[str, int],
        *,
        data: dict[str, object] | None = None,
        before: dict[str, object] | None = None,
        project: str | None = None,
    ) -> None:
        """Add to the event log."""
        number = len(self.happenings) + 1
        self.happenings.append(Happening(number, at, kind, *by, data, before, project))

    def create(self, account: Account, at: datetime, by: tuple[str, int]) -> Account:
        """Add an account. Raises EmailTakenError when its email is taken."""
        if self.by_email(account.email):
            raise EmailTakenError(account.email)
        self.add(account)
        kind = "service-account-created" if account.is_service else "user-created"
        self.record(at, kind, by, data=facts(account))
        return account

    def delete(self, account: Account, at: datetime, by: tuple[str, int]) -> None:
        """Remove an account, its memberships and its tokens."""
        del self.accounts[account.id]
        self._id_by_email.pop(account.email or "", None)
        self._id_by_scim_id.pop(account.scim_id or "", None)
        for team in self.teams.values():
            team.member_ids.pop(account.id, None)
        self.tokens = {
            secret: token for secret, token in self.tokens.items() if token.user_id != account.id
        }
        self.record(at, "user-deleted", by, before=facts(account))

    def scim_put(
        self, scim_id: str | None, user: ScimUser, *, at: datetime, fresh: Account
    ) -> Account:
        """Create or update a person as SCIM does, and return the account.

        An account of the same email is adopted. A SCIM-managed account is a Viewer: a role
        given by hand lasts until the next sync. `fresh` lends its ids when the person is new.
        """
        account = self.by_scim_id(scim_id) or self.by_email(user.email)
        if account is None:
            fresh.name, fresh.username, fresh.email = user.name, user.user_name, user.email
            return self.create(fresh, at, SYSTEM)
        before = facts(account)
        holder = self.by_email(user.email)
        if holder is not None and holder is not account:
            raise EmailTakenError(user.email)
        if account.scim_id is None and fresh.scim_id is not None:
            account.scim_id = fresh.scim_id
            self._id_by_scim_id[fresh.scim_id] = account.id
        account.name, account.username = user.name, user.user_name
        self.set_email(account, user.email)
        account.root_role = ROLES["Viewer"]
        if facts(account) != before:
            self.record(at, "user-updated", SYSTEM, data=facts(account), before=before)
        return account

    def scim_put_team(self, name: str, member_ids: list[int], *, at: datetime, new_id: str) -> Team:
        """Create a group or set its members as SCIM does; a group of the same name is adopted."""
        team = next((team for team in self.teams.values() if team.name == name), None)
        if team is None:
            team = Team(id=max(self.teams, default=0) + 1, name=name, created_at=at)
            self.teams[team.id] = team
            self.record(at, "group-created", SYSTEM, data={"id": team.id, "name": name})
        team.scim_id = team.scim_id or new_id
        members = dict.fromkeys(member_ids)
        if members != team.member_ids:
            team.member_ids = members
            self.record(
                at,
                "group-updated",
                SYSTEM,
                data={"id": team.id, "name": name, "users": [{"user": {"id": i}} for i in members]},
            )
        return team
