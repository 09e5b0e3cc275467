"""Build reports from the stored history, and write, attach, link and export them."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING

from auditor.clock import Clock
from auditor.config.rule_settings import all_rules, disabled_rules, rules_for
from auditor.config.settings import Settings
from auditor.config.tables.storage_settings import ReportSettings
from auditor.config.tables.target_settings import TargetSettings
from auditor.engine.causes.cause_title import problem_titles
from auditor.engine.findings.tracked_findings import FindingTransition
from auditor.engine.incidents.notification import Digest, Notification
from auditor.engine.views.digest import weekly_digest
from auditor.engine.views.fleet import Fleet, FleetTarget, fleet_of, fleet_target
from auditor.engine.views.target_report.report import Report, build_report
from auditor.errors import AuditorError
from auditor.notify.channel import Attachment
from auditor.notify.delivery import Delivered
from auditor.notify.dispatch import channels_of, deliver
from auditor.publish.affected_csv import affected_csv, affected_file
from auditor.publish.archive import LATEST_FILE, WrittenReport, file_name, write, write_latest
from auditor.publish.destinations import open_destination
from auditor.publish.report_week import last_complete_week, week_of
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
    week: str = "",
) -> Report:
    """Build the report on one target from its history; ``rules`` are those of :func:`rules_for`."""
    notified_state = store.incidents.notified_state(target.name)
    zone = _zone(target)
    return build_report(
        store.history.period(target.name, since=since, until=until, zone=zone),
        target=target.target,
        rules=rules,
        off=disabled_rules(settings, rules),
        since=since,
        until=until,
        week=week,
        zone=zone,
        waivers=settings.waivers,
        attestations=settings.attestations,
        expiry_notice=settings.alerts.expiry_notice,
        deadlines=settings.deadlines(
            target.name, notified_state.owners if notified_state else None
        ),
        incidents=notified_state.incidents if notified_state else None,
        actions=store.actions.of(target.name, since=since, until=until),
        admin_access=store.history.admin_access(target.name),
        fix_effects=store.history.fix_effects(target.name),
        exposure=store.delays.exposure(
            # The weeks of its trend begin in the zone of `until`.
            target.name,
            settings.sla_keys.delay_budgets,
            since=since,
            until=until.astimezone(zone),
        ),
    )


def weekly_report(
    store: "Store",
    settings: Settings,
    target: TargetSettings,
    rules: tuple[BoundRule, ...],
    *,
    at: datetime,
) -> Report:
    """Build the report on the last ISO week that is complete at ``at`` in the schedule's zone."""
    week = last_complete_week(at, _zone(target))
    return report_on(
        store, settings, target, rules, since=week.since, until=week.until, week=week.name
    )


def affected_beside(settings: Settings, report: Report) -> str:
    """Return the name of the CSV file of the last audit's affected users; ``""``: no audit."""
    if report.last_audit is None:
        return ""
    zone = _zone(settings.target(report.target.name))
    return affected_file(week_of(report.last_audit.at, zone))


def _zone(target: TargetSettings) -> tzinfo:
    # Without a schedule of reports, weeks begin in the zone of the audits.
    timetable = target.schedule.report or target.schedule.audit
    return timetable.zone if timetable else UTC


def publish(
    store: "Store", settings: Settings, report: Report, now: Clock
) -> tuple[str, Delivered]:
    """Write a report and send its digest, once for each period.

    Returns the address of the report, and the result of the delivery. Raises
    :class:`~auditor.errors.DeliveryError`, and sends nothing, when the report cannot be written.
    """
    # The report is written first: the digest links to it and states its hash.
    written: WrittenReport = write(
        report,
        settings.report.destination,
        keep=settings.report.keep_reports,
        affected=affected_beside(settings, report),
    )
    name = report.target.name
    store.outbox.enqueue(
        name,
        (weekly_digest(report, report_sha256=written.sha256),),
        channels_of(settings),
        at=now(),
    )
    return written.address, deliver_with_reports(store, settings, now, target=name)


def deliver_with_reports(
    store: "Store",
    settings: Settings,
    now: Clock,
    *,
    target: str | None = None,
    of: Collection[str] | None = None,
) -> Delivered:
    """Deliver what is due with the links to its report, and the report attached where configured.

    ``target`` and ``of`` are those of :func:`~auditor.notify.dispatch.deliver`. Raises nothing:
    what failed is kept for the next delivery, and the result counts it.
    """
    return deliver(
        store,
        settings,
        now,
        target=target,
        of=of,
        report_url=partial(report_url, settings.report),
        attachment=current_report(store, settings, now),
    )


def export(
    store: "Store",
    settings: Settings,
    target: TargetSettings,
    rules: tuple[BoundRule, ...],
    *,
    transitions: Iterable[FindingTransition],
    at: datetime,
    until: datetime,
) -> tuple[str, ...]:
    """Write the list of all affected users, and the last seven days in the configured formats.

    ``transitions`` are those of the audit at ``at``: the store keeps only a part of the affected
    users. With ``report.public_url``, the page that messages link to is written too. Returns one
    line for each file that could not be written. Raises nothing, because the audit is stored.
    """
    wanted = settings.report
    if not (wanted.exports or wanted.is_written_by_audits):
        return ()
    from auditor.publish.latest_exports import write_exports

    # A dictionary for its keys: one reason for several files is one line, in a stable order.
    faults: dict[str, None] = {}
    try:
        if wanted.is_written_by_audits:
            open_destination(wanted.destination, target.name).write_chunks(
                affected_file(week_of(at, _zone(target))),
                affected_csv(target.name, at, transitions),
            )
        if not (wanted.exports or wanted.public_url):
            return ()
        report = report_on(store, settings, target, rules, since=until - WEEK, until=until)
        faults |= dict.fromkeys(write_exports(report, wanted.export_destination, wanted.exports))
        if wanted.public_url:
            write_latest(report, wanted.destination, affected=affected_beside(settings, report))
    except AuditorError as error:
        faults[str(error)] = None
    return tuple(faults)


def fleet_overview(store: "Store", settings: Settings, *, at: datetime) -> Fleet:
    """Read the state of all configured targets from the store."""
    loaded = all_rules(settings.rule_paths, where=settings.place("rule_paths"))
    titles = problem_titles(each.rule for each in loaded.values())

    def rows() -> Iterator[FleetTarget]:
        for target in settings.targets:
            history = store.history
            notified_state = store.incidents.notified_state(target.name)
            yield fleet_target(
                target.name,
                findings=history.findings(target.name),
                verdicts=history.verdicts(target.name, at=at),
                last=next(iter(history.audits(target.name, until=at, limit=1)), None),
                # The state a week ago is known under the same condition as the present one.
                week_ago=next(
                    iter(
                        history.audits(
                            target.name,
                            since=at - WEEK - settings.alerts.stale_after,
                            until=at - WEEK,
                            limit=1,
                        )
                    ),
                    None,
                ),
                deadlines=settings.deadlines(
                    target.name, notified_state.owners if notified_state else None
                ),
                titles=titles,
                at=at,
                stale_after=settings.alerts.stale_after,
            )

    return fleet_of(rows(), at)


def publish_fleet(store: "Store", settings: Settings, place: str, *, at: datetime) -> str:
    """Write the overview of all targets to a destination of reports; return its address."""
    from auditor.publish.fleet_page import write_fleet

    return write_fleet(fleet_overview(store, settings, at=at), place)


def current_report(store: "Store", settings: Settings, now: Clock) -> Attachment:
    """Return the attachment: the published weekly report of a digest, otherwise a new report."""

    def attach(notification: Notification) -> tuple[str, bytes] | None:
        # Only here a page is rendered, so most deliveries do not load jinja2.
        from auditor.publish.report_page import render

        named = (each for each in settings.targets if each.name == notification.target)
        target = next(named, None)
        if target is None:  # enqueued before the target was removed from the configuration
            return None
        if isinstance(notification.about, Digest) and notification.about.week:
            name = f"{notification.about.week}.html"
            page = open_destination(settings.report.destination, target.name).read(name)
            return (name, page) if page is not None else None
        # One second more, so that the period contains the audit itself.
        until = max(now(), notification.at + timedelta(seconds=1))
        rules = rules_for(settings, target)
        report = report_on(store, settings, target, rules, since=until - WEEK, until=until)
        return file_name(report), render(report).encode()

    return attach


def report_url(report: ReportSettings, notification: Notification) -> str | None:
    """Return the URL of the report: a digest links to its week, other messages to the latest."""
    if report.public_url is None:
        return None
    about = notification.about
    page = f"{about.week}.html" if isinstance(about, Digest) and about.week else LATEST_FILE
    return f"{report.public_url}/{notification.target}/{page}"
