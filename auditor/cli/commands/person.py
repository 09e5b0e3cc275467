"""The command ``auditor person``: show one user in Okta and Unleash, with all findings."""

from pathlib import Path

import click

from auditor.cli.command_group import Command
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    refuse_together,
    snapshot_option,
    target_option,
)
from auditor.cli.output.exit_code import ExitCode
from auditor.errors import ConfigError

_EPILOG = """\
Examples:
  auditor person ada@example.com         an email, a login or a username
  auditor person lovelace                a part of a name or email
  auditor person 00u1b2c3d4e5f6g7h8i9    an Okta or Unleash user id
  auditor person ada@example.com --snapshot today.json

Exit codes:
  0  found
  2  no such user, or several users match
  3  found, but data is missing
"""

MAX_MATCHES = 10
"""The most users that are listed for an ambiguous part of a name."""


@click.command("person", cls=Command, epilog=_EPILOG)
@click.argument("who", metavar="WHO")
@config_option
@target_option
@snapshot_option
@format_option("text", "json")
def command(
    who: str,
    config: Path,
    target: tuple[str, ...],
    snapshot: Path | None,
    output_format: str,
) -> int:
    """Show one user in Okta and Unleash, with roles, groups and all findings.

    WHO is an email, login, username, id, or a part of a name. The command reads both services
    now and stores nothing.
    """
    from auditor.cli.inputs import snapshots
    from auditor.cli.output.data_output import print_json
    from auditor.cli.output.page import TerminalPage
    from auditor.cli.output.person_page import print_person
    from auditor.cli.output.stderr import print_error
    from auditor.config.rule_settings import rules_for
    from auditor.domain.context import RuleContext
    from auditor.engine.evaluation.evaluate import evaluate
    from auditor.engine.views.person_lookup import PersonRecord, dossiers, people_matching, unseen

    if snapshot:
        refuse_together("--snapshot", ("--target", target))
    settings = load_configuration(config)
    found: list[PersonRecord] = []
    missing: list[str] = []
    similar: dict[str, None] = {}
    for each, read in snapshots(settings, target, snapshot):
        rules = rules_for(settings, each)
        evaluated = evaluate(read, rules, settings.attestations)
        context = RuleContext(read, settings.attestations)
        records = dossiers(context, evaluated, who)
        if not records:
            matches = people_matching(context, who)
            if len(matches) == 1:
                records = dossiers(context, evaluated, matches[0].id)
            similar.update(dict.fromkeys(match.text for match in matches))
        found += records
        missing += [
            f"{each.name}: {name} was not read: {data} (`auditor doctor` checks the access)"
            for name, data in unseen(read).items()
        ]
    if not found and similar:
        raise ConfigError(*_several(who, list(similar)))
    # With missing data, the user can exist although nothing was found.
    if not found and not missing:
        msg = (
            f'"{who}": no user has this email, login, username, id or name in Okta or Unleash '
            "(check the spelling, or search for a part of the name)"
        )
        raise ConfigError(msg)
    if output_format == "json":
        print_json(found)
    else:
        for record in found:
            print_person(TerminalPage(), record)
    for text in missing:
        print_error(text)
    return ExitCode.NOT_EVALUATED if missing else ExitCode.OK


def _several(who: str, matches: list[str]) -> list[str]:
    listed = [f"  {match}" for match in matches[:MAX_MATCHES]]
    rest = len(matches) - len(listed)
    more = [f"  and {rest:,} more"] if rest else []
    return [f'"{who}": {len(matches):,} users match (use an email or id)', *listed, *more]
