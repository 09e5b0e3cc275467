"""Whether another program uses the Slack app of this deployment."""

import pytest

from auditor.engine.diagnostics.health import HealthStatus
from auditor.engine.diagnostics.slack_connection import (
    SlackConnectionFact,
    check_connections_of_app,
)
from tests.support.builders.findings import START


def fact(connections: int, own: int) -> SlackConnectionFact:
    return SlackConnectionFact(at=START, app_id="A1", connections=connections, own=own)


@pytest.mark.parametrize("own", [1, 2])
def test_only_own_connections_are_ok(own):
    found = check_connections_of_app(fact(own, own))
    assert (found.status, found.message, found.remediation) == (
        HealthStatus.OK,
        "Connected at 2026-01-05 09:00 UTC; no other program uses the app.",
        "",
    )


@pytest.mark.parametrize(
    ("connections", "own", "others"), [(2, 1, "1 connection"), (5, 2, "3 connections")]
)
def test_a_connection_of_another_program_is_an_error(connections, own, others):
    found = check_connections_of_app(fact(connections, own))
    assert found.status is HealthStatus.ERROR
    assert found.message.startswith(f"The Slack app had {others} of another program at 2026-01-05")
    assert found.remediation.startswith("Create a Slack app for each deployment")


def test_before_the_first_connection_a_notice_states_how_to_connect():
    found = check_connections_of_app(None)
    assert found.status is HealthStatus.NOTICE
    assert found.remediation == "Run auditor serve with this configuration."
