"""What a fix can do, in words, for the terminal and the report. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from auditor.domain.tristate import Tristate
from auditor.engine.simulation.group_effects import GroupEffects
from auditor.engine.simulation.plan_simulation import SimulatedFinding, StepEffects
from auditor.engine.simulation.push_effects import PushEffects
from auditor.rule.severity import Severity
from auditor.text import count

MAX_NAMED_EFFECTS = 5
"""The most users of one kind that are named. `auditor plan --simulate --format json` lists all."""

_ADMIN = {
    Tristate.PROVEN: "an admin can sign in",
    Tristate.DISPROVEN: "no admin can sign in",
    Tristate.UNKNOWN: "it is unknown whether an admin can sign in",
}


class SimulatedRule(Struct, frozen=True, kw_only=True):
    """The findings of one rule that a fix opens or closes."""

    rule: str
    severity: Severity
    """The highest severity of the findings."""

    what: str
    """The message of the only finding, or how many there are."""


class FixEffects(Struct, frozen=True, kw_only=True):
    """What one fix can do, after all earlier fixes of the plan."""

    not_simulated: str = ""
    """Why the fix is not simulated; empty: it is."""

    precaution: str = ""
    """The lock-out that is possible, and what to do first; empty: none was found."""

    lines: tuple[str, ...] = ()
    """One sentence for each kind of effect, with a few names."""

    closes: tuple[SimulatedRule, ...] = ()
    opens: tuple[SimulatedRule, ...] = ()
    not_evaluated: tuple[str, ...] = ()
    """Ids of the rules that are unknown afterwards, at least in part."""

    @property
    def is_empty(self) -> bool:
        """Return whether the fix was simulated and no effect was found."""
        found = self.lines or self.closes or self.opens
        return not (self.not_simulated or found)


class CauseEffects(Struct, frozen=True, kw_only=True):
    """What the fixes of one cause can do."""

    cause: str
    """Id of the cause in the plan."""

    fixes: tuple[FixEffects, ...]


def effects_in_words(step: StepEffects) -> FixEffects:
    """Return the effects of one fix as sentences."""
    if step.not_simulated:
        return FixEffects(not_simulated=step.not_simulated)
    return FixEffects(
        precaution=_precaution(step) if step.can_lock_out else "",
        lines=tuple(_lines(step)),
        closes=tuple(_by_rule(step.disappearing)),
        opens=tuple(_by_rule(step.appearing)),
        not_evaluated=tuple(sorted({rule for rule, _ in step.not_evaluated})),
    )


def _by_rule(found: Iterable[SimulatedFinding]) -> Iterator[SimulatedRule]:
    by_rule: defaultdict[str, list[SimulatedFinding]] = defaultdict(list)
    for each in found:
        by_rule[each.rule].append(each)
    for rule, findings in by_rule.items():
        worst = max(findings, key=lambda each: each.severity.rank)
        what = worst.message if len(findings) == 1 else f"{len(findings):,} findings"
        yield SimulatedRule(rule=rule, severity=worst.severity, what=what)


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


def _lines(step: StepEffects) -> Iterator[str]:
    if step.pushed:
        yield from _push_lines(step.pushed)
    for group in step.groups:
        yield _group_line(group)
    if step.sign_on and step.sign_on.before != step.sign_on.after:
        yield (
            f"Users whose account SSO finds: {step.sign_on.after:,}, was {step.sign_on.before:,}."
        )
    # A possible lock-out is in the precaution.
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
    shown = [each for _, each in zip(range(MAX_NAMED_EFFECTS), items, strict=False)]
    rest = f" and {total - len(shown):,} more" if total > len(shown) else ""
    return f"{what}: {', '.join(shown)}{rest}."
