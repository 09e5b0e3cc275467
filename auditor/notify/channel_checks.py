"""Health checks of Slack and webhooks. No message is posted."""

from collections.abc import Iterator

from auditor.config.settings import Settings
from auditor.config.tables.notification_settings import SlackSettings
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.errors import AuditorError
from auditor.notify.channel import DeliveryFailed
from auditor.notify.slack.api import Slack
from auditor.notify.slack.api_errors import NO_SCOPE_ERROR, NameUnresolved, Refused
from auditor.notify.slack.app_setup import reasons_by_scope
from auditor.notify.slack.interaction.operators import groups_of
from auditor.notify.slack.routing import routes_of


def check_channels(settings: Settings) -> Iterator[HealthCheck]:
    """Check every configured channel."""
    if settings.slack:
        yield from _check_slack(settings.slack)
    for webhook in settings.webhooks:
        area = f"webhook {webhook.name}"
        try:
            webhook.address()
            webhook.secret.read_line()
        except AuditorError as error:
            yield _unusable(area, error)
        else:
            yield HealthCheck(
                area=area,
                about="address",
                status=HealthStatus.NOTICE,
                message="Not checked: a webhook accepts messages only.",
            )


def _check_slack(slack: SlackSettings) -> Iterator[HealthCheck]:
    try:
        if slack.webhook_url():
            yield HealthCheck(
                area="Slack",
                about="webhook",
                status=HealthStatus.NOTICE,
                message="Not checked: a webhook accepts messages only. After a crash, one message "
                "can be posted twice, because a webhook cannot read messages. A bot token can.",
                remediation="auditor slack test posts a test message.",
            )
            return
        client = Slack.of(slack)
        bot = client.bot
    except AuditorError as error:
        yield _unusable("Slack", error)
        return
    yield HealthCheck(
        area="Slack", about="token", status=HealthStatus.OK, message=f"The token is of {bot}."
    )
    yield from _check_scopes(slack, bot.scopes)
    for channel in routes_of(slack).channels:
        yield _check_channel(client, channel)


def _check_channel(client: Slack, channel: str) -> HealthCheck:
    """Check that a channel exists and that the app is a member."""
    status, message, remediation = (
        HealthStatus.OK,
        "The channel exists, and the app is a member.",
        "",
    )
    try:
        client.check_channel(channel)
    except DeliveryFailed as failure:
        refused = isinstance(failure, Refused) and failure.error == NO_SCOPE_ERROR
        unlisted = isinstance(failure, NameUnresolved) and failure.reason == NO_SCOPE_ERROR
        if refused or unlisted:
            status, message = (
                HealthStatus.NOTICE,
                "Not checked: the token has no scope to read channels.",
            )
            remediation = "auditor slack test posts a test message."
        else:
            status, message = HealthStatus.WARNING, f"{failure}."
    return HealthCheck(
        area="Slack",
        about=f"channel {channel}",
        status=status,
        message=message,
        remediation=remediation,
    )


def _check_scopes(slack: SlackSettings, granted: frozenset[str]) -> Iterator[HealthCheck]:
    if not granted:
        yield _scopes(HealthStatus.NOTICE, "Slack does not state the scopes of the token.")
        return
    used = reasons_by_scope(slack)
    # Without one of these, something that is configured does not work. The others only improve it.
    needed = {"chat:write"} | ({"files:write"} if slack.attaches_reports else set())
    needed |= {"users:read"} if slack.is_interactive else set()
    needed |= {"usergroups:read"} if groups_of(slack.operators) else set()
    missing = {scope: use for scope, use in used.items() if scope not in granted}
    additional = sorted(granted - used.keys())
    if missing:
        yield HealthCheck(
            area="Slack",
            about="scopes",
            status=HealthStatus.WARNING if needed & missing.keys() else HealthStatus.NOTICE,
            message="Scopes are missing.",
            details=tuple(f"{scope}: to {use}" for scope, use in missing.items()),
            remediation=(
                "Add them in the app's settings under OAuth & Permissions, and reinstall it."
            ),
        )
    else:
        yield _scopes(HealthStatus.OK, "The token has all scopes that the auditor uses.")
    if additional:
        yield _scopes(
            HealthStatus.NOTICE, f"The token has scopes that are not used: {', '.join(additional)}."
        )


def _scopes(status: HealthStatus, message: str) -> HealthCheck:
    return HealthCheck(area="Slack", about="scopes", status=status, message=message)


def _unusable(area: str, error: AuditorError) -> HealthCheck:
    return HealthCheck(area=area, about="channel", status=HealthStatus.WARNING, message=f"{error}.")
