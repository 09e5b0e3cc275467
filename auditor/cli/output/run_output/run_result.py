"""The result of an audit on a terminal: the verdict first, then causes and the next steps."""

from collections.abc import Mapping, Sequence

from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.page import FACT_SEPARATOR, SEVERITY_STYLES, TerminalPage, format_time
from auditor.cli.output.run_output.run_view import RunCause, RunView, Status, outcome_view
from auditor.cli.output.table import Cell, Row, TableColumn, print_table
from auditor.config.settings import Settings
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Transition
from auditor.engine.views.cause_summary import headline_of
from auditor.pipeline.audit import Outcome
from auditor.rule.severity import Severity
from auditor.text import SHORT_ID, count, list_some, numeric_order

_MAX_CAUSES = 5
"""The most causes that are shown; one less if rules were not evaluated."""

_MAX_REMEDIATIONS = 3
"""With more causes than this, only `auditor plan` shows the remediations."""

_MAX_REASONS = 2
"""The most reasons that are shown why rules were not evaluated."""

_MAX_NAMES = 3
"""The most names in one line."""

_LABEL_WIDTH = 9
"""Columns of the labels below the findings."""

_MARKS = {
    Status.FAIL: ("✗ FAIL", "bold red"),
    Status.INCOMPLETE: ("? INCOMPLETE", "bold magenta"),
    Status.PASS: ("✓ PASS", "bold green"),
    Status.NOT_AUDITED: ("! NOT AUDITED", "bold yellow"),
}

_EXIT_REASONS = {
    ExitCode.OK: "",
    ExitCode.FINDINGS: "open findings at or above {fail_on}",
    ExitCode.UNUSABLE: "a target could not be audited",
    ExitCode.NOT_EVALUATED: "a rule at or above {fail_on} was not evaluated",
    ExitCode.NOT_DELIVERED: "a notification or an export is pending",
}

_COLUMNS = (
    TableColumn(title="ID"),
    TableColumn(title="SEVERITY"),
    TableColumn(title="CAUSE", takes_rest=True),
    TableColumn(title="USERS", align="right"),
)


def print_outcome(outcome: Outcome, settings: Settings, remediations: Mapping[str, str]) -> None:
    """Print the result of one audit. ``remediations`` maps rule ids to one sentence each."""
    print_target(outcome_view(outcome, remediations), settings)
    TerminalPage().gap()


def print_target(view: RunView, settings: Settings) -> None:
    """Print the result of one target, in about 20 lines."""
    page = TerminalPage()
    page.ends(
        [_MARKS[view.status], "  ", (view.target, "bold")], format_time(view.at) if view.at else ""
    )
    if view.status is Status.NOT_AUDITED:
        page.line(view.error)
        return
    page.line(verdict_sentence(view))
    if view.is_baseline:
        page.line("This is the first audit: the findings are the baseline, not a change.")
    if view.is_replay:
        page.line("Evaluation of a saved snapshot. Nothing is stored and no notification is sent.")
    page.gap()
    if view.causes:
        shown = view.causes[: _MAX_CAUSES - bool(view.not_evaluated)]
        details = [
            _details(each, with_remediation=len(view.causes) <= _MAX_REMEDIATIONS) for each in shown
        ]
        print_table(page, _COLUMNS, list(map(_row, shown)), details)
        if (rest := len(view.causes) - len(shown)) > 0:
            page.line(f"and {rest:,} more: auditor findings -t {view.target}")
        page.gap()
    _print_not_evaluated(page, view)
    _print_numbers(page, view, settings)


def verdict_sentence(view: RunView) -> str:
    """Return the state of the target in one or two sentences. It never calls unknown clean."""
    rules = sum(view.verdicts.values())
    unknown = view.unknown
    manual = view.verdicts.get(VerdictStatus.NEEDS_ATTESTATION, 0)
    match view.status:
        case Status.FAIL:
            parts = [
                headline_of(len(view.causes), view.findings, view.affected, grouped=view.grouped)
            ]
            parts.append(", ".join(f"{number} {each}" for each, number in view.worst.items()))
            if overdue := sum(each.is_overdue for each in view.causes):
                parts.append(f"{overdue} overdue")
            return FACT_SEPARATOR.join(parts)
        case Status.INCOMPLETE if unknown:
            return (
                f"No findings, but {unknown} of {rules} rules could not be evaluated. "
                f"The state of {view.target} is unknown."
            )
        case Status.INCOMPLETE:
            return f"No rule could be evaluated. The state of {view.target} is unknown."
        case _ if manual:
            need = "rule needs" if manual == 1 else "rules need"
            return (
                f"No findings. {manual} {need} an attestation, because no API exposes the setting."
            )
        case _:
            return f"All {rules} applicable rules passed."


def _row(cause: RunCause) -> Row:
    return (
        Cell(cause.id[:SHORT_ID]),
        Cell(cause.severity, SEVERITY_STYLES[cause.severity]),
        Cell(cause.title),
        Cell(f"{cause.affected:,}" if cause.affected else ""),
    )


def _details(cause: RunCause, *, with_remediation: bool) -> tuple[str, ...]:
    facts = [cause.state.capitalize(), f"by {cause.changed_by or 'an unknown actor'}"]
    facts += [cause.owner] if cause.owner else []
    if cause.due_at:
        facts.append("overdue" if cause.is_overdue else f"due {cause.due_at:%Y-%m-%d}")
    lines = [FACT_SEPARATOR.join(facts)]
    if with_remediation and cause.remediation:
        lines.append(f"Fix: {cause.remediation}")
    return tuple(lines)


def _print_not_evaluated(page: TerminalPage, view: RunView) -> None:
    if not view.not_evaluated:
        return
    rules = count(view.unknown, "rule was", "rules were")
    page.line(f"{rules} not evaluated", label=("? INCOMPLETE  ", "bold magenta"))
    for each in view.not_evaluated[:_MAX_REASONS]:
        page.line(list_some(each.rules, len(each.rules), _MAX_NAMES), ": ", each.reason, indent=2)
        if each.remediation:
            page.line(each.remediation, indent=2, label="Remediation: ")
    if (rest := len(view.not_evaluated) - _MAX_REASONS) > 0:
        page.line(f"and {count(rest, 'reason')} more: auditor doctor", indent=2)
    elif not any(each.remediation for each in view.not_evaluated):
        page.line("Remediation: auditor doctor checks each permission.", indent=2)
    page.gap()


def _print_numbers(page: TerminalPage, view: RunView, settings: Settings) -> None:
    words = {
        VerdictStatus.PASS: "pass",
        VerdictStatus.FAIL: "fail",
        VerdictStatus.UNKNOWN: "not evaluated",
        VerdictStatus.NEEDS_ATTESTATION: "manual",
        VerdictStatus.ATTESTED: "attested",
        VerdictStatus.NOT_APPLICABLE: "not applicable",
    }
    checks = [
        f"{view.verdicts[each]} {word}" for each, word in words.items() if view.verdicts.get(each)
    ]
    page.line(FACT_SEPARATOR.join(checks), label=_label("Checks"))
    facts = [
        f"{view.transitions.get(kind, 0):,} {kind.label}"
        for kind in (Transition.NEW, Transition.REOPENED, Transition.RESOLVED)
        if view.transitions.get(kind) or kind is not Transition.REOPENED
    ]
    facts.append(count(view.changes, "configuration change"))
    facts += [f"{view.pending:,} in the grace period"] if view.pending else []
    facts += [f"{view.waived:,} waived"] if view.waived else []
    page.line(FACT_SEPARATOR.join(facts), label=_label("Audit"))
    if view.is_replay:
        return
    sent = f"{count(view.delivered, 'notification')} sent" if view.delivered else "nothing to send"
    pending = f" · {view.waiting:,} pending, the next run retries" if view.waiting else ""
    page.line(f"{sent}{pending}", label=_label("Sent"))
    if settings.report.public_url:
        from auditor.publish.archive import LATEST_FILE

        page.line(
            f"{settings.report.public_url}/{view.target}/{LATEST_FILE}", label=_label("Report")
        )
    else:
        page.line(f"auditor report -t {view.target}", label=_label("Report"))


def _worst_first(view: RunView) -> tuple[int, int, int, tuple[tuple[str, int], ...]]:
    """Order as in the overview of targets, whichever audit ended first."""
    severity = view.causes[0].severity.rank if view.causes else -1
    return list(_MARKS).index(view.status), -severity, -view.affected, numeric_order(view.target)


def print_batch(views: Sequence[RunView]) -> None:
    """Print one line per target, worst first. Targets that pass share a line."""
    page = TerminalPage()
    order = list(_MARKS)
    words = {Status.FAIL: "fail", Status.INCOMPLETE: "incomplete", Status.PASS: "pass"}
    words[Status.NOT_AUDITED] = "not audited"
    numbers = {status: sum(each.status is status for each in views) for status in order}
    parts = [f"{number} {words[status]}" for status, number in numbers.items() if number]
    page.line((f"{count(len(views), 'target')}: {', '.join(parts)}", "bold"))
    page.gap()
    rows: list[Row] = []
    for view in sorted(views, key=_worst_first):
        if view.status is Status.PASS:
            continue
        mark, style = _MARKS[view.status]
        rows.append(
            (
                Cell(mark[:2] + words[view.status], style),
                Cell(view.target),
                Cell(str(len(view.causes)) if view.at else "?"),
                Cell(f"{view.affected:,}" if view.at else "?"),
                Cell(_worst(view)),
            )
        )
    if rows:
        columns = (
            TableColumn(title="STATUS"),
            TableColumn(title="TARGET"),
            TableColumn(title="CAUSES", align="right"),
            TableColumn(title="AFFECTED", align="right"),
            TableColumn(title="WORST CAUSE", takes_rest=True),
        )
        print_table(page, columns, rows)
    if numbers[Status.PASS]:
        page.line(count(numbers[Status.PASS], "target"), label=("✓ pass  ", "green"))
    page.gap()


def _worst(view: RunView) -> str:
    if view.causes:
        worst = view.causes[0]
        more = f" (and {view.unknown} not evaluated)" if view.unknown else ""
        return f"{worst.severity:8}  {worst.short_title}{more}"
    return view.error or (view.not_evaluated[0].reason if view.not_evaluated else "")


def print_quiet(view: RunView) -> None:
    """Print one line for a target."""
    status = view.status.value.upper().replace("_", " ")
    if view.status is Status.NOT_AUDITED:
        TerminalPage().whole(f"{status} {view.target}")
        return
    severities = " ".join(
        f"{each}={view.worst.get(each, 0)}" for each in (Severity.CRITICAL, Severity.HIGH)
    )
    TerminalPage().whole(
        f"{status} {view.target} causes={len(view.causes)} findings={view.findings} {severities} "
        f"affected={view.affected} unknown={view.unknown}"
    )


def print_next(views: Sequence[RunView]) -> None:
    """Print the commands that explain the result."""
    page = TerminalPage()
    failing = [view for view in views if view.causes]
    incomplete = [view for view in views if view.not_evaluated and not view.causes]
    steps: list[tuple[str, str]] = []
    if failing:
        worst = min(failing, key=_worst_first)
        target = "" if len(views) == 1 else f" -t {worst.target}"
        # The database does not contain the findings of a saved snapshot.
        if not worst.is_replay:
            identifier = worst.causes[0].id[:SHORT_ID]
            steps = [
                (f"auditor findings {identifier}{target}", "evidence, affected users, remediation"),
                (f"auditor plan{target}", "all steps, in order"),
            ]
    elif incomplete:
        steps = [("auditor doctor", "permissions and connections")]
    label = "Next"
    for command, purpose in steps:
        page.line(f"{command:26}  {purpose}", label=_label(label))
        label = ""


def print_exit(code: ExitCode, codes: Mapping[str, frozenset[ExitCode]], fail_on: Severity) -> None:
    """Print the exit code and its reason, unless it is 0."""
    if not (reason := _EXIT_REASONS.get(code, "").format(fail_on=fail_on)):
        return
    concerned = sum(code in each for each in codes.values())
    where = f" in {count(concerned, 'target')}" if len(codes) > 1 else ""
    TerminalPage().line(f"{reason}{where}", label=_label(f"Exit {code.value}"))


def _label(word: str) -> tuple[str, str]:
    return f"{word:{_LABEL_WIDTH}}", "dim"
