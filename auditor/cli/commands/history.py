"""The command ``auditor history``: list past audits and their coverage."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from auditor.cli.command_group import Command
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    number,
    target_option,
)
from auditor.engine.audit_history import StoredAudit
from auditor.engine.incidents.incident_action import (
    ActionVia,
    IncidentAction,
    action_in_words,
)

if TYPE_CHECKING:
    from auditor.cli.output.page import TerminalPage
    from auditor.domain.collections import MissingData
    from auditor.store.store import Store

_EPILOG = """\
Examples:
  auditor history                        the last twenty audits of each target
  auditor history -t production -n 500
  auditor history --format json | jq '.[].audits[-1].missing'
"""


class TargetAudits(Struct, frozen=True, kw_only=True):
    """The audits of one target."""

    target: str
    audits: tuple[StoredAudit, ...]
    """Oldest first."""

    actions: tuple[IncidentAction, ...] = ()
    """What users did about incidents since the first of these audits, oldest first."""


@click.command("history", cls=Command, epilog=_EPILOG)
@config_option
@target_option
@click.option(
    "-n",
    "--last",
    type=number(1),
    default="20",
    show_default=True,
    metavar="N",
    help="Number of audits of each target.",
)
@format_option("text", "json")
def command(config: Path, target: tuple[str, ...], last: int, output_format: str) -> None:
    """List past audits: which rules were not evaluated and why, and the open findings.

    Below them, it lists what users did about incidents: acknowledged, assigned, rechecked.

    The command reads the database only.
    """
    from auditor.cli.inputs import last_audit_at, open_history
    from auditor.cli.output.data_output import print_json
    from auditor.cli.output.page import TerminalPage, print_head

    settings = load_configuration(config)
    with open_history(settings, target) as (store, names):
        found = tuple(_history_of(store, name, last) for name in names)
        audited_at = {name: last_audit_at(store, name) for name in names}
    if output_format == "json":
        print_json(found)
        return
    for each in found:
        page = TerminalPage()
        print_head(page, each.target, audited_at[each.target])
        page.gap()
        _print_audits(page, each.audits)
        if each.actions:
            page.gap()
            page.line(("Actions of users", "bold"))
            _print_actions(page, each.actions)
        page.gap()


def _history_of(store: "Store", target: str, last: int) -> TargetAudits:
    audits = store.history.audits(target, limit=last)
    since = audits[0].at if audits else None
    return TargetAudits(target=target, audits=audits, actions=store.actions.of(target, since=since))


def _print_actions(page: "TerminalPage", actions: Iterable[IncidentAction]) -> None:
    from auditor.cli.output.page import format_time

    for action in actions:
        via = " in Slack" if action.via is ActionVia.SLACK else ""
        title = action.title or action.incident
        page.line(
            f"{action_in_words(action)} · {title} · by {action.user}{via}",
            label=f"{format_time(action.at)}  ",
        )


def _print_audits(page: "TerminalPage", audits: Iterable[StoredAudit]) -> None:
    from auditor.cli.output.page import format_time
    from auditor.domain.collections import MissingReason
    from auditor.engine.evaluation.verdicts import VerdictStatus
    from auditor.text import count

    version = ""
    for audit in audits:
        if audit.version != version:
            version = audit.version
            page.line((f"auditor {version}", "dim"))
        unknown = audit.counts.verdicts.get(VerdictStatus.UNKNOWN, 0)
        coverage = f"{count(unknown, 'rule')} not evaluated" if unknown else "complete"
        page.ends([f"{format_time(audit.at)}  ", (coverage, "bold")], _count_open(audit))
        missing = {
            name: data
            for name, data in sorted(audit.missing.items())
            # What this edition of Unleash does not have is not missing.
            if data.why is not MissingReason.NOT_ON_THIS_EDITION
        }
        if unknown:
            _print_missing(page, missing)
        elif missing:
            # No rule is unknown, so the missing data has no consequence: its names are enough.
            page.line(f"Missing data: {', '.join(missing)}", indent=2)


def _print_missing(page: "TerminalPage", missing: "Mapping[str, MissingData]") -> None:
    """Write why each collection was not read. Collections with the same cause share a line."""
    by_cause: defaultdict[str, list[str]] = defaultdict(list)
    for name, data in missing.items():
        by_cause[data.cause].append(name)
    for cause, names in by_cause.items():
        if len(names) == 1:
            page.line(str(missing[names[0]]), indent=2, label=f"{names[0]}: ")
        else:
            page.line(f"{', '.join(names)}: {cause}", indent=2)


def _count_open(audit: StoredAudit) -> str:
    from auditor.rule.severity import Severity

    worst_first = sorted(Severity, key=lambda each: -each.rank)
    found = [
        f"{audit.counts.open[each]:,} {each}" for each in worst_first if audit.counts.open[each]
    ]
    return f"open: {', '.join(found)}" if found else "no open finding"
