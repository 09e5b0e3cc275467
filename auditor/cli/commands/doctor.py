"""The command ``auditor doctor``: check connections, credentials, permissions and channels."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from auditor import __version__
from auditor.cli.command_group import Command
from auditor.cli.options import (
    config_option,
    format_option,
    load_configuration,
    refuse_together,
    target_option,
    targets_of,
)
from auditor.cli.output.exit_code import ExitCode
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus

if TYPE_CHECKING:
    from auditor.cli.output.page import TerminalPage
    from auditor.config.settings import Settings
    from auditor.config.tables.target_settings import TargetSettings
    from auditor.domain.target import Target

_EPILOG = """\
Examples:
  auditor doctor                        all targets
  auditor doctor -t production          one target
  auditor doctor -v                     also each passed check
  auditor doctor --format json | jq '.targets[].checks[].unknown_rules'

Exit codes:
  0  no warning and no error
  1  at least one warning
  2  an audit is not possible
"""


class TargetHealth(Struct, frozen=True, kw_only=True):
    """The health checks of one target."""

    target: str
    checks: tuple[HealthCheck, ...]


class Health(Struct, frozen=True, kw_only=True):
    """The output of ``auditor doctor --format json``."""

    schema: int = 1
    auditor: str = __version__
    exit_code: int
    targets: tuple[TargetHealth, ...]
    checks: tuple[HealthCheck, ...]
    """The checks that all targets share: database, channels, reports."""


@click.command("doctor", cls=Command, epilog=_EPILOG)
@config_option
@target_option
@click.option("-v", "--verbose", is_flag=True, help="Also list each passed check.")
@format_option("text", "json")
def command(config: Path, target: tuple[str, ...], output_format: str, *, verbose: bool) -> int:
    """Check connections, credentials, permissions, database and channels.

    Each problem is shown with its consequence and its remediation. Nothing is stored and no
    message is sent. The command sends only GET requests to Okta and Unleash, and the OAuth token
    request. It reads the owner of the Slack token and the channels.
    """
    from auditor.cli.output.data_output import print_json
    from auditor.pipeline.doctor import check_shared

    if output_format == "json":
        refuse_together("--format json", ("--verbose", verbose))
    settings = load_configuration(config)
    targets = targets_of(settings, target)
    # All checks first, because the first line of the output is the conclusion.
    checked = tuple(_check(settings, each) for each in targets)
    shared = tuple(check_shared(settings))
    everything = (*shared, *(check for each in checked for check in each.checks))
    code = exit_code(everything)
    if output_format == "json":
        print_json(Health(exit_code=code, targets=checked, checks=shared))
        return code
    _print_conclusion(everything)
    for each, found in zip(targets, checked, strict=True):
        _print_checks(each.target, found.checks, verbose=verbose)
    _print_checks(None, shared, verbose=verbose)
    return code


def _check(settings: "Settings", target: "TargetSettings") -> TargetHealth:
    from auditor.cli.output.stderr import progress
    from auditor.pipeline.doctor import check_target

    with progress(f"Checking {target.name}") as report:
        checks = tuple(check_target(settings, target, progress=report))
    return TargetHealth(target=target.name, checks=checks)


def exit_code(checks: Iterable[HealthCheck]) -> int:
    """Return 2 if there is an error, 1 if there is a warning, else 0."""
    found = {check.status for check in checks}
    if HealthStatus.ERROR in found:
        return ExitCode.UNUSABLE
    return ExitCode.FINDINGS if HealthStatus.WARNING in found else ExitCode.OK


_CONCLUSIONS = {
    HealthStatus.OK: "All requirements for an audit are met.",
    HealthStatus.NOTICE: "All requirements for an audit are met. See the notices.",
    HealthStatus.WARNING: "Audits run, but they are incomplete or cannot notify.",
    HealthStatus.ERROR: "At least one target cannot be audited.",
}
_SHARED_SLACK_APP = "Audits run, but clicks in Slack are not reliable."
_NO_WATCH = "Audits run, but changes between two audits are not detected."
_MARKS = {
    HealthStatus.OK: ("✓ ok       ", "green"),
    HealthStatus.NOTICE: ("· notice   ", "cyan"),
    HealthStatus.WARNING: ("! warning  ", "bold yellow"),
    HealthStatus.ERROR: ("✗ error    ", "bold red"),
}
_INDENT = 11
"""Columns of the mark before a health check."""

_LABEL = 13
"""Columns of a label below a health check."""


def _print_conclusion(checks: Sequence[HealthCheck]) -> None:
    """Write the result in one line."""
    from auditor.cli.output.page import TerminalPage
    from auditor.text import count

    # The statuses are declared from best to worst.
    worst = max((check.status for check in checks), key=list(HealthStatus).index)
    unknown = frozenset(rule for check in checks for rule in check.unknown_rules)
    more = f" {count(len(unknown), 'rule is', 'rules are')} not evaluated." if unknown else ""
    page = TerminalPage()
    areas = {check.area for check in checks if check.status is worst}
    conclusion = _CONCLUSIONS[worst]
    # The only error of Slack: another program receives a part of the clicks.
    if worst is HealthStatus.ERROR and areas == {"Slack"}:
        conclusion = _SHARED_SLACK_APP
    elif worst is HealthStatus.WARNING and areas == {"watch"}:
        conclusion = _NO_WATCH
    page.line(f"{conclusion}{more}", label=_MARKS[worst])
    page.gap()


def _print_checks(target: "Target | None", checks: Sequence[HealthCheck], *, verbose: bool) -> None:
    """Write the checks of a target, or (``None``) of all targets: problems first."""
    from auditor.cli.output.page import TerminalPage

    page = TerminalPage()
    if target:
        page.line((target.name, "bold"))
        page.whole(f"{target.org_url} {target.app_id} → {target.unleash_url}")
    else:
        page.line(("All targets", "bold"))
    worst_first = reversed(HealthStatus)
    for status in worst_first:
        found = [check for check in checks if check.status is status]
        if status is HealthStatus.OK and not verbose:
            for area in dict.fromkeys(check.area for check in found):
                passed = [check.about for check in found if check.area == area]
                page.line(f"{area}: {', '.join(passed)}", label=_MARKS[status])
        else:
            for check in found:
                _print_one(page, check)
    page.gap()


def _print_one(page: "TerminalPage", check: HealthCheck) -> None:
    from auditor.text import count

    title = f"{check.area} {check.about}" if check.about != check.area else check.area
    page.line((title, "bold"), ": ", check.message, label=_MARKS[check.status])
    for detail in check.details:
        page.line(detail, indent=_INDENT)
    if check.needed_by:
        page.line(f"Required by {count(len(check.needed_by), 'rule')}", indent=_INDENT)
    if check.unknown_rules:
        rules = ", ".join(check.unknown_rules)
        page.line(rules, indent=_INDENT, label=f"{'Not evaluated':{_LABEL + 1}}")
    if check.remediation:
        page.line(check.remediation, indent=_INDENT, label=f"{'Remediation':{_LABEL + 1}}")
