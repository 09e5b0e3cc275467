import pytest

from auditor.engine.incidents.incident import IncidentState, IncidentStatus
from auditor.notify.slack.interaction.action_blocks import action_controls
from auditor.notify.slack.interaction.affected_list import USERS_PER_PAGE, affected_page
from auditor.rule.results import Affected
from auditor.rule.severity import Severity
from auditor.sandbox.slack.blocks import find_complaints
from tests.support.builders.findings import START


def state(severity: Severity = Severity.HIGH, *, affected: int = 0) -> IncidentState:
    return IncidentState(
        rule="push-flag-off",
        title="Create Users is off",
        status=IncidentStatus.OPEN,
        severity=severity,
        since=START,
        dated=False,
        findings=1,
        lines=(),
        affected=affected,
    )


def people(number: int) -> list[Affected]:
    return [Affected(id=f"00u{each}", name=f"<User> *{each}*") for each in range(number)]


def controls(message) -> list[str]:
    return [
        element["text"]["text"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@pytest.mark.parametrize(
    ("page", "expected"),
    [(0, ["Next"]), (1, ["Previous", "Next"]), (2, ["Previous"]), (999, ["Previous"])],
)
def test_each_page_leads_to_its_neighbours(page, expected):
    users = people(2 * USERS_PER_PAGE + 1)
    message = affected_page(state(affected=len(users)), users, page, target="production")
    assert controls(message) == expected
    assert find_complaints(message.blocks) == []


def test_all_pages_together_list_each_user_once():
    users = people(45)
    pages = [
        str(affected_page(state(affected=45), [*users, *users], page, target="production").blocks)
        for page in range(3)
    ]
    for user in users:
        assert sum(f"({user.id})" in page for page in pages) == 1


def test_users_that_are_not_listed_are_counted():
    message = affected_page(state(affected=120), people(100), 0, target="production")
    assert "affected users (120)" in message.text
    assert "20 more users are not listed" in str(message.blocks)


def test_an_incident_without_listed_users_states_that():
    message = affected_page(state(), [], 0, target="production")
    assert controls(message) == []
    assert "No user is listed" in str(message.blocks)


@pytest.mark.parametrize("severity", Severity)
def test_the_controls_of_an_incident(severity):
    block = action_controls(state(severity, affected=3))
    assert find_complaints([block]) == []
    periods = [each["value"] for each in block["elements"][0]["options"]]
    assert ("fixed" in periods) == (severity is not Severity.CRITICAL)
    assert [each["action_id"] for each in block["elements"]] == [
        "acknowledge",
        "show_affected",
        "more",
    ]
    assert len(action_controls(state(severity))["elements"]) == 2
