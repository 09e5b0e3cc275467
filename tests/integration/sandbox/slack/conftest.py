"""The Slack of the sandbox over HTTP, with its clock."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from auditor.sandbox.slack.app import slack_app
from auditor.sandbox.slack.state import SlackState
from tests.support.peers.sandbox_app import serve
from tests.support.sandbox_slack import MORNING, ReplaceableApp, Slack


@pytest.fixture
def clock() -> list[datetime]:
    """Return the list of times; the last item is now."""
    return [MORNING]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[ReplaceableApp, str]]:
    app = ReplaceableApp()
    with serve(app) as origin:
        yield app, origin


@pytest.fixture
def slack(clock, served) -> Slack:
    app, origin = served
    state = SlackState(now=lambda: clock[-1])
    app.app = slack_app(state)
    return Slack(origin, state)
