"""Which incident a user names: by its cause, by a finding or by a rule."""

import pytest
from msgspec.structs import replace

from auditor.engine.findings.tracked_findings import TrackedFinding
from auditor.engine.incidents.incident import IncidentStatus
from auditor.engine.incidents.notification_decision import find_incident
from auditor.rule.severity import Severity
from tests.support.builders.findings import finding, tracked
from tests.support.builders.incidents import incident

CRITICAL, HIGH, LOW = Severity.CRITICAL, Severity.HIGH, Severity.LOW
RESOLVED = IncidentStatus.RESOLVED

INCIDENTS = {
    "c1": incident("c1", severity=LOW),
    "c3": incident("c3"),
    "c2": incident("c2", rules=("email-not-login", "push-flag-off")),
    "c4": incident("c4", status=RESOLVED, severity=CRITICAL, rules=("scim-disabled",)),
}


def of_cause(id_: str, cause: str) -> TrackedFinding:
    return replace(tracked(finding(), cause=cause), id=id_)


FINDINGS = (of_cause("f0", "gone"), of_cause("f1", "c1"), of_cause("f2", "c3"))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("c1", "c1"),
        ("c4", "c4"),
        ("f1", "c1"),
        ("f2", "c3"),
        ("f0", None),
        ("push-flag-off", "c2"),
        ("email-not-login", "c2"),
        ("scim-disabled", None),
        ("unknown", None),
    ],
)
def test_an_incident_is_found_by_its_cause_a_finding_or_the_worst_of_a_rule(wanted, found):
    assert find_incident(INCIDENTS, FINDINGS, wanted) == found
