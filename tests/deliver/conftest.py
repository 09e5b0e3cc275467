"""A store, a Slack over real HTTP, and a target whose life is told there."""

import pytest
from starlette.types import ASGIApp

from auditor.config.loading import load_settings
from auditor.sandbox.slack.app import slack_app
from auditor.sandbox.slack.state import SlackState
from auditor.store import open_store
from tests.deliver.living import Life
from tests.sandbox.serving import serve
from tests.unit.judging import START

TARGET = """
[[target]]
name = "production"
okta = { org_url = "https://acme.okta.com", app_id = "0oaUnleash0000000001", token_env = "T" }
unleash = { url = "https://unleash.example.com", token_env = "T" }
"""


class Revolving:
    """An app that is another one for each test, behind one server."""

    app: ASGIApp

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def door():
    door = Revolving()
    with serve(door) as origin:
        yield door, origin


@pytest.fixture
def clock():
    """The time, to be set: the last item is now."""
    return [START]


@pytest.fixture
def slack(door, clock):
    state = SlackState(now=lambda: clock[-1])
    door[0].app = slack_app(state)
    return state


@pytest.fixture
def configure(door, slack, tmp_path):
    """Load a configuration: a bot in the workspace's channel, unless the text says otherwise."""

    def load(text: str = "", *, bot: str = "", public_url: str = "https://reports.example.com"):
        origin = door[1]
        table = f'[slack]\nchannel = "#{slack.channel.name}"\ntoken_env = "BOT"\n'
        table += f'base_url = "{origin}/api"\n{bot}\n'
        if "[slack]" in text:
            table = ""
        path = tmp_path / "auditor.toml"
        path.write_text(f'{table}[report]\npublic_url = "{public_url}"\n{text}{TARGET}')
        environ = {
            "BOT": slack.token,
            "HOOK": f"{origin}{slack.webhook_path}",
            "PAGER": f"{origin}/hook/pager",
            "KEY": "a-shared-key",
            "T": "x",
        }
        return load_settings(path, environ)

    return load


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/auditor.db") as store:
        yield store


@pytest.fixture
def life(store, clock, configure):
    return Life(store, clock, configure())
