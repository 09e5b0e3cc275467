"""How the app provisions: Okta's part of SCIM, with the effects in Unleash."""

from auditor.sandbox.actions.computing import Computing, scim_user
from auditor.sandbox.model.accounts import SYSTEM, Account, EmailTakenError
from auditor.sandbox.model.ids import CANARY
from auditor.sandbox.model.org import Assignment, GroupPush, LogTarget, Person

REFUSED = "Unauthorized. Errors reported by remote server: Invalid SCIM token"
"""The beginning is documented (Okta's article "Invalid SCIM token"); the rest is inferred."""
PUSH = "application.provision.user.push"
PUSH_PROFILE = "application.provision.user.push_profile"
DEACTIVATE = "application.provision.user.deactivate"

MESSAGES = {
    PUSH: "Push new user to external application",
    PUSH_PROFILE: "Push user's profile to external application",
    DEACTIVATE: "Push user deactivation to external application",
}


class Provisioning(Computing):
    """The pushes that Okta starts by itself after a change."""

    def _push_new(self, assignment: Assignment) -> None:
        """Create (or adopt) the account of an assignment, when that flag is on."""
        if not self.has("PUSH_NEW_USERS"):
            return
        if self._put(assignment, PUSH):
            assignment.status = "PROVISIONED"
            assignment.status_changed_at = assignment.changed_at

    def _push_profile(self, assignment: Assignment) -> None:
        """Send the changed attributes of a person, if the flag for updates is on."""
        if assignment.is_older_than_provisioning:
            return
        if assignment.external_id is None:
            self._compute(self.okta.people[assignment.person_id], assignment, new=True)
            self._push_new(assignment)
        elif self.has("PUSH_PROFILE_UPDATES"):
            self._compute(self.okta.people[assignment.person_id], assignment, new=False)
            self._put(assignment, PUSH_PROFILE)

    def _put(self, assignment: Assignment, event_type: str) -> bool:
        """Send the profile of an assignment; return whether Unleash accepted it."""
        person = self.okta.people[assignment.person_id]
        reason = self._obstacle(person)
        if reason is None:
            try:
                account = self.unleash.scim_put(
                    assignment.external_id,
                    scim_user(assignment),
                    at=self.clock.tick(),
                    fresh=self._fresh_account(),
                )
                assignment.external_id = account.scim_id
            # Inferred: the code of Unleash's SCIM server is closed; an email exists once in
            # Unleash.
            except EmailTakenError as error:
                reason = f"409 Conflict: {error}"
        self._note(assignment, person, event_type, reason)
        return reason is None

    def _deactivate(self, assignment: Assignment) -> None:
        """Deactivate a person in Unleash, if the flag for deactivation is on."""
        if not self.has("PUSH_USER_DEACTIVATION") or assignment.external_id is None:
            return
        person = self.okta.people[assignment.person_id]
        reason = self._obstacle(person)
        if reason is None:
            # In Unleash, active means listed: the deactivation removes the account.
            account = self.unleash.by_scim_id(assignment.external_id)
            if account is not None:
                self.unleash.delete(account, self.clock.tick(), SYSTEM)
            assignment.external_id = None
        self._note(assignment, person, DEACTIVATE, reason)

    def _push_members(self, push: GroupPush, *, again: bool = False) -> None:
        """Send the members of a pushed group, if they changed or are to be sent again.

        They are the people that Okta has pushed; the app group holds the members that were sent.
        The removal of a STAGED person is not sent (reported in metabase #48276).
        """
        group, sent = self.okta.groups[push.source_id], self.okta.groups[push.target_id]
        unsent_removals = [
            person_id
            for person_id in sent.member_ids
            if person_id not in group.member_ids and self.okta.people[person_id].status == "STAGED"
        ]
        members = {
            person_id: None
            for person_id in (*group.member_ids, *unsent_removals)
            if (assignment := self.app.assignments.get(person_id)) and assignment.external_id
        }
        unchanged = push.pushed_at is not None and members == sent.member_ids and not again
        if unchanged or not self.has("GROUP_PUSH") or push.status != "ACTIVE":
            return
        target = LogTarget(group.id, "UserGroup", group.name, group.name)
        if (reason := self._refusal()) is not None:
            push.status, push.error = "ERROR", reason
            self.write(
                "application.provision.group_push.mapping.update.or.delete.failed.with.error",
                "Group push mapping change failed and cannot be retried",
                target,
                self.app_target(),
                failed=reason,
            )
            return
        accounts = (
            self.unleash.by_scim_id(self.app.assignments[person_id].external_id)
            for person_id in members
        )
        self.unleash.scim_put_team(
            group.name,
            [account.id for account in accounts if account],
            at=self.clock.tick(),
            new_id=self.ids.scim(),
        )
        sent.member_ids = members
        sent.members_changed_at = push.pushed_at = push.changed_at = self.clock.tick()
        self.write(
            "application.provision.group_push.push_memberships",
            "Group push pushed memberships",
            target,
            self.app_target(),
        )

    def _push_all_members(self, *, again: bool = False) -> None:
        """Push every group whose members changed."""
        for push in self.app.pushes.values():
            self._push_members(push, again=again)

    def _refusal(self) -> str | None:
        """Return why Unleash refuses every request of the connector."""
        unleash = self.unleash
        if self.connector_refused or not unleash.is_enterprise:
            return REFUSED
        return None if unleash.scim_enabled and unleash.scim_has_token else REFUSED

    def _obstacle(self, person: Person) -> str | None:
        """Return why this push fails. A refused connector is also logged for the app."""
        if (reason := self._refusal()) is not None:
            if not self.refused_in_pushes_only:
                self._log_refusal()
            return reason
        return self.failing.get(person.id)

    def _log_refusal(self) -> None:
        self.write(
            "application.integration.authentication_failure",
            "Error authenticating",
            self.app_target(),
            failed=REFUSED,
        )

    def _note(
        self, assignment: Assignment, person: Person, event_type: str, reason: str | None
    ) -> None:
        """Store the outcome of a push in the assignment and in the log."""
        # DISABLED is no fault: `syncState` belongs to profile mastering, which most users do not
        # have.
        assignment.sync_state = "ERROR" if reason else "DISABLED"
        assignment.changed_at = self.clock.tick()
        if reason is None:
            assignment.synced_at = assignment.changed_at
        self.write(
            event_type,
            MESSAGES[event_type],
            self.person_target(person, "AppUser"),
            self.person_target(person),
            self.app_target(),
            failed=reason,
        )

    def _fresh_account(self) -> Account:
        return Account(
            id=self.unleash.last_account_id + 1,
            created_at=self.now,
            scim_id=self.ids.scim(),
            invite=f"{CANARY}-invite-{self.ids.noise(16)}",
        )
