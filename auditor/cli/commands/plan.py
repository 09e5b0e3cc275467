"""The command ``auditor plan``: list the remediation steps of open findings in order."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    refuse_together,
    rules_of,
    snapshot_option,
    target_option,
)
from auditor.cli.output.exit_code import ExitCode

if TYPE_CHECKING:
    from auditor.config.settings import Settings
    from auditor.domain.remediation.fix import AttributeFix
    from auditor.engine.simulation.plan_simulation import PlanSimulation
    from auditor.engine.views.remediation_plan import Plan

_EPILOG = """\
Examples:
  auditor plan                           open findings of the last audit
  auditor plan -t production --calls     read both services now, with API calls
  auditor plan --write-to terraform/     Terraform files, one per cause
  auditor plan --snapshot today.json     findings of a saved snapshot
  auditor plan --simulate                what each fix can do
  auditor plan --set email=user.login    what this mapping can do

Exit codes:
  0  complete
  2  the command line, the configuration or the database cannot be used
  3  some rules were not evaluated, so steps can be missing
"""


def _parse_mappings(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> "tuple[AttributeFix, ...]":
    from auditor.domain.remediation.fix import AttributeFix

    fixes = []
    for value in values:
        name, equals, expression = value.partition("=")
        if not (name.strip() and equals):
            msg = f'"{value}" is not ATTRIBUTE=EXPRESSION (write it like email=user.login)'
            raise click.BadParameter(msg)
        fixes.append(AttributeFix(name=name.strip(), expression=expression.strip() or None))
    return tuple(fixes)


@click.command("plan", cls=Command, epilog=_EPILOG)
@config_option
@target_option
@click.option("--calls", is_flag=True, help="Read both services now and list the API calls.")
@snapshot_option
@click.option(
    "--write-to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the Terraform blocks to files in this directory.",
)
@click.option(
    "--simulate", is_flag=True, help="Read both services now and compute what each fix can do."
)
@click.option(
    "--set",
    "mappings",
    multiple=True,
    callback=_parse_mappings,
    metavar="ATTR=EXPR",
    help="Compute what this mapping can do, for all user types; an empty expression removes it.",
)
@format_option("text", "json")
def command(
    config: Path,
    target: tuple[str, ...],
    snapshot: Path | None,
    write_to: Path | None,
    output_format: str,
    *,
    mappings: "tuple[AttributeFix, ...]",
    calls: bool,
    simulate: bool,
) -> int:
    """List one remediation for each cause of the open findings, in the order of work.

    A remediation that keeps admin access comes first, then the most severe cause. The steps are
    not executed: the auditor only reads. The plan uses the findings of the last
    audit. With --calls, the command reads both services again and also lists API calls,
    including calls that delete data.

    --simulate and --set compute which accounts can be renamed, created, adopted or lost, and which
    findings close and open. Nothing is changed. The effects are possible, not certain, because
    Unleash decides about them.
    """
    from auditor.cli.output.data_output import print_json
    from auditor.cli.output.page import TerminalPage
    from auditor.cli.output.plan_page import print_plan, write_terraform
    from auditor.cli.output.stderr import print_progress
    from auditor.engine.views.remediation_plan import without_calls

    if snapshot:
        refuse_together("--snapshot", ("--calls", calls), ("--target", target))
    if simulate:
        refuse_together("--simulate", ("--set", mappings))
    if simulate or mappings:
        simulation = "--simulate" if simulate else "--set"
        refuse_together(simulation, ("--calls", calls), ("--write-to", write_to))
    settings = load_configuration(config)
    if simulate or mappings:
        return _simulate(settings, target, snapshot, mappings, output_format)
    reads_now = calls or snapshot is not None
    plans = tuple(
        _from_services(settings, target, snapshot) if reads_now else _from_history(settings, target)
    )
    if not calls:
        plans = tuple(map(without_calls, plans))
    if output_format == "json":
        print_json(plans)
    else:
        for each in plans:
            print_plan(TerminalPage(), each)
    if write_to:
        for file in write_terraform(write_to, plans):
            print_progress(f"written: {file}")
    return _exit_code(plans)


def _exit_code(plans: "Iterable[Plan | PlanSimulation]") -> int:
    """Name the targets whose plan can lack steps; return the exit code."""
    from auditor.cli.output.stderr import print_error
    from auditor.text import count

    incomplete = [each for each in plans if each.not_evaluated]
    for each in incomplete:
        rules = count(len(each.not_evaluated), "rule was", "rules were")
        print_error(
            f"{each.target}: {rules} not evaluated, so steps can be missing "
            "(`auditor doctor` checks the access)"
        )
    return ExitCode.NOT_EVALUATED if incomplete else ExitCode.OK


def _simulate(
    settings: "Settings",
    targets: tuple[str, ...],
    saved: Path | None,
    mappings: "tuple[AttributeFix, ...]",
    output_format: str,
) -> int:
    """Simulate the plan of each target, or only the mapping of ``--set``."""
    from auditor.cli.inputs import snapshots
    from auditor.cli.output.data_output import print_json
    from auditor.cli.output.page import TerminalPage, print_head
    from auditor.cli.output.simulation_page import print_simulation
    from auditor.config.rule_settings import rules_for
    from auditor.domain.context import RuleContext
    from auditor.domain.remediation.fix import MappingFix
    from auditor.engine.simulation.plan_simulation import simulate_fix, simulate_plan
    from auditor.engine.views.plan_effects import planned_causes
    from auditor.pipeline.audit import replay

    found = []
    for target, snapshot in snapshots(settings, targets, saved):
        context = RuleContext(snapshot, settings.attestations)
        rules = rules_for(settings, target)
        if mappings:
            # `None` stands for all user types.
            fix = MappingFix(type_id=None, attributes=mappings)
            titles = [
                ", ".join(f"{each.name} = {each.expression or 'not mapped'}" for each in mappings)
            ]
            simulation = simulate_fix(context, fix, rules)
        else:
            outcome = replay(settings, target, snapshot)
            causes = planned_causes(outcome.reconciled, rules)
            titles = [each.title for each in causes]
            simulation = simulate_plan(context, [each.fixes for each in causes], rules)
        found.append(simulation)
        if output_format == "text":
            page = TerminalPage()
            print_head(page, target.name, snapshot.taken_at)
            print_simulation(page, simulation, titles)
    if output_format == "json":
        print_json(found)
    return _exit_code(found)


def _from_services(
    settings: "Settings", targets: tuple[str, ...], saved: Path | None
) -> "Iterator[Plan]":
    from auditor.cli.inputs import snapshots
    from auditor.config.rule_settings import rules_for
    from auditor.engine.findings.tracked_findings import State
    from auditor.engine.views.plan_effects import planned_causes
    from auditor.engine.views.remediation_plan import Plan
    from auditor.pipeline.audit import replay

    for target, snapshot in snapshots(settings, targets, saved):
        outcome = replay(settings, target, snapshot)
        yield Plan(
            target=target.name,
            at=outcome.at,
            causes=planned_causes(outcome.reconciled, rules_for(settings, target)),
            pending=sum(
                entry.after.state is State.PENDING for entry in outcome.reconciled.transitions
            ),
            not_evaluated=tuple(
                each.rule for each in outcome.evaluated.verdicts if each.has_unknown
            ),
        )


def _from_history(settings: "Settings", targets: tuple[str, ...]) -> "Iterator[Plan]":
    from auditor.cli.inputs import last_audit_at, open_history
    from auditor.engine.findings.tracked_findings import State
    from auditor.engine.views.remediation_plan import Plan, plan

    rules = {rule_id: loaded.rule for rule_id, loaded in rules_of(settings).items()}
    with open_history(settings, targets) as (store, names):
        for name in names:
            found = store.history.findings(name, State.OPEN)
            yield Plan(
                target=name,
                at=last_audit_at(store, name),
                # A waived finding is accepted, so it needs no step.
                causes=plan(((each.cause, each) for each in found if not each.waived), rules),
                pending=len(store.history.findings(name, State.PENDING)),
                not_evaluated=tuple(
                    each.rule for each in store.history.verdicts(name) if each.has_unknown
                ),
            )
