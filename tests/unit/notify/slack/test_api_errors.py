"""Each error of Slack is explained in one line that ends with what to do."""

import pytest

from auditor.notify.slack import api_errors
from auditor.notify.slack.api_errors import explain, failure_kind

NAMED = sorted(
    {
        name
        for value in vars(api_errors).values()
        if isinstance(value, set | frozenset | dict)
        for name in value
        if isinstance(name, str) and api_errors.error_name(name)
    }
)


@pytest.mark.parametrize("error", [*NAMED, "an_error_that_slack_adds_later"])
def test_an_error_of_slack_ends_with_its_fix(error):
    line = explain(error, "chat.postMessage", "#alerts")
    start = f"Slack: #alerts: chat.postMessage: {error} ("
    assert line.startswith(start)
    assert line.endswith(")")
    assert len(line) > len(start) + 10


@pytest.mark.parametrize("error", NAMED)
def test_only_a_temporary_error_asks_for_nothing(error):
    asks_for_nothing = "the next attempt can succeed" in explain(error, "chat.postMessage", "")
    assert asks_for_nothing == (failure_kind(error) == "temporary")


def test_an_error_that_ends_with_its_fix_gets_no_second_one():
    assert explain("no answer (check it)", "auth.test", "", fix="") == (
        "Slack: auth.test: no answer (check it)"
    )
