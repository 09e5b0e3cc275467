"""Reports: built from history, written, linked, attached and exported."""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from auditor.clock import Clock
from auditor.config.rule_settings import disabled_rules, rules_for
from auditor.config.settings import Settings
from auditor.config.storage_settings import ReportSettings
from auditor.config.target_settings import TargetSettings
from auditor.engine.incidents.notification import Digest, Notification
from auditor.engine.views.digest import weekly_digest
from auditor.engine.views.report import Report, build_report
from auditor.errors import AuditorError
from auditor.notify.channel import Attachment
from auditor.notify.delivery import Delivered
from auditor.notify.dispatch import channels_of, deliver
from auditor.publish.archive import file_name, write, write_latest
from auditor.rule.binding import BoundRule

if TYPE_CHECKING:
    from auditor.store.store import Store

WEEK = timedelta(days=7)


def report_on(
    store: "Store",
    settings: Settings,
    target: TargetSettings,
    rules: tuple[BoundRule, ...],
    *,
    since: datetime,
    until: datetime,
) -> Report:
    """Build the report on one target from its history; ``rules`` are those of :func:`rules_for`."""
    return build_report(
        store.history.period(target.name, since=since, until=until),
        target=target.target,
        rules=rules,
        off=disabled_rules(settings, rules),
        since=since,
        until=until,
        waivers=settings.waivers,
        attestations=settings.attestations,
        deadlines=settings.deadlines(target.name),
    )


def publish(
    store: "Store", settings: Settings, report: Report, now: Clock
) -> tuple[str, Delivered]:
    """Put a report where it belongs and tell people of it; the same period is told once.

    Returns the report's address. Raises :class:`~auditor.errors.DeliveryError` when it could not
    be written; then nobody is told.
    """
    address = write(report, settings.report.destination, keep=settings.report.keep_reports)
    name = report.target.name
    store.outbox.enqueue(name, (weekly_digest(report),), channels_of(settings), at=now())
    delivered = deliver(
        store,
        settings,
        now,
        target=name,
        report_url=partial(report_url, settings.report),
        attachment=current_report(store, settings, now),
    )
    return address, delivered


def export(
    store: "Store",
    settings: Settings,
    target: TargetSettings,
    rules: tuple[BoundRule, ...],
    *,
    until: datetime,
) -> tuple[str, ...]:
    """Write the last seven days of a target in the formats that are wanted for other programs.

    Where messages link to the reports, the page that they link to is written, too. Return why
    something could not be written; nothing is raised, for the run itself stands.
    """
    wanted = settings.report
    if not (wanted.exports or wanted.public_url):
        return ()
    from auditor.publish.latest_exports import write_exports

    faults: dict[str, None] = {}
    try:
        report = report_on(store, settings, target, rules, since=until - WEEK, until=until)
        faults |= dict.fromkeys(write_exports(report, wanted.export_destination, wanted.exports))
        if wanted.public_url:
            write_latest(report, wanted.destination)
    except AuditorError as error:
        faults[str(error)] = None
    return tuple(faults)


def current_report(store: "Store", settings: Settings, now: Clock) -> Attachment:
    """Attach a target's report as it stands when it is asked for."""

    def attach(notification: Notification) -> tuple[str, bytes] | None:
        from auditor.publish.report_page import render

        named = (each for each in settings.targets if each.name == notification.target)
        target = next(named, None)
        if target is None:  # announced, and then taken out of the configuration
            return None
        until = max(now(), notification.at + timedelta(seconds=1))  # the run itself is in it
        rules = rules_for(settings, target)
        report = report_on(store, settings, target, rules, since=until - WEEK, until=until)
        return file_name(until), render(report).encode()

    return attach


def report_url(report: ReportSettings, notification: Notification) -> str | None:
    """Return where the report is found, if anywhere: a digest is of one week, the rest of today."""
    if report.public_url is None:
        return None
    from auditor.publish.archive import LATEST, file_name

    weekly = isinstance(notification.about, Digest)
    page = file_name(notification.at) if weekly else LATEST
    return f"{report.public_url}/{notification.target}/{page}"
