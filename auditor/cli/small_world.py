"""The sandbox as something that can be audited: its configuration and its tokens."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.sandbox import Sandbox


def configuration(sandbox: "Sandbox") -> str:
    """Write the auditor.toml that fits a running sandbox."""
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
"""


def environment(sandbox: "Sandbox") -> Mapping[str, str]:
    """Return the tokens by the names that :func:`configuration` uses; they open nothing else."""
    return {
        "SANDBOX_OKTA_TOKEN": sandbox.world.okta_token,
        "SANDBOX_UNLEASH_TOKEN": sandbox.world.unleash_token,
        "SANDBOX_SLACK_TOKEN": sandbox.slack.token,
    }
