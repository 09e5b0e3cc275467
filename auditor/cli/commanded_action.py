"""The shared part of `auditor ack` and `auditor assign`: apply the action and print the result."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from msgspec import Struct

from auditor.cli.inputs import open_history
from auditor.cli.output.data_output import print_json
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.stderr import print_error
from auditor.cli.stored_findings import whole_id
from auditor.clock import utc_now
from auditor.config.settings import Settings
from auditor.engine.incidents.action_limits import ActionRefusal, refusal_text
from auditor.engine.incidents.incident import Acknowledgement, IncidentOwner
from auditor.engine.incidents.incident_action import ActionKind, ActionVia, IncidentAction
from auditor.errors import ConfigError
from auditor.pipeline.incident_response import ActionResult, act_by_command
from auditor.pipeline.reports import deliver_with_reports

PART_OF_ID = re.compile(r"[0-9a-f]{1,15}")
"""The first digits of the id of a finding, which has 16 hex digits. A cause has the id of its
leading finding."""


_REMEDIES = {
    ActionRefusal.NO_INCIDENT: "`auditor findings` lists the ids",
    ActionRefusal.NOT_OPEN: "`auditor findings` lists the open ones",
    ActionRefusal.TOO_LONG: "use --until 7d or less",
    ActionRefusal.REASON_REQUIRED: "add --reason",
    ActionRefusal.IN_THE_PAST: "use a later --until",
    ActionRefusal.NOT_ACKNOWLEDGED: "there is nothing to resume",
}


class ActedOn(Struct, frozen=True, kw_only=True):
    """An incident of a target after the action: the output for ``--format json``."""

    target: str
    rule: str
    acknowledgement: Acknowledgement | None
    owner: IncidentOwner | None
    instead_of: Acknowledgement | None = None
    """The valid acknowledgement that this one replaces, if there is one."""


def act_and_report(
    settings: Settings,
    targets: tuple[str, ...],
    wanted: str,
    *,
    kind: ActionKind,
    by: str,
    at: datetime,
    describe: Callable[[ActionResult, str], str],
    output_format: str,
    **more: Any,  # noqa: ANN401  (fields of the action)
) -> int:
    """Act on the incident in each of the targets, deliver, print, and return the exit code.

    ``wanted`` is a rule, the id of a cause or a finding, or the first digits of an id. ``describe``
    returns the line of a result; it is given the rule that leads the cause. Raises ConfigError when
    no target has such an open incident, or when the action is refused.
    """
    with open_history(settings, targets) as (store, names):
        # Otherwise the digits would be compared with names of rules and whole ids only.
        if PART_OF_ID.fullmatch(wanted):
            wanted = whole_id(store, names, wanted)
        results = [
            act_by_command(
                store,
                settings,
                wanted,
                IncidentAction(
                    key="",
                    target=name,
                    incident="",
                    kind=kind,
                    via=ActionVia.COMMAND,
                    at=at,
                    by=by,
                    **more,
                ),
                utc_now,
            )
            for name in names
        ]
        delivered = deliver_with_reports(store, settings, utc_now, of=names)
    found = [each for each in results if each]
    if not found:
        msg = f"{wanted}: no open incident has this id (`auditor findings` lists the ids)"
        raise ConfigError(msg)
    done = [each for each in found if each.refusal is None]
    if output_format == "json":
        print_json([_acted_on(each) for each in done])
    else:
        for each in done:
            click.echo(describe(each, each.state.rule if each.state else wanted))
    for error in delivered.errors:
        print_error(f"not delivered: {error}")
    refused = {
        f"{wanted} on {each.action.target}: {_refusal(each.refusal)}"
        for each in found
        if each.refusal
    }
    # After the output: on the other targets the action is done.
    if refused:
        raise ConfigError(*sorted(refused))
    return ExitCode.OK if delivered.complete else ExitCode.NOT_DELIVERED


def _refusal(refusal: ActionRefusal) -> str:
    """Return a refusal as the end of an error: the reason, and the option that is to change."""
    text = refusal_text(refusal).removesuffix(".")
    return f"{text[:1].lower()}{text[1:]} ({_REMEDIES[refusal]})"


def _acted_on(result: ActionResult) -> ActedOn:
    state = result.state
    return ActedOn(
        target=result.action.target,
        rule=state.rule if state else "",
        acknowledgement=state.acknowledgement if state else None,
        owner=state.owner if state else None,
        instead_of=result.instead_of,
    )
