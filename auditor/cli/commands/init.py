"""The command ``auditor init``: create a configuration file and the secret files."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command
from auditor.cli.output.exit_code import ExitCode
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.config.secrets import Secret

_EPILOG = """\
Examples:
  auditor init                            asks for everything
  auditor init --no-input --org-url https://acme.okta.com \\
      --app 0oa1b2c3d4e5f6g7h8i9 --unleash-url https://unleash.acme.example
                                          asks nothing; tokens are entered later
  auditor init --okta-token-file token --app Unleash
                                          finds the app by its label
  auditor init --client-id 0oa9z8y7x6w5v4u3t2s1 --okta-key-file key.pem
                                          a service app instead of an API token
  auditor init --discover --okta-token-file token
                                          a file in targets/ for each app of the
                                          org that may provision Unleash

Exit codes:
  0  written
  2  an answer cannot be used, or a service refuses a credential
"""

_NONE = "none"
_DISCOVERY_OPTIONS = frozenset(
    {
        "config",
        "discover",
        "no_input",
        "org_url",
        "okta_token_file",
        "client_id",
        "okta_key_file",
        "dpop",
    }
)


@click.command("init", cls=Command, epilog=_EPILOG)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    default=Path("auditor.toml"),
    show_default=True,
    metavar="FILE",
    help="The file to write.",
)
@click.option("--name", metavar="NAME", help="Name of the target (default: production).")
@click.option("--org-url", metavar="URL", help="Address of the Okta org.")
@click.option("--app", metavar="ID|LABEL", help="The Okta app that provisions Unleash.")
@click.option("--unleash-url", metavar="URL", help="Address of Unleash.")
@click.option(
    "--slack-channel", metavar="CHANNEL", help="Slack channel for notifications (default: none)."
)
@click.option("--slack-base-url", metavar="URL", help="Slack's API, if not https://slack.com/api.")
@click.option("--okta-token-file", metavar="FILE", help="File with the Okta API token.")
@click.option("--unleash-token-file", metavar="FILE", help="File with the Unleash token.")
@click.option("--slack-token-file", metavar="FILE", help="File with the Slack bot token.")
@click.option("--client-id", metavar="ID", help="Okta service app, instead of an API token.")
@click.option(
    "--okta-key-file", metavar="FILE", help="File with the service app's private key, PEM or JWK."
)
@click.option(
    "--dpop", is_flag=True, help="The service app requires DPoP (detected if the key is given)."
)
@click.option("--store-url", metavar="URL", help="Database (default: auditor.db, a SQLite file).")
@click.option(
    "--report-place", metavar="PLACE", help="Where reports are written (default: reports)."
)
@click.option("--privacy", metavar="names|ids", help="Whether names are stored (default: names).")
@click.option("--audit-schedule", metavar="CRON", help="When `serve` audits (default: each hour).")
@click.option(
    "--discover",
    is_flag=True,
    help="Write a file in targets/ for each app that may provision Unleash and is no target yet.",
)
@click.option("--no-input", is_flag=True, help="Ask nothing, also at a terminal.")
def command(
    *,
    config: Path,
    name: str | None,
    org_url: str | None,
    app: str | None,
    unleash_url: str | None,
    slack_channel: str | None,
    slack_base_url: str | None,
    okta_token_file: str | None,
    unleash_token_file: str | None,
    slack_token_file: str | None,
    client_id: str | None,
    okta_key_file: str | None,
    dpop: bool,
    store_url: str | None,
    report_place: str | None,
    privacy: str | None,
    audit_schedule: str | None,
    discover: bool,
    no_input: bool,
) -> int:
    """Create auditor.toml, and beside it a directory with one file for each secret.

    The command asks for each value that no option gives, and tries each token. At a terminal it
    then runs `auditor doctor`, and offers the first audit. Files that exist are not overwritten.
    """
    from auditor.cli.main import run
    from auditor.cli.setup.first_audit import offer_first_audit
    from auditor.cli.setup.first_files import Answers, write
    from auditor.cli.setup.further_settings import ask_further_settings
    from auditor.cli.setup.okta_questions import ask_app, ask_sign_in, ask_token
    from auditor.cli.setup.questions import Asker, checked
    from auditor.collect.unleash.token_check import check_unleash_token
    from auditor.config import addresses

    if discover:
        _require_only_okta_options()
    elif config.exists():
        msg = f"{config}: the file exists and is not overwritten (use another --config)"
        raise ConfigError(msg)
    is_interactive = sys.stdin.isatty() and not no_input
    asker = Asker(interactive=is_interactive)
    asker.show(
        "Each answer is tried at once. Enter takes the value in brackets. Ctrl-C ends",
        "the dialog: nothing is written before the last setting is known. docs/setup.md",
        "has all click paths and permissions.",
        "",
    )
    slack_api = slack_base_url and checked(
        "--slack-base-url", addresses.web_address, slack_base_url
    )
    org = asker.ask(
        "--org-url",
        org_url,
        "Address of the Okta org, for example https://acme.okta.com",
        partial(checked, "--org-url", addresses.org_url),
    )
    asker.show(
        "",
        "Okta credential: a service app (Applications > Create App Integration >",
        "API Services), or an API token of a Read-Only Administrator (Security > API >",
        "Tokens > Create token).",
    )
    credentials = ask_sign_in(
        asker,
        org,
        client_id=client_id,
        token_file=okta_token_file,
        key_file=okta_key_file,
        dpop=dpop,
    )
    if discover:
        from auditor.cli.setup.discovery import write_discovered

        write_discovered(config, org, credentials)
        return ExitCode.OK
    found, okta = ask_app(asker, app, org, credentials)
    unleash = asker.ask(
        "--unleash-url",
        unleash_url,
        "Address of Unleash, for example https://unleash.acme.example",
        partial(checked, "--unleash-url", partial(addresses.unleash_url, allow_http=False)),
    )
    asker.show(
        "",
        "Unleash token: Admin settings > Service accounts > New service account, root",
        "role Admin, then create a token for it. The auditor sends only GET requests.",
    )
    unleash_token = ask_token(
        asker, "Unleash", unleash_token_file, partial(check_unleash_token, unleash)
    )
    channel = asker.ask(
        "--slack-channel",
        slack_channel,
        'Slack channel for notifications, or "none"',
        lambda text: "" if text == _NONE else text,
        default=_NONE,
    )
    slack_token = None
    if not channel:
        slack_options = ("--slack-token-file", slack_token_file), ("--slack-base-url", slack_api)
        for option in (given for given, value in slack_options if value):
            msg = f"{option} needs a Slack channel (add --slack-channel, or omit {option})"
            raise ConfigError(msg)
    if channel:
        asker.show(
            "",
            "Slack bot token: api.slack.com/apps > Create New App > From a manifest.",
            "`auditor slack manifest` prints the manifest. Install the app, and copy its",
            "token.",
        )
        slack_token = ask_token(
            asker, "Slack", slack_token_file, partial(_check_slack_token, slack_api)
        )
    further = ask_further_settings(
        asker,
        {
            "name": name,
            "store_url": store_url,
            "report_place": report_place,
            "privacy": privacy,
            "audit_schedule": audit_schedule,
        },
        # A relative path in a configuration begins at the folder of the configuration.
        config.absolute().parent,
    )
    answers = Answers(
        further=further,
        org_url=org,
        app=found,
        okta=okta,
        unleash_url=unleash,
        unleash_token=unleash_token,
        channel=channel,
        slack_base_url=slack_api or "",
        slack_token=slack_token,
    )
    empty = write(config, answers)
    # A secret that is entered later would fail each check.
    if is_interactive and not empty:
        click.echo(f"{config} is written.")
        return offer_first_audit(asker, config, run)
    _print_next(config, empty)
    return ExitCode.OK


def _require_only_okta_options() -> None:
    """Raise ConfigError for an option that --discover does not use."""
    context = click.get_current_context()
    for option in context.command.params:
        if option.name not in _DISCOVERY_OPTIONS and context.params[option.name or ""]:
            msg = f"{option.opts[0]} and --discover cannot be used together (omit one of them)"
            raise ConfigError(msg)


def _check_slack_token(base_url: str | None, token: "Secret") -> None:
    """Ask Slack for the owner of the token. Raises CredentialRefusedError or AuditorError."""
    from auditor.collect.http.refused_credential import CredentialRefusedError
    from auditor.notify.slack.api import Slack
    from auditor.notify.slack.api_errors import Refused

    client = Slack(token, f"{base_url}/") if base_url else Slack(token)
    try:
        str(client.bot)  # the property calls auth.test
    except Refused as error:
        msg = f"Slack refuses the credential: {error}"
        raise CredentialRefusedError(msg) from error


def _print_next(config: Path, empty: list[Path]) -> None:
    option = "" if config == Path("auditor.toml") else f" -c {config}"
    click.echo(f"{config} is written. Next:")
    for file in empty:
        _, _, kind = file.name.partition("-")
        click.echo(f"  write the {kind.replace('-', ' ')} to {file}")
    click.echo(f"  auditor doctor{option}")
    click.echo(f"  auditor run{option}")
