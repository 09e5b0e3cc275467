"""The lock-out matrix on a terminal."""

from collections.abc import Iterable

from auditor.cli.output.page import Part, TerminalPage
from auditor.domain.reasons import MissingDataReason, Reason
from auditor.engine.simulation.lockout import AccessAnswer, Lockout, ScenarioOutcome
from auditor.rule.texts.reason_text import reason_text
from auditor.text import count, format_time

_ANSWERS: dict[AccessAnswer, tuple[str, Part]] = {
    AccessAnswer.PROVEN: ("an admin can sign in", ("✓ ", "green")),
    AccessAnswer.DISPROVEN: ("no admin can sign in", ("✗ ", "bold red")),
    AccessAnswer.UNKNOWN: ("unknown", ("? ", "yellow")),
}


class _UnknownReasons:
    """The reasons of unknown answers, numbered. Missing data is one reason for all that it hides.

    Without an Okta token, each of a dozen scenarios has the same long reasons.
    """

    def __init__(self, scenarios: Iterable[ScenarioOutcome]) -> None:
        self._hidden: dict[str, dict[str, None]] = {}
        for scenario in scenarios:
            if scenario.reachable is AccessAnswer.UNKNOWN:
                for reason in scenario.reasons:
                    hidden = self._hidden.setdefault(_common(reason), {})
                    if isinstance(reason, MissingDataReason) and reason.what:
                        hidden[reason.what] = None
        self._numbers = {each: number for number, each in enumerate(self._hidden, 1)}

    def numbers(self, scenario: ScenarioOutcome) -> str:
        """Return the numbers of a scenario's reasons: ``1, 3``."""
        found = {self._numbers[_common(reason)] for reason in scenario.reasons}
        return ", ".join(map(str, sorted(found)))

    def print(self, page: TerminalPage) -> None:
        """Print each reason once, with what it hides."""
        for reason, hidden in self._hidden.items():
            page.line(reason, label=f"  {self._numbers[reason]}. ")
            for each in hidden:
                page.line(each, indent=7, label="- ")


def _common(reason: Reason) -> str:
    """Return what reasons of the same missing data have in common."""
    if isinstance(reason, MissingDataReason):
        return f"{reason.collection}: {reason.missing}"
    return reason_text(reason)


def print_lockout(page: TerminalPage, lockout: Lockout, *, verbose: bool) -> None:
    """Print the scenarios of one target, the single points of failure and the recovery admins."""
    page.line((f"Admin access: {lockout.target}", "bold"), f", {format_time(lockout.at)}")
    page.gap()
    unknown = _UnknownReasons(lockout.scenarios)
    for scenario in lockout.scenarios:
        _print_scenario(page, scenario, unknown, verbose=verbose)
    if any(each.reachable is AccessAnswer.UNKNOWN for each in lockout.scenarios):
        page.gap()
        page.line(("Reasons of unknown answers", "bold"))
        unknown.print(page)
    page.gap()
    if lockout.is_locked_out:
        page.line(("No admin can sign in today.", "bold red"))
    elif lockout.single_points:
        single = count(len(lockout.single_points), "single failure locks", "single failures lock")
        page.line((f"{single} out every admin.", "bold red"))
    for admin in lockout.recovery_admins:
        signed_in = format_time(admin.signed_in_at) if admin.signed_in_at else "never reported"
        attested = f", attested on {admin.attested_on}" if admin.attested_on else ""
        page.line(f"Recovery admin {admin.who}: last sign-in {signed_in}{attested}.")
    page.gap()


def _print_scenario(
    page: TerminalPage, scenario: ScenarioOutcome, unknown: _UnknownReasons, *, verbose: bool
) -> None:
    answer, mark = _ANSWERS[scenario.reachable]
    if scenario.reachable is AccessAnswer.UNKNOWN:
        numbers = unknown.numbers(scenario)
        answer = f"{answer}: {numbers}" if numbers else answer
    if page.text([mark, scenario.title, "  ", answer]).cell_len <= page.width:
        page.ends([mark, scenario.title], answer)
    else:
        page.line(scenario.title, label=mark)
        page.ends([], answer)
    if not verbose:
        return
    if scenario.reachable is not AccessAnswer.UNKNOWN:
        for reason in scenario.reasons:
            page.line(reason_text(reason), indent=4)
    for path in scenario.paths:
        state, _ = _ANSWERS[path.state]
        page.line(f"{path.kind} {path.who}: {state}", indent=4)
        for reason in path.reasons:
            page.line(reason_text(reason), indent=6)
