"""Which Slack channel receives a notification. Pure."""

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.tables.notification_settings import SlackSettings
from auditor.engine.incidents.notification import Notification
from auditor.rule.severity import Severity


class Route(Struct, frozen=True, kw_only=True):
    """Notifications that match go to ``channel``; an absent condition matches everything."""

    channel: str
    target: str | None = None
    rule: str | None = None
    """Notifications about this rule alone."""

    severity: Severity | None = None
    """The lowest severity that matches."""

    def matches(self, notification: Notification) -> bool:
        """Return whether the notification goes to this channel."""
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
    """All routes; the first one that matches applies."""

    default: str
    routes: tuple[Route, ...] = ()

    def channel_for(self, notification: Notification) -> str:
        """Return the channel as the configuration names it."""
        matching = (route.channel for route in self.routes if route.matches(notification))
        return next(matching, self.default)

    def has(self, notification: Notification) -> bool:
        """Return whether a route, not only the default, applies to the notification."""
        return any(route.matches(notification) for route in self.routes)

    def channels_at_any_severity(self, notification: Notification) -> frozenset[str]:
        """Return the channels that the notification could go to at any severity."""
        severities = (None, *Severity)
        return frozenset(
            self.channel_for(replace(notification, severity=each)) for each in severities
        )

    @property
    def channels(self) -> tuple[str, ...]:
        """All configured channels, each once."""
        return tuple(dict.fromkeys((self.default, *(route.channel for route in self.routes))))


def routes_of(slack: SlackSettings) -> Routes:
    """Return the routes of a configured bot."""
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
