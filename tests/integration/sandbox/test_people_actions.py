"""Actions on users in Okta, and their effects in Unleash."""

import pytest

from auditor.collect.okta.log_reader import app_user_filter
from auditor.sandbox import World
from auditor.sandbox.model.accounts import ROLES
from auditor.sandbox.okta import log_filter

BENOIT = "benoit.lindqvist@example.com"
"""A user whose email is not the login."""
AMARA = "amara.okafor@example.com"
HIRED = "new.hire@example.com"


def events(world: World, prefix: str) -> list[tuple[str, str]]:
    """Type's end and outcome of the log events since the world was built."""
    return [
        (event.type.removeprefix(prefix), event.result)
        for event in world.okta.log
        if event.type.startswith(prefix) and event.at.date() == world.now.date()
    ]


def hire(world: World, login: str = "new.hire@example.com", user_type: str = "user") -> str:
    world.add_person(login, "New", "Hire", email="private@example.org", user_type=user_type)
    world.assign(login)
    return login


def in_unleash(world: World, email: str) -> bool:
    return any(account.email == email for account in world.unleash.people)


def test_in_a_clean_sandbox_every_email_is_the_login(world: World) -> None:
    for assignment in world.app.assignments.values():
        account = world.unleash.by_scim_id(assignment.external_id)
        assert account is not None
        assert account.email == world.okta.people[assignment.person_id].login
    assert world.person(BENOIT).email != BENOIT


class TestMapping:
    def test_a_wrong_mapping_affects_later_users(self, world: World) -> None:
        world.map_attribute("user", "email", "user.email")
        hire(world)
        assert in_unleash(world, "private@example.org")
        assert in_unleash(world, BENOIT), "those of before keep the value of their time"

    def test_a_restored_mapping_fixes_no_user_until_the_next_push(self, world: World) -> None:
        world.map_attribute("user", "email", "user.email")
        world.push_again(BENOIT)
        assert not in_unleash(world, BENOIT)
        world.map_attribute("user", "email", "user.login")
        assert not in_unleash(world, BENOIT)
        world.push_again()
        assert in_unleash(world, BENOIT)

    def test_on_create_only_the_old_value_is_kept(self, world: World) -> None:
        world.map_attribute("user", "email", "user.email", push_status="DONT_PUSH")
        world.push_again(BENOIT)
        assert in_unleash(world, BENOIT)

    def test_each_user_type_has_its_own(self, world: World) -> None:
        world.map_attribute("contractor", "email", "user.email")
        hire(world)
        hire(world, "temp@example.com", user_type="contractor")
        assert in_unleash(world, "new.hire@example.com")
        assert in_unleash(world, "private@example.org")

    def test_a_broken_expression_is_logged(self, world: World) -> None:
        world.map_attribute("user", "displayName", "String.nonsense(user.login)")
        world.push_again(AMARA)
        assert ("invalid.expression", "FAILURE") in events(world, "application.appuser.mapping.")

    def test_an_update_is_logged_without_details(self, world: World) -> None:
        world.unmap_attribute("user", "displayName", by="jo@example.com")
        logged = world.okta.log[-1]
        assert (logged.type, logged.actor.alternate_id) == (
            "directory.mapping.update",
            "jo@example.com",
        )
        assert all(target.change is None for target in logged.targets)

    def test_the_removal_of_a_schema_attribute_removes_its_mappings(self, world: World) -> None:
        world.add_schema_attribute("title")
        world.map_attribute("user", "title", "user.title")
        world.push_again(AMARA)
        assignment = world.app.assignments[world.person(AMARA).id]
        assert assignment.profile["title"] == "Engineer"
        world.remove_schema_attribute("title")
        mapping = world.mapping("user")
        assert mapping is not None
        assert "title" not in mapping.properties

    def test_a_user_type_can_be_without(self, world: World) -> None:
        world.add_user_type("partner", mapped=False)
        assert world.mapping("partner") is None
        world.add_mapping("partner")
        assert world.mapping("partner") is not None
        world.remove_mapping("partner")
        assert world.mapping("partner") is None

    def test_a_property_of_the_mapping_wins_over_the_username_template(self, world: World) -> None:
        world.set_username_template("user.email")
        world.push_again(BENOIT)
        assignment = world.app.assignments[world.person(BENOIT).id]
        assert assignment.username == world.person(BENOIT).email
        world.map_attribute("user", "userName", "String.toUpperCase(user.login)")
        world.push_again(BENOIT)
        assert assignment.username == BENOIT.upper()
        world.unmap_attribute("user", "userName")
        world.push_again(BENOIT)
        assert assignment.username == world.person(BENOIT).email


class TestPushFlags:
    def test_without_push_new_users_no_account_is_created(self, world: World) -> None:
        world.switch_push("PUSH_NEW_USERS", on=False)
        login = hire(world)
        assert not in_unleash(world, login)
        assert world.app.assignments[world.person(login).id].external_id is None
        world.switch_push("PUSH_NEW_USERS", on=True)
        world.push_again(login)
        assert in_unleash(world, login)

    def test_without_profile_updates_a_rename_stays_in_okta(self, world: World) -> None:
        world.switch_push("PUSH_PROFILE_UPDATES", on=False)
        world.rename_person(AMARA, login="amara.novak@example.com")
        assert in_unleash(world, AMARA)
        world.switch_push("PUSH_PROFILE_UPDATES", on=True)
        world.push_again("amara.novak@example.com")
        assert in_unleash(world, "amara.novak@example.com")

    def test_without_deactivation_leavers_keep_their_account(self, world: World) -> None:
        world.switch_push("PUSH_USER_DEACTIVATION", on=False)
        world.deactivate_person(AMARA)
        world.unassign(BENOIT)
        assert in_unleash(world, AMARA)
        assert in_unleash(world, BENOIT)
        world.switch_push("PUSH_USER_DEACTIVATION", on=True)
        world.push_deactivation(AMARA)
        assert not in_unleash(world, AMARA)

    def test_without_group_push_members_do_not_change(self, world: World) -> None:
        world.switch_push("GROUP_PUSH", on=False)
        world.remove_member("Unleash Admins", AMARA)
        assert world.account(AMARA).id in world.team("Unleash Admins").member_ids

    def test_an_inactive_app_pushes_nothing(self, world: World) -> None:
        world.deactivate_app()
        login = hire(world)
        assert not in_unleash(world, login)
        world.activate_app()
        world.push_again(login)
        assert in_unleash(world, login)

    def test_a_switch_is_logged_with_its_details(self, world: World) -> None:
        world.switch_push("GROUP_PUSH", on=False)
        change = world.okta.log[-1].targets[0].change
        assert change is not None
        assert "GROUP_PUSH" in str(change[0])
        assert "GROUP_PUSH" not in str(change[1])


class TestLeaving:
    def test_a_leaver_is_removed_with_their_memberships(self, world: World) -> None:
        gone = world.account(AMARA).id
        world.deactivate_person(AMARA)
        assert gone not in world.unleash.accounts
        assert gone not in world.team("Unleash Admins").member_ids
        assert world.app.assignments[world.person(AMARA).id].status == "DEPROVISIONED"
        assert ("deactivate", "SUCCESS") in events(world, "application.provision.user.")

    def test_a_leaver_is_not_brought_back_by_a_rename(self, world: World) -> None:
        world.deactivate_person(AMARA)
        world.rename_person(AMARA, title="Emerita")
        assert not in_unleash(world, AMARA)

    def test_suspending_pushes_nothing(self, world: World) -> None:
        world.suspend(AMARA)
        assert in_unleash(world, AMARA)
        assert world.person(AMARA).status == "SUSPENDED"
        world.unsuspend(AMARA)
        assert world.person(AMARA).status == "ACTIVE"

    def test_leaving_the_assigned_group_unassigns(self, world: World) -> None:
        world.remove_member("Unleash users", BENOIT)
        assert world.person(BENOIT).id not in world.app.assignments
        assert not in_unleash(world, BENOIT)

    def test_another_user_type_pushes_nothing(self, world: World) -> None:
        before = len(events(world, "application.provision."))
        world.retype(AMARA, "contractor")
        assert len(events(world, "application.provision.")) == before


class TestFailures:
    def test_a_push_fails_until_it_is_fixed(self, world: World) -> None:
        assignment = world.app.assignments[world.person(AMARA).id]
        world.fail_provisioning(AMARA)
        assert assignment.sync_state == "ERROR"
        world.fix_provisioning(AMARA)
        assert assignment.sync_state == "DISABLED"
        assert events(world, "application.provision.user.")[-2:] == [
            ("push_profile", "FAILURE"),
            ("push_profile", "SUCCESS"),
        ]

    def test_an_event_that_names_only_an_app_user_matches_no_filter_for_the_app(
        self, world: World
    ) -> None:
        world.log_failed_app_user(AMARA)
        found = world.okta.log[-1]
        assert [(each.type, each.id[:3], each.alternate_id) for each in found.targets] == [
            ("AppUser", "0ua", AMARA)
        ]
        assert not log_filter.read(f'target.id eq "{world.app_id}"')(found)
        assert log_filter.read(app_user_filter())(found)
        world.push_again(AMARA)
        assert not log_filter.read(app_user_filter())(world.okta.log[-1])

    def test_a_staged_person_waits_for_a_push(self, world: World) -> None:
        world.add_person("new.hire@example.com", "New", "Hire")
        assignment = world.stage("new.hire@example.com")
        assert (assignment.status, assignment.external_id) == ("STAGED", None)
        world.push_again("new.hire@example.com")
        assert assignment.status == "PROVISIONED"

    def test_repeated_pushes_are_in_the_log(self, world: World) -> None:
        before = len(events(world, "application.provision.user.push_profile"))
        world.push_repeatedly(AMARA, times=4)
        assert len(events(world, "application.provision.user.push_profile")) == before + 4

    @pytest.mark.parametrize("why", ["credentials", "scim off", "no token", "edition"])
    def test_an_unleash_that_refuses_the_connector_fails_every_push(
        self, world: World, why: str
    ) -> None:
        if why == "credentials":
            world.reject_credentials()
        elif why == "edition":
            world.set_version("8.2.0", enterprise=False)
        else:
            world.set_scim(enabled=why != "scim off", has_token=why != "no token")
        login = hire(world)
        assert not in_unleash(world, login)
        assert ("authentication_failure", "FAILURE") in events(world, "application.integration.")
        assert ("push", "FAILURE") in events(world, "application.provision.user.")

    def test_accepted_credentials_retry_failed_pushes(self, world: World) -> None:
        world.reject_credentials()
        login = hire(world)
        world.accept_credentials()
        assert in_unleash(world, login)
        assert ("verify_exists", "SUCCESS") in events(world, "application.provision.user.")

    def test_an_email_that_another_account_has_is_refused(self, world: World) -> None:
        world.rename_person(AMARA, login=BENOIT)
        assignment = world.app.assignments[world.person(AMARA).id]
        assert assignment.sync_state == "ERROR"
        assert "409" in str(world.okta.log[-1].reason)

    def test_rejected_credentials_show_in_a_push_that_states_unauthorized(
        self, world: World
    ) -> None:
        world.reject_credentials(in_pushes_only=True)
        failed = [event for event in world.okta.log if event.result == "FAILURE"]
        assert [event.type for event in failed] == ["application.provision.user.push_profile"]
        assert str(failed[0].reason).startswith("Unauthorized")


class TestStatuses:
    def test_a_staged_person_has_no_account_until_the_activation(self, world: World) -> None:
        world.add_person(HIRED, "New", "Hire")
        assert world.stage_person(HIRED).status == "STAGED"
        assert not in_unleash(world, HIRED)
        world.activate_person(HIRED)
        assert in_unleash(world, HIRED)

    def test_a_pending_user_gets_the_account_before_the_activation(self, world: World) -> None:
        world.switch_push("PUSH_PENDING_USERS", True)
        world.add_person(HIRED, "New", "Hire")
        assignment = world.stage_person(HIRED)
        assert (world.person(HIRED).status, assignment.status) == ("STAGED", "STAGED")
        assert in_unleash(world, HIRED)

    def test_a_suspended_person_keeps_the_assignment_and_the_account(self, world: World) -> None:
        world.suspend(AMARA)
        assert world.app.assignments[world.person(AMARA).id].status == "PROVISIONED"
        assert in_unleash(world, AMARA)

    def test_a_revoked_assignment_keeps_the_account(self, world: World) -> None:
        world.revoke_assignment(AMARA)
        assert world.app.assignments[world.person(AMARA).id].status == "REVOKED"
        assert in_unleash(world, AMARA)

    def test_a_scheduled_deletion_removes_the_account_when_it_is_due(self, world: World) -> None:
        due = world.schedule_deletion(AMARA, days=7)
        assert world.person(AMARA).id not in world.app.assignments
        assert in_unleash(world, AMARA)
        assert ("delete.schedule", "SUCCESS") in events(world, "application.provision.user.")
        world.clock.travel(due)
        world.delete_scheduled(AMARA)
        assert not in_unleash(world, AMARA)
        assert ("delete", "SUCCESS") in events(world, "application.provision.user.")

    def test_the_removal_of_a_staged_person_from_a_pushed_group_is_not_sent(
        self, world: World
    ) -> None:
        account = world.account(AMARA)
        assert account.id in world.team("Unleash Admins").member_ids
        world.stage_person(AMARA)
        world.remove_member("Unleash Admins", AMARA)
        assert account.id in world.team("Unleash Admins").member_ids

    def test_only_provision_user_creates_who_was_assigned_before_provisioning(
        self, world: World
    ) -> None:
        world.add_person(HIRED, "New", "Hire")
        assignment = world.assign_before_provisioning(HIRED)
        world.push_again(HIRED)
        assert (assignment.status, assignment.external_id) == ("ACTIVE", None)
        world.provision_user(HIRED)
        assert assignment.status == "PROVISIONED"
        assert in_unleash(world, HIRED)


class TestScimInUnleash:
    def test_adopts_an_account_with_the_same_email_and_removes_its_role(self, world: World) -> None:
        local = world.add_local_user(email="New.Hire@example.com", role="Admin", password=True)
        assert local.email == "new.hire@example.com"
        hire(world)
        assert local.scim_id is not None
        assert local.root_role == ROLES["Viewer"]

    def test_resets_a_role_that_was_given_by_hand(self, world: World) -> None:
        world.make_admin(AMARA)
        world.push_again(AMARA)
        assert world.account(AMARA).root_role == ROLES["Viewer"]

    def test_creates_a_user_again_who_was_deleted_by_hand(self, world: World) -> None:
        world.remove_everyone()
        assert world.unleash.people == []
        world.push_again()
        assert len(world.unleash.people) == len(world.app.assignments)
        assert len(world.team("Unleash Admins").member_ids) == 2
