"""``auditor doctor``: try everything that an audit needs, and say what hangs on it."""

import argparse
from collections.abc import Iterable, Iterator

from msgspec import Struct

from auditor import __version__
from auditor.cli.doctor_page import conclude, show
from auditor.cli.options import add_config, add_format, add_targets, settings_of, targets_of
from auditor.cli.output import print_json
from auditor.cli.progress import progress
from auditor.clock import utc_now
from auditor.collect.connection_checks import (
    check_connections,
    check_expiry,
    check_okta_privileges,
    check_unleash_privileges,
)
from auditor.config.rule_settings import rules_for
from auditor.config.settings import Settings, TargetSettings
from auditor.domain.permissions import SIDES
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.diagnostics.dependencies import blind_otherwise, unattested
from auditor.engine.diagnostics.health import HealthCheck, HealthStatus
from auditor.engine.diagnostics.permission_checks import check_access
from auditor.errors import ConfigError
from auditor.notify.channel_checks import check_telling
from auditor.run import look
from auditor.store.database_checks import check_store


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
    checked = tuple(
        TargetCheckup(target=each.name, checks=tuple(check_target(settings, each)))
        for each in targets
    )
    shared = (*check_store(settings.store), *check_telling(settings))
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


def check_target(settings: Settings, target: TargetSettings) -> Iterator[HealthCheck]:
    """Look at a target as a run does, and say what came of it."""
    rules = rules_for(settings, target)
    connections = tuple(check_connections(target.target, utc_now))
    secrets = tuple(_check_secrets(target))
    yield from (*connections, *secrets)
    if secrets or all(each.standing is HealthStatus.BROKEN for each in connections):
        return
    with progress(f"Looking at {target.name}") as report:
        snapshot = look(settings, target, rules, PreviousAudits(), utc_now(), progress=report)
    vouched = settings.attestations
    access = [check for side in SIDES for check in check_access(side, snapshot, rules, vouched)]
    yield from access
    yield check_okta_privileges(target.credentials().okta)
    yield from check_unleash_privileges(snapshot)
    yield from check_expiry(snapshot, settings.alerts.expiry_notice)
    yield from blind_otherwise(snapshot, rules, access, vouched)
    yield from unattested(snapshot, rules, vouched)


def exit_code(checks: Iterable[HealthCheck]) -> int:
    """Return 2 for anything broken, else 1 for what needs attention, else 0."""
    standings = {check.standing for check in checks}
    if HealthStatus.BROKEN in standings:
        return 2
    return 1 if HealthStatus.ATTENTION in standings else 0


def _check_secrets(target: TargetSettings) -> Iterator[HealthCheck]:
    """Name the secrets that are not there."""
    for area, read in (
        ("Okta", target.okta.credentials),
        ("Unleash", target.unleash_token.read_line),
    ):
        try:
            read()
        except ConfigError as error:
            yield HealthCheck(
                area=area, about="credential", standing=HealthStatus.BROKEN, says=f"{error}."
            )
