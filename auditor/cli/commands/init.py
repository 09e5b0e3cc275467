"""``auditor init``: write a first configuration, asking for what it takes."""

import argparse
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from auditor.cli.output.page import TerminalPage
from auditor.cli.setup.first_files import Answers, write
from auditor.cli.setup.okta_questions import add_sign_in, ask_app, ask_sign_in, ask_token
from auditor.cli.setup.questions import Asker
from auditor.config.addresses import org_url, unleash_url
from auditor.config.rejected import RejectedError
from auditor.domain.target import NAME
from auditor.errors import ConfigError

_NONE = "none"


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Write a first auditor.toml, and beside it a folder with a file for each secret.
What no option says is asked for; nothing is overwritten."""
    parser.epilog = """\
examples:
  auditor init                            asks for everything
  auditor init --no-input --org-url https://acme.okta.com \\
      --app 0oa1b2c3d4e5f6g7h8i9 --unleash-url https://unleash.acme.example
                                          asks for nothing; tokens come later
  auditor init --okta-token-file token --app Unleash
                                          finds the app by its label
  auditor init --client-id 0oa9z8y7x6w5v4u3t2s1 --okta-key-file key.pem
                                          a service app in place of a token
"""
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        default=Path("auditor.toml"),
        metavar="FILE",
        help="the file to write (default: auditor.toml)",
    )
    parser.add_argument("--name", help="what the target is called in reports (default: production)")
    parser.add_argument("--org-url", metavar="URL", help="address of the Okta org")
    parser.add_argument("--app", metavar="ID|LABEL", help="the app that provisions Unleash")
    parser.add_argument("--unleash-url", metavar="URL", help="address of Unleash")
    parser.add_argument("--slack-channel", metavar="CHANNEL", help="whom to tell (default: nobody)")
    for side in ("okta", "unleash", "slack"):
        parser.add_argument(
            f"--{side}-token-file", metavar="FILE", help=f"a file to copy {side.title()}'s token of"
        )
    add_sign_in(parser)
    parser.add_argument("--no-input", action="store_true", help="ask nothing, even at a terminal")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    config: Path = arguments.config
    if config.exists():
        msg = f"{config}: is there already, and stays as it is (name another file with --config)"
        raise ConfigError(msg)
    asker = Asker(somebody=sys.stdin.isatty() and not arguments.no_input)
    org = asker.settle(
        "--org-url",
        arguments.org_url,
        "Address of the Okta org, like https://acme.okta.com",
        partial(_checked, "--org-url", org_url),
    )
    signing_in = ask_sign_in(asker, arguments)
    app, okta = ask_app(asker, arguments.app, org, signing_in)
    unleash = asker.settle(
        "--unleash-url",
        arguments.unleash_url,
        "Address of Unleash, like https://unleash.acme.example",
        partial(_checked, "--unleash-url", partial(unleash_url, allow_http=False)),
    )
    unleash_token = ask_token(asker, "Unleash", arguments.unleash_token_file)
    channel = asker.settle(
        "--slack-channel",
        arguments.slack_channel,
        "Slack channel to tell, or none",
        lambda text: "" if text == _NONE else text,
        default=_NONE,
    )
    slack_token = ask_token(asker, "Slack", arguments.slack_token_file) if channel else None
    name = asker.settle(
        "--name", arguments.name, "What to call it in reports", _check_name, default="production"
    )
    answers = Answers(
        name=name,
        org_url=org,
        app=app,
        okta=okta,
        unleash_url=unleash,
        unleash_token=unleash_token,
        channel=channel,
        slack_token=slack_token,
    )
    _tell_next(config, write(config, answers))
    return 0


def _checked(option: str, check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except RejectedError as error:
        msg = f"{option}: {error}"
        raise ConfigError(msg) from None


def _check_name(text: str) -> str:
    if not re.fullmatch(NAME, text):
        msg = f"--name {text!r}: letters, digits, '.', '_' and '-', at most 64"
        raise ConfigError(msg)
    return text


def _tell_next(config: Path, empty: list[Path]) -> None:
    page = TerminalPage()
    option = "" if config == Path("auditor.toml") else f" -c {config}"
    page.line(f"{config} is written. Next:")
    for file in empty:
        _, _, kind = file.name.partition("-")
        page.line(f"put the {kind.replace('-', ' ')} into {file}", indent=2)
    page.whole(f"auditor doctor{option}", indent=2)
    page.whole(f"auditor run{option}", indent=2)
