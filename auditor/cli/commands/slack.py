"""The command ``auditor slack``: post a test message, or print the Slack app manifest."""

from pathlib import Path

import click

from auditor.cli.command_group import ActionGroup
from auditor.cli.options import config_option, load_configuration
from auditor.cli.output.exit_code import ExitCode
from auditor.errors import ConfigError

_EPILOG = """\
Examples:
  auditor slack manifest     paste it at api.slack.com/apps > Create New App >
                             From a manifest
  auditor slack test         post a test message and name missing scopes
"""

_TEST_EPILOG = """\
Example:
  auditor slack test -c staging.toml

Exit codes:
  0  posted to every channel
  2  unusable configuration
  4  not posted to every channel
"""

_MANIFEST_EPILOG = """\
Example:
  auditor slack manifest > manifest.json
  auditor slack manifest --interactive > manifest.json
"""


@click.group("slack", cls=ActionGroup, no_args_is_help=True, epilog=_EPILOG)
def command() -> None:
    """Set up Slack: post a test message, or print the app manifest."""


@command.command("test", epilog=_TEST_EPILOG)
@config_option
def test(config: Path) -> int:
    """Post a test message to every configured channel."""
    from auditor.cli.output.stderr import print_error
    from auditor.clock import utc_now
    from auditor.notify.slack.app_setup import try_out
    from auditor.text import sanitize

    settings = load_configuration(config)
    if settings.slack is None:
        msg = f"{settings.path}: slack: the table is missing (add [slack])"
        raise ConfigError(msg)
    trial = try_out(settings.slack, utc_now)
    if trial.bot:
        click.echo(f"Signed in to Slack as {sanitize(trial.bot)}.")
    for channel in trial.posted:
        click.echo(f"✓ posted to {sanitize(channel)}")
    for scope, use in trial.missing.items():
        click.echo(f"! missing scope {scope}: the app cannot {use}")
    for error in trial.errors:
        print_error(error)
    return ExitCode.NOT_DELIVERED if trial.errors else ExitCode.OK


@command.command("manifest", epilog=_MANIFEST_EPILOG)
@click.option(
    "--interactive", is_flag=True, help="With buttons: also before auditor.toml has an app token."
)
@config_option
def manifest(config: Path, *, interactive: bool) -> None:
    """Print an app manifest with the required scopes only.

    It switches interactivity and Socket Mode on only if the configuration has an app token and
    operators, or with --interactive.
    """
    from auditor.cli.output.data_output import print_json
    from auditor.notify.slack.app_setup import manifest as app_manifest

    # The app is created from the manifest, so often before a configuration exists.
    if not interactive and config.exists():
        slack = load_configuration(config).slack
        interactive = slack is not None and slack.is_interactive
    print_json(app_manifest(interactive=interactive))
