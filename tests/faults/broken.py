"""A sandbox that violates nearly every rule at once, so that none can pass by mistake."""

from datetime import UTC, datetime, timedelta

from auditor.domain.target import Exclusions, OtherSource, Target
from auditor.sandbox import Sandbox, World

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
FAR_AWAY = "https://other.example.com"
LEAVER = "hiroshi.silva@example.com"
RENAMED = "ingrid.obrien@example.com"
DOUBLE = "benoit.lindqvist@example.com"
"""A user in the admin group whose Okta email is not the login."""


def break_all() -> World:
    """Violate all rules that can be violated together: SCIM and provisioning stay on."""
    world = World.clean(at=AT - timedelta(hours=12))
    world.fail_provisioning("kofi.okafor@example.com")
    world.push_repeatedly("grace.tanaka@example.com")
    _differ_between_the_two_sides(world)
    _misconfigure_okta(world)
    _misconfigure_unleash(world)
    world.reject_credentials()
    world.clock.travel(AT)
    return world


def _differ_between_the_two_sides(world: World) -> None:
    world.map_attribute("user", "email", "user.email")
    world.push_again(DOUBLE)
    world.set_sso("saml", auto_create=True)
    world.sign_in(DOUBLE)
    world.map_attribute("user", "email", "user.login")
    for flag in ("PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION"):
        world.switch_push(flag, on=False)
    world.rename_person(RENAMED, login="ingrid.silva@example.com")
    world.deactivate_person(LEAVER)
    world.assign(world.add_person("new.hire@example.com", "Zoë", "Hire"))
    world.add_local_user(email="consultant@partner.example.net", role="Editor")


def _misconfigure_okta(world: World) -> None:
    world.switch_push("GROUP_PUSH", on=False)
    world.set_sign_on_mode("BOOKMARK")
    world.set_username_template("${source.email}")
    world.deactivate_app()
    world.show_connection("{unleashUrl}/api/scim", auth_scheme="OAUTH2")
    world.show_capabilities()
    world.map_attribute("contractor", "email", "user.email", "DONT_PUSH")
    world.add_schema_attribute("title")
    world.map_attribute("user", "title", "user.title")
    world.unmap_attribute("user", "displayName")
    world.add_user_type("guest", mapped=False)
    world.assign(world.add_person("guest@example.com", "A", "Guest", user_type="guest"))
    world.break_group_push("Unleash Editors")


def _misconfigure_unleash(world: World) -> None:
    world.set_version("6.0.4")
    world.set_scim(enabled=True, has_token=False)
    for name in ("recovery.one", "recovery.two"):
        world.set_password(name, has_password=False)
        world.see(name, days_ago=120)
    world.set_team_role("Unleash Admins", None)


def widest_target(sandbox: Sandbox) -> Target:
    """Return a target with every setting that makes the auditor read more."""
    world = sandbox.world
    sso = world.add_app("Single sign-on")
    sso.sign_on["subjectNameIdTemplate"] = "${user.email}"
    feeder = world.add_app("Another feeder")
    world.provision_elsewhere(feeder.id, world.add_person("fed@example.com", "Fed", "Elsewhere"))
    left_out = world.add_group("Left out")
    world.add_member(left_out, world.add_person("out@example.com", "Left", "Out"))
    return Target(
        name="main",
        org_url=sandbox.okta_url,
        app_id=world.app_id,
        unleash_url=sandbox.unleash_url,
        sso_app_id=sso.id,
        also_provisioned_by=(OtherSource(app_id=feeder.id),),
        exclude=Exclusions(okta_group=left_out.id),
    )
