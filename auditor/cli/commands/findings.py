"""``auditor findings``: what is remembered of findings."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from auditor.cli.inputs import head, last_run_at, open_history
from auditor.cli.options import add_config, add_format, add_targets, rules_of, settings_of
from auditor.cli.output.page import STYLES, TerminalPage, print_json
from auditor.clock import utc_now
from auditor.config.settings import Settings
from auditor.engine.audit_history import StoredChange, StoredFinding
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.findings.deadlines import Deadlines
from auditor.engine.findings.tracked_findings import State, Transition
from auditor.engine.incidents.incident import Acknowledgement
from auditor.errors import ConfigError, nearest
from auditor.rule.reason_text import reason_text
from auditor.text import count, format_duration, format_time

if TYPE_CHECKING:
    from auditor.store.store import Store

_STATES = {
    "open": (State.OPEN,),
    "pending": (State.PENDING,),
    "resolved": (State.RESOLVED,),
    "all": tuple(State),
}


class KnownFinding(StoredFinding, frozen=True, kw_only=True):
    """A finding with what is agreed on for it."""

    owner: str | None
    due_at: datetime | None
    """``None``: it is not open, or accepted."""

    resolved_after: timedelta | None
    """How long it stood open, the last time."""

    change: StoredChange | None
    """What brought it about, if it was seen."""

    acknowledgement: Acknowledgement | None
    """Who silenced the reminders of its incident, why and until when."""


class Findings(Struct, frozen=True, kw_only=True):
    """The findings of one target."""

    target: str
    findings: tuple[KnownFinding, ...]
    """Worst first."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
List what is remembered of findings: Okta and Unleash are not asked. What is
accepted by a waiver is open, and says so."""
    parser.epilog = """\
examples:
  auditor findings                                  all that stands open
  auditor findings --state resolved -t production   what was mended, and when
  auditor findings --rule email-not-login --state all
  auditor findings --format json | jq -r '.[].findings[] | [.id, .rule] | @tsv'
"""
    add_config(parser)
    add_targets(parser)
    parser.add_argument(
        "--state", choices=tuple(_STATES), default="open", help="which ones (default: open)"
    )
    parser.add_argument("--rule", metavar="ID", help="only those of this rule")
    add_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    with open_history(settings, arguments) as (store, names):
        audited = {name: last_run_at(store, name) for name in names}
        blind = {
            name: sum(each.has_unknown for each in store.history.verdicts(name)) for name in names
        }
        states = _STATES[arguments.state]
        found = tuple(
            Findings(target=name, findings=_recall(store, name, states, settings)) for name in names
        )
    if arguments.rule:
        seen = {finding.rule for each in found for finding in each.findings}
        known = seen | rules_of(settings).keys()
        if arguments.rule not in known:
            hint = f"{nearest(arguments.rule, known)} (`auditor rules` lists them)"
            msg = f"no rule is called {arguments.rule!r}{hint}"
            raise ConfigError(msg)
        found = tuple(_of_rule(each, arguments.rule) for each in found)
    if arguments.format == "json":
        print_json(found)
        return 0
    for each in found:
        page = TerminalPage()
        head(page, each.target, audited[each.target])
        page.gap()
        if each.findings:
            _show(page, each.findings)
        elif audited[each.target]:
            page.line(_nothing(arguments.state, arguments.rule, blind[each.target]))
            page.gap()
    return 0


def _of_rule(each: Findings, rule: str) -> Findings:
    mine = tuple(finding for finding in each.findings if finding.rule == rule)
    return Findings(target=each.target, findings=mine)


def _recall(
    store: "Store", target: str, states: tuple[State, ...], settings: Settings
) -> tuple[KnownFinding, ...]:
    findings = sorted(store.history.findings(target, *states), key=_worst_first)
    first = min((each.first_seen_at for each in findings), default=utc_now())
    explanations = ExplainingChanges(store.history.changes(target, since=first))
    deadlines = settings.deadlines(target)
    acks = _acks(store, target)
    return tuple(_known(each, deadlines, explanations, acks) for each in findings)


def _acks(store: "Store", target: str) -> dict[str, Acknowledgement]:
    """Return the acknowledgements that hold, by id of the cause."""
    notified_state, now = store.incidents.notified_state(target), utc_now()
    incidents = notified_state.incidents if notified_state else {}
    return {
        cause: each.acknowledgement
        for cause, each in incidents.items()
        if each.acknowledgement and each.acknowledgement.until > now
    }


def _known(
    finding: StoredFinding,
    deadlines: Deadlines,
    explanations: ExplainingChanges[StoredChange],
    acks: Mapping[str, Acknowledgement],
) -> KnownFinding:
    is_due = finding.state is State.OPEN and not finding.waived and finding.opened_at
    opened_at = finding.opened_at or finding.first_seen_at
    change = explanations.of(finding.evidence, by=opened_at)
    stored = asdict(finding)
    stored["since"] = finding.since or (change and change.made_at)
    return KnownFinding(
        **stored,
        change=change,
        acknowledgement=acks.get(finding.cause) if is_due else None,
        owner=deadlines.owner_of(finding.rule),
        due_at=deadlines.due_at(finding.severity, is_due) if is_due else None,
        resolved_after=finding.took,
    )


def _show(page: TerminalPage, findings: Iterable[KnownFinding]) -> None:
    states = Counter[State]()
    for finding in findings:
        states[finding.state] += 1
        mark = (f"{finding.severity.upper():8}  ", STYLES[finding.severity])
        page.ends([mark, (finding.rule, "bold")], _standing(finding))
        page.line(finding.message or "(what was said of it is no longer kept)", indent=2)
        page.line(", ".join(_facts(finding)), indent=2)
        if change := finding.change:
            page.line(f"{change.changed_by}: {change.summary}", indent=2, label="changed by ")
        if acknowledgement := finding.acknowledgement:
            until = format_time(acknowledgement.until)
            page.line(
                f"until {until}, {acknowledgement.by}: {acknowledgement.reason}",
                indent=2,
                label="no reminders ",
            )
        page.gap()
    said = ", ".join(f"{states[state]:,} {state}" for state in State if states[state])
    page.line(count(states.total(), "finding") + (f": {said}" if said else ""))
    page.gap()


def _nothing(state: str, rule: str | None, blind: int) -> str:
    """Say that there is none, and what that is worth."""
    kind = "" if state == "all" else f"{state} "
    none = f"No {kind}finding{f' of {rule}' if rule else ''}"
    if state not in {"open", "all"}:
        return f"{none}."
    if not blind:
        return f"{none}; no rule was blind in the last audit."
    return f"{none}, but {count(blind, 'rule')} could not see everything (`auditor history`)."


def _standing(finding: StoredFinding) -> str:
    match finding.state:
        case State.OPEN if finding.waived:
            return "open, waived"
        case State.OPEN if finding.transition is Transition.NOT_EVALUATED:
            return "open, not verified"
        case State.RESOLVED if finding.resolved_at:
            return f"resolved {format_time(finding.resolved_at)}"
        case _:
            return finding.state


def _facts(finding: KnownFinding) -> Iterator[str]:
    yield finding.id
    if finding.since:
        yield f"since {format_time(finding.since)}"
    yield f"first seen {format_time(finding.first_seen_at)}"
    yield f"last seen {format_time(finding.last_seen_at)}"
    if finding.affected_count:
        yield f"hurts {count(finding.affected_count, 'person', 'people')}"
    if finding.reopened:
        yield f"came back {count(finding.reopened, 'time')}"
    if finding.owner:
        yield f"owner {finding.owner}"
    if finding.due_at:
        yield f"due {format_time(finding.due_at)}"
    if finding.waiver:
        yield f"accepted by {finding.waiver.owner} until {finding.waiver.expires}"
    if finding.reason:
        yield reason_text(finding.reason)
    if finding.resolution:
        after = (
            f" after {format_duration(finding.resolved_after)}" if finding.resolved_after else ""
        )
        yield f"{finding.resolution.replace('_', ' ')}{after}"


def _worst_first(finding: StoredFinding) -> tuple[int, str, str, str]:
    return (-finding.severity.rank, finding.rule, finding.subject, finding.attribute)
