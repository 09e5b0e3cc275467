"""The simulated effects of a plan on a terminal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from auditor.cli.output.page import SEVERITY_STYLES, TerminalPage
from auditor.domain.tristate import Tristate
from auditor.engine.simulation.group_effects import GroupEffects
from auditor.engine.simulation.plan_simulation import PlanSimulation, SimulatedFinding, StepEffects
from auditor.engine.simulation.push_effects import PushEffects
from auditor.text import count

_MAX_SHOWN = 5
"""So many users of one kind are shown; JSON lists all."""

_ADMIN = {
    Tristate.PROVEN: "an admin can sign in",
    Tristate.DISPROVEN: "no admin can sign in",
    Tristate.UNKNOWN: "it is unknown whether an admin can sign in",
}


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
        for step in steps:
            _print_step(page, step)


def _print_step(page: TerminalPage, step: StepEffects) -> None:
    if step.not_simulated:
        page.line(f"Not simulated: {step.not_simulated}.", indent=5)
        page.gap()
        return
    if step.can_lock_out:
        page.line((f"! {_precaution(step)}", "bold red"), indent=5)
    lines = list(_effects(step))
    for line in lines:
        page.line(line, indent=5, label="- ")
    for label, found in (("✓ Closes ", step.disappearing), ("✗ Opens ", step.appearing)):
        _print_findings(page, label, found)
    if step.not_evaluated:
        rules = sorted({rule for rule, _ in step.not_evaluated})
        page.line(f"Not evaluated afterwards: {', '.join(rules)}", indent=5)
    if not (lines or step.disappearing or step.appearing):
        page.line("No effect was found.", indent=5)
    page.gap()


def _print_findings(page: TerminalPage, label: str, found: Iterable[SimulatedFinding]) -> None:
    """Write one line for each rule: its only finding, or how many it has."""
    by_rule: defaultdict[str, list[SimulatedFinding]] = defaultdict(list)
    for each in found:
        by_rule[each.rule].append(each)
    for rule, findings in by_rule.items():
        worst = max(findings, key=lambda each: each.severity.rank)
        what = worst.message if len(findings) == 1 else f"{len(findings):,} findings"
        page.line(label, (rule, SEVERITY_STYLES[worst.severity]), f": {what}", indent=5)


def _precaution(step: StepEffects) -> str:
    """Name the lock-out that is possible, and what to do before the step."""
    if step.sign_on and step.sign_on.locks_out_everyone:
        return (
            "After this step no user can sign in through SSO, because SSO asserts another value. "
            "Change the asserted value in the same maintenance window."
        )
    return (
        f"After this step {_ADMIN[step.admin_after]}. First create a recovery admin: a local "
        "account with the Admin role and a password, whose email no assigned user has."
    )


def _effects(step: StepEffects) -> Iterator[str]:
    if step.pushed:
        yield from _push_lines(step.pushed)
    for group in step.groups:
        yield _group_line(group)
    if step.sign_on and step.sign_on.before != step.sign_on.after:
        yield (
            f"Users whose account SSO finds: {step.sign_on.after:,}, was {step.sign_on.before:,}."
        )
    if step.admin_before is not step.admin_after and not step.can_lock_out:
        yield f"After this step {_ADMIN[step.admin_after]}."


def _push_lines(pushed: PushEffects) -> Iterator[str]:
    yield (
        f"Okta pushes {count(pushed.pushes, 'user')}, each with one request to Unleash. No rate "
        "limit is documented, so the time is unknown."
    )
    if pushed.renamed:
        yield _listed(
            f"{count(len(pushed.renamed), 'account gets', 'accounts get')} another email",
            (f"{each.before or 'none'} → {each.after}" for each in pushed.renamed),
            len(pushed.renamed),
        )
    if pushed.created:
        yield _listed(
            f"{count(len(pushed.created), 'account is', 'accounts are')} created",
            (each.email for each in pushed.created),
            len(pushed.created),
        )
    if pushed.collisions:
        yield _listed(
            f"{count(len(pushed.collisions), 'push', 'pushes')} can fail, because the email is "
            "taken",
            (f"{each.email} ({_owner(each.account_id)})" for each in pushed.collisions),
            len(pushed.collisions),
        )
    recovery = [each for each in pushed.adopted if each.is_recovery_admin]
    if recovery:
        yield _listed(
            f"{count(len(recovery), 'recovery admin')} can be adopted by SCIM and lose the Admin "
            "role",
            (f"user {each.account_id}" for each in recovery),
            len(recovery),
        )
    others = [each for each in pushed.adopted if not each.is_recovery_admin]
    if others:
        yield _listed(
            f"{count(len(others), 'local account')} can be adopted by SCIM",
            (f"user {each.account_id}" for each in others),
            len(others),
        )
    if pushed.unmatched:
        yield _listed(
            f"{count(len(pushed.unmatched), 'user')} still without the login as email",
            (f"{each.name}: {each.email}" for each in pushed.unmatched),
            len(pushed.unmatched),
        )
    if pushed.undecided:
        reasons = Counter(each.why for each in pushed.undecided)
        yield _listed(
            f"{count(len(pushed.undecided), 'user')} undecided",
            (f"{why} ({total:,})" for why, total in reasons.most_common()),
            len(reasons),
        )


def _owner(account_id: int | None) -> str:
    return "of another assigned user" if account_id is None else f"of user {account_id}"


def _group_line(group: GroupEffects) -> str:
    if group.undecided:
        return f"Group {group.name}: unknown, because {group.undecided}."
    gained, lost = count(len(group.added), "member"), count(len(group.removed), "member")
    return f"Group {group.name}: gets {gained}, loses {lost}."


def _listed(what: str, items: Iterable[str], total: int) -> str:
    shown = [each for _, each in zip(range(_MAX_SHOWN), items, strict=False)]
    rest = f" and {total - len(shown):,} more" if total > len(shown) else ""
    return f"{what}: {', '.join(shown)}{rest}."
