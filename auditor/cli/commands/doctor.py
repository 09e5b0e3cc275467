"""``auditor doctor``: try everything that an audit needs, and say what hangs on it."""

import argparse
from collections.abc import Iterable, Sequence

from msgspec import Struct

from auditor import __version__
from auditor.cli.options import add_config, add_format, add_targets, settings_of, targets_of
from auditor.cli.output.page import TerminalPage, print_json
from auditor.cli.output.stderr import progress
from auditor.config.settings import Settings
from auditor.config.target_settings import TargetSettings
from auditor.domain.target import Target
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.pipeline.doctor import check_shared, check_target
from auditor.text import count


class TargetCheckup(Struct, frozen=True, kw_only=True):
    """What was tried of one target."""

    target: str
    checks: tuple[HealthCheck, ...]


class Checkup(Struct, frozen=True, kw_only=True):
    """What `auditor doctor --format json` prints."""

    schema: int = 1
    auditor: str = __version__
    exit_code: int
    targets: tuple[TargetCheckup, ...]
    checks: tuple[HealthCheck, ...]
    """What all targets share: history, channels, reports."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Try everything that an audit needs: connections, credentials, each permission,
history, channels. Say what works, which rules are blind without it, and how it
is granted. Nothing is remembered or told: Okta and Unleash are sent nothing but
GET, save the OAuth token request; Slack is asked who the token is and whether
the channels are there; a webhook, which can only be posted to, is left alone."""
    parser.epilog = """\
examples:
  auditor doctor                        all targets of auditor.toml
  auditor doctor -t production          one target
  auditor doctor --format json | jq '.targets[].checks[].blinds'

exit codes:
  0  all works; notes may stand
  1  something needs attention: rules are blind, or people are not told
  2  there can be no audit: an unusable configuration, credential or history
"""
    add_config(parser)
    add_targets(parser)
    add_format(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    targets = targets_of(settings, arguments)
    checked = tuple(_check(settings, each) for each in targets)
    shared = tuple(check_shared(settings))
    everything = (*shared, *(check for each in checked for check in each.checks))
    code = exit_code(everything)
    if arguments.format == "json":
        checkup = Checkup(exit_code=code, targets=checked, checks=shared)
        print_json(checkup)
        return code
    for target, found in zip(targets, checked, strict=True):
        show(target.target, found.checks)
    show(None, shared)
    conclude(everything)
    return code


def _check(settings: Settings, target: TargetSettings) -> TargetCheckup:
    with progress(f"Looking at {target.name}") as report:
        checks = tuple(check_target(settings, target, progress=report))
    return TargetCheckup(target=target.name, checks=checks)


def exit_code(checks: Iterable[HealthCheck]) -> int:
    """Return 2 for anything broken, else 1 for what needs attention, else 0."""
    standings = {check.status for check in checks}
    if HealthStatus.ERROR in standings:
        return 2
    return 1 if HealthStatus.WARNING in standings else 0


_CONCLUSIONS = {
    HealthStatus.OK: "All that an audit needs is there.",
    HealthStatus.NOTICE: "All that an audit needs is there; see the notes.",
    HealthStatus.WARNING: "Audits take place, but see, keep or tell less than they could.",
    HealthStatus.ERROR: "Not everything can be audited.",
}
_MARKS = {
    HealthStatus.OK: ("✓", "green"),
    HealthStatus.NOTICE: ("·", "cyan"),
    HealthStatus.WARNING: ("!", "bold yellow"),
    HealthStatus.ERROR: ("✗", "bold red"),
}


def show(target: Target | None, checks: Sequence[HealthCheck]) -> None:
    """Write the checks of a target, or those that all targets share, area by area."""
    page = TerminalPage()
    if target:
        page.line((target.name, "bold"))
        page.whole(f"{target.org_url} {target.app_id} → {target.unleash_url}")
        page.gap()
    for area in dict.fromkeys(check.area for check in checks):
        page.line((area, "bold"))
        for check in checks:
            if check.area == area:
                _show_one(page, check)
        page.gap()


def conclude(checks: Sequence[HealthCheck]) -> None:
    """Say in one sentence how it stands."""
    worst = max((check.status for check in checks), key=list(HealthStatus).index)
    mark, style = _MARKS[worst]
    blind = frozenset(rule for check in checks for rule in check.unknown_rules)
    so = f" Blind for it: {count(len(blind), 'rule')}." if blind else ""
    TerminalPage().line(f"{_CONCLUSIONS[worst]}{so}", label=(f"{mark} ", style))


def _show_one(page: TerminalPage, check: HealthCheck) -> None:
    mark, style = _MARKS[check.status]
    page.line((check.about, "bold"), ": ", check.message, label=(f"{mark} ", style))
    for detail in check.details:
        page.line(detail, indent=2)
    if check.needed_by:
        page.line(f"{count(len(check.needed_by), 'rule')} would be blind without it", indent=2)
    if check.unknown_rules:
        page.line((", ".join(check.unknown_rules), "bold"), indent=2, label="blinds  ")
    if check.remediation:
        page.line(check.remediation, indent=2, label="remedy  ")
