"""Actions of an Unleash admin on groups."""

from auditor.sandbox.actions.accounts import AccountActions
from auditor.sandbox.actions.base import action
from auditor.sandbox.actions.settings import UNLEASH_ADMIN
from auditor.sandbox.model.accounts import ROLES, Team


class TeamActions(AccountActions):
    """Groups that SCIM does not push, and the root roles of all groups."""

    @action
    def add_team(
        self,
        name: str,
        role: str | None = None,
        members: list[str] | tuple[str, ...] = (),
        by: str = UNLEASH_ADMIN,
    ) -> Team:
        """Add a group in Unleash, as an admin does."""
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
        """Set the root role of a group, or remove it."""
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
        """Set the members of a group, as an admin does."""
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
