"""``auditor changes``: what was changed in the set-up, when, and by whom."""

import argparse
from collections.abc import Iterable

from msgspec import Struct

from auditor.cli.inputs import head, last_run_at, open_history
from auditor.cli.options import add_config, add_format, add_since, add_targets, begin, settings_of
from auditor.cli.output.page import TerminalPage, print_json
from auditor.clock import utc_now
from auditor.config.settings import Settings
from auditor.domain.remediation import console_links
from auditor.domain.target import Target
from auditor.engine.audit_history import StoredChange
from auditor.engine.changes.diff import Confidence, whole
from auditor.text import count, format_time


class TargetChanges(Struct, frozen=True, kw_only=True):
    """The changes of one target."""

    target: str
    changes: tuple[StoredChange, ...]
    """Oldest first."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
List what was changed in the set-up of Okta and Unleash, when, and by whom, as
far as their logs tell. Neither is asked: it is what audits have seen."""
    parser.epilog = """\
examples:
  auditor changes                        of the last seven days
  auditor changes --since 30d -t production
  auditor changes --format json | \\
      jq '.[].changes[] | select(.confidence == "exact")'
"""
    add_config(parser)
    add_targets(parser)
    add_since(parser)
    add_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    since = begin(utc_now(), arguments.since)
    with open_history(settings, arguments) as (store, names):
        audited = {name: last_run_at(store, name) for name in names}
        found = tuple(
            TargetChanges(target=name, changes=store.history.changes(name, since=since))
            for name in names
        )
    if arguments.format == "json":
        print_json(found)
        return 0
    for each in found:
        page = TerminalPage()
        head(page, each.target, audited[each.target])
        page.gap()
        changes = whole(each.changes)
        _show(page, changes, _configured(settings, each.target))
        if changes:
            page.line(f"{count(len(changes), 'change')} since {format_time(since)}")
        elif audited[each.target]:
            page.line(
                f"No change of the set-up was seen since {format_time(since)}. "
                "What an audit could not see, or was the first to see, is compared by the next one."
            )
        page.gap()
    return 0


def _configured(settings: Settings, name: str) -> Target | None:
    """Return the target; ``None`` when it is in history only, and where it lay is not known."""
    return next((each.target for each in settings.targets if each.name == name), None)


def _show(page: TerminalPage, changes: Iterable[StoredChange], target: Target | None) -> None:
    for change in changes:
        page.ends([(change.path, "bold")], change.collection)
        page.line(change.difference, indent=2)
        page.line(f"between {format_time(change.since)} and {format_time(change.until)}", indent=2)
        if change.confidence is Confidence.UNKNOWN:
            because = f": {change.unknown_reason}" if change.unknown_reason else ""
            page.line(f"by whom is not known{because}", indent=2)
        for suspect in change.actors:
            who = f"by {suspect.name}, {format_time(suspect.at)} ({change.confidence})"
            page.line(who, indent=2)
            in_okta = target and change.collection.startswith("okta.")
            if target and in_okta and (link := console_links.log_entry(target, suspect.event_id)):
                page.whole(link, indent=4)
        page.gap()
