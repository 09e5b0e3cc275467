"""``auditor sandbox``: an Okta org, an Unleash and a Slack on loopback, to try commands against."""

import argparse
from typing import TYPE_CHECKING

from auditor.cli.setup.sandbox_files import called, environment, sandbox_configuration
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.sandbox import Sandbox


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = """\
Run a small world on loopback: an Okta org that provisions an Unleash
Enterprise, and a Slack. Nothing in it is real, and nothing of it stays."""
    parser.epilog = """\
examples:
  auditor sandbox                  twelve people, set up as the guide demands
  auditor sandbox --story          the drifted set-up of `auditor demo`
  auditor sandbox --people 5000    a larger org
"""
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--people", type=int, default=12, metavar="N", help="how many are assigned (default: 12)"
    )
    size.add_argument("--story", action="store_true", help="begin with a set-up that has drifted")
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="N",
        help="listen on four ports from this one on (default: any)",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from auditor.sandbox import Sandbox, World

    world = World.story() if arguments.story else World.clean(people=arguments.people)
    try:
        sandbox = Sandbox(world, port=arguments.port)
    except (OSError, OverflowError) as error:
        msg = f"--port {arguments.port}: cannot listen there: {error} (name another)"
        raise ConfigError(msg) from error
    with sandbox:
        print(_guide(sandbox), flush=True)
        try:
            sandbox.join()
        except KeyboardInterrupt:
            print(f"\nWhat Slack received:\n\n{sandbox.slack.transcript()}")
    return 0


def _guide(sandbox: "Sandbox") -> str:
    """Say where it all is, and what can be pasted elsewhere."""
    tokens = "".join(f"export {name}={value}\n" for name, value in environment(sandbox).items())
    do = f"{sandbox.control_url}/do"
    return f"""\
A small world is running. Ctrl-C ends it.

  Okta      {sandbox.okta_url}
  Unleash   {sandbox.unleash_url}
  Slack     {sandbox.slack_url}  (#{sandbox.slack.channel.name})
  control   {sandbox.control_url}

To audit it, paste this into another terminal, in this folder:

{tokens}mkdir -p sandbox && cat > sandbox/auditor.toml <<'END'
{sandbox_configuration(sandbox)}END
{called()} run --config sandbox/auditor.toml

To let something go wrong there, and mend it again:

curl {do}/map_attribute -d \\
  '{{"user_type": "user", "attribute": "email", "expression": "user.email"}}'
curl {do}/map_attribute -d \\
  '{{"user_type": "user", "attribute": "email", "expression": "user.login"}}'
curl {do}/push_again -d '{{}}'

curl {sandbox.control_url}/            lists all that can be done
curl {sandbox.control_url}/requests    shows all that was asked
"""
