"""``auditor report``: write the HTML report from what is remembered."""

import argparse
from datetime import UTC, datetime, timedelta

import msgspec

from auditor.cli.options import add_config, settings_of
from auditor.config.duration import EXAMPLES, duration
from auditor.config.settings import Settings, TargetSettings
from auditor.deliver.report_files import write
from auditor.judge.report import Report, build_report
from auditor.run import rules_for
from auditor.store import open_store


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Write the report on a period, from what is remembered: Okta and Unleash are not
asked, and their tokens are not needed."""
    parser.epilog = """\
examples:
  auditor report                               the last seven days, every target
  auditor report -t production --since 30d     a month of one target
  auditor report --until 2026-11-01            as it stood then
  auditor report --format json                 the same, for scripts
"""
    add_config(parser)
    parser.add_argument(
        "-t", "--target", action="append", metavar="NAME", help="only this target; may be repeated"
    )
    parser.add_argument(
        "--since",
        type=_span,
        default=timedelta(days=7),
        metavar="SPAN",
        help=f"how far back: {EXAMPLES} (default: 7d)",
    )
    parser.add_argument(
        "--until", type=_instant, metavar="DATE", help="the end of the period (default: now)"
    )
    parser.add_argument(
        "--format", choices=("html", "json"), default="html", help="a file, or text on stdout"
    )
    parser.add_argument(
        "--destination",
        metavar="PLACE",
        help="where it goes, instead of report.destination of the configuration",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    names = arguments.target or [each.name for each in settings.targets]
    until = arguments.until or datetime.now(UTC)
    reports = [
        report_on(settings, settings.target(name), since=until - arguments.since, until=until)
        for name in names
    ]
    if arguments.format == "json":
        print(msgspec.json.format(msgspec.json.encode(reports)).decode())
        return 0
    place = arguments.destination or settings.report.destination
    for report in reports:
        print(write(report, place, keep=settings.report.keep_reports))
    return 0


def report_on(
    settings: Settings, target: TargetSettings, *, since: datetime, until: datetime
) -> Report:
    """Read what is remembered of one target, and say how it stood."""
    rules = rules_for(settings, target)
    with open_store(settings.store.url().reveal()) as store:
        history = store.history(target.name, since=since, until=until)
    return build_report(
        history,
        target=target.target,
        rules=rules,
        since=since,
        until=until,
        waivers=settings.waivers,
        attestations=settings.attestations,
    )


def _span(text: str) -> timedelta:
    span = duration(text)
    if span is None:
        msg = f"no span of time: {text!r}; write one like {EXAMPLES}"
        raise argparse.ArgumentTypeError(msg)
    return span


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        msg = f"no date: {text!r}; write one like 2027-01-31 or 2027-01-31T08:00Z"
        raise argparse.ArgumentTypeError(msg) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
