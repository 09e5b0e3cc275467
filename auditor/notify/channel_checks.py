"""Health checks of Slack and webhooks. Nothing is posted."""

from collections.abc import Iterator

from auditor.config.notification_settings import SlackSettings
from auditor.config.settings import Settings
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.errors import AuditorError
from auditor.notify.channel import DeliveryFailed
from auditor.notify.slack.api import Slack
from auditor.notify.slack.api_errors import NO_SCOPE, Refused
from auditor.notify.slack.app_setup import SCOPES
from auditor.notify.slack.routing import routes_of


def check_channels(settings: Settings) -> Iterator[HealthCheck]:
    """Look at every channel that the configuration names."""
    if settings.slack:
        yield from _check_slack(settings.slack)
    for webhook in settings.webhooks:
        area = f"webhook {webhook.name}"
        try:
            webhook.address()
            webhook.secret.read_line()
        except AuditorError as error:
            yield _dumb(area, error)
        else:
            yield HealthCheck(
                area=area,
                about="address",
                status=HealthStatus.NOTICE,
                message="Not tried: it can only be posted to.",
            )


def _check_slack(slack: SlackSettings) -> Iterator[HealthCheck]:
    try:
        if slack.webhook_url():
            yield HealthCheck(
                area="Slack",
                about="webhook",
                status=HealthStatus.NOTICE,
                message="Not tried: it can only be posted to, and after a crash one message may "
                "come twice. A bot token can look that up.",
                remediation="auditor slack test posts a sample.",
            )
            return
        client = Slack.of(slack)
        bot, scopes = client.whoami()
    except AuditorError as error:
        yield _dumb("Slack", error)
        return
    yield HealthCheck(area="Slack", about="token", status=HealthStatus.OK, message=f"It is {bot}.")
    yield from _check_scopes(slack, scopes)
    for channel in routes_of(slack).channels:
        yield _check_channel(client, channel)


def _check_channel(client: Slack, channel: str) -> HealthCheck:
    """Look a channel up, as far as the token may; nothing is posted."""
    standing, says, remediation = HealthStatus.OK, "It is there, and the app is in it.", ""
    try:
        client.look_up(channel)
    except DeliveryFailed as failure:
        if isinstance(failure, Refused) and failure.error == NO_SCOPE:
            standing, says = HealthStatus.NOTICE, "Not tried: the token may not look it up."
            remediation = "auditor slack test posts a sample."
        else:
            standing, says = HealthStatus.WARNING, f"{failure}."
    return HealthCheck(
        area="Slack",
        about=f"channel {channel}",
        status=standing,
        message=says,
        remediation=remediation,
    )


def _check_scopes(slack: SlackSettings, granted: frozenset[str]) -> Iterator[HealthCheck]:
    if not granted:
        yield _scopes(HealthStatus.NOTICE, "Slack does not say what the token may do.")
        return
    needed = {"chat:write"} | ({"files:write"} if slack.attaches_reports else set())
    lacking = {scope: use for scope, use in SCOPES.items() if scope not in granted}
    beyond = sorted(granted - SCOPES.keys())
    if lacking:
        yield HealthCheck(
            area="Slack",
            about="scopes",
            status=HealthStatus.WARNING if needed & lacking.keys() else HealthStatus.NOTICE,
            message="It lacks some.",
            details=tuple(f"{scope}: to {use}" for scope, use in lacking.items()),
            remediation=(
                "Add them in the app's settings under OAuth & Permissions, and reinstall it."
            ),
        )
    else:
        yield _scopes(HealthStatus.OK, "It has all that it needs.")
    if beyond:
        yield _scopes(HealthStatus.NOTICE, f"It may do more than it needs: {', '.join(beyond)}.")


def _scopes(standing: HealthStatus, says: str) -> HealthCheck:
    return HealthCheck(area="Slack", about="scopes", status=standing, message=says)


def _dumb(area: str, error: AuditorError) -> HealthCheck:
    return HealthCheck(area=area, about="channel", status=HealthStatus.WARNING, message=f"{error}.")
