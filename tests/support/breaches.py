"""Every breach that an admin can cause, with the steps that cause it and the steps that fix it."""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.sandbox import World
from auditor.sandbox.model.guide import PUSH_FLAGS, STOCK_EMAIL_TYPE, features

Step = Callable[[World], object]

AMARA = "amara.okafor@example.com"
"""A user in the admin group whose email is the login."""
BENOIT = "benoit.lindqvist@example.com"
"""A user in the admin group whose email is not the login."""
GRACE = "grace.tanaka@example.com"
"""A user in no pushed group."""
HIRE = "new.hire@example.com"


@dataclass(frozen=True)
class Breach:
    """A breach of a clean sandbox and its fix. `also` names the other rules that open findings."""

    rule: str
    how: str
    break_: Step
    fix: Step
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.rule}: {self.how}"


def hire(world: World) -> None:
    """Add and assign a user."""
    world.add_person(HIRE, "New", "Hire")
    world.assign(HIRE)


def remove_every_admin_path(world: World) -> None:
    """Remove the passwords of the recovery admins, and the role of the pushed admin group."""
    world.set_password("recovery.one", has_password=False)
    world.set_password("recovery.two", has_password=False)
    world.set_team_role("Unleash Admins", None)


def restore_every_admin_path(world: World) -> None:
    """Restore the passwords and the role."""
    world.set_team_role("Unleash Admins", "Admin")
    world.set_password("recovery.one")
    world.set_password("recovery.two")


def rebuild_users(world: World) -> None:
    """Add the recovery admins and push all users again."""
    for name in ("recovery.one", "recovery.two"):
        email = f"{name}@breakglass.example.net"
        world.add_local_user(username=name, email=email, role="Admin", password=True)
        world.see(name)
    world.push_again()


def push_wrong_email(world: World) -> None:
    """Map email to the Okta email, and push a user with it."""
    world.map_attribute("user", "email", "user.email")
    world.push_again(BENOIT)


def push_right_email(world: World) -> None:
    """Map email to the login, and push all users again."""
    world.map_attribute("user", "email", "user.login")
    world.push_again()


def create_second_account(world: World) -> None:
    """Sign in a user whose email was pushed wrong, so that a second account is created."""
    push_wrong_email(world)
    world.set_sso("saml", auto_create=True)
    world.sign_in(BENOIT)
    world.set_sso("saml")
    world.map_attribute("user", "email", "user.login")


def leave_without_deactivation(world: World) -> None:
    """Deactivate a user in Okta while deactivation is not pushed, then push it again."""
    world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    world.deactivate_person(GRACE)
    world.switch_push("PUSH_USER_DEACTIVATION", on=True)
    world.advance(hours=2)


def hire_without_push(world: World) -> None:
    """Assign a user while new users are not pushed, then push new users again."""
    world.switch_push("PUSH_NEW_USERS", on=False)
    hire(world)
    world.switch_push("PUSH_NEW_USERS", on=True)
    world.advance(hours=2)


def rename_without_push(world: World) -> None:
    """Change a login while updates are not pushed, then push updates again."""
    world.switch_push("PUSH_PROFILE_UPDATES", on=False)
    world.rename_person(GRACE, login="grace.silva@example.com")
    world.switch_push("PUSH_PROFILE_UPDATES", on=True)
    world.advance(hours=2)


def stage_and_wait(world: World) -> None:
    """Keep the first push of a user in the queue."""
    world.add_person(HIRE, "New", "Hire")
    world.stage(HIRE)
    world.advance(hours=2)


def flag(name: str) -> Breach:
    """Return a breach that switches one push flag off, and its fix."""
    return Breach(
        "push-flag-off",
        f"{name} off",
        lambda world: world.switch_push(name, on=False),
        lambda world: world.switch_push(name, on=True),
    )


def wait_a_day(world: World) -> None:
    """Advance the clock by a day without any push."""
    world.advance(hours=25)


BREACHES = (
    Breach("admin-unreachable", "no path", remove_every_admin_path, restore_every_admin_path),
    Breach(
        "admin-unreachable",
        "no user at all",
        World.remove_everyone,
        rebuild_users,
        ("user-not-provisioned",),
    ),
    Breach(
        "recovery-admin-at-risk",
        "adopted",
        lambda world: (
            world.add_person(HIRE, "New", "Hire"),
            world.add_local_user(email=HIRE, role="Admin", password=True),
            world.see(HIRE),
            world.stage(HIRE),
        ),
        lambda world: (world.remove_user(HIRE), world.push_again(HIRE)),
        ("provisioning-error", "unmanaged-user"),
    ),
    Breach(
        "recovery-admin-at-risk",
        "scim-managed",
        lambda world: world.make_admin(GRACE),
        lambda world: world.push_again(GRACE),
    ),
    Breach(
        "recovery-admin-at-risk",
        "stale",
        lambda world: world.see("recovery.one", days_ago=120),
        lambda world: world.see("recovery.one"),
    ),
    Breach(
        "recovery-admin-at-risk",
        "default admin",
        lambda world: (
            world.add_local_user(username="admin", role="Admin", password=True),
            world.see("admin"),
        ),
        lambda world: world.remove_user("admin"),
    ),
    Breach(
        "recovery-admin-at-risk",
        "single",
        lambda world: (
            world.set_team_role("Unleash Admins", None),
            world.remove_user("recovery.two"),
        ),
        lambda world: world.set_team_role("Unleash Admins", "Admin"),
    ),
    Breach(
        "unleash-too-old",
        "version",
        lambda world: world.set_version("6.0.4"),
        lambda world: world.set_version("8.2.0"),
    ),
    Breach(
        "scim-disabled",
        "toggle off",
        lambda world: world.set_scim(enabled=False),
        lambda world: world.set_scim(enabled=True),
    ),
    Breach(
        "scim-token-missing",
        "no token",
        lambda world: world.set_scim(enabled=True, has_token=False),
        lambda world: world.set_scim(enabled=True),
    ),
    *(
        Breach(
            "sso-autocreate-with-scim",
            kind,
            lambda world, kind=kind: world.set_sso(kind, auto_create=True),  # type: ignore[misc] # bound
            lambda world, kind=kind: world.set_sso(kind, enabled=kind == "saml"),  # type: ignore[misc] # bound
            also,
        )
        for kind, also in (("saml", ()), ("oidc", ("sso-identifier-differs",)))
    ),
    Breach(
        "sso-identifier-differs",
        "SAML asserts the email",
        lambda world: world.set_sign_on(subjectNameIdTemplate="${user.email}"),
        lambda world: world.set_sign_on(subjectNameIdTemplate="${user.userName}"),
    ),
    Breach(
        "app-not-usable",
        "inactive",
        World.deactivate_app,
        World.activate_app,
    ),
    Breach(
        "app-not-usable",
        "sign-on mode",
        lambda world: (world.set_sign_on_mode("BOOKMARK"), world.set_features([])),
        lambda world: (
            world.set_sign_on_mode("SAML_2_0"),
            world.set_features(features()),
        ),
        ("provisioning-off",),
    ),
    Breach(
        "provisioning-off",
        "no feature",
        lambda world: world.set_features([]),
        lambda world: world.set_features(features()),
    ),
    Breach(
        "scim-base-url-wrong",
        "the old form",
        lambda world: world.show_connection("{unleashUrl}/api/scim"),
        lambda world: world.show_connection("{unleashUrl}/scim"),
    ),
    Breach(
        "connector-auth-not-header",
        "basic",
        lambda world: world.show_connection(auth_scheme="OAUTH2"),
        lambda world: world.show_connection(auth_scheme="TOKEN"),
    ),
    Breach(
        "scim-credentials-rejected",
        "a revoked token",
        World.reject_credentials,
        World.accept_credentials,
        ("provisioning-error",),
    ),
    Breach(
        "scim-credentials-rejected",
        "a revoked token that only failed pushes show",
        lambda world: world.reject_credentials(in_pushes_only=True),
        World.accept_credentials,
        ("provisioning-error",),
    ),
    *(flag(name) for name in PUSH_FLAGS),
    Breach(
        "email-not-login",
        "pushed",
        push_wrong_email,
        push_right_email,
        ("sso-identifier-differs",),
    ),
    Breach(
        "email-not-login",
        "latent",
        lambda world: world.map_attribute("contractor", "email", "user.email"),
        lambda world: world.map_attribute("contractor", "email", "user.login"),
        ("sso-identifier-differs",),
    ),
    Breach(
        "username-not-login",
        "template",
        lambda world: world.set_username_template("${source.email}"),
        World.set_username_template,
        ("sso-identifier-differs",),
    ),
    Breach(
        "username-not-login",
        "mapping",
        lambda world: world.map_attribute("user", "userName", "user.email"),
        lambda world: world.unmap_attribute("user", "userName"),
        ("sso-identifier-differs",),
    ),
    Breach(
        "extra-attribute",
        "mapped and in the schema",
        lambda world: (
            world.add_schema_attribute("title"),
            world.map_attribute("user", "title", "user.title"),
        ),
        lambda world: world.remove_schema_attribute("title"),
    ),
    Breach(
        "extra-attribute",
        "a base attribute is mapped",
        lambda world: (
            world.add_schema_attribute("nickName", custom=False),
            world.map_attribute("contractor", "nickName", "user.nickName"),
        ),
        lambda world: world.unmap_attribute("contractor", "nickName"),
    ),
    Breach(
        "attribute-missing",
        "unmapped",
        lambda world: world.unmap_attribute("user", "displayName"),
        lambda world: world.map_attribute("user", "displayName", "user.displayName"),
    ),
    Breach(
        "attribute-missing",
        "not in the schema",
        lambda world: world.remove_schema_attribute("emailType"),
        lambda world: (
            world.add_schema_attribute("emailType", custom=False),
            world.map_attribute("user", "emailType", STOCK_EMAIL_TYPE),
            world.map_attribute("contractor", "emailType", STOCK_EMAIL_TYPE),
        ),
    ),
    Breach(
        "attribute-create-only",
        "email",
        lambda world: world.map_attribute("user", "email", "user.login", "DONT_PUSH"),
        lambda world: world.map_attribute("user", "email", "user.login", "PUSH"),
    ),
    Breach(
        "user-type-unmapped",
        "contractors",
        lambda world: world.remove_mapping("contractor"),
        lambda world: world.add_mapping("contractor"),
    ),
    Breach("not-steady", "a loop", lambda world: world.push_repeatedly(GRACE), wait_a_day),
    Breach("login-mismatch", "renamed without a push", rename_without_push, World.push_again),
    Breach("user-not-provisioned", "hired without a push", hire_without_push, World.push_again),
    Breach(
        "user-not-removed",
        "left without deactivation",
        leave_without_deactivation,
        lambda world: world.push_deactivation(GRACE),
    ),
    Breach(
        "unmanaged-user",
        "added by hand",
        lambda world: world.add_local_user(email="consultant@partner.example.net", role="Editor"),
        lambda world: world.remove_user("consultant@partner.example.net"),
    ),
    Breach(
        "duplicate-identity",
        "signed in while the email was wrong",
        create_second_account,
        lambda world: (world.remove_user(BENOIT), world.push_again(BENOIT)),
        ("login-mismatch",),
    ),
    Breach(
        "provisioning-error",
        "a push fails",
        lambda world: world.fail_provisioning(GRACE),
        lambda world: world.fix_provisioning(GRACE),
    ),
    Breach(
        "provisioning-error",
        "staged too long",
        stage_and_wait,
        lambda world: world.push_again(HIRE),
    ),
    Breach(
        "group-push-failing",
        "error",
        lambda world: world.break_group_push("Unleash Editors"),
        lambda world: world.fix_group_push("Unleash Editors"),
    ),
    Breach(
        "group-push-failing",
        "switched off",
        lambda world: world.break_group_push("Unleash Admins", "INACTIVE"),
        lambda world: world.fix_group_push("Unleash Admins"),
    ),
    Breach(
        "group-push-failing",
        "members changed by hand",
        lambda world: (world.set_team_members("Unleash Admins", [AMARA]), world.advance(hours=2)),
        World.push_again,
    ),
)
