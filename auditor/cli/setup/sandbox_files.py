"""The configuration and the tokens of a running sandbox."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.sandbox import Sandbox


def sandbox_configuration(sandbox: "Sandbox", operator: str = "") -> str:
    """Return the auditor.toml of a running sandbox.

    With the id of an ``operator``, messages in Slack have buttons.
    """
    interactive = (
        f'app_token_env = "SANDBOX_APP_TOKEN"\noperators = ["{operator}"]\n' if operator else ""
    )
    return f"""\
[[target]]
name = "sandbox"

[target.okta]
org_url = "{sandbox.okta_url}"
app_id = "{sandbox.world.app_id}"
token_env = "SANDBOX_OKTA_TOKEN"

[target.unleash]
url = "{sandbox.unleash_url}"
token_env = "SANDBOX_UNLEASH_TOKEN"

[slack]
channel = "#{sandbox.slack.channel.name}"
token_env = "SANDBOX_SLACK_TOKEN"
base_url = "{sandbox.slack_url}/api"
{interactive}"""


def environment(sandbox: "Sandbox") -> Mapping[str, str]:
    """Return the tokens by the variables that :func:`sandbox_configuration` names."""
    return {
        "SANDBOX_OKTA_TOKEN": sandbox.world.okta_token,
        "SANDBOX_UNLEASH_TOKEN": sandbox.world.unleash_token,
        "SANDBOX_SLACK_TOKEN": sandbox.slack.token,
        "SANDBOX_APP_TOKEN": sandbox.slack.app_token,
    }


def own_command() -> str:
    """Return the command that started this process: ``auditor``, or ``PYTHON -m auditor``."""
    if Path(sys.argv[0]).name != "__main__.py":
        return "auditor"
    python, here = Path(sys.executable), Path.cwd()
    shown = python.relative_to(here) if python.is_relative_to(here) else python
    return f"{shlex.quote(str(shown))} -m auditor"
