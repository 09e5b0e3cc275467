"""A remediation plan on a terminal, and its Terraform files."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from auditor.cli.output.page import SEVERITY_STYLES, SHORT_ID, TerminalPage, print_head
from auditor.engine.views.remediation_plan import Plan, Stage, Step
from auditor.errors import ConfigError
from auditor.text import count, sanitize

_MAX_FINDINGS = 3
"""Up to so many findings of one step are all shown."""

_MAX_STEPS_PER_RULE = 3
"""So many steps of one rule are shown. A rule about people can have one step for each person."""

_STAGES = {
    Stage.ADMIN: "Restore admin access",
    Stage.DUPLICATES: "Remove duplicate accounts",
    Stage.SIGN_ON: "Correct the sign-on identifiers",
    Stage.PROVISIONING: "Restore provisioning",
    Stage.PEOPLE: "Correct affected users",
    Stage.REST: "Complete the remaining steps",
}


def print_plan(page: TerminalPage, plan: Plan) -> None:
    """Write the steps of a target by stage, and what the plan cannot contain."""
    print_head(page, plan.target, plan.at)
    if plan.steps:
        page.line(
            f"{count(len(plan.steps), 'step')}. The auditor is read-only. It does not run them."
        )
    elif plan.at:
        page.line(
            "No finding is open."
            if not plan.not_evaluated
            else "No open finding is known. Some rules were not evaluated."
        )
    page.gap()
    _print_steps(page, plan.steps)
    if plan.not_evaluated:
        page.line(", ".join(plan.not_evaluated), label=("? Not evaluated  ", "bold magenta"))
        page.line("These rules can have findings that need more steps.", indent=2)
        page.gap()
    if plan.pending:
        page.line(f"{count(plan.pending, 'finding')} in the grace period: not in this plan")
        page.gap()
    if any(step.remediation.terraform for step in plan.steps):
        page.line("auditor plan --write-to DIR", label=f"{'Terraform':11}")
    if plan.steps:
        page.line(f"auditor run -t {plan.target}", label=f"{'Verify':11}")
        page.gap()


def _print_steps(page: TerminalPage, steps: Iterable[Step]) -> None:
    for stage, group in groupby(enumerate(steps, start=1), key=lambda each: each[1].stage):
        page.line((_STAGES[stage], "bold"))
        page.gap()
        shown = Counter[str]()
        for number, step in group:
            rule = step.findings[0].rule
            shown[rule] += 1
            if shown[rule] <= _MAX_STEPS_PER_RULE:
                _print_step(page, number, step)
        for rule, total in shown.items():
            if total > _MAX_STEPS_PER_RULE:
                rest = count(total - _MAX_STEPS_PER_RULE, "step")
                page.line(f"and {rest} more of {rule}: auditor plan --format json")
                page.gap()


def _print_step(page: TerminalPage, number: int, step: Step) -> None:
    label = f"{number:3}. "
    first = step.findings[0]
    page.ends(
        [label, (first.rule, "bold")],
        (f"{first.id[:SHORT_ID]}  {step.severity}", SEVERITY_STYLES[step.severity]),
    )
    # One message is an example for many; the step itself names the users.
    shown = len(step.findings) if len(step.findings) <= _MAX_FINDINGS else 1
    for finding in step.findings[:shown]:
        page.line(finding.message, indent=len(label))
    if len(step.findings) > shown:
        rest = count(len(step.findings) - shown, "finding")
        page.line(f"and {rest} more: auditor findings --rule {first.rule}", indent=len(label))
    for words in step.remediation.steps:
        page.line(words, indent=len(label), label="- ")
    if step.remediation.link:
        page.whole(step.remediation.link, indent=len(label) + 2)
    if step.remediation.api:
        page.line(("API call", "bold"), indent=len(label))
        page.whole(step.remediation.api, indent=len(label) + 2)
    if step.deletions:
        page.line(
            ("Calls that delete an account. Check each account first.", "bold"), indent=len(label)
        )
        for call in step.deletions:
            page.whole(call, indent=len(label) + 2)
    page.gap()


def write_terraform(folder: Path, plans: Iterable[Plan]) -> Iterator[Path]:
    """Write each Terraform block once, to ``TARGET-NN-RULE.tf``. Yields the files.

    Raises :class:`~auditor.errors.ConfigError` if a file exists or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for plan in plans:
            written: set[str] = set()
            for number, step in enumerate(plan.steps, start=1):
                block = step.remediation.terraform
                if not block or block in written:
                    continue
                written.add(block)
                file = folder / f"{plan.target}-{number:02}-{step.findings[0].rule}.tf"
                with file.open("x", encoding="utf-8") as new:
                    new.write("\n".join(map(sanitize, block.splitlines())) + "\n")
                yield file
    except OSError as error:
        msg = f"--write-to: {error.filename}: {error.strerror}"
        raise ConfigError(msg) from error
