"""A remediation plan on a terminal, and its Terraform files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from auditor.cli.output.page import SEVERITY_STYLES, TerminalPage, print_head
from auditor.engine.views.remediation_plan import Plan, PlannedCause
from auditor.errors import ConfigError
from auditor.files import cause_and_remedy, write_new
from auditor.text import SHORT_ID, count, sanitize


def print_plan(page: TerminalPage, plan: Plan) -> None:
    """Write one remediation for each cause of a target, and what the plan cannot contain."""
    print_head(page, plan.target, plan.at)
    if plan.causes:
        page.line(
            f"{count(len(plan.causes), 'cause')}. The auditor is read-only. It does not run these "
            "steps."
        )
    elif plan.at:
        page.line(
            # While rules are unknown, nothing is called free of findings.
            "No finding is open."
            if not plan.not_evaluated
            else "No open finding is known. Some rules were not evaluated."
        )
    page.gap()
    for number, cause in enumerate(plan.causes, start=1):
        _print_cause(page, number, cause)
    if plan.not_evaluated:
        page.line(", ".join(plan.not_evaluated), label=("? Not evaluated  ", "bold magenta"))
        page.line("These rules can have findings that need more steps.", indent=2)
        page.gap()
    if plan.pending:
        page.line(f"{count(plan.pending, 'finding')} in the grace period: not in this plan")
        page.gap()
    if any(cause.terraform for cause in plan.causes):
        page.line("auditor plan --write-to DIR", label=f"{'Terraform':11}")
    if plan.causes:
        page.line(f"auditor run -t {plan.target}", label=f"{'Verify':11}")
        page.gap()


def _print_cause(page: TerminalPage, number: int, cause: PlannedCause) -> None:
    label = f"{number:3}. "
    indent = len(label)
    state = (f"{cause.id[:SHORT_ID]}  {cause.severity}", SEVERITY_STYLES[cause.severity])
    if indent + len(cause.title) + 2 + len(state[0]) <= page.width:
        page.ends([label, (cause.title, "bold")], state)
    else:
        page.line((cause.title, "bold"), label=label)
        page.line(state, indent=indent)
    if cause.keeps_admin_access:
        page.line("Do this first: all other steps need an admin who can sign in.", indent=indent)
    for words in cause.steps:
        page.line(words, indent=indent, label="- ")
    if cause.link:
        page.whole(cause.link, indent=indent + 2)
    if cause.calls:
        page.line((f"API {'call' if len(cause.calls) == 1 else 'calls'}", "bold"), indent=indent)
        for call in cause.calls:
            page.whole(call, indent=indent + 2)
    if cause.deletions:
        page.line(
            ("Calls that delete an account. Check each account first.", "bold"), indent=indent
        )
        for call in cause.deletions:
            page.whole(call, indent=indent + 2)
    users = f" · {count(cause.affected, 'affected user')}" if cause.affected else ""
    page.line(f"{', '.join(cause.rules)}{users}", indent=indent, label="Fixes  ")
    page.gap()


def write_terraform(folder: Path, plans: Iterable[Plan]) -> Iterator[Path]:
    """Write each Terraform block once, to ``TARGET-NN-RULE.tf``. Yields the files.

    Raises :class:`~auditor.errors.ConfigError` if a file exists or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for plan in plans:
            # One block can fix several causes.
            written: set[str] = set()
            for number, cause in enumerate(plan.causes, start=1):
                blocks = [each for each in cause.terraform if each not in written]
                if not blocks:
                    continue
                written.update(blocks)
                file = folder / f"{plan.target}-{number:02}-{cause.rules[0]}.tf"
                lines = (sanitize(line) for block in blocks for line in block.splitlines())
                write_new(file, "".join(f"{line}\n" for line in lines).encode())
                yield file
    except OSError as error:
        msg = f"--write-to: {error.filename}: cannot be written: {cause_and_remedy(error)}"
        raise ConfigError(msg) from error
