"""``auditor plan``: how everything is put back, and in which order."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from auditor.cli.inputs import head, last_run_at, open_history, snapshots
from auditor.cli.options import (
    add_config,
    add_format,
    add_targets,
    rules_of,
    settings_of,
)
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.page import STYLES, TerminalPage, print_json
from auditor.cli.output.stderr import print_error
from auditor.config.settings import Settings
from auditor.engine.findings.tracked_findings import State
from auditor.engine.views.remediation_plan import Plan, Step, plan
from auditor.pipeline.audit import replay
from auditor.rule.results import Remediation
from auditor.text import count

SHOWN = 5
"""So many findings that one step puts right are told of."""

SHOWN_STEPS = 10
"""So many steps of one rule are told of; there may be one for each person."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Say how all open findings are put back: in the console, by an API call, and with
Terraform. First that an admin can get in, then how people sign in, then that
provisioning runs, then what hurts people, then the rest. Nothing of it is done:
the auditor only reads."""
    parser.epilog = """\
examples:
  auditor plan                          of what the last audit found
  auditor plan -t production --look     of what stands there now
  auditor plan --snapshot today.json    of what was seen then
  auditor plan --format json | jq -r '.[].steps[].remedy.terraform // empty'

exit codes: 0 told, 3 told, but rules were blind: there may be more to put back
"""
    add_config(parser)
    add_targets(parser)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--look", action="store_true", help="look now, instead of at what the last audit found"
    )
    source.add_argument(
        "--snapshot", type=Path, metavar="FILE", help="judge a saved snapshot instead"
    )
    add_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    fresh = arguments.look or arguments.snapshot
    plans = tuple((_of_a_look if fresh else _of_history)(settings, arguments))
    if arguments.format == "json":
        print_json(plans)
    else:
        for each in plans:
            _show(TerminalPage(), each)
    blind = [each for each in plans if each.not_evaluated]
    for each in blind:
        print_error(f"not all could be seen: {each.target}: {_could_not_tell(each)}")
    return ExitCode.NOT_EVALUATED if blind else ExitCode.OK


def _of_a_look(settings: Settings, arguments: argparse.Namespace) -> Iterator[Plan]:
    rules = {rule_id: loaded.rule for rule_id, loaded in rules_of(settings).items()}
    for target, snapshot in snapshots(settings, arguments):
        outcome = replay(settings, target, snapshot)
        reconciled = outcome.reconciled
        found = (entry.finding for entry in reconciled.open if entry.finding)
        yield Plan(
            target=target.name,
            at=outcome.at,
            steps=plan(found, rules),
            pending=sum(entry.after.state is State.PENDING for entry in reconciled.transitions),
            not_evaluated=tuple(
                each.rule for each in outcome.evaluated.verdicts if each.has_unknown
            ),
        )


def _of_history(settings: Settings, arguments: argparse.Namespace) -> Iterator[Plan]:
    rules = {rule_id: loaded.rule for rule_id, loaded in rules_of(settings).items()}
    with open_history(settings, arguments) as (store, names):
        for name in names:
            found = (each for each in store.history.findings(name, State.OPEN) if not each.waived)
            yield Plan(
                target=name,
                at=last_run_at(store, name),
                steps=plan(found, rules),
                pending=len(store.history.findings(name, State.PENDING)),
                not_evaluated=tuple(
                    each.rule for each in store.history.verdicts(name) if each.has_unknown
                ),
            )


def _show(page: TerminalPage, todo: Plan) -> None:
    head(page, todo.target, todo.at)
    if todo.steps:
        page.line("Nothing of this has been done: the auditor only reads.")
    page.gap()
    _show_steps(page, todo.steps)
    if todo.not_evaluated:
        page.line(", ".join(todo.not_evaluated), label=("? BLIND  ", "bold magenta"))
        page.line(
            f"{_could_not_tell(todo)}: what they could not see may hold more to put back.", indent=2
        )
        page.gap()
    if todo.pending:
        page.line(f"{count(todo.pending, 'finding')} may yet settle: not in this plan")
    if todo.at:
        page.line(_conclusion(todo))
        page.gap()


def _show_steps(page: TerminalPage, todo: Iterable[Step]) -> None:
    blocks: dict[str, int] = {}
    for stage, steps in groupby(enumerate(todo, start=1), key=lambda each: each[1].stage):
        page.line((f"So that {stage}", "bold"))
        page.gap()
        shown = Counter[str]()
        for number, step in steps:
            rule = step.findings[0].rule
            shown[rule] += 1
            if shown[rule] <= SHOWN_STEPS:
                _show_step(page, number, step, blocks)
        for rule, total in shown.items():
            if total > SHOWN_STEPS:
                page.line(f"… and {total - SHOWN_STEPS:,} more of {rule}: --format json lists all")
                page.gap()


def _conclusion(todo: Plan) -> str:
    if todo.steps:
        return f"{count(len(todo.steps), 'thing')} to do"
    if todo.not_evaluated:
        return "No finding stands open, as far as could be seen."
    return "No finding stands open: there is nothing to put back."


def _could_not_tell(todo: Plan) -> str:
    return f"{count(len(todo.not_evaluated), 'rule')} could not tell"


def _show_step(page: TerminalPage, number: int, step: Step, blocks: dict[str, int]) -> None:
    """Write one step; ``blocks`` is what of Terraform was written before, and in which step."""
    label = f"{number:3}. "
    page.ends([label, (step.findings[0].rule, "bold")], (step.severity, STYLES[step.severity]))
    for finding in step.findings[:SHOWN]:
        page.line(finding.message, indent=len(label))
    if len(step.findings) > SHOWN:
        page.line(f"… and {len(step.findings) - SHOWN:,} more like it", indent=len(label))
    _show_remedy(page, step.remediation, len(label))
    if block := step.remediation.terraform:
        _show_block(page, block, blocks.setdefault(block, number), number, len(label))
    page.gap()


def _show_remedy(page: TerminalPage, remediation: Remediation, indent: int) -> None:
    label = "by hand   "
    for words in remediation.steps:
        page.line(words, indent=indent, label=(label, "dim"))
        label = " " * len(label)
    if remediation.link:
        page.whole(remediation.link, indent=indent + len(label))
    if remediation.api:
        page.line(("API", "dim"), indent=indent)
        page.whole(remediation.api, indent=indent + 2)


def _show_block(page: TerminalPage, block: str, first: int, number: int, indent: int) -> None:
    """Write a Terraform block once: it holds a whole mapping, and mends all that is wrong in it."""
    if first != number:
        page.line((f"Terraform: the block of step {first} does this, too", "dim"), indent=indent)
        return
    page.line(("Terraform", "dim"), indent=indent)
    for line in block.splitlines():
        page.whole(line, indent=indent + 2 if line else 0)
