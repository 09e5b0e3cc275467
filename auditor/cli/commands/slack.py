"""``auditor slack``: try the channel out, or print the manifest of the Slack app."""

import argparse

from auditor.cli.options import add_config, settings_of
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.page import print_json
from auditor.cli.output.stderr import print_error
from auditor.clock import utc_now
from auditor.errors import ConfigError


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = "Set Slack up: post a sample, or print the app's manifest."
    parser.epilog = """\
examples:
  auditor slack manifest     paste it at api.slack.com/apps > Create New App >
                             From a manifest
  auditor slack test         post a sample where drift is told, and name
                             the scopes that are missing
"""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    test = actions.add_parser("test", help="post a sample into every configured channel")
    test.epilog = "exit codes: 0 posted everywhere, 4 not everywhere"
    add_config(test)
    test.set_defaults(run=_test)
    manifest = actions.add_parser("manifest", help="print a manifest with the least scopes")
    manifest.set_defaults(run=_manifest)


def _test(arguments: argparse.Namespace) -> int:
    from auditor.notify.slack.app_setup import try_out

    settings = settings_of(arguments)
    if settings.slack is None:
        msg = f"{settings.path}: slack: nothing is configured (add a [slack] table)"
        raise ConfigError(msg)
    trial = try_out(settings.slack, utc_now)
    if trial.bot:
        print(f"signed in as {trial.bot}")
    for channel in trial.posted:
        print(f"✓ posted to {channel}")
    for scope, use in trial.missing.items():
        print(f"! the token lacks {scope}: cannot {use}")
    for error in trial.errors:
        print_error(error)
    return ExitCode.NOT_DELIVERED if trial.errors else ExitCode.OK


def _manifest(_: argparse.Namespace) -> int:
    from auditor.notify.slack.app_setup import manifest

    print_json(manifest())
    return 0
