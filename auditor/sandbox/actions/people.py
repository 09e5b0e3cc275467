"""Actions on people: add, assign, change, unassign, deactivate."""

from auditor.sandbox.actions.application import ApplicationActions
from auditor.sandbox.actions.base import Who, action
from auditor.sandbox.actions.logbook import OKTA_ADMIN
from auditor.sandbox.model.org import Assignment, Person, UserType

PUSHED = ("ACTIVE", "PROVISIONED")
"""Statuses of a person whose changes are pushed at once. Other persons are not pushed."""


class PeopleActions(ApplicationActions):
    """Okta users and their assignments to the app."""

    @action
    def add_person(
        self,
        login: str,
        first: str,
        last: str,
        *,
        email: str | None = None,
        user_type: UserType | str = "user",
        by: Who = OKTA_ADMIN,
        **profile: object,
    ) -> Person:
        """Add an active person to the org. Without `email`, the email is the login."""
        at = self.clock.tick()
        person = Person(
            id=self.ids.okta("00u"),
            type_id=self.user_type(user_type).id,
            status="ACTIVE",
            profile={
                "login": login,
                "email": email or login,
                "firstName": first,
                "lastName": last,
                "displayName": f"{first} {last}",
                **profile,
            },
            created_at=at,
            changed_at=at,
            status_changed_at=at,
        )
        self.okta.people[person.id] = person
        target = self.person_target(person)
        self.write("user.lifecycle.create", "Create Okta user", target, by=by)
        return person

    @action
    def assign(self, who: Who, *, scope: str = "USER", by: Who = OKTA_ADMIN) -> Assignment:
        """Assign a person to the app. If PUSH_NEW_USERS is on, Okta pushes them at once."""
        person = self.person(who)
        assignment = self._assigned(person, scope, by)
        self._push_new(assignment)
        self._push_all_members()
        return assignment

    @action
    def stage(self, who: Who, by: Who = OKTA_ADMIN) -> Assignment:
        """Assign a person and keep the push in the queue: the assignment is STAGED."""
        assignment = self._assigned(self.person(who), "USER", by)
        assignment.status = "STAGED"
        return assignment

    @action
    def unassign(self, who: Who, by: Who = OKTA_ADMIN) -> None:
        """Unassign a person. With PUSH_USER_DEACTIVATION, Okta deactivates the account."""
        person = self.person(who)
        assignment = self.app.assignments.pop(person.id)
        self.write(
            "application.user_membership.remove",
            "Remove user's application membership",
            self.person_target(person, "AppUser"),
            self.app_target(),
            by=by,
        )
        self._deactivate(assignment)
        self._push_all_members()

    @action
    def deactivate_person(self, who: Who, by: Who = OKTA_ADMIN) -> None:
        """Deactivate a person. Okta deprovisions the assignment."""
        person = self.person(who)
        self._set_person_status(person, "DEPROVISIONED", "deactivate", by)
        if assignment := self.app.assignments.get(person.id):
            self._deactivate(assignment)
            assignment.status = "DEPROVISIONED"
            assignment.status_changed_at = assignment.changed_at = self.clock.tick()
        self._push_all_members()

    @action
    def suspend(self, who: Who, by: Who = OKTA_ADMIN) -> None:
        """Suspend a person. Okta pushes nothing."""
        self._set_person_status(self.person(who), "SUSPENDED", "suspend", by)

    @action
    def unsuspend(self, who: Who, by: Who = OKTA_ADMIN) -> None:
        """End the suspension of a person."""
        self._set_person_status(self.person(who), "ACTIVE", "unsuspend", by)

    @action
    def rename_person(self, who: Who, by: Who = OKTA_ADMIN, **profile: object) -> None:
        """Change `login`, `email` or other keys of a profile. Okta pushes mapped attributes."""
        person = self.person(who)
        person.profile |= profile
        person.changed_at = self.clock.tick()
        target = self.person_target(person)
        self.write("user.account.update_profile", "Update user profile for Okta", target, by=by)
        assignment = self.app.assignments.get(person.id)
        if assignment and assignment.status in PUSHED:
            self._push_profile(assignment)

    @action
    def retype(self, who: Who, user_type: UserType | str, by: Who = OKTA_ADMIN) -> None:
        """Give a person another user type. The values of the assignment are not computed again."""
        person = self.person(who)
        person.type_id = self.user_type(user_type).id
        person.changed_at = self.clock.tick()
        target = self.person_target(person)
        self.write("user.account.update_profile", "Update user profile for Okta", target, by=by)

    def _assigned(self, person: Person, scope: str, by: Who) -> Assignment:
        at = self.clock.tick()
        assignment = Assignment(
            person_id=person.id,
            scope=scope,
            status="ACTIVE",
            username="",
            profile={},
            created_at=at,
            changed_at=at,
            status_changed_at=at,
        )
        self._compute(person, assignment, new=True)
        self.app.assignments[person.id] = assignment
        self.write(
            "application.user_membership.add",
            "Add user to application membership",
            self.person_target(person, "AppUser"),
            self.app_target(),
            by=by,
        )
        return assignment

    def _set_person_status(self, person: Person, status: str, verb: str, by: Who) -> None:
        person.status = status
        person.status_changed_at = person.changed_at = self.clock.tick()
        target = self.person_target(person)
        self.write(f"user.lifecycle.{verb}", f"{verb.capitalize()} Okta user", target, by=by)
