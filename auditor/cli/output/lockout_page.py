"""The lock-out matrix on a terminal."""

from auditor.cli.output.page import Part, TerminalPage
from auditor.engine.simulation.lockout import AccessAnswer, Lockout, ScenarioOutcome
from auditor.rule.texts.reason_text import reason_text
from auditor.text import count, format_time

_ANSWERS: dict[AccessAnswer, tuple[str, Part]] = {
    AccessAnswer.PROVEN: ("an admin can sign in", ("✓ ", "green")),
    AccessAnswer.DISPROVEN: ("no admin can sign in", ("✗ ", "bold red")),
    AccessAnswer.UNKNOWN: ("unknown", ("? ", "yellow")),
}


def print_lockout(page: TerminalPage, lockout: Lockout, *, verbose: bool) -> None:
    """Print the scenarios of one target, the single points of failure and the recovery admins."""
    page.line((f"Admin access: {lockout.target}", "bold"), f", {format_time(lockout.at)}")
    page.gap()
    for scenario in lockout.scenarios:
        _print_scenario(page, scenario, verbose=verbose)
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


def _print_scenario(page: TerminalPage, scenario: ScenarioOutcome, *, verbose: bool) -> None:
    answer, mark = _ANSWERS[scenario.reachable]
    page.ends([mark, scenario.title], answer)
    if scenario.reachable is AccessAnswer.UNKNOWN or verbose:
        for reason in scenario.reasons:
            page.line(reason_text(reason), indent=4)
    if verbose:
        for path in scenario.paths:
            state, _ = _ANSWERS[path.state]
            page.line(f"{path.kind} {path.who}: {state}", indent=4)
            for reason in path.reasons:
                page.line(reason_text(reason), indent=6)
