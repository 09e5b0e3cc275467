from datetime import timedelta

import pytest

from auditor.engine.incidents.action_limits import (
    ActionRefusal,
    acknowledgement_refusal,
    incident_refusal,
    refusal_text,
)
from auditor.engine.incidents.incident import NOT_EVALUATED, IncidentState, IncidentStatus
from auditor.rule.severity import Severity
from tests.support.builders.findings import START, hours

DAYS = 24


def state(
    rule: str = "push-flag-off",
    severity: Severity = Severity.HIGH,
    status: IncidentStatus = IncidentStatus.OPEN,
    rules: tuple[str, ...] = (),
) -> IncidentState:
    return IncidentState(
        rule=rule,
        title="",
        status=status,
        severity=severity,
        since=START,
        dated=False,
        findings=1,
        lines=(),
        rules=rules,
    )


LIMITED = {
    "critical": state(severity=Severity.CRITICAL),
    "about admin access": state("admin-unreachable"),
    "with a finding about admin access": state(rules=("admin-unreachable", "push-flag-off")),
    "about an incomplete audit": state(NOT_EVALUATED, Severity.MEDIUM),
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
            acknowledgement_refusal(state(severity=severity), until, "", requested_at=START) is None
        )


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_critical_incident_is_acknowledged_only_with_a_reason(reason):
    critical = state(severity=Severity.CRITICAL)
    refused = acknowledgement_refusal(critical, hours(1), reason, requested_at=START)
    assert refused is ActionRefusal.REASON_REQUIRED
    assert acknowledgement_refusal(critical, hours(1), "x", requested_at=START) is None


def test_an_end_in_the_past_is_refused():
    for until in (START, hours(-1)):
        refused = acknowledgement_refusal(state(), until, "x", requested_at=START)
        assert refused is ActionRefusal.IN_THE_PAST


def test_only_an_open_incident_takes_actions():
    assert incident_refusal(state()) is None
    assert incident_refusal(None) is ActionRefusal.NO_INCIDENT
    for status in (IncidentStatus.WAIVED, IncidentStatus.RESOLVED):
        assert incident_refusal(state(status=status)) is ActionRefusal.NOT_OPEN


def test_each_refusal_has_a_text_of_its_own():
    texts = [refusal_text(each) for each in ActionRefusal]
    assert all(texts)
    assert len(set(texts)) == len(ActionRefusal)
