from datetime import timedelta

import pytest

from auditor.engine.incidents.action_limits import (
    ActionRefusal,
    acknowledgement_refusal,
    incident_refusal,
    refusal_text,
)
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentStatus
from auditor.rule.severity import Severity
from tests.support.builders.findings import START, hours
from tests.support.builders.incidents import incident_state

DAYS = 24


LIMITED = {
    "critical": incident_state(severity=Severity.CRITICAL),
    "about admin access": incident_state(rule="admin-unreachable"),
    "with a finding about admin access": incident_state(
        rules=("admin-unreachable", "push-flag-off")
    ),
    "about an incomplete audit": incident_state(rule=NOT_EVALUATED, severity=Severity.MEDIUM),
}


@pytest.mark.parametrize("limited", LIMITED.values(), ids=LIMITED)
def test_a_limited_incident_is_acknowledged_for_seven_days_at_most(limited):
    def refusal(until):
        return acknowledgement_refusal(limited, until, "ticket 7", requested_at=START)

    assert refusal(None) is ActionRefusal.TOO_LONG
    assert refusal(START + timedelta(days=7, seconds=1)) is ActionRefusal.TOO_LONG
    assert refusal(START + timedelta(days=7)) is None


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.MEDIUM, Severity.HIGH])
def test_other_incidents_are_acknowledged_for_any_time_without_a_reason(severity):
    for until in (None, hours(1), hours(400 * DAYS)):
        assert (
            acknowledgement_refusal(
                incident_state(severity=severity), until, "", requested_at=START
            )
            is None
        )


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_critical_incident_is_acknowledged_only_with_a_reason(reason):
    critical = incident_state(severity=Severity.CRITICAL)
    refused = acknowledgement_refusal(critical, hours(1), reason, requested_at=START)
    assert refused is ActionRefusal.REASON_REQUIRED
    assert acknowledgement_refusal(critical, hours(1), "x", requested_at=START) is None


def test_an_end_in_the_past_is_refused():
    for until in (START, hours(-1)):
        refused = acknowledgement_refusal(incident_state(), until, "x", requested_at=START)
        assert refused is ActionRefusal.IN_THE_PAST


def test_only_an_open_incident_takes_actions():
    assert incident_refusal(incident_state()) is None
    assert incident_refusal(None) is ActionRefusal.NO_INCIDENT
    for status in (IncidentStatus.WAIVED, IncidentStatus.RESOLVED):
        assert incident_refusal(incident_state(status=status)) is ActionRefusal.NOT_OPEN


def test_each_refusal_has_a_text_of_its_own():
    texts = [refusal_text(each) for each in ActionRefusal]
    assert all(texts)
    assert len(set(texts)) == len(ActionRefusal)
