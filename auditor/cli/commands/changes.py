"""The command ``auditor changes``: list configuration changes and who made them."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from auditor.cli.command_group import Command
from auditor.cli.options import (
    beginning,
    config_option,
    format_option,
    load_configuration,
    since_option,
    target_option,
)
from auditor.engine.audit_history import StoredChange

if TYPE_CHECKING:
    from auditor.cli.output.page import TerminalPage
    from auditor.config.settings import Settings
    from auditor.domain.target import Target

_EPILOG = """\
Examples:
  auditor changes                        the last seven days
  auditor changes --since 30d -t production
  auditor changes --format json | \\
      jq '.[].changes[] | select(.confidence == "exact")'
"""


class TargetChanges(Struct, frozen=True, kw_only=True):
    """The changes of one target."""

    target: str
    changes: tuple[StoredChange, ...]
    """Oldest first."""


@click.command("changes", cls=Command, epilog=_EPILOG)
@config_option
@target_option
@since_option()
@format_option("text", "json")
def command(config: Path, target: tuple[str, ...], since: timedelta, output_format: str) -> None:
    """List changes of the configuration in Okta and Unleash, and who made them.

    The command reads the database only. An author is named if the logs of Okta or Unleash name
    one.
    """
    from auditor.cli.inputs import last_audit_at, open_history
    from auditor.cli.output.data_output import print_json
    from auditor.cli.output.page import TerminalPage, format_time, print_head
    from auditor.clock import utc_now
    from auditor.engine.changes.diff import whole
    from auditor.text import count

    settings = load_configuration(config)
    start = beginning(utc_now(), since)
    with open_history(settings, target) as (store, names):
        audited_at = {name: last_audit_at(store, name) for name in names}
        found = tuple(
            TargetChanges(target=name, changes=store.history.changes(name, since=start))
            for name in names
        )
    if output_format == "json":
        print_json(found)
        return
    for each in found:
        page = TerminalPage()
        print_head(page, each.target, audited_at[each.target])
        page.gap()
        # For a reader, what was added or removed as a whole is one change. JSON lists each path.
        changes = whole(each.changes)
        _print_changes(page, changes, _configured(settings, each.target))
        if changes:
            page.line(f"{count(len(changes), 'change')} since {format_time(start)}")
        elif audited_at[each.target]:
            page.line(
                f"No configuration change was found since {format_time(start)}. "
                "Data that the audits could not read, or read for the first time, was not compared."
            )
        page.gap()


def _configured(settings: "Settings", name: str) -> "Target | None":
    """Return the configured target; ``None``: it is stored only, and its address is unknown."""
    return next((each.target for each in settings.targets if each.name == name), None)


def _print_changes(
    page: "TerminalPage", changes: Iterable[StoredChange], target: "Target | None"
) -> None:
    from auditor.cli.output.page import format_time
    from auditor.domain.remediation import console_links
    from auditor.engine.changes.diff import Confidence
    from auditor.engine.views.target_report.report_changes import change_in_words

    for change in changes:
        page.line((change_in_words(change, names_people=True), "bold"))
        page.line(f"{change.collection} {change.path}", indent=2)
        page.line(f"between {format_time(change.since)} and {format_time(change.until)}", indent=2)
        if change.confidence is Confidence.UNKNOWN:
            reason = f": {change.unknown_reason}" if change.unknown_reason else ""
            page.line(f"Changed by: unknown{reason}", indent=2)
        for actor in change.actors:
            page.line(
                f"Changed by: {actor.name}, {format_time(actor.at)} ({change.confidence})",
                indent=2,
            )
            in_okta = change.collection.startswith("okta.")
            if target and in_okta and (link := console_links.log_entry(target, actor.event_id)):
                page.whole(link, indent=4)
        page.gap()
