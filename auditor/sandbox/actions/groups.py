"""Actions on groups: members, assignment to the app, group push."""

from auditor.sandbox.actions.base import Who, action
from auditor.sandbox.actions.logbook import OKTA_ADMIN
from auditor.sandbox.actions.people import PeopleActions
from auditor.sandbox.model.org import Group, GroupPush, LogTarget


class GroupActions(PeopleActions):
    """Okta groups, and their push to Unleash."""

    @action
    def add_group(
        self, name: str, members: list[str] | tuple[str, ...] = (), by: Who = OKTA_ADMIN
    ) -> Group:
        """Add an Okta group."""
        group = self._new_group(name, "OKTA_GROUP")
        self.write("group.lifecycle.create", "Create Okta group", _target(group), by=by)
        for who in members:
            self.add_member(group, who, by=by)
        return group

    @action
    def assign_group(self, name: Group | str, by: Who = OKTA_ADMIN) -> None:
        """Assign a group to the app, and with it all members."""
        group = self.group(name)
        self.app.group_ids.append(group.id)
        self.write(
            "group.application_assignment.add",
            "Add assigned application to group",
            _target(group),
            self.app_target(),
            by=by,
        )
        for person_id in group.member_ids:
            if person_id not in self.app.assignments:
                self.assign(person_id, scope="GROUP", by=by)

    @action
    def add_member(self, name: Group | str, who: Who, by: Who = OKTA_ADMIN) -> None:
        """Add a person to a group. Okta assigns them if the group is assigned to the app."""
        group, person = self.group(name), self.person(who)
        group.member_ids[person.id] = None
        self._log_member("add", group, who, by)
        if group.id in self.app.group_ids and person.id not in self.app.assignments:
            self.assign(person, scope="GROUP", by=by)
        self._push_all_members()

    @action
    def remove_member(self, name: Group | str, who: Who, by: Who = OKTA_ADMIN) -> None:
        """Remove a person from a group. If only this group assigned them, the assignment ends."""
        group, person = self.group(name), self.person(who)
        del group.member_ids[person.id]
        self._log_member("remove", group, who, by)
        assignment = self.app.assignments.get(person.id)
        if group.id in self.app.group_ids and assignment and assignment.scope == "GROUP":
            self.unassign(person, by=by)
        self._push_all_members()

    @action
    def push_group(self, name: Group | str, by: Who = OKTA_ADMIN) -> GroupPush:
        """Push a group to Unleash. Unleash matches it by name."""
        group = self.group(name)
        at = self.clock.tick()
        push = GroupPush(
            id=self.ids.okta("gPm"),
            source_id=group.id,
            # Okta keeps a record of the counterpart, which `targetGroupId` names.
            target_id=self._new_group(group.name, "APP_GROUP").id,
            created_at=at,
            changed_at=at,
        )
        self.app.pushes[push.id] = push
        self._log_push("mapping.created", "A new mapping has been created", group, by)
        self._push_members(push)
        return push

    @action
    def break_group_push(
        self,
        name: Group | str,
        status: str = "ERROR",
        reason: str = "Unable to update Group Push mapping: 404 Not Found",
        by: Who = OKTA_ADMIN,
    ) -> None:
        """Set the status of a group push to `ERROR` (it fails) or `INACTIVE` (it is off)."""
        group = self.group(name)
        push = self._push_of(group)
        push.status = status
        push.error = reason if status == "ERROR" else None
        push.changed_at = self.clock.tick()
        if status == "ERROR":
            self._log_push(
                "mapping.update.or.delete.failed.with.error",
                "Group push mapping change failed and cannot be retried",
                group,
                failed=reason,
            )
        else:
            self._log_push("deactivate_mapping", "Group push deactivated mappings", group, by)

    @action
    def fix_group_push(self, name: Group | str, by: Who = OKTA_ADMIN) -> None:
        """Turn a group push on again and push its members."""
        group = self.group(name)
        push = self._push_of(group)
        push.status, push.error = "ACTIVE", None
        push.changed_at = self.clock.tick()
        self._log_push("activate_mapping", "Group push activated mappings", group, by)
        self._push_members(push, again=True)

    @action
    def stop_group_push(self, name: Group | str, by: Who = OKTA_ADMIN) -> None:
        """Unlink a pushed group. The group stays in Unleash."""
        group = self.group(name)
        push = self._push_of(group)
        del self.app.pushes[push.id]
        del self.okta.groups[push.target_id]
        self._log_push("removed", "A group was removed from an app", group, by)

    def _new_group(self, name: str, kind: str) -> Group:
        at = self.clock.tick()
        group = Group(self.ids.okta("00g"), name, kind, created_at=at, members_changed_at=at)
        self.okta.groups[group.id] = group
        return group

    def _push_of(self, group: Group) -> GroupPush:
        return next(push for push in self.app.pushes.values() if push.source_id == group.id)

    def _log_member(self, verb: str, group: Group, who: Who, by: Who) -> None:
        group.members_changed_at = self.clock.tick()
        self.write(
            f"group.user_membership.{verb}",
            f"{verb.capitalize()} user {'to' if verb == 'add' else 'from'} group membership",
            self.person_target(self.person(who)),
            _target(group),
            by=by,
        )

    def _log_push(
        self,
        what: str,
        message: str,
        group: Group,
        by: Who | None = None,
        failed: str | None = None,
    ) -> None:
        self.write(
            f"application.provision.group_push.{what}",
            message,
            _target(group),
            self.app_target(),
            by=by,
            failed=failed,
        )


def _target(group: Group) -> LogTarget:
    return LogTarget(group.id, "UserGroup", group.name, group.name)
