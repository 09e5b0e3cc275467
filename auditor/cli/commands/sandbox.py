"""The command ``auditor sandbox``: run the simulated Okta, Unleash and Slack only."""

import os
from typing import TYPE_CHECKING

import click

from auditor.cli.command_group import Command
from auditor.cli.options import number
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.sandbox import Sandbox

_EPILOG = """\
Examples:
  auditor sandbox                  twelve people, configured as in the guide
  auditor sandbox --story          the configuration drift of "auditor demo"
  auditor sandbox --people 5000    a larger org
"""

DEFAULT_PEOPLE = 12


@click.command("sandbox", cls=Command, epilog=_EPILOG)
@click.option(
    "--people",
    type=number(0),
    metavar="N",
    help=f"Number of assigned people (default: {DEFAULT_PEOPLE}).",
)
@click.option("--story", is_flag=True, help="Start with the configuration drift of the demo.")
@click.option(
    "--port",
    type=number(0, 65_532),
    default="0",
    metavar="N",
    help="Listen on four ports from this one (default: any free ports).",
)
def command(people: int | None, *, story: bool, port: int) -> None:
    """Run a simulated Okta org, Unleash instance and Slack workspace on loopback.

    All data is invented, and is deleted when the command ends.
    """
    from auditor.sandbox import Sandbox, World
    from auditor.sandbox.worlds.story import Story

    if story and people is not None:
        msg = "--people and --story cannot be used together (omit one of them)"
        raise ConfigError(msg)
    # The option has no default, so that --people beside --story can be refused.
    size = DEFAULT_PEOPLE if people is None else people
    world = Story.begin() if story else World.clean(people=size)
    try:
        sandbox = Sandbox(world, port=port)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        msg = f"--port {port}: cannot listen on {port} to {port + 3}: {reason} (use another port)"
        raise ConfigError(msg) from error
    with sandbox:
        click.echo(_guide(sandbox))
        try:
            sandbox.join()
        except KeyboardInterrupt:
            click.echo(f"\nMessages that Slack received:\n\n{sandbox.slack.transcript()}")


def _guide(sandbox: "Sandbox") -> str:
    """Return the addresses and the commands that can be pasted into another terminal."""
    from auditor.cli.setup.sandbox_files import environment, own_command, sandbox_configuration

    tokens = "".join(f"export {name}={value}\n" for name, value in environment(sandbox).items())
    do = f"{sandbox.control_url}/do"
    return f"""\
The sandbox is running. Ctrl-C ends it.

  Okta      {sandbox.okta_url}
  Unleash   {sandbox.unleash_url}
  Slack     {sandbox.slack_url}  (#{sandbox.slack.channel.name})
  control   {sandbox.control_url}

To audit it, paste this into another terminal, in this folder:

{tokens}mkdir -p sandbox && cat > sandbox/auditor.toml <<'END'
{sandbox_configuration(sandbox)}END
{own_command()} run --config sandbox/auditor.toml

To cause a problem and to fix it:

curl {do}/map_attribute -d \\
  '{{"user_type": "user", "attribute": "email", "expression": "user.email"}}'
curl {do}/map_attribute -d \\
  '{{"user_type": "user", "attribute": "email", "expression": "user.login"}}'
curl {do}/push_again -d '{{}}'

curl {sandbox.control_url}/            lists all actions
curl {sandbox.control_url}/requests    lists all requests
"""
