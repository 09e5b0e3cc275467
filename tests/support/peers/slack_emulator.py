"""An independent Slack: the npm package `emulate`, written by others."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.peers.node import installed, node
from tests.support.peers.processes import answers, free_port, serving

VERSION = "0.6.1"
SCOPES = ("chat:write", "channels:read", "channels:history", "reactions:write", "files:write")


@dataclass(frozen=True)
class SlackEmulator:
    """A running Slack with one channel of interest."""

    base_url: str
    """What `slack_sdk.WebClient(base_url=…)` takes; it ends in `/api/`."""
    token: str
    """A bot token with `SCOPES` and no others."""
    webhook_url: str
    """An incoming webhook that posts to `channel`."""
    channel: str
    """The id of #general."""


@contextmanager
def running_slack_emulator() -> Iterator[SlackEmulator]:
    """Run an empty workspace; skips when Node or the npm registry is absent."""
    program = installed("emulate", VERSION) / "emulate/dist/index.js"
    url = f"http://127.0.0.1:{(port := free_port())}"
    slack = SlackEmulator(
        base_url=f"{url}/api/",
        token="xoxb-of-a-test",
        webhook_url=f"{url}/services/T000000001/B000000001/X000000001",
        channel="C000000001",
    )
    with TemporaryDirectory(prefix="slack-") as name:
        home = Path(name)
        tokens = [{"token": slack.token, "user": "admin", "scopes": SCOPES}]
        (home / "seed.json").write_text(
            json.dumps({"slack": {"strict_scopes": True, "tokens": tokens}})
        )
        with serving(
            [
                node(),
                program,
                "--service=slack",
                f"--port={port}",
                f"--base-url={url}",
                "--seed=seed.json",
            ],
            ready=lambda: answers(url),
            log=home / "slack.log",
            cwd=home,
        ):
            yield slack
