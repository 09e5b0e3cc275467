"""Which Slack channel is told of what. Pure."""

from msgspec import Struct

from auditor.config.notification_settings import SlackSettings
from auditor.engine.incidents.notification import Notification
from auditor.rule.severity import Severity


class Route(Struct, frozen=True, kw_only=True):
    """Announcements that fit go to ``channel``; what is not said fits everything."""

    channel: str
    target: str | None = None
    rule: str | None = None
    """Only messages about this rule alone."""

    severity: Severity | None = None
    """At least so severe."""

    def fits(self, notification: Notification) -> bool:
        """Tell whether the announcement goes this way."""
        severity = notification.severity
        return (
            self.target in {None, notification.target}
            and (self.rule is None or notification.rules == (self.rule,))
            and (
                self.severity is None
                or (severity is not None and severity.rank >= self.severity.rank)
            )
        )


class Routes(Struct, frozen=True, kw_only=True):
    """All ways, tried from the first on."""

    default: str
    routes: tuple[Route, ...] = ()

    def channel_for(self, notification: Notification) -> str:
        """Return the channel as the configuration names it."""
        fitting = (route.channel for route in self.routes if route.fits(notification))
        return next(fitting, self.default)

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels that are named, each once."""
        return tuple(dict.fromkeys((self.default, *(route.channel for route in self.routes))))


def routes_of(slack: SlackSettings) -> Routes:
    """Read the ways from the configuration of a bot."""
    return Routes(
        default=slack.channel or "",
        routes=tuple(
            Route(
                channel=each.channel,
                target=each.target,
                rule=each.rule,
                severity=Severity(each.severity) if each.severity else None,
            )
            for each in slack.routes
        ),
    )
