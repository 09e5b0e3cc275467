"""The tables of auditor.toml that say who is told, where and when."""

import re
from collections.abc import Iterable, Sequence
from functools import partial

from auditor.config import shape
from auditor.config.duration import span
from auditor.config.location import Location
from auditor.config.settings import SlackSettings, WebhookSettings
from auditor.config.source import SecretSources
from auditor.config.values import base_url
from auditor.engine.incidents.policy import NotificationPolicy
from auditor.errors import gather_errors, nearest

_MENTIONS = re.compile(r"@(here|channel|everyone)|[SUW][A-Z0-9]{6,}")


def load_slack(
    table: shape.SlackTable, place: Location, sources: SecretSources, targets: Iterable[str]
) -> SlackSettings:
    """Check ``[slack]``; raise :class:`~auditor.errors.ConfigError`."""
    token = sources.named(place, "token", table.token_env, table.token_file)
    webhook = sources.named(place, "webhook_url", table.webhook_url_env, table.webhook_url_file)
    if bool(token) == bool(webhook):
        remediation = (
            "name either token_env (or token_file) or webhook_url_env (or webhook_url_file)"
        )
        place.refuse("there must be one way to post", remediation)
    if token and not table.channel:
        (place / "channel").refuse("missing", "a bot token needs a channel to post to")
    if webhook and table.route:
        (place / "route").refuse("a webhook posts to one channel", "use a bot token, or drop it")
    _check_routes(table.route, place / "route", targets)
    _check_mentions(table, place / "mentions")
    return SlackSettings(
        channel=table.channel,
        token=token,
        webhook=webhook,
        base_url=table.base_url and base_url(table.base_url, place / "base_url"),
        routes=table.route,
        mentions={str(severity): whom for severity, whom in table.mentions.items()},
        attaches_reports=table.attach == "report",
    )


def load_webhooks(
    tables: Sequence[shape.WebhookTable], place: Location, sources: SecretSources
) -> tuple[WebhookSettings, ...]:
    """Check each ``[[webhook]]``; raise :class:`~auditor.errors.ConfigError`."""
    names = ("slack", *(table.name for table in tables))

    def load(number: int, table: shape.WebhookTable) -> WebhookSettings:
        here = place / number
        if table.name in names[: number + 1]:
            (here / "name").refuse(f"{table.name!r} is taken", "choose another name")
        return WebhookSettings(
            name=table.name,
            url=sources.needed(here, "url", table.url_env, table.url_file),
            secret=sources.needed(here, "secret", table.secret_env, table.secret_file),
        )

    return gather_errors(partial(load, *each) for each in enumerate(tables))


def load_alerts(table: shape.AlertsTable, place: Location) -> NotificationPolicy:
    """Check ``[alerts]``; raise :class:`~auditor.errors.ConfigError`."""
    return NotificationPolicy(
        combine_above=table.combine_above,
        combine_affected=table.combine_affected,
        not_evaluated_after=table.not_evaluated_after,
        stale_after=span(table.stale_after, place / "stale_after"),
        expiry_notice=span(table.expiry_notice, place / "expiry_notice"),
    )


def _check_routes(
    routes: Iterable[shape.RouteTable], place: Location, targets: Iterable[str]
) -> None:
    known = tuple(targets)
    for number, route in enumerate(routes):
        if route.target is not None and route.target not in known:
            what = f"no target is called {route.target!r}{nearest(route.target, known)}"
            (place / number / "target").refuse(what)


def _check_mentions(table: shape.SlackTable, place: Location) -> None:
    for severity, whom in table.mentions.items():
        for each in whom:
            if not _MENTIONS.fullmatch(each):
                remediation = "write @here, or the id of a user group (S…) or a user (U…)"
                (place / severity).refuse(f"{each!r} calls nobody", remediation)
