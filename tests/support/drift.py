"""The drift that most tests of commands use, and its fix."""

from auditor.sandbox import World


def break_email(world: World) -> None:
    """Map email from the primary email instead of the login."""
    world.map_attribute("user", "email", "user.email")


def fix_email(world: World) -> None:
    """Map email from the login again, and push every assigned user."""
    world.map_attribute("user", "email", "user.login")
    world.push_again()
