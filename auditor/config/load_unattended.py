"""The tables of auditor.toml that let it run by itself, checked."""

from collections.abc import Iterator
from datetime import timedelta, tzinfo
from ipaddress import IPv4Network, IPv6Network, ip_network
from zoneinfo import ZoneInfo

from msgspec.structs import asdict

from auditor.config.duration import span
from auditor.config.location import Location
from auditor.config.schedule import cron
from auditor.config.service_settings import (
    Address,
    HeartbeatSettings,
    MetricsSettings,
    Schedule,
    ServeSettings,
    Timetable,
    shift,
)
from auditor.config.shape_unattended import (
    HeartbeatTable,
    MetricsTable,
    ScheduleTable,
    ServeTable,
    SlaTable,
)
from auditor.config.source import SecretSources
from auditor.config.values import base_url

NEVER = "never"
OFF = "off"
_DEFAULTS = ScheduleTable(audit="7 * * * *", report="30 6 * * 1", time_zone="UTC", spread="5m")


def load_schedule(target: str, *tables: tuple[ScheduleTable, Location]) -> Schedule:
    """Put a target's schedule together; the first table that says something counts."""
    known = (*tables, (_DEFAULTS, Location("")))

    def said(name: str) -> tuple[str, Location]:
        return next(
            (value, place / name) for table, place in known if (value := getattr(table, name))
        )

    zone, late = _zone(*said("time_zone")), shift(target, span(*said("spread")))

    def timetable(text: str, place: Location) -> Timetable | None:
        if text == NEVER:
            return None
        try:
            return Timetable(cron=cron(text), zone=zone, shift=late)
        except ValueError as error:
            place.refuse(f"{text!r}: {error}", "write it like '7 * * * *', or 'never'")

    return Schedule(audit=timetable(*said("audit")), report=timetable(*said("report")))


def load_serve(table: ServeTable, place: Location, sources: SecretSources) -> ServeSettings:
    """Check ``[serve]``: reports that others can reach must be behind a login."""
    reports = None if table.reports == OFF else _address(table.reports, place / "reports")
    password = sources.named(place, "password", table.password_env, table.password_file)
    proxies = tuple(_networks(table.proxies, place / "proxies"))
    if table.user_header and not proxies:
        (place / "proxies").refuse("missing", "anybody could send user_header; name the proxy")
    if reports and not reports.is_loopback:
        if not (password or table.user_header):
            remediation = "set password_env, password_file or user_header, or listen on 127.0.0.1"
            (place / "reports").refuse("others could read the reports without a login", remediation)
        if not table.trusted_hosts:
            (place / "trusted_hosts").refuse("missing", "name the host that browsers ask for")
    return ServeSettings(
        operations=_address(table.operations, place / "operations"),
        reports=reports,
        trusted_hosts=table.trusted_hosts,
        password=password,
        user_header=table.user_header,
        proxies=proxies,
        jobs=table.jobs,
        grace=span(table.grace, place / "grace"),
    )


def load_heartbeat(
    table: HeartbeatTable, place: Location, sources: SecretSources
) -> HeartbeatSettings:
    """Check ``[heartbeat]``."""
    return HeartbeatSettings(
        url=sources.needed(place, "url", table.url_env, table.url_file),
        failure_url=sources.named(
            place, "failure_url", table.failure_url_env, table.failure_url_file
        ),
    )


def load_metrics(table: MetricsTable, place: Location, sources: SecretSources) -> MetricsSettings:
    """Check ``[metrics]``."""
    return MetricsSettings(
        push=table.push and base_url(table.push, place / "push", allow_http=True),
        textfile=table.textfile and str(sources.folder / table.textfile),
    )


def load_sla(table: SlaTable, place: Location) -> dict[str, timedelta]:
    """Check ``[sla]``; return what it says, by the severity's name."""
    return {
        severity: span(text, place / severity)
        for severity, text in asdict(table).items()
        if text is not None
    }


def _zone(name: str, place: Location) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        place.refuse(f"no time zone is called {name!r}", "write one like UTC or Europe/Berlin")


def _address(text: str, place: Location) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004  (of 16 bits)
        place.refuse(f"{text!r} is no address to listen on", "write it like 127.0.0.1:9187")
    return Address(host=host.strip("[]"), port=int(port))


def _networks(texts: tuple[str, ...], place: Location) -> Iterator[IPv4Network | IPv6Network]:
    for number, text in enumerate(texts):
        try:
            yield ip_network(text)
        except ValueError:
            (place / number).refuse(f"{text!r} is no network", "write it like 10.0.0.0/8")
