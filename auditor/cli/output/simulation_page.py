"""The simulated effects of a plan on a terminal."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from auditor.cli.output.page import SEVERITY_STYLES, TerminalPage
from auditor.engine.simulation.fix_effects import FixEffects, SimulatedRule, effects_in_words
from auditor.engine.simulation.plan_simulation import PlanSimulation


def print_simulation(page: TerminalPage, simulation: PlanSimulation, titles: Sequence[str]) -> None:
    """Write the effects of each fix; ``titles`` names the causes of the plan in their order."""
    page.line(("What each fix can do", "bold"))
    page.line(
        "Computed from the data that was read. Unleash decides about renames, adoptions and "
        "collisions: they are possible, not certain."
    )
    page.gap()
    for number, steps in groupby(simulation.steps, key=lambda step: step.number):
        page.line(f"{number:3}. ", (titles[number - 1], "bold"))
        fixes = [effects_in_words(step) for step in steps]
        for fix in fixes:
            _print_fix(page, fix, is_alone=len(fixes) == 1)


def _print_fix(page: TerminalPage, fix: FixEffects, *, is_alone: bool) -> None:
    if fix.not_simulated:
        what = "Not simulated" if is_alone else "A part is not simulated"
        page.line(f"{what}: {fix.not_simulated}.", indent=5)
    if fix.precaution:
        page.line((f"! {fix.precaution}", "bold red"), indent=5)
    for line in fix.lines:
        page.line(line, indent=5, label="- ")
    _print_rules(page, "✓ Closes ", fix.closes)
    _print_rules(page, "✗ Opens ", fix.opens)
    if fix.not_evaluated:
        page.line(f"Not evaluated afterwards: {', '.join(fix.not_evaluated)}", indent=5)
    if fix.is_empty:
        page.line("No effect was found.", indent=5)
    page.gap()


def _print_rules(page: TerminalPage, label: str, found: Iterable[SimulatedRule]) -> None:
    for each in found:
        style = SEVERITY_STYLES[each.severity]
        page.line(label, (each.rule, style), f": {each.what}", indent=5)
