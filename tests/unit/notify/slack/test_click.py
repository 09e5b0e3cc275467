import copy
from typing import Any

import pytest

from auditor.notify.slack.interaction.click import ClickKind, parse_click
from auditor.notify.slack.interaction.interaction_api import is_expected_address

CLICK: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": "U0ADA0001", "team_id": "T0HOME001"},
    "team": {"id": "T0HOME001"},
    "api_app_id": "A0APP0001",
    "container": {"type": "message", "channel_id": "C1", "message_ts": "1.2"},
    "trigger_id": "t",
    "response_url": "https://hooks.slack.com/actions/T/1/x",
    "actions": [
        {
            "type": "static_select",
            "action_id": "acknowledge",
            "action_ts": "3.4",
            "selected_option": {"value": "7d"},
        }
    ],
}
SUBMISSION: dict[str, Any] = {
    "type": "view_submission",
    "user": {"id": "U0ADA0001"},
    "team": {"id": "T0HOME001"},
    "api_app_id": "A0APP0001",
    "view": {
        "private_metadata": (
            '{"channel_id": "C1", "message_ts": "1.2", "action_ts": "3.4", "period": "fixed"}'
        ),
        "state": {"values": {"reason": {"reason": {"value": " ticket 7 "}}}},
    },
}


def test_a_click_is_read():
    click = parse_click(CLICK)
    assert click
    assert (click.kind, click.period, click.channel_id) == (ClickKind.OPEN_MODAL, "7d", "C1")
    assert click.key == "U0ADA0001/open_modal/3.4"
    assert "hooks.slack.com" not in repr(click)


def test_a_submitted_modal_names_the_click_that_opened_it():
    click = parse_click(SUBMISSION)
    assert click
    assert (click.kind, click.period, click.reason) == (ClickKind.ACKNOWLEDGE, "fixed", "ticket 7")
    assert (click.channel_id, click.message_ts) == ("C1", "1.2")
    assert click.key == "U0ADA0001/acknowledge/3.4"


@pytest.mark.parametrize("period", ["8d", "", None])
def test_a_period_that_is_not_offered_is_no_click(period):
    changed = copy.deepcopy(CLICK)
    changed["actions"][0]["selected_option"] = {"value": period}
    assert parse_click(changed) is None


@pytest.mark.parametrize("lacking", ["user", "team", "api_app_id", "container", "actions"])
def test_an_incomplete_payload_is_no_click(lacking):
    assert parse_click({key: each for key, each in CLICK.items() if key != lacking}) is None
    assert parse_click(CLICK | {lacking: None}) is None


@pytest.mark.parametrize(
    "changes",
    [{"private_metadata": ""}, {"private_metadata": "[]"}, {"state": {}}, {"state": None}],
)
def test_a_modal_of_another_origin_is_no_click(changes):
    assert parse_click(SUBMISSION | {"view": SUBMISSION["view"] | changes}) is None


def test_other_payloads_are_no_clicks():
    for other in ({}, {"type": "view_closed"}, {"type": "shortcut"}):
        assert parse_click(other) is None


SLACK = "https://slack.com/api/"
PROXY = "https://slack.internal.example/api/"
SANDBOX = "http://127.0.0.1:8443/api/"


@pytest.mark.parametrize(
    ("url", "base_url", "expected"),
    [
        ("wss://wss-primary.slack.com/link/?ticket=1", SLACK, True),
        ("wss://wss-primary.slack.com:443/link/", SLACK, True),
        ("wss://wss.slack-gov.com/link/", SLACK, True),
        ("wss://wss-primary.slack.com:8443/link/", SLACK, False),
        ("ws://wss-primary.slack.com/link/", SLACK, False),
        ("wss://slack.com.example/link/", SLACK, False),
        ("wss://evilslack.com/link/", SLACK, False),
        ("wss://slack.internal.example/link/", PROXY, True),
        ("wss://slack.internal.example:444/link/", PROXY, False),
        ("wss://wss-primary.slack.com/link/", PROXY, False),
        ("ws://127.0.0.1:8443/link/", SANDBOX, True),
        ("ws://127.0.0.1:8444/link/", SANDBOX, False),
        ("wss://wss-primary.slack.com/link/", SANDBOX, False),
    ],
)
def test_only_an_address_of_slack_with_tls_is_connected_to(url, base_url, expected):
    assert is_expected_address(url, base_url) is expected
