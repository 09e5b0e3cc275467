"""Actions on groups, sign-on and accounts."""

from datetime import timedelta

import pytest

from auditor.sandbox import World
from auditor.sandbox.model.accounts import ROLES

AMARA = "amara.okafor@example.com"
BENOIT = "benoit.lindqvist@example.com"
GRACE = "grace.tanaka@example.com"


def members(world: World, team: str) -> set[str | None]:
    return {world.unleash.accounts[number].email for number in world.team(team).member_ids}


class TestGroupPush:
    def test_pushes_members_and_their_changes(self, world: World) -> None:
        world.add_group("Release", [AMARA])
        world.push_group("Release")
        assert members(world, "Release") == {AMARA}
        world.add_member("Release", GRACE)
        assert members(world, "Release") == {AMARA, GRACE}
        world.remove_member("Release", AMARA)
        assert members(world, "Release") == {GRACE}

    def test_links_a_group_with_the_same_name_and_keeps_its_role(self, world: World) -> None:
        world.add_team("Release", role="Editor", members=[BENOIT])
        world.add_group("Release", [AMARA])
        world.push_group("Release")
        team = world.team("Release")
        assert (members(world, "Release"), team.root_role) == ({AMARA}, ROLES["Editor"])
        assert team.scim_id

    def test_includes_only_users_of_the_app(self, world: World) -> None:
        world.add_group("Release", [AMARA, "mira.torres@example.com"])
        world.push_group("Release")
        assert members(world, "Release") == {AMARA}

    @pytest.mark.parametrize("status", ["ERROR", "INACTIVE"])
    def test_a_failing_push_changes_no_members_until_it_is_fixed(
        self, world: World, status: str
    ) -> None:
        world.break_group_push("Unleash Admins", status)
        world.add_member("Unleash Admins", GRACE)
        assert GRACE not in members(world, "Unleash Admins")
        world.fix_group_push("Unleash Admins")
        assert GRACE in members(world, "Unleash Admins")

    def test_a_failing_push_has_an_error_message(self, world: World) -> None:
        world.break_group_push("Unleash Admins", "ERROR", reason="404 Not Found")
        logged = world.okta.log[-1]
        assert (logged.result, logged.reason) == ("FAILURE", "404 Not Found")

    def test_members_changed_by_hand_are_restored_by_the_next_push(self, world: World) -> None:
        before = members(world, "Unleash Admins")
        world.set_team_members("Unleash Admins", [GRACE])
        world.push_again()
        assert members(world, "Unleash Admins") == before

    def test_pushes_only_what_changed(self, world: World) -> None:
        count = len(world.okta.log)
        world.add_person("new.hire@example.com", "New", "Hire")
        world.assign("new.hire@example.com")
        types = [event.type for event in world.okta.log[count:]]
        assert not any("group_push" in one for one in types)

    def test_a_stopped_push_leaves_the_group_in_unleash(self, world: World) -> None:
        world.stop_group_push("Unleash Admins")
        assert world.team("Unleash Admins").scim_id
        assert len(world.app.pushes) == 1


class TestSignOn:
    def test_saml_finds_the_account_with_the_login(self, world: World) -> None:
        account = world.sign_in(BENOIT)
        assert account is world.account(BENOIT)
        assert account.seen_at == world.now

    def test_saml_creates_a_second_account_when_the_email_is_wrong(self, world: World) -> None:
        world.map_attribute("user", "email", "user.email")
        world.push_again(BENOIT)
        assert world.sign_in(BENOIT) is None
        world.set_sso("saml", auto_create=True)
        second = world.sign_in(BENOIT)
        assert second is not None
        assert (second.email, second.scim_id, second.root_role) == (
            BENOIT,
            None,
            ROLES["Editor"],
        )

    def test_oidc_asserts_the_email(self, world: World) -> None:
        world.set_sso("saml", enabled=False)
        world.set_sso("oidc", enabled=True)
        assert world.sign_in(BENOIT) is None
        assert world.sign_in(AMARA) is world.account(AMARA)

    def test_saml_asserts_the_configured_value(self, world: World) -> None:
        world.set_sign_on(subjectNameIdTemplate="${user.email}")
        assert world.sign_in(BENOIT) is None


class TestAccounts:
    def test_a_recovery_admin_can_lose_access_in_every_way(self, world: World) -> None:
        world.set_password("recovery.one", has_password=False)
        seen_at = world.now - timedelta(days=120)
        world.see("recovery.one", days_ago=120)
        world.set_role("recovery.two", "Viewer")
        one, two = world.account("recovery.one"), world.account("recovery.two")
        assert not one.has_password
        assert one.seen_at == seen_at
        assert two.root_role == ROLES["Viewer"]
        world.remove_user("recovery.two")
        with pytest.raises(KeyError):
            world.account("recovery.two")

    def test_an_account_is_found_only_by_its_new_email(self, world: World) -> None:
        world.change_email("recovery.one", "Other@Example.net")
        assert world.account("other@example.net").username == "recovery.one"
        assert world.unleash.by_email("recovery.one@breakglass.example.net") is None

    def test_every_change_is_in_the_event_log_with_its_author(self, world: World) -> None:
        count = len(world.unleash.happenings)
        world.make_admin(AMARA, by="recovery.two")
        world.set_scim(enabled=False)
        world.set_team_role("Unleash Editors", None)
        world.remove_team("Unleash Editors", by="an.admin")
        logged = world.unleash.happenings[count:]
        assert [(event.type, event.by) for event in logged] == [
            ("user-updated", "recovery.two@breakglass.example.net"),
            ("setting-updated", "recovery.one@breakglass.example.net"),
            ("group-updated", "recovery.one@breakglass.example.net"),
            ("group-deleted", "unleash_system_user"),
        ]
        assert logged[1].data == {"id": "scim"}

    def test_the_removal_of_an_account_removes_its_tokens(self, world: World) -> None:
        world.remove_user("provisioning-auditor")
        assert world.unleash_token not in world.unleash.tokens


class TestOtherApps:
    def test_another_app_can_provision_the_same_unleash(self, world: World) -> None:
        other = world.add_app("Unleash for partners")
        world.add_person("partner@example.com", "Pat", "Partner")
        assignment = world.provision_elsewhere(other.id, "partner@example.com")
        account = world.account("partner@example.com")
        assert account.scim_id == assignment.external_id is not None
        assert assignment.person_id not in world.app.assignments

    def test_each_app_has_its_own_mappings(self, world: World) -> None:
        other = world.add_app("Single sign-on", mode="OPENID_CONNECT")
        ends = [(one.source.id, one.target.id) for one in world.okta.mappings.values()]
        assert sum(other.id in pair for pair in ends) == 4
        assert world.okta.apps[other.id].sign_on_mode == "OPENID_CONNECT"
