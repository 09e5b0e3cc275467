"""``auditor doctor``: try everything that an audit needs, and say what hangs on it."""

import argparse
from collections.abc import Iterable

from msgspec import Struct

from auditor import __version__
from auditor.cli.doctor_page import conclude, show
from auditor.cli.options import add_config, add_format, add_targets, settings_of, targets_of
from auditor.cli.output import print_json
from auditor.cli.progress import progress
from auditor.config.settings import Settings, TargetSettings
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.pipeline.doctor import check_shared, check_target


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
    standings = {check.standing for check in checks}
    if HealthStatus.BROKEN in standings:
        return 2
    return 1 if HealthStatus.ATTENTION in standings else 0
