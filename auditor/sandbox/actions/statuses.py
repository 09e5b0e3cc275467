"""People whose account in Unleash is not simply active: staged, revoked, to be deleted.

Sources: Okta's help pages for the statuses, its knowledge base for assignments that are older than
provisioning, and its release notes for scheduled deletions. Each docstring states what is inferred.
"""

from datetime import datetime, timedelta

from auditor.sandbox.actions.base import Who, action
from auditor.sandbox.actions.logbook import OKTA_ADMIN
from auditor.sandbox.actions.pushing import PushActions
from auditor.sandbox.model.accounts import SYSTEM
from auditor.sandbox.model.org import Assignment

DELETE_SCHEDULE = "application.provision.user.delete.schedule"
DELETE = "application.provision.user.delete"


class StatusActions(PushActions):
    """Statuses of people and of their assignments."""

    @action
    def stage_person(self, who: Who, by: Who = OKTA_ADMIN) -> Assignment:
        """Set a person and their assignment to STAGED.

        With `PUSH_PENDING_USERS`, Okta creates the account before the activation.
        """
        person = self.person(who)
        self._set_person_status(person, "STAGED", "create", by)
        assignment = self.app.assignments.get(person.id) or self._assigned(person, "USER", by)
        if assignment.external_id is None and self.has("PUSH_PENDING_USERS"):
            self._push_new(assignment)
        self._set_assignment_status(assignment, "STAGED")
        return assignment

    @action
    def activate_person(self, who: Who, by: Who = OKTA_ADMIN) -> None:
        """Set a person to ACTIVE. Okta creates the account if it is missing."""
        person = self.person(who)
        self._set_person_status(person, "ACTIVE", "activate", by)
        assignment = self.app.assignments.get(person.id)
        if assignment is None:
            return
        self._set_assignment_status(assignment, "ACTIVE")
        if assignment.external_id is None:
            self._push_new(assignment)
        else:
            self._set_assignment_status(assignment, "PROVISIONED")
        self._push_all_members()

    @action
    def revoke_assignment(self, who: Who) -> None:
        """Set an assignment to REVOKED: the deprovisioning is an open task of an admin.

        Inferred: the account in Unleash stays until the admin completes the task.
        """
        self._set_assignment_status(self._assignment(who), "REVOKED")

    @action
    def schedule_deletion(self, who: Who, days: float = 30, by: Who = OKTA_ADMIN) -> datetime:
        """Unassign a person. Okta deletes the account `days` later. Return the date.

        Inferred: the account stays until then, and the event does not state the date.
        """
        person = self.person(who)
        assignment = self.app.assignments.pop(person.id)
        self.write(
            "application.user_membership.remove",
            "Remove user's application membership",
            self.person_target(person, "AppUser"),
            self.app_target(),
            by=by,
        )
        self.scheduled_deletions[person.id] = assignment
        due = self.now + timedelta(days=days)
        self.write(
            DELETE_SCHEDULE,
            "Schedule user deletion in external application",
            self.person_target(person, "AppUser"),
            self.app_target(),
        )
        return due

    @action
    def delete_scheduled(self, who: Who) -> None:
        """Delete the account of a person whose deletion was scheduled, as Okta does."""
        person = self.person(who)
        assignment = self.scheduled_deletions.pop(person.id)
        account = self.unleash.by_scim_id(assignment.external_id)
        if account is not None:
            self.unleash.delete(account, self.clock.tick(), SYSTEM)
        self.write(
            DELETE,
            "Delete user in external application",
            self.person_target(person, "AppUser"),
            self.app_target(),
        )

    @action
    def assign_before_provisioning(self, who: Who, by: Who = OKTA_ADMIN) -> Assignment:
        """Assign a person as before provisioning was on: ACTIVE, without an external id.

        A force sync does nothing for such a person; `provision_user` does.
        """
        assignment = self._assigned(self.person(who), "USER", by)
        assignment.is_older_than_provisioning = True
        return assignment

    @action
    def provision_user(self, who: Who) -> None:
        """Click "Provision User" for a person who was assigned before provisioning was on."""
        assignment = self._assignment(who)
        assignment.is_older_than_provisioning = False
        self._push_profile(assignment)
        self._push_all_members()

    def _assignment(self, who: Who) -> Assignment:
        return self.app.assignments[self.person(who).id]

    def _set_assignment_status(self, assignment: Assignment, status: str) -> None:
        assignment.status = status
        assignment.status_changed_at = assignment.changed_at = self.clock.tick()
