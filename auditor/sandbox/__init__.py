"""A simulated Okta org, Unleash Enterprise and Slack workspace, with HTTP on loopback."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.sandbox.server import Sandbox
    from auditor.sandbox.worlds.world import World

__all__ = ["Sandbox", "World"]


def __getattr__(name: str) -> object:
    """Import the server only when it is used, because a world alone needs no HTTP."""
    if name == "World":
        from auditor.sandbox.worlds.world import World

        return World
    if name == "Sandbox":
        from auditor.sandbox.server import Sandbox

        return Sandbox
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
