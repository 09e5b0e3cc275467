"""Pushes that an admin starts, and pushes that fail for one person."""

from auditor.sandbox.actions.apps import OtherAppActions
from auditor.sandbox.actions.base import Who, action
from auditor.sandbox.model.org import Assignment


class PushActions(OtherAppActions):
    """Pushes that an admin starts, and pushes that fail."""

    @action
    def push_again(self, who: Who | None = None) -> None:
        """Push a person again, or all assigned users (a force sync)."""
        for assignment in self._assignments_of(who):
            self._push_profile(assignment)
        self._push_all_members(again=True)

    @action
    def push_repeatedly(self, who: Who, times: int = 3) -> None:
        """Push the same person several times, as a mapping does whose value always changes."""
        for _ in range(times):
            self._push_profile(self.app.assignments[self.person(who).id])

    @action
    def push_deactivation(self, who: Who) -> None:
        """Retry the deactivation of a person whose assignment is no longer active."""
        assignment = self.app.assignments[self.person(who).id]
        self._deactivate(assignment)

    @action
    def fail_provisioning(self, who: Who, reason: str = "400 Bad Request: invalid email") -> None:
        """Let all pushes of a person fail. One push is tried at once."""
        person = self.person(who)
        self.failing[person.id] = reason
        self._push_profile(self.app.assignments[person.id])

    @action
    def log_failed_app_user(self, who: Who, reason: str = "401 Unauthorized") -> None:
        """Write the event of a failed push that names only the app user, not the app."""
        self.write(
            "application.provision.user.push_profile",
            "Push user's profile to external application",
            self.person_target(self.person(who), "AppUser"),
            failed=reason,
        )

    @action
    def fix_provisioning(self, who: Who) -> None:
        """Let the pushes of a person succeed again. One push is tried at once."""
        person = self.person(who)
        self.failing.pop(person.id, None)
        self._push_profile(self.app.assignments[person.id])

    def _assignments_of(self, who: Who | None) -> list[Assignment]:
        if who is not None:
            return [self.app.assignments[self.person(who).id]]
        return [
            assignment
            for assignment in self.app.assignments.values()
            if self.okta.people[assignment.person_id].status == "ACTIVE"
        ]
