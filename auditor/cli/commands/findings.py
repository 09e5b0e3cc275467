"""The command ``auditor findings``: list stored findings, or show one in full."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command, SuggestingChoice, did_you_mean
from auditor.cli.completion import complete_findings, complete_rules
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    refuse_together,
    rules_of,
    target_option,
)
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.cli.stored_causes import KnownCause
    from auditor.cli.stored_findings import Findings, KnownFinding
    from auditor.config.settings import Settings
    from auditor.engine.audit_history import StoredAudit

_STATES = ("open", "pending", "waived", "resolved", "all")
_SEVERITIES = ("critical", "high", "medium", "low")

_EPILOG = """\
Examples:
  auditor findings                                  open findings by cause
  auditor findings --all                            each open finding
  auditor findings 3fd92c1                          one cause or finding in full
  auditor findings --state resolved -t production   fixed findings, with dates
  auditor findings --rule email-not-login --state all
  auditor findings --severity critical --overdue
  auditor findings --format csv > findings.csv
  auditor findings --format json | jq -r '.[].findings[] | [.id, .rule] | @tsv'

Exit codes:
  0  the findings were listed, also if there are none
  2  the command line, the configuration or the database cannot be used
"""


@click.command("findings", cls=Command, epilog=_EPILOG)
@click.argument("finding", required=False, metavar="[ID]", shell_complete=complete_findings)
@config_option
@target_option
@click.option(
    "--state",
    type=SuggestingChoice(_STATES),
    metavar="STATE",
    help=f"Only this state: {', '.join(_STATES)} (default: open, including waived).",
)
@click.option(
    "--severity",
    type=SuggestingChoice(_SEVERITIES),
    multiple=True,
    metavar="SEVERITY",
    help="Only this severity; can be repeated.",
)
@click.option(
    "--rule", metavar="ID", shell_complete=complete_rules, help="Only findings of this rule."
)
@click.option("--owner", metavar="NAME", help="Only findings of this owner.")
@click.option(
    "--all", "each", is_flag=True, help="List single findings instead of causes, with subjects."
)
@click.option("--affected", is_flag=True, help="With ID: list all affected users that are stored.")
@click.option("--overdue", is_flag=True, help="Only findings whose due date has passed.")
@format_option("table", "json", "csv")
def command(
    *,
    finding: str | None,
    config: Path,
    target: tuple[str, ...],
    state: str | None,
    severity: tuple[str, ...],
    rule: str | None,
    owner: str | None,
    output_format: str,
    each: bool,
    affected: bool,
    overdue: bool,
) -> None:
    """List the causes of stored findings, most severe first, or show ID in full.

    ID is the id of a cause or a finding, or its first digits. --all and --rule list single
    findings. The command reads the database only: no request is sent to Okta or Unleash.
    """
    from auditor.cli.inputs import last_audit_at, open_history
    from auditor.cli.stored_causes import grouped_findings, known_causes
    from auditor.cli.stored_findings import Findings, find_finding, stored_findings
    from auditor.clock import utc_now
    from auditor.engine.causes.cause_title import problem_titles
    from auditor.engine.findings.tracked_findings import State

    if finding is not None:
        refuse_together(
            "ID",
            ("--state", state),
            ("--severity", severity),
            ("--rule", rule),
            ("--owner", owner),
            ("--all", each),
            ("--overdue", overdue),
        )
    elif affected:
        msg = "--affected needs the id of a finding (add its ID, or omit --affected)"
        raise ConfigError(msg)
    if output_format != "table":
        refuse_together(f"--format {output_format}", ("--affected", affected))
    settings = load_configuration(config)
    now = utc_now()
    states = _states(state, one=finding is not None)
    with open_history(settings, target) as (store, names):
        wanted = find_finding(store, names, finding) if finding else None
        shown_targets = (wanted.target,) if wanted else names
        audited_at = {name: last_audit_at(store, name) for name in shown_targets}
        unknown = {
            name: sum(each.has_unknown for each in store.history.verdicts(name))
            for name in shown_targets
        }
        found = [
            Findings(target=name, findings=stored_findings(store, settings, name, states, now))
            for name in shown_targets
        ]
        grouped = {name: grouped_findings(store, name) for name in shown_targets}
        if wanted:
            audits = store.history.audits(wanted.target, until=wanted.last_seen_at, limit=1)
            audit = audits[-1] if audits else None
    if rule is not None:
        _require_known_rule(rule, settings, found)
    if wanted:
        (known,) = (one for one in found[0].findings if one.id == wanted.id)
        titles = problem_titles(loaded.rule for loaded in rules_of(settings).values())
        members = [one for one in found[0].findings if one.cause == known.cause and _is_open(one)]
        causes = known_causes(members, grouped[wanted.target], titles) if known.cause else ()
        cause = next(iter(causes), None)
        option = _target_option(settings, wanted.target)
        _show(known, cause, output_format, audit, now, whole=affected, target_option=option)
        return

    def is_shown(one: "KnownFinding") -> bool:
        return (
            (state != "waived" or (one.waived and one.state is State.OPEN))
            and (not severity or one.severity in severity)
            and rule in {None, one.rule}
            and owner in {None, one.owner}
            and (not overdue or bool(one.due_at and one.due_at < now))
        )

    shown = _filtered(found, is_shown)
    filters = _filters(state, severity, rule, owner, overdue=overdue)
    if output_format == "table":
        from auditor.cli.output.findings_table import print_findings

        titles = problem_titles(loaded.rule for loaded in rules_of(settings).values())
        for of_target in shown:
            # Only open causes have grouped findings.
            counts = grouped[of_target.target] if state in {None, "open"} else {}
            print_findings(
                of_target,
                audited_at=audited_at[of_target.target],
                unknown=unknown[of_target.target],
                filters=filters,
                is_open_listed=state in {None, "open", "all"},
                complete=rule is not None,
                causes=(() if each or rule else known_causes(of_target.findings, counts, titles)),
                now=now,
                target_option=_target_option(settings, of_target.target),
            )
    else:
        _export(shown, output_format, now)


def _target_option(settings: "Settings", name: str) -> str:
    return f" -t {name}" if len(settings.targets) > 1 else ""


def _states(state: str | None, *, one: bool) -> tuple:  # type: ignore[type-arg]
    from auditor.engine.findings.tracked_findings import State

    # An id can be that of a finding in any state.
    if one or state == "all":
        return tuple(State)
    return (State(state),) if state in {"pending", "resolved"} else (State.OPEN,)


def _filtered(
    found: "Sequence[Findings]", is_shown: "Callable[[KnownFinding], bool]"
) -> "list[Findings]":
    from msgspec.structs import replace

    return [replace(each, findings=tuple(filter(is_shown, each.findings))) for each in found]


def _filters(
    state: str | None,
    severity: tuple[str, ...],
    rule: str | None,
    owner: str | None,
    *,
    overdue: bool,
) -> str:
    """Return the filters as a reader names them: ``open finding of rule x``."""
    kind = "" if state == "all" else f"{state or 'open'} "
    words = [f"{kind}{' or '.join(severity) + ' ' if severity else ''}finding"]
    words += [f"of the rule {rule}"] if rule else []
    words += [f"of {owner}"] if owner else []
    words += ["that is overdue"] if overdue else []
    return " ".join(words)


def _require_known_rule(rule: str, settings: "Settings", found: "Sequence[Findings]") -> None:
    """Raise ConfigError for an id that neither a rule nor a stored finding has."""
    known = set(rules_of(settings))
    known.update(finding.rule for each in found for finding in each.findings)
    if rule not in known:
        hint = did_you_mean(rule, known) or " (`auditor rules` lists the rules)"
        msg = f"--rule: {rule}: no such rule{hint}"
        raise ConfigError(msg)


def _is_open(finding: "KnownFinding") -> bool:
    from auditor.engine.findings.tracked_findings import State

    return finding.state is State.OPEN and not finding.waived


def _show(
    finding: "KnownFinding",
    cause: "KnownCause | None",
    output_format: str,
    audit: "StoredAudit | None",
    now: datetime,
    *,
    whole: bool,
    target_option: str,
) -> None:
    from auditor.cli.output.finding_page import print_finding
    from auditor.cli.stored_findings import Findings

    if output_format == "table":
        print_finding(finding, cause, audit, now, whole=whole, target_option=target_option)
    else:
        _export([Findings(target=finding.target, findings=(finding,))], output_format, now)


def _export(found: "Sequence[Findings]", output_format: str, now: datetime) -> None:
    from msgspec.structs import replace

    from auditor.cli.output.data_output import print_csv, print_json
    from auditor.cli.stored_findings import without_api_call

    if output_format == "json":
        print_json(
            [replace(each, findings=tuple(map(without_api_call, each.findings))) for each in found]
        )
        return
    rows = (tuple(_csv_row(finding, now)) for each in found for finding in each.findings)
    print_csv(_CSV_COLUMNS, rows)


_CSV_COLUMNS = (
    *("target", "id", "rule", "subject", "attribute", "severity", "state", "first_seen_utc"),
    *("due_utc", "affected", "owner", "message"),
)
"""Times are in the form that spreadsheets read as dates: ``2026-11-30 06:00:00``, in UTC."""


def _csv_row(finding: "KnownFinding", now: datetime) -> Iterator[str]:
    from auditor.cli.stored_findings import state_label
    from auditor.text import BEING_COUNTED

    yield finding.target
    yield finding.id
    yield finding.rule
    yield finding.subject
    yield finding.attribute
    yield finding.severity.value
    yield state_label(finding, now)
    yield f"{finding.first_seen_at:%Y-%m-%d %H:%M:%S}"
    yield f"{finding.due_at:%Y-%m-%d %H:%M:%S}" if finding.due_at else ""
    yield BEING_COUNTED if finding.is_counting else str(finding.affected_count)
    yield finding.owner or ""
    yield finding.message
