"""How many Socket Mode connections the Slack app has, and how many of them are ours. Pure."""

from datetime import datetime

from msgspec import Struct

from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.text import count, format_time


class SlackConnectionFact(Struct, frozen=True, kw_only=True):
    """What Slack stated when this deployment connected."""

    at: datetime
    app_id: str
    connections: int
    """All connections of the app."""

    own: int
    """The connections of this deployment: one, or two while one replaces the other."""


def check_connections_of_app(fact: SlackConnectionFact | None) -> HealthCheck:
    """Return an error when another program uses the same Slack app."""

    def check(status: HealthStatus, message: str, remediation: str = "") -> HealthCheck:
        return HealthCheck(
            area="Slack",
            about="connections",
            status=status,
            message=message,
            remediation=remediation,
        )

    if fact is None:
        return check(
            HealthStatus.NOTICE,
            "No process has connected to Slack yet, so no click is answered.",
            "Run auditor serve with this configuration.",
        )
    at = format_time(fact.at)
    # Inferred: Slack's greeting counts all connections of the app, including this one.
    if fact.connections > fact.own:
        others = count(fact.connections - fact.own, "connection")
        return check(
            HealthStatus.ERROR,
            f"The Slack app had {others} of another program at {at}. That program gets a part of "
            "the clicks, and they have no effect here.",
            "Create a Slack app for each deployment, and revoke other app tokens of this one.",
        )
    return check(HealthStatus.OK, f"Connected at {at}; no other program uses the app.")
